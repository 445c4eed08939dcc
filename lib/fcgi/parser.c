/* record - FastCGI records, as far as their end must be known. */
#include <stdlib.h>

#include "fcgi/parser.h"

#define VERSION_1	1
#define MAX_PASSED	((size_t)32 << 20)	/* of a body that is too large */

enum type { BEGIN = 1, ABORT = 2, PARAMS = 4, STDIN = 5 };

void
fcgi_parser_init(struct fcgi_parser *r, size_t max_keep)
{
	memset(r, 0, sizeof(*r));
	r->max_keep = max_keep;
}

/* A client's password or token may be in it. */
static void
drop(char *p, size_t n)
{
	if (p != NULL)
		explicit_bzero(p, n);
	free(p);
}

void
fcgi_parser_free(struct fcgi_parser *r)
{
	drop(r->kept, r->n);
	r->kept = NULL;
	r->n = r->most = 0;
}

static void
keep(struct fcgi_parser *r, const void *p, size_t n)
{
	size_t	 most = r->most == 0 ? 2048 : r->most;
	char	*more;

	while (most < r->n + n)
		most *= 2;
	if (most != r->most) {		/* realloc() would leave a copy behind */
		if ((more = malloc(most)) == NULL) {
			r->no_memory = true;
			return;
		}
		if (r->n > 0)
			memcpy(more, r->kept, r->n);
		drop(r->kept, r->n);
		r->kept = more;
		r->most = most;
	}
	memcpy(r->kept + r->n, p, n);
	r->n += n;
}

static bool
is_ours(const struct fcgi_parser *r)
{
	return r->begun && r->id == (uint16_t)(r->head[2] << 8 | r->head[3]);
}

/* A body whose sender never ends is cut off, as one that came to its end. */
static enum fcgi_parser_state
end_body(struct fcgi_parser *r)
{
	r->head[1] = STDIN;
	r->head[2] = (uint8_t)(r->id >> 8);
	r->head[3] = (uint8_t)r->id;
	memset(r->head + 4, 0, 3);
	r->left = 0;
	if (r->max_keep > 0)
		keep(r, r->head, sizeof(r->head));
	return FCGI_PARSER_DONE;
}

/* Is the record one more of a body that is too long to be kept? */
static bool
is_passed(const struct fcgi_parser *r, size_t content)
{
	return r->no_memory || (r->head[1] == STDIN && content > 0 &&
	    r->n + sizeof(r->head) + r->left > r->max_keep);
}

/* A head is whole.  An empty STDIN is the end. */
static enum fcgi_parser_state
begin_record(struct fcgi_parser *r)
{
	size_t	 content = (size_t)(r->head[4] << 8 | r->head[5]);

	if (r->head[0] != VERSION_1)
		return FCGI_PARSER_ABORTED;
	r->left = content + r->head[6];
	if (r->head[1] == BEGIN && !r->begun) {
		r->begun = true;
		r->id = (uint16_t)(r->head[2] << 8 | r->head[3]);
	}
	if (is_ours(r) && r->head[1] == ABORT)
		return FCGI_PARSER_ABORTED;
	if (r->max_keep > 0 && r->head[1] == PARAMS && r->n > r->max_keep)
		return FCGI_PARSER_ABORTED;
	if (is_ours(r) && r->head[1] == STDIN && content == 0)
		return end_body(r);
	r->passing = r->max_keep == 0 || is_passed(r, content);
	if (!r->passing)
		keep(r, r->head, sizeof(r->head));
	return FCGI_PARSER_MORE;
}

/* Part of one record; how many bytes that were. */
static size_t
take_some(struct fcgi_parser *r, const char *p, size_t n)
{
	size_t	 some = r->have < sizeof(r->head) ? sizeof(r->head) - r->have : r->left;

	some = n < some ? n : some;
	if (r->have < sizeof(r->head)) {
		memcpy(r->head + r->have, p, some);
		if ((r->have += some) == sizeof(r->head))
			r->state = begin_record(r);
	} else {
		r->left -= some;
		if (!r->passing)
			keep(r, p, some);
		else if (r->max_keep > 0 && (r->passed += some) > MAX_PASSED)
			r->state = end_body(r);
	}
	if (r->have == sizeof(r->head) && r->left == 0)
		r->have = 0;
	return some;
}

enum fcgi_parser_state
fcgi_parser_feed(struct fcgi_parser *r, const char *p, size_t n)
{
	for (size_t at = 0; at < n && r->state == FCGI_PARSER_MORE; )
		at += take_some(r, p + at, n - at);
	return r->state;
}
