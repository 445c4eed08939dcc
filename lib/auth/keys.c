/* keys - the signing keys as a process holds them. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "auth/keys_private.h"

#include "base/clock.h"
#include "base/log.h"
#include "cache/generation.h"
#include "schema/json.h"

#define UNKNOWN_US	INT64_C(5000000)	/* between two reads because of an unknown key id */
#define UNMARKED_US	INT64_C(5000000)	/* lifetime of a set when there are no generations */

/* Keys as read at one time; immutable; freed by the last holder. */
struct known {
	atomic_uint		 holders;
	struct token_set	 set;		/* the current key first, if there is one */
	bool			 has_current;
	int64_t			 retire_ms;	/* when the first of them expires */
	int64_t			 read_us;
	bool			 marked;
	struct generation_snapshot		 mark;
	char			*jwks;
};

struct keys {
	const struct conf	*conf;
	pthread_mutex_t		 lock;		/* protects `known` and `signer` */
	pthread_mutex_t		 reading;	/* one thread reads, the others wait */
	struct known		*known;
	struct token_key	 signer;	/* the current key pair */
	struct keys_external		*external;
	bool			 pinned;
};

struct keys *
keys_open(const struct conf *cf)
{
	struct keys	*ks = calloc(1, sizeof(*ks));

	if (ks == NULL)
		return NULL;
	ks->conf = cf;
	pthread_mutex_init(&ks->lock, NULL);
	pthread_mutex_init(&ks->reading, NULL);
	if (keys_external_open(cf, &ks->external))
		return ks;
	keys_close(ks);
	return NULL;
}

static void
known_release(struct known *k)
{
	if (k == NULL || atomic_fetch_sub(&k->holders, 1) > 1)
		return;
	token_set_free(&k->set);
	free(k->jwks);
	free(k);
}

void
keys_close(struct keys *ks)
{
	if (ks == NULL)
		return;
	keys_external_close(ks->external);
	known_release(ks->known);
	crypto_ec_free(ks->signer.ec);
	pthread_mutex_destroy(&ks->lock);
	pthread_mutex_destroy(&ks->reading);
	free(ks);
}

/* --- reading ------------------------------------------------------------------ */

/* The valid keys as a JWK set. */
static bool
write_jwks(struct buf *b, const struct key_row *rows, size_t n)
{
	json_open(b, NULL, '{');
	json_open(b, "keys", '[');
	for (size_t i = 0; i < n; i++) {
		json_item(b);
		buf_str(b, rows[i].public_jwk);
	}
	json_close(b, "]}");
	return buf_ok(b);
}

/* Keep the keys that are valid now; returns when the first of them expires. */
static size_t
keep_valid(struct key_row *rows, size_t n, int64_t *retire_ms)
{
	int64_t	 now = clock_now_ms();
	size_t	 kept = 0;

	*retire_ms = INT64_MAX;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].retire_at.has && rows[i].retire_at.ms <= now)
			continue;
		if (rows[i].retire_at.has && rows[i].retire_at.ms < *retire_ms)
			*retire_ms = rows[i].retire_at.ms;
		rows[kept++] = rows[i];
	}
	return kept;
}

/* token_sign() signs with the first. */
static void
put_current_first(struct known *k, const struct key_row *current)
{
	struct token_key	 first = k->set.v[0];

	for (size_t i = 0; current != NULL && i < k->set.n; i++)
		if (str_is(current->kid, k->set.v[i].kid)) {
			k->set.v[0] = k->set.v[i];
			k->set.v[i] = first;
			k->has_current = true;
			return;
		}
}

static enum db_err
fill_known(struct known *k, struct store *st)
{
	struct key_row	*rows;
	size_t		 n;
	struct buf	 jwks;
	enum db_err	 err = key_row_list(st, &rows, &n);

	if (err != DB_OK)
		return err;
	n = keep_valid(rows, n, &k->retire_ms);
	buf_init(&jwks, st->arena);
	if (!write_jwks(&jwks, rows, n) || (k->jwks = strdup(jwks.p)) == NULL ||
	    !token_set_read(&k->set, st->arena, buf_view(&jwks)))
		return DB_NO_MEMORY;
	/*
	 * The JWKs in the table are valid, so a key that is left out means no
	 * memory.
	 */
	if (k->set.n < n && k->set.n < MAX_TOKEN_KEYS)
		return DB_NO_MEMORY;
	put_current_first(k, key_row_find(rows, n, "current"));
	return DB_OK;
}

