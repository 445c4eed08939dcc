/* Old tables, read: pages, filters, exact rows; and with parts of the house away. */
#include "legacy.h"

static void
statements_fit(void)
{
	struct store	 st;
	struct buf	 told;
	size_t		 n = 0;

	start();
	st = (struct store){ .db = serve.db, .arena = &serve.arena };
	for (size_t i = 0; all[i] != NULL; i++) {
		buf_init(&told, &serve.arena);
		CHECK_TEXT(all[i]->path, resource_error(all[i]), NULL);
		CHECK(all[i]->path, resource_check(&st, all[i], &told, &n));
		CHECK_TEXT(all[i]->path, told.n == 0 ? "" : told.p, "");
	}
	CHECK("some were tried", n > 100);
	serve_end();
}

/* Orders that would lose rows between pages, as --check tells them. */
static void
orders_that_can_not_be(void)
{
	static const struct {
		const char	*label, *by, *told;
	} cases[] = {
		{ "an ENUM", "kind", "kind: /v1/x: cannot be a sort: an ENUM is sorted by position" },
		{ "an ENUM, descending", "-kind", "an ENUM is sorted by position" },
		{ "NULL that the field has no word for", "visits", "may be NULL" },
		{ "microseconds", "touched", "finer than a millisecond" },
	};

	start();
	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct sort	 orders[] = { { .by = cases[i].by }, { .by = NULL } };
		struct resource	 r = { .path = "/v1/x", .table = "Customers",
				    .schema = &customer, .read = SCOPE_NONE,
				    .write = "products:write", .sorts = orders, .doc = "X" };
		struct store	 st = { .db = serve.db, .arena = &serve.arena };
		struct buf	 told;
		size_t		 n = 0;

		buf_init(&told, &serve.arena);
		CHECK_TEXT(cases[i].label, resource_error(&r), NULL);
		CHECK(cases[i].label, !resource_check(&st, &r, &told, &n));
		CHECK(told.p, told.n > 0 && strstr(told.p, cases[i].told) != NULL);
	}
	serve_end();
}

/* The keys of a list, page by page, as "1,2,3"; pages of `limit`. */
static const char *
walk(const char *path, const char *order, int limit, const char *key, const char *second)
{
	const char	*cursor = NULL, *keys = "", *value;
	int		 pages = 0;

	do {
		struct reply	 r = ASK("GET", text("%s?sort=%s&limit=%d%s%s", path,
				    order, limit, cursor == NULL ? "" : "&cursor=",
				    cursor == NULL ? "" : cursor));

		CHECK_INT(order, r.status, 200);
		for (int i = 0; (value = at(r, text("/items/%d/%s", i, key))) != NULL; i++) {
			keys = text("%s%s%s", keys, *keys == '\0' ? "" : ",", value);
			if (second != NULL)
				keys = text("%s/%s", keys, at(r, text("/items/%d/%s", i, second)));
		}
		cursor = at(r, "/next_cursor");
	} while (cursor != NULL && ++pages < 50);
	return keys;
}

static const struct {
	const struct resource	*r;
	const char		*key, *second, *sql_key;
} lists[] = {
	{ &lines, "order_no", "line_no", "CONCAT(order_no,'/',line_no)" },
	{ &customers, "id", NULL, "id" },
	{ &places, "code", NULL, "code" },
	{ &totals, "customer_id", NULL, "customer_id" },
};

/* As the database orders it: complete, nothing twice, in whatever pages. */
static void
pages_are_complete(void)
{
	start();
	for (size_t i = 0; i < NELEMS(lists); i++)
		for (const struct sort *o = lists[i].r->sorts; o->by != NULL; o++) {
			bool		 falling = o->by[0] == '-';
			const char	*way = falling ? "DESC" : "";
			const char	*ties = lists[i].second == NULL ?
			    text("%s %s", lists[i].sql_key, way) :
			    text("order_no %s, line_no %s", way, way);
			const struct field *f = schema_find(lists[i].r->schema,
			    str_of(o->by + falling));
			const char	*want = sql_all(text("SELECT %s FROM `%s`"
			    " ORDER BY `%s` %s, %s", lists[i].sql_key,
			    lists[i].r->table, strcmp(field_column(f), "a`b") == 0 ?
			    "a``b" : field_column(f), way, ties));

			for (int limit = 1; limit < 5; limit++)
				CHECK_TEXT(text("%s by %s in %ds", lists[i].r->path, o->by,
				    limit), walk(lists[i].r->path, o->by, limit,
				    lists[i].key, lists[i].second), want);
		}
	serve_end();
}

