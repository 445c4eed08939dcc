/* encode: the one text of every value; decode's own test has the way back. */
#include <float.h>
#include <math.h>

#include "decode_kit.h"

struct leaf { struct str a; };
struct tree {
	struct str	 text, hidden;
	int64_t		 n;
	struct opt_int	 maybe;
	double		 num;
	struct opt_bool	 yes;
	struct uuid	 id;
	struct stamp	 at;
	struct money	 price;
	struct decimal	 exact;
	struct json	 any;
	struct leaf	*leaf;
	struct list	 words, leaves, ids;
};

static const struct schema leaf = SCHEMA("Leaf", struct leaf,
	FIELD_STR(struct leaf, a, .flags = FIELD_OPTIONAL, .doc = "A"));

static const struct schema tree = SCHEMA("Tree", struct tree,
	FIELD_STR(struct tree, text, .flags = FIELD_OPTIONAL, .doc = "T"),
	FIELD_STR(struct tree, hidden, .flags = FIELD_OPTIONAL | FIELD_HIDDEN, .doc = "H"),
	FIELD_INT(struct tree, n, .doc = "N"),
	FIELD_INT(struct tree, maybe, .doc = "M"),
	FIELD_NUM(struct tree, num, .doc = "D"),
	FIELD_BOOL(struct tree, yes, .doc = "Y"),
	FIELD_UUID(struct tree, id, .flags = FIELD_OPTIONAL, .doc = "I"),
	FIELD_STAMP(struct tree, at, .flags = FIELD_OPTIONAL, .doc = "S"),
	FIELD_MONEY(struct tree, price, .flags = FIELD_OPTIONAL, .doc = "P"),
	FIELD_DECIMAL(struct tree, exact, .digits = 5, .scale = 2, .flags = FIELD_OPTIONAL,
	    .doc = "E"),
	FIELD_JSON(struct tree, any, .flags = FIELD_OPTIONAL, .doc = "J"),
	FIELD_OBJECT(struct tree, leaf, struct leaf, .flags = FIELD_OPTIONAL, .schema = &leaf,
	    .doc = "O"),
	FIELD_LIST(struct tree, words, .flags = FIELD_OPTIONAL,
	    .item = ITEM(.kind = FIELD_KIND_STR, .doc = "W"), .doc = "L"),
	FIELD_LIST(struct tree, leaves, .flags = FIELD_OPTIONAL, .schema = &leaf, .doc = "V"),
	FIELD_LIST(struct tree, ids, .flags = FIELD_OPTIONAL,
	    .item = ITEM(.kind = FIELD_KIND_UUID, .doc = "U"), .doc = "K"));

#define ALL	ENCODE_ALL
#define BIT(i)	(UINT64_C(1) << (i))

