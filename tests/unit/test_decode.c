/* decode: what is let in, what is refused, and what the client is told. */
#include "decode_kit.h"

struct address { struct str city; int64_t floor; struct address *above; };
struct part { struct str name; int64_t n; };
struct thing {
	struct str	 text, lines, kind, code, mail, uri, day, slug, coin, land,
			 at_text, id_text;
	int64_t		 n, counted;
	struct opt_int	 maybe;
	double		 num;
	struct opt_num	 maybe_num;
	bool		 yes;
	struct opt_bool	 maybe_yes;
	struct uuid	 id;
	struct stamp	 at;
	struct money	 price;
	struct decimal	 exact;
	struct json	 any, flat;
	struct address	*from;
	struct list	 names, parts, numbers;
};

static const struct schema address = SCHEMA("Address", struct address,
	FIELD_STR(struct address, city, .min = 1, .max = 10, .doc = "Town"),
	FIELD_INT(struct address, floor, .flags = FIELD_OPTIONAL, .min = -1, .max = 9,
	    .def = "0", .doc = "Floor"));

static const struct schema part = SCHEMA("Part", struct part,
	FIELD_STR(struct part, name, .max = 10, .doc = "Name"),
	FIELD_INT(struct part, n, .min = 1, .max = 9, .def = "1", .doc = "How many"));

/* Every kind, nothing required: each case sends what it is about. */
static const struct schema thing = SCHEMA("Thing", struct thing,
	FIELD_STR(struct thing, text, .flags = FIELD_OPTIONAL, .min = 2, .max = 4, .doc = "Text"),
	FIELD_STR(struct thing, lines, .flags = FIELD_OPTIONAL | FIELD_MULTILINE, .doc = "Lines"),
	FIELD_STR(struct thing, kind, .flags = FIELD_OPTIONAL, .one_of = ENUM("a", "b c"),
	    .doc = "Kind"),
	FIELD_STR(struct thing, code, .flags = FIELD_OPTIONAL, .pattern = "[A-Z]+|x",
	    .doc = "Code"),
	FIELD_STR(struct thing, mail, .flags = FIELD_OPTIONAL, .format = FORMAT_EMAIL, .doc = "M"),
	FIELD_STR(struct thing, uri, .flags = FIELD_OPTIONAL, .format = FORMAT_URI, .doc = "U"),
	FIELD_STR(struct thing, day, .flags = FIELD_OPTIONAL, .format = FORMAT_DATE, .doc = "D"),
	FIELD_STR(struct thing, slug, .flags = FIELD_OPTIONAL, .format = FORMAT_SLUG, .doc = "S"),
	FIELD_STR(struct thing, coin, .flags = FIELD_OPTIONAL, .format = FORMAT_CURRENCY,
	    .doc = "C"),
	FIELD_STR(struct thing, land, .flags = FIELD_OPTIONAL, .format = FORMAT_COUNTRY,
	    .doc = "L"),
	FIELD_STR(struct thing, at_text, .flags = FIELD_OPTIONAL, .format = FORMAT_DATE_TIME,
	    .doc = "T"),
	FIELD_STR(struct thing, id_text, .flags = FIELD_OPTIONAL, .format = FORMAT_UUID, .doc = "I"),
	FIELD_INT(struct thing, n, .flags = FIELD_OPTIONAL, .doc = "Any integer"),
	FIELD_INT(struct thing, counted, .flags = FIELD_OPTIONAL, .min = 1, .max = 99,
	    .def = "7", .doc = "Bounded"),
	FIELD_INT(struct thing, maybe, .min = -5, .max = 0, .doc = "Not above zero"),
	FIELD_NUM(struct thing, num, .flags = FIELD_OPTIONAL, .doc = "Any number"),
	FIELD_NUM(struct thing, maybe_num, .num_min = -1, .num_max = 1.5, .doc = "Bounded"),
	FIELD_BOOL(struct thing, yes, .flags = FIELD_OPTIONAL, .def = "true", .doc = "Yes"),
	FIELD_BOOL(struct thing, maybe_yes, .doc = "Perhaps"),
	FIELD_UUID(struct thing, id, .flags = FIELD_OPTIONAL, .doc = "Id"),
	FIELD_STAMP(struct thing, at, .flags = FIELD_OPTIONAL, .doc = "When"),
	FIELD_MONEY(struct thing, price, .flags = FIELD_OPTIONAL, .min = 0, .max = 1000,
	    .doc = "Price"),
	FIELD_DECIMAL(struct thing, exact, .flags = FIELD_OPTIONAL, .digits = 5, .scale = 2,
	    .doc = "Exact"),
	FIELD_JSON(struct thing, any, .flags = FIELD_OPTIONAL, .max = 3, .doc = "Anything"),
	FIELD_JSON(struct thing, flat, .flags = FIELD_OPTIONAL | FIELD_FLAT, .doc = "Flat"),
	FIELD_OBJECT(struct thing, from, struct address, .flags = FIELD_OPTIONAL,
	    .schema = &address, .doc = "From"),
	FIELD_LIST(struct thing, names, .flags = FIELD_OPTIONAL, .max = 3,
	    .item = ITEM(.kind = FIELD_KIND_STR, .max = 3, .doc = "Name"), .doc = "Names"),
	FIELD_LIST(struct thing, parts, .flags = FIELD_OPTIONAL, .schema = &part, .doc = "Parts"),
	FIELD_LIST(struct thing, numbers, .flags = FIELD_OPTIONAL,
	    .item = ITEM(.kind = FIELD_KIND_INT, .min = 0, .max = 9, .doc = "N"), .doc = "Ns"));

