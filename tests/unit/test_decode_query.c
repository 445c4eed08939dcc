/* decode, query strings and path segments. */
#include "decode_kit.h"

struct page { struct str q; int64_t limit; struct opt_int after; double far; struct opt_bool all;
	struct uuid id; struct stamp since; struct decimal cost; };

static void
not_both(const void *base, struct faults *fs)
{
	const struct page	*p = base;

	if (p->after.has && p->all.has)
		fault_add_parameter(fs, STR("all"), "invalid_value", "not with after");
}

static const struct schema page = SCHEMA_CHECKED("Page", struct page, not_both,
	FIELD_STR(struct page, q, .min = 1, .max = 5, .doc = "Words"),
	FIELD_INT(struct page, limit, .min = 1, .max = 100, .def = "20", .doc = "Rows"),
	FIELD_INT(struct page, after, .doc = "After"),
	FIELD_NUM(struct page, far, .flags = FIELD_OPTIONAL, .num_max = 10, .doc = "Far"),
	FIELD_BOOL(struct page, all, .doc = "All"),
	FIELD_UUID(struct page, id, .flags = FIELD_OPTIONAL, .doc = "Id"),
	FIELD_STAMP(struct page, since, .flags = FIELD_OPTIONAL, .doc = "Since"),
	FIELD_DECIMAL(struct page, cost, .flags = FIELD_OPTIONAL, .digits = 4, .scale = 2,
	    .doc = "Cost"));

#define REST	",\"limit\":20,\"far\":0}"

static void
queries(void)
{
	static const struct {
		const char	*label, *query, *want;
	} cases[] = {
		{ "least", "q=a", "{\"q\":\"a\"" REST },
		{ "all", "q=a&limit=1&after=-5&far=1.5e0&id=0190F5A4-0000-7000-8000-00000000000f"
		  "&since=2026-11-22T11:03:48%2B01:00&cost=1.5",
		  "{\"q\":\"a\",\"limit\":1,\"after\":-5,\"far\":1.5,"
		  "\"id\":\"0190f5a4-0000-7000-8000-00000000000f\","
		  "\"since\":\"2026-11-22T10:03:48.000Z\",\"cost\":\"1.50\"}" },
		{ "yes", "q=a&all=true", "{\"q\":\"a\",\"limit\":20,\"far\":0,\"all\":true}" },
		{ "an escaped name", "%71=a", "{\"q\":\"a\"" REST },
		{ "a plus is a space", "q=a+b", "{\"q\":\"a b\"" REST },
		{ "%20 is one too", "q=a%20b", "{\"q\":\"a b\"" REST },
		{ "%2B is a plus", "q=a%2Bb", "{\"q\":\"a+b\"" REST },
		{ "lower-case digits", "q=%c3%bc", "{\"q\":\"\303\274\"" REST },
		{ "bytes as they are", "q=\303\274", "{\"q\":\"\303\274\"" REST },
		{ "an equals sign in a value", "q=a=b", "{\"q\":\"a=b\"" REST },
		{ "empty pieces", "&&q=a&", "{\"q\":\"a\"" REST },
		{ "1e1 is an integer", "q=a&limit=1e1", "{\"q\":\"a\",\"limit\":10,\"far\":0}" },
		{ "nothing", "", "required q" },
		{ "empty", "q=", "too_short q" },
		{ "no value", "q", "too_short q" },
		{ "five may be, six not", "q=%C3%BC%C3%BC%C3%BC%C3%BC%C3%BC%C3%BC", "too_long q" },
		{ "unknown", "q=a&x=1", "unknown_parameter x" },
		{ "another case", "q=a&Limit=1", "unknown_parameter Limit" },
		{ "twice", "q=a&q=b", "repeated_parameter q" },
		{ "twice, once escaped", "q=a&%71=a", "repeated_parameter q" },
		{ "zero", "q=a&limit=0", "out_of_range limit" },
		{ "over", "q=a&limit=101", "out_of_range limit" },
		{ "far over", "q=a&limit=99999999999999999999", "out_of_range limit" },
		{ "a fraction", "q=a&limit=1.5", "not_an_integer limit" },
		{ "no number", "q=a&limit=x", "type_mismatch limit" },
		{ "empty number", "q=a&limit=", "type_mismatch limit" },
		{ "a space before", "q=a&limit=+1", "type_mismatch limit" },
		{ "a plus before", "q=a&limit=%2B1", "type_mismatch limit" },
		{ "hexadecimal", "q=a&limit=0x10", "type_mismatch limit" },
		{ "a leading zero", "q=a&limit=01", "type_mismatch limit" },
		{ "two numbers", "q=a&limit=1,2", "type_mismatch limit" },
		{ "not a number", "q=a&far=nan", "type_mismatch far" },
		{ "infinite", "q=a&far=1e400", "out_of_range far" },
		{ "neither true nor false", "q=a&all=1", "type_mismatch all" },
		{ "True", "q=a&all=True", "type_mismatch all" },
		{ "no id", "q=a&id=1", "invalid_format id" },
		{ "no time", "q=a&since=now", "invalid_format since" },
		{ "no decimal", "q=a&cost=1e1", "invalid_format cost" },
		{ "half a code", "q=%4", "invalid_format q" },
		{ "no digits", "q=%zz", "invalid_format q" },
		{ "U+0000", "q=%00", "invalid_characters q" },
		{ "a control byte", "q=%0a", "invalid_characters q" },
		{ "not UTF-8", "q=%ff", "invalid_format q" },
		{ "overlong", "q=%c0%af", "invalid_format q" },
		{ "a surrogate", "q=%ed%a0%80", "invalid_format q" },
		{ "a name that is not", "%ff=1&q=a", "invalid_format ?" },
		{ "a name with a control byte", "%0a=1&q=a", "invalid_format ?" },
		{ "several", "limit=0&x=1&all=2", "out_of_range limit, unknown_parameter x, "
		  "type_mismatch all, required q" },
		{ "a rule over two", "q=a&after=1&all=true", "invalid_value all" },
		{ "not asked when one is wrong", "q=a&after=1&all=maybe", "type_mismatch all" },
	};

	begin();
	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct page	 p;
		struct faults	 fs;
		bool		 ok;

		faults_init(&fs, &arena);
		ok = decode_query(&page, str_of(cases[i].query), &p, &fs);
		CHECK_TEXT(cases[i].label, ok ? shown(&page, &p) : told(&fs), cases[i].want);
	}
	end();
}

