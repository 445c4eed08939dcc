/*
 * Tokens: text that is not signed by us is never one.  "HEADER\nCLAIMS" is
 * also signed, so that what stands behind the signature is reached; `@` in
 * the header is our kid.
 */
#include "schema/utf8.h"
#include "fuzz_key.h"

static struct token_keys	 keys;

static void
put_part(struct arena *a, struct buf *jwt, struct str json)
{
	struct buf	 b;

	buf_init(&b, a);
	while (json.p != NULL) {
		buf_str(&b, str_cut(&json, '@'));
		if (json.p != NULL)
			buf_puts(&b, keys.v[0].kid);
	}
	MUST(buf_ok(&b));
	crypto_base64url_encode(jwt, b.p == NULL ? "" : b.p, b.n);
}

static struct str
sign(struct arena *a, struct str input)
{
	struct buf	 jwt;
	uint8_t		 sig[ES256_LEN];

	buf_init(&jwt, a);
	put_part(a, &jwt, str_cut(&input, '\n'));
	buf_byte(&jwt, '.');
	put_part(a, &jwt, input.p == NULL ? STR("") : input);
	MUST(buf_ok(&jwt) && crypto_ec_sign(keys.v[0].ec, buf_view(&jwt), sig));
	buf_byte(&jwt, '.');
	crypto_base64url_encode(&jwt, sig, sizeof(sig));
	MUST(buf_ok(&jwt));
	return buf_view(&jwt);
}

static void
check_told(const struct token *t)
{
	struct str	 all[] = { t->sub, t->client_id, t->scope, t->jti,
	    t->roles };

	for (size_t i = 0; i < NELEMS(all); i++)
		MUST(utf8_is_valid(all[i]) && (all[i].n == 0 ||
		    memchr(all[i].p, '\0', all[i].n) == NULL));
	MUST(t->sub.n > 0 && t->client_id.n > 0 && t->jti.n > 0);
	MUST(t->expires_at.has && t->expires_at.ms > FUZZ_NOW * 1000 - TOKEN_SKEW_MS);
	MUST(t->tv >= 0 && t->tv <= INT_SAFE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena	*a = fuzz_arena();
	struct str	 s = fuzz_text(p, n);
	struct token	 t;

	if (keys.v == NULL)
		keys = fuzz_keys();
	MUST(token_verify(&keys, 1, a, s, &t) != TOKEN_OK);
	MUST(t.sub.p == NULL && t.scope.p == NULL);
	if (token_verify(&keys, 1, a, sign(a, s), &t) == TOKEN_OK)
		check_told(&t);
	return 0;
}
