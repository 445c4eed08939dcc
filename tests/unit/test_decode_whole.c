/*
 * decode, whole bodies: what must be there, what may be changed, where faults
 * are told, batches, and rules over several fields.
 */
#include "decode_kit.h"

struct inner { struct str a; int64_t b; };
struct row {
	int64_t		 key, made, fixed, need, def;
	struct opt_int	 opt;
	struct str	 text, given, secret;
	struct money	 price;
	struct json	 any;
	struct inner	*in;
	struct list	 list;
};
struct odd { int64_t plain, til, slash, space, percent, umlaut; };
struct span { int64_t from, to; };
struct tags { struct list names; };

static const struct schema inner = SCHEMA("Inner", struct inner,
	FIELD_STR(struct inner, a, .max = 5, .doc = "A"),
	FIELD_INT(struct inner, b, .flags = FIELD_OPTIONAL, .def = "3", .doc = "B"));

static const struct schema open_to_more = SCHEMA_OPEN("Open", struct inner,
	FIELD_STR(struct inner, a, .max = 5, .doc = "A"),
	FIELD_INT(struct inner, b, .flags = FIELD_OPTIONAL, .doc = "B"));

static const struct schema row = SCHEMA("Row", struct row,
	FIELD_INT(struct row, key, .flags = FIELD_KEY, .min = 1, .max = 99, .doc = "Key"),
	FIELD_INT(struct row, made, .flags = FIELD_READONLY, .doc = "Ours"),
	FIELD_INT(struct row, fixed, .flags = FIELD_FIXED, .def = "5", .doc = "Once"),
	FIELD_INT(struct row, need, .max = 9, .doc = "Required"),
	FIELD_INT(struct row, def, .def = "7", .doc = "With a default"),
	FIELD_INT(struct row, opt, .doc = "May be absent"),
	FIELD_STR(struct row, text, .flags = FIELD_OPTIONAL, .max = 5, .doc = "Text"),
	FIELD_STR(struct row, given, .flags = FIELD_OPTIONAL | FIELD_FIXED, .max = 5,
	    .doc = "Once, or never"),
	FIELD_STR(struct row, secret, .flags = FIELD_OPTIONAL | FIELD_HIDDEN, .doc = "Hidden"),
	FIELD_MONEY(struct row, price, .flags = FIELD_OPTIONAL, .doc = "Price"),
	FIELD_JSON(struct row, any, .flags = FIELD_OPTIONAL, .doc = "Any"),
	FIELD_OBJECT(struct row, in, struct inner, .flags = FIELD_OPTIONAL, .schema = &inner,
	    .doc = "In"),
	FIELD_LIST(struct row, list, .flags = FIELD_OPTIONAL, .schema = &inner, .doc = "List"));

/* Names a pointer can not hold as they are. */
static const struct schema odd = SCHEMA("Odd", struct odd,
	{ .name = "plain", .kind = FIELD_KIND_INT, .off = offsetof(struct odd, plain), .doc = "P" },
	{ .name = "a~b", .kind = FIELD_KIND_INT, .off = offsetof(struct odd, til), .doc = "T" },
	{ .name = "a/b", .kind = FIELD_KIND_INT, .off = offsetof(struct odd, slash), .doc = "S" },
	{ .name = "a b", .kind = FIELD_KIND_INT, .off = offsetof(struct odd, space), .doc = "B" },
	{ .name = "50%", .kind = FIELD_KIND_INT, .off = offsetof(struct odd, percent), .doc = "C" },
	{ .name = "\303\274", .kind = FIELD_KIND_INT, .off = offsetof(struct odd, umlaut), .doc = "U" });

static void
in_order(const void *base, struct faults *fs)
{
	const struct span	*s = base;

	if (s->from > s->to)
		fault_add(fs, "#/to", "invalid_value", "is before %s", "from");
}

static const struct schema span = SCHEMA_CHECKED("Span", struct span, in_order,
	FIELD_INT(struct span, from, .max = 9, .doc = "From"),
	FIELD_INT(struct span, to, .max = 9, .doc = "To"));

static const struct schema tags = SCHEMA("Tags", struct tags,
	FIELD_LIST(struct tags, names, .min = 1, .max = 2,
	    .item = ITEM(.kind = FIELD_KIND_STR, .max = 3, .doc = "T"), .doc = "Ts"));

#define LEAST	"{\"key\":1,\"need\":2}"
#define SHOWN	"{\"key\":1,\"made\":0,\"fixed\":5,\"need\":2,\"def\":7"

