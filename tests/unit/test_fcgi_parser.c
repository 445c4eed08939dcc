/* fcgi_parser: a FastCGI request, whatever pieces it arrives in; params, records. */
#include "base/arena.h"
#include "fcgi/params.h"
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

/* Parameters and body as they were sent. */
static void
check_request(const char *label, const struct fcgi_parser *r)
{
	CHECK_INT(label, r->id, 7);
	CHECK(label, r->params.n == sizeof(PAIRS) - 1 &&
	    memcmp(r->params.p, PAIRS, r->params.n) == 0);
	CHECK(label, r->body.n == 11 && memcmp(r->body.p, "hello world", 11) == 0);
	CHECK(label, !r->body_over && !r->unread && !r->no_memory);
}

static void
test_pieces(void)
{
	struct fcgi_parser	 r;

	for (size_t padding = 0; padding < 9; padding += 4)
		for (size_t piece = 1; piece < 200; piece++) {
			whole(padding);
			fcgi_parser_init(&r, 1000, 1000);
			CHECK_INT("whole", feed(&r, piece), FCGI_PARSER_DONE);
			check_request("whole", &r);
			fcgi_parser_free(&r);
			fcgi_parser_init(&r, 1000, 0);
			CHECK_INT("without body", feed(&r, piece), FCGI_PARSER_DONE);
			CHECK("no body kept", r.body.p == NULL && r.body.n == 0);
			CHECK("but noticed", r.body_over && r.discarded == 11);
			fcgi_parser_free(&r);
		}
}

