/* record - FastCGI 1.0 records. */
#include "fcgi/record.h"

static void
read_head(struct fcgi_record_reader *r, struct fcgi_record_piece *out)
{
	r->content = (size_t)(r->head[4] << 8 | r->head[5]);
	r->padding = r->head[6];
	out->type = r->head[1];
	out->id = (uint16_t)(r->head[2] << 8 | r->head[3]);
	out->first = true;
	out->length = r->content;
}

static size_t
read_rest(struct fcgi_record_reader *r, const char *p, size_t n,
    struct fcgi_record_piece *out)
{
	size_t	*left = r->content > 0 ? &r->content : &r->padding;

	n = n < *left ? n : *left;
	if (left == &r->content) {
		out->type = r->head[1];
		out->id = (uint16_t)(r->head[2] << 8 | r->head[3]);
		out->content = (struct str){ p, n };
	}
	*left -= n;
	return n;
}

size_t
fcgi_record_read(struct fcgi_record_reader *r, const char *p, size_t n,
    struct fcgi_record_piece *out)
{
	size_t	 missing = sizeof(r->head) - r->have;

	*out = (struct fcgi_record_piece){ .type = 0 };
	if (missing == 0)
		n = read_rest(r, p, n, out);
	else {
		n = n < missing ? n : missing;
		memcpy(r->head + r->have, p, n);
		r->have += n;
		if (r->head[0] != FCGI_VERSION_1)
			return 0;
		if (r->have == sizeof(r->head))
			read_head(r, out);
	}
	if (r->have == sizeof(r->head) && r->content == 0 && r->padding == 0)
		r->have = 0;
	return n;
}

void
fcgi_record_head(uint8_t head[FCGI_RECORD_HEAD], uint8_t type, uint16_t id, size_t n)
{
	memcpy(head, (const uint8_t[FCGI_RECORD_HEAD]){ FCGI_VERSION_1, type,
	    (uint8_t)(id >> 8), (uint8_t)id, (uint8_t)(n >> 8), (uint8_t)n },
	    FCGI_RECORD_HEAD);
}

void
fcgi_record_end(uint8_t end[FCGI_RECORD_END], uint16_t id)
{
	memset(end, 0, FCGI_RECORD_END);	/* FCGI_REQUEST_COMPLETE, status 0 */
	fcgi_record_head(end, FCGI_STDOUT, id, 0);
	fcgi_record_head(end + FCGI_RECORD_HEAD, FCGI_END_REQUEST, id, 8);
}
