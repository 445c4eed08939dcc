/* test_crypto_key - keys, ES256 and RS256, JWKs, and sealed bytes. */
#include <pthread.h>

#include "crypto/crypto.h"
#include "base/log.h"
#include "test.h"

/* RFC 7515 appendix A.3: the key, its thumbprint, and the signature. */
#define KEY_DER								\
	"MHcCAQEEII6bEJ5xkJi_mASH3x9dd-nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49" \
	"AwEHoUQDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72b" \
	"focs3-257rn0s2ldbqkLJK2KRiMohYjlrQ"
#define KEY_X	"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define KEY_Y	"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define KEY_ID	"oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"
#define SIGNED								\
	"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkz"	\
	"ODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
#define SIGNATURE							\
	"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA" \
	"pmWQxfKTUJqPP3-Kg6NU1Q"

/* RFC 7515 appendix A.2. */
#define RSA_N								\
	"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp" \
	"-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOW" \
	"vG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUs" \
	"LA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9k" \
	"G4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2" \
	"PAcDTW9gb54h4FRWyuXpoQ"
#define RSA_SIGNED							\
	"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkz"	\
	"ODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
#define RSA_SIGNATURE							\
	"cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7" \
	"AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4" \
	"BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K" \
	"0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv" \
	"hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB" \
	"p0igcN_IoypGlUPQGe77Rw"

static struct arena	 arena;

static struct str
unbase64url(const char *text)
{
	struct str	 out;

	return crypto_base64url_decode(&arena, str_of(text), &out) ? out :
	    (struct str){ NULL, 0 };
}

static struct ec_key *
example_pair(void)
{
	return crypto_ec_from_der(unbase64url(KEY_DER));
}

static struct ec_key *
example_public(void)
{
	return crypto_ec_from_point(unbase64url(KEY_X), unbase64url(KEY_Y));
}

static void
keys(void)
{
	struct ec_key	*both[] = { example_pair(), example_public() };
	struct str	 sig = unbase64url(SIGNATURE);
	uint8_t		 mine[ES256_LEN];
	char		 kid[KID_LEN + 1];
	bool		 ok;

	for (size_t i = 0; i < NELEMS(both); i++) {
		CHECK("read", both[i] != NULL);
		if (both[i] == NULL)
			continue;
		CHECK("thumbprint", crypto_ec_thumbprint(both[i], kid));
		CHECK_TEXT("thumbprint", kid, KEY_ID);
		CHECK_INT("RFC 7515 A.3", crypto_ec_verify(both[i], STR(SIGNED), sig), CRYPTO_SIG_OK);
		ok = crypto_ec_sign(both[i], STR("hello"), mine);
		CHECK_INT("only a key pair signs", ok, i == 0);
		CHECK("its own", !ok || crypto_ec_verify(both[1], STR("hello"),
		    (struct str){ (const char *)mine, sizeof(mine) }) == CRYPTO_SIG_OK);
	}
	crypto_ec_free(both[0]);
	crypto_ec_free(both[1]);
	crypto_ec_free(NULL);
}

/* In base64url: a P-384 key, a mix of two keys, a public key without private key. */
static const struct {
	const char	*label, *der;
} bad_pairs[] = {
	{ "empty", "" },
	{ "garbage", "AAAA" },
	{ "cut off", "MHcCAQEEII6bEJ5xkJi_mASH3x9dd-nLKWBuvtImO19XwhPfhPSy" },
	{ "more behind it", KEY_DER "AAA" },
	{ "a public key", "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7"
	  "6e8Tus9uPHvRVEXH8UTNG72bfocs3-257rn0s2ldbqkLJK2KRiMohYjlrQ" },
	{ "halves of two keys",
	  "MHcCAQEEII6bEJ5xkJi_mASH3x9dd-nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49"
	  "AwEHoUQDQgAEJu_OvQ7p40pmkYfhizqRIrL3M5RbZJzJ-fkh6fna2BKQI4venMe7"
	  "Mw0VDGdwTdJa5wVSBXRLbzG_QHB0WHLQ5g" },
};

#define ZEROS	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static const struct {
	const char	*label, *x, *y;
} bad_points[] = {
	{ "off the curve", KEY_X, "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a4" },
	{ "exchanged", KEY_Y, KEY_X },
	{ "nothing", ZEROS, ZEROS },
	{ "no y", KEY_X, "" },
	{ "short x", "f83O", KEY_Y },
	{ "beyond the field", "__________________________________________8", KEY_Y },
};

static void
keys_refused(void)
{
	for (size_t i = 0; i < NELEMS(bad_pairs); i++)
		CHECK(bad_pairs[i].label,
		    crypto_ec_from_der(unbase64url(bad_pairs[i].der)) == NULL);
	for (size_t i = 0; i < NELEMS(bad_points); i++)
		CHECK(bad_points[i].label, crypto_ec_from_point(unbase64url(bad_points[i].x),
		    unbase64url(bad_points[i].y)) == NULL);
}

