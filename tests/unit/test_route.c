/* route: paths into segments, segments into a row of the table. */
#include <stdio.h>

#include "base/log.h"
#include "route/route.h"
#include "test.h"

static struct arena	 arena;
static struct req	 rq;

static enum http_status
nothing(struct req *r, struct resp *rs)
{
	(void)r;
	(void)rs;
	return HTTP_OK;
}

struct key { struct str id, to; };

static const struct schema key = SCHEMA("Key", struct key,
	FIELD_STR(struct key, id, .doc = "Id"), FIELD_STR(struct key, to, .doc = "To"));

#define ROW(m, p)	{ .method = (m), .path = (p), .scope = SCOPE_NONE,	\
	.run = nothing, .keys = &key, .doc = "X" }

static const struct route	 routes[] = {
	ROW(HTTP_GET, "/v1/plants"), ROW(HTTP_POST, "/v1/plants"),
	ROW(HTTP_GET, "/v1/plants/tallest"),
	ROW(HTTP_GET, "/v1/plants/{id}"), ROW(HTTP_DELETE, "/v1/plants/{id}"),
	ROW(HTTP_POST, "/v1/plants/{id}/moves/{to}"), ROW(HTTP_GET, "/healthy"),
};

static bool
split(const char *method, const char *uri)
{
	static char	 m[32], u[512];
	static char	*env[] = { m, u, NULL };

	snprintf(m, sizeof(m), "REQUEST_METHOD=%s", method);
	snprintf(u, sizeof(u), "REQUEST_URI=%s", uri);
	req_init(&rq, &arena, env);
	return route_parse_path(&rq);
}

static void
begin(void)
{
	log_init("test_route", (enum log_level)0);
	if (!arena_init(&arena, 1 << 20))
		exit(2);
}

static void
splits(void)
{
	static const struct {
		const char	*uri, *segments;	/* with | between; NULL: no path */
	} cases[] = {
		{ "/a", "a" },
		{ "/a/b", "a|b" },
		{ "/a?b/c", "a" },
		{ "/a%20b/%C3%BC", "a b|\303\274" },
		{ "/a+b", "a+b" },
		{ "/a,b;c=d", "a,b;c=d" },
		{ "/%25", "%" },
		{ "/%2541", "%41" },
		{ "/...", "..." },
		{ "/.a", ".a" },
		{ "/1/2/3/4/5/6/7/8/9/10/11/12", "1|2|3|4|5|6|7|8|9|10|11|12" },
		{ "/1/2/3/4/5/6/7/8/9/10/11/12/13", NULL },
		{ "/", NULL },
		{ "", NULL },
		{ "a", NULL },
		{ "*", NULL },
		{ "?a", NULL },
		{ "http://h/a?b", "a" },
		{ "https://h:8/a/b", "a|b" },
		{ "http://h", NULL },
		{ "ftp://h/a", NULL },
		{ "/a/", NULL },
		{ "//a", NULL },
		{ "/a//b", NULL },
		{ "/.", NULL },
		{ "/a/..", NULL },
		{ "/../a", NULL },
		{ "/%2e", NULL },
		{ "/a/%2E%2e/b", NULL },
		{ "/a%2Fb", NULL },
		{ "/a%2fb", NULL },
		{ "/%00", NULL },
		{ "/a%", NULL },
		{ "/a%4", NULL },
		{ "/%zz", NULL },
		{ "/%ff", NULL },
		{ "/\377", NULL },
		{ "/%C0%AF", NULL },
	};

	begin();
	for (size_t i = 0; i < NELEMS(cases); i++) {
		bool		 ok = split("GET", cases[i].uri);
		struct buf	 b;

		buf_init(&b, &arena);
		for (size_t j = 0; j < rq.target.segments; j++) {
			buf_puts(&b, j > 0 ? "|" : "");
			buf_str(&b, rq.target.segment[j]);
		}
		CHECK(cases[i].uri, ok == (cases[i].segments != NULL));
		if (ok)
			CHECK_TEXT(cases[i].uri, b.p, cases[i].segments);
	}
	arena_free(&arena);
}

static void
matches(void)
{
	static const struct {
		const char	*method, *uri, *path, *allow;	/* path NULL: no such method */
	} cases[] = {
		{ "GET", "/v1/plants", "/v1/plants", "GET, HEAD, POST, OPTIONS" },
		{ "HEAD", "/v1/plants", "/v1/plants", "GET, HEAD, POST, OPTIONS" },
		{ "POST", "/v1/plants?a", "/v1/plants", "GET, HEAD, POST, OPTIONS" },
		{ "PUT", "/v1/plants", NULL, "GET, HEAD, POST, OPTIONS" },
		{ "OPTIONS", "/v1/plants", NULL, "GET, HEAD, POST, OPTIONS" },
		{ "GET", "/v1/plants/7", "/v1/plants/{id}", "GET, HEAD, DELETE, OPTIONS" },
		{ "GET", "/v1/plants/%7Bid%7D", "/v1/plants/{id}", "GET, HEAD, DELETE, OPTIONS" },
		{ "GET", "/%76%31/plants", "/v1/plants", "GET, HEAD, POST, OPTIONS" },
		{ "POST", "/v1/plants/7/moves/8", "/v1/plants/{id}/moves/{to}", "POST, OPTIONS" },
		{ "HEAD", "/v1/plants/7/moves/8", NULL, "POST, OPTIONS" },
		{ "GET", "/healthy", "/healthy", "GET, HEAD, OPTIONS" },
		{ "GET", "/v1/plants/tallest", "/v1/plants/tallest",
		  "GET, HEAD, DELETE, OPTIONS" },
		{ "DELETE", "/v1/plants/tallest", "/v1/plants/{id}",
		  "GET, HEAD, DELETE, OPTIONS" },
		{ "GET", "/V1/plants", NULL, "" },
		{ "GET", "/v1/plant", NULL, "" },
		{ "GET", "/v1/plantss", NULL, "" },
		{ "GET", "/v1", NULL, "" },
		{ "GET", "/v1/plants/7/moves", NULL, "" },
		{ "POST", "/v1/plants/7/moves/8/9", NULL, "" },
		{ "GET", "/v2/plants", NULL, "" },
	};

	begin();
	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct route_match	 m;
		struct buf		 b;

		CHECK(cases[i].uri, split(cases[i].method, cases[i].uri));
		m = route_match(routes, NELEMS(routes), &rq);
		CHECK_TEXT(cases[i].uri, m.route == NULL ? NULL : m.route->path, cases[i].path);
		buf_init(&b, &arena);
		if (m.allow != 0)
			route_allow(&b, m.allow);
		CHECK_TEXT(cases[i].uri, b.p == NULL ? "" : b.p, cases[i].allow);
	}
	arena_free(&arena);
}

