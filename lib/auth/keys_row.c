/* keys_row - the table signing_keys. */
#include "auth/keys_private.h"

#include "base/clock.h"
#include "base/log.h"

static const struct schema key_row = SCHEMA("SigningKey", struct key_row,
	FIELD_STR(struct key_row, kid, .doc = "Key id (RFC 7638 thumbprint)"),
	FIELD_STR(struct key_row, public_jwk, .max = 1000, .doc = "Public JWK"),
	FIELD_STR(struct key_row, state, .doc = "next, current or previous"),
	FIELD_STAMP(struct key_row, published_at, .doc = "Time of its creation"),
	FIELD_STAMP(struct key_row, retire_at, .flags = FIELD_OPTIONAL,
	    .doc = "End of its validity"));

struct new_row {
	struct str	 kid, public_jwk, sealed, state;
	struct stamp	 published_at;
};

static const struct schema new_row = SCHEMA("MadeKey", struct new_row,
	FIELD_STR(struct new_row, kid, .doc = "Key id (RFC 7638 thumbprint)"),
	FIELD_STR(struct new_row, public_jwk, .max = 1000, .doc = "Public JWK"),
	FIELD_STR(struct new_row, sealed, .max = 1000, .doc = "Sealed key pair"),
	FIELD_STR(struct new_row, state, .doc = "next or current"),
	FIELD_STAMP(struct new_row, published_at, .doc = "Current time"));

struct state_row {
	struct str	 state;
	struct stamp	 retire_at;
	struct str	 kid;
};

static const struct schema state_row = SCHEMA("MovedKey", struct state_row,
	FIELD_STR(struct state_row, state, .doc = "New state"),
	FIELD_STAMP(struct state_row, retire_at, .flags = FIELD_OPTIONAL,
	    .doc = "End of its validity"),
	FIELD_STR(struct state_row, kid, .doc = "Key id (RFC 7638 thumbprint)"));

struct one_text { struct str text; };

static const struct schema one_text = SCHEMA("OneText", struct one_text,
	FIELD_STR(struct one_text, text, .max = 1000, .doc = "One text"));

#define ROWS								\
	"SELECT kid, public_jwk, state, published_at, retire_at "	\
	"FROM signing_keys ORDER BY FIELD(state, 'next', 'current', 'previous'), "	\
	"published_at DESC"

static const struct query all = { ROWS, .out = &key_row };

enum { ALL_LOCKED, SEALED_OF, INSERT };

const struct query keys_sign_queries[] = {
	[ALL_LOCKED] = { ROWS " FOR UPDATE", .out = &key_row },
	[SEALED_OF] = { "SELECT private_wrapped FROM signing_keys WHERE kid = ?",
	    .in = &one_text, .out = &one_text },
	[INSERT] = { "INSERT INTO signing_keys (kid, alg, public_jwk, private_wrapped, "
	    "state, published_at) VALUES (?, 'ES256', ?, ?, ?, ?)", .in = &new_row },
	{ NULL, NULL, NULL },
};

static const struct query move = {
	"UPDATE signing_keys SET state = ?, retire_at = ? WHERE kid = ?",
	.in = &state_row };
static const struct query drop = {
	"DELETE FROM signing_keys WHERE kid = ?", .in = &one_text };

const struct query *const keys_queries[] = { &all, NULL };

enum db_err
key_row_list(struct store *st, struct key_row **rows, size_t *n)
{
	void		*found;
	enum db_err	 err = query_all(st, &all, NULL, &found, n);

	*rows = found;
	return err;
}

enum db_err
key_row_list_locked(struct store *st, struct key_row **rows, size_t *n)
{
	void		*found;
	enum db_err	 err = query_all(st, &keys_sign_queries[ALL_LOCKED], NULL, &found, n);

	*rows = found;
	return err;
}

const struct key_row *
key_row_find(const struct key_row *rows, size_t n, const char *state)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(rows[i].state, state))
			return &rows[i];
	return NULL;
}

/* The sealed bytes are bound to the id of their row. */
static struct str
seal_label(struct arena *a, const char *kid)
{
	return str_of(arena_fmt(a, "signing key %s", kid));
}

enum db_err
key_row_open(struct store *st, const struct conf *cf, const char *kid,
    struct ec_key **key)
{
	struct one_text	 in = { str_of(kid) }, out;
	struct str	 sealed, der, label = seal_label(st->arena, kid);
	enum db_err	 err = query_one(st, &keys_sign_queries[SEALED_OF], &in, &out);

	*key = NULL;
	if (err != DB_OK)
		return err;
	if (crypto_base64url_decode(st->arena, out.text, &sealed) &&
	    crypto_unseal(st->arena, str_of(cf->secret), label, sealed, &der))
		*key = crypto_ec_from_der(der);
	if (*key != NULL)
		return DB_OK;
	if (st->arena->failed)
		return DB_NO_MEMORY;
	log_event(LOG_ERROR, "keys", "signing key %s was sealed under another "
	    "`secret`: `brisk key rotate --now` makes a new one", kid);
	return DB_ABORT;
}

static bool
seal_row(struct store *st, const struct conf *cf, const struct ec_key *key,
    struct new_row *row)
{
	char		 kid[KID_LEN + 1];
	struct buf	 jwk, der, sealed, text;

	buf_init(&jwk, st->arena);
	buf_init(&der, st->arena);
	buf_init(&sealed, st->arena);
	buf_init(&text, st->arena);
	if (!crypto_ec_thumbprint(key, kid) || !crypto_ec_jwk(&jwk, key) || !crypto_ec_to_der(key, &der) ||
	    !crypto_seal(str_of(cf->secret), seal_label(st->arena, kid),
	    buf_view(&der), &sealed))
		return false;
	crypto_base64url_encode(&text, sealed.p, sealed.n);
	row->kid = arena_copy(st->arena, str_of(kid));
	row->public_jwk = buf_view(&jwk);
	row->sealed = buf_view(&text);
	return buf_ok(&text) && row->kid.p != NULL;
}

enum db_err
key_row_insert(struct store *st, const struct conf *cf, const char *state)
{
	struct new_row	 row = { .state = str_of(state),
	    .published_at = { .ms = clock_now_ms(), .has = true } };
	struct ec_key	*key = crypto_ec_generate();
	bool		 good;

	st->arena->secret = true;
	good = key != NULL && seal_row(st, cf, key, &row);
	crypto_ec_free(key);
	return good ? query_exec(st, &keys_sign_queries[INSERT], &row, NULL) : DB_NO_MEMORY;
}

enum db_err
key_row_delete(struct store *st, struct str kid)
{
	return query_exec(st, &drop, &(struct one_text){ kid }, NULL);
}

enum db_err
key_row_set_state(struct store *st, struct str kid, const char *state,
    struct stamp retire_at)
{
	struct state_row	 row = { str_of(state), retire_at, kid };

	return query_exec(st, &move, &row, NULL);
}