/* The generation of the tag is read before the rows. */
static enum db_err
known_read(struct store *st, struct known **out)
{
	struct known	*k = calloc(1, sizeof(*k));
	enum db_err	 err;

	*out = NULL;
	if (k == NULL)
		return DB_NO_MEMORY;
	atomic_init(&k->holders, 1);
	k->read_us = clock_mono_us();
	k->marked = st->generations != NULL &&
	    generation_snapshot(st->generations, &KEYS_TAG, 1, &k->mark);
	if ((err = fill_known(k, st)) == DB_OK)
		*out = k;
	else
		known_release(k);
	return err;
}

static bool
is_fresh(const struct keys *ks, const struct known *k, struct store *st, bool unknown)
{
	int64_t	 age = k == NULL ? 0 : clock_mono_us() - k->read_us;

	if (ks->pinned)
		return true;
	if (k == NULL || clock_now_ms() >= k->retire_ms ||
	    (unknown && age >= UNKNOWN_US))
		return false;
	return k->marked ? st->generations != NULL && generation_fresh(st->generations, &k->mark) :
	    age < UNMARKED_US;
}

static struct known *
known_acquire(struct keys *ks)
{
	struct known	*k;

	pthread_mutex_lock(&ks->lock);
	if ((k = ks->known) != NULL)
		atomic_fetch_add(&k->holders, 1);
	pthread_mutex_unlock(&ks->lock);
	return k;
}

static void
known_replace(struct keys *ks, struct known *k)
{
	struct known	*old;

	pthread_mutex_lock(&ks->lock);
	old = ks->known;
	ks->known = k;
	pthread_mutex_unlock(&ks->lock);
	known_release(old);
}

/*
 * The current set; the caller releases it with known_release(). If the keys cannot
 * be read again, the old set stays in use.
 */
static enum db_err
known_current(struct keys *ks, struct store *st, bool unknown, struct known **out)
{
	struct known	*k = known_acquire(ks), *read;
	enum db_err	 err = DB_OK;

	if (is_fresh(ks, k, st, unknown)) {
		*out = k;
		return DB_OK;
	}
	known_release(k);
	pthread_mutex_lock(&ks->reading);
	k = known_acquire(ks);		/* another thread may have read them meanwhile */
	if (!is_fresh(ks, k, st, unknown) && (err = known_read(st, &read)) == DB_OK) {
		known_replace(ks, read);
		known_release(k);
		k = known_acquire(ks);
	}
	pthread_mutex_unlock(&ks->reading);
	*out = k;
	return k != NULL ? DB_OK : err;
}

/* --- signing and verifying ---------------------------------------------------- */

static struct token_keys
own_key_set(const struct keys *ks, const struct token_key *v, size_t n)
{
	return (struct token_keys){ .v = v, .n = n,
	    .issuer = ks->conf->token_issuer, .audience = ks->conf->token_audience };
}

static enum db_err
verify_own(struct keys *ks, struct store *st, struct str jwt, bool unknown,
    struct token *t, enum token_err *judged)
{
	struct token_keys	 set;
	struct known		*k;
	enum db_err		 err = known_current(ks, st, unknown, &k);

	if (err != DB_OK)
		return err;
	set = own_key_set(ks, k->set.v, k->set.n);
	*judged = token_verify(&set, 1, st->arena, jwt, t);
	known_release(k);
	return DB_OK;
}

static enum db_err
verify_external(struct keys *ks, struct store *st, struct str jwt, bool unknown,
    struct token *t, enum token_err *judged)
{
	struct token_keys	 set;
	void			*held;

	*judged = TOKEN_UNAVAILABLE;
	if (!keys_external_acquire(ks->external, unknown, &set, &held))
		return DB_OK;
	*judged = token_verify(&set, 1, st->arena, jwt, t);
	keys_external_release(held);
	return DB_OK;
}

/* The token's issuer selects the keys; the signature must then match. */
enum db_err
keys_verify(struct keys *ks, struct store *st, struct str jwt, struct token *t,
    enum token_err *judged)
{
	bool		 theirs = ks->external != NULL && token_claims_issuer(st->arena,
			    jwt, ks->conf->oidc_issuer);
	enum db_err	 (*verify)(struct keys *, struct store *, struct str, bool,
			    struct token *, enum token_err *) =
			    theirs ? verify_external : verify_own;
	enum db_err	 err = verify(ks, st, jwt, false, t, judged);

