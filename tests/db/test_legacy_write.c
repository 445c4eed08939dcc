/* Old tables, written: what is refused, what comes of the rest, and old sins. */
#include "legacy.h"

struct refusal {
	const char	*label, *method, *uri, *body, *if_match;
	int		 status;
	const char	*code, *pointer;	/* of the problem; of its first fault */
};

static void
refuse(const struct refusal *c, size_t n)
{
	for (size_t i = 0; i < n; i++, c++) {
		struct reply	 r = ASK(c->method, c->uri, .body = c->body,
				    .if_match = c->if_match);

		CHECK_INT(c->label, r.status, c->status);
		CHECK_TEXT(c->label, at(r, "/code"), c->code);
		CHECK_TEXT(c->label, at(r, "/errors/0/pointer"), c->pointer);
	}
}

static void
nothing_wrong_gets_in(void)
{
	static const struct refusal	 cases[] = {
		{ "no key", "POST", "/v1/lines", "{\"article\":\"X\"}", NULL, 422,
		  "validation_failed", "#/order_no" },
		{ "half a key", "POST", "/v1/lines", "{\"order_no\":1,\"article\":\"X\"}",
		  NULL, 422, "validation_failed", "#/line_no" },
		{ "key too large for its column", "POST", "/v1/lines",
		  "{\"order_no\":1,\"line_no\":32768,\"article\":\"X\"}", NULL, 422,
		  "validation_failed", "#/line_no" },
		{ "key there already", "POST", "/v1/lines",
		  "{\"order_no\":1,\"line_no\":1,\"article\":\"X\"}", NULL, 409,
		  "already_exists", "#" },
		{ "text key there already", "POST", "/v1/places", "{\"code\":\"a b\"}",
		  NULL, 409, "already_exists", "#" },
		{ "the table's own key", "POST", "/v1/customers", "{\"id\":9}", NULL, 422,
		  "validation_failed", "#/id" },
		{ "a name of the table, not ours", "POST", "/v1/customers",
		  "{\"Name\":\"x\"}", NULL, 422, "validation_failed", "#/Name" },
		{ "taken", "POST", "/v1/customers", "{\"email\":\"A@EXAMPLE.org\"}", NULL,
		  409, "email_taken", "#/email" },
		{ "no such day", "POST", "/v1/customers", "{\"born\":\"2023-02-29\"}",
		  NULL, 422, "validation_failed", "#/born" },
		{ "a time is no day", "POST", "/v1/customers",
		  "{\"born\":\"2023-02-28T00:00:00Z\"}", NULL, 422, "validation_failed", "#/born" },
		{ "not in the enum", "POST", "/v1/customers", "{\"kind\":\"Retail\"}",
		  NULL, 422, "validation_failed", "#/kind" },
		{ "a decimal is text", "POST", "/v1/customers", "{\"weight\":1.5}", NULL,
		  422, "validation_failed", "#/weight" },
		{ "too many places", "POST", "/v1/customers", "{\"weight\":\"0.0000001\"}",
		  NULL, 422, "validation_failed", "#/weight" },
		{ "too many digits", "POST", "/v1/customers",
		  "{\"weight\":\"123456789012345.5\"}", NULL, 422, "validation_failed", "#/weight" },
		{ "over 64 bits", "POST", "/v1/customers",
		  "{\"points\":\"18446744073709551616\"}", NULL, 422, "validation_failed", "#/points" },
		{ "under an unsigned column", "POST", "/v1/customers",
		  "{\"points\":\"-1\"}", NULL, 422, "validation_failed", "#/points" },
		{ "not in latin1", "POST", "/v1/customers", "{\"name\":\"\344\270\255\"}",
		  NULL, 422, "validation_failed", "#/name" },
		{ "over a FLOAT", "POST", "/v1/customers", "{\"ratio\":1e300}", NULL, 422,
		  "validation_failed", "#/ratio" },
		{ "over a TIMESTAMP", "POST", "/v1/customers",
		  "{\"touched\":\"2099-01-01T00:00:00Z\"}", NULL, 422, "validation_failed", "#/touched" },
		{ "an array for an object", "POST", "/v1/customers", "{\"extra\":[1]}",
		  NULL, 422, "validation_failed", "#/extra" },
		{ "two pointers", "POST", "/v1/customers", "{\"born\":\"x\",\"kind\":\"x\"}",
		  NULL, 422, "validation_failed", "#/born" },
		{ "against a CHECK", "POST", "/v1/invoices",
		  "{\"nr\":\"n\",\"total\":\"-1.00\"}", NULL, 422, "validation_failed", "#" },
		{ "names nobody", "POST", "/v1/invoices", "{\"nr\":\"n\",\"customer\":99}",
		  NULL, 422, "validation_failed", "#/customer" },
		{ "names no place", "POST", "/v1/invoices", "{\"nr\":\"n\",\"place\":\"no\"}",
		  NULL, 422, "validation_failed", "#/place" },
		{ "a key that no path can name", "POST", "/v1/places", "{\"code\":\"a/b\"}",
		  NULL, 422, "validation_failed", "#/code" },
		{ "a key of dots", "POST", "/v1/places", "{\"code\":\"..\"}", NULL, 422,
		  "validation_failed", "#/code" },
		{ "no such row", "GET", "/v1/lines/1/9", NULL, NULL, 404, "not_found", NULL },
		{ "no such customer", "GET", "/v1/customers/99", NULL, NULL, 404, "not_found", NULL },
		{ "other case, other key", "GET", "/v1/places/A%20B", NULL, NULL, 404,
		  "not_found", NULL },
		{ "half a key in the path", "GET", "/v1/lines/1", NULL, NULL, 404,
		  "not_found", NULL },
		{ "no number in the path", "GET", "/v1/lines/1/x", NULL, NULL, 404,
		  "not_found", NULL },
		{ "a fraction in the path", "GET", "/v1/customers/1.5", NULL, NULL, 404,
		  "not_found", NULL },
		{ "an id no column holds", "GET", "/v1/customers/9007199254740991", NULL,
		  NULL, 404, "not_found", NULL },
		{ "a slash in a key", "GET", "/v1/invoices/2020%2F1", NULL, NULL, 404,
		  "not_found", NULL },
		{ "no If-Match", "PATCH", "/v1/lines/1/1", "{}", NULL, 428,
		  "precondition_required", NULL },
		{ "no If-Match, PUT", "PUT", "/v1/lines/1/1", "{\"article\":\"X\"}", NULL,
		  428, "precondition_required", NULL },
		{ "no If-Match, DELETE", "DELETE", "/v1/lines/1/1", NULL, NULL, 428,
		  "precondition_required", NULL },
		{ "not a tag", "DELETE", "/v1/lines/1/1", NULL, "abc", 400,
		  "invalid_header", NULL },
		{ "an old tag", "DELETE", "/v1/lines/1/1", NULL, "\"h0123456789abcdef-00000000\"",
		  412, "precondition_failed", NULL },
		{ "a weak tag", "PATCH", "/v1/lines/1/1", "{}", "W/\"h0\"", 412,
		  "precondition_failed", NULL },
		{ "nothing to delete", "DELETE", "/v1/lines/1/9", NULL, "*", 404,
		  "not_found", NULL },
		{ "a key is not changed", "PATCH", "/v1/lines/1/1", "{\"line_no\":7}", "*",
		  422, "validation_failed", "#/line_no" },
		{ "nor by PUT", "PUT", "/v1/lines/1/1",
		  "{\"order_no\":1,\"line_no\":7,\"article\":\"X\"}", "*", 422,
		  "validation_failed", "#/line_no" },
		{ "null where a value must be", "PATCH", "/v1/lines/1/1",
		  "{\"article\":null}", "*", 422, "validation_failed", "#/article" },
		{ "taken by another", "PATCH", "/v1/customers/4",
		  "{\"email\":\"a@example.org\"}", "*", 409, "email_taken", "#/email" },
		{ "others refer to it", "DELETE", "/v1/customers/1", NULL, "*", 409,
		  "in_use", NULL },
		{ "others refer to the place", "DELETE", "/v1/places/a%20b", NULL, "*", 409,
		  "in_use", NULL },
		{ "a view takes no row", "POST", "/v1/totals", "{\"customer_id\":9}", NULL,
		  405, "method_not_allowed", NULL },
		{ "a view changes none", "PATCH", "/v1/totals/1", "{}", "*", 405,
		  "method_not_allowed", NULL },
		{ "a view replaces none", "PUT", "/v1/totals/1", "{}", "*", 405,
		  "method_not_allowed", NULL },
		{ "a view drops none", "DELETE", "/v1/totals/1", NULL, "*", 405,
		  "method_not_allowed", NULL },
		{ "a batch tells its item", "POST", "/v1/lines",
		  "{\"items\":[{\"order_no\":9,\"line_no\":1,\"article\":\"X\"},"
		  "{\"order_no\":9,\"line_no\":2}]}", NULL, 422, "validation_failed",
		  "#/items/1/article" },
		{ "a batch with a key that is there", "POST", "/v1/lines",
		  "{\"items\":[{\"order_no\":9,\"line_no\":1,\"article\":\"X\"},"
		  "{\"order_no\":1,\"line_no\":1,\"article\":\"X\"}]}", NULL, 422,
		  "validation_failed", "#/items/1" },
		{ "a batch with a mutant", "POST", "/v1/places",
		  "{\"items\":[{\"code\":\"n\"},{\"code\":\"n\"}]}", NULL, 422,
		  "validation_failed", "#/items/1" },
	};
	const char	*rows = "SELECT CONCAT((SELECT COUNT(*) FROM `Order Lines`),'-',"
	    "(SELECT COUNT(*) FROM Customers),'-',(SELECT COUNT(*) FROM Places),'-',"
	    "(SELECT COUNT(*) FROM invoices))";
	struct reply	 r;

	start();
	refuse(cases, NELEMS(cases));
	CHECK_TEXT("the view's methods", header(ASK("POST", "/v1/totals"), "Allow"),
	    "GET, HEAD, OPTIONS");
	r = ASK("DELETE", "/v1/lines/1/1", .if_match = "\"h0-0\"");
	CHECK_TEXT("412 tells the tag", header(r, "ETag"),
	    header(ASK("GET", "/v1/lines/1/1"), "ETag"));
	CHECK_INT("nobody writes", ASK("POST", "/v1/places", .body = "{\"code\":\"n\"}",
	    .nobody = true).status, 401);
	CHECK_INT("nobody reads invoices", ASK("GET", "/v1/invoices", .nobody = true).status, 401);
	CHECK_TEXT("no row came or went", sql_one(rows), "7-7-10-3");
	serve_end();
}

