/* token - see token.h. */
#include <strings.h>

#include "clock.h"
#include "log.h"
#include "token.h"

#define CLAIM_MOST	255	/* bytes of sub, client_id and jti */

/* A claim that is text, and where it goes. */
struct text_claim {
	const char	*name;
	size_t		 off;
	size_t		 most;
	bool		 optional;
};

static const struct text_claim text_claims[] = {
	{ "sub",	offsetof(struct token, sub),	   CLAIM_MOST, false },
	{ "client_id",	offsetof(struct token, client_id), CLAIM_MOST, false },
	{ "jti",	offsetof(struct token, jti),	   CLAIM_MOST, false },
	{ "scope",	offsetof(struct token, scope),	   TOKEN_MOST, true },
};

/* What a header could use to choose the key or the rules: ours are fixed. */
static const char *const refused_members[] = { "crit", "jku", "jwk", "x5u" };

static const char *const token_types[] = { "at+jwt", "application/at+jwt" };

static struct str
claim_of(const struct token *t, const struct text_claim *c)
{
	struct str	 s;

	memcpy(&s, (const char *)t + c->off, sizeof(s));
	return s;
}

/* May the text be this claim? */
static bool
claim_ok(const struct text_claim *c, struct str s)
{
	if (s.p == NULL)
		return c->optional;
	return (s.n > 0 || c->optional) && s.n <= c->most &&
	    text_utf8(s) && text_printable(s, false);
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
put_header(struct buf *b, const struct token_keys *keys)
{
	put_member(b, "typ", STR("at+jwt"));
	put_member(b, "alg", STR("ES256"));
	put_member(b, "kid", str_of(keys->kid));
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

		if (text.p != NULL)
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
		if (!claim_ok(&text_claims[i], claim_of(t, &text_claims[i])))
			return text_claims[i].name;
	return NULL;
}

bool
token_sign(const struct token_keys *keys, const struct token *t,
    int64_t seconds, struct buf *out)
{
	const char	*why = sign_fault(t, seconds);
	struct buf	 header, claims, jwt;
	uint8_t		 sig[ES256_LEN];

	if (why != NULL)
		return not_signed(why);
	buf_init(&header, out->arena);
	buf_init(&claims, out->arena);
	buf_init(&jwt, out->arena);
	put_header(&header, keys);
	put_claims(&claims, keys, t, seconds);
	crypto_base64url(&jwt, header.p, header.n);
	buf_byte(&jwt, '.');
	crypto_base64url(&jwt, claims.p, claims.n);
	if (!buf_ok(&header) || !buf_ok(&claims) || !buf_ok(&jwt))
		return not_signed("no memory, or text that is not UTF-8");
	if (!ec_sign(keys->key, buf_view(&jwt), sig))
		return false;
	buf_byte(&jwt, '.');
	crypto_base64url(&jwt, sig, sizeof(sig));
	if (!buf_ok(&jwt) || jwt.n > TOKEN_MOST)
		return not_signed("too long");
	buf_str(out, buf_view(&jwt));
	return buf_ok(out);
}

static const char *
header_fault(const struct token_keys *keys, struct arena *a, const struct doc *header)
{
	struct str	 typ = doc_text(header, "typ", a);
	bool		 ours = false;

	for (size_t i = 0; i < NELEMS(refused_members); i++)
		if (doc_has(header, refused_members[i]))
			return refused_members[i];
	for (size_t i = 0; i < NELEMS(token_types); i++)
		ours |= typ.n == strlen(token_types[i]) &&
		    strncasecmp(typ.p, token_types[i], typ.n) == 0;
	if (!ours)
		return "typ";
	if (!str_eq(doc_text(header, "alg", a), STR("ES256")))
		return "alg";
	if (!str_is(doc_text(header, "kid", a), keys->kid))
		return "kid";
	return NULL;
}

static const char *
text_fault(struct arena *a, const struct doc *claims, struct token *t)
{
	for (size_t i = 0; i < NELEMS(text_claims); i++) {
		const struct text_claim	*c = &text_claims[i];
		struct str		 text = doc_text(claims, c->name, a);

		if (!claim_ok(c, text) ||
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
claims_fault(const struct token_keys *keys, struct arena *a,
    const struct doc *claims, struct token *t)
{
	const char	*why;

	if (!str_is(doc_text(claims, "iss", a), keys->issuer))
		return "iss";
	if (!doc_names(claims, "aud", str_of(keys->audience), a))
		return "aud";
	if (doc_has(claims, "tv") &&
	    (!doc_int(claims, "tv", &t->tv) || t->tv < 0 || t->tv > INT_SAFE))
		return "tv";
	if ((why = text_fault(a, claims, t)) != NULL)
		return why;
	return time_fault(claims, t);
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

	if (!crypto_unbase64url(a, part, &json) ||
	    memmem(json.p, json.n, "\\u0000", 6) != NULL ||
	    decode_parse(a, json, &doc).fault != TEXT_OK)
		return NULL;
	if (doc_kind(doc) == DOC_OBJECT)
		return doc;
	doc_free(doc);
	return NULL;
}

static const char *
check_header(const struct token_keys *keys, struct arena *a, struct str part)
{
	struct doc	*doc = part_object(a, part);
	const char	*why;

	if (doc == NULL)
		return "header";
	why = header_fault(keys, a, doc);
	doc_free(doc);
	return why;
}

static const char *
check_claims(const struct token_keys *keys, struct arena *a, struct str part,
    struct token *t)
{
	struct doc	*doc = part_object(a, part);
	const char	*why;

	if (doc == NULL)
		return "claims";
	why = claims_fault(keys, a, doc, t);
	doc_free(doc);
	return why;
}

static const char *
check_signature(const struct token_keys *keys, struct arena *a,
    struct str data, struct str part)
{
	struct str	 sig;

	if (!crypto_unbase64url(a, part, &sig) || sig.n != ES256_LEN ||
	    !ec_verify(keys->key, data, (const uint8_t *)sig.p))
		return "signature";
	return NULL;
}

/* The claims are not so much as parsed before the signature is right. */
static const char *
token_fault(const struct token_keys *keys, struct arena *a, struct str jwt,
    struct token *t)
{
	struct str	 rest = jwt, header, claims, signed_part;
	const char	*why;

	if (jwt.n > TOKEN_MOST)
		return "length";
	header = str_cut(&rest, '.');
	claims = str_cut(&rest, '.');
	if (rest.p == NULL)
		return "parts";		/* more than three: not base64url */
	signed_part = (struct str){ jwt.p, header.n + 1 + claims.n };
	if ((why = check_header(keys, a, header)) != NULL ||
	    (why = check_signature(keys, a, signed_part, rest)) != NULL)
		return why;
	return check_claims(keys, a, claims, t);
}

enum token_err
token_verify(const struct token_keys *keys, struct arena *a, struct str jwt,
    struct token *out)
{
	struct token	 t = { .tv = 0 };
	const char	*why = token_fault(keys, a, jwt, &t);
	enum token_err	 err = TOKEN_OK;

	*out = (struct token){ .tv = 0 };
	if (why != NULL)
		err = TOKEN_INVALID;
	else if (clock_now_ms() >= t.expires_at.ms + TOKEN_SKEW_MS)
		err = TOKEN_EXPIRED;
	else
		*out = t;
	if (err != TOKEN_OK)
		log_event(LOG_DEBUG, "token", "refused: %s",
		    why == NULL ? "expired" : why);
	return err;
}

bool
scope_has(struct str scopes, struct str one)
{
	bool	 has = false;

	while (scopes.p != NULL && !has)
		has = str_eq(str_cut(&scopes, ' '), one);
	return has && one.n > 0;
}