static void
presence(void)
{
	static const struct {
		const char	*label, *json, *want;
	} cases[] = {
		{ "least", LEAST, SHOWN ",\"list\":[]}" },
		{ "null is absent", "{\"key\":1,\"need\":2,\"fixed\":null,\"def\":null,\"opt\":null,"
		  "\"text\":null,\"price\":null,\"any\":null,\"in\":null,\"list\":null}",
		  SHOWN ",\"list\":[]}" },
		{ "empty is not absent", "{\"key\":1,\"need\":2,\"text\":\"\",\"any\":{}}",
		  SHOWN ",\"text\":\"\",\"any\":{},\"list\":[]}" },
		{ "zero is not absent", "{\"key\":1,\"need\":0,\"def\":0,\"opt\":0,\"fixed\":0}",
		  "{\"key\":1,\"made\":0,\"fixed\":0,\"need\":0,\"def\":0,\"opt\":0,\"list\":[]}" },
		{ "hidden is taken, not shown", "{\"key\":1,\"need\":2,\"secret\":\"s\"}",
		  SHOWN ",\"list\":[]}" },
		{ "nothing", "{}", "required #/key, required #/need" },
		{ "null where it must be", "{\"key\":null,\"need\":null}",
		  "required #/key, required #/need" },
		{ "not ours to set", "{\"key\":1,\"need\":2,\"made\":3}", "read_only_field #/made" },
		{ "nor to clear", "{\"key\":1,\"need\":2,\"made\":null}", "read_only_field #/made" },
		{ "unknown", "{\"key\":1,\"need\":2,\"x\":3}", "unknown_field #/x" },
		{ "unknown null", "{\"key\":1,\"need\":2,\"x\":null}", "unknown_field #/x" },
		{ "another case", "{\"key\":1,\"need\":2,\"Text\":\"a\"}", "unknown_field #/Text" },
		{ "an empty name", "{\"key\":1,\"need\":2,\"\":1}", "unknown_field #/" },
		{ "a name cut at U+0000", "{\"key\":1,\"need\\u0000\":2}",
		  "invalid_characters #" },
		{ "several together", "{\"key\":0,\"made\":1,\"need\":10,\"x\":1,\"text\":\"abcdef\"}",
		  "out_of_range #/key, read_only_field #/made, out_of_range #/need, "
		  "unknown_field #/x, too_long #/text" },
		{ "of lists and objects", "{\"key\":1,\"need\":2,\"in\":{\"b\":\"1\"},"
		  "\"list\":[{\"a\":\"1\"},{\"a\":1,\"c\":2}]}",
		  "type_mismatch #/in/b, required #/in/a, type_mismatch #/list/1/a, "
		  "unknown_field #/list/1/c" },
		{ "an array", "[]", "type_mismatch #" },
		{ "a number", "1", "type_mismatch #" },
		{ "text", "\"a\"", "type_mismatch #" },
		{ "null", "null", "type_mismatch #" },
		{ "not JSON", "{\"key\":1,}", "malformed_json" },
		{ "a name twice", "{\"key\":1,\"k\\u0065y\":2}", "duplicate_key" },
		{ "empty text", "", "malformed_json" },
	};

	begin();
	for (size_t i = 0; i < NELEMS(cases); i++)
		CHECK_TEXT(cases[i].label, whole(&row, cases[i].json), cases[i].want);
	CHECK_TEXT("a list's least", whole(&tags, "{\"names\":[]}"), "too_few_items #/names");
	CHECK_TEXT("a list that must be there", whole(&tags, "{}"), "required #/names");
	CHECK_TEXT("a list's most", whole(&tags, "{\"names\":[\"a\",\"b\",\"c\"]}"),
	    "too_many_items #/names");
	end();
}

#define THERE	"{\"key\":1,\"need\":2,\"fixed\":4,\"opt\":6,\"text\":\"t\",\"given\":\"g\"," \
		"\"price\":{\"amount\":5,\"currency\":\"EUR\"},\"any\":{\"a\":{\"b\":1},\"c\":2}," \
		"\"in\":{\"a\":\"x\",\"b\":9},\"list\":[{\"a\":\"l\",\"b\":1}]}"
#define FIRST	"{\"key\":1,\"made\":0,\"fixed\":4,\"need\":2,\"def\":7,"
#define LAST	"\"price\":{\"amount\":5,\"currency\":\"EUR\"},\"any\":{\"a\":{\"b\":1},\"c\":2}," \
		"\"in\":{\"a\":\"x\",\"b\":9},\"list\":[{\"a\":\"l\",\"b\":1}]}"
