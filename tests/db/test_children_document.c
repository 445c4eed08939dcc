/* children: declarations that are refused, and the OpenAPI document. */
#include "children_kit.h"

struct holder {
	struct uuid	 id;
	struct list	 lines;
};

#define KEY_FIELD	FIELD_UUID(struct holder, id, .flags = FIELD_KEY | FIELD_READONLY, .doc = "Key")
#define LINES(...) FIELD_LIST(struct holder, lines, .doc = "Lines", __VA_ARGS__)

static const struct schema unseen = SCHEMA("Unseen", struct line,
	FIELD_STR(struct line, sku, .flags = FIELD_HIDDEN, .doc = "Article"));

static const struct schema wrong_schemas[] = {
	SCHEMA("NoPlace", struct holder, KEY_FIELD, LINES(.schema = &line,
	    .link = CHILDREN("order_lines", "order_id", NULL))),
	SCHEMA("ReadOnly", struct holder, KEY_FIELD, LINES(.schema = &line,
	    .flags = FIELD_READONLY, .link = CHILDREN("order_lines", "order_id", "line_no"))),
	SCHEMA("Unseen", struct holder, KEY_FIELD, LINES(.schema = &unseen,
	    .link = CHILDREN("order_lines", "order_id", "line_no"))),
	SCHEMA("Grand", struct holder, KEY_FIELD, LINES(.schema = &purchase,
	    .link = CHILDREN("order_lines", "order_id", "line_no"))),
};

static const struct schema column = SCHEMA("Column", struct holder, KEY_FIELD, LINES(
	.schema = &line, .link = CHILDREN("order_lines", "order_id", "position")));
static const struct schema entries_only = SCHEMA("Entries", struct holder, KEY_FIELD, LINES(
	.schema = &entry, .link = CHILDREN("order_lines", "order_id", "line_no")));

#define OF(sh, ...)	{ .path = "/v1/x", .table = "orders", .schema = (sh),	\
	.read = SCOPE_NONE, .write = "x", .doc = "X", __VA_ARGS__ }

static void
declarations(void)
{
	const struct resource	 unfit[] = { OF(&column, .operations = 0),
				    OF(&entries_only, .operations = 0) };
	const struct resource	 odd[] = {
		OF(&purchase, .filters = FILTERS(FILTER_BY("lines"))),
		OF(&purchase, .sorts = SORTS(SORT_BY("lines"))),
		OF(&purchase, .expands = EXPANDS({ "line", "lines", "order_lines", &line,
		    NULL, NULL })),
	};
	const struct resource	*good[] = { &orders, &todos, &kept };
	struct store		 st = { .db = serve.db, .arena = &serve.arena };
	struct buf		 told;
	size_t			 n = 0;

	for (size_t i = 0; i < NELEMS(wrong_schemas); i++)
		CHECK(wrong_schemas[i].name, schema_error(&wrong_schemas[i]) != NULL);
	for (size_t i = 0; i < NELEMS(odd); i++)
		CHECK("no way to ask", resource_error(&odd[i]) != NULL);
	for (size_t i = 0; i < NELEMS(good); i++) {
		buf_init(&told, &serve.arena);
		CHECK_TEXT(good[i]->path, resource_error(good[i]), NULL);
		CHECK(told.p == NULL ? good[i]->path : told.p,
		    resource_check(&st, good[i], &told, &n));
	}
	for (size_t i = 0; i < NELEMS(unfit); i++) {
		buf_init(&told, &serve.arena);
		CHECK_TEXT("declared", resource_error(&unfit[i]), NULL);
		CHECK("and does not fit", !resource_check(&st, &unfit[i], &told, &n));
	}
	buf_init(&told, &serve.arena);
	resource_tables(&orders, &told);
	CHECK_TEXT("what it shows", told.p, "orders orders id 60 -\n"
	    "order_lines orders order_id 60 -\n");
}

static void
the_document(void)
{
	static const struct { const char *label, *pointer, *want; } members[] = {
		{ "shown", "Order/properties/lines/items/$ref",
		  "#/components/schemas/Line" },
		{ "sent", "OrderCreate/properties/lines/items/$ref",
		  "#/components/schemas/LineInput" },
		{ "most", "OrderCreate/properties/lines/maxItems", "5" },
		{ "two may be alike", "OrderCreate/properties/lines/uniqueItems", NULL },
		{ "its key", "Line/properties/id/readOnly", "true" },
		{ "is not sent", "LineInput/properties/id", NULL },
	};
	struct route		 routes[RESOURCE_ROUTES];
	size_t			 n = resource_routes(&orders, routes);
	struct json_object	*top, *v;
	struct buf		 out;

	buf_init(&out, &serve.arena);
	openapi_print(&out, "children", "", routes, n);
	CHECK("printed", buf_ok(&out));
	top = json_tokener_parse(out.p);
	for (size_t i = 0; i < NELEMS(members); i++) {
		v = NULL;
		(void)json_pointer_get(top, text("/components/schemas/%s",
		    members[i].pointer), &v);
		CHECK_TEXT(members[i].label, v == NULL ? NULL : json_object_get_string(v),
		    members[i].want);
	}
	json_object_put(top);
}

TESTS(children_document,
    { "begin", begin },
    { "declarations", declarations },
    { "the document", the_document },
    { "end", end })
