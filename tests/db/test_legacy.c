/* Resources over tables that were there before (legacy.sql), in memory. */
#include "serve.h"

struct line { int64_t order_no, line_no; struct str article, group; struct opt_int a_b; };
struct customer {
	int64_t		 id, visits;
	struct str	 name, born, kind, email;
	struct decimal	 weight, points;
	struct stamp	 seen, touched;
	struct opt_bool	 active;
	struct json	 extra;
	struct opt_num	 score, ratio;
};
struct place { struct str code, label; };
struct invoice { struct str nr, place; struct opt_int customer; struct decimal total; };
struct total { int64_t customer_id, invoices; struct str name; struct decimal total; };

static const struct shape line = SHAPE("Line", struct line,
	FIELD_INT(struct line, order_no, .flags = FIELD_KEY, .min = 1,
	    .max = 2147483647, .doc = "Order"),
	FIELD_INT(struct line, line_no, .flags = FIELD_KEY, .min = -32768,
	    .max = 32767, .doc = "Line"),
	FIELD_STR(struct line, article, .column = "Article No", .min = 1, .max = 20,
	    .doc = "Article"),
	FIELD_STR(struct line, group, .flags = FIELD_OPTIONAL, .max = 10, .doc = "Group"),
	FIELD_INT(struct line, a_b, .column = "a`b", .min = -2147483648,
	    .max = 2147483647, .doc = "Something"));

static const struct shape customer = SHAPE("Customer", struct customer,
	FIELD_INT(struct customer, id, .flags = FIELD_KEY | FIELD_READONLY, .doc = "Key"),
	FIELD_STR(struct customer, name, .column = "Name", .flags = FIELD_OPTIONAL,
	    .max = 40, .doc = "Name"),
	FIELD_DECIMAL(struct customer, weight, .flags = FIELD_OPTIONAL, .digits = 20,
	    .scale = 6, .doc = "Weight"),
	FIELD_DECIMAL(struct customer, points, .flags = FIELD_OPTIONAL, .digits = 20,
	    .scale = 0, .doc = "Points"),
	FIELD_STR(struct customer, born, .flags = FIELD_OPTIONAL, .format = FORMAT_DATE,
	    .doc = "Birthday"),
	FIELD_STAMP(struct customer, seen, .flags = FIELD_OPTIONAL, .doc = "Last visit"),
	FIELD_BOOL(struct customer, active, .doc = "Takes mail"),
	FIELD_STR(struct customer, kind, .flags = FIELD_OPTIONAL,
	    .one_of = ENUM("retail", "trade", "it's"), .doc = "Kind"),
	FIELD_JSON(struct customer, extra, .flags = FIELD_OPTIONAL, .doc = "More"),
	FIELD_NUM(struct customer, score, .doc = "Score"),
	FIELD_NUM(struct customer, ratio, .doc = "Ratio, as a FLOAT"),
	FIELD_INT(struct customer, visits, .flags = FIELD_OPTIONAL, .min = -32768,
	    .max = 32767, .doc = "Visits; 0 where nobody counted"),
	FIELD_STAMP(struct customer, touched, .flags = FIELD_OPTIONAL,
	    .doc = "Kept to the microsecond"),
	FIELD_STR(struct customer, email, .flags = FIELD_OPTIONAL | FIELD_UNIQUE,
	    .max = 80, .format = FORMAT_EMAIL, .doc = "Address"));

static const struct shape place = SHAPE("Place", struct place,
	FIELD_STR(struct place, code, .flags = FIELD_KEY, .min = 1, .max = 30,
	    .doc = "Code"),
	FIELD_STR(struct place, label, .flags = FIELD_OPTIONAL, .max = 50, .doc = "Label"));

static const struct shape invoice = SHAPE("Invoice", struct invoice,
	FIELD_STR(struct invoice, nr, .flags = FIELD_KEY, .min = 1, .max = 12,
	    .doc = "Number"),
	FIELD_INT(struct invoice, customer, .min = 1, .max = 4294967295, .doc = "Who"),
	FIELD_STR(struct invoice, place, .flags = FIELD_OPTIONAL, .max = 30, .doc = "Where"),
	FIELD_DECIMAL(struct invoice, total, .digits = 12, .scale = 2, .def = "0.00",
	    .doc = "Sum"));

static const struct shape total = SHAPE("Total", struct total,
	FIELD_INT(struct total, customer_id, .flags = FIELD_KEY | FIELD_READONLY,
	    .doc = "Customer"),
	FIELD_STR(struct total, name, .flags = FIELD_OPTIONAL, .max = 40, .doc = "Name"),
	FIELD_INT(struct total, invoices, .doc = "How many"),
	FIELD_DECIMAL(struct total, total, .digits = 34, .scale = 2, .doc = "Sum"));

#define EVERY(f)	{ .by = f }, { .by = "-" f }

static const struct resource lines = { .path = "/v1/lines", .table = "Order Lines",
	.shape = &line, .read = SCOPE_NONE, .write = "products:write",
	.filters = FILTERS(FILTER_BY("order_no"), FILTER_BY("group"),
	    FILTER_ON("a_b_min", FILTER_MIN, "a_b")),
	.orders = ORDERS(EVERY("order_no"), EVERY("group"), EVERY("a_b"),
	    EVERY("line_no")), .doc = "Lines" };
