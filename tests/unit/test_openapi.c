/* The document of declared tables, looked at through JSON pointers. */
#include <json-c/json.h>
#include <json-c/json_pointer.h>

#include "base/log.h"
#include "openapi/openapi.h"
#include "test.h"

struct address { struct str city, zip; };
struct shelf { struct uuid id; struct str name; };
struct plant {
	struct uuid	 id, shelf_id;
	struct str	 sku, name, slug, text, mail, status, secret;
	struct opt_int	 height;
	int64_t		 rank, count;
	double		 weight;
	bool		 rare;
	struct money	 price;
	struct decimal	 area;
	struct json	 attributes, flat;
	struct list	 shelf_ids, names;
	struct address	*from;
	struct stamp	 updated_at;
};
struct move { int64_t delta; struct str reason; };
struct search { struct str q; int64_t most; };

static const struct schema address = SCHEMA("Address", struct address,
	FIELD_STR(struct address, city, .max = 40, .doc = "Town"),
	FIELD_STR(struct address, zip, .flags = FIELD_OPTIONAL, .doc = "Code"));

static const struct schema shelf = SCHEMA("Shelf", struct shelf,
	FIELD_UUID(struct shelf, id, .flags = FIELD_KEY | FIELD_READONLY, .doc = "Key"),
	FIELD_STR(struct shelf, name, .max = 80, .doc = "Name"));

static const struct schema plant = SCHEMA("Plant", struct plant,
	FIELD_UUID(struct plant, id, .flags = FIELD_KEY | FIELD_READONLY, .doc = "Key"),
	FIELD_UUID(struct plant, shelf_id, .flags = FIELD_OPTIONAL, .doc = "Shelf"),
	FIELD_STR(struct plant, sku, .flags = FIELD_FIXED | FIELD_UNIQUE, .max = 64,
	    .pattern = "[A-Z]+|x", .doc = "Article", .example = "\"FERN\""),
	FIELD_STR(struct plant, name, .min = 1, .max = 200, .doc = "Name"),
	FIELD_STR(struct plant, slug, .flags = FIELD_UNIQUE, .format = FORMAT_SLUG,
	    .max = 80, .doc = "In URLs"),
	FIELD_STR(struct plant, text, .flags = FIELD_OPTIONAL, .max = 20000,
	    .doc = "Says \"more\""),
	FIELD_STR(struct plant, mail, .flags = FIELD_OPTIONAL, .format = FORMAT_EMAIL,
	    .doc = "Asks"),
	FIELD_STR(struct plant, status, .flags = FIELD_OPTIONAL, .def = "draft",
	    .one_of = ENUM("draft", "active"), .doc = "State"),
	FIELD_STR(struct plant, secret, .flags = FIELD_HIDDEN | FIELD_OPTIONAL,
	    .doc = "Not shown"),
	FIELD_INT(struct plant, height, .min = 1, .max = 90000, .doc = "In mm"),
	FIELD_INT(struct plant, rank, .flags = FIELD_OPTIONAL, .def = "20",
	    .doc = "Rank"),
	FIELD_INT(struct plant, count, .flags = FIELD_READONLY, .doc = "In stock"),
	FIELD_NUM(struct plant, weight, .num_min = -1.5, .num_max = 2, .doc = "Kg"),
	FIELD_BOOL(struct plant, rare, .flags = FIELD_OPTIONAL, .def = "false",
	    .doc = "Rare"),
	FIELD_MONEY(struct plant, price, .max = 1000000, .doc = "Price"),
	FIELD_DECIMAL(struct plant, area, .digits = 6, .scale = 2, .doc = "In m2"),
	FIELD_JSON(struct plant, attributes, .flags = FIELD_OPTIONAL, .doc = "Any"),
	FIELD_JSON(struct plant, flat, .flags = FIELD_OPTIONAL | FIELD_FLAT,
	    .max = 50, .doc = "Flat"),
	FIELD_LIST(struct plant, shelf_ids, .flags = FIELD_OPTIONAL, .max = 10,
	    .item = ITEM(.kind = FIELD_KIND_UUID, .doc = "Shelf"),
	    .link = LINK("plant_shelves", "plant_id", "shelf_id"), .doc = "Shelves"),
	FIELD_LIST(struct plant, names, .min = 1,
	    .item = ITEM(.kind = FIELD_KIND_STR, .max = 9, .doc = "One"), .doc = "Names"),
	FIELD_OBJECT(struct plant, from, struct address, .flags = FIELD_OPTIONAL,
	    .schema = &address, .doc = "Origin"),
	FIELD_STAMP(struct plant, updated_at, .flags = FIELD_READONLY, .doc = "Change"));

