/* Paths and methods: what is no path is 404, what is no method 405 or 501. */
#include "trial.h"

#define LOST(l, path)	REFUSED(l, "GET", path, NULL, NULL, 404, "not_found", "")
#define FOUND(l, path)	TAKEN(l, "GET", path, NULL, NULL, 200)

static const struct trial	 paths[] = {
	FOUND("a list", PRODUCTS),
	FOUND("one", PRODUCT),
	FOUND("letters in escapes", "/v1/product%73"),
	FOUND("a version in escapes", "/%76%31/products"),
	FOUND("the key in capitals", "/v1/products/{ID}"),
	FOUND("as a proxy is asked", "{base}/v1/products/{id}"),
	FOUND("with a query too", "{base}/v1/products?limit=1"),
	LOST("a proxy's two slashes", "{base}//v1/products"),
	LOST("a slash at the end", "/v1/products/"),
	LOST("a slash behind a key", PRODUCT "/"),
	LOST("two slashes", "/v1//products"),
	LOST("two at the start", "//v1/products"),
	LOST("two before the key", "/v1/products//{id}"),
	LOST("a dot", "/v1/./products"),
	LOST("a dot at the end", "/v1/products/."),
	LOST("two dots", "/v1/categories/../products"),
	LOST("two dots at the end", "/v1/products/{id}/.."),
	LOST("dots in escapes", "/v1/categories/%2e%2E/products"),
	LOST("half of them", "/v1/categories/.%2e/products"),
	LOST("dots to another program", "/v1/products/../categories/{cat}"),
	LOST("a backslash", "/v1\\products"),
	LOST("bad UTF-8", "/v1/products/%ff"),
	LOST("an overlong slash", "/v1/products%c0%af{id}"),
	LOST("a surrogate", "/v1/products/%ed%a0%80"),
	LOST("a newline", "/v1/products/{id}%0a"),
	LOST("other letter case", "/v1/Products"),
	LOST("another version", "/v2/products"),
	LOST("no version", "/products"),
	LOST("the version alone", "/v1"),
	LOST("more letters", "/v1/productsX"),
	LOST("more letters before a key", "/v1/products.json/{id}"),
	LOST("more segments", PRODUCT "/name"),
	LOST("very many segments", "/v1/products/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q"),
	LOST("parameters of a segment", PRODUCT ";v=1"),
	LOST("another table's key", "/v1/products/{cat}"),
	LOST("another table's key again", "/v1/categories/{id}"),
	LOST("nobody's key", NOBODY),
	LOST("no key", "/v1/products/1"),
	LOST("a key without dashes", "/v1/products/019ab0c27d3e7a409b1f0d5e8c1f2a33"),
	LOST("a key in braces", "/v1/products/%7B{id}%7D"),
	LOST("a nil key", "/v1/products/00000000-0000-0000-0000-000000000000"),
	LOST("a space behind", "/v1/products/{id}%20"),
	LOST("a space for a plus", "/v1/products/+"),
	LOST("what SQL would read", "/v1/products/1'%20OR%20'1'='1"),
	REFUSED("of a write too", "POST", "/v1/products/", POSTED, SPADE(""), 404,
	    "not_found", ""),
	REFUSED("of a DELETE", "DELETE", "/v1/categories/../products/{id}", BEARER ANY,
	    NULL, 404, "not_found", ""),
};

/*
 * Paths that some servers refuse themselves: a request they can not read, or a
 * slash in escapes where nobody has told Apache to let it pass.
 */
static void
test_at_front(void)
{
	static const char *const	 bad[] = { "/v1%2Fproducts",
					     "/v1/products/{id}%2f", "/v1/products%2F{id}",
					     "/../v1/products", "/v1/products/%", "/v1/products/%4", "/v1/products/%zz", "/v1/%/products",
					     "/v1/products/{id}%00", "/v1/products/%00" };

	for (size_t i = 0; i < NELEMS(bad); i++) {
		struct reply	 r = ask_get(bad[i], NULL);

		if (reply_header(&r, "X-Request-Id") != NULL)
			check_problem(bad[i], &r, 404, "not_found");
		else
			CHECK(bad[i], r.status == 400 || r.status == 404);
	}
}

/* A key that is none and one that is nobody's are told alike. */
static void
test_alike(void)
{
	static const char *const	 members[] = { "type", "title", "status",
					     "code", "detail", "errors" };
	struct reply	 none = ask_get(NOBODY, NULL);
	struct reply	 bad = ask_get("/v1/products/x", NULL);

	for (size_t i = 0; i < NELEMS(members); i++)
		CHECK_TEXT(members[i], reply_member(&bad, members[i]),
		    reply_member(&none, members[i]));
	CHECK_TEXT("no tag", reply_header(&none, "ETag"), NULL);
}

#define ALL	"GET, HEAD, PUT, PATCH, DELETE, OPTIONS"
#define SOME	"GET, HEAD, POST, OPTIONS"
#define ONE	"GET, HEAD, OPTIONS"

