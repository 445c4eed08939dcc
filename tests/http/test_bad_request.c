/* Refused before the body is looked at: kinds of content, queries, and the order of it all. */
#include "trial.h"

#define KIND(l, type, s)						\
	{ l, "POST", PRODUCTS, BEARER "Content-Type: " type "\n", SPADE(""),	\
	    .status = (s), .code = (s) == 415 ? "unsupported_media_type" : NULL }
#define KIND_PATCH(l, type, s)						\
	{ l, "PATCH", PRODUCT, BEARER ANY "Content-Type: " type "\n", "{}",	\
	    .status = (s), .code = (s) == 415 ? "unsupported_media_type" : NULL }
#define CODED(l, coding, s)						\
	{ l, "POST", PRODUCTS, POSTED "Content-Encoding: " coding "\n", SPADE(""), \
	    .status = (s), .code = (s) == 415 ? "unsupported_media_type" : NULL }

static const struct trial	 kinds[] = {
	KIND("plain JSON", "application/json", 201),
	KIND("in UTF-8", "application/json; charset=utf-8", 201),
	KIND("in UTF-8, in capitals", "Application/JSON;charset=UTF-8", 201),
	KIND("in UTF-8, in quotes", "application/json; charset=\"utf-8\"", 201),
	KIND("text", "text/plain", 415),
	KIND("a form", "application/x-www-form-urlencoded", 415),
	KIND("a form with a file", "multipart/form-data; boundary=x", 415),
	KIND("XML", "application/xml", 415),
	KIND("a merge-patch where none is", "application/merge-patch+json", 415),
	KIND("problems", "application/problem+json", 415),
	KIND("Latin-1", "application/json; charset=iso-8859-1", 415),
	KIND("UTF-16", "application/json; charset=utf-16", 415),
	KIND("JSON and more letters", "application/jsonp", 415),
	KIND("two kinds", "application/json, text/plain", 415),
	REFUSED("no kind", "POST", PRODUCTS, BEARER, SPADE(""), 415,
	    "unsupported_media_type", ""),
	KIND_PATCH("a merge-patch", "application/merge-patch+json", 200),
	KIND_PATCH("a merge-patch in UTF-8",
	    "application/merge-patch+json; charset=UTF-8", 200),
	KIND_PATCH("plain JSON as a patch", "application/json", 415),
	KIND_PATCH("another patch", "application/json-patch+json", 415),
	KIND_PATCH("a text as a patch", "text/plain", 415),
	REFUSED("a merge-patch as a PUT", "PUT", PRODUCT, PATCHED, "{}", 415,
	    "unsupported_media_type", ""),
	CODED("identity", "identity", 201),
	CODED("gzip", "gzip", 415),
	CODED("two codings", "identity, gzip", 415),
	CODED("an unknown coding", "x-" MARK, 415),
};

static const struct trial	 bodies[] = {
	REFUSED("a DELETE with a body", "DELETE", PRODUCT, BEARER ANY JSON, "{}", 400,
	    "unexpected_body", ""),
	REFUSED("a DELETE with one byte", "DELETE", CATEGORY, BEARER ANY, "x", 400,
	    "unexpected_body", ""),
	REFUSED("a GET with a body", "GET", PRODUCT, JSON, "{}", 400,
	    "unexpected_body", ""),
	REFUSED("a GET with a chunk", "GET", PRODUCTS, "Transfer-Encoding: chunked\n",
	    "x", 400, "unexpected_body", ""),
	TAKEN("a GET with a length of nothing", "GET", PRODUCT, "Content-Length: 0\n", NULL,
	    200),
	REFUSED("an OPTIONS that is no route", "OPTIONS", "/v1/products/a/b", NULL,
	    "{}", 404, "not_found", ""),
};

#define TAKES(l, accept, s)						\
	{ l, "GET", PRODUCT, "Accept: " accept "\n", NULL, .status = (s),	\
	    .code = (s) == 406 ? "not_acceptable" : NULL }