static const struct schema move = SCHEMA("Move", struct move,
	FIELD_INT(struct move, delta, .min = -5, .max = 5, .doc = "By"),
	FIELD_STR(struct move, reason, .flags = FIELD_OPTIONAL, .doc = "Why"));

static const struct schema search = SCHEMA("Search", struct search,
	FIELD_STR(struct search, q, .min = 2, .max = 50, .doc = "Words"),
	FIELD_INT(struct search, most, .flags = FIELD_OPTIONAL, .def = "7", .min = 1,
	    .max = 9, .doc = "Rows"));

static const struct resource plants = {
	.path = "/v1/plants", .table = "plants", .schema = &plant, .read = SCOPE_NONE,
	.write = "products:write", .version = "version", .modified = "updated_at",
	.visible = "1", .merge_by = "sku", .in_use = "not_empty",
	.problems = PROBLEMS("409 cycle"),
	.filters = FILTERS(FILTER_BY("status"), FILTER_BY("rare"),
	    FILTER_ON("shelf_id", FILTER_EQUAL, "shelf_ids"),
	    FILTER_ON("price_min", FILTER_MIN, "price"),
	    { .name = "q", .kind = FILTER_SEARCH, .sql = "name", .doc = "Words" },
	    { .name = "in_stock", .kind = FILTER_IS, .sql = "1" }),
	.sorts = SORTS(SORT_BY("-updated_at"), SORT_BY("name")),
	.expands = EXPANDS({ .name = "shelves", .field = "shelf_ids",
	    .table = "shelves", .schema = &shelf },
	    { .name = "shelf", .field = "shelf_id", .table = "shelves",
	    .schema = &shelf }),
	.doc = "What grows" };

static enum http_status
nothing(struct req *rq, struct resp *rs)
{
	(void)rq;
	(void)rs;
	return HTTP_OK;
}

static const struct route plain[] = {
	{ HTTP_GET, "/v1/plants/{id}/moves", .scope = SCOPE_OWN, .run = nothing,
	  .keys = &shelf, .answer = &move, .doc = "Moves" },
	{ HTTP_POST, "/v1/plants/{id}/moves", .scope = "products:write",
	  .run = nothing, .keys = &shelf, .body = &move, .answer = &move,
	  .idempotency = IDEM_REQUIRED, .problems = PROBLEMS("409 too_few"),
	  .doc = "Move" },
	{ HTTP_POST, "/v1/searches", .scope = SCOPE_NONE, .run = nothing,
	  .params = &search, .problems = PROBLEMS("202"), .answer = &move,
	  .doc = "Search" },
	{ HTTP_GET, "/livez", .scope = SCOPE_NONE, .run = nothing,
	  .limit = LIMIT_NONE, .deprecated = "2027-01-31", .sunset = "2027-12-31",
	  .answer_type = "text/plain", .doc = "Alive?" },
};

static struct arena		 arena;
static struct json_object	*document;

/* Made once; the arena lives as long as the program. */
static struct json_object *
made(void)
{
	static struct route	 routes[RESOURCE_ROUTES + NELEMS(plain)];
	struct buf		 b;
	size_t			 n;

	if (document != NULL || !arena_init(&arena, (size_t)8 << 20))
		return document;
	buf_init(&b, &arena);
	n = resource_routes(&plants, routes);
	for (size_t i = 0; i < NELEMS(plain); i++)
		routes[n++] = plain[i];
	openapi_print(&b, "plants", "https://api.example", routes, n);
	document = buf_ok(&b) ? json_tokener_parse(b.p) : NULL;
	return document;
}

