/*
 * idem: requests that come again with their idempotency key.  A function of the
 * test's own does what handlers do, writes and refuses, and can be made to fail
 * at any point of it.
 */
#include "serve.h"

#define ANN	"0190f5a4-0000-7000-8000-00000000000a"
#define BEN	"0190f5a4-0000-7000-8000-00000000000b"

struct note {
	struct uuid	 id;
	struct str	 slug;
	struct stamp	 updated_at;
};

static const struct shape note = SHAPE("Note", struct note,
	FIELD_UUID(struct note, id, .flags = FIELD_KEY | FIELD_READONLY, .doc = "Key"),
	FIELD_STR(struct note, slug, .flags = FIELD_UNIQUE, .max = 40, .doc = "Name"),
	FIELD_STAMP(struct note, updated_at, .flags = FIELD_READONLY, .doc = "When"));

static const struct resource notes = {
	.path = "/v1/notes", .table = "notes", .shape = &note,
	.read = SCOPE_NONE, .write = "notes:write", .version = "version",
	.modified = "updated_at", .cached = { .ttl = 60 }, .doc = "Notes" };

static const struct resource strict = {
	.path = "/v1/strict", .table = "notes", .shape = &note,
	.read = SCOPE_NONE, .write = SCOPE_NONE, .only = ONLY_CREATE,
	.idempotency = IDEM_REQUIRED, .doc = "Notes, only with a key" };

/* What the odd one is asked to do. */
struct wish {
	int64_t		 status;
	struct str	 text;
};

static const struct shape wish = SHAPE("Wish", struct wish,
	FIELD_INT(struct wish, status, .min = 200, .max = 599, .doc = "To be answered"),
	FIELD_STR(struct wish, text, .max = 100, .doc = "To be written"));

static struct {
	int	 runs;		/* of the odd one's write */
	int	 again;		/* so many of them are to be run again */
	void	 (*inside)(void);	/* called before its write */
} odd;

static enum db_err
odd_write(struct store *st, void *arg)
{
	const struct wish	*w = arg;
	const struct val	 v = VAL_OF_STR(w->text);
	enum db_err		 err;

	odd.runs++;
	err = db_exec(st->db, STR("INSERT INTO effects (text) VALUES (?)"), &v, 1, NULL);
	return err == DB_OK && odd.again-- > 0 ? DB_AGAIN : err;
}

/* It writes, whatever it then answers. */
static enum http_status
odd_post(struct req *rq, struct resp *rs)
{
	struct wish	 w = *BODY(rq, struct wish);
	struct str	 tags[] = { STR("effects"), STR("effects/1") };
	enum db_err	 err;

	resp_header(rs, "X-Odd", "%d", (int)w.status);
	if (odd.inside != NULL)
		odd.inside();
	err = store_write(rq->store, tags, NELEMS(tags), odd_write, &w);
	if (err != DB_OK)
		return resp_db(rs, err);
	if (w.status >= 300)
		return resp_problem(rs, (enum http_status)w.status, "odd", "as asked");
	buf_fmt(&rs->body, "{\"text\":\"%.*s\",\"id\":\"%s\"}", STR_ARG(w.text), rq->id);
	rs->etag = STR("\"1\"");
	return resp_json(rs, (enum http_status)w.status);
}

static const struct route routes[] = {
	{ .method = HTTP_POST, .path = "/v1/odd", .scope = SCOPE_NONE, .run = odd_post,
	  .body = &wish, .doc = "Odd" },
	{ .method = HTTP_POST, .path = "/v1/other", .scope = SCOPE_NONE, .run = odd_post,
	  .body = &wish, .doc = "Odd, elsewhere" },
	{ .method = HTTP_POST, .path = "/v1/never", .scope = SCOPE_NONE, .run = odd_post,
	  .body = &wish, .idempotency = IDEM_NONE, .doc = "Odd, and never twice" },
	{ .method = HTTP_POST, .path = "/v1/form", .scope = SCOPE_NONE, .run = odd_post,
	  .form = &wish, .doc = "Odd, by a form" },
	{ .method = HTTP_PUT, .path = "/v1/odd", .scope = SCOPE_NONE, .run = odd_post,
	  .body = &wish, .doc = "Odd, by another method" },
	{ .path = NULL },
};

