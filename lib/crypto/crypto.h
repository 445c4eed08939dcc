#ifndef BRISK_CRYPTO_H
#define BRISK_CRYPTO_H
/*
 * crypto - digests, random bytes, signatures, authenticated encryption and base64url.
 *
 * Only this room uses OpenSSL.  It implements no cryptography of its own.
 *
 * Failures of OpenSSL (no memory, no entropy) are logged here.  Keys may be used by
 * several threads at the same time.
 */
#include "base/buf.h"

#define SHA256_LEN	32
#define KID_LEN		43		/* characters of a SHA-256 in base64url */
#define ES256_LEN	64		/* r || s, RFC 7518 section 3.4 */
#define EC_COORD_LEN	32		/* bytes of x and of y */
#define MIN_RSA_BITS	2048		/* RFC 7518 section 3.3 */
#define MAX_RSA_BITS	8192		/* verifying with a larger key takes too long */

bool	crypto_random(void *, size_t) MUSTCHECK;
bool	crypto_sha256(struct str, uint8_t out[SHA256_LEN]) MUSTCHECK;
/* HMAC-SHA-256. */
bool	crypto_hmac(struct str key, struct str data, uint8_t out[SHA256_LEN]) MUSTCHECK;
/* Compare in constant time. */
bool	crypto_equal(const void *, const void *, size_t) MUSTCHECK;

/* Append as base64url without padding (RFC 4648 section 5). */
void	crypto_base64url_encode(struct buf *, const void *, size_t);
/*
 * Decode into the arena.  Strict: padding, other characters and non-zero unused bits
 * are errors.
 */
bool	crypto_base64url_decode(struct arena *, struct str, struct str *out) MUSTCHECK;

enum crypto_sig {
	CRYPTO_SIG_OK,
	CRYPTO_SIG_INVALID,
	CRYPTO_SIG_ERROR	/* not verified: no memory */
};

/* A P-256 key pair, or only its public key. */
struct ec_key;

/* A new key pair; NULL, with a log line, on failure. */
struct ec_key *crypto_ec_generate(void) MUSTCHECK;
/* The public key with these coordinates; NULL if they are not a point of P-256. */
struct ec_key *crypto_ec_from_point(struct str x, struct str y) MUSTCHECK;
/* Append a key pair as DER (RFC 5915). */
bool	crypto_ec_to_der(const struct ec_key *, struct buf *) MUSTCHECK;
/* The key pair in DER; NULL if it is not a valid P-256 key pair. */
struct ec_key *crypto_ec_from_der(struct str) MUSTCHECK;
void	crypto_ec_free(struct ec_key *);
/* The JWK thumbprint (RFC 7638), in base64url, NUL-terminated. */
bool	crypto_ec_thumbprint(const struct ec_key *, char out[KID_LEN + 1]) MUSTCHECK;
/* ES256: ECDSA with P-256 and SHA-256 (RFC 7518 section 3.4). */
bool	crypto_ec_sign(const struct ec_key *, struct str data, uint8_t out[ES256_LEN]) MUSTCHECK;
enum crypto_sig crypto_ec_verify(const struct ec_key *, struct str data, struct str sig) MUSTCHECK;
/*
 * Append the public key as a JWK (RFC 7517); its `kid` is the thumbprint:
 * {"kty":"EC","crv":"P-256","x":...,"y":...,"kid":...,"alg":"ES256","use":"sig"}
 */
bool	crypto_ec_jwk(struct buf *, const struct ec_key *) MUSTCHECK;

/* The public key of an RSA key pair.  Brisk never signs with RSA. */
struct rsa_key;

/*
 * The key with this modulus and exponent, as in RFC 7518 section 6.3.1.  NULL if the
 * key is too short, too long or malformed.
 */
struct rsa_key *crypto_rsa_from_modulus(struct str n, struct str e) MUSTCHECK;
void	crypto_rsa_free(struct rsa_key *);
/* RS256: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3). */
enum crypto_sig crypto_rsa_verify(const struct rsa_key *, struct str data, struct str sig) MUSTCHECK;

/*
 * Encrypt and authenticate with AES-256-GCM, under a key derived from `secret`.
 * `label` says what the bytes are; it is authenticated, and must be the same in
 * crypto_unseal().
 */
bool	crypto_seal(struct str secret, struct str label, struct str plain,
	    struct buf *out) MUSTCHECK;
/*
 * Decrypt into the arena.  False if the secret or the label differs, if the bytes
 * were changed, or if there is no memory.
 */
bool	crypto_unseal(struct arena *, struct str secret, struct str label,
	    struct str sealed, struct str *plain) MUSTCHECK;

#endif
