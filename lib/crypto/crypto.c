/*
 * crypto - digests, random bytes and base64url.
 *
 * SHA-256 is looked up in OpenSSL once and never freed.  Each call has its own
 * context, so threads share no state.  The error queue is always cleared, because
 * other users of OpenSSL in the process (libcurl) read the same queue.
 */
#include <stdatomic.h>

#include "crypto/private.h"

#define CHUNK		48	/* bytes per step, a multiple of 3 */

static const char *
last_reason(void)
{
	const char	*why = ERR_reason_error_string(ERR_peek_last_error());

	return why == NULL ? "no reason given" : why;
}

bool
crypto_log_error(const char *what)
{
	log_event(LOG_ERROR, "crypto", "%s: %s", what, last_reason());
	ERR_clear_error();
	return false;
}

enum crypto_sig
crypto_sig_failure(const char *what)
{
	bool	 memory = ERR_GET_REASON(ERR_peek_last_error()) ==
		    ERR_R_MALLOC_FAILURE;

	if (memory)
		(void)crypto_log_error(what);
	ERR_clear_error();
	return memory ? CRYPTO_SIG_ERROR : CRYPTO_SIG_INVALID;
}

#if OPENSSL_VERSION_NUMBER >= 0x30000000L
/* In 3.x, EVP_sha256() is only a name, which each use looks up again. */
static const EVP_MD *
fetch_digest(void)
{
	return EVP_MD_fetch(NULL, "SHA256", NULL);
}

static void
free_digest(const EVP_MD *md)
{
	EVP_MD_free((EVP_MD *)(uintptr_t)md);
}
#else
static const EVP_MD *
fetch_digest(void)
{
	return EVP_sha256();
}

static void
free_digest(const EVP_MD *md)
{
	(void)md;
}
#endif

/*
 * Two threads may fetch the digest at the same time; then one of them frees its own.
 * After a failure the next call tries again.
 */
const EVP_MD *
crypto_digest(void)
{
	static const EVP_MD *_Atomic	 cached;
	const EVP_MD			*md = atomic_load(&cached), *none = NULL;

	if (md != NULL)
		return md;
	if ((md = fetch_digest()) == NULL) {
		(void)crypto_log_error("cannot find SHA-256");
		return NULL;
	}
	if (!atomic_compare_exchange_strong(&cached, &none, md)) {
		free_digest(md);
		md = none;
	}
	return md;
}

bool
crypto_random(void *p, size_t n)
{
	return RAND_bytes(p, (int)n) == 1 || crypto_log_error("random bytes");
}

bool
crypto_sha256(struct str in, uint8_t out[SHA256_LEN])
{
	const EVP_MD	*md = crypto_digest();

	if (md == NULL)
		return false;
	return EVP_Digest(in.p, in.n, out, NULL, md, NULL) == 1 ||
	    crypto_log_error("SHA-256");
}

bool
crypto_hmac(struct str key, struct str data, uint8_t out[SHA256_LEN])
{
	const EVP_MD	*md = crypto_digest();
	const char	*k = key.p == NULL ? "" : key.p; /* NULL would mean the previous key */
	HMAC_CTX	*ctx = md == NULL ? NULL : HMAC_CTX_new();
	bool		 ok;

	ok = ctx != NULL && HMAC_Init_ex(ctx, k, (int)key.n, md, NULL) == 1 &&
	    HMAC_Update(ctx, (const unsigned char *)data.p, data.n) == 1 &&
	    HMAC_Final(ctx, out, NULL) == 1;
	HMAC_CTX_free(ctx);
	return ok || crypto_log_error("HMAC");
}

bool
crypto_equal(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

size_t
crypto_base64url_text(char *out, const uint8_t *in, size_t n)
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
		buf_put(b, text, crypto_base64url_text(text, in, some));
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
	/* Six unused bits: one character too many.  Fewer unused bits must be zero. */
	if (held == 6 || (bits & ((1U << held) - 1)) != 0)
		return false;
	*out = (struct str){ (const char *)p, n };
	return true;
}
