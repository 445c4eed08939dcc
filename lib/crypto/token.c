/* token - signing and verifying access tokens. */
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/token_private.h"
#include "schema/json.h"
#include "schema/utf8.h"

#define MAX_CLAIM	255	/* bytes of sub, client_id and jti */

/* A claim that is text, and its member in struct token. */
struct text_claim {
	const char	*name;
	size_t		 off;
	size_t		 max;		/* bytes */
	enum { REQUIRED, REQUIRED_FROM_US, OPTIONAL } presence;
	bool		 list;		/* an array in JSON */
};

static const struct text_claim text_claims[] = {
	{ "sub",	offsetof(struct token, sub), MAX_CLAIM, REQUIRED, false },
	{ "client_id",	offsetof(struct token, client_id), MAX_CLAIM, REQUIRED_FROM_US, false },
	{ "jti",	offsetof(struct token, jti), MAX_CLAIM, REQUIRED_FROM_US, false },
	{ "scope",	offsetof(struct token, scope), MAX_TOKEN, OPTIONAL, false },
	{ "roles",	offsetof(struct token, roles), MAX_TOKEN, OPTIONAL, true },
};

/* Header members that would let a token choose its own key or extensions. */
static const char *const refused_members[] = { "crit", "jku", "jwk", "x5u" };

static const char *const token_types[] = { "at+jwt", "application/at+jwt" };

/* Compared by address: these are not faults of the token itself. */
static const char	 no_memory[] = "no memory", unknown_key[] = "kid";

static struct str
claim_of(const struct token *t, const struct text_claim *c)
{
	struct str	 s;

	memcpy(&s, (const char *)t + c->off, sizeof(s));
	return s;
}

/* Is the text valid for this claim?  An external provider may omit more claims. */
static bool
claim_ok(const struct text_claim *c, struct str s, bool external)
{
	bool	 required = c->presence == REQUIRED ||
		    (c->presence == REQUIRED_FROM_US && !external);

	if (s.n == 0)
		return s.p == NULL ? !required : c->presence == OPTIONAL;
	return s.n <= c->max && utf8_is_valid(s) && utf8_is_printable(s, false);
}

static bool
sign_error(const char *why)
{
	log_event(LOG_ERROR, "token", "cannot sign: %s", why);
	return false;
}

/* The words of a text as an array; nothing without words. */
static void
put_words(struct buf *b, const char *name, struct str words)
{
	if (words.n == 0)
		return;
	json_open(b, name, '[');
	while (words.p != NULL)
		json_str(b, NULL, str_cut(&words, ' '));
	json_close(b, "]");
}

static void
put_header(struct buf *b, const struct token_key *key)
{
	json_open(b, NULL, '{');
	json_text(b, "typ", "at+jwt");
	json_text(b, "alg", "ES256");
	json_text(b, "kid", key->kid);
	json_close(b, "}");
}

static void
put_claims(struct buf *b, const struct token_keys *keys,
    const struct token *t, int64_t seconds)
{
	int64_t	 now = clock_now_ms() / 1000;

	json_open(b, NULL, '{');
	json_text(b, "iss", keys->issuer);
	json_text(b, "aud", keys->audience);
	for (size_t i = 0; i < NELEMS(text_claims); i++) {
		struct str	 text = claim_of(t, &text_claims[i]);

		if (text_claims[i].list)
			put_words(b, text_claims[i].name, text);
		else if (text.p != NULL)
			json_str(b, text_claims[i].name, text);
	}
	json_int(b, "iat", now);
	json_int(b, "exp", now + seconds);
	json_int(b, "tv", t->tv);
	json_close(b, "}");
}

/* The first claim that token_verify() would refuse; NULL: none. */
static const char *
sign_fault(const struct token *t, int64_t seconds)
{
	if (seconds < 1 || seconds > INT32_MAX)
		return "lifetime";
	if (t->tv < 0 || t->tv > INT_SAFE)
		return "tv";
	for (size_t i = 0; i < NELEMS(text_claims); i++)
		if (!claim_ok(&text_claims[i], claim_of(t, &text_claims[i]), false))
			return text_claims[i].name;
	return NULL;
}

