/*
 * test_token_vectors - the examples of RFC 7515, 7517 and 7519, and attacks of
 * RFC 8725 that test_token.c and test_token_forged.c do not cover.
 */
#include "token_kit.h"

/* RFC 7515 appendix A.1: HS256, and its key. */
#define JOE	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"	\
	"cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
#define HS256	"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." JOE
#define HS256_MAC "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define HS256_KEY "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3"	\
	"Yj0iPS4hcgUuTwjAzZr1Z9CAow"
/* Appendix A.2. */
#define RS256	"eyJhbGciOiJSUzI1NiJ9." JOE
#define RS256_SIG							\
	"cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7" \
	"AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4" \
	"BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K" \
	"0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv" \
	"hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB" \
	"p0igcN_IoypGlUPQGe77Rw"
#define RS256_N								\
	"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp" \
	"-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOW" \
	"vG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUs" \
	"LA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9k" \
	"G4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2" \
	"PAcDTW9gb54h4FRWyuXpoQ"
/* Appendix A.3. */
#define ES256	"eyJhbGciOiJFUzI1NiJ9." JOE
#define ES256_SIG							\
	"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA" \
	"pmWQxfKTUJqPP3-Kg6NU1Q"
#define ES256_XY							\
	"\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","	\
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""
/* Appendix A.5, and RFC 7519 section 6.1. */
#define NONE	"eyJhbGciOiJub25lIn0." JOE "."

/* RFC 7517 appendix A.1; the thumbprint of its second key is in RFC 7638. */
#define SET_XY								\
	"\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","	\
	"\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\""
#define SET_N								\
	"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86z" \
	"wu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5Js" \
	"GY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMic" \
	"AtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-" \
	"bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csF" \
	"Cur-kEgU8awapJzKnqDKgw"
#define EC(more)	"{\"kty\":\"EC\",\"crv\":\"P-256\"," SET_XY more "}"
#define RSA(more)	"{\"kty\":\"RSA\",\"n\":\"" SET_N "\",\"e\":\"AQAB\"" more "}"
#define KEYS(...)	"{\"keys\":[" __VA_ARGS__ "]}"
#define OCT	"{\"kty\":\"oct\",\"alg\":\"HS256\",\"kid\":\"1\",\"k\":\"" HS256_KEY "\"}"

static struct str
bytes(const char *text)
{
	struct str	 out;

	return crypto_base64url_decode(&arena, str_of(text), &out) ? out :
	    (struct str){ NULL, 0 };
}

/* The signatures are valid, with keys read from a JWK set. */
static void
signatures(void)
{
	struct token_set	 set;
	uint8_t			 sum[SHA256_LEN];

	CHECK("set", token_set_read(&set, &arena, STR(KEYS(
	    "{\"kty\":\"EC\",\"crv\":\"P-256\"," ES256_XY ",\"kid\":\"a\"},"
	    "{\"kty\":\"RSA\",\"n\":\"" RS256_N "\",\"e\":\"AQAB\",\"kid\":\"b\"}"))));
	CHECK_INT("two keys", set.n, 2);
	if (set.n != 2)
		return;
	CHECK_INT("A.3", crypto_ec_verify(set.v[0].ec, STR(ES256), bytes(ES256_SIG)), CRYPTO_SIG_OK);
	CHECK_INT("A.2", crypto_rsa_verify(set.v[1].rsa, STR(RS256), bytes(RS256_SIG)), CRYPTO_SIG_OK);
	CHECK_INT("A.2, other text", crypto_rsa_verify(set.v[1].rsa, STR(ES256),
	    bytes(RS256_SIG)), CRYPTO_SIG_INVALID);
	CHECK("A.1", crypto_hmac(bytes(HS256_KEY), STR(HS256), sum) &&
	    str_eq((struct str){ (const char *)sum, sizeof(sum) }, bytes(HS256_MAC)));
	token_set_free(&set);
}

