/* record: FastCGI records into a request in any pieces, and an answer out. */
#include "record.h"
#include "test.h"

static struct arena	 arena;

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

static enum record_state
feed(struct record *r, size_t piece)
{
	enum record_state	 state = RECORD_MORE;

	for (size_t at = 0; at < s.n; at += piece)
		state = record_take(r, s.p + at, piece < s.n - at ? piece : s.n - at);
	return state;
}

static void
check_whole(const char *label, struct record *r)
{
	char	**env = record_env(r, &arena);

	CHECK_INT(label, r->id, 7);
	CHECK(label, !r->over);
	CHECK(label, str_is((struct str){ r->body.p, r->body.n }, "hello world"));
	CHECK(label, env != NULL);
	if (env == NULL)
		return;
	CHECK_TEXT(label, env[0], "PATH_INFO=/shop");
	CHECK_TEXT(label, env[1], "A=");
	CHECK(label, env[2] == NULL);
}

static void
test_pieces(void)
{
	struct record	 r;

	CHECK("init", arena_init(&arena, 1 << 20));
	for (size_t padding = 0; padding < 9; padding += 4)
		for (size_t piece = 1; piece < 200; piece++) {
			whole(padding);
			record_init(&r, 100);
			CHECK_INT("whole", feed(&r, piece), RECORD_DONE);
			check_whole("whole", &r);
			record_free(&r);
			arena_reset(&arena);
		}
}

/* Any number of bytes less, and it is not whole. */
static void
test_cut(void)
{
	struct record	 r;

	whole(0);
	for (size_t n = s.n; n-- > 0; ) {
		record_init(&r, 100);
		CHECK_INT("cut", record_take(&r, s.p, n), RECORD_MORE);
		record_free(&r);
	}
}

static void
test_large(void)
{
	static char	 body[60000];
	struct record	 r;

	memset(body, 'b', sizeof(body));
	begin(1, 1);
	add(5, 1, body, sizeof(body), 0);
	add(5, 1, body, sizeof(body), 0);
	add(5, 1, NULL, 0, 0);
	record_init(&r, 120000);
	CHECK_INT("just fits", feed(&r, 5000), RECORD_DONE);
	CHECK_INT("just fits", r.body.n, 120000);
	CHECK("just fits", !r.over);
	record_free(&r);
	record_init(&r, 119999);
	CHECK_INT("too large", feed(&r, 5000), RECORD_DONE);
	CHECK("too large", r.over);
	CHECK("and not kept", record_held(&r) < 2 * 119999);
	record_free(&r);
	/* A sender that does not end is not listened to for ever. */
	record_init(&r, 10);
	begin(1, 1);
	add(5, 1, body, sizeof(body), 0);
	CHECK_INT("endless", feed(&r, s.n), RECORD_MORE);
	for (int i = 0; i < 600 && r.state == RECORD_MORE; i++) {
		s.n = 0;
		add(5, 1, body, sizeof(body), 0);
		(void)feed(&r, s.n);
	}
	CHECK_INT("endless", r.state, RECORD_DONE);
	CHECK("endless", r.over);
	record_free(&r);
}

static void
test_others(void)
{
	struct record	 r;

	begin(1, 2);
	add(5, 1, NULL, 0, 0);
	record_init(&r, 10);
	CHECK_INT("an authorizer", feed(&r, 100), RECORD_GONE);
	begin(1, 1);
	add(2, 1, NULL, 0, 0);
	record_init(&r, 10);
	CHECK_INT("aborted", feed(&r, 100), RECORD_GONE);
	s.n = 0;
	add(5, 0, NULL, 0, 0);
	record_init(&r, 10);
	CHECK_INT("nothing begun", feed(&r, 100), RECORD_MORE);
	record_init(&r, 10);
	CHECK_INT("HTTP", record_take(&r, "GET / HTTP/1.1\r\n", 16), RECORD_GONE);
	/* Management records and other requests go by. */
	begin(7, 1);
	add(9, 0, "\17\0FCGI_MPXS_CONNS", 17, 3);
	add(5, 8, "other", 5, 0);
	add(2, 8, NULL, 0, 0);
	add(4, 7, PAIRS, sizeof(PAIRS) - 1, 0);
	add(5, 7, "hello world", 11, 0);
	add(5, 7, NULL, 0, 0);
	add(5, 7, "behind", 6, 0);
	record_init(&r, 100);
	CHECK_INT("others go by", feed(&r, 3), RECORD_DONE);
	check_whole("others go by", &r);
	record_free(&r);
}

static void
check_bad(const char *label, const char *p, size_t n)
{
	struct record	 r;

	begin(1, 1);
	add(4, 1, p, n, 0);
	add(5, 1, NULL, 0, 0);
	record_init(&r, 10);
	CHECK_INT(label, feed(&r, 100), RECORD_DONE);
	CHECK(label, record_env(&r, &arena) == NULL);
	record_free(&r);
}

static void
test_bad_pairs(void)
{
	static char	 many[70 * 4];
	struct record	 r;
	char		**env;

	check_bad("no second length", "\1", 1);
	check_bad("name cut", "\5\0abc", 5);
	check_bad("value cut", "\1\5abc", 5);
	check_bad("long length cut", "\200\0\0", 3);
	check_bad("4 GiB", "\377\377\377\377\377\377\377\377ab", 10);
	for (size_t i = 0; i < sizeof(many); i += 4)
		memcpy(many + i, "\1\1ab", 4);
	begin(1, 1);
	add(4, 1, many, sizeof(many), 0);
	add(5, 1, NULL, 0, 0);
	record_init(&r, 10);
	(void)feed(&r, 11);
	env = record_env(&r, &arena);
	CHECK("many pairs", env != NULL && env[69] != NULL && env[70] == NULL);
	record_free(&r);
	/* Long lengths of short texts are allowed. */
	begin(1, 1);
	add(4, 1, "\200\0\0\1\200\0\0\2abc", 11, 0);
	add(5, 1, NULL, 0, 0);
	record_init(&r, 10);
	(void)feed(&r, 1);
	env = record_env(&r, &arena);
	CHECK_TEXT("long lengths", env == NULL ? NULL : env[0], "a=bc");
	record_free(&r);
	arena_free(&arena);
}

static void
test_answer(void)
{
	struct record	 r = { .id = 0x1234 };
	uint8_t		 head[RECORD_HEAD], tail[RECORD_TAIL];

	record_head(&r, RECORD_PART, head);
	CHECK("head", memcmp(head, "\1\6\x12\x34\xff\xf8\0\0", 8) == 0);
	record_tail(&r, tail);
	CHECK("tail", memcmp(tail, "\1\6\x12\x34\0\0\0\0\1\3\x12\x34\0\10\0\0"
	    "\0\0\0\0\0\0\0\0", 24) == 0);
}

TESTS(record,
    { "any pieces", test_pieces },
    { "cut off", test_cut },
    { "large bodies", test_large },
    { "what is not ours", test_others },
    { "bad pairs", test_bad_pairs },
    { "the answer", test_answer })