bool
token_sign(const struct token_keys *keys, const struct token *t,
    int64_t seconds, struct buf *out)
{
	const char	*why = keys->n == 0 ? "no key" : sign_fault(t, seconds);
	struct buf	 header, claims, jwt;
	uint8_t		 sig[ES256_LEN];

	if (why != NULL)
		return sign_error(why);
	buf_init(&header, out->arena);
	buf_init(&claims, out->arena);
	buf_init(&jwt, out->arena);
	put_header(&header, &keys->v[0]);
	put_claims(&claims, keys, t, seconds);
	crypto_base64url_encode(&jwt, header.p, header.n);
	buf_byte(&jwt, '.');
	crypto_base64url_encode(&jwt, claims.p, claims.n);
	if (!buf_ok(&header) || !buf_ok(&claims) || !buf_ok(&jwt))
		return sign_error("no memory, or text that is not UTF-8");
	if (keys->v[0].ec == NULL || !crypto_ec_sign(keys->v[0].ec, buf_view(&jwt), sig))
		return false;
	buf_byte(&jwt, '.');
	crypto_base64url_encode(&jwt, sig, sizeof(sig));
	if (!buf_ok(&jwt) || jwt.n > MAX_TOKEN)
		return sign_error("too long");
	buf_str(out, buf_view(&jwt));
	return buf_ok(out);
}

/* State of a verification: the key that `kid` names, and its set. */
struct verifier {
	const struct token_keys	*keys;
	const struct token_key	*key;
	struct arena		*arena;
};

static const char *
alg_of(const struct token_key *key)
{
	return key->ec != NULL ? "ES256" : "RS256";
}

/* An external provider may use the type "JWT", or none. */
static bool
typ_ok(const struct doc *header, struct str typ, bool external)
{
	bool	 ok = external && (!doc_has(header, "typ") ||
		    (typ.n == 3 && strncasecmp(typ.p, "JWT", 3) == 0));

	for (size_t i = 0; i < NELEMS(token_types); i++)
		ok |= typ.n == strlen(token_types[i]) &&
		    strncasecmp(typ.p, token_types[i], typ.n) == 0;
	return ok;
}

static bool
find_key(struct verifier *v, const struct token_keys *sets, size_t n, struct str kid)
{
	for (size_t i = 0; i < n && kid.n > 0; i++)
		for (size_t k = 0; k < sets[i].n; k++)
			if (str_is(kid, sets[i].v[k].kid)) {
				v->keys = &sets[i];
				v->key = &sets[i].v[k];
				return true;
			}
	return false;
}

static const char *
header_fault(struct verifier *v, const struct token_keys *sets, size_t n,
    const struct doc *header)
{
	struct str	 typ = doc_text(header, "typ", v->arena);
	struct str	 alg = doc_text(header, "alg", v->arena);

	for (size_t i = 0; i < NELEMS(refused_members); i++)
		if (doc_has(header, refused_members[i]))
			return refused_members[i];
	if (!str_is(alg, "ES256") && !str_is(alg, "RS256"))
		return "alg";
	if (!find_key(v, sets, n, doc_text(header, "kid", v->arena)))
		return unknown_key;
	if (!str_is(alg, alg_of(v->key)))
		return "alg";
	return typ_ok(header, typ, v->keys->external != NULL) ? NULL : "typ";
}

static const char *
text_claims_fault(struct verifier *v, const struct doc *claims, struct token *t)
{
	for (size_t i = 0; i < NELEMS(text_claims); i++) {
		const struct text_claim	*c = &text_claims[i];
		struct str		 text = { NULL, 0 };
		bool			 good = true;

		if (t->external && c->presence == OPTIONAL)
			continue;	/* token_apply_map() sets them */
		if (c->list)
			good = doc_word_list(claims, c->name, v->arena, &text);
		else
			text = doc_text(claims, c->name, v->arena);
		if (!good || !claim_ok(c, text, t->external) ||
		    (text.p == NULL && doc_has(claims, c->name)))
			return c->name;
		memcpy((char *)t + c->off, &text, sizeof(text));
	}
	return NULL;
}

/* A NumericDate (RFC 7519 section 2) in whole seconds. */
static bool
time_claim(const struct doc *claims, const char *name, struct stamp *at)
{
	int64_t	 v;

	if (!doc_int(claims, name, &v) || v < 0 || v > INT_SAFE)
		return false;
	*at = (struct stamp){ .ms = v * 1000, .has = true };
	return true;
}

static const char *
time_fault(const struct doc *claims, struct token *t)
{
	int64_t		 latest = clock_now_ms() + TOKEN_SKEW_MS;
	struct stamp	 not_before = { .has = false };

	if (!time_claim(claims, "exp", &t->expires_at))
		return "exp";
	if (!time_claim(claims, "iat", &t->issued_at) || t->issued_at.ms > latest)
		return "iat";
	if (doc_has(claims, "nbf") &&
	    (!time_claim(claims, "nbf", &not_before) || not_before.ms > latest))
		return "nbf";
	return NULL;
}

