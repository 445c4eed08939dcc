/*
 * crypto - see crypto.h.
 *
 * What OpenSSL looks up by name is looked up once and kept for ever; a context
 * is made for every call, so that threads share nothing that changes.  The
 * error queue is left empty: other users of the library in this process would
 * take our leftovers for theirs.
 */
#define OPENSSL_API_COMPAT	30000
#define OPENSSL_NO_DEPRECATED	/* such a call does not compile */

#include <sys/stat.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto.h"
#include "log.h"

#define COORD_LEN	32	/* bytes of x, y, r and s */
#define COORD_TEXT	KID_LEN	/* in base64url: as long as a SHA-256 */
#define DER_MOST	72	/* a P-256 signature as ASN.1 */
#define CHUNK		48	/* bytes encoded at a time: a multiple of 3 */

struct ec_key {
	EVP_PKEY	*pkey;
	bool		 signs;		/* has its private half */
	char		 x[COORD_TEXT + 1], y[COORD_TEXT + 1];
};

static struct {
	EVP_MD		*sha256;
	EVP_MAC		*hmac;
	EVP_MAC_CTX	*keyed;		/* HMAC-SHA-256, copied for each call */
} tools;

static bool
failed(const char *what)
{
	const char	*why = ERR_reason_error_string(ERR_peek_last_error());

	log_event(LOG_ERROR, "crypto", "%s: %s", what,
	    why == NULL ? "no reason given" : why);
	ERR_clear_error();
	return false;
}

static void
tools_free(void)
{
	EVP_MAC_CTX_free(tools.keyed);
	EVP_MAC_free(tools.hmac);
	EVP_MD_free(tools.sha256);
	memset(&tools, 0, sizeof(tools));
}

static bool
tools_make(void)
{
	char		 name[] = "SHA256";
	OSSL_PARAM	 params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
		OSSL_PARAM_construct_end(),
	};

	tools.sha256 = EVP_MD_fetch(NULL, name, NULL);
	tools.hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (tools.hmac != NULL)
		tools.keyed = EVP_MAC_CTX_new(tools.hmac);
	/* A context without a key can not be copied: any key will do. */
	if (tools.sha256 != NULL && tools.keyed != NULL &&
	    EVP_MAC_init(tools.keyed, (const unsigned char *)"k", 1, params) == 1)
		return true;
	tools_free();
	return failed("cannot find SHA-256 and HMAC");
}

/* A failure for want of memory is not for ever: the next call tries again. */
static bool
ready(void)
{
	static pthread_mutex_t	 lock = PTHREAD_MUTEX_INITIALIZER;
	static atomic_bool	 done;

	if (atomic_load_explicit(&done, memory_order_acquire))
		return true;
	pthread_mutex_lock(&lock);
	if (!atomic_load_explicit(&done, memory_order_relaxed) && tools_make())
		atomic_store_explicit(&done, true, memory_order_release);
	pthread_mutex_unlock(&lock);
	return atomic_load_explicit(&done, memory_order_relaxed);
}

bool
crypto_random(void *p, size_t n)
{
	return RAND_bytes_ex(NULL, p, n, 0) == 1 || failed("random bytes");
}

bool
crypto_sha256(struct str in, uint8_t out[SHA256_LEN])
{
	if (!ready())
		return false;
	return EVP_Digest(in.p, in.n, out, NULL, tools.sha256, NULL) == 1 ||
	    failed("SHA-256");
}

bool
crypto_hmac(struct str key, struct str data, uint8_t out[SHA256_LEN])
{
	EVP_MAC_CTX	*ctx;
	const char	*k = key.p == NULL ? "" : key.p; /* NULL: the copy's key */
	size_t		 n;
	bool		 ok;

	if (!ready())
		return false;
	ctx = EVP_MAC_CTX_dup(tools.keyed);
	ok = ctx != NULL &&
	    EVP_MAC_init(ctx, (const unsigned char *)k, key.n, NULL) == 1 &&
	    EVP_MAC_update(ctx, (const unsigned char *)data.p, data.n) == 1 &&
	    EVP_MAC_final(ctx, out, &n, SHA256_LEN) == 1;
	EVP_MAC_CTX_free(ctx);
	return ok || failed("HMAC");
}