struct look { const char *label, *at, *want; };

/* The JSON at a pointer, or NULL. */
static void
look(const struct look *l, size_t n)
{
	struct json_object	*v;

	for (size_t i = 0; i < n; i++) {
		v = NULL;
		if (made() == NULL || json_pointer_get(made(), l[i].at, &v) != 0)
			v = NULL;
		CHECK_TEXT(l[i].label, v == NULL ? NULL :
		    json_object_to_json_string_ext(v, JSON_C_TO_STRING_PLAIN |
		    JSON_C_TO_STRING_NOSLASHESCAPE), l[i].want);
	}
}

#define LOOK(...)							\
	do {								\
		static const struct look	 looks_[] = { __VA_ARGS__ }; \
		look(looks_, NELEMS(looks_));				\
	} while (0)
#define S		"/components/schemas/"
#define CREATE		S "PlantCreate/properties/"
#define PATCH		S "PlantPatch/properties/"
#define SHOWN		S "Plant/properties/"
#define LIST		"/paths/~1v1~1plants/get"
#define POST		"/paths/~1v1~1plants/post"
#define ONE		"/paths/~1v1~1plants~1{id}"
#define MOVES		"/paths/~1v1~1plants~1{id}~1moves"
#define CODES		"/content/application~1problem+json/schema/allOf/1/properties/code/enum"
#define SENT		"/requestBody/content/application~1json/schema"
#define ANSWER		"/content/application~1json/schema"

static void
test_frame(void)
{
	LOOK({ "version", "/openapi", "\"3.1.0\"" },
	    { "server", "/servers", "[{\"url\":\"https://api.example\"}]" },
	    { "resource's tag", "/tags/0",
	      "{\"name\":\"plants\",\"description\":\"What grows\"}" },
	    { "no second tag", "/tags/1", NULL },
	    { "scheme", "/components/securitySchemes/bearer/scheme", "\"bearer\"" },
	    { "scopes are told",
	      "/components/securitySchemes/oauth2/flows/password/scopes/products:write",
	      "\"Create, change and delete products and shelves\"" });
}

static void
test_bounds(void)
{
	LOOK({ "length", CREATE "name/minLength", "1" },
	    { "length's end", CREATE "name/maxLength", "200" },
	    { "no least length", CREATE "sku/minLength", NULL },
	    { "length of the kind", CREATE "mail/maxLength", "255" },
	    { "pattern is whole", CREATE "sku/pattern", "\"^(?:[A-Z]+|x)$\"" },
	    { "slug", CREATE "slug/pattern", "\"^[a-z0-9-]+$\"" },
	    { "format", CREATE "mail/format", "\"email\"" },
	    { "enum", CREATE "status/enum", "[\"draft\",\"active\"]" },
	    { "enum has no length", CREATE "status/maxLength", NULL },
	    { "text default", CREATE "status/default", "\"draft\"" },
	    { "number default", CREATE "rank/default", "20" },
	    { "bool default", CREATE "rare/default", "false" },
	    { "minimum", CREATE "height/minimum", "1" },
	    { "maximum", CREATE "height/maximum", "90000" },
	    { "unbounded below", CREATE "rank/minimum", "-9007199254740991" },
	    { "unbounded above", CREATE "rank/maximum", "9007199254740991" },
	    { "double below", CREATE "weight/minimum", "-1.5" },
	    { "double above", CREATE "weight/maximum", "2" },
	    { "money", CREATE "price/$ref", "\"#/components/schemas/Money\"" },
	    { "money's bound", CREATE "price/properties/amount/maximum", "1000000" },
	    { "decimal", CREATE "area/pattern",
	      "\"^-?(?:0|[1-9][0-9]{0,3})(?:\\\\.[0-9]{1,2})?$\"" },
	    { "free object", CREATE "attributes/additionalProperties", "true" },
	    { "flat object", CREATE "flat/additionalProperties/type",
	      "[\"string\",\"number\",\"boolean\"]" },
	    { "members", CREATE "flat/maxProperties", "50" },
	    { "items", CREATE "shelf_ids/maxItems", "10" },
	    { "links are unique", CREATE "shelf_ids/uniqueItems", "true" },
	    { "list is not", CREATE "names/uniqueItems", NULL },
	    { "least items", CREATE "names/minItems", "1" },
	    { "item", CREATE "names/items",
	      "{\"type\":\"string\",\"maxLength\":9}" },
	    { "example", CREATE "sku/examples", "[\"FERN\"]" },
	    { "quotes in .doc", CREATE "text/description", "\"Says \\\"more\\\"\"" },
	    { "nested", CREATE "from/$ref", "\"#/components/schemas/AddressInput\"" },
	    { "nested is closed", S "AddressInput/additionalProperties", "false" });
}

