/* grant - families of refresh tokens. */
#include "auth/grant.h"

#include "base/clock.h"
#include "crypto/crypto.h"
#include "crypto/token.h"

/*
 * Bound values of the statements; a token is stored as its SHA-256 in
 * hexadecimal.
 */
struct values {
	struct uuid	 family, user, jti;
	struct str	 client_id, scope, token;
	struct stamp	 now, expires_at, access_expires_at;
};

static const struct schema found = SCHEMA("Grant", struct grant,
	FIELD_UUID(struct grant, family, .doc = "Family"),
	FIELD_UUID(struct grant, user, .doc = "User"),
	FIELD_STR(struct grant, client_id, .doc = "Client"),
	FIELD_STR(struct grant, scope, .doc = "Scopes"),
	FIELD_STAMP(struct grant, expires_at, .doc = "Expiry of the token"),
	FIELD_STAMP(struct grant, rotated_at, .flags = FIELD_OPTIONAL,
	    .doc = "Time of its use"),
	FIELD_STAMP(struct grant, absolute_expiry, .doc = "Expiry of the family"),
	FIELD_STAMP(struct grant, revoked_at, .flags = FIELD_OPTIONAL,
	    .doc = "Time when the family was ended"));

#define FAMILY	FIELD_UUID(struct values, family, .doc = "Family")
#define USER	FIELD_UUID(struct values, user, .doc = "User")
#define JTI	FIELD_UUID(struct values, jti, .doc = "Access token")
#define CLIENT	FIELD_STR(struct values, client_id, .doc = "Client")
#define SCOPES	FIELD_STR(struct values, scope, .doc = "Scopes")
#define TOKEN	FIELD_STR(struct values, token, .doc = "SHA-256 of the token")
#define NOW	FIELD_STAMP(struct values, now, .doc = "Current time")
#define EXPIRES	FIELD_STAMP(struct values, expires_at, .doc = "Expiry")
#define ACCESS	FIELD_STAMP(struct values, access_expires_at, .doc = "Expiry of the access token")

static const struct schema by_token = SCHEMA("ByToken", struct values, TOKEN);
static const struct schema by_family = SCHEMA("ByFamily", struct values, FAMILY);
static const struct schema begun = SCHEMA("Begun", struct values, FAMILY, USER, CLIENT,
	NOW, EXPIRES);
static const struct schema used = SCHEMA("Used", struct values, NOW, TOKEN, FAMILY);
static const struct schema next = SCHEMA("Next", struct values, TOKEN, FAMILY, SCOPES,
	NOW, EXPIRES, JTI, ACCESS);
static const struct schema ended = SCHEMA("Ended", struct values, NOW, FAMILY);
static const struct schema accesses = SCHEMA("Accesses", struct values, FAMILY, NOW);
static const struct schema access_of = SCHEMA("Access", struct values, JTI, EXPIRES);

enum { FIND, LOCK, BEGIN, USE, NEXT, END, END_ACCESS, REVOKE };

const struct query grant_queries[] = {
	[FIND] = { "SELECT f.id, f.user_id, f.client_id, r.scope, r.expires_at,"
	    " r.rotated_at, f.absolute_expiry, f.revoked_at FROM refresh_tokens r"
	    " JOIN token_families f ON f.id = r.family_id WHERE r.hash = UNHEX(?)",
	    .in = &by_token, .out = &found },
	[LOCK] = { "SELECT id FROM token_families WHERE id = ? AND revoked_at IS NULL"
	    " FOR UPDATE", .in = &by_family, .out = &by_family },
	[BEGIN] = { "INSERT INTO token_families (id, user_id, client_id, created_at,"
	    " absolute_expiry) VALUES (?, ?, ?, ?, ?)", .in = &begun },
	[USE] = { "UPDATE refresh_tokens SET rotated_at = ? WHERE hash = UNHEX(?)"
	    " AND family_id = ? AND rotated_at IS NULL", .in = &used },
	[NEXT] = { "INSERT INTO refresh_tokens (hash, family_id, scope, issued_at,"
	    " expires_at, access_jti, access_expires_at)"
	    " VALUES (UNHEX(?), ?, ?, ?, ?, ?, ?)", .in = &next },
	[END] = { "UPDATE token_families SET revoked_at = ? WHERE id = ?"
	    " AND revoked_at IS NULL", .in = &ended },
	[END_ACCESS] = { "INSERT IGNORE INTO revoked_tokens (jti, expires_at)"
	    " SELECT access_jti, access_expires_at FROM refresh_tokens"
	    " WHERE family_id = ? AND access_expires_at > ?", .in = &accesses },
	[REVOKE] = { "INSERT IGNORE INTO revoked_tokens (jti, expires_at) VALUES (?, ?)",
	    .in = &access_of },
	{ NULL, NULL, NULL },
};

