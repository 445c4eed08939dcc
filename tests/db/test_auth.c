/*
 * auth: what ends a token holds from the next request on, and a token that is
 * known costs no statement.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "auth/keys_private.h"
#include "serve.h"

#define ANN	"01920000-0000-7000-8000-000000000001"
#define BEN	"01920000-0000-7000-8000-000000000002"
#define JTI	"01920000-0000-7000-8000-0000000000a1"

/* Says who asks. */
static enum http_status
whoami(struct req *rq, struct resp *rs)
{
	char	 id[UUID_LEN + 1];

	uuid_text(rq->user->id, id);
	buf_puts(&rs->body, "{\"sub\":");
	buf_json(&rs->body, rq->user->sub);
	buf_puts(&rs->body, ",\"scope\":");
	buf_json(&rs->body, rq->user->scope);
	buf_puts(&rs->body, ",\"client_id\":");
	buf_json(&rs->body, rq->user->client_id);
	buf_fmt(&rs->body, ",\"id\":\"%s\",\"roles\":", id);
	buf_json(&rs->body, rq->user->roles);
	buf_puts(&rs->body, "}");
	return resp_json(rs, HTTP_OK);
}

static const struct route routes[] = {
	{ HTTP_GET, "/v1/whoami", .scope = SCOPE_OWN, .run = whoami,
	    .doc = "Who asks" },
	{ HTTP_GET, "/v1/writers", .scope = "products:write", .run = whoami,
	    .doc = "Who may write" },
	{ .path = NULL }
};

static const struct app	 app = { .name = "auth", .service = "core",
	.routes = routes };
static struct store	 writer;	/* of this test, as another program's */

/* A token with everything said. */
static const char *
token_of(const char *sub, const char *client, const char *jti, int64_t tv)
{
	struct keys	*keys = keys_open(&serve.conf);
	struct store	 st = { .db = serve.db, .arena = &serve.arena };
	struct token	 t = { .sub = str_of(sub), .client_id = str_of(client),
			    .scope = STR("products:write"), .jti = str_of(jti),
			    .roles = STR("merchant"), .tv = tv };
	struct buf	 b;

	buf_init(&b, &serve.arena);
	CHECK("token", keys != NULL && keys_sign(keys, &st, &t, 600, &b) == DB_OK);
	keys_close(keys);
	return buf_ok(&b) ? b.p : "";
}

static int
status_of(const char *token)
{
	return ASK("GET", "/v1/whoami", .token = token).status;
}

static enum db_err
run_text(struct store *st, void *text)
{
	return db_exec(st->db, str_of(text), NULL, 0, NULL);
}

/* A write of another program, with the tag of what it changes. */
static void
change(const char *tag, const char *statement)
{
	struct str	 t = str_of(tag);

	CHECK(statement, store_write(&writer, &t, 1, run_text,
	    (void *)(uintptr_t)statement) == DB_OK);
}

static void
begin(void)
{
	serve_begin("auth", "products:write");
	sql("INSERT INTO users (id) VALUES (UNHEX(REPLACE('" ANN "', '-', ''))), "
	    "(UNHEX(REPLACE('" BEN "', '-', '')));"
	    "INSERT INTO clients (id, kind, secret_hash, scopes, grants) VALUES "
	    "('till', 'confidential', REPEAT('x', 32), 'products:write', "
	    "'client_credentials');");
	serve_open(&app);
	writer = (struct store){ .db = serve.db, .arena = &serve.arena,
	    .generations = generation_open(text("%s/gen", serve.folder)) };
	CHECK("generations", writer.generations != NULL);
	/* A new file is not used before the processes of an old one are gone. */
	while (generation_young_us(writer.generations) > 0)
		usleep(10000);
}

static const struct {
	const char	*label, *sub, *client;
	int64_t		 tv;
	int		 status;
} subjects[] = {
	{ "a user by a client",		ANN,	"docs",	1, 200 },
	{ "by brisk",			ANN,	"brisk", 1, 200 },
	{ "an older version",		ANN,	"docs",	0, 401 },
	{ "a version to come",		ANN,	"docs",	2, 401 },
	{ "no such user",		JTI,	"docs",	1, 401 },
	{ "by no such client",		ANN,	"none",	1, 401 },
	{ "a client",			"till",	"till",	0, 200 },
	{ "no such client",		"none",	"none",	0, 401 },
	{ "a name, by brisk",		"admin", "brisk", 0, 200 },
	{ "a name, by a client",	"admin", "docs", 0, 401 },
	{ "another client's name",	"till",	"docs",	0, 401 },
};