static void
test_forms(void)
{
	LOOK({ "key is shown", SHOWN "id/readOnly", "true" },
	    { "key is not sent", CREATE "id", NULL },
	    { "hidden is sent", CREATE "secret/writeOnly", "true" },
	    { "hidden is not shown", SHOWN "secret", NULL },
	    { "stamp", SHOWN "updated_at/format", "\"date-time\"" },
	    { "shown is open", S "Plant/additionalProperties", NULL },
	    { "sent is closed", S "PlantCreate/additionalProperties", "false" },
	    { "shown has no bounds", SHOWN "name/maxLength", NULL },
	    { "shown values may grow", SHOWN "status/enum", NULL },
	    { "shown values", SHOWN "status/x-extensible-enum",
	      "[\"draft\",\"active\"]" },
	    { "always shown", S "Plant/required",
	      "[\"id\",\"sku\",\"name\",\"slug\",\"status\",\"rank\",\"count\","
	      "\"weight\",\"rare\",\"price\",\"area\",\"shelf_ids\",\"names\","
	      "\"updated_at\"]" },
	    { "must be sent", S "PlantCreate/required",
	      "[\"sku\",\"name\",\"slug\",\"weight\",\"price\",\"area\",\"names\"]" },
	    { "replace is whole", S "PlantReplace/required/0", "\"sku\"" },
	    { "a patch needs nothing", S "PlantPatch/required", NULL },
	    { "a patch leaves what is fixed", PATCH "sku", NULL },
	    { "a patch has the rest", PATCH "name/type", "\"string\"" },
	    { "a patch clears", PATCH "text/type", "[\"string\",\"null\"]" },
	    { "a patch clears an enum", PATCH "status/enum",
	      "[\"draft\",\"active\",null]" },
	    { "a patch clears an object", PATCH "from/anyOf/1/type", "\"null\"" },
	    { "a patch goes into an object", PATCH "from/anyOf/0/$ref",
	      "\"#/components/schemas/AddressPatch\"" },
	    { "a patch has no default", PATCH "rank/default", NULL },
	    { "part of a price", PATCH "price/$ref",
	      "\"#/components/schemas/MoneyPatch\"" },
	    { "price is whole", S "Money/required", "[\"amount\",\"currency\"]" },
	    { "list", S "PlantList/properties/items/items/$ref",
	      "\"#/components/schemas/PlantExpanded\"" },
	    { "expands a list", S "PlantExpanded/allOf/1/properties/shelves/items/$ref",
	      "\"#/components/schemas/Shelf\"" },
	    { "expands one", S "PlantExpanded/allOf/1/properties/shelf/$ref",
	      "\"#/components/schemas/Shelf\"" },
	    { "batch", S "PlantBatch/properties/items/maxItems", "1000" },
	    { "batch of", S "PlantBatch/properties/items/items/$ref",
	      "\"#/components/schemas/PlantCreate\"" });
}