#define TEXTS	"\"text\":\"t\",\"given\":\"g\","

static void
merged(void)
{
	static const struct {
		const char	*label, *json, *want;
	} cases[] = {
		{ "nothing", "{}", FIRST "\"opt\":6," TEXTS LAST },
		{ "one", "{\"opt\":8}", FIRST "\"opt\":8," TEXTS LAST },
		{ "cleared", "{\"opt\":null}", FIRST TEXTS LAST },
		{ "text cleared", "{\"text\":null}", FIRST "\"opt\":6,\"given\":\"g\"," LAST },
		{ "back to its default", "{\"def\":null}", FIRST "\"opt\":6," TEXTS LAST },
		{ "half a price", "{\"price\":{\"amount\":1}}", FIRST "\"opt\":6," TEXTS
		  "\"price\":{\"amount\":1,\"currency\":\"EUR\"},\"any\":{\"a\":{\"b\":1},\"c\":2},"
		  "\"in\":{\"a\":\"x\",\"b\":9},\"list\":[{\"a\":\"l\",\"b\":1}]}" },
		{ "no price", "{\"price\":null}", FIRST "\"opt\":6," TEXTS
		  "\"any\":{\"a\":{\"b\":1},\"c\":2},"
		  "\"in\":{\"a\":\"x\",\"b\":9},\"list\":[{\"a\":\"l\",\"b\":1}]}" },
		{ "into an object", "{\"in\":{\"b\":1}}", FIRST "\"opt\":6," TEXTS
		  "\"price\":{\"amount\":5,\"currency\":\"EUR\"},\"any\":{\"a\":{\"b\":1},\"c\":2},"
		  "\"in\":{\"a\":\"x\",\"b\":1},\"list\":[{\"a\":\"l\",\"b\":1}]}" },
		{ "into a free one", "{\"any\":{\"a\":{\"d\":[null]},\"c\":null}}",
		  FIRST "\"opt\":6," TEXTS
		  "\"price\":{\"amount\":5,\"currency\":\"EUR\"},\"any\":{\"a\":{\"b\":1,\"d\":[null]}},"
		  "\"in\":{\"a\":\"x\",\"b\":9},\"list\":[{\"a\":\"l\",\"b\":1}]}" },
		{ "a list is replaced", "{\"list\":[{\"a\":\"n\"}]}", FIRST "\"opt\":6," TEXTS
		  "\"price\":{\"amount\":5,\"currency\":\"EUR\"},\"any\":{\"a\":{\"b\":1},\"c\":2},"
		  "\"in\":{\"a\":\"x\",\"b\":9},\"list\":[{\"a\":\"n\",\"b\":3}]}" },
		{ "null where it must be", "{\"need\":null}", "required #/need" },
		{ "null in an object", "{\"in\":{\"a\":null}}", "required #/in/a" },
		{ "null in a price", "{\"price\":{\"currency\":null}}", "required #/price/currency" },
		{ "a key", "{\"key\":2}", "read_only_field #/key" },
		{ "a key as it is", "{\"key\":1}", "read_only_field #/key" },
		{ "what is fixed", "{\"fixed\":4}", "read_only_field #/fixed" },
		{ "what is ours", "{\"made\":0}", "read_only_field #/made" },
		{ "unknown", "{\"x\":null}", "unknown_field #/x" },
		{ "out of range", "{\"need\":10,\"text\":\"abcdef\"}",
		  "out_of_range #/need, too_long #/text" },
	};

	begin();
	for (size_t i = 0; i < NELEMS(cases); i++)
		CHECK_TEXT(cases[i].label, onto(&row, THERE, cases[i].json, DECODE_MERGE),
		    cases[i].want);
	CHECK_TEXT("an object that was not there is whole", onto(&row, LEAST,
	    "{\"in\":{\"b\":1}}", DECODE_MERGE), "required #/in/a");
	CHECK_TEXT("so is a price", onto(&row, LEAST, "{\"price\":{\"amount\":1}}",
	    DECODE_MERGE), "required #/price/currency");
	end();
}

