#ifndef SHOP_CATEGORY_H
#define SHOP_CATEGORY_H
/* category - a shelf, as the catalogue's programs show it. */
#include "app.h"

struct category {
	struct uuid	 id;
	struct str	 name, slug;
	struct uuid	 parent_id;
	struct stamp	 updated_at;
};

static const struct schema category = SCHEMA("Category", struct category,
	FIELD_UUID(struct category, id, .flags = FIELD_KEY | FIELD_READONLY,
	    .doc = "Key"),
	FIELD_STR(struct category, name, .min = 1, .max = 80, .doc = "Shown to buyers",
	    .example = "\"Conifers\""),
	FIELD_STR(struct category, slug, .min = 1, .max = 80, .format = FORMAT_SLUG,
	    .flags = FIELD_UNIQUE, .doc = "Name in URLs", .example = "\"conifers\""),
	FIELD_UUID(struct category, parent_id, .flags = FIELD_OPTIONAL,
	    .doc = "The shelf it hangs on"),
	FIELD_STAMP(struct category, updated_at, .flags = FIELD_READONLY,
	    .doc = "Last change"));

#endif
