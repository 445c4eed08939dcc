/*
 * auth/token - from a token to its user: verify the signature, then ask the
 * database about the subject. The result is cached in the process until
 * something about it changes.
 */
#include "auth/private.h"

#include "base/clock.h"
#include "base/log.h"
#include "cache/generation.h"
#include "cache/lru.h"

#define KEPT_BYTES	((size_t)1 << 20)	/* some 1000 tokens */
#define EXTERNAL_MS	INT64_C(300000)		/* changes at an external provider are not signalled */

/* --- database ----------------------------------------------------------------- */

struct asked {
	struct uuid	 user;
	struct str	 client;
	struct uuid	 jti;
};

static const struct schema asked = SCHEMA("Asked", struct asked,
	FIELD_UUID(struct asked, user, .flags = FIELD_OPTIONAL, .doc = "Subject"),
	FIELD_STR(struct asked, client, .doc = "Client"),
	FIELD_UUID(struct asked, jti, .flags = FIELD_OPTIONAL, .doc = "Token"));

static const struct schema facts = SCHEMA("Facts", struct auth_facts,
	FIELD_INT(struct auth_facts, tv, .flags = FIELD_OPTIONAL, .doc = "Token version"),
	FIELD_BOOL(struct auth_facts, client, .doc = "The client is active"),
	FIELD_BOOL(struct auth_facts, revoked, .doc = "The token is revoked"));

static const struct query facts_of = {
	"SELECT (SELECT tv FROM users WHERE id = ? AND state = 'active') AS tv, "
	"EXISTS (SELECT 1 FROM clients WHERE id = ? AND state = 'active') AS client, "
	"EXISTS (SELECT 1 FROM revoked_tokens WHERE jti = ?) AS revoked",
	.in = &asked, .out = &facts };

const struct query *const auth_queries[] = { &facts_of, NULL };

static struct uuid
uuid_or_nil(struct str text)
{
	struct uuid	 id = { { 0 } };

	return uuid_parse(text, &id) ? id : (struct uuid){ { 0 } };
}

static enum db_err
find_facts(struct store *st, const struct token *t, struct auth_facts *out)
{
	struct asked	 in = { uuid_or_nil(t->sub), t->client_id, uuid_or_nil(t->jti) };

	return query_one(st, &facts_of, &in, out);
}

/* Is the token still valid? */
static bool
is_valid(const struct token *t, const struct auth_facts *f, bool is_user)
{
	bool	 tool = str_is(t->client_id, AUTH_TOOL);

	if (f->revoked || (!tool && !f->client))
		return false;
	if (is_user)
		return f->tv.has && f->tv.v == t->tv;
	return tool || str_eq(t->sub, t->client_id);
}

/* --- cache -------------------------------------------------------------------- */

/* Header of a cache entry; the strings follow in the order of `n`. */
struct kept {
	struct generation_snapshot	 mark;
	struct uuid	 id;
	struct stamp	 expires_at;
	int64_t		 until_ms;
	size_t		 n[5];
};

static void
user_texts(struct user *u, struct str *texts[5])
{
	texts[0] = &u->sub;
	texts[1] = &u->client_id;
	texts[2] = &u->scope;
	texts[3] = &u->roles;
	texts[4] = &u->jti;
}

static void
store_verified(struct auth *au, struct arena *a, struct str digest, struct user *u,
    const struct generation_snapshot *mark, bool external)
{
	struct kept	 k = { .mark = *mark, .id = u->id, .expires_at = u->expires_at };
	struct str	*texts[5];
	struct buf	 b;

	k.until_ms = u->expires_at.ms + TOKEN_SKEW_MS;
	if (external && k.until_ms > clock_now_ms() + EXTERNAL_MS)
		k.until_ms = clock_now_ms() + EXTERNAL_MS;
	user_texts(u, texts);
	for (size_t i = 0; i < NELEMS(texts); i++)
		k.n[i] = texts[i]->n;
	buf_init(&b, a);
	buf_put(&b, &k, sizeof(k));
	for (size_t i = 0; i < NELEMS(texts); i++)
		buf_str(&b, *texts[i]);
	if (buf_ok(&b))
		lru_put(au->verified, digest, buf_view(&b));
}

