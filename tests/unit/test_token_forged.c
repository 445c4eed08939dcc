/* test_token_forged - forged tokens, random bytes and hostile text. */
#include "token_kit.h"

/* RFC 8725 section 2.1: the text of the public key used as an HMAC secret. */
static void
hmac_with_public_key(void)
{
	struct str	 data = unsigned_jwt("{\"typ\":\"at+jwt\",\"alg\":\"HS256\","
			     "\"kid\":\"@\"}", CLAIMS);
	uint8_t		 sum[SHA256_LEN];
	struct buf	 jwk;

	buf_init(&jwk, &arena);
	CHECK("jwk", crypto_ec_jwk(&jwk, ours));
	CHECK("hmac", crypto_hmac(buf_view(&jwk), data, sum));
	CHECK_INT("HS256", verify(with_signature(data, sum, sizeof(sum))),
	    TOKEN_INVALID);
	data = unsigned_jwt(HEADER, CLAIMS);
	CHECK("hmac", crypto_hmac(buf_view(&jwk), data, sum));
	CHECK_INT("the same called ES256", verify(with_signature(data, sum,
	    sizeof(sum))), TOKEN_INVALID);
}

static void
forged(void)
{
	struct str	 data = unsigned_jwt(HEADER, CLAIMS), none, rsa;
	uint8_t		 sig[256] = { 0 };

	CHECK_INT("key of another", verify(signed_jwt(other, HEADER, CLAIMS)),
	    TOKEN_INVALID);
	CHECK_INT("zeros", verify(with_signature(data, sig, ES256_LEN)),
	    TOKEN_INVALID);
	CHECK_INT("empty signature", verify(with_signature(data, sig, 0)),
	    TOKEN_INVALID);
	CHECK_INT("no signature", verify(data), TOKEN_INVALID);
	CHECK("signed", crypto_ec_sign(ours, data, sig));
	CHECK_INT("good", verify(with_signature(data, sig, ES256_LEN)), TOKEN_OK);
	CHECK_INT("a byte less", verify(with_signature(data, sig, ES256_LEN - 1)),
	    TOKEN_INVALID);
	CHECK_INT("a byte more", verify(with_signature(data, sig, ES256_LEN + 1)),
	    TOKEN_INVALID);
	none = unsigned_jwt("{\"typ\":\"at+jwt\",\"alg\":\"none\",\"kid\":\"@\"}",
	    CLAIMS);
	CHECK_INT("none", verify(with_signature(none, sig, 0)), TOKEN_INVALID);
	rsa = unsigned_jwt("{\"typ\":\"at+jwt\",\"alg\":\"RS256\",\"kid\":\"@\"}",
	    CLAIMS);
	CHECK("random", crypto_random(sig, sizeof(sig)));
	CHECK_INT("RS256", verify(with_signature(rsa, sig, sizeof(sig))),
	    TOKEN_INVALID);
}

/* A changed `kid` names an unknown key. */
static bool
is_refused(struct str jwt)
{
	enum token_err	 err = verify(jwt);

	return err == TOKEN_INVALID || err == TOKEN_UNKNOWN_KEY;
}

static void
changed_byte(void)
{
	struct str	 jwt = signed_jwt(ours, HEADER, CLAIMS), copy;
	char		*p = arena_alloc(&arena, jwt.n);

	CHECK("room", p != NULL);
	for (size_t i = 0; p != NULL && i < jwt.n; i++) {
		memcpy(p, jwt.p, jwt.n);
		p[i] = p[i] == 'A' ? 'B' : 'A';
		copy = (struct str){ p, jwt.n };
		CHECK("changed byte", is_refused(copy));
		copy.n = i;
		CHECK("cut off", is_refused(copy));
	}
}

static const struct {
	const char	*label;
	struct str	 jwt;
} garbage[] = {
	{ "absent",		{ NULL, 0 } },
	{ "empty",		{ "", 0 } },
	{ "a dot",		{ ".", 1 } },
	{ "two dots",		{ "..", 2 } },
	{ "three dots",		{ "...", 3 } },
	{ "a word",		{ "secret", 6 } },
	{ "NULs",		{ "\0.\0.\0", 5 } },
	{ "not ASCII",		{ "\xff.\xff.\xff", 5 } },
	{ "empty objects",	{ "e30.e30.e30", 11 } },
};