static const char *
claims_fault(struct verifier *v, const struct doc *claims, struct token *t)
{
	const struct token_keys	*keys = v->keys;
	const char		*why;

	t->external = keys->external != NULL;
	if (!str_is(doc_text(claims, "iss", v->arena), keys->issuer))
		return "iss";
	if (!doc_contains(claims, "aud", str_of(keys->audience), v->arena))
		return "aud";
	if (!t->external && doc_has(claims, "tv") &&
	    (!doc_int(claims, "tv", &t->tv) || t->tv < 0 || t->tv > INT_SAFE))
		return "tv";
	if ((why = text_claims_fault(v, claims, t)) != NULL ||
	    (why = time_fault(claims, t)) != NULL)
		return why;
	return t->external ? token_apply_map(keys->external, v->arena, claims, t) : NULL;
}

/*
 * The JSON object in a part of the token; NULL if there is none.  U+0000 is refused
 * because a member name that contains it equals another name when read as a C string.
 */
static struct doc *
part_object(struct arena *a, struct str part)
{
	struct doc	*doc = NULL;
	struct str	 json;
	enum json_fault	 fault;

	if (!crypto_base64url_decode(a, part, &json) ||
	    memmem(json.p, json.n, "\\u0000", 6) != NULL)
		return NULL;
	fault = decode_parse(a, json, &doc).fault;
	a->failed |= fault == JSON_NO_MEMORY;
	if (fault != JSON_OK || doc_kind(doc) == DOC_OBJECT)
		return doc;
	doc_free(doc);
	return NULL;
}

static const char *
check_header(struct verifier *v, const struct token_keys *sets, size_t n,
    struct str part)
{
	struct doc	*doc = part_object(v->arena, part);
	const char	*why;

	if (doc == NULL)
		return "header";
	why = header_fault(v, sets, n, doc);
	doc_free(doc);
	return why;
}

static const char *
check_claims(struct verifier *v, struct str part, struct token *t)
{
	struct doc	*doc = part_object(v->arena, part);
	const char	*why;

	if (doc == NULL)
		return "claims";
	why = claims_fault(v, doc, t);
	doc_free(doc);
	return why;
}

static const char *
check_signature(const struct verifier *v, struct str data, struct str part)
{
	struct str	 sig;
	enum crypto_sig	 err;

	if (!crypto_base64url_decode(v->arena, part, &sig))
		return "signature";
	err = v->key->ec != NULL ? crypto_ec_verify(v->key->ec, data, sig) :
	    crypto_rsa_verify(v->key->rsa, data, sig);
	if (err == CRYPTO_SIG_ERROR)
		return no_memory;
	return err == CRYPTO_SIG_OK ? NULL : "signature";
}

/* The claims are parsed only after the signature is verified. */
static const char *
token_fault(struct verifier *v, const struct token_keys *sets, size_t n,
    struct str jwt, struct token *t)
{
	struct str	 rest = jwt, header, claims, signed_part;
	const char	*why;

	if (jwt.n > MAX_TOKEN)
		return "length";
	header = str_cut(&rest, '.');
	claims = str_cut(&rest, '.');
	if (rest.p == NULL)
		return "parts";		/* a fourth part would not be base64url */
	signed_part = (struct str){ jwt.p, header.n + 1 + claims.n };
	if ((why = check_header(v, sets, n, header)) != NULL ||
	    (why = check_signature(v, signed_part, rest)) != NULL)
		return why;
	return check_claims(v, claims, t);
}

static enum token_err
err_of(const char *why, const struct arena *a, const struct token *t)
{
	if (a->failed || why == no_memory)
		return TOKEN_NO_MEMORY;
	if (why != NULL)
		return why == unknown_key ? TOKEN_UNKNOWN_KEY : TOKEN_INVALID;
	return clock_now_ms() < t->expires_at.ms + TOKEN_SKEW_MS ? TOKEN_OK :
	    TOKEN_EXPIRED;
}

enum token_err
token_verify(const struct token_keys *sets, size_t n, struct arena *a,
    struct str jwt, struct token *out)
{
	struct verifier	 v = { .arena = a };
	struct token	 t = { .tv = 0 };
	const char	*why = token_fault(&v, sets, n, jwt, &t);
	enum token_err	 err = err_of(why, a, &t);

	*out = err == TOKEN_OK ? t : (struct token){ .tv = 0 };
	if (err != TOKEN_OK)
		log_event(LOG_DEBUG, "token", "refused: %s",
		    why == NULL ? "expired" : why);
	return err;
}

bool
token_claims_issuer(struct arena *a, struct str jwt, const char *issuer)
{
	struct str	 rest = jwt;
	struct doc	*doc;
	bool		 same;

	if (jwt.n > MAX_TOKEN)
		return false;
	(void)str_cut(&rest, '.');
	if ((doc = part_object(a, str_cut(&rest, '.'))) == NULL)
		return false;
	same = str_is(doc_text(doc, "iss", a), issuer);
	doc_free(doc);
	return same;
}