static const struct trial	 accepts[] = {
	TAKES("everything", "*/*", 200),
	TAKES("JSON", "application/json", 200),
	TAKES("JSON in capitals", "Application/JSON", 200),
	TAKES("the family", "application/*", 200),
	TAKES("JSON after others", "text/html, application/json;q=0.1", 200),
	TAKES("a browser's", "text/html,application/xhtml+xml,*/*;q=0.8", 200),
	TAKES("JSON with a parameter", "application/json;charset=utf-8", 200),
	TAKES("all but text", "text/*;q=0, */*", 200),
	TAKES("HTML", "text/html", 406),
	TAKES("another family", "text/*", 406),
	TAKES("problems only", "application/problem+json", 406),
	TAKES("JSON not at all", "application/json;q=0", 406),
	TAKES("all but JSON", "application/json;q=0.000, */*", 406),
	TAKES("nothing", "*/*;q=0", 406),
	TAKES("what is no kind", MARK, 406),
	TAKEN("nothing said", "GET", PRODUCT, NULL, NULL, 200),
	REFUSED("of a POST", "POST", PRODUCTS, POSTED "Accept: text/html\n",
	    SPADE(""), 406, "not_acceptable", ""),
};

#define ASKS(l, q)	TAKEN(l, "GET", PRODUCTS q, NULL, NULL, 200)
#define ERRS(l, q, e)							\
	REFUSED(l, "GET", PRODUCTS q, NULL, NULL, 400, "invalid_parameter", e)

static const struct trial	 queries[] = {
	ASKS("none", "?"),
	ASKS("empty pieces", "?&limit=1&&"),
	ASKS("the least", "?limit=1"),
	ASKS("the most", "?limit=100"),
	ASKS("more than the most is less", "?limit=101"),
	ASKS("a name in escapes", "?%6cimit=1"),
	ASKS("every filter", "?category_id={cat}&q=spade&price_min=1&price_max=2"
	    "&in_stock=true&sku=x&sort=-price&fields=id,name&expand=categories"
	    "&count=exact"),
	ERRS("an unknown one", "?colour=" MARK, "colour unknown_parameter"),
	ERRS("another letter case", "?Limit=1", "Limit unknown_parameter"),
	ERRS("an offset", "?offset=1", "offset unknown_parameter"),
	ERRS("one of another resource", "?parent_id={cat}",
	    "parent_id unknown_parameter"),
	ERRS("twice", "?limit=1&limit=1", "limit repeated_parameter"),
	ERRS("twice, once in escapes", "?limit=1&%6Cimit=2",
	    "limit repeated_parameter"),
	ERRS("in brackets", "?limit[]=1", "limit[] unknown_parameter"),
	ERRS("nothing", "?limit=0", "limit out_of_range"),
	ERRS("less than nothing", "?limit=-1", "limit out_of_range"),
	ERRS("a fraction", "?limit=1.5", "limit not_an_integer"),
	ERRS("no number", "?limit=" MARK, "limit type_mismatch"),
	ERRS("an empty number", "?limit=", "limit type_mismatch"),
	ERRS("no value", "?limit", "limit type_mismatch"),
	ERRS("2^64+1", "?limit=18446744073709551617", "limit out_of_range"),
	ERRS("half an escape", "?sku=%4", "sku invalid_format"),
	ERRS("no escape", "?sku=%zz", "sku invalid_format"),
	ERRS("a bad name", "?%ff=1", "? invalid_format"),
	ERRS("bad UTF-8", "?sku=%c3%28", "sku invalid_format"),
	ERRS("an overlong slash", "?sku=%c0%af", "sku invalid_format"),
	ERRS("a NUL", "?sku=a%00b", "sku invalid_characters"),
	ERRS("a newline", "?sku=a%0Ab", "sku invalid_characters"),
	ERRS("no UUID", "?category_id=" MARK, "category_id invalid_format"),
	ERRS("no truth", "?in_stock=maybe", "in_stock type_mismatch"),
	ERRS("an unknown order", "?sort=name", "sort invalid_value"),
	ERRS("an unknown field", "?fields=id,version", "fields invalid_value"),
	ERRS("an unknown expansion", "?expand=stock", "expand invalid_value"),
	ERRS("another count", "?count=yes", "count invalid_value"),
	ERRS("a short search", "?q=ab", "q too_short"),
	ERRS("a made-up cursor", "?cursor=" MARK, "cursor invalid_cursor"),
	ERRS("an empty cursor", "?cursor=", "cursor invalid_cursor"),
	ERRS("a repetition among others", "?limit=0&sort=x&a=1&limit=1&in_stock=2",
	    "limit repeated_parameter, limit out_of_range, sort invalid_value, "
	    "a unknown_parameter, in_stock type_mismatch"),
	ERRS("all of them", "?limit=0&sort=x&a=1&in_stock=2",
	    "limit out_of_range, sort invalid_value, a unknown_parameter, "
	    "in_stock type_mismatch"),
	REFUSED("a limit of one product", "GET", PRODUCT "?limit=1", NULL, NULL, 400,
	    "invalid_parameter", "limit unknown_parameter"),
	TAKEN("fields of one product", "GET", PRODUCT "?fields=name", NULL, NULL, 200),
	REFUSED("a query of a POST", "POST", PRODUCTS "?a=1", POSTED, SPADE(""), 400,
	    "invalid_parameter", "a unknown_parameter"),
	REFUSED("a query of a DELETE", "DELETE", PRODUCT "?force=1", BEARER ANY, NULL,
	    400, "invalid_parameter", "force unknown_parameter"),
	REFUSED("a query of the document", "GET", "/openapi.json?a=1", NULL, NULL, 400,
	    "invalid_parameter", "a unknown_parameter"),
};

