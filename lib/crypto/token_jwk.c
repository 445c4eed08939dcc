/* token_jwk - reads JWK sets (RFC 7517): P-256 and RSA keys that verify signatures. */
#include "crypto/token_private.h"

/* The decoded bytes of a base64url member; absent if it is missing or invalid. */
static struct str
member_bytes(const struct doc *jwk, const char *name, struct arena *a)
{
	struct str	 text = doc_text(jwk, name, a), out;

	if (text.p == NULL || !crypto_base64url_decode(a, text, &out))
		return (struct str){ NULL, 0 };
	return out;
}

static void
read_ec(struct token_key *key, const struct doc *jwk, struct arena *a)
{
	if (str_is(doc_text(jwk, "crv", a), "P-256"))
		key->ec = crypto_ec_from_point(member_bytes(jwk, "x", a), member_bytes(jwk, "y", a));
}

static void
read_rsa(struct token_key *key, const struct doc *jwk, struct arena *a)
{
	key->rsa = crypto_rsa_from_modulus(member_bytes(jwk, "n", a), member_bytes(jwk, "e", a));
}

static const struct {
	const char	*kty, *alg;
	void		(*read)(struct token_key *, const struct doc *, struct arena *);
} key_types[] = {
	{ "EC", "ES256", read_ec },
	{ "RSA", "RS256", read_rsa },
};

/* Is the member absent, or exactly this text (RFC 7517 sections 4.2 and 4.4)? */
static bool
absent_or(const struct doc *jwk, const char *name, const char *want, struct arena *a)
{
	return !doc_has(jwk, name) || str_is(doc_text(jwk, name, a), want);
}

/* Is the key meant for verification (RFC 7517 sections 4.2 to 4.4)? */
static bool
may_verify(const struct doc *jwk, const char *alg, struct arena *a)
{
	return absent_or(jwk, "use", "sig", a) && absent_or(jwk, "alg", alg, a) &&
	    (!doc_has(jwk, "key_ops") ||
	    doc_contains(jwk, "key_ops", STR("verify"), a));
}

/* Leaves `ec` and `rsa` NULL if the key cannot be used. */
static void
read_key(struct token_key *key, const struct doc *jwk, struct arena *a)
{
	struct str	 kid = doc_text(jwk, "kid", a), kty = doc_text(jwk, "kty", a);

	*key = (struct token_key){ .ec = NULL };
	if (kid.n == 0 || kid.n > MAX_TOKEN_KID || memchr(kid.p, '\0', kid.n) != NULL)
		return;
	memcpy(key->kid, kid.p, kid.n);
	for (size_t i = 0; i < NELEMS(key_types); i++)
		if (str_is(kty, key_types[i].kty) && may_verify(jwk, key_types[i].alg, a))
			key_types[i].read(key, jwk, a);
}

static bool
has_kid(const struct token_set *set, const char *kid)
{
	for (size_t i = 0; i < set->n; i++)
		if (strcmp(set->v[i].kid, kid) == 0)
			return true;
	return false;
}

static void
key_free(struct token_key *key)
{
	crypto_ec_free(key->ec);
	crypto_rsa_free(key->rsa);
}

void
token_set_free(struct token_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		key_free(&set->v[i]);
	set->n = 0;
}

static void
read_keys(struct token_set *set, const struct doc *doc, struct arena *a)
{
	const struct doc	*jwk;
	struct token_key	 key;

	for (size_t i = 0; set->n < MAX_TOKEN_KEYS &&
	    (jwk = doc_item(doc, "keys", i, a)) != NULL; i++) {
		read_key(&key, jwk, a);
		if ((key.ec == NULL && key.rsa == NULL) || has_kid(set, key.kid))
			key_free(&key);
		else
			set->v[set->n++] = key;
	}
}

bool
token_set_read(struct token_set *set, struct arena *a, struct str json)
{
	struct doc	*doc = NULL;
	bool		 good;

	set->n = 0;
	if (decode_parse(a, json, &doc).fault != JSON_OK)
		return false;
	good = doc_kind(doc) == DOC_OBJECT && doc_has(doc, "keys");
	if (good)
		read_keys(set, doc, a);
	doc_free(doc);
	if (!a->failed)
		return good;
	token_set_free(set);
	return false;
}
