#ifndef BRISK_TOKEN_KIT_H
#define BRISK_TOKEN_KIT_H
/*
 * token_kit - for the tests of tokens: keys, a stopped clock, and tokens made
 * by hand from any header and claims.
 */
#include "base/clock.h"
#include "base/log.h"
#include "test.h"
#include "crypto/token.h"

#define NOW	INT64_C(1800000000)	/* the test's clock, in seconds */
#define ISS	"https://nursery.example"
#define AUD	"https://api.nursery.example"

/* A header and claims that are right; cases change one thing. `@` is our kid. */
#define HEADER	"{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"kid\":\"@\"}"
#define C_ISS	"\"iss\":\"" ISS "\","
#define C_AUD	"\"aud\":\"" AUD "\","
#define C_SUB	"\"sub\":\"u1\","
#define C_CLI	"\"client_id\":\"docs\","
#define C_JTI	"\"jti\":\"j1\","
#define C_IAT	"\"iat\":1799999990,"
#define C_EXP	"\"exp\":1800000600"
#define TEXTS	C_SUB C_CLI C_JTI
#define CLAIMS	"{" C_ISS C_AUD TEXTS C_IAT C_EXP "}"
#define WITH(more) "{" C_ISS C_AUD TEXTS C_IAT C_EXP "," more "}"

static struct arena	 arena;
static struct ec_key	*ours, *other;
static struct token_key	 our_key;
static struct token_keys keys = { .v = &our_key, .n = 1, .issuer = ISS,
	.audience = AUD };

static inline void
begin(void)
{
	log_init("test_token", (enum log_level)0);	/* refusals are many */
	CHECK("arena", arena_init(&arena, 8 << 20));
	ours = crypto_ec_generate();
	other = crypto_ec_generate();
	if (ours == NULL || other == NULL)
		exit(2);
	our_key.ec = ours;
	CHECK("kid", crypto_ec_thumbprint(ours, our_key.kid));
	clock_set_ms(NOW * 1000);
}

static inline void
end(void)
{
	clock_set_ms(0);
	crypto_ec_free(ours);
	crypto_ec_free(other);
	arena_free(&arena);
}

static inline void
put_part(struct buf *jwt, struct str json)
{
	struct buf	 b;

	buf_init(&b, &arena);
	for (size_t i = 0; i < json.n; i++)
		if (json.p[i] == '@')
			buf_puts(&b, our_key.kid);
		else
			buf_byte(&b, json.p[i]);
	crypto_base64url_encode(jwt, b.p, b.n);
}

static inline struct str
unsigned_jwt(const char *header, const char *claims)
{
	struct buf	 jwt;

	buf_init(&jwt, &arena);
	put_part(&jwt, str_of(header));
	buf_byte(&jwt, '.');
	put_part(&jwt, str_of(claims));
	CHECK("jwt", buf_ok(&jwt));
	return buf_view(&jwt);
}

static inline struct str
with_signature(struct str data, const void *sig, size_t n)
{
	struct buf	 jwt;

	buf_init(&jwt, &arena);
	buf_str(&jwt, data);
	buf_byte(&jwt, '.');
	crypto_base64url_encode(&jwt, sig, n);
	CHECK("jwt", buf_ok(&jwt));
	return buf_view(&jwt);
}

/* What only the owner of `key` could make. */
static inline struct str
signed_jwt(const struct ec_key *key, const char *header, const char *claims)
{
	struct str	 data = unsigned_jwt(header, claims);
	uint8_t		 sig[ES256_LEN];

	CHECK("signed", crypto_ec_sign(key, data, sig));
	return with_signature(data, sig, sizeof(sig));
}

static inline enum token_err
verify(struct str jwt)
{
	struct token	 t;

	return token_verify(&keys, 1, &arena, jwt, &t);
}

#endif
