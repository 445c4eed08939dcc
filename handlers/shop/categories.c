/* categories: the tree of product categories. */
#include "category.h"

static const struct resource categories = {
	.path = "/v1/categories", .table = "categories", .schema = &category,
	.read = SCOPE_NONE, .write = "products:write",
	.version = "version", .modified = "updated_at",
	.filters = FILTERS(FILTER_BY("parent_id"), FILTER_BY("slug")),
	.sorts = SORTS(SORT_ON("name", "by_name"),
	    SORT_ON("-updated_at", "by_update")),
	.tree = { .parent = "parent_id", .depth = 5 },
	.in_use = "not_empty",
	.cached = { .ttl = 60 },
	.doc = "The tree of product categories, at most 5 levels deep",
};

int
main(int argc, char **argv)
{
	return app_main(argc, argv, APP("categories", .service = "shop",
	    .resources = RESOURCES(&categories)));
}
