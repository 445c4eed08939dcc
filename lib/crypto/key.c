/* key - P-256 and RSA keys: signatures, DER and JWK. */
#include <stdio.h>
#include <stdlib.h>

#include "crypto/private.h"
#include "schema/json.h"

#define COORD_TEXT	KID_LEN	/* base64url of 32 bytes, like that of a SHA-256 */
#define MAX_DER	256	/* bytes; a P-256 key pair takes 121 */

struct ec_key {
	EC_KEY	*ec;
	bool	 has_private;
	char	 x[COORD_TEXT + 1], y[COORD_TEXT + 1];
};

struct rsa_key {
	RSA	*rsa;
};

static bool
is_p256(const EC_KEY *ec)
{
	const EC_GROUP	*group = EC_KEY_get0_group(ec);

	return group != NULL && EC_GROUP_get_curve_name(group) == NID_X9_62_prime256v1;
}

static bool
coordinates(const EC_KEY *ec, uint8_t x[EC_COORD_LEN], uint8_t y[EC_COORD_LEN])
{
	const EC_POINT	*point = EC_KEY_get0_public_key(ec);
	BIGNUM		*bx = BN_new(), *by = BN_new();
	bool		 ok;

	ok = bx != NULL && by != NULL && point != NULL &&
	    EC_POINT_get_affine_coordinates(EC_KEY_get0_group(ec), point, bx, by,
	    NULL) == 1 &&
	    BN_bn2binpad(bx, x, EC_COORD_LEN) == EC_COORD_LEN &&
	    BN_bn2binpad(by, y, EC_COORD_LEN) == EC_COORD_LEN;
	BN_free(bx);
	BN_free(by);
	return ok;
}

/*
 * Takes ownership of `ec`.  EC_KEY_check_key() verifies that the point is on the curve
 * and that the private key belongs to it.
 */
static struct ec_key *
key_new(EC_KEY *ec)
{
	struct ec_key	*key = calloc(1, sizeof(*key));
	uint8_t		 x[EC_COORD_LEN], y[EC_COORD_LEN];

	if (key == NULL || ec == NULL || !is_p256(ec) || EC_KEY_check_key(ec) != 1 ||
	    !coordinates(ec, x, y)) {
		EC_KEY_free(ec);
		free(key);
		ERR_clear_error();
		return NULL;
	}
	key->ec = ec;
	key->has_private = EC_KEY_get0_private_key(ec) != NULL;
	crypto_base64url_text(key->x, x, sizeof(x));
	crypto_base64url_text(key->y, y, sizeof(y));
	return key;
}

struct ec_key *
crypto_ec_generate(void)
{
	EC_KEY		*ec = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	struct ec_key	*key = NULL;

	if (ec == NULL || EC_KEY_generate_key(ec) != 1)
		EC_KEY_free(ec);
	else
		key = key_new(ec);
	if (key == NULL)
		(void)crypto_log_error("cannot generate a key");
	return key;
}

struct ec_key *
crypto_ec_from_point(struct str x, struct str y)
{
	EC_KEY	*ec = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	BIGNUM	*bx = BN_bin2bn((const unsigned char *)x.p, (int)x.n, NULL);
	BIGNUM	*by = BN_bin2bn((const unsigned char *)y.p, (int)y.n, NULL);
	bool	 ok;

	ok = x.n == EC_COORD_LEN && y.n == EC_COORD_LEN && ec != NULL &&
	    EC_KEY_set_public_key_affine_coordinates(ec, bx, by) == 1;
	BN_free(bx);
	BN_free(by);
	if (ok)
		return key_new(ec);
	EC_KEY_free(ec);
	ERR_clear_error();
	return NULL;
}

bool
crypto_ec_to_der(const struct ec_key *key, struct buf *out)
{
	uint8_t	 der[MAX_DER], *end = der;
	int	 n = i2d_ECPrivateKey(key->ec, NULL);

	if (!key->has_private || n <= 0 || n > (int)sizeof(der) ||
	    i2d_ECPrivateKey(key->ec, &end) != n)
		return crypto_log_error("cannot write a key as DER");
	buf_put(out, der, (size_t)n);
	OPENSSL_cleanse(der, sizeof(der));
	return buf_ok(out);
}

struct ec_key *
crypto_ec_from_der(struct str der)
{
	const uint8_t	*p = (const uint8_t *)der.p;
	EC_KEY		*ec = d2i_ECPrivateKey(NULL, &p, (long)der.n);

	if (ec != NULL && p == (const uint8_t *)der.p + der.n)
		return key_new(ec);
	EC_KEY_free(ec);
	ERR_clear_error();
	return NULL;
}

void
crypto_ec_free(struct ec_key *key)
{
	if (key == NULL)
		return;
	EC_KEY_free(key->ec);
	free(key);
}

bool
crypto_ec_thumbprint(const struct ec_key *key, char out[KID_LEN + 1])
{
	/* RFC 7638 section 3.2: exactly these members, in this order, without spaces. */
	char		 jwk[64 + 2 * COORD_TEXT];
	uint8_t		 sum[SHA256_LEN];

	snprintf(jwk, sizeof(jwk),
	    "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}",
	    key->x, key->y);
	out[0] = '\0';
	if (!crypto_sha256(str_of(jwk), sum))
		return false;
	out[crypto_base64url_text(out, sum, sizeof(sum))] = '\0';
	return true;
}

