/* owner: owners that are texts, members for a scope, declarations that are refused. */
#include "owner_kit.h"

/* A text owns by its bytes: no collation makes two subjects one. */
static void
texts(void)
{
	const char	*big = token_for("Ann", ""), *small = token_for("ann", "");
	struct reply	 r = ASK("POST", "/v1/papers", .token = big,
			    .body = "{\"title\":\"T\"}");
	const char	*uri = text("/v1/papers/%s", at(r, "/id"));

	CHECK_INT("made", r.status, 201);
	CHECK_TEXT("by her", at(r, "/who"), "Ann");
	CHECK_INT("seen", ASK("GET", uri, .token = big).status, 200);
	CHECK_INT("not by who sounds alike", ASK("GET", uri, .token = small).status, 404);
	CHECK_INT("nor with blanks", ASK("GET", uri, .token = token_for("Ann ", "")).status, 404);
	CHECK_INT("nor deleted", ASK("DELETE", uri, .token = small, .if_match = "*").status, 404);
	CHECK("nor listed", at(ASK("GET", "/v1/papers", .token = small), "/items/0") == NULL);
	CHECK_INT("who sees all", ASK("GET", uri, .token = all).status, 200);
	CHECK_INT("deleted", ASK("DELETE", uri, .token = big, .if_match = "*").status, 204);
}

/* Without an owner: members for a scope. */
static void
scoped(void)
{
	struct reply	 r;

	r = ASK("POST", "/v1/letters", .token = ben,
	    .body = "{\"subject\":\"S\",\"payload\":\"P\"}");
	CHECK_INT("what is not shown can not be sent", r.status, 422);
	r = ASK("POST", "/v1/letters", .token = ben, .body = "{\"subject\":\"S\"}");
	CHECK_INT("without it", r.status, 201);
	CHECK("is not shown", at(r, "/payload") == NULL);
	CHECK_TEXT("has its default", sql_one("SELECT payload FROM letters"), "empty");
	CHECK_TEXT("who may", at(ASK("GET", "/v1/letters/1", .token = all), "/payload"), "empty");
	CHECK_INT("sets it", ASK("PATCH", "/v1/letters/1", .token = all, .if_match = "*",
	    .body = "{\"payload\":\"P\"}").status, 200);
	CHECK_INT("who may not leaves it", ASK("PUT", "/v1/letters/1", .token = ben,
	    .if_match = "*", .body = "{\"subject\":\"S2\"}").status, 200);
	CHECK_TEXT("as it was", sql_one("SELECT payload FROM letters"), "P");
	CHECK_INT("a filter on it", ASK("GET", "/v1/letters?payload=P", .token = ben).status, 400);
	CHECK_INT("for who may", ASK("GET", "/v1/letters?payload=P", .token = all).status, 200);
}

static void
refused(void)
{
	struct resource	 r = folders;

	r.owner = NULL;
	CHECK("own without owner", resource_error(&r) != NULL);
	r = folders;
	r.owner = "name";
	CHECK("an owner the client sends", resource_error(&r) != NULL);
	r.owner = "nobody";
	CHECK("an owner that is no field", resource_error(&r) != NULL);
	r = folders;
	r.write = SCOPE_NONE;
	CHECK("owned and written by anybody", resource_error(&r) != NULL);
	r = people;
	r.operations = 0;
	CHECK("who is made by whom", resource_error(&r) != NULL);
	r = people;
	r.owner = r.admin_scope = NULL;
	CHECK("private for nobody", resource_error(&r) != NULL);
	r = people;
	r.sorts = SORTS(SORT_BY("mail"));
	CHECK("sorted by what is private", resource_error(&r) != NULL);
	r = notes;
	r.filters = FILTERS(FILTER_BY("secret"));
	CHECK("a filter on what is hidden", resource_error(&r) != NULL);
	CHECK("these are not", resource_error(&notes) == NULL &&
	    resource_error(&people) == NULL && resource_error(&papers) == NULL &&
	    resource_error(&letters) == NULL);
}

static enum http_status
never(struct req *rq, struct resp *rs)
{
	(void)rq;
	(void)rs;
	return HTTP_OK;
}

/* What says not who may does not start; the same that says so does. */
static void
starts(void)
{
	struct route	 list[] = {
		{ .method = HTTP_GET, .path = "/v1/x", .run = never, .doc = "X" },
		{ .path = NULL } };
	const struct app	 alone = { .name = "x", .service = "test", .routes = list };
	struct program_thread	*t = program_open_alone(&alone, &serve.conf);

	CHECK("no scope, no start", t == NULL);
	list[0].scope = SCOPE_OWN;
	t = program_open_alone(&alone, &serve.conf);
	CHECK("with it there is", t != NULL);
	if (t != NULL)
		program_thread_close(t);
}

static void
all_fit(void)
{
	static const struct resource *const	 each[] = { &notes, &folders, &people,
		&papers, &letters };
	struct store	 st = { .db = serve.db, .arena = &serve.arena };
	struct buf	 told;
	size_t		 n = 0;

	for (size_t i = 0; i < NELEMS(each); i++) {
		buf_init(&told, &serve.arena);
		CHECK(told.p == NULL ? each[i]->path : told.p,
		    resource_check(&st, each[i], &told, &n));
		if (told.n > 0)
			fprintf(stderr, "%.*s", STR_ARG(buf_view(&told)));
	}
	CHECK("many statements", n > 100);
}

TESTS(owner_rules,
    { "begin", begin },
    { "texts", texts },
    { "scoped", scoped },
    { "refused", refused },
    { "starts", starts },
    { "all fit", all_fit },
    { "end", end })