static void
filters_find(void)
{
	static const struct {
		const char	*label, *uri, *total;	/* NULL: 400 */
	} cases[] = {
		{ "half of the key", "/v1/lines?order_no=1", "3" },
		{ "two of them", "/v1/lines?order_no=1,3", "5" },
		{ "a reserved word", "/v1/lines?group=a", "2" },
		{ "behind a backtick", "/v1/lines?a_b_min=2", "3" },
		{ "latin1", "/v1/customers?name=M%C3%BCller", "1" },
		{ "not in latin1", "/v1/customers?name=%E4%B8%AD", NULL },
		{ "by collation", "/v1/customers?name=ANNA", "2" },
		{ "64 bits", "/v1/customers?points=18446744073709551615", "1" },
		{ "2^63", "/v1/customers?points=9223372036854775808", "1" },
		{ "not its neighbour", "/v1/customers?points=9223372036854775809", "0" },
		{ "2^53+1", "/v1/customers?points=9007199254740993", "1" },
		{ "2^53", "/v1/customers?points=9007199254740992", "0" },
		{ "at most", "/v1/customers?points_most=7", "3" },
		{ "decimal", "/v1/customers?weight=12345678901234.123456", "1" },
		{ "decimal, one off", "/v1/customers?weight=12345678901234.123457", "0" },
		{ "decimal, shorter", "/v1/customers?weight=5", "2" },
		{ "date", "/v1/customers?born=1955-02-28", "2" },
		{ "from a date", "/v1/customers?born_from=1955-03-01", "1" },
		{ "boolean", "/v1/customers?active=true", "3" },
		{ "boolean, no", "/v1/customers?active=false", "2" },
		{ "enum with a quote", "/v1/customers?kind=it's", "1" },
		{ "enum, two", "/v1/customers?kind=retail,trade", "3" },
		{ "a condition", "/v1/customers?seen_ever=true", "5" },
		{ "and its rest", "/v1/customers?seen_ever=false", "2" },
		{ "together", "/v1/customers?kind=retail&born=1955-02-28&active=true", "2" },
		{ "a key by filter", "/v1/places?code=50%25", "1" },
		{ "its case counts", "/v1/places?code=a", "1" },
		{ "the view", "/v1/totals?name=M%C3%BCller", "1" },
		{ "not in the enum", "/v1/customers?kind=other", NULL },
		{ "no such day", "/v1/customers?born=2023-02-29", NULL },
		{ "no decimal", "/v1/customers?points=1e3", NULL },
		{ "too many digits", "/v1/customers?points=184467440737095516150", NULL },
		{ "unknown", "/v1/customers?nothing=1", NULL },
		{ "no such order", "/v1/lines?sort=article", NULL },
		{ "no such field", "/v1/lines?fields=article_no", NULL },
		{ "no such count", "/v1/lines?count=about", NULL },
		{ "limit 0", "/v1/lines?limit=0", NULL },
		{ "cursor of nobody", "/v1/lines?cursor=AAAA", NULL },
	};

	start();
	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct reply	 r = ASK("GET", text("%s&count=exact", cases[i].uri));

		CHECK_INT(cases[i].label, r.status, cases[i].total == NULL ? 400 : 200);
		CHECK_TEXT(cases[i].label, at(r, "/total"), cases[i].total);
	}
	serve_end();
}

/* A cursor is good for its own list only. */
static void
cursors_stay(void)
{
	const char	*cursor;

	start();
	cursor = at(ASK("GET", "/v1/lines?limit=2"), "/next_cursor");
	CHECK("there is one", cursor != NULL);
	CHECK_INT("its own", ASK("GET", text("/v1/lines?limit=1&cursor=%s", cursor)).status, 200);
	CHECK_INT("another order", ASK("GET",
	    text("/v1/lines?sort=-order_no&cursor=%s", cursor)).status, 400);
	CHECK_INT("another filter", ASK("GET",
	    text("/v1/lines?order_no=1&cursor=%s", cursor)).status, 400);
	CHECK_INT("another table", ASK("GET",
	    text("/v1/customers?cursor=%s", cursor)).status, 400);
	serve_end();
}

