/* Entity tags and times: 304, 412, 428, and no lost update. */
#include <pthread.h>

#include "trial.h"

/* Digits, a dash, eight of a hash, in quotes. */
static bool
is_row_tag(const char *tag)
{
	size_t	 n = tag == NULL ? 0 : strlen(tag);
	size_t	 digits = n == 0 ? 0 : strspn(tag + 1, "0123456789");

	return n == digits + 11 && digits > 0 && tag[0] == '"' &&
	    tag[1 + digits] == '-' && tag[n - 1] == '"' &&
	    strspn(tag + digits + 2, "0123456789abcdef") == 8;
}

/* W/ and sixteen of a hash, in quotes. */
static bool
is_list_tag(const char *tag)
{
	return tag != NULL && strlen(tag) == 20 &&
	    strncmp(tag, "W/\"", 3) == 0 &&
	    strspn(tag + 3, "0123456789abcdef") == 16 && tag[19] == '"';
}

static void
test_tags(void)
{
	struct reply	 r = ask_get(PRODUCT, NULL);

	CHECK("a row's", is_row_tag(reply_header(&r, "ETag")));
	r = ask_get(CATEGORY, NULL);
	CHECK("a category's", is_row_tag(reply_header(&r, "ETag")));
	r = ask_get(PRODUCTS, NULL);
	CHECK("a list's", is_list_tag(reply_header(&r, "ETag")));
	r = ask_get(PRODUCTS "?limit=1", NULL);
	CHECK("a page's", is_list_tag(reply_header(&r, "ETag")));
	CHECK_TEXT("a list has no time", reply_header(&r, "Last-Modified"), NULL);
	r = ask_get("/openapi.json", NULL);
	CHECK("the document's", is_list_tag(reply_header(&r, "ETag")));
}

/* {etag} the row's, {bare} without quotes, {list} the list's. */
static void
learn(void)
{
	struct reply	 r = ask_get(PRODUCT, NULL);
	const char	*tag = reply_header(&r, "ETag");
	char		 bare[64] = "", version[64] = "";

	CHECK("a tag", is_row_tag(tag));
	if (tag != NULL)
		snprintf(bare, sizeof(bare), "%.*s", (int)strlen(tag) - 2, tag + 1);
	snprintf(version, sizeof(version), "%.*s", (int)strcspn(bare, "-"), bare);
	let("etag", tag);
	let("bare", bare);
	let("version", version);
	let("modified", reply_header(&r, "Last-Modified"));
	r = ask_get(PRODUCTS "?category_id={cat}", NULL);
	let("list", reply_header(&r, "ETag"));
}

#define ROW(l, value, s)						\
	{ l, "GET", PRODUCT, "If-None-Match: " value "\n", NULL, .status = (s), \
	    .code = (s) == 400 ? "invalid_header" : NULL }
#define LIST(l, value, s)						\
	{ l, "GET", PRODUCTS "?category_id={cat}",			\
	    "If-None-Match: " value "\n", NULL, .status = (s) }

static const struct trial	 none_match[] = {
	ROW("the tag", "{etag}", 304),
	ROW("weak", "W/{etag}", 304),
	ROW("anything", "*", 304),
	ROW("last of a list", "\"a\", \"b\",{etag}", 304),
	ROW("first of a list", "{etag}, \"b\"", 304),
	ROW("in the middle, weak", "\"a\" , W/{etag} , \"b\"", 304),
	ROW("as gzip made it", "\"{bare}-gzip\"", 304),
	ROW("as brotli made it", "\"{bare}-br\"", 304),
	ROW("as deflate made it", "\"{bare}-deflate\"", 304),
	ROW("as zstd made it", "W/\"{bare}-zstd\"", 304),
	ROW("as bzip2 made it", "\"{bare}-bzip2\"", 304),
	ROW("gzip in a list", "\"x-gzip\", \"{bare}-gzip\"", 304),
	ROW("another", "\"0-00000000\"", 200),
	ROW("the version alone", "\"{version}\"", 200),
	ROW("the version and another hash", "\"{version}-00000000\"", 200),
	ROW("the beginning of it", "\"{bare}", 400),
	ROW("more than it", "\"{bare}0\"", 200),
	ROW("an unknown suffix", "\"{bare}-lzma\"", 200),
	ROW("a suffix twice", "\"{bare}-gzip-gzip\"", 200),
	ROW("a star in quotes", "\"*\"", 200),
	ROW("an empty tag", "\"\"", 200),
	ROW("no quotes", "{bare}", 400),
	ROW("a small w", "w/{etag}", 400),
	ROW("no comma", "{etag} {etag}", 400),
	ROW("a star in a list", "*, {etag}", 400),
	ROW("bytes behind", "{etag}x", 400),
	ROW("single quotes", "'{bare}'", 400),
	LIST("a list's", "{list}", 304),
	LIST("another list's", "W/\"0123456789abcdef\"", 200),
	LIST("of anything", "*", 304),
	LIST("a row's", "{etag}", 200),
	TAKEN("HEAD", "HEAD", PRODUCT, "If-None-Match: {etag}\n", NULL, 304),
	TAKEN("HEAD of another", "HEAD", PRODUCT, "If-None-Match: \"x\"\n", NULL, 200),
	REFUSED("nobody's", "GET", NOBODY, "If-None-Match: *\n", NULL, 404,
	    "not_found", ""),
};

