#ifndef BRISK_FUZZ_RESOURCE_H
#define BRISK_FUZZ_RESOURCE_H
/* fuzz_resource - a declared resource, and requests to it without a database. */
#include "schema/utf8.h"
#include "fuzz.h"
#include "resource/cursor.h"
#include "resource/sql.h"

struct plant {
	struct uuid	 id;
	struct str	 name;
	int64_t		 height;
	struct money	 price;
	struct decimal	 weight;
	struct uuid	 parent;
	struct list	 sites;
	struct stamp	 seen;
	struct opt_num	 warmth;
	struct json	 notes;
};

static const struct schema plant = SCHEMA("Plant", struct plant,
	FIELD_UUID(struct plant, id, .flags = FIELD_KEY | FIELD_READONLY, .doc = "Key"),
	FIELD_STR(struct plant, name, .min = 1, .max = 80, .flags = FIELD_UNIQUE,
	    .doc = "Name"),
	FIELD_INT(struct plant, height, .max = 90000, .doc = "In mm"),
	FIELD_MONEY(struct plant, price, .min = 0, .doc = "Price"),
	FIELD_DECIMAL(struct plant, weight, .digits = 9, .scale = 3,
	    .flags = FIELD_OPTIONAL, .doc = "In kg"),
	FIELD_UUID(struct plant, parent, .flags = FIELD_OPTIONAL, .doc = "Grown from"),
	FIELD_LIST(struct plant, sites, .flags = FIELD_OPTIONAL, .max = 10,
	    .item = ITEM(.kind = FIELD_KIND_UUID, .doc = "Key of a site"),
	    .link = LINK("plant_sites", "plant_id", "site_id"), .doc = "Where it stands"),
	FIELD_STAMP(struct plant, seen, .flags = FIELD_OPTIONAL, .doc = "Seen"),
	FIELD_NUM(struct plant, warmth, .doc = "In degrees"),
	FIELD_JSON(struct plant, notes, .flags = FIELD_OPTIONAL, .doc = "Notes"));

static const struct resource plants = {
	.path = "/v1/plants", .table = "plants", .schema = &plant,
	.read = SCOPE_NONE, .write = "plants:write", .version = "version",
	.modified = "seen", .merge_by = "name",
	.filters = FILTERS(FILTER_BY("name"), FILTER_BY("height"), FILTER_BY("parent"),
	    FILTER_ON("site", FILTER_EQUAL, "sites"),
	    FILTER_ON("height_min", FILTER_MIN, "height"),
	    FILTER_ON("price_max", FILTER_MAX, "price"),
	    FILTER_ON("seen_min", FILTER_MIN, "seen"),
	    FILTER_ON("weight_max", FILTER_MAX, "weight"),
	    FILTER_ON("warmth_min", FILTER_MIN, "warmth"),
	    { .name = "q", .kind = FILTER_SEARCH, .sql = "name" },
	    { .name = "tall", .kind = FILTER_IS, .sql = "t.height > 1000" }),
	.sorts = SORTS(SORT_ON("name", "by_name"), { .by = "-seen" },
	    { .by = "height" }, { .by = "price" }, { .by = "weight" }),
	.expands = EXPANDS({ .name = "parents", .field = "parent",
	    .table = "plants", .schema = &plant }),
	.tree = { .parent = "parent", .depth = 4 },
	.doc = "Plants",
};

struct asking {
	const struct route *routes;
	size_t		 n;
	struct conf	 conf;
	struct req	 rq;
	struct resp	 rs;
};

/* A request whose uri, method and route are still to be set. */
static inline void
asking_init(struct asking *k, struct arena *a)
{
	static struct route	 routes[RESOURCE_ROUTES];
	static size_t		 n;
	static char		*none[] = { NULL };

	if (n == 0) {
		MUST(resource_error(&plants) == NULL);
		n = resource_routes(&plants, routes);
	}
	memset(k, 0, sizeof(*k));
	k->routes = routes;
	k->n = n;
	k->conf.secret = "fuzz-fuzz-fuzz-fuzz-fuzz-fuzz-fuzz";
	k->conf.base_url = "https://nursery.example";
	req_init(&k->rq, a, none);
	k->rq.conf = &k->conf;
	resp_init(&k->rs, &k->rq, k->conf.base_url);
}

static inline void
asking_route(struct asking *k, enum resource_op op)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->routes[i].op == op)
			k->rq.route = &k->routes[i];
	MUST(k->rq.route != NULL);
	k->rq.method = k->rq.route->method;
}

/* A refusal is a problem of this status, and JSON. */
static inline void
refusal_check(const struct asking *k, enum http_status got, enum http_status may)
{
	struct json_check_result	 r;

	MUST(got == may && k->rs.status == (int)may && buf_ok(&k->rs.body));
	r = json_check(k->rs.arena, buf_view(&k->rs.body));
	MUST(r.fault == JSON_OK);
}

/* As many ? as values, and every value whole. */
static inline void
statement_check(const struct statement *st)
{
	size_t	 n = 0;

	MUST(statement_ok(st));
	for (size_t i = 0; i < st->sql.n; i++)
		n += st->sql.p[i] == '?';
	MUST(n == st->n);
	for (size_t i = 0; i < st->n; i++)
		MUST(st->v[i].kind != VAL_TEXT || utf8_is_valid(st->v[i].s));
}

#endif