static void
replaced(void)
{
	static const struct {
		const char	*label, *json, *want;
	} cases[] = {
		{ "least: what is fixed stays", LEAST, "{\"key\":1,\"made\":0,\"fixed\":4,"
		  "\"need\":2,\"def\":7,\"given\":\"g\",\"list\":[]}" },
		{ "fixed as it is", "{\"key\":1,\"need\":3,\"fixed\":4,\"given\":\"g\"}",
		  "{\"key\":1,\"made\":0,\"fixed\":4,\"need\":3,\"def\":7,\"given\":\"g\",\"list\":[]}" },
		{ "fixed otherwise", "{\"key\":1,\"need\":2,\"fixed\":5}", "read_only_field #/fixed" },
		{ "fixed text otherwise", "{\"key\":1,\"need\":2,\"given\":\"h\"}",
		  "read_only_field #/given" },
		{ "another key", "{\"key\":2,\"need\":2}", "read_only_field #/key" },
		{ "no key", "{\"need\":2}", "required #/key" },
		{ "what is ours", "{\"key\":1,\"need\":2,\"made\":0}", "read_only_field #/made" },
	};

	begin();
	for (size_t i = 0; i < NELEMS(cases); i++)
		CHECK_TEXT(cases[i].label, onto(&row, THERE, cases[i].json, DECODE_WHOLE),
		    cases[i].want);
	end();
}

static void
pointers(void)
{
	static const struct {
		const char	*label, *json, *want;
	} cases[] = {
		{ "plain", "{\"plain\":null}", "required #/plain, required #/a~0b, required #/a~1b, "
		  "required #/a%20b, required #/50%25, required #/%C3%BC" },
		{ "unknown names too", "{\"plain\":1,\"a~b\":1,\"a/b\":1,\"a b\":1,\"50%\":1,"
		  "\"\303\274\":1,\"~1\":1,\"\\\"\":1,\"\360\237\214\261\":1,\"!$&'()*+,;=:@\":1}",
		  "unknown_field #/~01, unknown_field #/%22, unknown_field #/%F0%9F%8C%B1, "
		  "unknown_field #/!$&'()*+,;=:@" },
		{ "names with escapes", "{\"plain\":1,\"a~b\":1,\"a/b\":1,\"a b\":1,\"50%\":1,"
		  "\"\\u00fc\":1.5}", "not_an_integer #/%C3%BC" },
	};

	begin();
	for (size_t i = 0; i < NELEMS(cases); i++)
		CHECK_TEXT(cases[i].label, whole(&odd, cases[i].json), cases[i].want);
	end();
}

/* {"x0":1,"x1":1,...} */
static const char *
unknown(size_t n)
{
	struct buf	 b;

	buf_init(&b, &arena);
	buf_puts(&b, "{\"key\":1,\"need\":2");
	for (size_t i = 0; i < n; i++)
		buf_fmt(&b, ",\"x%zu\":1", i);
	buf_byte(&b, '}');
	return buf_ok(&b) ? b.p : "";
}

static void
faults_are_capped(void)
{
	begin();
	CHECK("twenty", strstr(whole(&row, unknown(MAX_FAULTS)), "unknown_field #/x19") != NULL);
	CHECK("and no more", strstr(whole(&row, unknown(MAX_FAULTS)), "more") == NULL);
	CHECK("one more is noted", strstr(whole(&row, unknown(MAX_FAULTS + 1)),
	    "unknown_field #/x19, more") != NULL);
	CHECK("it is not told", strstr(whole(&row, unknown(MAX_FAULTS + 1)), "x20") == NULL);
	CHECK("many", strstr(whole(&row, unknown(FIELD_MEMBERS - 2)), ", more") != NULL);
	CHECK_TEXT("too many members", whole(&row, unknown(FIELD_MEMBERS)), "too_many_items #");
	end();
}

static void
rules(void)
{
	static const struct {
		const char	*label, *json, *want;
	} cases[] = {
		{ "kept", "{\"from\":1,\"to\":2}", "{\"from\":1,\"to\":2}" },
		{ "broken", "{\"from\":2,\"to\":1}", "invalid_value #/to" },
		{ "not asked when a field is wrong", "{\"from\":2,\"to\":10}", "out_of_range #/to" },
		{ "nor when one is absent", "{\"from\":2}", "required #/to" },
	};
	struct span	 scratch = { 0, 0 };

	begin();
	for (size_t i = 0; i < NELEMS(cases); i++)
		CHECK_TEXT(cases[i].label, whole(&span, cases[i].json), cases[i].want);
	CHECK_TEXT("of the merged row", onto(&span, "{\"from\":3,\"to\":5}", "{\"to\":2}",
	    DECODE_MERGE), "invalid_value #/to");
	CHECK_TEXT("merged and kept", onto(&span, "{\"from\":3,\"to\":5}", "{\"to\":4}",
	    DECODE_MERGE), "{\"from\":3,\"to\":4}");
	CHECK_TEXT("not asked without the row", decoded(&span, STR("{\"from\":3}"),
	    DECODE_MERGE, &scratch, NULL), "{\"from\":3,\"to\":0}");
	end();
}