static const struct app app = { .name = "idem", .service = "core",
	.resources = RESOURCES(&notes, &strict), .routes = routes };

static const char *
count(const char *table)
{
	return sql_one(text("SELECT COUNT(*) FROM %s", table));
}

static void
anew(void)
{
	sql("DELETE FROM notes; DELETE FROM effects; DELETE FROM idempotency_keys;");
	memset(&odd, 0, sizeof(odd));
}

static struct reply
wished(int status, const char *key)
{
	return ASK("POST", "/v1/odd", .key = key, .body = text("{\"status\":%d,"
	    "\"text\":\"x\"}", status));
}

static void
a_second_one_is_the_first(void)
{
	struct reply	 a, b;

	anew();
	a = ASK("POST", "/v1/notes", .key = "k1", .body = "{\"slug\":\"one\"}");
	b = ASK("POST", "/v1/notes", .key = "\"k1\"", .body = "{\"slug\":\"one\"}");
	CHECK_INT("first", a.status, 201);
	CHECK_TEXT("is none again", header(a, "Idempotent-Replayed"), NULL);
	CHECK_INT("second", b.status, 201);
	CHECK_TEXT("says so", header(b, "Idempotent-Replayed"), "true");
	CHECK("same bytes", str_eq(a.body, b.body));
	CHECK_TEXT("same ETag", header(b, "ETag"), header(a, "ETag"));
	CHECK_TEXT("same place", header(b, "Location"), header(a, "Location"));
	CHECK_TEXT("same type", header(b, "Content-Type"), "application/json");
	CHECK_TEXT("same time", header(b, "Last-Modified"), header(a, "Last-Modified"));
	CHECK("another request", strcmp(header(a, "X-Request-Id"),
	    header(b, "X-Request-Id")) != 0);
	CHECK_TEXT("one row", count("notes"), "1");
}

static void
answers_are_kept_or_not(void)
{
	static const struct { int status; const char *rows; bool kept; } cases[] = {
		{ 200, "1", true }, { 201, "1", true }, { 202, "1", true },
		{ 402, "1", true }, { 404, "1", true }, { 409, "1", true },
		{ 422, "1", true },
		{ 400, "0", false }, { 401, "0", false }, { 403, "0", false },
		{ 412, "0", false }, { 413, "0", false }, { 415, "0", false },
		{ 428, "0", false }, { 429, "0", false }, { 500, "0", false },
		{ 503, "0", false },
	};
	struct reply	 a, b;

	for (size_t i = 0; i < NELEMS(cases); i++) {
		anew();
		a = wished(cases[i].status, "k");
		b = wished(cases[i].status, "k");
		CHECK_INT("status", a.status, cases[i].status);
		CHECK_INT("again", b.status, cases[i].status);
		CHECK_TEXT("kept", header(b, "Idempotent-Replayed"),
		    cases[i].kept ? "true" : NULL);
		CHECK_INT("same body", str_eq(a.body, b.body), cases[i].kept);
		CHECK_TEXT("own header", header(b, "X-Odd"),
		    text("%d", cases[i].status));
		CHECK_TEXT("effects", count("effects"), cases[i].rows);
		CHECK_TEXT("keys", count("idempotency_keys"), cases[i].rows);
		CHECK_INT("runs", odd.runs, cases[i].kept ? 1 : 2);
	}
}

static void
setup(void)
{
	serve_begin("idem", "notes:write");
	sql("CREATE TABLE notes (id BINARY(16) NOT NULL PRIMARY KEY,"
	    " slug VARCHAR(40) NOT NULL, version INT UNSIGNED NOT NULL DEFAULT 1,"
	    " updated_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),"
	    " UNIQUE KEY slug (slug));"
	    "CREATE TABLE effects (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,"
	    " text VARCHAR(100) NOT NULL);");
	serve_open(&app);
}

static void
teardown(void)
{
	serve_end();
}

TESTS(idem,
	{ "begin", setup },
	{ "a second one is the first", a_second_one_is_the_first },
	{ "answers are kept or not", answers_are_kept_or_not },
	{ "end", teardown })
