/*
 * idem: requests that come again with their idempotency key.  A function of the
 * test's own does what handlers do, writes and refuses, and is made to fail, or
 * is killed, at any point of it.
 *
 * Linked with --wrap for db_exec, db_query and db_commit: so a process can be killed
 * around each, and a fault be planted, which must then be found.
 */
#include <signal.h>
#include <sys/wait.h>

#include "cache/generation.h"
#include "serve.h"

#define ANN	"0190f5a4-0000-7000-8000-00000000000a"
#define BEN	"0190f5a4-0000-7000-8000-00000000000b"

struct note {
	struct uuid	 id;
	struct str	 slug;
	struct stamp	 updated_at;
};

static const struct schema note = SCHEMA("Note", struct note,
	FIELD_UUID(struct note, id, .flags = FIELD_KEY | FIELD_READONLY, .doc = "Key"),
	FIELD_STR(struct note, slug, .flags = FIELD_UNIQUE, .max = 40, .doc = "Name"),
	FIELD_STAMP(struct note, updated_at, .flags = FIELD_READONLY, .doc = "When"));

static const struct resource notes = {
	.path = "/v1/notes", .table = "notes", .schema = &note,
	.read = SCOPE_NONE, .write = "notes:write", .version = "version",
	.modified = "updated_at", .cached = { .ttl = 60 }, .doc = "Notes" };

static const struct resource strict = {
	.path = "/v1/strict", .table = "notes", .schema = &note,
	.read = SCOPE_NONE, .write = SCOPE_NONE, .operations = OPS_CREATE,
	.idempotency = IDEM_REQUIRED, .doc = "Notes, only with a key" };

/* What the odd one is asked to do. */
struct wish {
	int64_t		 status;
	struct str	 text;
};

static const struct schema wish = SCHEMA("Wish", struct wish,
	FIELD_INT(struct wish, status, .min = 200, .max = 599, .doc = "To be answered"),
	FIELD_STR(struct wish, text, .max = 100, .doc = "To be written"));

/* Points of a request at which its process is killed. */
enum point { NEVER, TAKEN, WRITTEN, KEPT, COMMITTING, COMMITTED, POINTS };
static const char *const points[POINTS] = { "never", "the key is taken",
	"the effect is written", "the answer is written", "before COMMIT", "after COMMIT" };

/* What is wrong on purpose. */
enum plant { NONE, NO_KEY, LATE_ANSWER, NO_TAGS };

static struct {
	int		 runs;		/* of the odd one's write */
	int		 again;		/* so many of them are to be run again */
	int		 lost;		/* COMMITs whose answer is lost: 1 done, 2 not */
	void		 (*inside)(struct req *);	/* called before its write */
	enum point	 dies;
	enum plant	 plant;
	bool		 gives_up;	/* who holds the key, when it is looked for */
	struct val	 late[5];
} odd;

static void
die_at(enum point p)
{
	if (odd.dies == p)
		kill(getpid(), SIGKILL);
}

enum db_err	 __real_db_exec(struct db *, struct str, const struct val *, size_t,
		    struct db_result *);
enum db_err	 __wrap_db_exec(struct db *, struct str, const struct val *, size_t,
		    struct db_result *);
enum db_err	 __real_db_query(struct db *, struct arena *, struct str,
		    const struct val *, size_t, struct db_rows *);
enum db_err	 __wrap_db_query(struct db *, struct arena *, struct str,
		    const struct val *, size_t, struct db_rows *);
enum db_err	 __real_db_commit(struct db *);
enum db_err	 __wrap_db_commit(struct db *);

enum db_err
__wrap_db_exec(struct db *db, struct str sql, const struct val *v, size_t n,
    struct db_result *done)
{
	bool		 take = str_starts(sql, STR("SET STATEMENT"));
	bool		 keep = str_starts(sql, STR("UPDATE idempotency_keys"));
	enum db_err	 err;