static void
who(void)
{
	struct reply	 r;

	for (size_t i = 0; i < NELEMS(subjects); i++) {
		const char	*t = token_of(subjects[i].sub, subjects[i].client, JTI,
				    subjects[i].tv);

		CHECK_INT(subjects[i].label, status_of(t), subjects[i].status);
		CHECK_INT(subjects[i].label, status_of(t), subjects[i].status);
	}
	for (int i = 0; i < 2; i++) {	/* asked, and remembered */
		r = ASK("GET", "/v1/whoami", .token = token_of(ANN, "docs", JTI, 1));
		CHECK_TEXT("sub", at(r, "/sub"), ANN);
		CHECK_TEXT("id", at(r, "/id"), ANN);
		CHECK_TEXT("scope", at(r, "/scope"), "products:write");
		CHECK_TEXT("client", at(r, "/client_id"), "docs");
		CHECK_TEXT("roles", at(r, "/roles"), "merchant");
	}
	r = ASK("GET", "/v1/whoami", .token = token_of("till", "till", JTI, 0));
	CHECK_TEXT("a client is no user", at(r, "/id"),
	    "00000000-0000-0000-0000-000000000000");
}

/* Each ends it for who it is of, and for nobody else. */
static const struct {
	const char	*label, *tag, *ends, *mends;
	bool		 ann, ben, till;	/* goes on */
} endings[] = {
	{ "a new password", "user/" ANN, "UPDATE users SET tv = tv + 1 WHERE id = "
	  "UNHEX(REPLACE('" ANN "', '-', ''))", "UPDATE users SET tv = 1", false,
	  true, true },
	{ "deleted", "user/" ANN, "UPDATE users SET state = 'deleted' WHERE id = "
	  "UNHEX(REPLACE('" ANN "', '-', ''))", "UPDATE users SET state = 'active'",
	  false, true, true },
	{ "this token alone", "user/" ANN, "INSERT INTO revoked_tokens VALUES "
	  "(UNHEX(REPLACE('" JTI "', '-', '')), '2100-01-01')",
	  "DELETE FROM revoked_tokens", false, true, true },
	{ "a client", "client/till", "UPDATE clients SET state = 'deleted' WHERE "
	  "id = 'till'", "UPDATE clients SET state = 'active'", true, true, false },
	{ "the client they came by", "client/docs", "UPDATE clients SET state = "
	  "'deleted' WHERE id = 'docs'", "UPDATE clients SET state = 'active'", false,
	  false, true },
	{ "nothing", "user/" ANN, "DO 0", "DO 0", true, true, true },
};

static void
ends(void)
{
	const char	*ann = token_of(ANN, "docs", JTI, 1);
	const char	*ben = token_of(BEN, "docs", BEN, 1);
	const char	*till = token_of("till", "till", ANN, 0);

	for (size_t i = 0; i < NELEMS(endings); i++) {
		CHECK_INT("holds", status_of(ann), 200);
		CHECK_INT("holds", status_of(ben), 200);
		CHECK_INT("holds", status_of(till), 200);
		change(endings[i].tag, endings[i].ends);
		CHECK_INT(endings[i].label, status_of(ann), endings[i].ann ? 200 : 401);
		CHECK_INT(endings[i].label, status_of(ben), endings[i].ben ? 200 : 401);
		CHECK_INT(endings[i].label, status_of(till), endings[i].till ? 200 : 401);
		change(endings[i].tag, endings[i].mends);
	}
}

static int64_t
statements(void)
{
	return atoll(sql_one("SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS "
	    "WHERE VARIABLE_NAME = 'COM_STMT_EXECUTE'"));
}

/*
 * What is remembered is told without the database: where the tag is left out
 * of a write, the old word goes on.  That is also the mutant of ends().
 */
static void
remembered(void)
{
	const char	*ann = token_of(ANN, "docs", JTI, 1);
	int64_t		 before, own;

	CHECK_INT("asked", status_of(ann), 200);
	before = statements();
	own = statements() - before;
	for (int i = 0; i < 20; i++)
		CHECK_INT("known", status_of(ann), 200);
	CHECK_INT("no statement", statements() - before - 2 * own, 0);
	sql("UPDATE users SET tv = 9 WHERE id = UNHEX(REPLACE('" ANN "', '-', ''))");
	CHECK_INT("written past us", status_of(ann), 200);
	generation_invalidate(writer.generations, &STR("user/" ANN), 1);
	CHECK_INT("until the tag moves", status_of(ann), 401);
	sql("UPDATE users SET tv = 1");
	CHECK_INT("nor is a refusal kept", status_of(ann), 200);
	clock_set_ms(clock_now_ms() + 631000);
	CHECK_INT("it ends by itself", status_of(ann), 401);
	clock_set_ms(0);
}

