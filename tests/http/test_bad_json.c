/* What is no JSON, or too much of it: 400 and 413, and what stands just inside. */
#include "trial.h"

#define RAW(l, b, c) { l, "POST", PRODUCTS, POSTED, b, 400, c, "", .raw = true }
#define BYTES(l, b, c) { l, "POST", PRODUCTS, POSTED, b, 400, c, "",	\
	.n = sizeof(b) - 1, .raw = true }
#define GOOD(l, b) TAKEN(l, "POST", PRODUCTS, POSTED, b, 201)

static const struct trial	 malformed[] = {
	RAW("nothing", "", "malformed_json"),
	RAW("spaces only", "  \n ", "malformed_json"),
	RAW("a word", MARK, "malformed_json"),
	RAW("a trailing comma", "{\"name\":\"" MARK "\",}", "malformed_json"),
	RAW("a trailing comma in an array", "{\"a\":[1,]}", "malformed_json"),
	RAW("a leading comma", "{,\"name\":\"" MARK "\"}", "malformed_json"),
	RAW("a missing comma", "{\"a\":1 \"b\":2}", "malformed_json"),
	RAW("a missing colon", "{\"a\" 1}", "malformed_json"),
	RAW("a block comment", "{/* " MARK " */\"name\":1}", "malformed_json"),
	RAW("a line comment", "{} // " MARK, "malformed_json"),
	RAW("single quotes", "{'name':'" MARK "'}", "malformed_json"),
	RAW("a bare name", "{name:1}", "malformed_json"),
	RAW("NaN", "{\"a\":NaN}", "malformed_json"),
	RAW("Infinity", "{\"a\":Infinity}", "malformed_json"),
	RAW("-Infinity", "{\"a\":-Infinity}", "malformed_json"),
	RAW("a leading zero", "{\"a\":01}", "malformed_json"),
	RAW("a minus before a zero", "{\"a\":-01}", "malformed_json"),
	RAW("a plus", "{\"a\":+1}", "malformed_json"),
	RAW("no digit before the point", "{\"a\":.5}", "malformed_json"),
	RAW("no digit behind the point", "{\"a\":5.}", "malformed_json"),
	RAW("no digit in the exponent", "{\"a\":1e}", "malformed_json"),
	RAW("a hexadecimal number", "{\"a\":0x1f}", "malformed_json"),
	RAW("True", "{\"a\":True}", "malformed_json"),
	RAW("nul", "{\"a\":nul}", "malformed_json"),
	RAW("an open object", "{\"a\":1", "malformed_json"),
	RAW("an open text", "{\"a\":\"" MARK, "malformed_json"),
	RAW("an open array", "{\"a\":[1", "malformed_json"),
	RAW("closed by the wrong bracket", "{\"a\":[1}", "malformed_json"),
	RAW("bytes behind the end", "{} " MARK, "malformed_json"),
	RAW("two objects", "{}{}", "malformed_json"),
	RAW("an unknown escape", "{\"a\":\"\\x41\"}", "malformed_json"),
	RAW("an escape cut off", "{\"a\":\"\\u12\"}", "malformed_json"),
	RAW("a tab in a text", "{\"a\":\"\t\"}", "malformed_json"),
	RAW("a newline in a text", "{\"a\":\"\n\"}", "malformed_json"),
	RAW("a form feed between", "{\f}", "malformed_json"),
	BYTES("a byte order mark", "\xef\xbb\xbf{}", "malformed_json"),
	BYTES("UTF-16", "{\0\"\0a\0", "malformed_json"),
	BYTES("a NUL in a text", "{\"a\":\"\0\"}", "malformed_json"),
	BYTES("a NUL behind the end", "{}\0", "malformed_json"),
	REFUSED("in a PATCH too", "PATCH", PRODUCT, PATCHED, "{'name':", 400,
	    "malformed_json", ""),
	REFUSED("in a PUT too", "PUT", PRODUCT, PUT_ANY, "", 400,
	    "malformed_json", ""),
	REFUSED("of a category", "POST", CATEGORIES, POSTED, "[", 400,
	    "malformed_json", ""),
	REFUSED("of a category's PATCH", "PATCH", CATEGORY, PATCHED, "", 400,
	    "malformed_json", ""),
};

