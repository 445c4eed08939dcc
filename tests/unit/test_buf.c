#include "base/buf.h"
#include "base/log.h"
#include "test.h"

#define MOST	((size_t)1 << 20)

static void
test_append(void)
{
	struct arena	 a;
	struct buf	 b;

	CHECK("init", arena_init(&a, MOST));
	buf_init(&b, &a);
	CHECK("fresh is ok", buf_ok(&b));
	CHECK_STR("fresh is empty", buf_view(&b), "");
	buf_put(&b, NULL, 0);
	CHECK_STR("nothing", buf_view(&b), "");
	buf_puts(&b, "a");
	buf_str(&b, STR("bc"));
	buf_str(&b, (struct str){ NULL, 0 });
	buf_byte(&b, 'd');
	buf_put(&b, "e\0f", 3);
	buf_byte(&b, '\0');
	CHECK_INT("length", b.n, 8);
	CHECK("bytes, NUL behind", memcmp(b.p, "abcde\0f\0", 9) == 0);
	CHECK("ok", buf_ok(&b));
	arena_free(&a);
}

static void
test_numbers(void)
{
	static const struct { int64_t v; const char *want; } t[] = {
		{ 0, "0" }, { 7, "7" }, { -7, "-7" }, { 10, "10" }, { 1000000, "1000000" },
		{ INT64_MAX, "9223372036854775807" },
		{ INT64_MIN, "-9223372036854775808" },
	};
	struct arena	 a;
	struct buf	 b;
	size_t		 i;

	CHECK("init", arena_init(&a, MOST));
	for (i = 0; i < NELEMS(t); i++) {
		buf_init(&b, &a);
		buf_int(&b, t[i].v);
		CHECK_STR("number", buf_view(&b), t[i].want);
	}
	buf_init(&b, &a);
	buf_hex(&b, "\x00\x0f\xff\xa5", 4);
	buf_hex(&b, "", 0);
	CHECK_STR("hex", buf_view(&b), "000fffa5");
	arena_free(&a);
}

static void
test_fmt(void)
{
	struct arena	 a;
	struct buf	 b;
	int		 i;

	CHECK("init", arena_init(&a, MOST));
	buf_init(&b, &a);
	buf_fmt(&b, "%s=%d", "a", 1);
	CHECK_STR("format", buf_view(&b), "a=1");
	buf_fmt(&b, "%s", "");
	CHECK_STR("nothing", buf_view(&b), "a=1");
	buf_fmt(&b, "%1000d", 5);
	CHECK_INT("longer than its first room", b.n, 1003);
	CHECK_INT("its last byte", b.p[1002], '5');
	for (i = 0; i < 300; i++) {
		buf_init(&b, &a);
		buf_fmt(&b, "%*d|", i, 1);
		buf_byte(&b, '.');
		CHECK_INT("every length", b.n, (i < 1 ? 1 : i) + 2);
		CHECK("every end", strcmp(b.p + b.n - 3, "1|.") == 0);
		arena_reset(&a);
	}
	arena_free(&a);
}

static void
test_growth(void)
{
	struct arena	 a;
	struct buf	 b;
	size_t		 i;
	bool		 same = true;

	CHECK("init", arena_init(&a, MOST));
	buf_init(&b, &a);
	for (i = 0; i < 100000; i++)
		buf_byte(&b, (char)('a' + i % 26));
	CHECK("ok", buf_ok(&b));
	for (i = 0; i < b.n; i++)
		same = same && b.p[i] == (char)('a' + i % 26);
	CHECK("all bytes kept", same);
	CHECK_INT("length", b.n, 100000);
	arena_free(&a);
}

static void
test_failure(void)
{
	struct arena	 a;
	struct buf	 b;
	size_t		 i;

	log_init("test", LOG_ERROR);	/* reaching the limit logs only a warning */
	CHECK("init", arena_init(&a, ARENA_KEEP));
	buf_init(&b, &a);
	for (i = 0; i < 2 * ARENA_KEEP / 16 && buf_ok(&b); i++)
		buf_puts(&b, "0123456789abcdef");
	CHECK("full", !buf_ok(&b));
	arena_reset(&a);
	buf_byte(&b, 'x');
	buf_fmt(&b, "%d", 1);
	buf_json(&b, STR("x"));
	buf_hex(&b, "x", 1);
	CHECK("stays failed", !buf_ok(&b));
	CHECK_STR("has no view", buf_view(&b), NULL);
	buf_init(&b, &a);
	buf_put(&b, "", SIZE_MAX);
	CHECK("too long", !buf_ok(&b));
	buf_init(&b, &a);
	buf_fmt(&b, "%100000d", 1);
	CHECK("format over the bound", !buf_ok(&b));
	arena_free(&a);
}

static void
test_json(void)
{
	static const struct { struct str s; const char *want; } t[] = {
		{ { "", 0 }, "\"\"" },
		{ { NULL, 0 }, "\"\"" },
		{ { "abc", 3 }, "\"abc\"" },
		{ { "\"", 1 }, "\"\\\"\"" },
		{ { "\\", 1 }, "\"\\\\\"" },
		{ { "a\"b\\c", 5 }, "\"a\\\"b\\\\c\"" },
		{ { "\b\f\n\r\t", 5 }, "\"\\b\\f\\n\\r\\t\"" },
		{ { "\0\x01\x1f", 3 }, "\"\\u0000\\u0001\\u001f\"" },
		{ { "\x7f", 1 }, "\"\x7f\"" },
		{ { "<b>&/'", 6 }, "\"<b>&/'\"" },
		{ { "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9 },
		    "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
		{ { "a\n\xc3\xa9\nb", 6 }, "\"a\\n\xc3\xa9\\nb\"" },
		{ { "\xff", 1 }, NULL },
		{ { "abc\xc3", 4 }, NULL },
		{ { "\xed\xa0\x80", 3 }, NULL },
		{ { "\xc0\x80", 2 }, NULL },
		{ { "\xf4\x90\x80\x80", 4 }, NULL },
		{ { "\n\x80\n", 3 }, NULL },
	};
	struct arena	 a;
	struct buf	 b;
	size_t		 i;

	CHECK("init", arena_init(&a, MOST));
	for (i = 0; i < NELEMS(t); i++) {
		buf_init(&b, &a);
		buf_json(&b, t[i].s);
		CHECK_INT("json ok", buf_ok(&b), t[i].want != NULL);
		CHECK_STR("json", buf_view(&b), t[i].want);
	}
	arena_free(&a);
}

TESTS(buf,
    { "appending", test_append },
    { "numbers", test_numbers },
    { "formats", test_fmt },
    { "growth", test_growth },
    { "failure stays", test_failure },
    { "JSON strings", test_json })
