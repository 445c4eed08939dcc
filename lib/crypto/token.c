/* token - see token.h. */
#include <strings.h>

#include "schema/utf8.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/token_private.h"

#define JOB_MAX_CLAIM	255	/* bytes of sub, client_id and jti */

/* A claim that is text, and where it goes. */
struct text_claim {
	const char	*name;
	size_t		 off;
	size_t		 most;
	enum { ALWAYS, FROM_US, NEVER }	 due;
	bool		 list;		/* written as an array */
};

static const struct text_claim text_claims[] = {
	{ "sub",	offsetof(struct token, sub), JOB_MAX_CLAIM, ALWAYS, false },
	{ "client_id",	offsetof(struct token, client_id), JOB_MAX_CLAIM, FROM_US, false },
	{ "jti",	offsetof(struct token, jti), JOB_MAX_CLAIM, FROM_US, false },
	{ "scope",	offsetof(struct token, scope), MAX_TOKEN, NEVER, false },
	{ "roles",	offsetof(struct token, roles), MAX_TOKEN, NEVER, true },
};

/* What a header could use to choose the key or the rules: ours are fixed. */
static const char *const refused_members[] = { "crit", "jku", "jwk", "x5u" };

static const char *const token_types[] = { "at+jwt", "application/at+jwt" };

/* Faults that are not the token's. */
static const char	 no_memory[] = "no memory", no_key[] = "kid";

static struct str
claim_of(const struct token *t, const struct text_claim *c)
{
	struct str	 s;

	memcpy(&s, (const char *)t + c->off, sizeof(s));
	return s;
}

/* May the text be this claim?  An outside provider leaves more out. */
static bool
claim_ok(const struct text_claim *c, struct str s, bool outside)
{
	bool	 due = c->due == ALWAYS || (c->due == FROM_US && !outside);

	if (s.n == 0)
		return s.p == NULL ? !due : c->due == NEVER;
	return s.n <= c->most && utf8_is_valid(s) && utf8_is_printable(s, false);
}

static bool
not_signed(const char *why)
{
	log_event(LOG_ERROR, "token", "not signed: %s", why);
	return false;
}

static void
put_member(struct buf *b, const char *name, struct str text)
{
	buf_byte(b, b->n == 0 ? '{' : ',');
	buf_json(b, str_of(name));
	buf_byte(b, ':');
	buf_json(b, text);
}

static void
put_list(struct buf *b, const char *name, struct str words)
{
	char	 before = '[';

	if (words.n == 0)
		return;
	buf_byte(b, ',');
	buf_json(b, str_of(name));
	buf_byte(b, ':');
	for (; words.p != NULL; before = ',') {
		buf_byte(b, before);
		buf_json(b, str_cut(&words, ' '));
	}
	buf_byte(b, ']');
}

static void
put_header(struct buf *b, const struct token_key *key)
{
	put_member(b, "typ", STR("at+jwt"));
	put_member(b, "alg", STR("ES256"));
	put_member(b, "kid", str_of(key->kid));
	buf_byte(b, '}');
}

static void
put_claims(struct buf *b, const struct token_keys *keys,
    const struct token *t, int64_t seconds)
{
	int64_t	 now = clock_now_ms() / 1000;

	put_member(b, "iss", str_of(keys->issuer));
	put_member(b, "aud", str_of(keys->audience));
	for (size_t i = 0; i < NELEMS(text_claims); i++) {
		struct str	 text = claim_of(t, &text_claims[i]);

		if (text_claims[i].list)
			put_list(b, text_claims[i].name, text);
		else if (text.p != NULL)
			put_member(b, text_claims[i].name, text);
	}
	buf_puts(b, ",\"iat\":");
	buf_int(b, now);
	buf_puts(b, ",\"exp\":");
	buf_int(b, now + seconds);
	buf_puts(b, ",\"tv\":");
	buf_int(b, t->tv);
	buf_byte(b, '}');
}