/* Everything that can be sent, and what is then there. */
static void
created(void)
{
	static const char	 whole[] = "{\"name\":\"\303\204\",\"weight\":\"-7.1\","
	    "\"points\":\"18446744073709551615\",\"born\":\"2024-02-29\","
	    "\"seen\":\"2024-02-29T12:00:00.789+02:00\",\"active\":true,"
	    "\"kind\":\"it's\",\"extra\":{\"n\":12345678901.500,\"t\":\"\\u00e4/\"},"
	    "\"score\":-0.1,\"ratio\":0.5,\"visits\":-1,\"email\":\"n@example.org\"}";
	struct reply		 r;

	start();
	r = ASK("POST", "/v1/customers", .body = whole);
	CHECK_INT("whole", r.status, 201);
	CHECK_TEXT("its place", header(r, "Location"), "/v1/customers/8");
	CHECK_TEXT("its text", r.body.p, "{\"id\":8,\"name\":\"\303\204\","
	    "\"weight\":\"-7.100000\",\"points\":\"18446744073709551615\","
	    "\"born\":\"2024-02-29\",\"seen\":\"2024-02-29T10:00:00.000Z\","
	    "\"active\":true,\"kind\":\"it's\","
	    "\"extra\":{\"n\":12345678901.500,\"t\":\"\303\244/\"},\"score\":-0.1,"
	    "\"ratio\":0.5,\"visits\":-1,\"email\":\"n@example.org\"}");
	CHECK_TEXT("got again", ASK("GET", "/v1/customers/8").body.p, r.body.p);
	CHECK_TEXT("in the table", sql_one("SELECT CONCAT(HEX(Name),' ',weight,' ',points)"
	    " FROM Customers WHERE id = 8"), "C4 -7.100000 18446744073709551615");
	r = ASK("POST", "/v1/customers", .body = "{}");
	CHECK_TEXT("nothing at all", r.body.p, "{\"id\":9,\"visits\":0}");
	r = ASK("POST", "/v1/lines", .body = "{\"order_no\":7,\"line_no\":-2,"
	    "\"article\":\"X\",\"a_b\":-1}");
	CHECK_INT("key of the client", r.status, 201);
	CHECK_TEXT("its place, of two", header(r, "Location"), "/v1/lines/7/-2");
	r = ASK("POST", "/v1/places", .body = "{\"code\":\"\303\274 50%,?\"}");
	CHECK_TEXT("its place, coded", header(r, "Location"), "/v1/places/%C3%BC%2050%25%2C%3F");
	CHECK_TEXT("got there", ASK("GET", header(r, "Location")).body.p, r.body.p);
	r = ASK("POST", "/v1/invoices", .body = "{\"nr\":\"n\",\"place\":\"a b\"}");
	CHECK_TEXT("a default", at(r, "/total"), "0.00");
	serve_end();
}

