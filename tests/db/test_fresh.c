#include "serve.h"

/* How long answers may be kept, as their headers say. */

struct bulb { int64_t id; struct str name; };

static const struct schema bulb = SCHEMA("Bulb", struct bulb,
	FIELD_INT(struct bulb, id, .flags = FIELD_KEY | FIELD_READONLY, .doc = "Key"),
	FIELD_STR(struct bulb, name, .max = 80, .doc = "Shown to buyers"));

#define BULBS(p, r, ...)	{ .path = (p), .table = "bulbs", .schema = &bulb, \
	.read = (r), .write = "products:write", .doc = "Bulbs", .cached = { __VA_ARGS__ } }

static const struct resource	 none = BULBS("/v1/none", SCOPE_NONE, .ttl = 0);
static const struct resource	 ours = BULBS("/v1/ours", SCOPE_NONE, .ttl = 60);
static const struct resource	 clients = BULBS("/v1/clients", SCOPE_NONE, .ttl = 60,
	.max_age = 5);
static const struct resource	 shared = BULBS("/v1/shared", SCOPE_NONE, .ttl = 60,
	.max_age = 5, .s_maxage = 60, .stale_while_revalidate = 30);
static const struct resource	 secret = BULBS("/v1/secret", "products:write",
	.ttl = 60, .max_age = 5, .s_maxage = 60);

static void
test_headers(void)
{
	static const struct {
		const char	*label, *uri;
		int		 status;
		const char	*control, *key;
	} cases[] = {
		{ "nothing declared", "/v1/none", 200, "public, no-cache", NULL },
		{ "kept by us", "/v1/ours", 200, "public, no-cache", NULL },
		{ "by clients", "/v1/clients", 200, "public, max-age=5", NULL },
		{ "by caches between: a list", "/v1/shared", 200, "public, max-age=5, "
		    "s-maxage=60, stale-while-revalidate=30", "bulbs" },
		{ "one row", "/v1/shared/1", 200, "public, max-age=5, s-maxage=60, "
		    "stale-while-revalidate=30", "bulbs/1" },
		{ "a refusal", "/v1/shared/2", 404, "no-store", NULL },
		{ "not for everybody", "/v1/secret", 200, "private, no-cache", NULL },
		{ "one row of it", "/v1/secret/1", 200, "private, no-cache", NULL },
	};
	struct reply	 r;

	serve_begin("fresh", "products:write");
	sql("CREATE TABLE bulbs (id BIGINT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(80) "
	    "NOT NULL); INSERT INTO bulbs VALUES (1, 'Tulip')");
	serve_open(APP("fresh", .resources = RESOURCES(&none, &ours, &clients, &shared,
	    &secret)));
	/* A new file of generations is not used at once. */
	sleep(2);
	for (int again = 0; again < 2; again++)
		for (size_t i = 0; i < NELEMS(cases); i++) {
			r = ASK("GET", cases[i].uri);
			CHECK_INT(cases[i].label, r.status, cases[i].status);
			CHECK_TEXT(cases[i].label, header(r, "Cache-Control"),
			    cases[i].control);
			CHECK_TEXT(cases[i].label, header(r, "Surrogate-Key"),
			    cases[i].key);
		}
	serve_end();
}

TESTS(fresh,
    { "what is declared is told", test_headers })
