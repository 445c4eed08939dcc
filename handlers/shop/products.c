/* products: the products of the shop and their stock. */
#include "auth/audit.h"
#include "category.h"
#include "stock.h"

struct product {
	struct uuid	 id;
	struct str	 sku, name, description;
	struct money	 price;
	struct list	 category_ids;
	struct json	 attributes;
	struct str	 status;
	int64_t		 available;
	struct stamp	 created_at, updated_at;
};

static const struct schema product = SCHEMA("Product", struct product,
	FIELD_UUID(struct product, id, .flags = FIELD_KEY | FIELD_READONLY,
	    .doc = "Key"),
	FIELD_STR(struct product, sku, .min = 1, .max = 64,
	    .flags = FIELD_FIXED | FIELD_UNIQUE, .pattern = "[A-Za-z0-9._+-]{1,64}",
	    .doc = "Stock-keeping unit; cannot be changed", .example = "\"ACER-PALM-001\""),
	FIELD_STR(struct product, name, .min = 1, .max = 200,
	    .doc = "Name shown to buyers", .example = "\"Japanese maple\""),
	FIELD_STR(struct product, description, .max = 20000,
	    .flags = FIELD_OPTIONAL | FIELD_MULTILINE | FIELD_HEAVY,
	    .doc = "Description shown to buyers"),
	FIELD_MONEY(struct product, price, .min = 0, .max = 1000000000000,
	    .doc = "Price of one piece", .example = "{\"amount\":1999,\"currency\":\"EUR\"}"),
	FIELD_LIST(struct product, category_ids, .flags = FIELD_OPTIONAL, .max = 10,
	    .item = ITEM(.kind = FIELD_KIND_UUID, .doc = "Key of a category"),
	    .link = LINK("product_categories", "product_id", "category_id"),
	    .doc = "Keys of the categories of the product"),
	FIELD_JSON(struct product, attributes, .max = 50,
	    .flags = FIELD_OPTIONAL | FIELD_FLAT,
	    .doc = "Further attributes: strings, numbers and booleans by name",
	    .example = "{\"height_cm\":60,\"evergreen\":true}"),
	FIELD_STR(struct product, status, .one_of = ENUM("draft", "active"),
	    .def = "active",
	    .doc = "A draft is visible only to clients with the scope products:write"),
	FIELD_INT(struct product, available, .flags = FIELD_READONLY,
	    .sql = "COALESCE(s.on_hand - s.reserved, 0)",
	    .doc = "Pieces that can be bought; in lists it may be up to a minute old"),
	FIELD_STAMP(struct product, created_at, .flags = FIELD_READONLY,
	    .doc = "Time of creation"),
	FIELD_STAMP(struct product, updated_at, .flags = FIELD_READONLY,
	    .doc = "Time of the last change"));

static const struct resource products = {
	.path = "/v1/products", .table = "products", .schema = &product,
	.join = "LEFT JOIN stock s ON s.product_id = t.id", .depends_on = "stock",
	.read = SCOPE_NONE, .write = "products:write",
	.version = "version", .modified = "updated_at",
	.visible = "t.status = 'active'", .visible_to_writers = "t.status <> 'archived'",
	.soft_delete = "t.status = 'archived'", .merge_by = "sku",
	.filters = FILTERS(FILTER_BY("sku"),
	    { "category_id", FILTER_EQUAL, .field = "category_ids" },
	    { "q", FILTER_SEARCH, .sql = "name, description",
	      .doc = "Words that must all occur in name or description" },
	    { "price_min", FILTER_MIN, .field = "price" },
	    { "price_max", FILTER_MAX, .field = "price" },
	    { "in_stock", FILTER_IS, .sql = "s.on_hand > s.reserved",
	      .doc = "Whether pieces are available" }),
	.sorts = SORTS(SORT_ON("-created_at", "by_creation"),
	    SORT_ON("created_at", "by_creation"),
	    SORT_ON("price", "by_price"),
	    SORT_ON("-price", "by_price")),
	.expands = EXPANDS({ .name = "categories", .field = "category_ids",
	    .table = "categories", .schema = &category }),
	.max_body = 256 << 10,
	.cached = { .ttl = 60 },
	.doc = "Products for sale",
};

