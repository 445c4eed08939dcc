/* FastCGI records: any bytes, in pieces of two sizes, come to the same. */
#include "fuzz.h"
#include "fcgi/parser.h"

#define KEPT	1000

static enum fcgi_parser_state
feed(struct fcgi_parser *r, const uint8_t *p, size_t n, size_t piece, size_t max_keep)
{
	fcgi_parser_init(r, max_keep);
	for (size_t at = 0; at < n; at += piece)
		(void)fcgi_parser_feed(r, (const char *)p + at, n - at < piece ? n - at : piece);
	return r->state;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct fcgi_parser		 one, other, looked;
	enum fcgi_parser_state	 state = feed(&one, p, n, 7, KEPT);

	MUST(feed(&other, p, n, n + 1, KEPT) == state);
	MUST(one.n == other.n && (one.n == 0 || memcmp(one.kept, other.kept, one.n) == 0));
	MUST(one.id == other.id && one.passed == other.passed);
	/* What is kept is whole to one who reads it: the same request, no longer. */
	if (state == FCGI_PARSER_DONE) {
		MUST(feed(&looked, (const uint8_t *)one.kept, one.n, one.n, 0) ==
		    FCGI_PARSER_DONE);
		MUST(looked.kept == NULL);
	}
	MUST(one.n <= n + 8);
	fcgi_parser_free(&one);
	fcgi_parser_free(&other);
	return 0;
}