static void
test_operations(void)
{
	LOOK({ "list", LIST "/operationId", "\"listPlants\"" },
	    { "create", POST "/operationId", "\"createPlant\"" },
	    { "get", ONE "/get/operationId", "\"getPlant\"" },
	    { "patch", ONE "/patch/operationId", "\"updatePlant\"" },
	    { "put", ONE "/put/operationId", "\"replacePlant\"" },
	    { "delete", ONE "/delete/operationId", "\"deletePlant\"" },
	    { "plain", MOVES "/get/operationId", "\"getPlantsByIdMoves\"" },
	    { "plain's summary", MOVES "/get/summary", "\"Moves\"" },
	    { "one or a batch", POST SENT "/oneOf/1/$ref",
	      "\"#/components/schemas/PlantBatch\"" },
	    { "merge patch", ONE "/patch/requestBody/content/"
	      "application~1merge-patch+json/schema/$ref",
	      "\"#/components/schemas/PlantPatch\"" },
	    { "no body", ONE "/delete/requestBody", NULL },
	    { "plain body", MOVES "/post" SENT "/$ref",
	      "\"#/components/schemas/MoveInput\"" },
	    { "public, more for some", ONE "/get/security",
	      "[{},{\"oauth2\":[\"products:write\"]},{\"bearer\":[\"products:write\"]}]" },
	    { "writers only", POST "/security",
	      "[{\"oauth2\":[\"products:write\"]},{\"bearer\":[\"products:write\"]}]" },
	    { "any token", MOVES "/get/security", "[{\"oauth2\":[]},{\"bearer\":[]}]" },
	    { "public", "/paths/~1livez/get/security", "[]" });
}

static void
test_params(void)
{
	LOOK({ "filter", LIST "/parameters/0/name", "\"status\"" },
	    { "any of", LIST "/parameters/0/schema/items/enum",
	      "[\"draft\",\"active\"]" },
	    { "with commas", LIST "/parameters/0/explode", "false" },
	    { "yes or no", LIST "/parameters/1/schema/type", "\"boolean\"" },
	    { "of a link", LIST "/parameters/2/schema/items/format", "\"uuid\"" },
	    { "amount", LIST "/parameters/3/schema/type", "\"integer\"" },
	    { "own words", LIST "/parameters/4/description", "\"Words\"" },
	    { "condition", LIST "/parameters/5/schema/type", "\"boolean\"" },
	    { "orders", LIST "/parameters/6/schema/enum",
	      "[\"-updated_at\",\"name\"]" },
	    { "first order", LIST "/parameters/6/schema/default", "\"-updated_at\"" },
	    { "limit", LIST "/parameters/7/$ref", "\"#/components/parameters/Limit\"" },
	    { "fields", LIST "/parameters/10/schema/items/enum/0", "\"id\"" },
	    { "expand", LIST "/parameters/11/schema/items/enum",
	      "[\"shelves\",\"shelf\"]" },
	    { "key", ONE "/get/parameters/0/schema/format", "\"uuid\"" },
	    { "key is required", ONE "/get/parameters/0/required", "true" },
	    { "If-Match", ONE "/patch/parameters/1/$ref",
	      "\"#/components/parameters/IfMatch\"" },
	    { "Prefer", POST "/parameters/0/$ref", "\"#/components/parameters/Merge\"" },
	    { "idempotency", MOVES "/post/parameters/1/$ref",
	      "\"#/components/parameters/IdempotencyKeyNeeded\"" },
	    { "it is needed", "/components/parameters/IdempotencyKeyNeeded/required",
	      "true" },
	    { "it may be sent", "/paths/~1v1~1searches/post/parameters/2/$ref",
	      "\"#/components/parameters/IdempotencyKey\"" },
	    { "and left out", "/components/parameters/IdempotencyKey/required", NULL },
	    { "not by GET", MOVES "/get/parameters/1", NULL },
	    { "query is required",
	      "/paths/~1v1~1searches/post/parameters/0/required", "true" },
	    { "query may lack", "/paths/~1v1~1searches/post/parameters/1/required",
	      NULL },
	    { "query's default", "/paths/~1v1~1searches/post/parameters/1/schema/default",
	      "7" });
}