static void
key_made(void)
{
	struct ec_key	*key = crypto_ec_generate(), *again;
	struct buf	 der;
	uint8_t		 sig[ES256_LEN];
	char		 kid[KID_LEN + 1], same[KID_LEN + 1];

	buf_init(&der, &arena);
	CHECK("made", key != NULL && crypto_ec_to_der(key, &der));
	again = crypto_ec_from_der(buf_view(&der));
	CHECK("DER round trip", again != NULL && crypto_ec_thumbprint(key, kid) &&
	    crypto_ec_thumbprint(again, same));
	CHECK_TEXT("the same", same, kid);
	CHECK("its own", strcmp(kid, KEY_ID) != 0);
	CHECK("signs", crypto_ec_sign(again, STR("x"), sig));
	CHECK_INT("verifies", crypto_ec_verify(key, STR("x"),
	    (struct str){ (const char *)sig, sizeof(sig) }), CRYPTO_SIG_OK);
	crypto_ec_free(key);
	crypto_ec_free(again);
	key = example_public();
	CHECK("a public key cannot be written as a pair", key != NULL && !crypto_ec_to_der(key, &der));
	crypto_ec_free(key);
}

static void
jwk(void)
{
	struct ec_key	*key = example_pair();
	struct buf	 b;

	buf_init(&b, &arena);
	CHECK("printed", key != NULL && crypto_ec_jwk(&b, key));
	CHECK_TEXT("public members only", b.p, "{\"kty\":\"EC\",\"crv\":\"P-256\","
	    "\"x\":\"" KEY_X "\",\"y\":\"" KEY_Y "\",\"kid\":\"" KEY_ID "\","
	    "\"alg\":\"ES256\",\"use\":\"sig\"}");
	crypto_ec_free(key);
}

static bool
refuses(const struct ec_key *key, const char *text, const uint8_t *sig)
{
	return crypto_ec_verify(key, str_of(text),
	    (struct str){ (const char *)sig, ES256_LEN }) == CRYPTO_SIG_INVALID;
}

/* The signature of the example with one byte changed, and constants. */
static void
signatures_refused(void)
{
	struct ec_key	*key = example_public();
	struct str	 good = unbase64url(SIGNATURE);
	uint8_t		 sig[ES256_LEN];

	if (key == NULL || good.n != ES256_LEN) {
		CHECK("key and signature", false);
		return;
	}
	for (size_t i = 0; i < ES256_LEN; i++) {
		memcpy(sig, good.p, ES256_LEN);
		sig[i] ^= 1;
		CHECK("changed byte", refuses(key, SIGNED, sig));
	}
	memset(sig, 0, sizeof(sig));
	CHECK("all zero", refuses(key, SIGNED, sig));
	memcpy(sig, good.p, ES256_LEN / 2);
	CHECK("s zero", refuses(key, SIGNED, sig));
	memset(sig, 0xff, sizeof(sig));
	CHECK("beyond the order", refuses(key, SIGNED, sig));
	memcpy(sig, good.p + 32, 32);
	memcpy(sig + 32, good.p, 32);
	CHECK("r and s exchanged", refuses(key, SIGNED, sig));
	memcpy(sig, good.p, ES256_LEN);
	CHECK("other text", refuses(key, SIGNED "A", sig));
	CHECK("no text", refuses(key, "", sig));
	CHECK_INT("cut off", crypto_ec_verify(key, STR(SIGNED),
	    (struct str){ good.p, good.n - 1 }), CRYPTO_SIG_INVALID);
	CHECK_INT("none", crypto_ec_verify(key, STR(SIGNED), STR("")), CRYPTO_SIG_INVALID);
	crypto_ec_free(key);
}

static void
rsa(void)
{
	struct rsa_key	*key = crypto_rsa_from_modulus(unbase64url(RSA_N), unbase64url("AQAB"));
	struct str	 good = unbase64url(RSA_SIGNATURE);
	char		 sig[256];

	CHECK("key", key != NULL && good.n == sizeof(sig));
	if (key == NULL || good.n != sizeof(sig))
		return;
	CHECK_INT("RFC 7515 A.2", crypto_rsa_verify(key, STR(RSA_SIGNED), good), CRYPTO_SIG_OK);
	for (size_t i = 0; i < sizeof(sig); i += 5) {
		memcpy(sig, good.p, sizeof(sig));
		sig[i] ^= 1;
		CHECK_INT("changed byte", crypto_rsa_verify(key, STR(RSA_SIGNED),
		    (struct str){ sig, sizeof(sig) }), CRYPTO_SIG_INVALID);
	}
	memset(sig, 0, sizeof(sig));
	CHECK_INT("all zero", crypto_rsa_verify(key, STR(RSA_SIGNED),
	    (struct str){ sig, sizeof(sig) }), CRYPTO_SIG_INVALID);
	memset(sig, 0xff, sizeof(sig));
	CHECK_INT("beyond the modulus", crypto_rsa_verify(key, STR(RSA_SIGNED),
	    (struct str){ sig, sizeof(sig) }), CRYPTO_SIG_INVALID);
	CHECK_INT("cut off", crypto_rsa_verify(key, STR(RSA_SIGNED),
	    (struct str){ good.p, good.n - 1 }), CRYPTO_SIG_INVALID);
	CHECK_INT("other text", crypto_rsa_verify(key, STR(RSA_SIGNED "A"), good), CRYPTO_SIG_INVALID);
	crypto_rsa_free(key);
	crypto_rsa_free(NULL);
}