static void
batches(void)
{
	struct reply	 r;

	start();
	r = ASK("POST", "/v1/lines", .body = "{\"items\":["
	    "{\"order_no\":9,\"line_no\":2,\"article\":\"B\"},"
	    "{\"order_no\":9,\"line_no\":1,\"article\":\"A\"},"
	    "{\"order_no\":8,\"line_no\":1,\"article\":\"C\"}]}");
	CHECK_INT("of two keys", r.status, 201);
	CHECK_TEXT("in their order", r.body.p, "{\"items\":["
	    "{\"order_no\":9,\"line_no\":2,\"article\":\"B\"},"
	    "{\"order_no\":9,\"line_no\":1,\"article\":\"A\"},"
	    "{\"order_no\":8,\"line_no\":1,\"article\":\"C\"}]}");
	r = ASK("POST", "/v1/places", .body = "{\"items\":[{\"code\":\"zwei\"},"
	    "{\"code\":\"eins\",\"label\":\"1\"}]}");
	CHECK_INT("of a text key", r.status, 201);
	CHECK_TEXT("in their order", r.body.p, "{\"items\":[{\"code\":\"zwei\"},"
	    "{\"code\":\"eins\",\"label\":\"1\"}]}");
	r = ASK("POST", "/v1/customers", .body = "{\"items\":[{\"visits\":1},{\"visits\":2}]}");
	CHECK_INT("of a counted key", r.status, 201);
	CHECK_TEXT("in their order", r.body.p,
	    "{\"items\":[{\"id\":8,\"visits\":1},{\"id\":9,\"visits\":2}]}");
	serve_end();
}

