#ifndef BRISK_CRYPTO_H
#define BRISK_CRYPTO_H
/*
 * crypto - digests, random bytes, signatures, sealed bytes and base64url.  The
 * only room that knows OpenSSL; our code decides policy, never cryptography.
 *
 * A failure of the library itself (no memory, no entropy) is logged here.
 * Keys may be used by several threads at once.
 */
#include "base/buf.h"

#define SHA256_LEN	32
#define KID_LEN		43		/* base64url of a SHA-256 */
#define ES256_LEN	64		/* r || s, RFC 7518 3.4 */
#define EC_COORD_LEN	32		/* bytes of x and y */
#define MIN_RSA_BITS	2048		/* RFC 7518 3.3 */
#define MAX_RSA_BITS	8192		/* a larger one costs too much */

bool	crypto_random(void *, size_t) MUSTCHECK;
bool	crypto_sha256(struct str, uint8_t out[SHA256_LEN]) MUSTCHECK;
bool	crypto_hmac(struct str key, struct str data, uint8_t out[SHA256_LEN]) MUSTCHECK;
/* In time that does not depend on where they differ. */
bool	crypto_equal(const void *, const void *, size_t) MUSTCHECK;

/* RFC 4648 section 5, without padding. */
void	crypto_base64url_encode(struct buf *, const void *, size_t);
/* Strict: no padding, no foreign bytes, no stray bits.  From the arena. */
bool	crypto_base64url_decode(struct arena *, struct str, struct str *out) MUSTCHECK;

enum crypto_sig {
	CRYPTO_SIG_OK,
	CRYPTO_SIG_INVALID,
	CRYPTO_SIG_ERROR	/* it could not be judged: no memory */
};

/* A P-256 key pair, or the public half of one. */
struct ec_key;

struct ec_key *crypto_ec_generate(void) MUSTCHECK;
/* The public half, of its coordinates; NULL when they are no point. */
struct ec_key *crypto_ec_from_point(struct str x, struct str y) MUSTCHECK;
/* Both halves as DER, and back; NULL when it is no sound P-256 key pair. */
bool	crypto_ec_to_der(const struct ec_key *, struct buf *) MUSTCHECK;
struct ec_key *crypto_ec_from_der(struct str) MUSTCHECK;
void	crypto_ec_free(struct ec_key *);
/* RFC 7638 thumbprint, NUL-terminated. */
bool	crypto_ec_thumbprint(const struct ec_key *, char out[KID_LEN + 1]) MUSTCHECK;
/* ES256: ECDSA with P-256 and SHA-256 (RFC 7518 3.4). */
bool	crypto_ec_sign(const struct ec_key *, struct str data, uint8_t out[ES256_LEN]) MUSTCHECK;
enum crypto_sig crypto_ec_verify(const struct ec_key *, struct str data, struct str sig) MUSTCHECK;
/* {"kty":"EC","crv":"P-256","x":...,"y":...,"kid":...,"alg":"ES256","use":"sig"} */
bool	crypto_ec_jwk(struct buf *, const struct ec_key *) MUSTCHECK;

/* The public half of an RSA key: ours never sign with one. */
struct rsa_key;

/* Of modulus and exponent, as RFC 7518 6.3.1 has them; NULL: not to be trusted. */
struct rsa_key *crypto_rsa_from_modulus(struct str n, struct str e) MUSTCHECK;
void	crypto_rsa_free(struct rsa_key *);
/* RS256: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 3.3). */
enum crypto_sig crypto_rsa_verify(const struct rsa_key *, struct str data, struct str sig) MUSTCHECK;

/*
 * Encrypt and authenticate (AES-256-GCM) under a key made from `secret`, and
 * back.  `label` says what it is and must be the same again.
 */
bool	crypto_seal(struct str secret, struct str label, struct str plain,
	    struct buf *out) MUSTCHECK;
/* From the arena.  False: another secret or label, changed bytes, no memory. */
bool	crypto_unseal(struct arena *, struct str secret, struct str label,
	    struct str sealed, struct str *plain) MUSTCHECK;

#endif
