/* views: of one product, what is asked for: expanded, or some fields. */
#include "shop.h"

#define P	PRODUCTS "/{p}"
#define MATCH	BEARER MERGE "If-Match: {p_etag}\n"

static void
test_expand(void)
{
	struct reply	 r;

	shop_begin();
	(void)product(",'category_ids':['{c1}','{c2}']");
	r = ask_get(P "?expand=categories", NULL);
	check_members("expanded", &r, MEMBERS({ "id", "{p}" },
	    { "category_ids.1", "{c2}" }, { "categories.0.id", "{c1}" },
	    { "categories.0.slug", MINE "one" }, { "categories.1.name", "Two" },
	    { "categories.2", NULL }));
	r = ask_with("PATCH", CATEGORIES "/{c2}", PATCHED, "{'name':'Deux'}");
	CHECK_INT("the shelf renamed", r.status, 200);
	r = ask_get(P "?expand=categories", NULL);
	check_members("shown at once", &r, MEMBERS({ "categories.1.name", "Deux" }));
	r = ask_get(PRODUCTS "?sku={p_sku}&expand=categories", NULL);
	check_members("in a list", &r, MEMBERS({ "items.0.categories.1.name", "Deux" }));
	r = ask_get(P "?expand=categories&fields=name", NULL);
	CHECK("with fields", str_starts(r.body,
	    STR("{\"name\":\"Spade\",\"categories\":[{\"id\":")));
	let("p_etag", reply_header(&r, "ETag"));
	r = ask_with("PATCH", P, MATCH, "{'category_ids':[]}");
	CHECK_INT("its ETag is good for If-Match", r.status, 200);
	r = ask_get(P "?expand=categories", NULL);
	check_members("none", &r, MEMBERS({ "categories", "[]" }));
	shop_end();
}

static const struct trial	 queries[] = {
	{ .label = "what can not be expanded", .path = PRODUCT "?expand=stock",
	  .status = 400, .code = "invalid_parameter", .errors = "expand invalid_value" },
	{ .label = "expand, empty", .path = PRODUCT "?expand=", .status = 400,
	  .code = "invalid_parameter", .errors = "expand invalid_value" },
	{ .label = "expand twice", .path = PRODUCT "?expand=categories&expand=categories",
	  .status = 400, .code = "invalid_parameter",
	  .errors = "expand repeated_parameter" },
	{ .label = "unknown member", .path = PRODUCT "?fields=id,nmae", .status = 400,
	  .code = "invalid_parameter", .errors = "fields invalid_value" },
	{ .label = "a list's parameter", .path = PRODUCT "?limit=5", .status = 400,
	  .code = "invalid_parameter", .errors = "limit unknown_parameter" },
	{ .label = "no expansions there", .path = CATEGORY "?expand=parent",
	  .status = 400, .code = "invalid_parameter",
	  .errors = "expand unknown_parameter" },
	{ .label = "nobody", .path = NOBODY, .status = 404, .code = "not_found" },
	{ .label = "no key", .path = PRODUCTS "/7", .status = 404, .code = "not_found" },
	{ .label = "a query on a write", .method = "POST", .path = PRODUCTS "?x=1",
	  .headers = POSTED, .body = SPADE(""), .status = 400,
	  .code = "invalid_parameter", .errors = "x unknown_parameter" },
};

static void
test_queries(void)
{
	struct trial	 t[NELEMS(queries)];

	trial_begin();
	memcpy(t, queries, sizeof(t));
	for (size_t i = 0; i < NELEMS(t); i++)
		t[i].method = t[i].method == NULL ? "GET" : t[i].method;
	TRIALS(t);
	trial_end();
	client_end();
}

static const struct {
	const char	*label, *query, *body;
} fields[] = {
	{ "one", "?fields=name", "{\"name\":\"Spade\"}" },
	{ "in the schema's order", "?fields=status,id",
	    "{\"id\":\"{p}\",\"status\":\"active\"}" },
	{ "named twice", "?fields=name,name", "{\"name\":\"Spade\"}" },
	{ "absent is absent", "?fields=description,sku", "{\"sku\":\"{p_sku}\"}" },
	{ "a money", "?fields=price", "{\"price\":{\"amount\":1999,\"currency\":\"EUR\"}}" },
	{ "a link", "?fields=category_ids", "{\"category_ids\":[\"{c1}\"]}" },
	{ "from beside", "?fields=available", "{\"available\":0}" },
};

static void
test_fields(void)
{
	struct reply	 r;

	shop_begin();
	(void)product(",'category_ids':['{c1}']");
	for (size_t i = 0; i < NELEMS(fields); i++) {
		char	 path[128];

		snprintf(path, sizeof(path), P "%s", fields[i].query);
		r = ask_get(path, NULL);
		CHECK_INT(fields[i].label, r.status, 200);
		CHECK_STR(fields[i].label, r.body, filled(fields[i].body));
		snprintf(path, sizeof(path), PRODUCTS "%s&sku={p_sku}", fields[i].query);
		r = ask_get(path, NULL);
		CHECK(fields[i].label, reply_holds(&r, filled(fields[i].body)));
	}
	shop_end();
}

TESTS(views, { "expand", test_expand }, { "queries", test_queries },
    { "fields", test_fields })
