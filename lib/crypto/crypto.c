/*
 * crypto - see crypto.h.
 *
 * What OpenSSL looks up by name is looked up once and kept for ever; a context
 * is made for every call, so that threads share nothing that changes.  The
 * error queue is left empty: other users of the library in this process would
 * take our leftovers for theirs.
 */
#include <stdatomic.h>

#include "crypto/private.h"

#define CHUNK		48	/* bytes encoded at a time: a multiple of 3 */

static const char *
last_reason(void)
{
	const char	*why = ERR_reason_error_string(ERR_peek_last_error());

	return why == NULL ? "no reason given" : why;
}

bool
crypto_failed(const char *what)
{
	log_event(LOG_ERROR, "crypto", "%s: %s", what, last_reason());
	ERR_clear_error();
	return false;
}

enum crypto_sig
crypto_refused(const char *what)
{
	bool	 memory = ERR_GET_REASON(ERR_peek_last_error()) ==
		    ERR_R_MALLOC_FAILURE;

	if (memory)
		(void)crypto_failed(what);
	ERR_clear_error();
	return memory ? CRYPTO_SIG_ERROR : CRYPTO_SIG_INVALID;
}

#if OPENSSL_VERSION_NUMBER >= 0x30000000L
/* There EVP_sha256() is only a name, looked up at each use. */
static const EVP_MD *
find_digest(void)
{
	return EVP_MD_fetch(NULL, "SHA256", NULL);
}

static void
drop_digest(const EVP_MD *md)
{
	EVP_MD_free((EVP_MD *)(uintptr_t)md);
}
#else
static const EVP_MD *
find_digest(void)
{
	return EVP_sha256();
}

static void
drop_digest(const EVP_MD *md)
{
	(void)md;
}
#endif

/*
 * Two threads may find it at the same time: one of them lets go of its own.  A
 * failure for want of memory is not for ever: the next call tries again.
 */
const EVP_MD *
crypto_digest(void)
{
	static const EVP_MD *_Atomic	 known;
	const EVP_MD			*md = atomic_load(&known), *none = NULL;

	if (md != NULL)
		return md;
	if ((md = find_digest()) == NULL) {
		(void)crypto_failed("cannot find SHA-256");
		return NULL;
	}
	if (!atomic_compare_exchange_strong(&known, &none, md)) {
		drop_digest(md);
		md = none;
	}
	return md;
}

bool
crypto_random(void *p, size_t n)
{
	return RAND_bytes(p, (int)n) == 1 || crypto_failed("random bytes");
}

bool
crypto_sha256(struct str in, uint8_t out[SHA256_LEN])
{
	const EVP_MD	*md = crypto_digest();

	if (md == NULL)
		return false;
	return EVP_Digest(in.p, in.n, out, NULL, md, NULL) == 1 ||
	    crypto_failed("SHA-256");
}

bool
crypto_hmac(struct str key, struct str data, uint8_t out[SHA256_LEN])
{
	const EVP_MD	*md = crypto_digest();
	const char	*k = key.p == NULL ? "" : key.p; /* NULL: the key before */
	HMAC_CTX	*ctx = md == NULL ? NULL : HMAC_CTX_new();
	bool		 ok;

	ok = ctx != NULL && HMAC_Init_ex(ctx, k, (int)key.n, md, NULL) == 1 &&
	    HMAC_Update(ctx, (const unsigned char *)data.p, data.n) == 1 &&
	    HMAC_Final(ctx, out, NULL) == 1;
	HMAC_CTX_free(ctx);
	return ok || crypto_failed("HMAC");
}

bool
crypto_equal(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

size_t
crypto_to_base64url(char *out, const uint8_t *in, size_t n)
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
crypto_base64url_encode(struct buf *b, const void *p, size_t n)
{
	const uint8_t	*in = p;
	char		 text[CHUNK / 3 * 4];
	size_t		 some;

	for (; n > 0; in += some, n -= some) {
		some = n < CHUNK ? n : CHUNK;
		buf_put(b, text, crypto_to_base64url(text, in, some));
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
crypto_base64url_decode(struct arena *a, struct str in, struct str *out)
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