static void
test_answers(void)
{
	LOOK({ "page", LIST "/responses/200" ANSWER "/$ref",
	      "\"#/components/schemas/PlantList\"" },
	    { "unchanged", LIST "/responses/304/$ref",
	      "\"#/components/responses/NotModified\"" },
	    { "made", POST "/responses/201/headers/Location/$ref",
	      "\"#/components/headers/Location\"" },
	    { "merged", POST "/responses/200" ANSWER "/$ref",
	      "\"#/components/schemas/PlantItems\"" },
	    { "merge is told",
	      POST "/responses/201/headers/Preference-Applied/$ref",
	      "\"#/components/headers/PreferenceApplied\"" },
	    { "gone", ONE "/delete/responses/204/content", NULL },
	    { "accepted", "/paths/~1v1~1searches/post/responses/202" ANSWER "/$ref",
	      "\"#/components/schemas/Move\"" },
	    { "accepted, not made", "/paths/~1v1~1searches/post/responses/201", NULL },
	    { "a quota", "/paths/~1v1~1searches/post/responses/202/headers/RateLimit/$ref",
	      "\"#/components/headers/RateLimit\"" },
	    { "over it", "/paths/~1v1~1searches/post/responses/429/$ref",
	      "\"#/components/responses/TooManyRequests\"" },
	    { "and when again",
	      "/components/responses/TooManyRequests/headers/Retry-After/$ref",
	      "\"#/components/headers/RetryAfter\"" },
	    { "no quota", "/paths/~1livez/get/responses/200/headers/RateLimit", NULL },
	    { "never over it", "/paths/~1livez/get/responses/429", NULL },
	    { "to be retired", "/paths/~1livez/get/deprecated", "true" },
	    { "when", "/paths/~1livez/get/x-sunset", "\"2027-12-31\"" },
	    { "it says so", "/paths/~1livez/get/responses/200/headers/Sunset/$ref",
	      "\"#/components/headers/Sunset\"" },
	    { "others stay", "/paths/~1v1~1searches/post/deprecated", NULL },
	    { "text", "/paths/~1livez/get/responses/200/content/text~1plain/schema/type",
	      "\"string\"" },
	    { "conflicts of a creation", POST "/responses/409" CODES,
	      "[\"conflict\",\"idempotency_in_progress\",\"cycle\","
	      "\"already_exists\",\"sku_taken\",\"slug_taken\"]" },
	    { "when to come again", POST "/responses/409/headers/Retry-After/$ref",
	      "\"#/components/headers/RetryAfter\"" },
	    { "a conflict that is kept", POST "/responses/409/headers/"
	      "Idempotent-Replayed/$ref", "\"#/components/headers/IdempotentReplayed\"" },
	    { "not that of a patch", ONE "/patch/responses/409/headers/Retry-After", NULL },
	    { "an answer that is kept", POST "/responses/201/headers/"
	      "Idempotent-Replayed/$ref", "\"#/components/headers/IdempotentReplayed\"" },
	    { "no key is missing here", POST "/responses/400/$ref",
	      "\"#/components/responses/BadRequestBodyKeyed\"" },
	    { "but here", MOVES "/post/responses/400/$ref",
	      "\"#/components/responses/BadRequestBodyKeyedDue\"" },
	    { "conflicts of a patch", ONE "/patch/responses/409" CODES,
	      "[\"conflict\",\"cycle\",\"slug_taken\"]" },
	    { "conflicts of a removal", ONE "/delete/responses/409" CODES,
	      "[\"conflict\",\"cycle\",\"not_empty\"]" },
	    { "conflicts of a route", MOVES "/post/responses/409" CODES,
	      "[\"conflict\",\"idempotency_in_progress\",\"too_few\"]" },
	    { "none of a list", LIST "/responses/409", NULL },
	    { "stale", ONE "/put/responses/412/$ref",
	      "\"#/components/responses/PreconditionFailed\"" },
	    { "no If-Match", ONE "/put/responses/428/$ref",
	      "\"#/components/responses/PreconditionRequired\"" },
	    { "no such need", POST "/responses/428", NULL },
	    { "scope", POST "/responses/403/$ref",
	      "\"#/components/responses/Forbidden\"" },
	    { "no scope needed", LIST "/responses/403", NULL },
	    { "a bad token, anywhere", LIST "/responses/401/$ref",
	      "\"#/components/responses/Unauthorized\"" },
	    { "no row", ONE "/get/responses/404/$ref",
	      "\"#/components/responses/NotFound\"" },
	    { "always a page", LIST "/responses/404", NULL },
	    { "values", POST "/responses/422/$ref",
	      "\"#/components/responses/UnprocessableBodyKeyed\"" },
	    { "codes of a body", "/components/responses/BadRequestBodyKeyed" CODES "/4",
	      "\"duplicate_key\"" },
	    { "Allow", "/components/responses/MethodNotAllowed/headers/Allow/$ref",
	      "\"#/components/headers/Allow\"" },
	    { "challenge",
	      "/components/responses/Unauthorized/headers/WWW-Authenticate/$ref",
	      "\"#/components/headers/WWWAuthenticate\"" },
	    { "wait", "/components/responses/Unavailable/headers/Retry-After/$ref",
	      "\"#/components/headers/RetryAfter\"" });
}