static void
rsa_refused(void)
{
	static char	 large[MAX_RSA_BITS / 8 + 1];
	struct str	 n = unbase64url(RSA_N), e = unbase64url("AQAB");

	memset(large, 0xff, sizeof(large));
	CHECK("1024 bits", crypto_rsa_from_modulus((struct str){ large, 128 }, e) == NULL);
	CHECK("too many bits", crypto_rsa_from_modulus((struct str){ large, sizeof(large) }, e) == NULL);
	CHECK("even", crypto_rsa_from_modulus((struct str){ n.p, n.n - 1 }, e) == NULL ||
	    (n.p[n.n - 2] & 1) != 0);
	CHECK("no modulus", crypto_rsa_from_modulus(STR(""), e) == NULL);
	CHECK("no exponent", crypto_rsa_from_modulus(n, STR("")) == NULL);
	CHECK("exponent 1", crypto_rsa_from_modulus(n, STR("\1")) == NULL);
	CHECK("exponent 2", crypto_rsa_from_modulus(n, STR("\2")) == NULL);
	CHECK("exponent of 9 bytes", crypto_rsa_from_modulus(n, STR("\1\1\1\1\1\1\1\1\1")) == NULL);
}

static void
sealed(void)
{
	struct str	 secret = STR("0123456789abcdef0123456789abcdef"), plain;
	struct buf	 one, two;
	char		 bytes[64];

	buf_init(&one, &arena);
	buf_init(&two, &arena);
	CHECK("sealed", crypto_seal(secret, STR("a"), STR("hello"), &one) &&
	    crypto_seal(secret, STR("a"), STR("hello"), &two));
	CHECK("never twice the same", !str_eq(buf_view(&one), buf_view(&two)));
	CHECK("not to be read", memmem(one.p, one.n, "hello", 5) == NULL);
	CHECK("opened", crypto_unseal(&arena, secret, STR("a"), buf_view(&one), &plain));
	CHECK_STR("the same", plain, "hello");
	CHECK("another label", !crypto_unseal(&arena, secret, STR("b"), buf_view(&one),
	    &plain));
	CHECK("no plain text", plain.p == NULL);
	CHECK("another secret", !crypto_unseal(&arena, STR("x"), STR("a"),
	    buf_view(&one), &plain));
	for (size_t i = 0; i < one.n && one.n <= sizeof(bytes); i++) {
		memcpy(bytes, one.p, one.n);
		bytes[i] ^= 1;
		CHECK("changed byte", !crypto_unseal(&arena, secret, STR("a"),
		    (struct str){ bytes, one.n }, &plain));
		CHECK("cut off", !crypto_unseal(&arena, secret, STR("a"),
		    (struct str){ one.p, i }, &plain));
	}
	one.n = 0;
	CHECK("nothing, sealed", crypto_seal(secret, STR("a"), STR(""), &one) &&
	    crypto_unseal(&arena, secret, STR("a"), buf_view(&one), &plain) &&
	    plain.p != NULL && plain.n == 0);
}

static void *
sign_often(void *arg)
{
	const struct ec_key	*key = arg;
	uint8_t			 sig[ES256_LEN], sum[SHA256_LEN];
	uintptr_t		 bad = 0;

	for (int i = 0; i < 50; i++)
		bad += !crypto_hmac(STR("k"), STR("v"), sum) ||
		    !crypto_ec_sign(key, STR("hello"), sig) ||
		    crypto_ec_verify(key, STR("hello"),
		    (struct str){ (const char *)sig, sizeof(sig) }) != CRYPTO_SIG_OK;
	return bad == 0 ? NULL : arg;
}

static void
threads(void)
{
	struct ec_key	*key = example_pair();
	pthread_t	 t[4];
	void		*bad;

	for (size_t i = 0; key != NULL && i < NELEMS(t); i++)
		CHECK_INT("started", pthread_create(&t[i], NULL, sign_often, key), 0);
	for (size_t i = 0; key != NULL && i < NELEMS(t); i++) {
		CHECK_INT("ended", pthread_join(t[i], &bad), 0);
		CHECK("all good", bad == NULL);
	}
	crypto_ec_free(key);
}

static void
begin(void)
{
	log_init("test_crypto_key", (enum log_level)0);	/* do not log the many refusals */
	CHECK("arena", arena_init(&arena, 1 << 20));
}

static void
end(void)
{
	arena_free(&arena);
}

TESTS(crypto_key,
    { "begin", begin },
    { "threads", threads },	/* first: it tests concurrent first use */
    { "keys", keys },
    { "keys refused", keys_refused },
    { "key made", key_made },
    { "jwk", jwk },
    { "signatures refused", signatures_refused },
    { "RSA", rsa },
    { "RSA refused", rsa_refused },
    { "sealed", sealed },
    { "end", end })