static const struct trial	 mutants[] = {
	RAW("the same name twice", "{\"name\":\"a\",\"name\":\"" MARK "\"}",
	    "duplicate_key"),
	RAW("with the same value", "{\"name\":1,\"name\":1}", "duplicate_key"),
	RAW("written as an escape", "{\"name\":1,\"n\\u0061me\":1}", "duplicate_key"),
	RAW("deeper", "{\"price\":{\"amount\":1,\"amount\":1}}", "duplicate_key"),
	RAW("in an array", "{\"a\":[{\"b\":1,\"b\":1}]}", "duplicate_key"),
	RAW("the empty name", "{\"\":1,\"\":1}", "duplicate_key"),
	RAW("names with a NUL", "{\"a\\u0000\":1,\"a\\u0000\":1}", "duplicate_key"),
	GOOD("the same name in another object",
	    SPADE(",'attributes':{'name':'x','amount':1}")),
};

static const struct trial	 utf8[] = {
	BYTES("a lone continuation byte", "{\"a\":\"\x80\"}", "invalid_utf8"),
	BYTES("a cut sequence", "{\"a\":\"\xe2\x82\"}", "invalid_utf8"),
	BYTES("an overlong slash", "{\"a\":\"\xc0\xaf\"}", "invalid_utf8"),
	BYTES("an overlong NUL", "{\"a\":\"\xc0\x80\"}", "invalid_utf8"),
	BYTES("three bytes for two", "{\"a\":\"\xe0\x80\xaf\"}", "invalid_utf8"),
	BYTES("a surrogate's bytes", "{\"a\":\"\xed\xa0\x80\"}", "invalid_utf8"),
	BYTES("beyond U+10FFFF", "{\"a\":\"\xf4\x90\x80\x80\"}", "invalid_utf8"),
	BYTES("0xff", "{\"a\":\"\xff\"}", "invalid_utf8"),
	BYTES("in a name", "{\"\xff\":1}", "invalid_utf8"),
	RAW("a lone high surrogate", "{\"a\":\"\\uD800\"}", "invalid_utf8"),
	RAW("a lone low surrogate", "{\"a\":\"\\uDC00\"}", "invalid_utf8"),
	RAW("two high ones", "{\"a\":\"\\uD800\\uD800\"}", "invalid_utf8"),
	RAW("one and a letter", "{\"a\":\"\\uD800x\"}", "invalid_utf8"),
	RAW("one in a name", "{\"\\uD800\":1}", "invalid_utf8"),
	GOOD("a pair of them", NAMED("'\\uD83C\\uDF33'")),
	GOOD("four bytes", NAMED("'\xf0\x9f\x8c\xb3'")),
	GOOD("U+10FFFF", NAMED("'\xf4\x8f\xbf\xbf'")),
	GOOD("a byte order mark inside", NAMED("'a\xef\xbb\xbf' ")),
};

#define A8	"[[[[[[[["
#define Z8	"]]]]]]]]"
#define O5	"{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":"

static const struct trial	 deep[] = {
	RAW("seventeen", "{\"a\":" A8 A8 Z8 Z8 "}", "too_deep"),
	RAW("seventeen of both kinds", "{\"a\":[" O5 O5 O5 "1}}}}}}}}}}}}}}}]}",
	    "too_deep"),
	RAW("never closed", "{\"a\":" A8 A8 A8 A8 A8 A8 A8 A8, "too_deep"),
	REFUSED("sixteen are read", "POST", CATEGORIES, POSTED,
	    SHELF(",'a':[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]"), 422, "validation_failed",
	    "#/a unknown_field"),
};

static void
test_malformed(void)
{
	TRIALS(malformed);
}

static void
test_mutants(void)
{
	TRIALS(mutants);
}

static void
test_utf8(void)
{
	TRIALS(utf8);
}

static void
test_deep(void)
{
	TRIALS(deep);
}

