/* utf8: validity, length, printable characters. */
#include "schema/utf8.h"
#include "test.h"

static void
test_utf8(void)
{
	static const struct { struct str s; bool ok; size_t length; } t[] = {
		{ { NULL, 0 }, true, 0 },
		{ { "", 0 }, true, 0 },
		{ { "abc", 3 }, true, 3 },
		{ { "a\0b", 3 }, true, 3 },
		{ { "\xc3\xa9", 2 }, true, 1 },
		{ { "a\xe2\x82\xac\xf0\x9f\x98\x80", 8 }, true, 3 },
		{ { "e\xcc\x81", 3 }, true, 2 },
		{ { "\xc3", 1 }, false, 0 },
		{ { "abc\x80", 4 }, false, 0 },
		{ { "\xed\xa0\x80", 3 }, false, 0 },
		{ { "\xf4\x90\x80\x80", 4 }, false, 0 },
		{ { "\xc0\x80", 2 }, false, 0 },
	};
	size_t	 i;

	for (i = 0; i < NELEMS(t); i++) {
		CHECK_INT("utf8", utf8_is_valid(t[i].s), t[i].ok);
		if (t[i].ok)
			CHECK_INT("length", utf8_length(t[i].s), t[i].length);
	}
}

static void
test_printable(void)
{
	static const struct { const char *label; struct str s; bool one, multi; } t[] = {
		{ "absent", { NULL, 0 }, true, true },
		{ "plain", { "abc", 3 }, true, true },
		{ "runes", { "\xc3\xa9\xe2\x82\xac", 5 }, true, true },
		{ "tab", { "a\tb", 3 }, false, true },
		{ "newline", { "a\n", 2 }, false, true },
		{ "return", { "\ra", 2 }, false, true },
		{ "NUL", { "a\0", 2 }, false, false },
		{ "escape", { "\x1b[1m", 4 }, false, false },
		{ "form feed", { "\f", 1 }, false, false },
		{ "0x1f", { "\x1f", 1 }, false, false },
		{ "DEL", { "a\x7f", 2 }, false, false },
		{ "space", { " ", 1 }, true, true },
	};
	size_t	 i;

	for (i = 0; i < NELEMS(t); i++) {
		CHECK_INT(t[i].label, utf8_is_printable(t[i].s, false), t[i].one);
		CHECK_INT(t[i].label, utf8_is_printable(t[i].s, true), t[i].multi);
	}
}

TESTS(utf8,
    { "text_utf8 and text_length", test_utf8 },
    { "text_printable", test_printable })