/* One member each: what is shown of it again, or the fault's code. */
struct member {
	const char	*label, *json, *want;
};

static void
check_members(const char *name, const struct member *c, size_t n)
{
	begin();
	for (size_t i = 0; i < n; i++, c++) {
		char		*json = arena_fmt(&arena, "{\"%s\":%s}", name, c->json);
		const char	*got = whole(&thing, json), *found;
		char		*in = arena_fmt(&arena, "\"%s\":", name);
		size_t		 len = strlen(c->want);

		if (got[0] != '{') {
			CHECK_TEXT(c->label, got, strchr(c->want, '#') != NULL ? c->want :
			    arena_fmt(&arena, "%s #/%s", c->want, name));
			continue;
		}
		found = strstr(got, in);
		found = found == NULL ? got : found + strlen(in);
		CHECK(c->label, strncmp(found, c->want, len) == 0 &&
		    (found[len] == ',' || found[len] == '}'));
		CHECK_TEXT("and once more", whole(&thing, got), got);
	}
	end();
}

#define MEMBERS(fn, name, ...)						\
	static void							\
	fn(void)							\
	{								\
		static const struct member	 cases[] = { __VA_ARGS__ };	\
		check_members(name, cases, NELEMS(cases));		\
	}

MEMBERS(texts, "text",
	{ "least", "\"ab\"", "\"ab\"" },
	{ "most", "\"abcd\"", "\"abcd\"" },
	{ "code points are counted", "\"\360\237\214\261\360\237\214\261\303\274x\"",
	  "\"\360\237\214\261\360\237\214\261\303\274x\"" },
	{ "a pair of surrogates is one", "\"\\ud83c\\udf31\\ud83c\\udf31xy\"",
	  "\"\360\237\214\261\360\237\214\261xy\"" },
	{ "escapes", "\"\\u00e4\\\"\\\\\\/\"", "\"\303\244\\\"\\\\/\"" },
	{ "under", "\"a\"", "too_short" },
	{ "empty", "\"\"", "too_short" },
	{ "over", "\"abcde\"", "too_long" },
	{ "over in code points", "\"\303\274\303\274\303\274\303\274\303\274\"", "too_long" },
	{ "U+0000", "\"a\\u0000b\"", "invalid_characters" },
	{ "a line break", "\"a\\nb\"", "invalid_characters" },
	{ "U+001F", "\"a\\u001f\"", "invalid_characters" },
	{ "U+007F", "\"a\177b\"", "invalid_characters" },
	{ "U+0080 may be", "\"a\\u0080\"", "\"a\302\200\"" },
	{ "a number", "12", "type_mismatch" },
	{ "true", "true", "type_mismatch" },
	{ "an array", "[\"ab\"]", "type_mismatch" },
	{ "an object", "{}", "type_mismatch" })

MEMBERS(lines, "lines",
	{ "tab, line feed, return", "\"a\\tb\\nc\\r\"", "\"a\\tb\\nc\\r\"" },
	{ "others not", "\"\\u000b\"", "invalid_characters" },
	{ "nor U+0000", "\"\\u0000\"", "invalid_characters" })