static void
changed(void)
{
	static const struct {
		const char	*label, *uri, *patch, *pointer, *want;	/* want NULL: absent */
	} cases[] = {
		{ "an odd name", "/v1/lines/1/1", "{\"a_b\":-5}", "/a_b", "-5" },
		{ "to nothing", "/v1/lines/1/1", "{\"a_b\":null}", "/a_b", NULL },
		{ "a reserved word", "/v1/lines/1/1", "{\"group\":\"z\"}", "/group", "z" },
		{ "its neighbour stays", "/v1/lines/1/2", "{}", "/group", "a" },
		{ "64 bits", "/v1/customers/2", "{\"points\":\"18446744073709551614\"}",
		  "/points", "18446744073709551614" },
		{ "no points", "/v1/customers/2", "{\"points\":null}", "/points", NULL },
		{ "a decimal", "/v1/customers/2", "{\"weight\":\"99999999999999.999999\"}",
		  "/weight", "99999999999999.999999" },
		{ "a day", "/v1/customers/2", "{\"born\":\"0001-01-01\"}", "/born", "0001-01-01" },
		{ "no day", "/v1/customers/2", "{\"born\":null}", "/born", NULL },
		{ "a moment", "/v1/customers/2", "{\"seen\":\"2030-01-01T00:00:00Z\"}",
		  "/seen", "2030-01-01T00:00:00.000Z" },
		{ "no moment", "/v1/customers/2", "{\"seen\":null}", "/seen", NULL },
		{ "no", "/v1/customers/2", "{\"active\":false}", "/active", "false" },
		{ "neither", "/v1/customers/2", "{\"active\":null}", "/active", NULL },
		{ "an enum", "/v1/customers/2", "{\"kind\":\"it's\"}", "/kind", "it's" },
		{ "empty text", "/v1/customers/2", "{\"name\":\"\"}", "/name", "" },
		{ "no text", "/v1/customers/2", "{\"name\":null}", "/name", NULL },
		{ "an object", "/v1/customers/2", "{\"extra\":{\"a\":{\"b\":1}}}",
		  "/extra", "{\"a\":{\"b\":1}}" },
		{ "merged", "/v1/customers/2", "{\"extra\":{\"a\":{\"c\":2},\"d\":null}}",
		  "/extra", "{\"a\":{\"b\":1,\"c\":2}}" },
		{ "no object", "/v1/customers/2", "{\"extra\":null}", "/extra", NULL },
		{ "a number", "/v1/customers/2", "{\"score\":1.5e-7}", "/score", "1.5e-07" },
		{ "a float, as it is kept", "/v1/customers/2", "{\"ratio\":0.1}", "/ratio",
		  "0.10000000149011612" },
		{ "a label", "/v1/places/gr%C3%BCn", "{\"label\":\"\303\237\"}", "/label", "\303\237" },
	};
	struct reply	 r;

	start();
	for (size_t i = 0; i < NELEMS(cases); i++) {
		r = patch(cases[i].uri, cases[i].patch);
		CHECK_INT(cases[i].label, r.status, 200);
		CHECK_TEXT(cases[i].label, at(r, cases[i].pointer), cases[i].want);
		CHECK_TEXT("kept", at(ASK("GET", cases[i].uri), cases[i].pointer), cases[i].want);
		CHECK_TEXT("its tag is the get's", header(r, "ETag"),
		    header(ASK("GET", cases[i].uri), "ETag"));
	}
	CHECK_TEXT("what a field can not say stays: NULL for 0", sql_one(
	    "SELECT COALESCE(visits, 'null') FROM Customers WHERE id = 2"), "null");
	CHECK_INT("another member", patch("/v1/customers/6", "{\"name\":\"n\"}").status, 200);
	CHECK_TEXT("what a field can not say stays: microseconds", sql_one(
	    "SELECT CAST(touched AS CHAR) FROM Customers WHERE id = 6"),
	    "2020-01-01 00:00:00.123456");
	serve_end();
}

