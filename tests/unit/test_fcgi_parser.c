/* record: where a FastCGI request ends, whatever pieces it comes in. */
#include "fcgi/parser.h"
#include "test.h"

/* A stream of records as a web server writes it. */
struct stream {
	char	 p[200000];
	size_t	 n;
};

static struct stream	 s;

static void
add(int type, int id, const void *p, size_t n, size_t padding)
{
	uint8_t	 head[8] = { 1, (uint8_t)type, (uint8_t)(id >> 8), (uint8_t)id,
		    (uint8_t)(n >> 8), (uint8_t)n, (uint8_t)padding, 0 };

	memcpy(s.p + s.n, head, 8);
	if (n > 0)
		memcpy(s.p + s.n + 8, p, n);
	memset(s.p + s.n + 8 + n, 'x', padding);
	s.n += 8 + n + padding;
}

static void
begin(int id, int role)
{
	uint8_t	 body[8] = { 0, (uint8_t)role };

	s.n = 0;
	add(1, id, body, 8, 0);
}

#define PAIRS	"\11\5PATH_INFO/shop\1\0A"

static void
whole(size_t padding)
{
	begin(7, 1);
	add(4, 7, PAIRS, sizeof(PAIRS) - 1, padding);
	add(4, 7, NULL, 0, padding);
	add(5, 7, "hello ", 6, padding);
	add(5, 7, "world", 5, padding);
	add(5, 7, NULL, 0, padding);
}

static enum fcgi_parser_state
feed(struct fcgi_parser *r, size_t piece)
{
	enum fcgi_parser_state	 state = FCGI_PARSER_MORE;

	for (size_t at = 0; at < s.n; at += piece)
		state = fcgi_parser_feed(r, s.p + at, piece < s.n - at ? piece : s.n - at);
	return state;
}

/* All that came, up to the end of the request. */
static void
check_kept(const char *label, const struct fcgi_parser *r, size_t n)
{
	CHECK_INT(label, r->n, n);
	CHECK(label, r->n == n && memcmp(r->kept, s.p, n) == 0);
}

static void
test_pieces(void)
{
	struct fcgi_parser	 r;

	for (size_t padding = 0; padding < 9; padding += 4)
		for (size_t piece = 1; piece < 200; piece++) {
			whole(padding);
			fcgi_parser_init(&r, 1000);
			CHECK_INT("whole", feed(&r, piece), FCGI_PARSER_DONE);
			CHECK_INT("whole", r.id, 7);
			/* The last record's padding is of no use to anybody. */
			CHECK_INT("whole", r.n, s.n - padding);
			CHECK("whole", memcmp(r.kept, s.p, s.n - padding - 2) == 0);
			fcgi_parser_free(&r);
			fcgi_parser_init(&r, 0);
			CHECK_INT("looked at", feed(&r, piece), FCGI_PARSER_DONE);
			CHECK("nothing kept", r.kept == NULL && r.n == 0);
		}
}

/* Any number of bytes less, and it is not whole. */
static void
test_cut(void)
{
	struct fcgi_parser	 r;

	whole(0);
	for (size_t n = s.n; n-- > 0; ) {
		fcgi_parser_init(&r, 1000);
		CHECK_INT("cut", fcgi_parser_feed(&r, s.p, n), FCGI_PARSER_MORE);
		fcgi_parser_free(&r);
		fcgi_parser_init(&r, 0);
		CHECK_INT("cut", fcgi_parser_feed(&r, s.p, n), FCGI_PARSER_MORE);
	}
}

static void
test_large(void)
{
	static char	 body[60000];
	struct fcgi_parser	 r;

	memset(body, 'b', sizeof(body));
	begin(1, 1);
	add(5, 1, body, sizeof(body), 0);
	add(5, 1, body, sizeof(body), 0);
	add(5, 1, NULL, 0, 0);
	fcgi_parser_init(&r, s.n);
	CHECK_INT("just fits", feed(&r, 5000), FCGI_PARSER_DONE);
	check_kept("just fits", &r, s.n);
	fcgi_parser_free(&r);
	fcgi_parser_init(&r, s.n - 9);
	CHECK_INT("too large", feed(&r, 5000), FCGI_PARSER_DONE);
	CHECK_INT("one record is not kept, its end is", r.n, s.n - 60008);
	CHECK_INT("and counted", r.passed, 60000);
	fcgi_parser_free(&r);
	/* A sender that does not end is not listened to for ever. */
	fcgi_parser_init(&r, 10);
	begin(1, 1);
	add(5, 1, body, sizeof(body), 0);
	CHECK_INT("endless", feed(&r, s.n), FCGI_PARSER_MORE);
	for (int i = 0; i < 600 && r.state == FCGI_PARSER_MORE; i++) {
		s.n = 0;
		add(5, 1, body, sizeof(body), 0);
		(void)feed(&r, s.n);
	}
	CHECK_INT("endless", r.state, FCGI_PARSER_DONE);
	CHECK_INT("its begin and an end", r.n, 24);
	fcgi_parser_free(&r);
}

static void
test_others(void)
{
	struct fcgi_parser	 r;

	begin(1, 1);
	add(2, 1, NULL, 0, 0);
	fcgi_parser_init(&r, 0);
	CHECK_INT("aborted", feed(&r, 100), FCGI_PARSER_ABORTED);
	s.n = 0;
	add(5, 0, NULL, 0, 0);
	fcgi_parser_init(&r, 0);
	CHECK_INT("nothing begun", feed(&r, 100), FCGI_PARSER_MORE);
	fcgi_parser_init(&r, 0);
	CHECK_INT("HTTP", fcgi_parser_feed(&r, "GET / HTTP/1.1\r\n", 16), FCGI_PARSER_ABORTED);
	/* Management records and other requests are no end of ours. */
	begin(7, 1);
	add(9, 0, "\17\0FCGI_MPXS_CONNS", 17, 3);
	add(5, 8, NULL, 0, 0);
	add(2, 8, NULL, 0, 0);
	add(4, 7, PAIRS, sizeof(PAIRS) - 1, 0);
	add(5, 7, "hello world", 11, 0);
	fcgi_parser_init(&r, 0);
	CHECK_INT("others are no end", feed(&r, 3), FCGI_PARSER_MORE);
	s.n = 0;
	add(5, 7, NULL, 0, 0);
	add(5, 7, "behind", 6, 0);
	CHECK_INT("ours is", feed(&r, 3), FCGI_PARSER_DONE);
}

/* Names and values without end. */
static void
test_params(void)
{
	static char	 pairs[60000];
	struct fcgi_parser	 r;

	fcgi_parser_init(&r, 200000);
	begin(1, 1);
	(void)feed(&r, s.n);
	for (int i = 0; i < 100 && r.state == FCGI_PARSER_MORE; i++) {
		s.n = 0;
		add(4, 1, pairs, sizeof(pairs), 0);
		(void)feed(&r, s.n);
	}
	CHECK_INT("too many", r.state, FCGI_PARSER_ABORTED);
	CHECK("bounded", r.n < 400000);
	fcgi_parser_free(&r);
}

TESTS(fcgi_parser,
    { "any pieces", test_pieces },
    { "cut off", test_cut },
    { "large bodies", test_large },
    { "what is not ours", test_others },
    { "parameters without end", test_params })