/* A rotation is known at once; what the key before signed holds still. */
static void
rotated(void)
{
	const char	*before = token_of(ANN, "docs", JTI, 1), *after;
	const char	*kid = sql_one("SELECT kid FROM signing_keys WHERE state = 'current'");
	struct buf	 told;

	CHECK_INT("before", status_of(before), 200);
	buf_init(&told, &serve.arena);
	CHECK("rotated", keys_rotate(&writer, &serve.conf, true, &told) == DB_OK);
	after = token_of(ANN, "docs", JTI, 1);
	CHECK_INT("the new key", status_of(after), 200);
	CHECK_INT("the old one", status_of(before), 200);
	CHECK("too early", keys_rotate(&writer, &serve.conf, false, &told) == DB_ABORT);
	CHECK("revoked", keys_revoke(&writer, str_of(kid)) == DB_OK);
	CHECK_INT("from now on", status_of(before), 401);
	CHECK_INT("the other holds", status_of(after), 200);
	CHECK("rotated", keys_rotate(&writer, &serve.conf, true, &told) == DB_OK);
	CHECK_INT("previous", status_of(after), 200);
	sql("UPDATE signing_keys SET retire_at = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR "
	    "WHERE state = 'previous'");
	generation_invalidate(writer.generations, &KEYS_TAG, 1);
	CHECK_INT("its hour", status_of(after), 200);
	clock_set_ms(clock_now_ms() + 3600000 + 1);
	CHECK_INT("is over", status_of(after), 401);
	clock_set_ms(0);
}

static void *
first_signs(void *arg)
{
	struct db	*db = db_open(&serve.root);
	struct arena	 a;
	struct store	 st = { .db = db, .arena = &a };
	struct keys	*keys = keys_open(&serve.conf);
	struct token	 t = { .sub = STR("admin"), .client_id = STR("brisk"),
			    .jti = STR("1") };
	struct buf	 b;

	if (db != NULL && keys != NULL && arena_init(&a, 1 << 20)) {
		buf_init(&b, &a);
		if (keys_sign(keys, &st, &t, 60, &b) == DB_OK)
			atomic_fetch_add((atomic_int *)arg, 1);
		arena_free(&a);
	}
	keys_close(keys);
	db_close(db);
	return NULL;
}

/* Of many that find no key, one makes it. */
static void
first_key(void)
{
	pthread_t	 t[8];
	atomic_int	 good = 0;

	sql("DELETE FROM signing_keys");
	for (size_t i = 0; i < NELEMS(t); i++)
		CHECK_INT("started", pthread_create(&t[i], NULL, first_signs, &good), 0);
	for (size_t i = 0; i < NELEMS(t); i++)
		CHECK_INT("ended", pthread_join(t[i], NULL), 0);
	CHECK_INT("all signed", atomic_load(&good), NELEMS(t));
	CHECK_TEXT("one pair", sql_one("SELECT COUNT(*) FROM signing_keys"), "2");
	generation_invalidate(writer.generations, &KEYS_TAG, 1);
}

/* Our own JWK set, and no private half in it. */
static void
published(void)
{
	struct keys	*keys = keys_open(&serve.conf);
	struct store	 st = { .db = serve.db, .arena = &serve.arena };
	struct token_set set;
	struct buf	 b;

	buf_init(&b, &serve.arena);
	CHECK("jwks", keys != NULL && keys_jwks(keys, &st, &b) == DB_OK);
	CHECK("is one", token_set_read(&set, &serve.arena, buf_view(&b)));
	CHECK_INT("next and current", set.n, 2);
	CHECK("public", b.p != NULL && strstr(b.p, "\"d\"") == NULL);
	token_set_free(&set);
	keys_close(keys);
}

/* No database: a new token can not be judged, a known one can. */
static void
down(void)
{
	const char	*known = token_of(ANN, "docs", JTI, 1);
	const char	*fresh = token_of(BEN, "docs", JTI, 1);
	struct reply	 r;

	CHECK_INT("known", status_of(known), 200);
	sql("RENAME TABLE revoked_tokens TO away");
	CHECK_INT("known still", status_of(known), 200);
	r = ASK("GET", "/v1/whoami", .token = fresh);
	CHECK("no guess", r.status == 500 || r.status == 503);
	sql("RENAME TABLE away TO revoked_tokens");
	CHECK_INT("again", status_of(fresh), 200);
	serve.conf.database_socket = "/nonexistent/db.sock";
	serve_open(&app);
	CHECK_INT("no database", status_of(known), 503);
	serve.conf.database_socket = getenv("TEST_DB_SOCKET");
	serve_open(&app);
	CHECK_INT("there again", status_of(known), 200);
}

static void
end(void)
{
	generation_close(writer.generations);
	serve_end();
}

TESTS(auth,
    { "begin", begin },
    { "who", who },
    { "what ends a token", ends },
    { "remembered", remembered },
    { "rotated", rotated },
    { "the first key", first_key },
    { "published", published },
    { "down", down },
    { "end", end })