/* The row's hash is its version: what changes it, and what does not. */
static void
tags_follow_the_row(void)
{
	const char	*tag, *part;
	struct reply	 r;

	start();
	tag = header(ASK("GET", "/v1/lines/1/1"), "ETag");
	part = header(ASK("GET", "/v1/lines/1/1?fields=line_no"), "ETag");
	CHECK("another text, another tag", strcmp(tag, part) != 0);
	r = ASK("PATCH", "/v1/lines/1/1", .body = "{\"a_b\":1}", .if_match = part);
	CHECK_INT("yet the same version", r.status, 200);
	CHECK_TEXT("nothing changed, same tag", header(r, "ETag"), tag);
	sql("UPDATE `Order Lines` SET `a``b` = 77 WHERE order_no = 1 AND line_no = 1");
	r = ASK("PATCH", "/v1/lines/1/1", .body = "{\"group\":\"q\"}", .if_match = tag);
	CHECK_INT("somebody else wrote", r.status, 412);
	CHECK_INT("with the new tag", ASK("PATCH", "/v1/lines/1/1",
	    .body = "{\"group\":\"q\"}", .if_match = header(r, "ETag")).status, 200);
	CHECK_TEXT("his value stays", at(ASK("GET", "/v1/lines/1/1"), "/a_b"), "77");
	tag = header(ASK("GET", "/v1/lines/1/1"), "ETag");
	r = ASK("PUT", "/v1/lines/1/1", .body = "{\"order_no\":1,\"line_no\":1,"
	    "\"article\":\"P\"}", .if_match = tag);
	CHECK_INT("replaced", r.status, 200);
	CHECK_TEXT("what was not sent is gone", r.body.p,
	    "{\"order_no\":1,\"line_no\":1,\"article\":\"P\"}");
	CHECK_INT("deleted with an old tag", ASK("DELETE", "/v1/lines/1/1",
	    .if_match = tag).status, 412);
	CHECK_INT("deleted", ASK("DELETE", "/v1/lines/1/1",
	    .if_match = header(r, "ETag")).status, 204);
	CHECK_INT("gone", ASK("GET", "/v1/lines/1/1").status, 404);
	CHECK_INT("only that one", ASK("GET", "/v1/lines/1/2").status, 200);
	r = ASK("GET", "/v1/places/gr%C3%BCn");
	CHECK_INT("by a text key", ASK("DELETE", "/v1/places/gr%C3%BCn",
	    .if_match = header(r, "ETag")).status, 204);
	serve_end();
}