/* Nothing is signed that token_verify() would not take back. */
static const char *
sign_fault(const struct token *t, int64_t seconds)
{
	if (seconds < 1 || seconds > INT32_MAX)
		return "life";
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
		return not_signed(why);
	buf_init(&header, out->arena);
	buf_init(&claims, out->arena);
	buf_init(&jwt, out->arena);
	put_header(&header, &keys->v[0]);
	put_claims(&claims, keys, t, seconds);
	crypto_base64url_encode(&jwt, header.p, header.n);
	buf_byte(&jwt, '.');
	crypto_base64url_encode(&jwt, claims.p, claims.n);
	if (!buf_ok(&header) || !buf_ok(&claims) || !buf_ok(&jwt))
		return not_signed("no memory, or text that is not UTF-8");
	if (keys->v[0].ec == NULL || !crypto_ec_sign(keys->v[0].ec, buf_view(&jwt), sig))
		return false;
	buf_byte(&jwt, '.');
	crypto_base64url_encode(&jwt, sig, sizeof(sig));
	if (!buf_ok(&jwt) || jwt.n > MAX_TOKEN)
		return not_signed("too long");
	buf_str(out, buf_view(&jwt));
	return buf_ok(out);
}

/* How a token is judged: by this key, of this set. */
struct judge {
	const struct token_keys	*keys;
	const struct token_key	*key;
	struct arena		*arena;
};

static const char *
alg_of(const struct token_key *key)
{
	return key->ec != NULL ? "ES256" : "RS256";
}

/* An outside provider may call it a JWT, or nothing. */
static bool
typ_ok(const struct doc *header, struct str typ, bool outside)
{
	bool	 ours = outside && (!doc_has(header, "typ") ||
		    (typ.n == 3 && strncasecmp(typ.p, "JWT", 3) == 0));

	for (size_t i = 0; i < NELEMS(token_types); i++)
		ours |= typ.n == strlen(token_types[i]) &&
		    strncasecmp(typ.p, token_types[i], typ.n) == 0;
	return ours;
}

static bool
find_key(struct judge *j, const struct token_keys *sets, size_t n, struct str kid)
{
	for (size_t i = 0; i < n && kid.n > 0; i++)
		for (size_t k = 0; k < sets[i].n; k++)
			if (str_is(kid, sets[i].v[k].kid)) {
				j->keys = &sets[i];
				j->key = &sets[i].v[k];
				return true;
			}
	return false;
}

static const char *
header_fault(struct judge *j, const struct token_keys *sets, size_t n,
    const struct doc *header)
{
	struct str	 typ = doc_text(header, "typ", j->arena);
	struct str	 alg = doc_text(header, "alg", j->arena);

	for (size_t i = 0; i < NELEMS(refused_members); i++)
		if (doc_has(header, refused_members[i]))
			return refused_members[i];
	if (!str_is(alg, "ES256") && !str_is(alg, "RS256"))
		return "alg";
	if (!find_key(j, sets, n, doc_text(header, "kid", j->arena)))
		return no_key;
	if (!str_is(alg, alg_of(j->key)))
		return "alg";
	return typ_ok(header, typ, j->keys->outside != NULL) ? NULL : "typ";
}

static const char *
json_fault(struct judge *j, const struct doc *claims, struct token *t)
{
	for (size_t i = 0; i < NELEMS(text_claims); i++) {
		const struct text_claim	*c = &text_claims[i];
		struct str		 text = { NULL, 0 };
		bool			 good = true;

		if (t->outside && c->due == NEVER)
			continue;	/* mapped, each provider's in its way */
		if (c->list)
			good = doc_word_list(claims, c->name, j->arena, &text);
		else
			text = doc_text(claims, c->name, j->arena);
		if (!good || !claim_ok(c, text, t->outside) ||
		    (text.p == NULL && doc_has(claims, c->name)))
			return c->name;
		memcpy((char *)t + c->off, &text, sizeof(text));
	}
	return NULL;
}

/* A NumericDate in whole seconds, which as milliseconds fits 64 bits. */
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
	struct stamp	 begins = { .has = false };

	if (!time_claim(claims, "exp", &t->expires_at))
		return "exp";
	if (!time_claim(claims, "iat", &t->issued_at) || t->issued_at.ms > latest)
		return "iat";
	if (doc_has(claims, "nbf") &&
	    (!time_claim(claims, "nbf", &begins) || begins.ms > latest))
		return "nbf";
	return NULL;
}