static void
test_none_match(void)
{
	learn();
	TRIALS(none_match);
}

/* What a 304 must say, and what it must not. */
static void
test_unchanged(void)
{
	struct reply	 full = ask_get(PRODUCT, NULL);
	struct reply	 r = ask_get(PRODUCT, "If-None-Match: {etag}\n");
	static const char *const	 same[] = { "ETag", "Cache-Control", "Vary",
					     "Last-Modified" };

	CHECK_INT("304", r.status, 304);
	CHECK_INT("no body", r.body.n, 0);
	CHECK_TEXT("no type", reply_header(&r, "Content-Type"), NULL);
	CHECK("its name", reply_header(&r, "X-Request-Id") != NULL);
	for (size_t i = 0; i < NELEMS(same); i++)
		CHECK_TEXT(same[i], reply_header(&r, same[i]),
		    reply_header(&full, same[i]));
}

#define SINCE(l, value, s)						\
	TAKEN(l, "GET", PRODUCT, "If-Modified-Since: " value "\n", NULL, s)

static const struct trial	 since[] = {
	SINCE("the same second", "{modified}", 304),
	SINCE("in many years", "Fri, 01 Jan 2100 00:00:00 GMT", 304),
	SINCE("long ago", "Sun, 06 Nov 1994 08:49:37 GMT", 200),
	SINCE("no time", MARK, 200),
	SINCE("another form of time", "2100-01-01T00:00:00Z", 200),
	SINCE("a day that is not", "Fri, 31 Feb 2099 00:00:00 GMT", 200),
	TAKEN("HEAD", "HEAD", PRODUCT, "If-Modified-Since: {modified}\n", NULL, 304),
	TAKEN("a tag that differs counts before it", "GET", PRODUCT,
	    "If-None-Match: \"x\"\nIf-Modified-Since: {modified}\n", NULL, 200),
	TAKEN("a tag that is the same counts before it", "GET", PRODUCT,
	    "If-None-Match: {etag}\n"
	    "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\n", NULL, 304),
	TAKEN("a list knows none", "GET", PRODUCTS,
	    "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\n", NULL, 200),
	TAKEN("not for writes", "PATCH", PRODUCT, PATCHED
	    "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\n"
	    "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\n", "{}", 200),
	REFUSED("a time is no tag", "PATCH", PRODUCT, BEARER MERGE
	    "If-Unmodified-Since: Fri, 01 Jan 2100 00:00:00 GMT\n", "{}", 428,
	    "precondition_required", ""),
};

static void
test_since(void)
{
	learn();
	TRIALS(since);
}

#define MATCH(l, value, s)						\
	{ l, "PATCH", PRODUCT, BEARER MERGE "If-Match: " value "\n", "{}",	\
	    .status = (s), .code = (s) == 412 ? "precondition_failed" :	\
	    (s) == 400 ? "invalid_header" : NULL }