/* Byte for byte what the row holds. */
static void
rows_are_exact(void)
{
	static const struct {
		const char	*label, *uri, *body;
	} cases[] = {
		{ "two keys", "/v1/lines/1/2",
		  "{\"order_no\":1,\"line_no\":2,\"article\":\"FERN\",\"group\":\"a\"}" },
		{ "a negative key", "/v1/lines/3/-1",
		  "{\"order_no\":3,\"line_no\":-1,\"article\":\"MOSS\",\"group\":\"b\",\"a_b\":9}" },
		{ "everything", "/v1/customers/1", "{\"id\":1,\"name\":\"M\303\274ller\","
		  "\"weight\":\"12345678901234.123456\",\"points\":\"18446744073709551615\","
		  "\"born\":\"1955-02-28\",\"seen\":\"2019-12-31T23:59:59.000Z\","
		  "\"active\":true,\"kind\":\"retail\",\"extra\":{\"a\":[1,2.50],\"b\":null},"
		  "\"score\":0.1,\"ratio\":0.10000000149011612,\"visits\":5,"
		  "\"touched\":\"2020-01-01T00:00:00.123Z\",\"email\":\"a@example.org\"}" },
		{ "nothing", "/v1/customers/2", "{\"id\":2,\"visits\":0}" },
		{ "empty is not absent", "/v1/customers/3?fields=id,name,extra,active",
		  "{\"id\":3,\"name\":\"\",\"active\":false,\"extra\":{}}" },
		{ "small and large", "/v1/customers/4?fields=weight,points,score,visits,kind",
		  "{\"weight\":\"-0.000001\",\"points\":\"9223372036854775808\","
		  "\"kind\":\"it's\",\"score\":1e+300,\"visits\":-5}" },
		{ "a double's last digit", "/v1/customers/7?fields=score",
		  "{\"score\":0.30000000000000004}" },
		{ "the view", "/v1/totals/1", "{\"customer_id\":1,\"name\":"
		  "\"M\303\274ller\",\"invoices\":2,\"total\":\"10.15\"}" },
		{ "a space", "/v1/places/a%20b", "{\"code\":\"a b\",\"label\":\"space\"}" },
		{ "a percent sign", "/v1/places/50%25", "{\"code\":\"50%\",\"label\":\"percent\"}" },
		{ "not ASCII", "/v1/places/gr%C3%BCn",
		  "{\"code\":\"gr\303\274n\",\"label\":\"umlaut\"}" },
		{ "a comma", "/v1/places/a,b", "{\"code\":\"a,b\",\"label\":\"comma\"}" },
		{ "a comma, coded", "/v1/places/a%2Cb", "{\"code\":\"a,b\",\"label\":\"comma\"}" },
		{ "what queries are made of", "/v1/places/x%3Fy=1&z",
		  "{\"code\":\"x?y=1&z\",\"label\":\"query\"}" },
		{ "quotes", "/v1/places/%22q%22", "{\"code\":\"\\\"q\\\"\",\"label\":\"quotes\"}" },
		{ "a plus is one", "/v1/places/+", "{\"code\":\"+\",\"label\":\"plus\"}" },
		{ "upper case", "/v1/places/A", "{\"code\":\"A\",\"label\":\"upper\"}" },
		{ "an absent label", "/v1/places/;", "{\"code\":\";\"}" },
	};
	struct reply	 r, again;

	start();
	for (size_t i = 0; i < NELEMS(cases); i++) {
		r = ASK("GET", cases[i].uri);
		CHECK_INT(cases[i].label, r.status, 200);
		CHECK_TEXT(cases[i].label, r.body.p, cases[i].body);
		CHECK("no version, yet a tag", header(r, "ETag") != NULL);
		again = ASK("GET", cases[i].uri, .if_none_match = header(r, "ETag"));
		CHECK_INT(cases[i].label, again.status, 304);
	}
	serve_end();
}

/* Without database every need of it is 503; what needs none is as ever. */
static void
without_a_database(void)
{
	static const struct {
		const char	*label, *method, *uri, *body;
	} cases[] = {
		{ "list", "GET", "/v1/customers", NULL },
		{ "get", "GET", "/v1/places/a", NULL },
		{ "create", "POST", "/v1/places", "{\"code\":\"n\"}" },
		{ "change", "PATCH", "/v1/places/a", "{}" },
		{ "delete", "DELETE", "/v1/places/a", NULL },
	};

	start();
	serve.conf.database_socket = "/nonexistent/db.sock";
	serve_open(&legacy);
	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct reply	 r = ASK(cases[i].method, cases[i].uri,
				    .body = cases[i].body, .if_match = "*");

		CHECK_INT(cases[i].label, r.status, 503);
		CHECK_TEXT(cases[i].label, at(r, "/code"), "unavailable");
		CHECK(cases[i].label, header(r, "Retry-After") != NULL);
	}
	CHECK_INT("a refusal needs none", ASK("POST", "/v1/places", .body = "{}",
	    .nobody = true).status, 401);
	CHECK_INT("nor a fault of the query", ASK("GET", "/v1/places?x=1",
	    .nobody = true).status, 400);
	CHECK_INT("nor a path", ASK("GET", "/v1/nothing").status, 404);
	serve_end();
}

static void
without_a_cache(void)
{
	static const char *const	 sockets[] = { "", "/nonexistent/cache.sock",
		"127.0.0.1:1" };

	start();
	for (size_t i = 0; i < NELEMS(sockets); i++) {
		serve.conf.cache_socket = sockets[i];
		serve_open(&legacy);
		for (int j = 0; j < 5; j++)
			CHECK_INT(sockets[i], ASK("GET", "/v1/places/a").status, 200);
		CHECK_INT(sockets[i], patch("/v1/places/a", text("{\"label\":\"%zu\"}", i)).status, 200);
		CHECK_TEXT(sockets[i], at(ASK("GET", "/v1/places/a"), "/label"), text("%zu", i));
	}
	serve_end();
}

TESTS(legacy,
	{ "every statement fits the old tables", statements_fit },
	{ "orders that would lose rows are told", orders_that_can_not_be },
	{ "pages are complete, nothing twice", pages_are_complete },
	{ "filters find what they say", filters_find },
	{ "a cursor stays with its list", cursors_stay },
	{ "rows are shown exactly", rows_are_exact },
	{ "without a database", without_a_database },
	{ "without a cache", without_a_cache })