static const struct {
	const char	*path, *allow;
} routes[] = {
	{ PRODUCTS, SOME },
	{ PRODUCT, ALL },
	{ NOBODY, ALL },
	{ CATEGORIES, SOME },
	{ CATEGORY, ALL },
	{ "/openapi.json", ONE },
	{ "/metrics", ONE },
};

/* The words of a list, in any order. */
static bool
same_words(const char *a, const char *b)
{
	struct str	 rest = str_of(a);

	if (a == NULL || strlen(a) != strlen(b))
		return false;
	while (rest.p != NULL) {
		struct str	 word = str_cut(&rest, ',');

		while (word.n > 0 && word.p[0] == ' ')
			word = str_from(word, 1);
		if (word.n == 0 || memmem(b, strlen(b), word.p, word.n) == NULL)
			return false;
	}
	return true;
}

static void
check_allow(const char *label, const struct reply *r, const char *allow)
{
	const char	*got = reply_header(r, "Allow");

	if (!same_words(got, allow))
		CHECK_TEXT(label, got, allow);
}

/* Every route with every method: it is taken, or 405 says which are. */
static void
test_methods(void)
{
	static const char *const	 methods[] = { "GET", "POST", "PUT", "PATCH",
					     "DELETE" };

	for (size_t i = 0; i < NELEMS(routes); i++)
		for (size_t m = 0; m < NELEMS(methods); m++) {
			struct reply	 r = ask_with(methods[m], routes[i].path, NULL,
					    methods[m][0] == 'P' ? "" : NULL);

			if (strstr(routes[i].allow, methods[m]) != NULL) {
				CHECK(routes[i].path, r.status != 405 && r.status != 501);
				continue;
			}
			check_problem(methods[m], &r, 405, "method_not_allowed");
			check_allow(routes[i].path, &r, routes[i].allow);
		}
}

static void
test_options(void)
{
	for (size_t i = 0; i < NELEMS(routes); i++) {
		struct reply	 r = ask(&(struct ask){ .method = "OPTIONS",
				    .path = routes[i].path });

		CHECK_INT(routes[i].path, r.status, 204);
		CHECK_INT(routes[i].path, r.body.n, 0);
		check_allow(routes[i].path, &r, routes[i].allow);
	}
}

/* HEAD says what GET says, without its body. */
static void
test_head(void)
{
	static const char *const	 same[] = { "Content-Type", "Content-Length",
					     "ETag", "Last-Modified", "Cache-Control", "Vary",
					     "Link" };
	static const char *const	 paths_of[] = { PRODUCTS "?limit=1", PRODUCT,
					     CATEGORIES, CATEGORY, "/openapi.json", NOBODY,
					     "/v1/products/", PRODUCTS "?a=1" };

	for (size_t i = 0; i < NELEMS(paths_of); i++) {
		struct reply	 get = ask_get(paths_of[i], NULL);
		struct reply	 head = ask(&(struct ask){ .method = "HEAD",
				    .path = paths_of[i] });

		CHECK_INT(paths_of[i], head.status, get.status);
		CHECK_INT(paths_of[i], head.body.n, 0);
		for (size_t h = 0; h < NELEMS(same); h++)
			CHECK_TEXT(paths_of[i], reply_header(&head, same[h]),
			    reply_header(&get, same[h]));
	}
}

/* Some the server in front refuses by itself, which is as good. */
static void
test_unknown(void)
{
	static const char *const	 methods[] = { "FOO", "LINK", "PROPFIND", "MKCOL",
					     "LOCK", "SEARCH", "get" };

	for (size_t i = 0; i < NELEMS(methods); i++) {
		struct reply	 r = ask(&(struct ask){ .method = methods[i],
				    .path = PRODUCTS });

		CHECK_INT(methods[i], r.status, 501);
		CHECK_TEXT(methods[i], reply_member(&r, "code"), "not_implemented");
	}
}

/* What was sent must not come back (TRACE); this is no proxy (CONNECT). */
static void
test_refused(void)
{
	static const char *const	 methods[] = { "TRACE", "CONNECT" };

	for (size_t i = 0; i < NELEMS(methods); i++) {
		struct reply	 r = ask(&(struct ask){ .method = methods[i],
				    .path = PRODUCTS, .headers = "X-Mark: " MARK "\n" });

		CHECK(methods[i], r.status == 501 || r.status == 405 ||
		    r.status == 400);
		CHECK("no echo", !reply_holds(&r, MARK));
	}
}

static void
test_paths(void)
{
	TRIALS(paths);
}

static void
test_begin(void)
{
	char	 capitals[37] = "";

	trial_begin();
	let("base", getenv("BASE"));
	snprintf(capitals, sizeof(capitals), "%s", filled("{id}"));
	for (char *p = capitals; *p != '\0'; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	let("ID", capitals);
}

static void
test_end(void)
{
	trial_end();
	client_end();
}

TESTS(paths,
    { "begin", test_begin },
    { "paths", test_paths },
    { "no path at all", test_at_front },
    { "not there", test_alike },
    { "methods", test_methods },
    { "OPTIONS", test_options },
    { "HEAD", test_head },
    { "unknown methods", test_unknown },
    { "methods of proxies", test_refused },
    { "end", test_end })
