#include <stdint.h>
#include "test.h"
#include "schema/json_check.h"

#define MOST	((size_t)64 << 20)

struct text_case {
	const char	*label;
	struct str	 text;
	enum json_fault	 fault;
	size_t		 offset;
};

#define GOOD(label, text)		{ label, { text, sizeof(text) - 1 }, JSON_OK, 0 }
#define BAD(label, text, at)		{ label, { text, sizeof(text) - 1 }, JSON_MALFORMED, at }
#define NOT_UTF8(label, text, at)	{ label, { text, sizeof(text) - 1 }, JSON_BAD_UTF8, at }
#define TWICE(label, text, at)		{ label, { text, sizeof(text) - 1 }, JSON_DUPLICATE_KEY, at }
#define DEEP(label, text, at)		{ label, { text, sizeof(text) - 1 }, JSON_TOO_DEEP, at }

static const struct text_case	 accepted[] = {
	GOOD("empty object", "{}"),
	GOOD("empty array", "[]"),
	GOOD("null alone", "null"),
	GOOD("true alone", "true"),
	GOOD("false alone", "false"),
	GOOD("number alone", "42"),
	GOOD("string alone", "\"a\""),
	GOOD("empty string alone", "\"\""),
	GOOD("zero alone", "0"),
	GOOD("space around", " \t\r\n[ ]\n "),
	GOOD("newline behind", "{}\n"),
	GOOD("space in an object", "{ \"a\" : 1 , \"b\" : 2 }"),
	GOOD("newlines in an object", "{\n\"a\"\n:\n1\n}"),
	GOOD("array of literals", "[null,true,false]"),
	GOOD("array in array", "[[],[[]],[]]"),
	GOOD("object in array", "[{},{\"a\":{}}]"),
	GOOD("same name in two objects", "[{\"a\":1},{\"a\":2}]"),
	GOOD("same name inside and outside", "{\"a\":{\"a\":{\"a\":1}}}"),
	GOOD("same name behind an inner object", "{\"b\":{\"a\":1},\"a\":2}"),
	GOOD("names that differ in case", "{\"a\":1,\"A\":2}"),
	GOOD("names that differ in a NUL", "{\"a\":1,\"a\\u0000\":2}"),
	GOOD("names that differ in normal form", "{\"\xc3\xa9\":1,\"e\xcc\x81\":2}"),
	GOOD("a prefix of a name", "{\"name\":1,\"nam\":2,\"\":3}"),
	GOOD("a name seven long and its prefix", "{\"abcdefg\":1,\"abcdef\":2}"),
	GOOD("value like a name", "{\"a\":\"a\",\"b\":\"a\"}"),
	GOOD("escaped quote in a name", "{\"a\\\"\":1,\"a\":2}"),
	GOOD("zero", "[0]"),
	GOOD("minus zero", "[-0]"),
	GOOD("negative", "[-123]"),
	GOOD("one digit", "[7]"),
	GOOD("many digits", "[123456789012345678901234567890]"),
	GOOD("fraction", "[0.5]"),
	GOOD("fraction of zeros", "[1.000]"),
	GOOD("minus zero with fraction", "[-0.0]"),
	GOOD("tiny", "[0.00000000000000000000000000000000000001]"),
	GOOD("exponent", "[1e2]"),
	GOOD("capital exponent", "[1E2]"),
	GOOD("exponent plus", "[1e+2]"),
	GOOD("exponent minus", "[1E-2]"),
	GOOD("fraction and exponent", "[-1.5e-10]"),
	GOOD("zero to a power", "[0e1]"),
	GOOD("exponent with leading zeros", "[1e007]"),
	GOOD("overflowing double", "[1e400]"),
	GOOD("huge exponent", "[1e99999999999999999999]"),
	GOOD("number before space", "[1 ]"),
	GOOD("number at the end", "-1.5e3"),
	GOOD("all short escapes", "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]"),
	GOOD("unicode escape", "[\"\\u0041\"]"),
	GOOD("unicode escape upper hex", "[\"\\uABCD\"]"),
	GOOD("unicode escape lower hex", "[\"\\uabcd\"]"),
	GOOD("escaped NUL", "[\"\\u0000\"]"),
	GOOD("escaped control", "[\"\\u001f\"]"),
	GOOD("escaped backslash then u", "[\"\\\\u0000\"]"),
	GOOD("escaped backslash at the end", "[\"\\\\\"]"),
	GOOD("surrogate pair", "[\"\\ud83d\\ude00\"]"),
	GOOD("surrogate pair upper hex", "[\"\\uD83D\\uDE00\"]"),
	GOOD("lowest surrogate pair", "[\"\\ud800\\udc00\"]"),
	GOOD("highest surrogate pair", "[\"\\udbff\\udfff\"]"),
	GOOD("two surrogate pairs", "[\"\\ud800\\udc00\\ud800\\udc01\"]"),
	GOOD("just below the surrogates", "[\"\\ud7ff\"]"),
	GOOD("just above the surrogates", "[\"\\ue000\"]"),
	GOOD("escaped noncharacter", "[\"\\uffff\"]"),
	GOOD("escaped byte order mark", "[\"\\ufeff\"]"),
	GOOD("DEL in a string", "[\"\x7f\"]"),
	GOOD("slash not escaped", "[\"a/b\"]"),
	GOOD("apostrophe", "[\"'\"]"),
	GOOD("comment in a string", "[\"/* // */\"]"),
	GOOD("brackets in a string", "[\"[{]}\"]"),
	GOOD("two bytes, lowest", "[\"\xc2\x80\"]"),
	GOOD("two bytes, highest", "[\"\xdf\xbf\"]"),
	GOOD("three bytes, lowest", "[\"\xe0\xa0\x80\"]"),
	GOOD("three bytes before the surrogates", "[\"\xed\x9f\xbf\"]"),
	GOOD("three bytes behind the surrogates", "[\"\xee\x80\x80\"]"),
	GOOD("three bytes, highest", "[\"\xef\xbf\xbf\"]"),
	GOOD("four bytes, lowest", "[\"\xf0\x90\x80\x80\"]"),
	GOOD("four bytes, highest", "[\"\xf4\x8f\xbf\xbf\"]"),
	GOOD("byte order mark in a string", "[\"\xef\xbb\xbf\"]"),
	GOOD("line separator", "[\"\xe2\x80\xa8\"]"),
	GOOD("name of three bytes a rune", "{\"\xe2\x82\xac\":1}"),
	GOOD("long plain string", "[\"0123456789012345678901234567890123456789\"]"),
	GOOD("seven bytes then a quote", "[\"0123456\"]"),
	GOOD("eight bytes then a quote", "[\"01234567\"]"),
	GOOD("eight bytes then a rune", "[\"01234567\xc3\xa9\"]"),
	GOOD("depth 16 of arrays", "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]"),
	GOOD("depth 16 with a value", "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"),
	GOOD("depth 16 mixed", "{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":["
	    "{\"a\":[{\"a\":[]}]}]}]}]}]}]}]}"),
	GOOD("depth 16 twice", "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]],"
	    "[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]"),
};

static const struct text_case	 malformed[] = {
	BAD("nothing", "", 0),
	BAD("only space", " \n\t ", 4),
	BAD("byte order mark", "\xef\xbb\xbf{}", 0),
	BAD("byte order mark alone", "\xef\xbb\xbf", 0),
	BAD("NUL alone", "\0", 0),
	BAD("NUL before", "\0{}", 0),
	BAD("NUL behind", "{}\0", 2),
	BAD("NUL between", "[1\0]", 2),
	BAD("NUL in a literal", "[tr\0e]", 3),
	BAD("form feed as space", "[\f]", 1),
	BAD("vertical tab as space", "[\v]", 1),
	BAD("no-break space", "[\xc2\xa0]", 1),
	BAD("word joiner", "[\xe2\x81\xa0]", 1),
	BAD("trailing bytes", "{}x", 2),
	BAD("two objects", "{}{}", 2),
	BAD("two objects with a space", "{} {}", 3),
	BAD("two numbers", "1 2", 2),
	BAD("comma behind the text", "[],", 2),
	BAD("bracket behind the text", "[]]", 2),
	BAD("brace behind the text", "{}}", 2),
	BAD("only a comma", ",", 0),
	BAD("only a colon", ":", 0),
	BAD("only a closing bracket", "]", 0),
	BAD("only a closing brace", "}", 0),
	BAD("open array", "[", 1),
	BAD("open array with a value", "[1", 2),
	BAD("open array with a comma", "[1,", 3),
	BAD("open array in array", "[[]", 3),
	BAD("open object", "{", 1),
	BAD("open object with a name", "{\"a\"", 4),
	BAD("open object with a colon", "{\"a\":", 5),
	BAD("open object with a value", "{\"a\":1", 6),
	BAD("open object with a comma", "{\"a\":1,", 7),
	BAD("array closed by a brace", "[}", 1),
	BAD("array with a value closed by a brace", "[1}", 2),
	BAD("object closed by a bracket", "{]", 1),
	BAD("object with a member closed by a bracket", "{\"a\":1]", 6),
	BAD("trailing comma in an array", "[1,]", 3),
	BAD("trailing comma in an object", "{\"a\":1,}", 7),
	BAD("leading comma in an array", "[,1]", 1),
	BAD("leading comma in an object", "{,\"a\":1}", 1),
	BAD("two commas in an array", "[1,,2]", 3),
	BAD("two commas in an object", "{\"a\":1,,\"b\":2}", 7),
	BAD("no comma in an array", "[1 2]", 3),
	BAD("no comma between strings", "[\"a\"\"b\"]", 4),
	BAD("no comma in an object", "{\"a\":1 \"b\":2}", 7),
	BAD("colon in an array", "[1:2]", 2),
	BAD("comma for a colon", "{\"a\",1}", 4),
	BAD("two colons", "{\"a\"::1}", 5),
	BAD("no colon", "{\"a\" 1}", 5),
	BAD("name without a value", "{\"a\":}", 5),
	BAD("value without a name", "{:1}", 1),
	BAD("number as a name", "{1:1}", 1),
	BAD("literal as a name", "{null:1}", 1),
	BAD("array as a name", "{[]:1}", 1),
	BAD("bare name", "{a:1}", 1),
	BAD("single quotes", "{'a':1}", 1),
	BAD("single quotes around a value", "['a']", 1),
	BAD("line comment", "[1 // one\n]", 3),
	BAD("block comment", "/**/{}", 0),
	BAD("block comment behind", "{}/**/", 2),
	BAD("hash comment", "{}#", 2),
	BAD("NaN", "[NaN]", 1),
	BAD("nan", "[nan]", 2),
	BAD("Infinity", "[Infinity]", 1),
	BAD("minus Infinity", "[-Infinity]", 2),
	BAD("undefined", "[undefined]", 1),
	BAD("True", "[True]", 1),
	BAD("TRUE", "[TRUE]", 1),
	BAD("Null", "[Null]", 1),
	BAD("literal cut off", "[tru]", 4),
	BAD("literal cut off by the end", "nul", 3),
	BAD("literal misspelled", "[fasle]", 3),
	BAD("literal too long", "[truee]", 5),
	BAD("two literals together", "[nulltrue]", 5),
	BAD("leading zero", "[01]", 2),
	BAD("two zeros", "[00]", 2),
	BAD("minus and leading zero", "[-01]", 3),
	BAD("plus", "[+1]", 1),
	BAD("minus alone", "[-]", 2),
	BAD("minus at the end", "-", 1),
	BAD("two minuses", "[--1]", 2),
	BAD("minus and a space", "[- 1]", 2),
	BAD("point without digits before", "[.5]", 1),
	BAD("minus and point", "[-.5]", 2),
	BAD("point without digits behind", "[1.]", 3),
	BAD("point at the end", "1.", 2),
	BAD("two points", "[1.2.3]", 4),
	BAD("point then exponent", "[1.e2]", 3),
	BAD("exponent alone", "[1e]", 3),
	BAD("exponent at the end", "1e", 2),
	BAD("exponent sign alone", "[1e+]", 4),
	BAD("exponent with two signs", "[1e+-2]", 4),
	BAD("exponent with a fraction", "[1e2.5]", 4),
	BAD("two exponents", "[1e2e3]", 4),
	BAD("exponent without a number", "[e1]", 1),
	BAD("hexadecimal", "[0x1F]", 2),
	BAD("octal", "[0o17]", 2),
	BAD("underscore", "[1_000]", 2),
	BAD("thousands", "{\"a\":1,000}", 7),
	BAD("suffix", "[1n]", 2),
	BAD("space in a number", "[1 000]", 3),
	BAD("full-width digit", "[\xef\xbc\x91]", 1),
	BAD("string without an end", "\"abc", 4),
	BAD("quote alone", "\"", 1),
	BAD("string without an end in an array", "[\"abc]", 6),
	BAD("name without an end", "{\"a:1}", 6),
	BAD("raw newline in a string", "[\"a\nb\"]", 3),
	BAD("raw tab in a string", "[\"a\tb\"]", 3),
	BAD("raw NUL in a string", "[\"a\0b\"]", 3),
	BAD("raw 0x1f in a string", "[\"a\x1f\"]", 3),
	BAD("raw newline far in a string", "[\"0123456789abcdefghi\n\"]", 21),
	BAD("raw control in a name", "{\"a\x01\":1}", 3),
	BAD("unknown escape", "[\"\\x41\"]", 3),
	BAD("escaped apostrophe", "[\"\\'\"]", 3),
	BAD("escaped capital N", "[\"\\N\"]", 3),
	BAD("escaped digit", "[\"\\0\"]", 3),
	BAD("escaped newline", "[\"\\\n\"]", 3),
	BAD("escaped raw NUL", "[\"\\\0\"]", 3),
	BAD("escaped rune", "[\"\\\xc3\xa9\"]", 3),
	BAD("backslash at the end", "[\"\\", 3),
	BAD("escape hides the quote", "[\"\\\"]", 5),
	BAD("escape outside a string", "[\\n]", 1),
	BAD("escape outside, unicode", "\\u0022a\\u0022", 0),
	BAD("no hex digits", "[\"\\u\"]", 4),
	BAD("three hex digits", "[\"\\u004\"]", 7),
	BAD("wrong hex digit", "[\"\\u00g0\"]", 6),
	BAD("sign among the hex digits", "[\"\\u+041\"]", 4),
	BAD("capital U", "[\"\\U0041\"]", 3),
	BAD("unicode escape cut off by the end", "[\"\\u00", 6),
	BAD("brackets in the wrong order", "[{]}", 2),
	BAD("equals sign", "{\"a\"=1}", 4),
	BAD("semicolon", "[1;2]", 2),
	BAD("angle bracket", "<a/>", 0),
	BAD("form text", "a=1&b=2", 0),
	BAD("dollar in front", "$[]", 0),
	BAD("star", "[*]", 1),
	BAD("unclosed at depth 16", "[[[[[[[[[[[[[[[[", 16),
};

static const struct text_case	 not_utf8[] = {
	NOT_UTF8("lone continuation", "[\"\x80\"]", 2),
	NOT_UTF8("highest continuation", "[\"\xbf\"]", 2),
	NOT_UTF8("0xff", "[\"\xff\"]", 2),
	NOT_UTF8("0xfe", "[\"\xfe\"]", 2),
	NOT_UTF8("overlong NUL", "[\"\xc0\x80\"]", 2),
	NOT_UTF8("overlong slash", "[\"\xc0\xaf\"]", 2),
	NOT_UTF8("overlong 0xc1", "[\"\xc1\xbf\"]", 2),
	NOT_UTF8("overlong, three bytes", "[\"\xe0\x80\xaf\"]", 2),
	NOT_UTF8("overlong, highest of three", "[\"\xe0\x9f\xbf\"]", 2),
	NOT_UTF8("overlong, four bytes", "[\"\xf0\x80\x80\xaf\"]", 2),
	NOT_UTF8("overlong, highest of four", "[\"\xf0\x8f\xbf\xbf\"]", 2),
	NOT_UTF8("lowest surrogate", "[\"\xed\xa0\x80\"]", 2),
	NOT_UTF8("highest surrogate", "[\"\xed\xbf\xbf\"]", 2),
	NOT_UTF8("surrogate pair as bytes", "[\"\xed\xa0\xbd\xed\xb8\x80\"]", 2),
	NOT_UTF8("above U+10FFFF", "[\"\xf4\x90\x80\x80\"]", 2),
	NOT_UTF8("0xf5", "[\"\xf5\x80\x80\x80\"]", 2),
	NOT_UTF8("five bytes", "[\"\xf8\x88\x80\x80\x80\"]", 2),
	NOT_UTF8("six bytes", "[\"\xfc\x84\x80\x80\x80\x80\"]", 2),
	NOT_UTF8("two bytes, one there", "[\"\xc3\"]", 2),
	NOT_UTF8("three bytes, two there", "[\"\xe2\x82\"]", 2),
	NOT_UTF8("four bytes, three there", "[\"\xf0\x9f\x98\"]", 2),
	NOT_UTF8("two bytes, cut off by the end", "[\"\xc3", 2),
	NOT_UTF8("four bytes, cut off by the end", "[\"\xf0\x9f\x98", 2),
	NOT_UTF8("Latin-1", "[\"caf\xe9\"]", 5),
	NOT_UTF8("behind eight plain bytes", "[\"01234567\xff\"]", 10),
	NOT_UTF8("behind a good rune", "[\"\xc3\xa9\xa9\"]", 4),
	NOT_UTF8("in a name", "{\"a\xff\":1}", 3),
	NOT_UTF8("behind a backslash", "[\"\\\xff\"]", 3),
	NOT_UTF8("among hex digits", "[\"\\u00\xff\"]", 6),
	NOT_UTF8("before the text", "\xff{}", 0),
	NOT_UTF8("behind the text", "{}\xff", 2),
	NOT_UTF8("for a value", "[\xff]", 1),
	NOT_UTF8("in a literal", "[tr\xe9", 3),
	NOT_UTF8("for a digit", "[1\x80]", 2),
	NOT_UTF8("UTF-16 mark, little end first", "\xff\xfe{\0}\0", 0),
	NOT_UTF8("UTF-16 mark, big end first", "\xfe\xff\0{\0}", 0),
	NOT_UTF8("byte order mark cut off", "\xef\xbb", 0),
	NOT_UTF8("high surrogate alone", "[\"\\ud800\"]", 2),
	NOT_UTF8("low surrogate alone", "[\"\\udc00\"]", 2),
	NOT_UTF8("low surrogate in capitals", "[\"\\uDFFF\"]", 2),
	NOT_UTF8("high surrogate then text", "[\"\\ud800abc\"]", 2),
	NOT_UTF8("high surrogate then an escape", "[\"\\ud800\\n\"]", 2),
	NOT_UTF8("high surrogate then no surrogate", "[\"\\ud800\\u0041\"]", 2),
	NOT_UTF8("two high surrogates", "[\"\\ud800\\ud800\"]", 2),
	NOT_UTF8("high, high, low", "[\"\\ud83d\\ud83d\\ude00\"]", 2),
	NOT_UTF8("low, high", "[\"\\ude00\\ud83d\"]", 2),
	NOT_UTF8("low behind a pair", "[\"\\ud83d\\ude00\\ude00\"]", 14),
	NOT_UTF8("high surrogate, low cut off", "[\"\\ud83d\\ude0\"]", 2),
	NOT_UTF8("high surrogate at the end", "[\"\\ud83d", 2),
	NOT_UTF8("lone surrogate in a name", "{\"\\ud800\":1}", 2),
	NOT_UTF8("lone surrogate far in", "[1,\"ok\",\"abc\\udead\"]", 12),
};

static const struct text_case	 refused[] = {
	TWICE("same name", "{\"a\":1,\"a\":2}", 7),
	TWICE("same name, same value", "{\"a\":1,\"a\":1}", 7),
	TWICE("same name, not neighbours", "{\"a\":1,\"b\":2,\"a\":3}", 13),
	TWICE("empty name", "{\"\":1,\"\":2}", 6),
	TWICE("with spaces", "{ \"a\" : 1 , \"a\" : 2 }", 12),
	TWICE("in an inner object", "{\"x\":{\"a\":1,\"a\":2}}", 12),
	TWICE("in an array", "[{\"a\":1,\"a\":2}]", 8),
	TWICE("in the second of an array", "[{\"a\":1},{\"a\":1,\"a\":2}]", 16),
	TWICE("around an inner object", "{\"a\":{\"a\":1},\"a\":2}", 13),
	TWICE("second one escaped", "{\"a\":1,\"\\u0061\":2}", 7),
	TWICE("first one escaped", "{\"\\u0061\":1,\"a\":2}", 12),
	TWICE("both escaped, hex in other case", "{\"\\u004a\":1,\"\\u004A\":2}", 12),
	TWICE("quote escaped in two ways", "{\"\\\"\":1,\"\\u0022\":2}", 8),
	TWICE("backslash escaped in two ways", "{\"\\\\\":1,\"\\u005c\":2}", 8),
	TWICE("slash escaped or not", "{\"/\":1,\"\\/\":2}", 7),
	TWICE("newline escaped in two ways", "{\"\\n\":1,\"\\u000a\":2}", 8),
	TWICE("backspace escaped in two ways", "{\"\\b\":1,\"\\u0008\":2}", 8),
	TWICE("form feed escaped in two ways", "{\"\\f\":1,\"\\u000C\":2}", 8),
	TWICE("return escaped in two ways", "{\"\\r\":1,\"\\u000d\":2}", 8),
	TWICE("tab escaped in two ways", "{\"\\t\":1,\"\\u0009\":2}", 8),
	TWICE("two bytes or an escape", "{\"\xc3\xa9\":1,\"\\u00e9\":2}", 8),
	TWICE("three bytes or an escape", "{\"\xe2\x82\xac\":1,\"\\u20AC\":2}", 9),
	TWICE("four bytes or a pair", "{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":2}", 10),
	TWICE("NUL in both", "{\"a\\u0000b\":1,\"a\\u0000b\":2}", 14),
	TWICE("seven long", "{\"abcdefg\":1,\"abcdefg\":2}", 13),
	TWICE("long", "{\"abcdefghijklmnop\":1,\"abcdefghijklmno\\u0070\":2}", 22),
	TWICE("told before a later fault", "{\"a\":1,\"a\":x}", 7),
	BAD("not told behind an earlier fault", "{\"a\":x,\"a\":1}", 5),
	BAD("second name without an end", "{\"a\":1,\"a", 9),
	DEEP("depth 17 of arrays", "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", 16),
	DEEP("depth 17 of objects", "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":"
	    "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{", 80),
	DEEP("depth 17 in the second branch", "[[],[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", 19),
	DEEP("depth 17, never closed", "[[[[[[[[[[[[[[[[[[[[[[[[", 16),
	DEEP("an object as the 17th", "[[[[[[[[[[[[[[[[{}]]]]]]]]]]]]]]]]", 16),
};

/* A copy of exactly its size, so that the sanitizer sees a read behind it. */
static struct json_check_result
check_copy(struct arena *a, struct str s)
{
	char			*p = malloc(s.n == 0 ? 1 : s.n);
	struct json_check_result	 r;

	if (s.n != 0)
		memcpy(p, s.p, s.n);
	r = json_check(a, (struct str){ p, s.n });
	free(p);
	return r;
}

static void
run(const struct text_case *t, size_t n)
{
	struct arena		 a;
	struct json_check_result	 r;

	CHECK("arena", arena_init(&a, MOST));
	for (; n-- != 0; t++) {
		r = check_copy(&a, t->text);
		CHECK_INT(t->label, r.fault, t->fault);
		CHECK_INT(t->label, r.offset, t->offset);
		arena_reset(&a);
	}
	arena_free(&a);
}

static void
test_accepted(void)
{
	run(accepted, NELEMS(accepted));
}

static void
test_malformed(void)
{
	run(malformed, NELEMS(malformed));
}

static void
test_not_utf8(void)
{
	run(not_utf8, NELEMS(not_utf8));
}

static void
test_refused(void)
{
	run(refused, NELEMS(refused));
}

/* No text that is cut short is accepted, but where a number alone may end. */
static void
test_cut(void)
{
	static const char	 text[] = "{\"a\":[1,-2.5e3,true,null,\"x\\u00e9"
	    "\\ud83d\\ude00\xe2\x82\xac\"],\"b\":{\"c\":\"\"}}";
	struct arena		 a;
	size_t			 n;

	CHECK("arena", arena_init(&a, MOST));
	for (n = 0; n < sizeof(text) - 1; n++)
		CHECK("cut short", check_copy(&a, (struct str){ text, n }).fault !=
		    JSON_OK);
	CHECK_INT("whole", check_copy(&a, STR(text)).fault, JSON_OK);
	arena_free(&a);
}

/* A fault at each place of a run of plain bytes is found where it is. */
static void
test_runs(void)
{
	static const char	 bad[] = { '\n', '\x1f', '\xff', '\\', '\0' };
	struct arena		 a;
	char			 text[44];
	size_t			 at, i;

	CHECK("arena", arena_init(&a, MOST));
	for (i = 0; i < sizeof(bad); i++)
		for (at = 1; at < sizeof(text) - 2; at++) {
			memset(text, 'x', sizeof(text));
			text[0] = text[sizeof(text) - 1] = '"';
			text[at] = bad[i];
			CHECK_INT("fault in a run", check_copy(&a,
			    (struct str){ text, sizeof(text) }).offset,
			    at + (bad[i] == '\\'));
		}
	arena_free(&a);
}

static void
test_absent(void)
{
	struct arena		 a;
	struct json_check_result	 r;

	CHECK("arena", arena_init(&a, MOST));
	r = json_check(&a, (struct str){ NULL, 0 });
	CHECK_INT("absent text", r.fault, JSON_MALFORMED);
	CHECK_INT("absent text, offset", r.offset, 0);
	arena_free(&a);
}

static void
test_code(void)
{
	CHECK_TEXT("ok", json_check_code(JSON_OK), NULL);
	CHECK_TEXT("malformed", json_check_code(JSON_MALFORMED), "malformed_json");
	CHECK_TEXT("utf8", json_check_code(JSON_BAD_UTF8), "invalid_utf8");
	CHECK_TEXT("duplicate", json_check_code(JSON_DUPLICATE_KEY), "duplicate_key");
	CHECK_TEXT("deep", json_check_code(JSON_TOO_DEEP), "too_deep");
	CHECK_TEXT("memory", json_check_code(JSON_NO_MEMORY), NULL);
}

TESTS(json_check,
    { "what JSON is", test_accepted },
    { "what JSON is not", test_malformed },
    { "what is not UTF-8", test_not_utf8 },
    { "duplicate names and depth", test_refused },
    { "no text is accepted that is cut short", test_cut },
    { "faults in runs of plain bytes", test_runs },
    { "absent text", test_absent },
    { "codes", test_code })