static void
garbage_refused(void)
{
	struct str	 jwt = signed_jwt(ours, HEADER, CLAIMS);
	struct token	 t = { .tv = 9, .sub = STR("before") };
	char		*more;

	for (size_t i = 0; i < NELEMS(garbage); i++)
		CHECK_INT(garbage[i].label, verify(garbage[i].jwt), TOKEN_INVALID);
	more = arena_fmt(&arena, "%.*s.", STR_ARG(jwt));
	CHECK_INT("dot behind", verify(str_of(more)), TOKEN_INVALID);
	more = arena_fmt(&arena, "%.*s.e30.e30", STR_ARG(jwt));
	CHECK_INT("five parts", verify(str_of(more)), TOKEN_INVALID);
	more = arena_fmt(&arena, "%.*s==", STR_ARG(jwt));
	CHECK_INT("padded", verify(str_of(more)), TOKEN_INVALID);
	more = arena_fmt(&arena, " %.*s", STR_ARG(jwt));
	CHECK_INT("space before", verify(str_of(more)), TOKEN_INVALID);
	CHECK_INT("invalid", token_verify(&keys, 1, &arena, STR("x"), &t),
	    TOKEN_INVALID);
	CHECK("nothing is left of it", t.sub.p == NULL && t.tv == 0);
}

/* A token of about `n` bytes: base64 grows in steps. */
static struct str
jwt_of(size_t filler)
{
	char	*x = arena_alloc(&arena, filler + 1), *claims;

	CHECK("room", x != NULL);
	if (x == NULL)
		return (struct str){ NULL, 0 };
	memset(x, 'x', filler);
	x[filler] = '\0';
	claims = arena_fmt(&arena, WITH("\"x\":\"%s\""), x);
	return signed_jwt(ours, HEADER, claims);
}

static void
length(void)
{
	struct str	 jwt = { NULL, 0 };
	size_t		 filler = 2000, seen = 0;

	for (; jwt.n <= MAX_TOKEN && filler < 4000; filler++) {
		jwt = jwt_of(filler);
		seen += jwt.n == MAX_TOKEN;
		if (jwt.n + 3 >= MAX_TOKEN)
			CHECK_INT("about the bound", verify(jwt),
			    jwt.n <= MAX_TOKEN ? TOKEN_OK : TOKEN_INVALID);
		if (jwt.n + 64 < MAX_TOKEN)
			filler += 32;
	}
	CHECK("the bound was met", jwt.n > MAX_TOKEN && seen > 0);
}

/* Deeply nested JSON, and an arena that is too small for it. */
static void
hostile(void)
{
	struct arena	 small;
	struct token	 t;
	char		 deep[1024];
	enum token_err	 err;
	size_t		 short_of = 0, enough = 0;

	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	CHECK_INT("deep header", verify(signed_jwt(ours, deep, CLAIMS)),
	    TOKEN_INVALID);
	CHECK_INT("deep claims", verify(signed_jwt(ours, HEADER, deep)),
	    TOKEN_INVALID);
	for (size_t most = 16; most < 4096; most += 16) {
		if (!arena_init(&small, most))
			continue;
		err = token_verify(&keys, 1, &small, signed_jwt(ours, HEADER, CLAIMS),
		    &t);
		CHECK("without memory the token is not refused", err == TOKEN_NO_MEMORY || err == TOKEN_OK);
		short_of += err == TOKEN_NO_MEMORY;
		enough += err == TOKEN_OK;
		arena_free(&small);
	}
	CHECK("both outcomes occurred", short_of > 0 && enough > 0);
}

TESTS(token_forged,
    { "begin", begin },
    { "HMAC with the public key", hmac_with_public_key },
    { "forged", forged },
    { "changed byte", changed_byte },
    { "garbage refused", garbage_refused },
    { "length", length },
    { "hostile", hostile },
    { "end", end })
