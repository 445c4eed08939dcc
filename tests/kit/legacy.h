#ifndef BRISK_TEST_LEGACY_H
#define BRISK_TEST_LEGACY_H
/* legacy - resources over tables that were there before (legacy.sql). */
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

static const struct schema line = SCHEMA("Line", struct line,
	FIELD_INT(struct line, order_no, .flags = FIELD_KEY, .min = 1,
	    .max = 2147483647, .doc = "Order"),
	FIELD_INT(struct line, line_no, .flags = FIELD_KEY, .min = -32768,
	    .max = 32767, .doc = "Line"),
	FIELD_STR(struct line, article, .column = "Article No", .min = 1, .max = 20,
	    .doc = "Article"),
	FIELD_STR(struct line, group, .flags = FIELD_OPTIONAL, .max = 10, .doc = "Group"),
	FIELD_INT(struct line, a_b, .column = "a`b", .min = -2147483648,
	    .max = 2147483647, .doc = "Something"));

static const struct schema customer = SCHEMA("Customer", struct customer,
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

static const struct schema place = SCHEMA("Place", struct place,
	FIELD_STR(struct place, code, .flags = FIELD_KEY, .min = 1, .max = 30,
	    .doc = "Code"),
	FIELD_STR(struct place, label, .flags = FIELD_OPTIONAL, .max = 50, .doc = "Label"));

static const struct schema invoice = SCHEMA("Invoice", struct invoice,
	FIELD_STR(struct invoice, nr, .flags = FIELD_KEY, .min = 1, .max = 12,
	    .doc = "Number"),
	FIELD_INT(struct invoice, customer, .min = 1, .max = 4294967295, .doc = "Who"),
	FIELD_STR(struct invoice, place, .flags = FIELD_OPTIONAL, .max = 30, .doc = "Where"),
	FIELD_DECIMAL(struct invoice, total, .digits = 12, .scale = 2, .def = "0.00",
	    .doc = "Sum"));

static const struct schema total = SCHEMA("Total", struct total,
	FIELD_INT(struct total, customer_id, .flags = FIELD_KEY | FIELD_READONLY,
	    .doc = "Customer"),
	FIELD_STR(struct total, name, .flags = FIELD_OPTIONAL, .max = 40, .doc = "Name"),
	FIELD_INT(struct total, invoices, .doc = "How many"),
	FIELD_DECIMAL(struct total, total, .digits = 34, .scale = 2, .doc = "Sum"));

#define EVERY(f)	{ .by = f }, { .by = "-" f }

static const struct resource lines = { .path = "/v1/lines", .table = "Order Lines",
	.schema = &line, .read = SCOPE_NONE, .write = "products:write",
	.filters = FILTERS(FILTER_BY("order_no"), FILTER_BY("group"),
	    FILTER_ON("a_b_min", FILTER_MIN, "a_b")),
	.sorts = SORTS(EVERY("order_no"), EVERY("group"), EVERY("a_b"),
	    EVERY("line_no")), .doc = "Lines" };
static const struct resource customers = { .path = "/v1/customers",
	.table = "Customers", .schema = &customer, .read = SCOPE_NONE,
	.write = "products:write",
	.filters = FILTERS(FILTER_BY("name"), FILTER_BY("kind"), FILTER_BY("points"),
	    FILTER_BY("active"), FILTER_BY("born"), FILTER_BY("weight"),
	    FILTER_ON("born_from", FILTER_MIN, "born"),
	    FILTER_ON("points_most", FILTER_MAX, "points"),
	    { "seen_ever", FILTER_IS, .sql = "t.seen IS NOT NULL", .doc = "Seen" }),
	.sorts = SORTS(EVERY("id"), EVERY("name"), EVERY("weight"), EVERY("points"),
	    EVERY("born"), EVERY("seen"), EVERY("active"), EVERY("score"), EVERY("ratio")),
	.doc = "Customers" };
static const struct resource places = { .path = "/v1/places", .table = "Places",
	.schema = &place, .read = SCOPE_NONE, .write = "products:write",
	.filters = FILTERS(FILTER_BY("code")), .sorts = SORTS(EVERY("code"), EVERY("label")),
	.cached = { .ttl = 60 }, .doc = "Places" };
static const struct resource invoices = { .path = "/v1/invoices",
	.table = "invoices", .schema = &invoice, .read = "products:write",
	.write = "products:write", .doc = "Invoices" };
static const struct resource totals = { .path = "/v1/totals",
	.table = "customer_totals", .schema = &total, .read = SCOPE_NONE,
	.operations = OPS_READ, .filters = FILTERS(FILTER_BY("name")),
	.sorts = SORTS(EVERY("total")), .doc = "What they paid" };

static const struct resource *const	 all[] = { &lines, &customers, &places,
	&invoices, &totals, NULL };
static const struct app	 legacy = { .name = "legacy", .service = "shop", .resources = all };

static inline void
start(void)
{
	serve_begin("legacy", "products:write");
	serve_script("tests/kit/legacy.sql");
	serve_open(&legacy);
}

static inline struct reply
patch(const char *uri, const char *body)
{
	return ASK("PATCH", uri, .body = body,
	    .if_match = header(ASK("GET", uri), "ETag"));
}

#endif