bool
crypto_equal(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

/* Into `out`, which has room for four characters per three bytes begun. */
static size_t
to_base64url(char *out, const uint8_t *in, size_t n)
{
	static const char	 digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789-_";
	uint32_t		 bits = 0;
	unsigned		 held = 0;
	size_t			 len = 0;

	for (size_t i = 0; i < n; i++) {
		bits = bits << 8 | in[i];
		for (held += 8; held >= 6; held -= 6)
			out[len++] = digits[bits >> (held - 6) & 63];
	}
	if (held > 0)
		out[len++] = digits[bits << (6 - held) & 63];
	return len;
}

void
crypto_base64url(struct buf *b, const void *p, size_t n)
{
	const uint8_t	*in = p;
	char		 text[CHUNK / 3 * 4];
	size_t		 some;

	for (; n > 0; in += some, n -= some) {
		some = n < CHUNK ? n : CHUNK;
		buf_put(b, text, to_base64url(text, in, some));
	}
}

static int
digit_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-')
		return 62;
	return c == '_' ? 63 : -1;
}

bool
crypto_unbase64url(struct arena *a, struct str in, struct str *out)
{
	uint8_t		*p = arena_alloc(a, in.n / 4 * 3 + 3);
	uint32_t	 bits = 0;
	unsigned	 held = 0;
	size_t		 n = 0;
	int		 digit;

	*out = (struct str){ NULL, 0 };
	if (p == NULL)
		return false;
	for (size_t i = 0; i < in.n; i++) {
		if ((digit = digit_of(in.p[i])) < 0)
			return false;
		bits = bits << 6 | (unsigned)digit;
		held += 6;
		if (held >= 8) {
			held -= 8;
			p[n++] = (uint8_t)(bits >> held);
		}
	}
	/* Six bits over: one character too many.  Others must be zero. */
	if (held == 6 || (bits & ((1U << held) - 1)) != 0)
		return false;
	*out = (struct str){ (const char *)p, n };
	return true;
}

static bool
coordinate(const EVP_PKEY *pkey, const char *name, char out[COORD_TEXT + 1])
{
	BIGNUM	*bn = NULL;
	uint8_t	 bytes[COORD_LEN];
	bool	 ok;

	ok = EVP_PKEY_get_bn_param(pkey, name, &bn) == 1 &&
	    BN_bn2binpad(bn, bytes, COORD_LEN) == COORD_LEN;
	BN_free(bn);
	if (ok)
		out[to_base64url(out, bytes, COORD_LEN)] = '\0';
	return ok;
}

static bool
is_p256(const EVP_PKEY *pkey)
{
	char	 group[32];

	return EVP_PKEY_is_a(pkey, "EC") == 1 &&
	    EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) == 1 &&
	    strcmp(group, SN_X9_62_prime256v1) == 0;
}

/* Is the point on the curve, and do the halves belong together? */
static bool
is_sound(EVP_PKEY *pkey, bool signs)
{
	EVP_PKEY_CTX	*ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	bool		 ok;

	ok = ctx != NULL && (signs ? EVP_PKEY_check(ctx) == 1 :
	    EVP_PKEY_public_check(ctx) == 1);
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

/* Takes over `pkey`. */
static struct ec_key *
key_new(EVP_PKEY *pkey, bool signs)
{
	struct ec_key	*key = calloc(1, sizeof(*key));

	if (key == NULL) {
		EVP_PKEY_free(pkey);
		return NULL;
	}
	key->pkey = pkey;
	key->signs = signs;
	if (pkey != NULL && is_p256(pkey) && is_sound(pkey, signs) &&
	    coordinate(pkey, OSSL_PKEY_PARAM_EC_PUB_X, key->x) &&
	    coordinate(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, key->y))
		return key;
	ec_key_free(key);
	return NULL;
}

/* A pipe or device in the key's place would hang us: plain files only. */
static FILE *
key_open(const char *path, bool *shared)
{
	int		 fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat	 st;
	FILE		*f;

	if (fd == -1)
		return NULL;
	if (fstat(fd, &st) == 0) {
		*shared = (st.st_mode & S_IRWXO) != 0;
		if (!S_ISREG(st.st_mode))
			errno = EINVAL;
		else if ((f = fdopen(fd, "r")) != NULL)
			return f;
	}
	close(fd);
	return NULL;
}

/* Without this OpenSSL would ask for one at the terminal. */
static int
no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

struct ec_key *
ec_key_read(const char *path)
{
	struct ec_key	*key;
	EVP_PKEY	*pkey;
	FILE		*f;
	bool		 shared, signs;

	if ((f = key_open(path, &shared)) == NULL) {
		log_event(LOG_ERROR, "crypto", "cannot open key file %s: %s",
		    path, strerror(errno));
		return NULL;
	}
	pkey = PEM_read_PrivateKey(f, NULL, no_passphrase, NULL);
	signs = pkey != NULL;
	if (!signs) {
		rewind(f);
		pkey = PEM_read_PUBKEY(f, NULL, no_passphrase, NULL);
	}
	fclose(f);
	key = key_new(pkey, signs);
	if (key == NULL)
		log_event(LOG_ERROR, "crypto", "key file %s: no sound P-256 key "
		    "in PEM without a passphrase", path);
	else if (signs && shared)
		log_event(LOG_WARN, "crypto", "key file %s is open to every user "
		    "of this machine: chmod 600 it", path);
	ERR_clear_error();
	return key;
}

/* Closes `fd`. */
static bool
key_write(int fd)
{
	EVP_PKEY	*pkey = EVP_EC_gen("P-256");
	FILE		*f = fdopen(fd, "w");
	bool		 ok;

	ok = pkey != NULL && f != NULL &&
	    PEM_write_PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL) == 1 &&
	    fflush(f) == 0 && fsync(fd) == 0;
	EVP_PKEY_free(pkey);
	return (f != NULL ? fclose(f) : close(fd)) == 0 && ok;
}