struct adjustment {
	struct uuid	 id;
	int64_t		 delta;
	struct str	 reason, note;
	int64_t		 stock_after;
	struct stamp	 created_at;
};

struct product_key {
	struct uuid	 id;
};

/* The check of a body: an adjustment by 0 is refused. */
static void
adjustment_check(const void *body, struct faults *fs)
{
	const struct adjustment	*a = body;

	if (a->delta == 0)
		fault_add(fs, "#/delta", "out_of_range", "must not be 0");
}

static const struct schema adjustment = SCHEMA_CHECKED("StockAdjustment",
	struct adjustment, adjustment_check,
	FIELD_UUID(struct adjustment, id, .flags = FIELD_READONLY, .doc = "Key"),
	FIELD_INT(struct adjustment, delta, .min = -1000000, .max = 1000000,
	    .doc = "Pieces added (positive) or removed (negative)", .example = "12"),
	FIELD_STR(struct adjustment, reason, .one_of = ENUM("received", "sold_offline",
	    "damaged", "correction"), .doc = "Reason of the adjustment"),
	FIELD_STR(struct adjustment, note, .max = 200, .flags = FIELD_OPTIONAL,
	    .doc = "Free text"),
	FIELD_INT(struct adjustment, stock_after, .flags = FIELD_READONLY,
	    .doc = "Pieces on hand after the adjustment, including reserved pieces"),
	FIELD_STAMP(struct adjustment, created_at, .flags = FIELD_READONLY,
	    .doc = "Time of the adjustment"));

static const struct schema product_key = SCHEMA("ProductPath", struct product_key,
	FIELD_UUID(struct product_key, id, .doc = "Key of a product"));

/* An adjustment in progress. */
struct adjusting {
	struct req		*rq;
	struct stock_adjustment	 v;
};

static enum db_err
adjustment_tx(struct store *st, void *arg)
{
	struct adjusting	*a = arg;
	char			 id[UUID_LEN + 1];
	struct audit_entry	 e = { .action = "stock.adjust" };
	enum db_err		 err = stock_adjust(st, &a->v);

	if (err != DB_OK || !a->rq->conf->audit_writes)
		return err;
	uuid_text(a->v.product_id, id);
	e.target = str_of(arena_fmt(st->arena, "products/%s", id));
	return audit_add(st, a->rq, &e);
}

static enum http_status
adjustment_post(struct req *rq, struct resp *rs)
{
	const struct product_key	*k = KEYS(rq, struct product_key);
	struct adjustment		 out = *BODY(rq, struct adjustment);
	struct adjusting		 a = { .rq = rq, .v = { .id = uuid_new(),
					    .product_id = k->id, .delta = out.delta,
					    .reason = out.reason, .note = out.note } };
	enum db_err			 err;

	err = store_write(rq->store, NULL, 0, adjustment_tx, &a);
	if (err == DB_ABORT)
		return resp_problem(rs, HTTP_CONFLICT, "stock_would_be_negative",
		    "fewer pieces are on hand and not reserved");
	if (err != DB_OK)
		return resp_db_error(rs, err);
	out.id = a.v.id;
	out.stock_after = a.v.after;
	out.created_at = a.v.at;
	return resp_object(rs, HTTP_CREATED, &adjustment, &out);
}

static const struct route routes[] = {
	{ .method = HTTP_POST, .path = "/v1/products/{id}/stock-adjustments",
	  .scope = "products:write", .run = adjustment_post, .keys = &product_key,
	  .body = &adjustment, .answer = &adjustment, .idempotency = IDEM_REQUIRED,
	  .problems = PROBLEMS("409 stock_would_be_negative The adjustment would remove "
	  "more pieces than are on hand and not reserved for orders."),
	  .doc = "Adjust the stock of a product" },
	{ .path = NULL },
};

int
main(int argc, char **argv)
{
	return app_main(argc, argv, APP("products", .service = "shop",
	    .resources = RESOURCES(&products), .routes = routes,
	    .uses = USES(stock_queries, audit_queries)));
}