MEMBERS(enums, "kind",
	{ "one of them", "\"a\"", "\"a\"" },
	{ "with a space", "\"b c\"", "\"b c\"" },
	{ "none of them", "\"b\"", "invalid_value" },
	{ "another case", "\"A\"", "invalid_value" },
	{ "longer", "\"a \"", "invalid_value" },
	{ "empty", "\"\"", "invalid_value" })

MEMBERS(patterns, "code",
	{ "fits", "\"ABC\"", "\"ABC\"" },
	{ "the other branch", "\"x\"", "\"x\"" },
	{ "only its beginning fits", "\"ABc\"", "invalid_format" },
	{ "only its end fits", "\"aBC\"", "invalid_format" },
	{ "branch and more", "\"xA\"", "invalid_format" },
	{ "a line's end is no end", "\"ABC\\n\"", "invalid_characters" })

MEMBERS(mails, "mail",
	{ "its host in lower case", "\"Ada@Example.ORG\"", "\"Ada@example.org\"" },
	{ "plain", "\"a@example.org\"", "\"a@example.org\"" },
	{ "signs", "\"a.b+c'd@ex-a.example\"", "\"a.b+c'd@ex-a.example\"" },
	{ "no at", "\"example.org\"", "invalid_format" },
	{ "two", "\"a@b@example.org\"", "invalid_format" },
	{ "no local part", "\"@example.org\"", "invalid_format" },
	{ "no dot", "\"a@localhost\"", "invalid_format" },
	{ "a space", "\"a b@example.org\"", "invalid_format" },
	{ "dots", "\"a@example..org\"", "invalid_format" },
	{ "a label that ends in -", "\"a@ex-.org\"", "invalid_format" },
	{ "not ASCII", "\"\303\244@example.org\"", "invalid_format" })

MEMBERS(uris, "uri",
	{ "https", "\"https://example.org/a?b=c#d\"", "\"https://example.org/a?b=c#d\"" },
	{ "urn", "\"urn:isbn:1\"", "\"urn:isbn:1\"" },
	{ "relative", "\"/a\"", "invalid_format" },
	{ "no scheme", "\"://a\"", "invalid_format" },
	{ "a digit first", "\"1a:b\"", "invalid_format" },
	{ "a space", "\"http://a b\"", "invalid_format" },
	{ "not ASCII", "\"http://\303\244\"", "invalid_format" })

MEMBERS(days, "day",
	{ "a leap day", "\"2024-02-29\"", "\"2024-02-29\"" },
	{ "none", "\"2023-02-29\"", "invalid_format" },
	{ "a time", "\"2024-02-29T00:00:00Z\"", "invalid_format" },
	{ "short", "\"2024-2-9\"", "invalid_format" })

MEMBERS(slugs, "slug",
	{ "fits", "\"a-1\"", "\"a-1\"" },
	{ "upper case", "\"A\"", "invalid_format" },
	{ "a space", "\"a b\"", "invalid_format" },
	{ "an underscore", "\"a_b\"", "invalid_format" },
	{ "empty", "\"\"", "invalid_format" })

MEMBERS(currencies, "coin",
	{ "fits", "\"EUR\"", "\"EUR\"" },
	{ "lower case", "\"eur\"", "invalid_format" },
	{ "none", "\"EUX\"", "invalid_format" })

MEMBERS(countries, "land",
	{ "fits", "\"DE\"", "\"DE\"" },
	{ "lower case", "\"de\"", "invalid_format" },
	{ "three letters", "\"DEU\"", "invalid_format" })

MEMBERS(text_times, "at_text",
	{ "kept as it is", "\"2026-11-22T12:03:48+01:00\"", "\"2026-11-22T12:03:48+01:00\"" },
	{ "no time", "\"soon\"", "invalid_format" })

MEMBERS(text_ids, "id_text",
	{ "kept as it is", "\"0190F5A4-0000-7000-8000-000000000001\"",
	  "\"0190F5A4-0000-7000-8000-000000000001\"" },
	{ "no id", "\"0190f5a4\"", "invalid_format" })