static void
rows(void)
{
	struct leaf	 bare = { { NULL, 0 } }, full = { STR("x") }, two[2] = { { STR("y") }, { { NULL, 0 } } };
	struct str	 words[] = { STR("a"), STR(""), STR("\"") };
	struct uuid	 ids[] = { { { 1, 2, 3 } } };
	const struct {
		const char	*label;
		struct tree	 row;
		uint64_t	 show;
		const char	*want;
	} cases[] = {
		{ "nothing", { .n = 0 }, ALL,
		  "{\"n\":0,\"num\":0,\"words\":[],\"leaves\":[],\"ids\":[]}" },
		{ "empty text is there", { .text = STR("") }, BIT(0), "{\"text\":\"\"}" },
		{ "escapes", { .text = STR("\"\\/\b\f\n\r\t\1\177<&>'\303\274\360\237\214\261") }, BIT(0),
		  "{\"text\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\177<&>'\303\274\360\237\214\261\"}" },
		{ "hidden stays so", { .hidden = STR("s") }, BIT(1), "{}" },
		{ "smallest", { .n = INT64_MIN }, BIT(2), "{\"n\":-9223372036854775808}" },
		{ "absent", { .maybe = { 5, false } }, BIT(3), "{}" },
		{ "zero is there", { .maybe = { 0, true } }, BIT(3), "{\"maybe\":0}" },
		{ "no", { .yes = { false, true } }, BIT(5), "{\"yes\":false}" },
		{ "yes", { .yes = { true, true } }, BIT(5), "{\"yes\":true}" },
		{ "id", { .id = { { 0xab, 0, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 1 } } }, BIT(6),
		  "{\"id\":\"ab000000-0000-7000-8000-000000000001\"}" },
		{ "the first moment", { .at = { 0, true } }, BIT(7),
		  "{\"at\":\"1970-01-01T00:00:00.000Z\"}" },
		{ "before it", { .at = { -1, true } }, BIT(7), "{\"at\":\"1969-12-31T23:59:59.999Z\"}" },
		{ "money", { .price = { -5, "EUR" } }, BIT(8),
		  "{\"price\":{\"amount\":-5,\"currency\":\"EUR\"}}" },
		{ "decimal", { .exact = { STR("1.50") } }, BIT(9), "{\"exact\":\"1.50\"}" },
		{ "an object as it is", { .any = { STR("{\"a\":[1.0]}") } }, BIT(10),
		  "{\"any\":{\"a\":[1.0]}}" },
		{ "an empty object", { .leaf = &bare }, BIT(11), "{\"leaf\":{}}" },
		{ "an object", { .leaf = &full }, BIT(11), "{\"leaf\":{\"a\":\"x\"}}" },
		{ "texts", { .words = { words, 3 } }, BIT(12), "{\"words\":[\"a\",\"\",\"\\\"\"]}" },
		{ "objects", { .leaves = { two, 2 } }, BIT(13), "{\"leaves\":[{\"a\":\"y\"},{}]}" },
		{ "ids", { .ids = { ids, 1 } }, BIT(14),
		  "{\"ids\":[\"01020300-0000-0000-0000-000000000000\"]}" },
		{ "two of them, in the schema's order", { .n = 1, .maybe = { 2, true } },
		  BIT(3) | BIT(2), "{\"n\":1,\"maybe\":2}" },
		{ "none of them", { .n = 1 }, 0, "{}" },
		{ "beyond the last", { .n = 1 }, BIT(40), "{}" },
	};
	struct buf	 b;

	begin();
	for (size_t i = 0; i < NELEMS(cases); i++) {
		buf_init(&b, &arena);
		encode_object(&b, &tree, &cases[i].row, cases[i].show);
		CHECK(cases[i].label, buf_ok(&b));
		CHECK_TEXT(cases[i].label, b.p, cases[i].want);
	}
	buf_init(&b, &arena);
	encode_open(&b, &leaf, &full, ALL);
	CHECK_TEXT("open", b.p, "{\"a\":\"x\"");
	buf_init(&b, &arena);
	encode_open(&b, &leaf, &bare, ALL);
	CHECK_TEXT("open, nothing", b.p, "{");
	buf_init(&b, &arena);
	encode_object(&b, &leaf, &(const struct leaf){ STR("\377") }, ALL);
	CHECK("bytes that are no text fail", !buf_ok(&b));
	end();
}

static void
doubles(void)
{
	static const struct {
		double		 v;
		const char	*want;
	} cases[] = {
		{ 0, "0" }, { -0.0, "0" }, { 1, "1" }, { -1.5, "-1.5" }, { 0.1, "0.1" },
		{ 0.1 + 0.2, "0.30000000000000004" }, { 1e21, "1e+21" }, { 1e-7, "1e-07" },
		{ 123456789012345, "123456789012345" }, { 9007199254740991.0, "9007199254740991" },
		{ DBL_MAX, "1.7976931348623157e+308" }, { 5e-324, "4.94065645841247e-324" },
		{ 1.0 / 3, "0.3333333333333333" }, { NAN, "null" }, { INFINITY, "null" },
		{ -INFINITY, "null" },
	};
	struct buf	 b;

	begin();
	for (size_t i = 0; i < NELEMS(cases); i++) {
		buf_init(&b, &arena);
		encode_double(&b, cases[i].v);
		CHECK_TEXT(cases[i].want, b.p, cases[i].want);
		if (isfinite(cases[i].v))
			CHECK(cases[i].want, strtod(b.p, NULL) == cases[i].v);
	}
	end();
}

/* Any double reads back as the same. */
static void
doubles_come_back(void)
{
	uint64_t	 bits = 88172645463325252u;
	size_t		 wrong = 0;
	struct buf	 b;

	begin();
	for (int i = 0; i < 20000; i++) {
		double	 v;

		bits ^= bits << 13;
		bits ^= bits >> 7;
		bits ^= bits << 17;
		memcpy(&v, &bits, sizeof(v));
		buf_init(&b, &arena);
		encode_double(&b, v);
		wrong += isfinite(v) && strtod(b.p, NULL) != v;
	}
	CHECK_INT("all of them", wrong, 0);
	end();
}

TESTS(encode,
	{ "rows", rows }, { "doubles", doubles }, { "doubles come back", doubles_come_back })