static enum db_err
exec_grant(struct store *st, int which, const struct values *v, struct db_result *done)
{
	return query_exec(st, &grant_queries[which], v, done);
}

static struct stamp
stamp_from_now(int64_t ms)
{
	return (struct stamp){ clock_now_ms() + ms, true };
}

static bool
token_hash(struct arena *a, struct str token, struct str *out)
{
	uint8_t		 digest[SHA256_LEN];
	struct buf	 hex;

	buf_init(&hex, a);
	if (!crypto_sha256(token, digest))
		return false;
	buf_hex(&hex, digest, sizeof(digest));
	*out = buf_view(&hex);
	return buf_ok(&hex);
}

enum db_err
grant_find(struct store *st, struct str token, struct grant *out)
{
	struct values	 v = { .token = { NULL, 0 } };
	enum db_err	 err;

	if (token.n != GRANT_TOKEN)
		return DB_NOT_FOUND;
	if (!token_hash(st->arena, token, &v.token))
		return DB_NO_MEMORY;
	err = query_one(st, &grant_queries[FIND], &v, out);
	out->token = v.token;
	return err;
}

bool
grant_is_valid(const struct grant *g, struct str client)
{
	int64_t	 now = clock_now_ms();

	return str_eq(g->client_id, client) && !g->rotated_at.has &&
	    !g->revoked_at.has && now < g->expires_at.ms && now < g->absolute_expiry.ms;
}

bool
grant_is_stolen(const struct grant *g, struct str client)
{
	return g->rotated_at.has && !g->revoked_at.has &&
	    (!str_eq(g->client_id, client) ||
	    clock_now_ms() - g->rotated_at.ms > GRANT_RETRY_MS);
}

enum db_err
grant_begin(struct store *st, struct grant *g)
{
	struct values	 v = { .user = g->user, .client_id = g->client_id,
			    .now = stamp_from_now(0), .expires_at = stamp_from_now(GRANT_WHOLE_MS) };

	v.family = g->family = uuid_new();
	g->absolute_expiry = v.expires_at;
	return exec_grant(st, BEGIN, &v, NULL);
}

/*
 * Lock the row of the family first, so that using and ending it exclude each
 * other.
 */
enum db_err
grant_use(struct store *st, const struct grant *g)
{
	const struct values	 v = { .family = g->family, .token = g->token,
				    .now = stamp_from_now(0) };
	struct values		 held;
	struct db_result		 done = { 0, 0 };
	enum db_err		 err = query_one(st, &grant_queries[LOCK], &v, &held);

	if (err == DB_OK)
		err = exec_grant(st, USE, &v, &done);
	return err == DB_OK && done.affected == 0 ? DB_NOT_FOUND : err;
}

enum db_err
grant_next(struct store *st, const struct grant *g, const struct grant_access *access,
    struct buf *out)
{
	struct values	 v = { .family = g->family, .scope = g->scope,
			    .now = stamp_from_now(0), .expires_at = stamp_from_now(GRANT_IDLE_MS),
			    .jti = access->jti, .access_expires_at = access->expires_at };
	uint8_t		 bits[32];
	struct buf	 token;

	if (v.expires_at.ms > g->absolute_expiry.ms)
		v.expires_at = g->absolute_expiry;
	buf_init(&token, st->arena);
	if (!crypto_random(bits, sizeof(bits)))
		return DB_NO_MEMORY;
	crypto_base64url_encode(&token, bits, sizeof(bits));
	if (!buf_ok(&token) || !token_hash(st->arena, buf_view(&token), &v.token))
		return DB_NO_MEMORY;
	buf_str(out, buf_view(&token));
	return exec_grant(st, NEXT, &v, NULL);
}

enum db_err
grant_end(struct store *st, const struct grant *g)
{
	/*
	 * Clocks differ: a token that just expired here may still be valid on
	 * another host.
	 */
	const struct values	 ends = { .family = g->family,
				    .now = stamp_from_now(-TOKEN_SKEW_MS) };
	struct values		 v = { .family = g->family, .now = stamp_from_now(0) };
	enum db_err		 err = exec_grant(st, END, &v, NULL);

	return err != DB_OK ? err : exec_grant(st, END_ACCESS, &ends, NULL);
}

enum db_err
grant_revoke(struct store *st, const struct grant_access *access)
{
	const struct values	 v = { .jti = access->jti,
				    .expires_at = access->expires_at };

	return exec_grant(st, REVOKE, &v, NULL);
}
