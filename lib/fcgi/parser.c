/* parser - a FastCGI request, from bytes that arrive in any pieces. */
#include <stdlib.h>

#include "fcgi/parser.h"

#define MAX_DISCARDED	((size_t)32 << 20)	/* then respond before the body ends */

void
fcgi_parser_init(struct fcgi_parser *r, size_t max_params, size_t max_body)
{
	*r = (struct fcgi_parser){ .max_params = max_params, .max_body = max_body };
}

static void
bytes_free(struct fcgi_bytes *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->n);
	free(b->p);
	*b = (struct fcgi_bytes){ NULL, 0, 0 };
}

void
fcgi_parser_free(struct fcgi_parser *r)
{
	bytes_free(&r->params);
	bytes_free(&r->body);
}

/* Not by realloc(), which would leave a copy behind. */
static bool
bytes_grow(struct fcgi_bytes *b, size_t n)
{
	struct fcgi_bytes	 more = { NULL, b->n, b->size == 0 ? 2048 : b->size };

	while (more.size < b->n + n)
		more.size *= 2;
	if (more.size == b->size)
		return true;
	if ((more.p = malloc(more.size)) == NULL)
		return false;
	if (b->n > 0)
		memcpy(more.p, b->p, b->n);
	bytes_free(b);
	*b = more;
	return true;
}

static void
keep_bytes(struct fcgi_parser *r, struct fcgi_bytes *b, struct str s)
{
	if (!bytes_grow(b, s.n)) {
		r->no_memory = true;
		return;
	}
	memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
}

static enum fcgi_parser_state
add_params(struct fcgi_parser *r, struct str s)
{
	if (s.n > r->max_params - r->params.n)
		return FCGI_PARSER_ABORTED;
	if (!r->no_memory)
		keep_bytes(r, &r->params, s);
	return FCGI_PARSER_MORE;
}

/* A body that is too long is read to its end, because web servers send all of it first. */
static enum fcgi_parser_state
add_body(struct fcgi_parser *r, struct str s)
{
	if (!r->body_over && s.n > r->max_body - r->body.n) {
		r->body_over = true;
		bytes_free(&r->body);
	}
	if (!r->body_over && !r->no_memory) {
		keep_bytes(r, &r->body, s);
		return FCGI_PARSER_MORE;
	}
	r->discarded += s.n;
	r->unread = r->discarded > MAX_DISCARDED;
	return r->unread ? FCGI_PARSER_DONE : FCGI_PARSER_MORE;
}

static enum fcgi_parser_state
take_piece(struct fcgi_parser *r, const struct fcgi_record_piece *piece)
{
	if (piece->first && piece->type == FCGI_BEGIN_REQUEST && !r->begun) {
		r->begun = true;
		r->id = piece->id;
	}
	if (!r->begun || piece->id != r->id)
		return FCGI_PARSER_MORE;
	switch (piece->type) {
	case FCGI_ABORT_REQUEST:
		return FCGI_PARSER_ABORTED;
	case FCGI_PARAMS:
		return add_params(r, piece->content);
	case FCGI_STDIN:
		return piece->first && piece->length == 0 ? FCGI_PARSER_DONE :
		    add_body(r, piece->content);
	default:
		return FCGI_PARSER_MORE;
	}
}

enum fcgi_parser_state
fcgi_parser_feed(struct fcgi_parser *r, const char *p, size_t n)
{
	struct fcgi_record_piece	 piece;
	size_t				 some;

	for (size_t at = 0; at < n && r->state == FCGI_PARSER_MORE; at += some)
		if ((some = fcgi_record_read(&r->records, p + at, n - at, &piece)) == 0)
			r->state = FCGI_PARSER_ABORTED;
		else
			r->state = take_piece(r, &piece);
	return r->state;
}
