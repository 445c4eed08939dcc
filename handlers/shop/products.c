/* products: what is for sale. */
#include "category.h"

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

static const struct shape product = SHAPE("Product", struct product,
	FIELD_UUID(struct product, id, .flags = FIELD_KEY | FIELD_READONLY,
	    .doc = "Key"),
	FIELD_STR(struct product, sku, .min = 1, .max = 64,
	    .flags = FIELD_FIXED | FIELD_UNIQUE, .pattern = "[A-Za-z0-9._+-]{1,64}",
	    .doc = "Stock-keeping unit, given once", .example = "\"ACER-PALM-001\""),
	FIELD_STR(struct product, name, .min = 1, .max = 200,
	    .doc = "Shown to buyers", .example = "\"Japanese maple\""),
	FIELD_STR(struct product, description, .max = 20000,
	    .flags = FIELD_OPTIONAL | FIELD_MULTILINE | FIELD_HEAVY,
	    .doc = "What a buyer should know"),
	FIELD_MONEY(struct product, price, .min = 0, .max = 1000000000000,
	    .doc = "Price of one", .example = "{\"amount\":1999,\"currency\":\"EUR\"}"),
	FIELD_LIST(struct product, category_ids, .flags = FIELD_OPTIONAL, .max = 10,
	    .item = ITEM(.kind = FIELD_KIND_UUID, .doc = "Key of a category"),
	    .link = LINK("product_categories", "product_id", "category_id"),
	    .doc = "The shelves it stands on"),
	FIELD_JSON(struct product, attributes, .max = 50,
	    .flags = FIELD_OPTIONAL | FIELD_FLAT, .doc = "Anything else, as plain values",
	    .example = "{\"height_cm\":60,\"evergreen\":true}"),
	FIELD_STR(struct product, status, .one_of = ENUM("draft", "active"),
	    .def = "active", .doc = "Drafts are seen by those who may write"),
	FIELD_INT(struct product, available, .flags = FIELD_READONLY,
	    .sql = "COALESCE(s.on_hand - s.reserved, 0)",
	    .doc = "Pieces that can be bought; up to a minute late in lists"),
	FIELD_STAMP(struct product, created_at, .flags = FIELD_READONLY,
	    .doc = "When it was made"),
	FIELD_STAMP(struct product, updated_at, .flags = FIELD_READONLY,
	    .doc = "Last change"));

static const struct resource products = {
	.path = "/v1/products", .table = "products", .shape = &product,
	.join = "LEFT JOIN stock s ON s.product_id = t.id", .beside = "stock",
	.read = SCOPE_NONE, .write = "products:write",
	.version = "version", .modified = "updated_at",
	.listed = "t.status = 'active'", .kept = "t.status <> 'archived'",
	.retire = "t.status = 'archived'", .merge_by = "sku",
	.filters = FILTERS(FILTER_BY("sku"),
	    { "category_id", FILTER_EQUAL, .field = "category_ids" },
	    { "q", FILTER_SEARCH, .sql = "name, description",
	      .doc = "Whole words, all of them" },
	    { "price_min", FILTER_MIN, .field = "price" },
	    { "price_max", FILTER_MAX, .field = "price" },
	    { "in_stock", FILTER_IS, .sql = "s.on_hand > s.reserved",
	      .doc = "Can be bought now" }),
	.orders = ORDERS(ORDER_ON("-created_at", "by_creation"),
	    ORDER_ON("created_at", "by_creation"),
	    ORDER_ON("price", "by_price"),
	    ORDER_ON("-price", "by_price")),
	.expands = EXPANDS({ .name = "categories", .field = "category_ids",
	    .table = "categories", .shape = &category }),
	.body_most = 256 << 10,
	.cached = { .ttl = 60 },
	.doc = "What is for sale",
};

int
main(int argc, char **argv)
{
	return app_main(argc, argv, APP("products", .service = "shop",
	    .resources = RESOURCES(&products)));
}