	if (err == DB_OK && *judged == TOKEN_UNKNOWN_KEY)
		err = verify(ks, st, jwt, true, t, judged);
	if (err == DB_OK && *judged == TOKEN_UNKNOWN_KEY)
		*judged = TOKEN_INVALID;
	return err == DB_OK && *judged == TOKEN_NO_MEMORY ? DB_NO_MEMORY : err;
}

const char *
keys_conf_error(const struct conf *cf)
{
	return keys_external_error(cf);
}

enum db_err
keys_jwks(struct keys *ks, struct store *st, struct buf *out)
{
	struct known	*k;
	enum db_err	 err = known_current(ks, st, false, &k);

	if (err != DB_OK)
		return err;
	if (k->jwks != NULL)
		buf_puts(out, k->jwks);
	else
		(void)write_jwks(out, NULL, 0);
	known_release(k);
	return buf_ok(out) ? DB_OK : DB_NO_MEMORY;
}

/* The id of the current key; it is created if there is none. */
static enum db_err
current_key_id(struct keys *ks, struct store *st, char kid[MAX_TOKEN_KID + 1])
{
	struct known	*k;
	enum db_err	 err = known_current(ks, st, false, &k);

	for (int i = 0; err == DB_OK && !k->has_current && i < 2; i++) {
		known_release(k);
		if ((err = keys_complete(st, ks->conf)) == DB_OK &&
		    (err = known_read(st, &k)) == DB_OK) {
			known_replace(ks, k);
			k = known_acquire(ks);
		}
	}
	if (err != DB_OK)
		return err;
	if (k->has_current)
		memcpy(kid, k->set.v[0].kid, sizeof(k->set.v[0].kid));
	else
		err = DB_RETRY;		/* other programs rotate the keys faster than they can be read */
	known_release(k);
	return err;
}

/* Is the loaded key pair that of `kid`? Needs the lock. */
static bool
has_signer(const struct keys *ks, const char *kid)
{
	return ks->signer.ec != NULL && strcmp(ks->signer.kid, kid) == 0;
}

static enum db_err
signer_ready(struct keys *ks, struct store *st, const char *kid)
{
	struct token_key	 made = { .ec = NULL }, old;
	enum db_err		 err;
	bool			 there;

	pthread_mutex_lock(&ks->lock);
	there = has_signer(ks, kid);
	pthread_mutex_unlock(&ks->lock);
	if (there)
		return DB_OK;
	st->arena->secret = true;
	if ((err = key_row_open(st, ks->conf, kid, &made.ec)) != DB_OK)
		return err;
	memcpy(made.kid, kid, strlen(kid));
	pthread_mutex_lock(&ks->lock);
	old = ks->signer;
	ks->signer = made;
	pthread_mutex_unlock(&ks->lock);
	crypto_ec_free(old.ec);
	return DB_OK;
}

enum db_err
keys_sign(struct keys *ks, struct store *st, const struct token *t,
    int64_t seconds, struct buf *out)
{
	char			 kid[MAX_TOKEN_KID + 1];
	struct token_keys	 set = own_key_set(ks, &ks->signer, 1);
	enum db_err		 err;
	bool			 good, there;

	for (int i = 0; i < 3; i++) {	/* the key may be rotated in between */
		if ((err = current_key_id(ks, st, kid)) != DB_OK ||
		    (err = signer_ready(ks, st, kid)) != DB_OK)
			return err;
		pthread_mutex_lock(&ks->lock);
		there = has_signer(ks, kid);
		good = there && token_sign(&set, t, seconds, out);
		pthread_mutex_unlock(&ks->lock);
		if (there)
			return good ? DB_OK : DB_BUG;
	}
	return DB_RETRY;
}

void
keys_pin(struct keys *ks, struct ec_key *key)
{
	struct known	*k = calloc(1, sizeof(*k));

	if (k == NULL)
		abort();
	atomic_init(&k->holders, 1);
	k->has_current = crypto_ec_thumbprint(key, k->set.v[0].kid);
	k->set.v[0].ec = key;
	k->set.n = 1;
	ks->pinned = true;
	known_replace(ks, k);
}
