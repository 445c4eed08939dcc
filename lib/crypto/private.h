#ifndef BRISK_CRYPTO_PRIVATE_H
#define BRISK_CRYPTO_PRIVATE_H
/*
 * crypto_private - OpenSSL, for the parts of the crypto room.
 *
 *	crypto.c	digests, random bytes, base64url
 *	crypto_key.c	keys and signatures
 *	crypto_seal.c	what is kept encrypted
 *
 * Programs are built with OpenSSL 1.1.1 as well as with 3.x, so what is called
 * is what both have; crypto_digest() alone knows which it is.  What both call
 * out of date does not compile.
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

#include "crypto/crypto.h"
#include "base/log.h"

/* SHA-256, looked up once; NULL and a log line when it can not be. */
const EVP_MD	*crypto_digest(void) MUSTCHECK;

/* Log what OpenSSL says of it, and leave its queue empty.  False. */
bool		 crypto_failed(const char *what);

/* A signature that did not fit, or could not be judged for want of memory. */
enum crypto_sig	 crypto_refused(const char *what) MUSTCHECK;

/* Into `out`, which has room for four characters per three bytes begun. */
size_t		 crypto_to_base64url(char *out, const uint8_t *, size_t);

#endif