/* Two faults each: what stands first in the list of checks answers. */
#define NO_QUERY	"?colour=1"

static const struct trial	 order[] = {
	REFUSED("method before path", "PROPFIND", "/v1/products//", NULL, NULL, 501,
	    "not_implemented", ""),
	REFUSED("path before method", "DELETE", "/v1/products/a/b", NULL, NULL, 404,
	    "not_found", ""),
	REFUSED("method before token", "DELETE", PRODUCTS, "Authorization: Bearer !\n",
	    NULL, 405, "method_not_allowed", ""),
	REFUSED("path before token", "GET", "/v1/products//x",
	    "Authorization: Bearer !\n", NULL, 404, "not_found", ""),
	REFUSED("token before id", "GET", "/v1/products/x",
	    "Authorization: Bearer !\n", NULL, 400, "invalid_request", ""),
	REFUSED("token before kind", "POST", PRODUCTS, "Content-Type: text/plain\n",
	    "{}", 401, "unauthenticated", ""),
	REFUSED("token before If-Match", "DELETE", PRODUCT, NULL, NULL, 401,
	    "unauthenticated", ""),
	REFUSED("token before body", "POST", PRODUCTS, JSON, "{", 401,
	    "unauthenticated", ""),
	REFUSED("unexpected body before kind", "DELETE", PRODUCT,
	    BEARER "Content-Encoding: gzip\n", "x", 400, "unexpected_body", ""),
	REFUSED("coding before kind", "POST", PRODUCTS,
	    BEARER "Content-Encoding: gzip\nContent-Type: text/plain\n", "{}", 415,
	    "unsupported_media_type", ""),
	REFUSED("kind before Accept", "POST", PRODUCTS,
	    BEARER "Content-Type: text/plain\nAccept: text/html\n", "{}", 415,
	    "unsupported_media_type", ""),
	REFUSED("Accept before query", "GET", PRODUCTS NO_QUERY, "Accept: text/html\n",
	    NULL, 406, "not_acceptable", ""),
	REFUSED("Accept before id", "GET", "/v1/products/x", "Accept: text/html\n",
	    NULL, 406, "not_acceptable", ""),
	REFUSED("query before id", "GET", "/v1/products/x" NO_QUERY, NULL, NULL, 400,
	    "invalid_parameter", "colour unknown_parameter"),
	REFUSED("query before If-Match", "DELETE", PRODUCT NO_QUERY, BEARER, NULL, 400,
	    "invalid_parameter", "colour unknown_parameter"),
	REFUSED("id before If-Match", "DELETE", "/v1/products/x", BEARER, NULL, 404,
	    "not_found", ""),
	REFUSED("id before body", "PATCH", "/v1/products/x", PATCHED, "{", 404,
	    "not_found", ""),
	REFUSED("If-Match before JSON", "PATCH", PRODUCT, BEARER MERGE, "{", 428,
	    "precondition_required", ""),
	REFUSED("malformed If-Match before JSON", "PATCH", PRODUCT,
	    BEARER MERGE "If-Match: abc\n", "{", 400, "invalid_header", NULL),
	REFUSED("If-Match before resource", "DELETE", NOBODY, BEARER, NULL, 428,
	    "precondition_required", ""),
	REFUSED("JSON before schema", "POST", PRODUCTS, POSTED, "{'colour':1,}", 400,
	    "malformed_json", ""),
	REFUSED("a mutant before schema", "POST", PRODUCTS, POSTED,
	    "{'colour':1,'colour':2}", 400, "duplicate_key", ""),
	REFUSED("JSON before resource", "PATCH", NOBODY, PATCHED, "{", 400,
	    "malformed_json", ""),
	REFUSED("schema before resource", "PATCH", NOBODY, PATCHED, "{'name':''}", 422,
	    "validation_failed", "#/name too_short"),
	REFUSED("schema before stale If-Match", "PATCH", PRODUCT,
	    BEARER MERGE "If-Match: \"99999-0\"\n", "{'name':''}", 422,
	    "validation_failed", "#/name too_short"),
	REFUSED("schema before conflict", "POST", PRODUCTS, POSTED,
	    "{'sku':'{sku}','name':'','price':{'amount':1,'currency':'EUR'}}", 422,
	    "validation_failed", "#/name too_short"),
	REFUSED("resource before stale If-Match", "DELETE", NOBODY,
	    BEARER "If-Match: \"99999-0\"\n", NULL, 404, "not_found", ""),
	REFUSED("stale If-Match before cycle", "PATCH", CATEGORY,
	    BEARER MERGE "If-Match: \"99999-0\"\n", "{'parent_id':'{cat}'}", 412,
	    "precondition_failed", ""),
	REFUSED("stale If-Match before not empty", "DELETE", CATEGORY,
	    BEARER "If-Match: \"99999-0\"\n", NULL, 412, "precondition_failed", ""),
};