static const struct trial	 match[] = {
	MATCH("the tag", "{etag}", 200),
	MATCH("anything", "*", 200),
	MATCH("one of a list", "\"a\", {etag}", 200),
	MATCH("as gzip made it", "\"{bare}-gzip\"", 200),
	MATCH("as brotli made it", "\"{bare}-br\"", 200),
	MATCH("the version and another hash", "\"{version}-00000000\"", 200),
	MATCH("one that is weak and one that is not", "W/{etag}, {etag}", 200),
	MATCH("weak", "W/{etag}", 412),
	MATCH("another version", "\"999999-00000000\"", 412),
	MATCH("an empty tag", "\"\"", 412),
	MATCH("a word", "\"" MARK "\"", 412),
	MATCH("more digits", "\"{version}0-00000000\"", 412),
	MATCH("the hash alone", "\"-00000000\"", 412),
	MATCH("a star in quotes", "\"*\"", 412),
	MATCH("a list's", "{list}", 412),
	MATCH("no quotes", "abc", 400),
	MATCH("the tag without quotes", "{bare}", 400),
	MATCH("half a quote", "\"abc", 400),
	MATCH("no comma", "\"a\" \"b\"", 400),
	MATCH("a star in a list", "\"a\", *", 400),
	MATCH("a small w", "w/\"a\"", 400),
	REFUSED("none for a PATCH", "PATCH", PRODUCT, BEARER MERGE, "{}", 428,
	    "precondition_required", ""),
	REFUSED("none for a PUT", "PUT", PRODUCT, POSTED, "{}", 428,
	    "precondition_required", ""),
	REFUSED("none for a DELETE", "DELETE", PRODUCT, BEARER, NULL, 428,
	    "precondition_required", ""),
	REFUSED("none for a category's PATCH", "PATCH", CATEGORY, BEARER MERGE, "{}",
	    428, "precondition_required", ""),
	REFUSED("none for a category's DELETE", "DELETE", CATEGORY, BEARER, NULL, 428,
	    "precondition_required", ""),
	REFUSED("a stale DELETE", "DELETE", PRODUCT,
	    BEARER "If-Match: \"999999-0\"\n", NULL, 412, "precondition_failed", ""),
	REFUSED("a stale PUT", "PUT", PRODUCT, POSTED "If-Match: \"999999-0\"\n",
	    "{'sku':'{sku}','name':'x','price':{'amount':1,'currency':'EUR'}}", 412,
	    "precondition_failed", ""),
};

static void
test_match(void)
{
	struct reply	 r;

	learn();
	TRIALS(match);
	r = ask_get(PRODUCT, NULL);
	CHECK_TEXT("nothing changed", reply_header(&r, "ETag"), filled("{etag}"));
}

/* A 412 says what the tag is now, and shows nothing of the row. */
static void
test_stale(void)
{
	struct reply	 r;

	learn();
	r = ask_with("PATCH", PRODUCT, BEARER MERGE "If-Match: {etag}\n",
	    "{'name':'Fork','description':'" MARK "'}");
	CHECK_INT("changed", r.status, 200);
	CHECK("another tag", strcmp(filled("{etag}"), reply_header(&r, "ETag")) != 0);
	let("now", reply_header(&r, "ETag"));
	r = ask_with("PATCH", PRODUCT, BEARER MERGE "If-Match: {etag}\n",
	    "{'name':'Rake'}");
	check_problem("stale", &r, 412, "precondition_failed");
	CHECK_TEXT("the tag there is", reply_header(&r, "ETag"), filled("{now}"));
	CHECK_TEXT("no time", reply_header(&r, "Last-Modified"), NULL);
	r = ask_with("PATCH", PRODUCT, BEARER MERGE "If-Match: {now}\n",
	    "{'name':'Rake','description':null}");
	CHECK_INT("with that one it goes", r.status, 200);
	CHECK_TEXT("and is done", reply_member(&r, "name"), "Rake");
}

/* What changes nothing changes no tag and no time. */
static void
test_nothing_new(void)
{
	static const struct {
		const char	*method, *headers, *body;
	}	 cases[] = {
		{ "PATCH", BEARER MERGE "If-Match: {etag}\n", "{}" },
		{ "PATCH", BEARER MERGE "If-Match: {etag}\n", "{'name':'Hoe'}" },
		{ "PATCH", BEARER MERGE "If-Match: {etag}\n",
		    "{'price':{'amount':5.0}}" },
		{ "PATCH", BEARER MERGE "If-Match: {etag}\n",
		    "{'category_ids':['{cat}'],'description':null}" },
		{ "PUT", BEARER JSON "If-Match: {etag}\n", "{'sku':'{sku}','name':'Hoe',"
		    "'price':{'amount':5,'currency':'EUR'},'category_ids':['{cat}']}" },
	};
	struct reply	 r = ask_with("PUT", PRODUCT, PUT_ANY, "{'sku':'{sku}',"
			    "'name':'Hoe','price':{'amount':5,'currency':'EUR'},"
			    "'category_ids':['{cat}']}");

	CHECK_INT("as it will stay", r.status, 200);
	learn();
	for (size_t i = 0; i < NELEMS(cases); i++) {
		r = ask_with(cases[i].method, PRODUCT, cases[i].headers, cases[i].body);
		CHECK_INT(cases[i].body, r.status, 200);
		CHECK_TEXT(cases[i].body, reply_header(&r, "ETag"), filled("{etag}"));
		CHECK_TEXT(cases[i].body, reply_header(&r, "Last-Modified"),
		    filled("{modified}"));
	}
	r = ask_with("PATCH", PRODUCT, BEARER MERGE "If-Match: {etag}\n",
	    "{'price':{'amount':6}}");
	CHECK_INT("half a price", r.status, 200);
	CHECK_TEXT("merged", reply_member(&r, "price"),
	    "{\"amount\":6,\"currency\":\"EUR\"}");
	CHECK("a new tag", strcmp(filled("{etag}"), reply_header(&r, "ETag")) != 0);
}

