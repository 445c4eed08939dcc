#ifndef BRISK_CRYPTO_PRIVATE_H
#define BRISK_CRYPTO_PRIVATE_H
/*
 * private - OpenSSL, for the parts of crypto.h.
 *
 *	crypto.c	digests, random bytes, base64url
 *	key.c		keys and signatures
 *	seal.c		authenticated encryption
 *
 * Brisk builds with OpenSSL 1.1.1 and 3.x, so only functions of both are called;
 * crypto_digest() is the one exception.  Functions that are deprecated in 1.1.0 do
 * not compile.
 */
#define OPENSSL_API_COMPAT	0x10100000L
#define OPENSSL_NO_DEPRECATED

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "base/log.h"
#include "crypto/crypto.h"

/* SHA-256.  NULL, with a log line, on failure. */
const EVP_MD	*crypto_digest(void) MUSTCHECK;

/* Log the error of OpenSSL and clear its error queue.  Returns false. */
bool		 crypto_log_error(const char *what);

/* After a failed verification: invalid signature, or (logged) no memory. */
enum crypto_sig	 crypto_sig_failure(const char *what) MUSTCHECK;

/* Encode to `out`, 4 characters per 3 bytes, rounded up.  Returns the length. */
size_t		 crypto_base64url_text(char *out, const uint8_t *, size_t);

#endif