/* Codes that any route may answer, but not as an answer of an operation. */
static bool
is_beside(const char *code)
{
	static const char *const	 beside[] = { "not_implemented", "in_use",
		"not_a_user" };	/* of resources with owners */

	for (size_t i = 0; i < NELEMS(beside); i++)
		if (strcmp(code, beside[i]) == 0)
			return true;
	return false;
}

/* Every problem of the library is in some answer. */
static void
test_problems(void)
{
	const char	*text = made() == NULL ? "" :
			    json_object_to_json_string_ext(made(), JSON_C_TO_STRING_PLAIN);
	char		 enumerated[80], listed[80];

	for (const struct problem *pr = problem_table; pr->code != NULL; pr++) {
		snprintf(enumerated, sizeof(enumerated), "\"%s\",", pr->code);
		snprintf(listed, sizeof(listed), "\"%s\"]", pr->code);
		CHECK(pr->code, is_beside(pr->code) ||
		    strstr(text, enumerated) != NULL || strstr(text, listed) != NULL);
	}
}

/* Two resources of one schema, in one program: their operations differ. */
static void
test_unique(void)
{
	static const struct resource	 mutant = {
		.path = "/v1/gardens/plants", .table = "plants", .schema = &plant,
		.read = SCOPE_NONE, .write = "products:write", .doc = "The same" };
	static struct route	 routes[2 * RESOURCE_ROUTES];
	struct buf		 b;
	size_t			 n;
	const char		*ids[2 * RESOURCE_ROUTES], *at;

	buf_init(&b, &arena);
	n = resource_routes(&plants, routes);
	n += resource_routes(&mutant, routes + n);
	openapi_print(&b, "plants", NULL, routes, n);
	CHECK("printed", buf_ok(&b));
	at = buf_ok(&b) ? b.p : "";
	for (size_t i = 0; i < n; i++) {
		at = strstr(at, "\"operationId\":");
		CHECK("each has one", at != NULL);
		if (at == NULL)
			return;
		ids[i] = ++at;
		for (size_t j = 0; j < i; j++)
			CHECK("no other has it", strncmp(ids[i], ids[j],
			    (size_t)(strchr(ids[i], ',') - ids[i])) != 0);
	}
	CHECK("no server", strstr(b.p, "\"servers\":[{\"url\":\"/\"}]") != NULL);
}

/* Too little memory: the buffer says so, nothing is cut off in silence. */
static void
test_memory(void)
{
	static struct route	 routes[RESOURCE_ROUTES];
	struct arena		 small;
	struct buf		 b;
	size_t			 n = resource_routes(&plants, routes);

	log_init("test_openapi", LOG_ERROR);
	for (size_t most = 1000; most < 200000; most += 20000) {
		CHECK("arena", arena_init(&small, most));
		buf_init(&b, &small);
		openapi_print(&b, "plants", "", routes, n);
		CHECK("fails or is whole", !buf_ok(&b) || b.p[b.n - 1] == '}');
		arena_free(&small);
	}
}

TESTS(openapi,
    { "frame", test_frame }, { "bounds", test_bounds }, { "forms", test_forms },
    { "operations", test_operations }, { "parameters", test_params },
    { "answers", test_answers }, { "problems", test_problems },
    { "unique", test_unique }, { "memory", test_memory })