	if (take && odd.plant == NO_KEY)
		return DB_OK;
	if (keep && odd.plant == LATE_ANSWER) {
		memcpy(odd.late, v, sizeof(odd.late));
		return DB_OK;
	}
	err = __real_db_exec(db, sql, v, n, done);
	if (take)
		die_at(TAKEN);
	if (keep)
		die_at(KEPT);
	return err;
}

enum db_err
__wrap_db_query(struct db *db, struct arena *a, struct str sql, const struct val *v,
    size_t n, struct db_rows *rows)
{
	if (odd.gives_up && str_starts(sql, STR("SELECT body_hash"))) {
		odd.gives_up = false;
		db_rollback(serve.db);
	}
	return __real_db_query(db, a, sql, v, n, rows);
}

enum db_err
__wrap_db_commit(struct db *db)
{
	enum db_err	 err;

	die_at(COMMITTING);
	if (odd.lost == 2) {
		db_rollback(db);
		return DB_OUTCOME_UNKNOWN;
	}
	err = __real_db_commit(db);
	die_at(COMMITTED);
	if (odd.plant == LATE_ANSWER && err == DB_OK)
		err = __real_db_exec(db, STR("UPDATE idempotency_keys SET status = ?,"
		    " headers = ?, tags = ?, body = ? WHERE id = ?"), odd.late, 5, NULL);
	return odd.lost == 1 && err == DB_OK ? DB_OUTCOME_UNKNOWN : err;
}

