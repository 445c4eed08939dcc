#ifndef BRISK_FUZZ_SCHEMA_H
#define BRISK_FUZZ_SCHEMA_H
/* fuzz_schema - a thing with a field of every kind, nested and in lists. */
#include "schema/decode.h"

struct part {
	struct str	 code;
	int64_t		 count;
};

struct place_of {
	struct str	 town;
	struct opt_num	 height;
	struct part	*sign;
};

struct thing {
	struct uuid	 id, other;
	struct str	 sku, text, slug, email, uri, day, at, state;
	struct opt_int	 size;
	struct opt_bool	 sold;
	struct stamp	 seen;
	struct money	 price, old_price;
	struct decimal	 weight;
	struct json	 notes, flat;
	struct place_of	*place;
	struct list	 parts, words, ids, numbers, nested;
	int64_t		 n;
	double		 x;
	bool		 on;
};

static const struct schema part = SCHEMA("Part", struct part,
	FIELD_STR(struct part, code, .min = 1, .max = 8, .pattern = "[a-z]+[0-9]*",
	    .doc = "Code"),
	FIELD_INT(struct part, count, .min = -5, .max = 5, .def = "1", .doc = "How many"));

static const struct schema place_of = SCHEMA("Place", struct place_of,
	FIELD_STR(struct place_of, town, .max = 20, .doc = "Town"),
	FIELD_NUM(struct place_of, height, .num_min = -500, .num_max = 9000, .doc = "In m"),
	FIELD_OBJECT(struct place_of, sign, struct part, .schema = &part,
	    .flags = FIELD_OPTIONAL, .doc = "What stands there"));

static const struct schema thing = SCHEMA("Thing", struct thing,
	FIELD_UUID(struct thing, id, .flags = FIELD_KEY, .doc = "Key"),
	FIELD_UUID(struct thing, other, .flags = FIELD_OPTIONAL, .doc = "Another"),
	FIELD_STR(struct thing, sku, .min = 1, .max = 16, .flags = FIELD_FIXED | FIELD_OPTIONAL,
	    .doc = "Given once"),
	FIELD_STR(struct thing, text, .max = 200, .flags = FIELD_OPTIONAL | FIELD_MULTILINE,
	    .doc = "Lines"),
	FIELD_STR(struct thing, slug, .max = 40, .format = FORMAT_SLUG,
	    .flags = FIELD_OPTIONAL, .doc = "Slug"),
	FIELD_STR(struct thing, email, .format = FORMAT_EMAIL, .flags = FIELD_OPTIONAL,
	    .doc = "Mail"),
	FIELD_STR(struct thing, uri, .format = FORMAT_URI, .flags = FIELD_OPTIONAL,
	    .doc = "Page"),
	FIELD_STR(struct thing, day, .format = FORMAT_DATE, .flags = FIELD_OPTIONAL,
	    .doc = "Day"),
	FIELD_STR(struct thing, at, .format = FORMAT_DATE_TIME, .flags = FIELD_OPTIONAL,
	    .doc = "Time"),
	FIELD_STR(struct thing, state, .one_of = ENUM("draft", "active"), .def = "active",
	    .doc = "State"),
	FIELD_INT(struct thing, size, .doc = "Any integer"),
	FIELD_BOOL(struct thing, sold, .doc = "Gone"),
	FIELD_STAMP(struct thing, seen, .flags = FIELD_OPTIONAL, .doc = "Seen"),
	FIELD_MONEY(struct thing, price, .min = 0, .max = 1000000, .doc = "Price"),
	FIELD_MONEY(struct thing, old_price, .flags = FIELD_OPTIONAL, .doc = "Before"),
	FIELD_DECIMAL(struct thing, weight, .digits = 12, .scale = 3,
	    .flags = FIELD_OPTIONAL, .doc = "In kg"),
	FIELD_JSON(struct thing, notes, .flags = FIELD_OPTIONAL, .doc = "Anything"),
	FIELD_JSON(struct thing, flat, .max = 5, .flags = FIELD_OPTIONAL | FIELD_FLAT,
	    .doc = "Plain values"),
	FIELD_OBJECT(struct thing, place, struct place_of, .schema = &place_of,
	    .flags = FIELD_OPTIONAL, .doc = "Where"),
	FIELD_LIST(struct thing, parts, .schema = &part, .max = 5, .flags = FIELD_OPTIONAL,
	    .doc = "Parts"),
	FIELD_LIST(struct thing, words, .max = 5, .flags = FIELD_OPTIONAL,
	    .item = ITEM(.kind = FIELD_KIND_STR, .max = 10, .doc = "Word"), .doc = "Words"),
	FIELD_LIST(struct thing, ids, .max = 5, .flags = FIELD_OPTIONAL,
	    .item = ITEM(.kind = FIELD_KIND_UUID, .doc = "Key"),
	    .link = LINK("thing_ids", "thing", "id"), .doc = "Keys, none twice"),
	FIELD_LIST(struct thing, numbers, .flags = FIELD_OPTIONAL,
	    .item = ITEM(.kind = FIELD_KIND_NUM, .doc = "Number"), .doc = "Numbers"),
	FIELD_LIST(struct thing, nested, .schema = &place_of, .flags = FIELD_OPTIONAL,
	    .doc = "Places"),
	FIELD_INT(struct thing, n, .min = -10, .max = 10, .def = "3", .doc = "Small"),
	FIELD_NUM(struct thing, x, .flags = FIELD_OPTIONAL, .doc = "Any number"),
	FIELD_BOOL(struct thing, on, .def = "true", .doc = "Switch"));

/* The same kinds as a query can have them. */
struct asked {
	int64_t		 limit;
	struct opt_num	 x;
	struct opt_bool	 on;
	struct str	 word, state, day;
	struct uuid	 id;
	struct stamp	 since;
	struct decimal	 weight;
};

static const struct schema asked = SCHEMA("Asked", struct asked,
	FIELD_INT(struct asked, limit, .min = 1, .max = 100, .def = "20", .doc = "How many"),
	FIELD_NUM(struct asked, x, .doc = "Any number"),
	FIELD_BOOL(struct asked, on, .doc = "Switch"),
	FIELD_STR(struct asked, word, .min = 1, .max = 10, .pattern = "\\p{L}+",
	    .flags = FIELD_OPTIONAL, .doc = "Word"),
	FIELD_STR(struct asked, state, .one_of = ENUM("draft", "active"),
	    .flags = FIELD_OPTIONAL, .doc = "State"),
	FIELD_STR(struct asked, day, .format = FORMAT_DATE, .flags = FIELD_OPTIONAL,
	    .doc = "Day"),
	FIELD_UUID(struct asked, id, .flags = FIELD_OPTIONAL, .doc = "Key"),
	FIELD_STAMP(struct asked, since, .flags = FIELD_OPTIONAL, .doc = "Since"),
	FIELD_DECIMAL(struct asked, weight, .digits = 6, .scale = 2,
	    .flags = FIELD_OPTIONAL, .doc = "Weight"));

#endif