/* A form ignores what it does not know and what has no value (RFC 6749 3.2). */
static void
forms(void)
{
	static const struct {
		const char	*label, *body, *want;
	} cases[] = {
		{ "least", "q=a", "{\"q\":\"a\"" REST },
		{ "a plus is a space", "q=a+b", "{\"q\":\"a b\"" REST },
		{ "unknown", "q=a&x=1", "{\"q\":\"a\"" REST },
		{ "without a value", "q=a&limit=&all", "{\"q\":\"a\"" REST },
		{ "what is needed without one", "q=", "required q" },
		{ "nothing", "", "required q" },
		{ "twice", "q=a&q=a", "repeated_parameter q" },
		{ "an unknown one twice", "q=a&x=1&x=1", "repeated_parameter x" },
		{ "out of bounds", "q=a&limit=101", "out_of_range limit" },
		{ "no code", "q=%zz", "invalid_format q" },
		{ "not UTF-8", "q=a&x=%ff", "invalid_format x" },
		{ "U+0000", "q=%00", "invalid_characters q" },
	};
	struct str	 out;

	begin();
	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct page	 p;
		struct faults	 fs;
		bool		 ok;

		faults_init(&fs, &arena);
		ok = decode_form(&page, str_of(cases[i].body), &p, &fs);
		CHECK_TEXT(cases[i].label, ok ? shown(&page, &p) : told(&fs), cases[i].want);
	}
	CHECK("one text", decode_form_text(&arena, STR("a+b%2Bc%3a"), &out));
	CHECK_STR("one text", out, "a b+c:");
	CHECK("no code", !decode_form_text(&arena, STR("%4"), &out));
	CHECK("not UTF-8", !decode_form_text(&arena, STR("%ff"), &out));
	end();
}

static void
many_parameters(void)
{
	struct page	 p;
	struct faults	 fs;
	struct buf	 b;

	begin();
	buf_init(&b, &arena);
	for (int i = 0; i < 30; i++)
		buf_fmt(&b, "x%d=1&", i);
	faults_init(&fs, &arena);
	CHECK("refused", !decode_query(&page, buf_view(&b), &p, &fs));
	CHECK_INT("so many are told", fs.n, MAX_FAULTS);
	CHECK("and that there are more", fs.more);
	for (int i = 0; i < 2000; i++)
		buf_puts(&b, "&a");
	faults_init(&fs, &arena);
	CHECK("refused", !decode_query(&page, buf_view(&b), &p, &fs));
	CHECK_TEXT("once", told(&fs), "too_many_items ?");
	end();
}

static void
segments(void)
{
	static const struct {
		const char	*label, *in, *out;	/* NULL: refused */
	} cases[] = {
		{ "plain", "a", "a" },
		{ "empty", "", "" },
		{ "a space", "a%20b", "a b" },
		{ "a plus stays", "a+b", "a+b" },
		{ "a percent sign", "50%25", "50%" },
		{ "once only", "%2541", "%41" },
		{ "UTF-8", "%C3%BC", "\303\274" },
		{ "comma, semicolon, equals", "a,b;c=d", "a,b;c=d" },
		{ "a question mark", "a%3Fb", "a?b" },
		{ "dots", "%2e%2E", ".." },
		{ "a slash", "a%2Fb", NULL },
		{ "a slash, lower case", "a%2fb", NULL },
		{ "U+0000", "a%00", NULL },
		{ "half a code", "a%4", NULL },
		{ "a percent sign alone", "%", NULL },
		{ "no digits", "%g0", NULL },
		{ "a sign for a digit", "%-1", NULL },
		{ "not UTF-8", "%ff", NULL },
		{ "half a character", "%C3", NULL },
		{ "overlong slash", "%C0%AF", NULL },
		{ "beyond Unicode", "%F4%90%80%80", NULL },
	};

	begin();
	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct str	 out = { NULL, 0 };
		bool		 ok = decode_segment(&arena, str_of(cases[i].in), &out);

		CHECK(cases[i].label, ok == (cases[i].out != NULL));
		if (ok)
			CHECK_STR(cases[i].label, out, cases[i].out);
	}
	end();
}

TESTS(decode_query,
	{ "queries", queries }, { "forms", forms }, { "too many parameters", many_parameters },
	{ "path segments", segments })