MEMBERS(integers, "n",
	{ "zero", "0", "0" },
	{ "minus zero", "-0", "0" },
	{ "minus zero, longer", "-0.0e5", "0" },
	{ "1.0", "1.0", "1" },
	{ "1e2", "1e2", "100" },
	{ "1E+2", "1E+2", "100" },
	{ "100e-2", "100e-2", "1" },
	{ "1.50e1", "1.50e1", "15" },
	{ "0e400", "0e400", "0" },
	{ "0.000e-400", "0.000e-400", "0" },
	{ "2^53-1", "9007199254740991", "9007199254740991" },
	{ "the same, with a fraction of zeros", "9007199254740991.000", "9007199254740991" },
	{ "the same, as a power", "9.007199254740991e15", "9007199254740991" },
	{ "less than nothing", "-9007199254740991", "-9007199254740991" },
	{ "2^53", "9007199254740992", "out_of_range" },
	{ "-2^53", "-9007199254740992", "out_of_range" },
	{ "2^63", "9223372036854775808", "out_of_range" },
	{ "20 digits", "99999999999999999999", "out_of_range" },
	{ "-20 digits", "-99999999999999999999", "out_of_range" },
	{ "a hundred digits", "1111111111111111111111111111111111111111111111111"
	  "111111111111111111111111111111111111111111111111111", "out_of_range" },
	{ "1e400", "1e400", "out_of_range" },
	{ "-1e400", "-1e400", "out_of_range" },
	{ "1e99999999999999999999", "1e99999999999999999999", "out_of_range" },
	{ "1.5", "1.5", "not_an_integer" },
	{ "1e-1", "1e-1", "not_an_integer" },
	{ "1e-400", "1e-400", "not_an_integer" },
	{ "1e-99999999999999999999", "1e-99999999999999999999", "not_an_integer" },
	{ "just under 1", "0.99999999999999999999", "not_an_integer" },
	{ "just over 2^53-1", "9007199254740991.1", "not_an_integer" },
	{ "just over 1", "1.00000000000000000000000001", "not_an_integer" },
	{ "text", "\"1\"", "type_mismatch" },
	{ "true", "true", "type_mismatch" })

MEMBERS(bounded_integers, "counted",
	{ "least", "1", "1" },
	{ "most", "99", "99" },
	{ "most, as a power", "9.9e1", "99" },
	{ "under", "0", "out_of_range" },
	{ "over", "100", "out_of_range" },
	{ "far over", "99999999999999999999", "out_of_range" })

MEMBERS(negative_bounds, "maybe",
	{ "least", "-5", "-5" },
	{ "most is zero", "0", "0" },
	{ "under", "-6", "out_of_range" },
	{ "over", "1", "out_of_range" })

MEMBERS(numbers, "num",
	{ "a fraction", "1.5", "1.5" },
	{ "a tenth", "0.1", "0.1" },
	{ "all digits", "0.30000000000000004", "0.30000000000000004" },
	{ "minus zero", "-0.0", "0" },
	{ "the largest", "1.7976931348623157e308", "1.7976931348623157e+308" },
	{ "the smallest", "5e-324", "4.94065645841247e-324" },
	{ "too small is nothing", "1e-400", "0" },
	{ "20 digits", "99999999999999999999", "1e+20" },
	{ "2^53+1 is the nearest", "9007199254740993", "9007199254740992" },
	{ "1e309", "1e309", "out_of_range" },
	{ "-1e400", "-1e400", "out_of_range" },
	{ "text", "\"1\"", "type_mismatch" })

MEMBERS(bounded_numbers, "maybe_num",
	{ "least", "-1", "-1" },
	{ "most", "1.5", "1.5" },
	{ "under", "-1.0000001", "out_of_range" },
	{ "over", "1.5000001", "out_of_range" })

MEMBERS(booleans, "yes",
	{ "true", "true", "true" },
	{ "false", "false", "false" },
	{ "one", "1", "type_mismatch" },
	{ "text", "\"true\"", "type_mismatch" })

MEMBERS(uuids, "id",
	{ "lower case", "\"0190f5a4-0000-7000-8000-00000000000f\"",
	  "\"0190f5a4-0000-7000-8000-00000000000f\"" },
	{ "upper case", "\"0190F5A4-0000-7000-8000-00000000000F\"",
	  "\"0190f5a4-0000-7000-8000-00000000000f\"" },
	{ "nil", "\"00000000-0000-0000-0000-000000000000\"", "invalid_format" },
	{ "braces", "\"{0190f5a4-0000-7000-8000-00000000000f}\"", "invalid_format" },
	{ "no dashes", "\"0190f5a4000070008000000000000001\"", "invalid_format" },
	{ "a digit short", "\"0190f5a4-0000-7000-8000-00000000000\"", "invalid_format" },
	{ "empty", "\"\"", "invalid_format" },
	{ "a number", "1", "type_mismatch" })