/* The offset is told, in bytes, and no more of the body than that. */
static void
test_offset(void)
{
	static const struct {
		const char	*body, *detail;
	}	 cases[] = {
		{ "", "at byte 0" },
		{ "{\"a\":nul}", "at byte 8" },
		{ "{\"\xc3\xa4\":1,}", "at byte 8" },
		{ "{} x", "at byte 3" },
	};

	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct reply	 r = ask(&(struct ask){ "POST", PRODUCTS, POSTED,
				    str_of(cases[i].body), true });

		CHECK_TEXT(cases[i].body, reply_member(&r, "detail"), cases[i].detail);
	}
}

/* A product with this many bytes, `fill` of them. */
static struct reply
ask_sized(const char *method, const char *path, const char *headers,
    const char *start, size_t n)
{
	char		*text = malloc(n + 1);
	struct reply	 r;

	if (text == NULL)
		exit(2);
	memset(text, ' ', n);
	text[n] = '\0';
	memcpy(text, start, strlen(start));
	r = ask(&(struct ask){ method, path, headers, { text, n }, false });
	free(text);
	return r;
}

#define K	1024

static void
test_sizes(void)
{
	static const struct {
		const char	*label, *method, *path, *headers, *start;
		size_t		 n;
		int		 status;
	}	 cases[] = {
		{ "256 KiB of a product", "PUT", PRODUCT, PUT_ANY,
		    "{'sku':'{sku}','name':'Spade','price':{'amount':1,'currency':'EUR'}}",
		    256 * K, 200 },
		{ "a byte more", "PUT", PRODUCT, PUT_ANY, "{}", 256 * K + 1, 413 },
		{ "256 KiB of a patch", "PATCH", PRODUCT, PATCHED, "{}", 256 * K, 200 },
		{ "a byte more in a patch", "PATCH", PRODUCT, PATCHED, "{}",
		    256 * K + 1, 413 },
		{ "a new product of too much", "POST", PRODUCTS, POSTED,
		    "{'name':'" MARK "'}", 256 * K + 100, 413 },
		{ "64 KiB of a category", "PATCH", CATEGORY, PATCHED, "{}", 64 * K, 200 },
		{ "a byte more of it", "PATCH", CATEGORY, PATCHED, "{}",
		    64 * K + 1, 413 },
		{ "a new category of too much", "POST", CATEGORIES, POSTED, "{}",
		    64 * K + 100, 413 },
		{ "4 MiB of a batch are read", "POST", PRODUCTS, POSTED,
		    "{'items':[]}", 4096 * K, 422 },
		{ "a byte more of them", "POST", PRODUCTS, POSTED, "{'items':[]}",
		    4096 * K + 1, 413 },
	};

	for (size_t i = 0; i < NELEMS(cases); i++) {
		const char	*start = filled(cases[i].start);
		struct reply	 r = ask_sized(cases[i].method, cases[i].path,
				    cases[i].headers, start, cases[i].n);

		if (cases[i].status == 413)
			check_problem(cases[i].label, &r, 413, "body_too_large");
		else
			CHECK_INT(cases[i].label, r.status, cases[i].status);
	}
}

/* The server in front takes the chunks apart; the limits are the same. */
static void
test_chunked(void)
{
	static const char	 headers[] = POSTED "Transfer-Encoding: chunked\n";
	struct reply		 r = ask_with("POST", PRODUCTS, headers, SPADE(""));

	CHECK_INT("a body in chunks", r.status, 201);
	remove_made(&r);
	r = ask_with("POST", PRODUCTS, headers, "{'name':");
	check_problem("half a body in chunks", &r, 400, "malformed_json");
	r = ask_sized("PATCH", PRODUCT, PATCHED "Transfer-Encoding: chunked\n",
	    "{}", 256 * K + 1);
	check_problem("too much in chunks", &r, 413, "body_too_large");
}

static void
test_begin(void)
{
	trial_begin();
}

static void
test_end(void)
{
	trial_end();
	client_end();
}

TESTS(bad_json,
    { "begin", test_begin },
    { "malformed", test_malformed },
    { "names twice", test_mutants },
    { "UTF-8", test_utf8 },
    { "depth", test_deep },
    { "where it is", test_offset },
    { "sizes", test_sizes },
    { "chunks", test_chunked },
    { "end", test_end })
