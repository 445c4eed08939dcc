/*
 * seal - authenticated encryption with AES-256-GCM.
 *
 * The output is nonce, ciphertext, tag.  Nonces are random: so few values are sealed
 * that a collision is out of the question (NIST SP 800-38D section 8.3: 2^32).
 */
#include "crypto/private.h"

#define NONCE_LEN	12
#define TAG_LEN		16

/* The text separates this key from other keys derived from the secret. */
static bool
seal_key(struct str secret, uint8_t key[SHA256_LEN])
{
	return crypto_hmac(secret, STR("brisk sealed bytes, AES-256-GCM"), key);
}

static bool
encrypt(EVP_CIPHER_CTX *ctx, const uint8_t *key, struct str label,
    struct str plain, uint8_t *out)
{
	uint8_t	*text = out + NONCE_LEN;
	int	 n;

	return EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, out) == 1 &&
	    EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)label.p, (int)label.n) == 1 &&
	    EVP_EncryptUpdate(ctx, text, &n, (const uint8_t *)plain.p, (int)plain.n) == 1 &&
	    EVP_EncryptFinal_ex(ctx, text + n, &n) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_LEN,
	    text + plain.n) == 1;
}

bool
crypto_seal(struct str secret, struct str label, struct str plain, struct buf *out)
{
	EVP_CIPHER_CTX	*ctx = EVP_CIPHER_CTX_new();
	size_t		 n = NONCE_LEN + plain.n + TAG_LEN;
	uint8_t		*sealed = arena_alloc(out->arena, n), key[SHA256_LEN];
	bool		 ok;

	ok = ctx != NULL && sealed != NULL && crypto_random(sealed, NONCE_LEN) &&
	    seal_key(secret, key) && encrypt(ctx, key, label, plain, sealed);
	EVP_CIPHER_CTX_free(ctx);
	OPENSSL_cleanse(key, sizeof(key));
	if (!ok)
		return crypto_log_error("not sealed");
	buf_put(out, sealed, n);
	return buf_ok(out);
}

static bool
decrypt(EVP_CIPHER_CTX *ctx, const uint8_t *key, struct str label,
    struct str sealed, uint8_t *out)
{
	const uint8_t	*p = (const uint8_t *)sealed.p;
	size_t		 len = sealed.n - NONCE_LEN - TAG_LEN;
	uint8_t		 tag[TAG_LEN];
	int		 n;

	memcpy(tag, p + NONCE_LEN + len, sizeof(tag));
	return EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, p) == 1 &&
	    EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)label.p, (int)label.n) == 1 &&
	    EVP_DecryptUpdate(ctx, out, &n, p + NONCE_LEN, (int)len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, sizeof(tag), tag) == 1 &&
	    EVP_DecryptFinal_ex(ctx, out + n, &n) == 1;
}

bool
crypto_unseal(struct arena *a, struct str secret, struct str label,
    struct str sealed, struct str *plain)
{
	EVP_CIPHER_CTX	*ctx;
	uint8_t		*out, key[SHA256_LEN];
	bool		 ok;

	*plain = (struct str){ NULL, 0 };
	if (sealed.n < NONCE_LEN + TAG_LEN ||
	    (out = arena_alloc(a, sealed.n)) == NULL)
		return false;
	ctx = EVP_CIPHER_CTX_new();
	ok = ctx != NULL && seal_key(secret, key) &&
	    decrypt(ctx, key, label, sealed, out);
	EVP_CIPHER_CTX_free(ctx);
	OPENSSL_cleanse(key, sizeof(key));
	ERR_clear_error();
	if (ok)
		*plain = (struct str){ (const char *)out,
		    sealed.n - NONCE_LEN - TAG_LEN };
	return ok;
}