static void
batches(void)
{
	static const struct {
		const char	*label, *json, *want;
		size_t		 n;
	} cases[] = {
		{ "two", "{\"items\":[{\"from\":1,\"to\":2},{\"from\":3,\"to\":4}]}", "", 2 },
		{ "one", "{\"items\":[{\"from\":1,\"to\":2}]}", "", 1 },
		{ "none", "{\"items\":[]}", "too_few_items #/items", 0 },
		{ "no list", "{\"items\":{}}", "type_mismatch #/items", 0 },
		{ "null", "{\"items\":null}", "type_mismatch #/items", 0 },
		{ "something beside it", "{\"items\":[{\"from\":1,\"to\":2}],\"x\":1}",
		  "unknown_field #/x", 1 },
		{ "each by its number", "{\"items\":[{\"from\":1,\"to\":2},{\"from\":2,\"to\":1},"
		  "{\"to\":10},1,null]}", "invalid_value #/to, out_of_range #/items/2/to, "
		  "required #/items/2/from, type_mismatch #/items/3, type_mismatch #/items/4", 5 },
	};
	struct faults	 fs;
	struct doc	*doc;
	void		*rows;
	size_t		 n;
	bool		 ok;

	begin();
	for (size_t i = 0; i < NELEMS(cases); i++) {
		faults_init(&fs, &arena);
		CHECK_INT(cases[i].label, decode_parse(&arena, str_of(cases[i].json), &doc).fault,
		    JSON_OK);
		ok = decode_items(&span, doc, "items", &rows, &n, &fs);
		CHECK_TEXT(cases[i].label, told(&fs), cases[i].want);
		CHECK(cases[i].label, ok == (cases[i].want[0] == '\0'));
		CHECK_INT(cases[i].label, n, cases[i].n);
		if (ok && n == 2)
			CHECK_TEXT("the second", shown(&span, (struct span *)rows + 1),
			    "{\"from\":3,\"to\":4}");
		doc_free(doc);
	}
	end();
}

/* What comes from a table's JSON column, and what of it does not fit. */
static void
stored(void)
{
	static const struct {
		const char	*label, *json;
		bool		 ok;
	} cases[] = {
		{ "as it was", "[{\"a\":\"l\",\"b\":1}]", true },
		{ "spaces", " [ { \"a\" : \"l\" } ] ", true },
		{ "a member that is gone", "[{\"a\":\"l\",\"old\":1}]", false },
		{ "an object", "{}", false },
		{ "not JSON", "[", false },
		{ "nothing", "", false },
	};
	const struct field	*list = schema_find(&row, STR("list"));

	begin();
	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct row	 r = { .key = 0 };

		CHECK(cases[i].label, decode_stored(list, str_of(cases[i].json), &arena, &r) ==
		    cases[i].ok);
		CHECK(cases[i].label, !cases[i].ok || r.list.n == 1);
	}
	end();
}

/* Others' text may have more than we read; what we read is judged all the same. */
static void
others(void)
{
	static const struct {
		const char	*label, *json, *told;
	} cases[] = {
		{ "nothing more", "{\"a\":\"l\"}", "{\"a\":\"l\",\"b\":0}" },
		{ "more", "{\"x\":{\"a\":1},\"a\":\"l\",\"b\":2,\"y\":null}",
		  "{\"a\":\"l\",\"b\":2}" },
		{ "too little", "{\"x\":1}", "required #/a" },
		{ "wrong, and more", "{\"x\":1,\"a\":\"longer\",\"b\":\"2\"}",
		  "too_long #/a, type_mismatch #/b" },
	};

	begin();
	for (size_t i = 0; i < NELEMS(cases); i++)
		CHECK_TEXT(cases[i].label, whole(&open_to_more, cases[i].json), cases[i].told);
	end();
}

TESTS(decode_whole,
	{ "what must be there", presence }, { "merged", merged }, { "replaced", replaced },
	{ "where faults are", pointers }, { "how many", faults_are_capped },
	{ "rules over several", rules }, { "batches", batches }, { "from a column", stored },
	{ "others' text", others })
