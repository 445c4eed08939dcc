#ifndef BRISK_CRYPTO_H
#define BRISK_CRYPTO_H
/*
 * crypto - digests, random bytes, signatures and base64url.  The only room
 * that knows OpenSSL; our code decides policy, never cryptography.
 *
 * A failure of the library itself (no memory, no entropy) is logged here.
 */
#include "buf.h"

#define SHA256_LEN	32
#define KID_LEN		43		/* base64url of a SHA-256 */
#define ES256_LEN	64		/* r || s, RFC 7518 3.4 */

bool	crypto_random(void *, size_t) MUSTCHECK;
bool	crypto_sha256(struct str, uint8_t out[SHA256_LEN]) MUSTCHECK;
bool	crypto_hmac(struct str key, struct str data, uint8_t out[SHA256_LEN]) MUSTCHECK;
/* In time that does not depend on where they differ. */
bool	crypto_equal(const void *, const void *, size_t) MUSTCHECK;

/* RFC 4648 section 5, without padding. */
void	crypto_base64url(struct buf *, const void *, size_t);
/* Strict: no padding, no foreign bytes, no stray bits.  From the arena. */
bool	crypto_unbase64url(struct arena *, struct str, struct str *out) MUSTCHECK;

/* A P-256 key pair, or the public half of one. */
struct ec_key;

/* Read a PEM file, private or public; NULL and a log line when it can not be. */
struct ec_key *ec_key_read(const char *path) MUSTCHECK;
/* Make one and write it to `path`, mode 0600, not over an existing file. */
bool	ec_key_create(const char *path) MUSTCHECK;
void	ec_key_free(struct ec_key *);
/* RFC 7638 thumbprint, NUL-terminated. */
bool	ec_key_id(const struct ec_key *, char out[KID_LEN + 1]) MUSTCHECK;
/* ES256: ECDSA with P-256 and SHA-256 (RFC 7518 3.4). */
bool	ec_sign(const struct ec_key *, struct str data, uint8_t out[ES256_LEN]) MUSTCHECK;
bool	ec_verify(const struct ec_key *, struct str data, const uint8_t sig[ES256_LEN]) MUSTCHECK;
/* {"kty":"EC","crv":"P-256","x":...,"y":...,"kid":...,"alg":"ES256","use":"sig"} */
bool	ec_key_jwk(struct buf *, const struct ec_key *) MUSTCHECK;

#endif
