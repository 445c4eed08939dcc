#ifndef SHOP_CATEGORY_H
#define SHOP_CATEGORY_H
/* category - the representation of a category, shared by the catalogue's programs. */
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
	FIELD_STR(struct category, name, .min = 1, .max = 80, .doc = "Name shown to buyers",
	    .example = "\"Conifers\""),
	FIELD_STR(struct category, slug, .min = 1, .max = 80, .format = FORMAT_SLUG,
	    .flags = FIELD_UNIQUE, .doc = "Name in URLs", .example = "\"conifers\""),
	FIELD_UUID(struct category, parent_id, .flags = FIELD_OPTIONAL,
	    .doc = "Key of the parent category"),
	FIELD_STAMP(struct category, updated_at, .flags = FIELD_READONLY,
	    .doc = "Time of the last change"));

#endif