/* With any number of bytes less, the request is incomplete. */
static void
test_cut(void)
{
	struct fcgi_parser	 r;

	whole(0);
	for (size_t n = s.n; n-- > 0; ) {
		fcgi_parser_init(&r, 1000, 1000);
		CHECK_INT("cut", fcgi_parser_feed(&r, s.p, n), FCGI_PARSER_MORE);
		fcgi_parser_free(&r);
		fcgi_parser_init(&r, 1000, 0);
		CHECK_INT("cut", fcgi_parser_feed(&r, s.p, n), FCGI_PARSER_MORE);
		fcgi_parser_free(&r);
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
	fcgi_parser_init(&r, 0, 120000);
	CHECK_INT("just fits", feed(&r, 5000), FCGI_PARSER_DONE);
	CHECK_INT("just fits", r.body.n, 120000);
	CHECK("just fits", memcmp(r.body.p, body, sizeof(body)) == 0 &&
	    memcmp(r.body.p + 60000, body, sizeof(body)) == 0);
	fcgi_parser_free(&r);
	fcgi_parser_init(&r, 0, 119999);
	CHECK_INT("too large", feed(&r, 5000), FCGI_PARSER_DONE);
	CHECK("too large", r.body_over && !r.unread);
	CHECK_INT("nothing is kept", r.body.n, 0);
	CHECK("and the rest is counted", r.discarded > 0 && r.discarded <= 5000);
	fcgi_parser_free(&r);
	/* A sender that does not end is not listened to for ever. */
	fcgi_parser_init(&r, 0, 10);
	begin(1, 1);
	add(5, 1, body, sizeof(body), 0);
	CHECK_INT("endless", feed(&r, s.n), FCGI_PARSER_MORE);
	for (int i = 0; i < 600 && r.state == FCGI_PARSER_MORE; i++) {
		s.n = 0;
		add(5, 1, body, sizeof(body), 0);
		(void)feed(&r, s.n);
	}
	CHECK_INT("endless", r.state, FCGI_PARSER_DONE);
	CHECK("its end was not waited for", r.unread && r.body_over && r.body.n == 0);
	fcgi_parser_free(&r);
}

static void
test_others(void)
{
	struct fcgi_parser	 r;

	begin(1, 1);
	add(2, 1, NULL, 0, 0);
	fcgi_parser_init(&r, 1000, 1000);
	CHECK_INT("aborted", feed(&r, 100), FCGI_PARSER_ABORTED);
	s.n = 0;
	add(5, 0, NULL, 0, 0);
	fcgi_parser_init(&r, 1000, 1000);
	CHECK_INT("nothing begun", feed(&r, 100), FCGI_PARSER_MORE);
	fcgi_parser_init(&r, 1000, 1000);
	CHECK_INT("HTTP", fcgi_parser_feed(&r, "GET / HTTP/1.1\r\n", 16), FCGI_PARSER_ABORTED);
	/* Management records and other requests are no end of ours. */
	begin(7, 1);
	add(9, 0, "\17\0FCGI_MPXS_CONNS", 17, 3);
	add(5, 8, NULL, 0, 0);
	add(2, 8, NULL, 0, 0);
	add(4, 7, PAIRS, sizeof(PAIRS) - 1, 0);
	add(5, 7, "hello world", 11, 0);
	fcgi_parser_init(&r, 1000, 1000);
	CHECK_INT("others are no end", feed(&r, 3), FCGI_PARSER_MORE);
	s.n = 0;
	add(5, 7, NULL, 0, 0);
	add(5, 7, "behind", 6, 0);
	CHECK_INT("ours is", feed(&r, 3), FCGI_PARSER_DONE);
	check_request("of ours", &r);
	fcgi_parser_free(&r);
}

/* Names and values without end. */
static void
test_params(void)
{
	static char	 pairs[60000];
	struct fcgi_parser	 r;

	fcgi_parser_init(&r, 200000, 0);
	begin(1, 1);
	(void)feed(&r, s.n);
	for (int i = 0; i < 100 && r.state == FCGI_PARSER_MORE; i++) {
		s.n = 0;
		add(4, 1, pairs, sizeof(pairs), 0);
		(void)feed(&r, s.n);
	}
	CHECK_INT("too many", r.state, FCGI_PARSER_ABORTED);
	CHECK("bounded", r.params.n <= 200000 && r.params.size < 400000);
	fcgi_parser_free(&r);
}

static void
test_pairs(void)
{
	static char	 value[300];
	struct arena	 a;
	struct buf	 b;
	char		**env;

	CHECK("arena", arena_init(&a, 1 << 20));
	memset(value, 'v', sizeof(value));
	env = fcgi_params_read(&a, STR(PAIRS));
	CHECK("two pairs", env != NULL && env[2] == NULL);
	CHECK_TEXT("first", env[0], "PATH_INFO=/shop");
	CHECK_TEXT("empty value", env[1], "A=");
	buf_init(&b, &a);
	fcgi_params_put(&b, "LONG", (struct str){ value, sizeof(value) });
	fcgi_params_put(&b, "LEFT_OUT", STR(""));
	fcgi_params_put(&b, "CONTENT_LENGTH", STR("17"));
	env = fcgi_params_read(&a, buf_view(&b));
	CHECK("written and read", env != NULL && env[2] == NULL);
	CHECK("long value", strlen(env[0]) == 305 && memcmp(env[0] + 5, value, 300) == 0);
	CHECK_INT("content length", fcgi_params_content_length(env), 17);
	for (size_t n = 1; n < b.n; n++)
		if (n != 309)		/* behind the first pair */
			CHECK("cut", fcgi_params_read(&a, (struct str){ b.p, n }) == NULL);
	arena_free(&a);
}

static void
test_end(void)
{
	static const uint8_t	 end[] = { 1, 6, 1, 2, 0, 0, 0, 0, 1, 3, 1, 2, 0, 8, 0, 0,
				    0, 0, 0, 0, 0, 0, 0, 0 };
	uint8_t			 out[FCGI_RECORD_END];

	fcgi_record_end(out, 0x102);
	CHECK("end of a response", memcmp(out, end, sizeof(end)) == 0);
}

TESTS(fcgi_parser,
    { "any pieces", test_pieces },
    { "cut off", test_cut },
    { "large bodies", test_large },
    { "what is not ours", test_others },
    { "parameters without end", test_params },
    { "name-value pairs", test_pairs },
    { "end of a response", test_end })