static const struct resource customers = { .path = "/v1/customers",
	.table = "Customers", .shape = &customer, .read = SCOPE_NONE,
	.write = "products:write",
	.filters = FILTERS(FILTER_BY("name"), FILTER_BY("kind"), FILTER_BY("points"),
	    FILTER_BY("active"), FILTER_BY("born"), FILTER_BY("weight"),
	    FILTER_ON("born_from", FILTER_MIN, "born"),
	    FILTER_ON("points_most", FILTER_MAX, "points"),
	    { "seen_ever", FILTER_IS, .sql = "t.seen IS NOT NULL", .doc = "Seen" }),
	.orders = ORDERS(EVERY("id"), EVERY("name"), EVERY("weight"), EVERY("points"),
	    EVERY("born"), EVERY("seen"), EVERY("active"), EVERY("score"), EVERY("ratio")),
	.doc = "Customers" };
static const struct resource places = { .path = "/v1/places", .table = "Places",
	.shape = &place, .read = SCOPE_NONE, .write = "products:write",
	.filters = FILTERS(FILTER_BY("code")), .orders = ORDERS(EVERY("code"), EVERY("label")),
	.cached = { .ttl = 60 }, .doc = "Places" };
static const struct resource invoices = { .path = "/v1/invoices",
	.table = "invoices", .shape = &invoice, .read = "products:write",
	.write = "products:write", .doc = "Invoices" };
static const struct resource totals = { .path = "/v1/totals",
	.table = "customer_totals", .shape = &total, .read = SCOPE_NONE,
	.only = ONLY_READ, .filters = FILTERS(FILTER_BY("name")),
	.orders = ORDERS(EVERY("total")), .doc = "What they paid" };

static const struct resource *const	 all[] = { &lines, &customers, &places,
	&invoices, &totals, NULL };
static const struct app	 legacy = { .name = "legacy", .service = "shop", .resources = all };

static void
start(void)
{
	serve_begin("legacy", "products:write");
	serve_script("tests/db/legacy.sql");
	serve_open(&legacy);
}

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
		CHECK_TEXT(all[i]->path, resource_wrong(all[i]), NULL);
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
		{ "an ENUM", "kind", "kind: /v1/x: is no order: an ENUM is sorted by position" },
		{ "an ENUM, falling", "-kind", "an ENUM is sorted by position" },
		{ "NULL that the field has no word for", "visits", "may be NULL" },
		{ "microseconds", "touched", "finer than a millisecond" },
	};

	start();
	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct order	 orders[] = { { .by = cases[i].by }, { .by = NULL } };
		struct resource	 r = { .path = "/v1/x", .table = "Customers",
				    .shape = &customer, .read = SCOPE_NONE,
				    .write = SCOPE_OWN, .orders = orders, .doc = "X" };
		struct store	 st = { .db = serve.db, .arena = &serve.arena };
		struct buf	 told;
		size_t		 n = 0;

		buf_init(&told, &serve.arena);
		CHECK_TEXT(cases[i].label, resource_wrong(&r), NULL);
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
		for (const struct order *o = lists[i].r->orders; o->by != NULL; o++) {
			bool		 falling = o->by[0] == '-';
			const char	*way = falling ? "DESC" : "";
			const char	*ties = lists[i].second == NULL ?
			    text("%s %s", lists[i].sql_key, way) :
			    text("order_no %s, line_no %s", way, way);
			const struct field *f = shape_find(lists[i].r->shape,
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
		{ "a batch with a twin", "POST", "/v1/places",
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

static struct reply
patch(const char *uri, const char *body)
{
	return ASK("PATCH", uri, .body = body,
	    .if_match = header(ASK("GET", uri), "ETag"));
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
	CHECK_INT("a refusal needs none", ASK("POST", "/v1/places", .body = "{}").status, 422);
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

static void
without_a_key(void)
{
	start();
	serve.conf.token_key = "/nonexistent/token.pem";
	serve_open(&legacy);
	CHECK_INT("it says so", ASK("GET", "/v1/places").status, 503);
	serve_end();
}

TESTS(legacy,
	{ "every statement fits the old tables", statements_fit },
	{ "orders that would lose rows are told", orders_that_can_not_be },
	{ "pages are complete, nothing twice", pages_are_complete },
	{ "filters find what they say", filters_find },
	{ "a cursor stays with its list", cursors_stay },
	{ "rows are shown exactly", rows_are_exact },
	{ "nothing wrong gets in", nothing_wrong_gets_in },
	{ "creation, keys from client and table", created },
	{ "batches answer in their order", batches },
	{ "changes", changed },
	{ "tags follow the row", tags_follow_the_row },
	{ "old sins are read", old_sins_are_read },
	{ "JSON columns hold anything", json_columns_are_bounded },
	{ "without a database", without_a_database },
	{ "without a cache", without_a_cache },
	{ "without a key", without_a_key })