static void
keys(void)
{
	begin();
	CHECK("split", split("POST", "/v1/plants/a%20b/moves/%C3%BC"));
	rq.route = route_match(routes, NELEMS(routes), &rq).route;
	CHECK_STR("the first", route_key(&rq, "id"), "a b");
	CHECK_STR("the second", route_key(&rq, "to"), "\303\274");
	CHECK_STR("no key is called so", route_key(&rq, "plants"), NULL);
	CHECK_STR("nor so", route_key(&rq, "{id}"), NULL);
	arena_free(&arena);
}

static void
wrong(void)
{
	static const struct {
		const char	*label;
		struct route	 r;
		const char	*told;
	} cases[] = {
		{ "fine", ROW(HTTP_GET, "/a/{id}"), NULL },
		{ "no path", { .scope = SCOPE_NONE, .run = nothing, .doc = "X" },
		  "has no .path that begins with /" },
		{ "relative", { .path = "a", .scope = SCOPE_NONE, .run = nothing, .doc = "X" },
		  "has no .path that begins with /" },
		{ "open to whom?", { .path = "/a", .run = nothing, .doc = "X" },
		  "has no .scope: name a scope, SCOPE_OWN or SCOPE_NONE" },
		{ "no doc", { .path = "/a", .scope = SCOPE_NONE, .run = nothing }, "has no .doc" },
		{ "no function", { .path = "/a", .scope = SCOPE_NONE, .doc = "X" },
		  "has no function (.run)" },
		{ "deprecated", { .path = "/a", .scope = SCOPE_NONE, .run = nothing,
		  .doc = "X", .deprecated = "2027-01-31", .sunset = "2028-02-29" }, NULL },
		{ "no such day", { .path = "/a", .scope = SCOPE_NONE, .run = nothing,
		  .doc = "X", .deprecated = "2027-02-29" },
		  "has a .deprecated or .sunset that is not a date like 2027-01-31" },
		{ "ends without warning", { .path = "/a", .scope = SCOPE_NONE,
		  .run = nothing, .doc = "X", .sunset = "2027-01-31" },
		  "has .sunset without .deprecated: declare both" },
		{ "a key of no schema", { .path = "/a/{id}", .scope = SCOPE_NONE, .run = nothing,
		  .doc = "X" }, "has a {name} in its path that .keys lacks" },
		{ "two kinds of body", { .method = HTTP_POST, .path = "/a",
		  .scope = SCOPE_NONE, .run = nothing, .doc = "X", .body = &key,
		  .form = &key }, "has both .body and .form: declare one of them" },
		{ "no client can prove itself", { .method = HTTP_POST, .path = "/a",
		  .scope = SCOPE_CLIENT, .run = nothing, .doc = "X", .form = &key },
		  "has SCOPE_CLIENT, but its .form lacks client_id or client_secret" },
		{ "a key its schema lacks", ROW(HTTP_GET, "/a/{it}"),
		  "has a {name} in its path that .keys lacks" },
	};

	for (size_t i = 0; i < NELEMS(cases); i++)
		CHECK_TEXT(cases[i].label, route_error(&cases[i].r), cases[i].told);
}

static void
limits(void)
{
	static const struct {
		const char		*label;
		struct route		 r;
		enum limit_class	 want;
	} cases[] = {
		{ "a public read", { HTTP_GET, "/a", .scope = SCOPE_NONE }, LIMIT_PUBLIC },
		{ "a read", { HTTP_GET, "/a", .scope = SCOPE_OWN }, LIMIT_READ },
		{ "a read by scope", { HTTP_GET, "/a", .scope = "a:read" }, LIMIT_READ },
		{ "a write", { HTTP_POST, "/a", .scope = "a:write" }, LIMIT_WRITE },
		{ "a public write", { HTTP_DELETE, "/a", .scope = SCOPE_NONE }, LIMIT_WRITE },
		{ "as it says", { HTTP_GET, "/a", .scope = SCOPE_NONE, .limit = LIMIT_AUTH },
		  LIMIT_AUTH },
		{ "none", { HTTP_POST, "/a", .scope = "x", .limit = LIMIT_NONE }, LIMIT_NONE },
	};

	for (size_t i = 0; i < NELEMS(cases); i++)
		CHECK_INT(cases[i].label, route_limit(&cases[i].r), cases[i].want);
}

TESTS(route,
	{ "paths into segments", splits }, { "segments into routes", matches },
	{ "keys", keys }, { "what is wrong with a route", wrong },
	{ "quotas of routes", limits })