/* Is it cached, and unchanged since? */
static bool
find_verified(struct auth *au, struct store *st, struct str digest, struct user *u)
{
	struct kept	 k;
	struct str	*texts[5], entry;

	if (!lru_get(au->verified, st->arena, digest, &entry))
		return false;
	memcpy(&k, entry.p, sizeof(k));
	if (clock_now_ms() >= k.until_ms || !generation_fresh(st->generations, &k.mark))
		return false;
	*u = (struct user){ .id = k.id, .expires_at = k.expires_at, .mark = k.mark };
	entry = str_from(entry, sizeof(k));
	user_texts(u, texts);
	for (size_t i = 0; i < NELEMS(texts); i++) {
		if (k.n[i] > 0)
			*texts[i] = (struct str){ entry.p, k.n[i] };
		entry = str_from(entry, k.n[i]);
	}
	return true;
}

/* --- both together ------------------------------------------------------------ */

static bool
snapshot_subject(struct store *st, const struct token *t, struct generation_snapshot *mark)
{
	struct buf	 user, client;
	struct str	 tags[3] = { KEYS_TAG };

	buf_init(&user, st->arena);
	buf_puts(&user, "user/");
	buf_str(&user, t->sub);
	buf_init(&client, st->arena);
	buf_puts(&client, "client/");
	buf_str(&client, t->client_id);
	tags[1] = buf_view(&user);
	tags[2] = buf_view(&client);
	return buf_ok(&user) && buf_ok(&client) && generation_snapshot(st->generations, tags, 3, mark);
}

static enum db_err
check_subject(struct auth *au, struct store *st, const struct token *t,
    struct user *u, enum token_err *judged)
{
	struct auth_facts	 f = { .client = false };
	enum db_err		 err;

	*u = (struct user){ .sub = t->sub, .client_id = t->client_id,
	    .scope = t->scope, .roles = t->roles, .jti = t->jti,
	    .expires_at = t->expires_at };
	if (t->external)
		return DB_OK;
	if (!str_eq(t->sub, t->client_id))
		u->id = uuid_or_nil(t->sub);
	if ((err = au->find_facts(st, t, &f)) == DB_OK &&
	    !is_valid(t, &f, !uuid_is_nil(u->id)))
		*judged = TOKEN_INVALID;
	return err;
}

/*
 * Read the generations before asking the database, and those of the keys before
 * using them; all must still be the same afterwards.
 */
static enum db_err
verify_and_store(struct auth *au, struct store *st, struct str jwt, struct str digest,
    struct user *u, enum token_err *judged)
{
	struct generation_snapshot	 keys, all;
	struct token	 t;
	bool		 kept = st->generations != NULL && generation_snapshot(st->generations, &KEYS_TAG, 1, &keys);
	enum db_err	 err = keys_verify(au->keys, st, jwt, &t, judged);

	if (err != DB_OK || *judged != TOKEN_OK)
		return err;
	kept = kept && snapshot_subject(st, &t, &all) && generation_fresh(st->generations, &keys);
	err = check_subject(au, st, &t, u, judged);
	if (kept)
		u->mark = all;
	if (err == DB_OK && *judged == TOKEN_OK && kept)
		store_verified(au, st->arena, digest, u, &all, t.external);
	return err;
}

enum db_err
auth_identify(struct auth *au, struct store *st, struct str jwt, struct user *u,
    enum token_err *judged)
{
	uint8_t		 sum[SHA256_LEN];
	struct str	 digest = { (const char *)sum, sizeof(sum) };
	struct generation_snapshot	 none;

	*judged = TOKEN_OK;
	if (!crypto_sha256(jwt, sum))
		return DB_NO_MEMORY;
	/* Cache only if the generations file can be relied on. */
	if (st->generations != NULL && generation_snapshot(st->generations, NULL, 0, &none) &&
	    find_verified(au, st, digest, u))
		return DB_OK;
	return verify_and_store(au, st, jwt, digest, u, judged);
}

bool
auth_open(struct auth *au, const struct conf *cf)
{
	*au = (struct auth){ .keys = keys_open(cf), .find_facts = find_facts,
	    .verified = lru_open(KEPT_BYTES) };
	return au->keys != NULL;
}

void
auth_close(struct auth *au)
{
	keys_close(au->keys);
	lru_close(au->verified);
}