/* The header that says what would have been taken. */
static void
test_told(void)
{
	static const struct {
		const char	*method, *path, *headers, *name, *value;
	}	 cases[] = {
		{ "POST", PRODUCTS, BEARER "Content-Type: text/plain\n",
		    "Accept-Post", "application/json" },
		{ "PUT", PRODUCT, BEARER ANY "Content-Type: text/plain\n",
		    "Accept-Post", "application/json" },
		{ "PATCH", PRODUCT, BEARER ANY "Content-Type: application/json\n",
		    "Accept-Patch", "application/merge-patch+json" },
		{ "POST", PRODUCTS, POSTED "Content-Encoding: br\n",
		    "Accept-Encoding", "identity" },
	};

	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct reply	 r = ask_with(cases[i].method, cases[i].path,
				    cases[i].headers, "{}");

		CHECK_INT(cases[i].name, r.status, 415);
		CHECK_TEXT(cases[i].name, reply_header(&r, cases[i].name),
		    cases[i].value);
	}
}

/* One above the limit is the limit, not more. */
static void
test_limit(void)
{
	struct reply	 r = ask_get(PRODUCTS "?limit=1000000&fields=id", NULL);

	CHECK_INT("lowered", r.status, 200);
	CHECK_TEXT("no 101st", reply_member(&r, "items.100"), NULL);
}

/* TOO MUCH before its kind, its Accept, its query. */
static void
test_size_first(void)
{
	static char	 text[(256 << 10) + 1];
	struct reply	 r;

	memset(text, 'x', sizeof(text));
	r = ask(&(struct ask){ "PATCH", "/v1/products/x" NO_QUERY,
	    BEARER "Content-Type: text/plain\nAccept: text/html\n",
	    { text, sizeof(text) }, true });
	check_problem("size before kind", &r, 413, "body_too_large");
	r = ask(&(struct ask){ "PATCH", PRODUCT, MERGE, { text, sizeof(text) }, true });
	check_problem("token before size", &r, 401, "unauthenticated");
}

#define TABLE(name)							\
	static void							\
	test_##name(void)						\
	{								\
		TRIALS(name);						\
	}

TABLE(kinds)
TABLE(bodies)
TABLE(accepts)
TABLE(queries)
TABLE(order)

static void
test_begin(void)
{
	trial_begin();
}

static void
test_end(void)
{
	trial_end();
	client_end();
}

TESTS(bad_request,
    { "begin", test_begin },
    { "kinds of content", test_kinds },
    { "what would be taken", test_told },
    { "bodies where none is due", test_bodies },
    { "Accept", test_accepts },
    { "queries", test_queries },
    { "limit", test_limit },
    { "order of checks", test_order },
    { "size first", test_size_first },
    { "end", test_end })