static const char *
claims_fault(struct judge *j, const struct doc *claims, struct token *t)
{
	const struct token_keys	*keys = j->keys;
	const char		*why;

	t->outside = keys->outside != NULL;
	if (!str_is(doc_text(claims, "iss", j->arena), keys->issuer))
		return "iss";
	if (!doc_contains(claims, "aud", str_of(keys->audience), j->arena))
		return "aud";
	if (!t->outside && doc_has(claims, "tv") &&
	    (!doc_int(claims, "tv", &t->tv) || t->tv < 0 || t->tv > INT_SAFE))
		return "tv";
	if ((why = json_fault(j, claims, t)) != NULL ||
	    (why = time_fault(claims, t)) != NULL)
		return why;
	return t->outside ? token_mapped(keys->outside, j->arena, claims, t) : NULL;
}

/*
 * The object that a part of the token holds; NULL when it holds none.  A name
 * with U+0000 in it may look like another to whoever reads it as a C string.
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
check_header(struct judge *j, const struct token_keys *sets, size_t n,
    struct str part)
{
	struct doc	*doc = part_object(j->arena, part);
	const char	*why;

	if (doc == NULL)
		return "header";
	why = header_fault(j, sets, n, doc);
	doc_free(doc);
	return why;
}

static const char *
check_claims(struct judge *j, struct str part, struct token *t)
{
	struct doc	*doc = part_object(j->arena, part);
	const char	*why;

	if (doc == NULL)
		return "claims";
	why = claims_fault(j, doc, t);
	doc_free(doc);
	return why;
}

static const char *
check_signature(const struct judge *j, struct str data, struct str part)
{
	struct str	 sig;
	enum crypto_sig	 err;

	if (!crypto_base64url_decode(j->arena, part, &sig))
		return "signature";
	err = j->key->ec != NULL ? crypto_ec_verify(j->key->ec, data, sig) :
	    crypto_rsa_verify(j->key->rsa, data, sig);
	if (err == CRYPTO_SIG_ERROR)
		return no_memory;
	return err == CRYPTO_SIG_OK ? NULL : "signature";
}

/* The claims are not so much as parsed before the signature is right. */
static const char *
token_fault(struct judge *j, const struct token_keys *sets, size_t n,
    struct str jwt, struct token *t)
{
	struct str	 rest = jwt, header, claims, signed_part;
	const char	*why;

	if (jwt.n > MAX_TOKEN)
		return "length";
	header = str_cut(&rest, '.');
	claims = str_cut(&rest, '.');
	if (rest.p == NULL)
		return "parts";		/* more than three: not base64url */
	signed_part = (struct str){ jwt.p, header.n + 1 + claims.n };
	if ((why = check_header(j, sets, n, header)) != NULL ||
	    (why = check_signature(j, signed_part, rest)) != NULL)
		return why;
	return check_claims(j, claims, t);
}

static enum token_err
err_of(const char *why, const struct arena *a, const struct token *t)
{
	if (a->failed || why == no_memory)
		return TOKEN_MEMORY;
	if (why != NULL)
		return why == no_key ? TOKEN_UNKNOWN : TOKEN_INVALID;
	return clock_now_ms() < t->expires_at.ms + TOKEN_SKEW_MS ? TOKEN_OK :
	    TOKEN_EXPIRED;
}

enum token_err
token_verify(const struct token_keys *sets, size_t n, struct arena *a,
    struct str jwt, struct token *out)
{
	struct judge	 j = { .arena = a };
	struct token	 t = { .tv = 0 };
	const char	*why = token_fault(&j, sets, n, jwt, &t);
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
	bool		 says;

	if (jwt.n > MAX_TOKEN)
		return false;
	(void)str_cut(&rest, '.');
	if ((doc = part_object(a, str_cut(&rest, '.'))) == NULL)
		return false;
	says = str_is(doc_text(doc, "iss", a), issuer);
	doc_free(doc);
	return says;
}

bool
scope_has(struct str scopes, struct str one)
{
	bool	 has = false;

	while (scopes.p != NULL && !has)
		has = str_eq(str_cut(&scopes, ' '), one);
	return has && one.n > 0;
}