/* None of the examples is an access token. */
static void
whole(void)
{
	static const char *const	 jwts[] = { HS256 "." HS256_MAC,
	    RS256 "." RS256_SIG, ES256 "." ES256_SIG, NONE,
	    /* RFC 7515 A.4's header, RFC 7516's and RFC 7519's nested one */
	    "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9",
	    "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.a.a.a.a",
	    "eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2IiwiY3R5IjoiSldUIn0.a.a" };

	for (size_t i = 0; i < NELEMS(jwts); i++) {
		enum token_err	 err = verify(str_of(jwts[i]));

		CHECK(jwts[i], err == TOKEN_INVALID || err == TOKEN_UNKNOWN_KEY);
	}
}

static const struct {
	const char	*label, *json;
	bool		 good;
	size_t		 n;
} sets[] = {
	{ "RFC 7517 A.1", KEYS(EC(",\"use\":\"enc\",\"kid\":\"1\"") ","
	  RSA(",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"")), true, 1 },
	{ "A.2: private halves", KEYS(EC(",\"use\":\"enc\",\"kid\":\"1\",\"d\":\"870MB6g"
	  "fuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE\"") "," RSA(",\"alg\":\"RS256\","
	  "\"kid\":\"2011-04-29\",\"d\":\"AAAA\"")), true, 1 },
	{ "A.3: symmetric",	KEYS(OCT), true, 0 },
	{ "both",		KEYS(EC(",\"kid\":\"1\"") "," RSA(",\"kid\":\"2\"")), true, 2 },
	{ "none",		KEYS(""), true, 0 },
	{ "no name",		KEYS(EC("")), true, 0 },
	{ "empty name",		KEYS(EC(",\"kid\":\"\"")), true, 0 },
	{ "name of NUL",	KEYS(EC(",\"kid\":\"a\\u0000\"")), true, 0 },
	{ "name not text",	KEYS(EC(",\"kid\":1")), true, 0 },
	{ "a name twice", KEYS(EC(",\"kid\":\"1\"") "," RSA(",\"kid\":\"1\"")), true, 1 },
	{ "other algorithm",	KEYS(EC(",\"kid\":\"1\",\"alg\":\"RS256\"")), true, 0 },
	{ "PS256",		KEYS(RSA(",\"kid\":\"1\",\"alg\":\"PS256\"")), true, 0 },
	{ "to verify", KEYS(EC(",\"kid\":\"1\",\"key_ops\":[\"verify\"]")), true, 1 },
	{ "to sign", KEYS(EC(",\"kid\":\"1\",\"key_ops\":[\"sign\"]")), true, 0 },
	{ "certificates are not looked at", KEYS(EC(",\"kid\":\"1\",\"x5c\":[1],"
	  "\"x5u\":\"https://evil.example/\"")), true, 1 },
	{ "another curve", KEYS("{\"kty\":\"EC\",\"crv\":\"P-384\",\"kid\":\"1\"," SET_XY
	  "}"), true, 0 },
	{ "short modulus", KEYS("{\"kty\":\"RSA\",\"kid\":\"1\",\"n\":\"AQAB\","
	  "\"e\":\"AQAB\"}"), true, 0 },
	{ "exponent 1", KEYS("{\"kty\":\"RSA\",\"kid\":\"1\",\"n\":\"" SET_N "\","
	  "\"e\":\"AQ\"}"), true, 0 },
	{ "padded", KEYS("{\"kty\":\"RSA\",\"kid\":\"1\",\"n\":\"" SET_N "==\","
	  "\"e\":\"AQAB\"}"), true, 0 },
	{ "what is no key ends it", KEYS("1," EC(",\"kid\":\"1\"")), true, 0 },
	{ "a key alone",	EC(",\"kid\":\"1\""), false, 0 },
	{ "a member twice",	KEYS(EC(",\"kid\":\"1\",\"kid\":\"2\"")), false, 0 },
	{ "an array",		"[]", false, 0 },
	{ "nothing",		"", false, 0 },
	{ "HTML",		"<html>", false, 0 },
};

static void
read_sets(void)
{
	struct token_set	 set;

	for (size_t i = 0; i < NELEMS(sets); i++) {
		CHECK_INT(sets[i].label, token_set_read(&set, &arena,
		    str_of(sets[i].json)), sets[i].good);
		CHECK_INT(sets[i].label, set.n, sets[i].n);
		token_set_free(&set);
	}
}

TESTS(token_vectors,
    { "begin", begin },
    { "signatures", signatures },
    { "none is an access token", whole },
    { "sets of keys", read_sets },
    { "end", end })