bool
crypto_ec_jwk(struct buf *b, const struct ec_key *key)
{
	char	 kid[KID_LEN + 1];

	if (!crypto_ec_thumbprint(key, kid))
		return false;
	json_open(b, NULL, '{');
	json_text(b, "kty", "EC");
	json_text(b, "crv", "P-256");
	json_text(b, "x", key->x);
	json_text(b, "y", key->y);
	json_text(b, "kid", kid);
	json_text(b, "alg", "ES256");
	json_text(b, "use", "sig");
	json_close(b, "}");
	return buf_ok(b);
}

bool
crypto_ec_sign(const struct ec_key *key, struct str data, uint8_t out[ES256_LEN])
{
	ECDSA_SIG	*sig;
	uint8_t		 sum[SHA256_LEN];
	bool		 ok;

	if (!key->has_private) {
		log_event(LOG_ERROR, "crypto", "a public key cannot sign");
		return false;
	}
	if (!crypto_sha256(data, sum))
		return false;
	sig = ECDSA_do_sign(sum, sizeof(sum), key->ec);
	ok = sig != NULL &&
	    BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, EC_COORD_LEN) == EC_COORD_LEN &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + EC_COORD_LEN, EC_COORD_LEN) ==
	    EC_COORD_LEN;
	ECDSA_SIG_free(sig);
	return ok || crypto_log_error("ES256 signature");
}

/* r || s as two numbers; NULL: no memory. */
static ECDSA_SIG *
sig_parse(const uint8_t raw[ES256_LEN])
{
	ECDSA_SIG	*sig = ECDSA_SIG_new();
	BIGNUM		*r = BN_bin2bn(raw, EC_COORD_LEN, NULL);
	BIGNUM		*s = BN_bin2bn(raw + EC_COORD_LEN, EC_COORD_LEN, NULL);

	if (sig != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(sig, r, s) == 1)
		return sig;
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	return NULL;
}

enum crypto_sig
crypto_ec_verify(const struct ec_key *key, struct str data, struct str raw)
{
	ECDSA_SIG	*sig;
	uint8_t		 sum[SHA256_LEN];
	int		 result;

	if (raw.n != ES256_LEN)
		return CRYPTO_SIG_INVALID;
	if (!crypto_sha256(data, sum))
		return CRYPTO_SIG_ERROR;
	if ((sig = sig_parse((const uint8_t *)raw.p)) == NULL) {
		(void)crypto_log_error("ES256 verification");
		return CRYPTO_SIG_ERROR;
	}
	result = ECDSA_do_verify(sum, sizeof(sum), sig, key->ec);
	ECDSA_SIG_free(sig);
	if (result == 1)
		return CRYPTO_SIG_OK;
	if (result == 0)
		return crypto_sig_failure("ES256 verification");
	/* -1: an error; without memory OpenSSL may not record which. */
	(void)crypto_log_error("ES256 verification");
	return CRYPTO_SIG_ERROR;
}

/* Takes ownership of both numbers; NULL if the key is not acceptable. */
static RSA *
rsa_new(BIGNUM *n, BIGNUM *e)
{
	RSA	*rsa = RSA_new();

	if (rsa != NULL && n != NULL && e != NULL && BN_is_odd(n) &&
	    BN_num_bits(n) >= MIN_RSA_BITS && BN_num_bits(n) <= MAX_RSA_BITS &&
	    BN_is_odd(e) && !BN_is_one(e) && BN_num_bits(e) <= 64 &&
	    RSA_set0_key(rsa, n, e, NULL) == 1)
		return rsa;
	BN_free(n);
	BN_free(e);
	RSA_free(rsa);
	return NULL;
}

struct rsa_key *
crypto_rsa_from_modulus(struct str n, struct str e)
{
	struct rsa_key	*key = n.n > MAX_RSA_BITS / 8 || e.n > 8 ? NULL :
			    calloc(1, sizeof(*key));

	if (key == NULL)
		return NULL;
	key->rsa = rsa_new(BN_bin2bn((const unsigned char *)n.p, (int)n.n, NULL),
	    BN_bin2bn((const unsigned char *)e.p, (int)e.n, NULL));
	if (key->rsa != NULL)
		return key;
	free(key);
	ERR_clear_error();
	return NULL;
}

void
crypto_rsa_free(struct rsa_key *key)
{
	if (key == NULL)
		return;
	RSA_free(key->rsa);
	free(key);
}

enum crypto_sig
crypto_rsa_verify(const struct rsa_key *key, struct str data, struct str sig)
{
	uint8_t	 sum[SHA256_LEN];

	if (sig.n != (size_t)RSA_size(key->rsa))
		return CRYPTO_SIG_INVALID;
	if (!crypto_sha256(data, sum))
		return CRYPTO_SIG_ERROR;
	if (RSA_verify(NID_sha256, sum, sizeof(sum), (const unsigned char *)sig.p,
	    (unsigned)sig.n, key->rsa) == 1)
		return CRYPTO_SIG_OK;
	return crypto_sig_failure("RS256 verification");
}