MEMBERS(stamps, "at",
	{ "UTC", "\"2026-11-22T11:03:48.123Z\"", "\"2026-11-22T11:03:48.123Z\"" },
	{ "an offset", "\"2026-11-22T12:03:48+01:00\"", "\"2026-11-22T11:03:48.000Z\"" },
	{ "cut", "\"2026-11-22T11:03:48.999999999Z\"", "\"2026-11-22T11:03:48.999Z\"" },
	{ "the first", "\"1970-01-01T00:00:00Z\"", "\"1970-01-01T00:00:00.000Z\"" },
	{ "before it", "\"1969-12-31T23:59:59Z\"", "invalid_format" },
	{ "too late", "\"2101-01-01T00:00:00Z\"", "invalid_format" },
	{ "a leap second", "\"2016-12-31T23:59:60Z\"", "invalid_format" },
	{ "no offset", "\"2026-11-22T11:03:48\"", "invalid_format" },
	{ "a number", "1700000000", "type_mismatch" })

MEMBERS(moneys, "price",
	{ "some", "{\"amount\":1000,\"currency\":\"EUR\"}", "{\"amount\":1000,\"currency\":\"EUR\"}" },
	{ "the other way round", "{\"currency\":\"JPY\",\"amount\":0}",
	  "{\"amount\":0,\"currency\":\"JPY\"}" },
	{ "over", "{\"amount\":1001,\"currency\":\"EUR\"}", "out_of_range #/price/amount" },
	{ "under", "{\"amount\":-1,\"currency\":\"EUR\"}", "out_of_range #/price/amount" },
	{ "a fraction", "{\"amount\":1.5,\"currency\":\"EUR\"}", "not_an_integer #/price/amount" },
	{ "far", "{\"amount\":1e400,\"currency\":\"EUR\"}", "out_of_range #/price/amount" },
	{ "no currency", "{\"amount\":1}", "required #/price/currency" },
	{ "no amount", "{\"currency\":\"EUR\"}", "required #/price/amount" },
	{ "nothing", "{}", "required #/price/amount, required #/price/currency" },
	{ "unknown", "{\"amount\":1,\"currency\":\"XYZ\"}", "invalid_value #/price/currency" },
	{ "empty", "{\"amount\":1,\"currency\":\"\"}", "invalid_value #/price/currency" },
	{ "lower case", "{\"amount\":1,\"currency\":\"eur\"}", "invalid_value #/price/currency" },
	{ "long", "{\"amount\":1,\"currency\":\"EURO\"}", "invalid_value #/price/currency" },
	{ "another member", "{\"amount\":1,\"currency\":\"EUR\",\"x\":1}",
	  "unknown_field #/price/x" },
	{ "a number", "12", "type_mismatch" })

MEMBERS(decimals, "exact",
	{ "written out", "\"1.5\"", "\"1.50\"" },
	{ "whole", "\"-123\"", "\"-123.00\"" },
	{ "all digits", "\"999.99\"", "\"999.99\"" },
	{ "zero", "\"0\"", "\"0.00\"" },
	{ "too many places", "\"0.001\"", "invalid_format" },
	{ "too many digits", "\"1000.00\"", "invalid_format" },
	{ "a power", "\"1e1\"", "invalid_format" },
	{ "a leading zero", "\"01\"", "invalid_format" },
	{ "a plus", "\"+1\"", "invalid_format" },
	{ "a comma", "\"1,5\"", "invalid_format" },
	{ "empty", "\"\"", "invalid_format" },
	{ "a number", "1.5", "type_mismatch" })

MEMBERS(objects, "any",
	{ "empty", "{}", "{}" },
	{ "all kinds", "{\"a\":[1,2.50,null,true],\"b\":{\"c\":\"\\u00e4/\"}}",
	  "{\"a\":[1,2.50,null,true],\"b\":{\"c\":\"\303\244/\"}}" },
	{ "as many as may be", "{\"a\":1,\"b\":2,\"c\":3}", "{\"a\":1,\"b\":2,\"c\":3}" },
	{ "one more", "{\"a\":1,\"b\":2,\"c\":3,\"d\":4}", "too_many_items" },
	{ "below, more may be", "{\"a\":{\"a\":1,\"b\":2,\"c\":3,\"d\":4}}",
	  "{\"a\":{\"a\":1,\"b\":2,\"c\":3,\"d\":4}}" },
	{ "a wide integer", "{\"a\":9007199254740992}", "out_of_range #/any/a" },
	{ "a very wide one", "{\"a\":[99999999999999999999]}", "out_of_range #/any/a/0" },
	{ "a number no double holds", "{\"a\":1e400}", "out_of_range #/any/a" },
	{ "digits are kept", "{\"a\":0.30000000000000000001}", "{\"a\":0.30000000000000000001}" },
	{ "a control character", "{\"a\":\"\\u0001\"}", "invalid_characters #/any/a" },
	{ "one in a name", "{\"a\\u0001\":1}", "invalid_characters #/any/a%01" },
	{ "an array", "[1]", "type_mismatch" },
	{ "text", "\"{}\"", "type_mismatch" })