bool
ec_key_create(const char *path)
{
	int	 fd;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1) {
		log_event(LOG_ERROR, "crypto", "cannot create key file %s: %s",
		    path, strerror(errno));
		return false;
	}
	if (key_write(fd))
		return true;
	log_event(LOG_ERROR, "crypto", "cannot write key file %s: %s", path,
	    strerror(errno));
	ERR_clear_error();
	unlink(path);
	return false;
}

void
ec_key_free(struct ec_key *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}

bool
ec_key_id(const struct ec_key *key, char out[KID_LEN + 1])
{
	/* The members that RFC 7638 3.2 requires, in its order. */
	char		 jwk[64 + 2 * COORD_TEXT];
	uint8_t		 sum[SHA256_LEN];

	snprintf(jwk, sizeof(jwk),
	    "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}",
	    key->x, key->y);
	out[0] = '\0';
	if (!crypto_sha256(str_of(jwk), sum))
		return false;
	out[to_base64url(out, sum, sizeof(sum))] = '\0';
	return true;
}

bool
ec_key_jwk(struct buf *b, const struct ec_key *key)
{
	char	 kid[KID_LEN + 1];

	if (!ec_key_id(key, kid))
		return false;
	buf_fmt(b, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\","
	    "\"kid\":\"%s\",\"alg\":\"ES256\",\"use\":\"sig\"}",
	    key->x, key->y, kid);
	return buf_ok(b);
}

/* ASN.1 to r || s. */
static bool
raw_of(const uint8_t *der, size_t n, uint8_t out[ES256_LEN])
{
	ECDSA_SIG	*sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
	bool		 ok;

	ok = sig != NULL &&
	    BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, COORD_LEN) == COORD_LEN &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + COORD_LEN, COORD_LEN) ==
	    COORD_LEN;
	ECDSA_SIG_free(sig);
	return ok;
}

/* r || s to ASN.1; its length, or 0. */
static size_t
der_of(const uint8_t raw[ES256_LEN], uint8_t der[DER_MOST])
{
	ECDSA_SIG	*sig = ECDSA_SIG_new();
	BIGNUM		*r = BN_bin2bn(raw, COORD_LEN, NULL);
	BIGNUM		*s = BN_bin2bn(raw + COORD_LEN, COORD_LEN, NULL);
	int		 n = 0;

	if (sig != NULL && ECDSA_SIG_set0(sig, r, s) == 1) {
		n = i2d_ECDSA_SIG(sig, &der);
	} else {
		BN_free(r);
		BN_free(s);
	}
	ECDSA_SIG_free(sig);
	return n < 0 ? 0 : (size_t)n;
}

bool
ec_sign(const struct ec_key *key, struct str data, uint8_t out[ES256_LEN])
{
	EVP_PKEY_CTX	*ctx;
	uint8_t		 sum[SHA256_LEN], der[DER_MOST];
	size_t		 n = sizeof(der);
	bool		 ok;

	if (!key->signs) {
		log_event(LOG_ERROR, "crypto", "a public key can not sign");
		return false;
	}
	if (!crypto_sha256(data, sum))
		return false;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
	ok = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
	    EVP_PKEY_sign(ctx, der, &n, sum, sizeof(sum)) == 1 &&
	    raw_of(der, n, out);
	EVP_PKEY_CTX_free(ctx);
	return ok || failed("ES256 signature");
}

bool
ec_verify(const struct ec_key *key, struct str data, const uint8_t sig[ES256_LEN])
{
	EVP_PKEY_CTX	*ctx;
	uint8_t		 sum[SHA256_LEN], der[DER_MOST];
	size_t		 n = der_of(sig, der);
	bool		 ok;

	if (!crypto_sha256(data, sum))
		return false;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
	if (n == 0 || ctx == NULL || EVP_PKEY_verify_init(ctx) != 1) {
		EVP_PKEY_CTX_free(ctx);
		return failed("ES256 verification");
	}
	ok = EVP_PKEY_verify(ctx, der, n, sum, sizeof(sum)) == 1;
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}