/* The server in front compresses, and marks the tag: it must still be taken. */
static void
test_gzip(void)
{
	char		 long_text[2100];
	struct reply	 r;
	const char	*tag;

	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	let("long", long_text);
	r = ask_with("PATCH", PRODUCT, PATCHED, "{'description':'{long}'}");
	CHECK_INT("long enough", r.status, 200);
	r = ask_get(PRODUCT, "Accept-Encoding: gzip\n");
	CHECK_TEXT("compressed", reply_header(&r, "Content-Encoding"), "gzip");
	CHECK("shorter", r.body.n > 0 && r.body.n < 1500);
	tag = reply_header(&r, "ETag");
	CHECK("marked", tag != NULL && strstr(tag, "-gzip\"") != NULL);
	let("zipped", tag);
	r = ask_get(PRODUCT, "Accept-Encoding: gzip\nIf-None-Match: {zipped}\n");
	CHECK_INT("not sent again", r.status, 304);
	r = ask_get(PRODUCT, "If-None-Match: {zipped}\n");
	CHECK_INT("nor in plain", r.status, 304);
	r = ask_with("PATCH", PRODUCT, BEARER MERGE
	    "Accept-Encoding: gzip\nIf-Match: {zipped}\n", "{'name':'Zip'}");
	CHECK_INT("a change with it", r.status, 200);
	r = ask_with("PATCH", PRODUCT, BEARER MERGE "If-Match: {zipped}\n",
	    "{'name':'Zap'}");
	check_problem("and only one", &r, 412, "precondition_failed");
	r = ask_with("PATCH", PRODUCT, PATCHED, "{'description':null}");
	CHECK_INT("short again", r.status, 200);
}

#define WRITERS	8
#define WRITES	6

struct writer {
	pthread_t	 thread;
	const char	*id;
	int		 done, refused, strange;
};

/* Read, add one, write if nobody was quicker; again until it is done. */
static void
add_one(struct writer *w)
{
	char		 body[64];
	struct reply	 r = ask_get(PRODUCT, NULL);
	const char	*amount = reply_member(&r, "price.amount");

	if (amount == NULL || reply_header(&r, "ETag") == NULL) {
		w->strange++;
		return;
	}
	let("etag", reply_header(&r, "ETag"));
	snprintf(body, sizeof(body), "{'price':{'amount':%d}}", atoi(amount) + 1);
	r = ask_with("PATCH", PRODUCT, BEARER MERGE "If-Match: {etag}\n", body);
	w->done += r.status == 200;
	w->refused += r.status == 412;
	w->strange += r.status != 200 && r.status != 412 && r.status != 503;
}

static void *
writer_run(void *arg)
{
	struct writer	*w = arg;

	let("id", w->id);
	for (int tries = 0; w->done < WRITES && tries < 500; tries++)
		add_one(w);
	client_end();
	return NULL;
}

static void
test_lost_update(void)
{
	struct writer	 w[WRITERS] = { 0 };
	struct reply	 r;
	const char	*id = filled("{id}");
	char		 want[16];
	int		 done = 0, refused = 0, strange = 0;

	r = ask_with("PATCH", PRODUCT, PATCHED, "{'price':{'amount':0}}");
	CHECK_INT("from nothing", r.status, 200);
	for (size_t i = 0; i < WRITERS; i++) {
		w[i].id = id;
		if (pthread_create(&w[i].thread, NULL, writer_run, &w[i]) != 0)
			exit(2);
	}
	for (size_t i = 0; i < WRITERS; i++) {
		pthread_join(w[i].thread, NULL);
		done += w[i].done;
		refused += w[i].refused;
		strange += w[i].strange;
	}
	r = ask_get(PRODUCT, NULL);
	snprintf(want, sizeof(want), "%d", done);
	CHECK_TEXT("every 200 counts once", reply_member(&r, "price.amount"), want);
	CHECK_INT("all came through", done, WRITERS * WRITES);
	CHECK_INT("nothing else was said", strange, 0);
	CHECK("they did meet", refused > 0);
}

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

TESTS(conditional,
    { "begin", test_begin },
    { "forms of tags", test_tags },
    { "If-None-Match", test_none_match },
    { "304", test_unchanged },
    { "If-Modified-Since", test_since },
    { "If-Match", test_match },
    { "412", test_stale },
    { "nothing new", test_nothing_new },
    { "gzip", test_gzip },
    { "lost update", test_lost_update },
    { "end", test_end })