MEMBERS(flat_objects, "flat",
	{ "plain values", "{\"a\":1,\"b\":\"x\",\"c\":false}", "{\"a\":1,\"b\":\"x\",\"c\":false}" },
	{ "null", "{\"a\":null}", "type_mismatch #/flat/a" },
	{ "an array", "{\"a\":[]}", "type_mismatch #/flat/a" },
	{ "an object", "{\"a\":{}}", "type_mismatch #/flat/a" })

MEMBERS(nested, "from",
	{ "with a default", "{\"city\":\"Ulm\"}", "{\"city\":\"Ulm\",\"floor\":0}" },
	{ "all of it", "{\"floor\":-1,\"city\":\"Ulm\"}", "{\"city\":\"Ulm\",\"floor\":-1}" },
	{ "empty", "{}", "required #/from/city" },
	{ "null inside", "{\"city\":null}", "required #/from/city" },
	{ "unknown inside", "{\"city\":\"Ulm\",\"x\":1}", "unknown_field #/from/x" },
	{ "two faults", "{\"city\":\"\",\"floor\":10}", "too_short #/from/city, out_of_range #/from/floor" },
	{ "a list", "[]", "type_mismatch" })

MEMBERS(text_lists, "names",
	{ "one", "[\"a\"]", "[\"a\"]" },
	{ "most, one twice", "[\"a\",\"b\",\"a\"]", "[\"a\",\"b\",\"a\"]" },
	{ "over", "[\"a\",\"b\",\"c\",\"d\"]", "too_many_items" },
	{ "one is long", "[\"a\",\"abcd\"]", "too_long #/names/1" },
	{ "one is null", "[null]", "type_mismatch #/names/0" },
	{ "one is a list", "[[\"a\"]]", "type_mismatch #/names/0" },
	{ "an object", "{}", "type_mismatch" })

MEMBERS(number_lists, "numbers",
	{ "empty", "[]", "[]" },
	{ "some", "[1,2.0,3e0]", "[1,2,3]" },
	{ "all that is wrong", "[10,\"1\",1.5]", "out_of_range #/numbers/0, "
	  "type_mismatch #/numbers/1, not_an_integer #/numbers/2" })

MEMBERS(object_lists, "parts",
	{ "some", "[{\"name\":\"a\"},{\"n\":2,\"name\":\"b\"}]",
	  "[{\"name\":\"a\",\"n\":1},{\"name\":\"b\",\"n\":2}]" },
	{ "one lacks a member", "[{\"name\":\"a\"},{}]", "required #/parts/1/name" },
	{ "one has too many", "[{\"name\":\"a\",\"x\":0}]", "unknown_field #/parts/0/x" },
	{ "one is none", "[1,null]", "type_mismatch #/parts/0, type_mismatch #/parts/1" })

TESTS(decode,
	{ "texts", texts }, { "lines", lines }, { "enums", enums },
	{ "patterns", patterns }, { "e-mail addresses", mails }, { "URIs", uris },
	{ "days", days }, { "slugs", slugs },
	{ "currencies", currencies }, { "countries", countries }, { "times kept as text", text_times },
	{ "ids kept as text", text_ids }, { "integers", integers },
	{ "bounded integers", bounded_integers }, { "integers to zero", negative_bounds },
	{ "numbers", numbers }, { "bounded numbers", bounded_numbers },
	{ "booleans", booleans }, { "UUIDs", uuids }, { "times", stamps },
	{ "money", moneys }, { "decimals", decimals }, { "objects of anything", objects },
	{ "flat objects", flat_objects }, { "nested", nested }, { "lists of texts", text_lists },
	{ "lists of numbers", number_lists }, { "lists of objects", object_lists })