/* What an old table may hold although no column of today would take it. */
static void
old_sins_are_read(void)
{
	static const struct {
		const char	*label, *sql, *pointer, *want;
	} cases[] = {
		{ "a day of zeros", "born = '0000-00-00'", "/born", NULL },
		{ "a moment of zeros", "seen = '0000-00-00 00:00:00'", "/seen", NULL },
		{ "before 1970", "seen = '1955-01-02 03:04:05'", "/seen",
		  "1955-01-02T03:04:05.000Z" },
		{ "an enum of none", "kind = ''", "/kind", "" },
		{ "two is true", "active = 2", "/active", "true" },
		{ "not an e-mail address", "email = 'x'", "/email", "x" },
		{ "a line break", "Name = 'a\nb'", "/name", "a\nb" },
	};
	struct reply	 r;

	start();
	for (size_t i = 0; i < NELEMS(cases); i++) {
		sql(text("SET sql_mode = ''; UPDATE Customers SET %s WHERE id = 6",
		    cases[i].sql));
		r = ASK("GET", "/v1/customers/6");
		CHECK_INT(cases[i].label, r.status, 200);
		CHECK_TEXT(cases[i].label, at(r, cases[i].pointer), cases[i].want);
		CHECK_INT(cases[i].label, ASK("GET", "/v1/customers").status, 200);
		CHECK_INT("other members are changed", patch("/v1/customers/6",
		    text("{\"visits\":%zu}", i)).status, 200);
	}
	serve_end();
}

static void
json_columns_are_bounded(void)
{
	static const struct {
		const char	*label, *value, *want;
	} cases[] = {
		{ "an array", "'[1]'", NULL },
		{ "a scalar", "'1'", NULL },
		{ "null", "'null'", NULL },
		{ "spaces", "'{ \"a\" : 1 }'", "{\"a\":1}" },
	};

	start();
	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct reply	 r;

		sql(text("UPDATE Customers SET extra = %s WHERE id = 6", cases[i].value));
		r = ASK("GET", "/v1/customers/6");
		CHECK_TEXT(cases[i].label, at(r, "/extra"), cases[i].want);
		CHECK(cases[i].label, r.status == 200);
	}
	serve_end();
}

TESTS(legacy_write,
	{ "nothing wrong gets in", nothing_wrong_gets_in },
	{ "creation, keys from client and table", created },
	{ "batches answer in their order", batches },
	{ "changes", changed },
	{ "tags follow the row", tags_follow_the_row },
	{ "old sins are read", old_sins_are_read },
	{ "JSON columns hold anything", json_columns_are_bounded })
