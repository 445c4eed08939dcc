/* FastCGI requests: any bytes, in pieces of two sizes, are the same request. */
#include "fuzz.h"
#include "fcgi/parser.h"

#define MAX_KEPT	1000

static enum fcgi_parser_state
feed(struct fcgi_parser *r, const uint8_t *p, size_t n, size_t piece)
{
	fcgi_parser_init(r, MAX_KEPT, MAX_KEPT);
	for (size_t at = 0; at < n; at += piece)
		(void)fcgi_parser_feed(r, (const char *)p + at, n - at < piece ? n - at : piece);
	return r->state;
}

static bool
is_same(const struct fcgi_bytes *a, const struct fcgi_bytes *b)
{
	return a->n == b->n && (a->n == 0 || memcmp(a->p, b->p, a->n) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct fcgi_parser		 one, other;
	enum fcgi_parser_state	 state = feed(&one, p, n, 7);

	MUST(feed(&other, p, n, n + 1) == state);
	MUST(one.id == other.id && one.body_over == other.body_over);
	MUST(is_same(&one.body, &other.body));
	/* Parameters that are too long abort a request in the middle of a piece. */
	MUST(state == FCGI_PARSER_ABORTED || is_same(&one.params, &other.params));
	MUST(one.params.n <= MAX_KEPT && one.body.n <= MAX_KEPT);
	MUST(one.params.n + one.body.n + one.discarded <= n);
	fcgi_parser_free(&one);
	fcgi_parser_free(&other);
	return 0;
}