static enum db_err
odd_write(struct store *st, void *arg)
{
	const struct wish	*w = arg;
	const struct val	 v = VAL_OF_STR(w->text);
	enum db_err		 err;

	odd.runs++;
	err = db_exec(st->db, STR("INSERT INTO effects (text) VALUES (?)"), &v, 1, NULL);
	if (err == DB_OK && odd.again-- > 0)
		err = DB_RETRY;
	return err == DB_OK && str_is(w->text, "taken back") ? DB_ABORT : err;
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
		odd.inside(rq);
	err = store_write(rq->store, tags, odd.plant == NO_TAGS ? 0 : NELEMS(tags),
	    odd_write, &w);
	die_at(WRITTEN);
	if (err != DB_OK && err != DB_ABORT)
		return resp_db_error(rs, err);
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

static const struct route wrong[] = {
	{ .method = HTTP_PUT, .path = "/v1/odd", .scope = SCOPE_NONE, .run = odd_post,
	  .body = &wish, .idempotency = IDEM_REQUIRED, .doc = "Odd" },
	{ .method = HTTP_POST, .path = "/v1/odd", .scope = SCOPE_NONE, .run = odd_post,
	  .form = &wish, .idempotency = IDEM_REQUIRED, .doc = "Odd" },
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

static const char *
wish_of(int status, const char *what)
{
	return text("{\"status\":%d,\"text\":\"%s\"}", status, what);
}

static struct reply
wished(int status, const char *key)
{
	return ASK("POST", "/v1/odd", .key = key, .body = wish_of(status, "x"));
}

static bool
is_replay(struct reply r)
{
	return header(r, "Idempotent-Replayed") != NULL;
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
	CHECK("there is one", header(b, "Location") != NULL);
	CHECK_TEXT("same type", header(b, "Content-Type"), "application/json");
	CHECK_TEXT("same time", header(b, "Last-Modified"), header(a, "Last-Modified"));
	CHECK("another request", strcmp(header(a, "X-Request-Id"),
	    header(b, "X-Request-Id")) != 0);
	CHECK_TEXT("one row", count("notes"), "1");
	b = ASK("POST", "/v1/notes", .key = "k1", .body = "{\"slug\": \"one\"}");
	CHECK_INT("not a byte may differ", b.status, 422);
	CHECK_TEXT("so it is told", at(b, "/code"), "idempotency_key_reused");
	b = ASK("POST", "/v1/notes", .key = "k1", .body = "{\"slug\":");
	CHECK_INT("what can not be read comes first", b.status, 400);
	CHECK_TEXT("still one row", count("notes"), "1");
}

static void
answers_are_kept_or_not(void)
{
	static const struct { int status; const char *rows; bool kept; } cases[] = {
		{ 200, "1", true }, { 201, "1", true }, { 202, "1", true },
		{ 204, "1", true }, { 402, "1", true }, { 404, "1", true },
		{ 409, "1", true }, { 422, "1", true },
		{ 400, "0", false }, { 401, "0", false }, { 403, "0", false },
		{ 410, "0", false }, { 412, "0", false }, { 413, "0", false },
		{ 415, "0", false }, { 428, "0", false }, { 429, "0", false },
		{ 500, "0", false }, { 503, "0", false },
	};
	struct reply	 a, b;

	for (size_t i = 0; i < NELEMS(cases); i++) {
		anew();
		a = wished(cases[i].status, "k");
		b = wished(cases[i].status, "k");
		CHECK_INT("status", a.status, cases[i].status);
		CHECK_INT("again", b.status, cases[i].status);
		CHECK_INT("kept", is_replay(b), cases[i].kept);
		CHECK_INT("same body", str_eq(a.body, b.body),
		    cases[i].kept || cases[i].status == 204);
		CHECK_TEXT("own header", header(b, "X-Odd"),
		    text("%d", cases[i].status));
		CHECK_TEXT("type", header(b, "Content-Type"), header(a, "Content-Type"));
		CHECK_TEXT("effects", count("effects"), cases[i].rows);
		CHECK_TEXT("keys", count("idempotency_keys"), cases[i].rows);
		CHECK_INT("runs", odd.runs, cases[i].kept ? 1 : 2);
	}
}

/* What a resource refuses in its transaction is kept, and nothing else of it. */
static void
refusals_are_answers(void)
{
	struct reply	 a, b;

	anew();
	a = ASK("POST", "/v1/notes", .body = "{\"slug\":\"one\"}");
	CHECK_INT("without a key", a.status, 201);
	a = ASK("POST", "/v1/notes", .key = "k", .body = "{\"slug\":\"one\"}");
	CHECK_TEXT("taken", at(a, "/code"), "slug_taken");
	sql("DELETE FROM notes");
	b = ASK("POST", "/v1/notes", .key = "k", .body = "{\"slug\":\"one\"}");
	CHECK_INT("taken, whatever is there now", b.status, 409);
	CHECK("the same", str_eq(a.body, b.body));
	CHECK_TEXT("a problem", header(b, "Content-Type"), "application/problem+json");
	CHECK_TEXT("no row", count("notes"), "0");
	b = ASK("POST", "/v1/notes", .key = "k2", .body = "{\"slug\":\"one\"}");
	CHECK_INT("another key asks anew", b.status, 201);
	anew();
	a = ASK("POST", "/v1/odd", .key = "k", .body = wish_of(409, "taken back"));
	CHECK_INT("refused", a.status, 409);
	CHECK_TEXT("what it wrote is taken back", count("effects"), "0");
	CHECK_TEXT("the answer is kept", count("idempotency_keys"), "1");
}

static void
many_at_once_are_one(void)
{
	struct reply	 a, b;

	anew();
	a = ASK("POST", "/v1/notes", .key = "k", .body =
	    "{\"items\":[{\"slug\":\"a\"},{\"slug\":\"b\"},{\"slug\":\"c\"}]}");
	b = ASK("POST", "/v1/notes", .key = "k", .body =
	    "{\"items\":[{\"slug\":\"a\"},{\"slug\":\"b\"},{\"slug\":\"c\"}]}");
	CHECK_INT("a batch", a.status, 201);
	CHECK("again", is_replay(b) && str_eq(a.body, b.body));
	CHECK_TEXT("its rows", count("notes"), "3");
	a = ASK("POST", "/v1/notes", .key = "k2", .body =
	    "{\"items\":[{\"slug\":\"d\"},{\"slug\":\"b\"}]}");
	CHECK_INT("one is taken", a.status, 422);
	CHECK_TEXT("so none is made", count("notes"), "3");
}

/* Whose key, and for what. */
static void
keys_belong_to_somebody(void)
{
	const char	*ann = token_for(ANN, "notes:write");
	const char	*ben = token_for(BEN, "notes:write");
	const struct upstream_request others[] = {
		{ .uri = "/v1/odd", .token = ann },
		{ .uri = "/v1/odd", .token = ben },
		{ .uri = "/v1/other", .token = ann },
		{ .uri = "/v1/odd", .nobody = true, .address = "192.0.2.1" },
		{ .uri = "/v1/odd", .nobody = true, .address = "192.0.2.2" },
		{ .uri = "/v1/odd", .token = ann, .key = "j" },
	};
	struct upstream_request	 q;
	struct reply	 r;

	anew();
	for (size_t i = 0; i < NELEMS(others) * 2; i++) {
		q = others[i % NELEMS(others)];
		q.method = "POST";
		q.key = q.key == NULL ? "k" : q.key;
		q.body = wish_of(201, "x");
		r = ask(&q);
		CHECK_INT("answered", r.status, 201);
		CHECK_INT("each once", is_replay(r), i >= NELEMS(others));
	}
	CHECK_TEXT("each its own", count("effects"), text("%zu", NELEMS(others)));
	r = ASK("POST", "/v1/%6Fdd", .token = ann, .key = "k", .body = wish_of(201, "x"));
	CHECK("a path is what it names", is_replay(r));
}

static void
headers_are_keys_or_not(void)
{
	static const struct { const char *label, *key; int status; } cases[] = {
		{ "a token", "abc", 201 }, { "a string", "\"abc\"", 201 },
		{ "all there may be", "AZaz09._:-", 201 }, { "around it", " abc ", 201 },
		{ "nothing", "", 400 }, { "an empty string", "\"\"", 400 },
		{ "open", "\"abc", 400 }, { "closed", "abc\"", 400 },
		{ "a quote alone", "\"", 400 }, { "a space", "a b", 400 },
		{ "two", "a, b", 400 }, { "two of one", "abc, abc", 400 },
		{ "a parameter", "\"abc\";a=1", 400 }, { "escaped", "\"a\\\"b\"", 400 },
		{ "a slash", "a/b", 400 }, { "not ASCII", "\303\244", 400 },
		{ "bytes", ":YWJj:", 201 },
	};
	char		 most[258];
	struct reply	 r;

	for (size_t i = 0; i < NELEMS(cases); i++) {
		anew();
		r = wished(201, cases[i].key);
		CHECK_INT(cases[i].label, r.status, cases[i].status);
		CHECK_TEXT(cases[i].label, at(r, "/code"), cases[i].status == 400 ?
		    "invalid_header" : NULL);
		CHECK_TEXT(cases[i].label, count("effects"),
		    cases[i].status == 201 ? "1" : "0");
	}
	memset(most, 'x', sizeof(most));
	most[256] = '\0';
	CHECK_INT("too long", wished(201, most).status, 400);
	most[255] = '\0';
	CHECK_INT("just so", wished(201, most).status, 201);
	CHECK_INT("in quotes, too", wished(201, text("\"%s\"", most)).status, 201);
}

static void
rules(void)
{
	struct reply	 r;

	anew();
	r = ASK("POST", "/v1/strict", .nobody = true, .body = "{\"slug\":\"one\"}");
	CHECK_INT("a key is needed", r.status, 400);
	CHECK_TEXT("and named", at(r, "/code"), "idempotency_key_missing");
	r = ASK("POST", "/v1/strict", .nobody = true, .body = "{");
	CHECK_TEXT("before the body is read", at(r, "/code"), "idempotency_key_missing");
	r = ASK("POST", "/v1/strict", .nobody = true, .key = "k", .body = "{\"slug\":\"one\"}");
	CHECK_INT("with one", r.status, 201);
	for (int i = 0; i < 2; i++) {
		r = ASK("POST", "/v1/never", .key = "k", .body = wish_of(201, "x"));
		CHECK("never kept", r.status == 201 && !is_replay(r));
		r = ASK("POST", "/v1/form", .key = "k", .body = "status=201&text=x",
		    .type = "application/x-www-form-urlencoded");
		CHECK("not of forms", r.status == 201 && !is_replay(r));
		r = ASK("PUT", "/v1/odd", .key = "k", .body = wish_of(201, "x"));
		CHECK("not of other methods", r.status == 201 && !is_replay(r));
		r = ASK("POST", "/v1/odd", .body = wish_of(201, "x"));
		CHECK("not where none is sent", r.status == 201 && !is_replay(r));
	}
	CHECK_TEXT("each an effect", count("effects"), "8");
	CHECK_TEXT("one key, of the strict one", count("idempotency_keys"), "1");
	r = ASK("POST", "/v1/never", .key = "a b", .body = wish_of(201, "x"));
	CHECK_INT("nor are they looked at", r.status, 201);
	r = ASK("PUT", "/v1/odd", .key = "a b", .body = wish_of(201, "x"));
	CHECK_INT("nor there", r.status, 201);
	for (size_t i = 0; i < NELEMS(wrong); i++)
		CHECK("a rule that can not be", route_error(&wrong[i]) != NULL);
	CHECK_INT("what it is then", route_idempotency(&wrong[1]), IDEM_NONE);
}

/* --- at the same time ---------------------------------------------------------------- */

static struct program_thread	*second;
static struct reply		 seen[3];

/* Asked by another thread's means, while the first is inside. */
static struct reply
second_asks(const char *key, const char *body)
{
	struct program_thread	*first = serve.t;
	void			 (*inside)(struct req *) = odd.inside;
	struct reply		 r;

	odd.inside = NULL;
	serve.t = second;
	r = ASK("POST", "/v1/odd", .key = key, .body = body);
	serve.t = first;
	odd.inside = inside;
	return r;
}

static void
others_come(struct req *rq)
{
	(void)rq;
	seen[0] = second_asks("k", wish_of(201, "x"));
	seen[1] = second_asks("k", wish_of(201, "y"));
	seen[2] = second_asks("j", wish_of(201, "x"));
}

static void
the_first_is_still_running(void)
{
	struct reply	 a, b;

	anew();
	odd.inside = others_come;
	a = wished(201, "k");
	odd.inside = NULL;
	CHECK_INT("the first", a.status, 201);
	CHECK_INT("the same, meanwhile", seen[0].status, 409);
	CHECK_TEXT("so it is told", at(seen[0], "/code"), "idempotency_in_progress");
	CHECK_TEXT("when to come again", header(seen[0], "Retry-After"), "1");
	CHECK_INT("another body, meanwhile", seen[1].status, 409);
	CHECK_INT("another key", seen[2].status, 201);
	b = second_asks("k", wish_of(201, "x"));
	CHECK("then it is given the answer", is_replay(b) && str_eq(a.body, b.body));
	CHECK_TEXT("two effects of two keys", count("effects"), "2");
}

/* The lock was met, and when it is looked for the key has gone. */
static void
who_held_it_gave_up(void)
{
	struct reply	 r;

	anew();
	CHECK_INT("one is there", wished(201, "k").status, 201);
	sql("CREATE OR REPLACE TABLE held AS SELECT scope_hash, body_hash"
	    " FROM idempotency_keys; DELETE FROM idempotency_keys");
	CHECK_INT("begun", db_begin(serve.db), DB_OK);
	CHECK_INT("held", db_exec(serve.db, STR("INSERT INTO idempotency_keys"
	    " (scope_hash, body_hash) SELECT scope_hash, body_hash FROM held"),
	    NULL, 0, NULL), DB_OK);
	CHECK_INT("held", wished(201, "k").status, 409);
	odd.gives_up = true;
	r = wished(201, "k");
	CHECK("then it is ours", r.status == 201 && !is_replay(r));
	CHECK("it was looked for", !odd.gives_up);
	CHECK_TEXT("a second effect: the first key was never kept", count("effects"), "2");
}

/* --- run again ------------------------------------------------------------------- */

static void
all_is_run_again(void)
{
	struct reply	 r;

	anew();
	odd.again = 2;
	r = wished(201, "k");
	CHECK_INT("at last", r.status, 201);
	CHECK_INT("the third", odd.runs, 3);
	CHECK_TEXT("one effect", count("effects"), "1");
	CHECK_TEXT("the answer is the last one's, not all of theirs", sql_one("SELECT"
	    " LENGTH(headers) - LENGTH(REPLACE(headers, 'X-Odd', '')) FROM idempotency_keys"),
	    "5");
	anew();
	odd.again = 100;
	r = wished(201, "k");
	CHECK_INT("not for ever", r.status, 503);
	CHECK_TEXT("nothing is left", count("effects"), "0");
	CHECK_TEXT("no key either", count("idempotency_keys"), "0");
	odd.again = 0;
	CHECK_INT("so it can be asked again", wished(201, "k").status, 201);
}

/* The server wants the transaction run again; the function does not care. */
static void
meets_a_lock(struct req *rq)
{
	struct db_rows	 rows;
	enum db_err	 err;

	err = db_query(rq->store->db, rq->arena, STR("SELECT id FROM effects"
	    " WHERE text = 'held' FOR UPDATE NOWAIT"), NULL, 0, &rows);
	if (odd.runs++ > 0)
		return;
	CHECK_INT("locked", err, DB_RETRY);
	CHECK_INT("nothing runs any more", db_query(rq->store->db, rq->arena,
	    STR("SELECT 1"), NULL, 0, &rows), DB_RETRY);
	db_rollback(serve.db);
}

static void
also_what_was_overlooked(void)
{
	struct db_rows	 rows;
	struct reply	 r;

	anew();
	sql("INSERT INTO effects (text) VALUES ('held')");
	CHECK_INT("begun", db_begin(serve.db), DB_OK);
	CHECK_INT("held", db_query(serve.db, &serve.arena, STR("SELECT id FROM effects"
	    " FOR UPDATE"), NULL, 0, &rows), DB_OK);
	odd.inside = meets_a_lock;
	r = wished(409, "k");
	CHECK_INT("answered by the second run", r.status, 409);
	CHECK_TEXT("one effect", count("effects"), "2");
	CHECK("kept", is_replay(wished(409, "k")));
}

/* --- what is lost ------------------------------------------------------------------ */

static void
a_commit_without_an_answer(void)
{
	struct reply	 a, b;

	anew();
	odd.lost = 1;
	a = wished(201, "k");
	odd.lost = 0;
	CHECK_INT("it was done", a.status, 201);
	CHECK("and it is the first", !is_replay(a));
	b = wished(201, "k");
	CHECK("so it is kept", is_replay(b) && str_eq(a.body, b.body));
	CHECK_TEXT("once", count("effects"), "1");
	anew();
	odd.lost = 2;
	a = wished(201, "k");
	odd.lost = 0;
	CHECK_INT("it was not", a.status, 503);
	CHECK_TEXT("nothing", count("effects"), "0");
	CHECK_INT("so it can be asked again", wished(201, "k").status, 201);
	CHECK_TEXT("once", count("effects"), "1");
}

/* A process of its own answers, and is killed at this point of it. */
static bool
killed_at(enum point p, enum plant plant)
{
	int	 status = 0;
	pid_t	 pid = fork();

	if (pid == 0) {
		odd.dies = p;
		odd.plant = plant;
		serve.t = program_open_alone(&app, &serve.conf);
		(void)wished(201, "k");
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid &&
	    (p == NEVER ? WIFEXITED(status) : WIFSIGNALED(status));
}

/*
 * Killed there, then asked again with the key until it is answered: how many of
 * what must hold do not.  The server takes a moment to see that it was killed.
 */
static int
faults_after(enum point p, enum plant plant)
{
	struct reply	 r = { .status = 0 };
	int		 wrong_ones = 0;

	anew();
	CHECK(points[p], killed_at(p, plant));
	odd.plant = plant;
	for (int i = 0; i < 100 && r.status != 201; i++) {
		r = wished(201, "k");
		if (r.status != 201)
			usleep(20000);
	}
	wrong_ones += r.status != 201;
	r = wished(201, "k");
	odd.plant = NONE;
	wrong_ones += r.status != 201 || !is_replay(r);
	wrong_ones += strcmp(count("effects"), "1") != 0;
	wrong_ones += strcmp(sql_one("SELECT COUNT(*) FROM idempotency_keys k JOIN effects e"
	    " ON k.body LIKE CONCAT('%\"', e.text, '\"%') AND k.status = 201"), "1") != 0;
	return wrong_ones;
}

static void
all_or_nothing(void)
{
	for (int p = NEVER; p < POINTS; p++)
		CHECK_INT(points[p], faults_after((enum point)p, NONE), 0);
	CHECK("without its key it is done twice", faults_after(COMMITTED, NO_KEY) > 0);
	CHECK("an answer that is written later is missed",
	    faults_after(COMMITTED, LATE_ANSWER) > 0);
}

/* --- what is stale ----------------------------------------------------------------- */

static bool
replay_makes_stale(const char *tag)
{
	struct generations	*g = generation_open(text("%s/gen", serve.folder));
	struct str	 tags[] = { str_of(tag) };
	struct generation_snapshot	 mark;
	bool		 fresh;

	CHECK("generations", g != NULL && generation_snapshot(g, tags, 1, &mark));
	CHECK("again", is_replay(wished(201, "k")));
	fresh = generation_fresh(g, &mark);
	generation_close(g);
	return !fresh;
}

static void
an_answer_given_again_is_news(void)
{
	anew();
	CHECK_INT("first", wished(201, "k").status, 201);
	CHECK("the table", replay_makes_stale("effects"));
	CHECK("the row", replay_makes_stale("effects/1"));
	CHECK("not another", !replay_makes_stale("notes"));
	sql("UPDATE idempotency_keys SET tags = NULL");
	CHECK("where it is not known, all", replay_makes_stale("notes"));
	anew();
	odd.plant = NO_TAGS;
	CHECK_INT("first", wished(201, "k").status, 201);
	CHECK("without its tags nothing", !replay_makes_stale("effects"));
}

static void
begin(void)
{
	serve_begin("idem", "notes:write");
	sql("CREATE TABLE notes (id BINARY(16) NOT NULL PRIMARY KEY,"
	    " slug VARCHAR(40) NOT NULL, version INT UNSIGNED NOT NULL DEFAULT 1,"
	    " updated_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),"
	    " UNIQUE KEY slug (slug));"
	    "CREATE TABLE effects (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,"
	    " text VARCHAR(100) NOT NULL);");
	serve_open(&app);
	CHECK("another thread", (second = program_open_alone(&app, &serve.conf)) != NULL);
}

static void
end(void)
{
	program_thread_close(second);
	serve_end();
}

TESTS(idem, { "begin", begin },
    { "a second one is the first", a_second_one_is_the_first },
    { "answers are kept or not", answers_are_kept_or_not },
    { "refusals are answers", refusals_are_answers },
    { "many at once are one", many_at_once_are_one },
    { "keys belong to somebody", keys_belong_to_somebody },
    { "headers are keys or not", headers_are_keys_or_not }, { "rules", rules },
    { "the first is still running", the_first_is_still_running },
    { "who held it gave up", who_held_it_gave_up },
    { "all is run again", all_is_run_again },
    { "also what was overlooked", also_what_was_overlooked },
    { "a commit without an answer", a_commit_without_an_answer },
    { "all or nothing", all_or_nothing },
    { "an answer given again is news", an_answer_given_again_is_news },
    { "end", end })
