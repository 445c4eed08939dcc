#include <stdio.h>

#include "crypto/crypto.h"
#include "db/account.h"

#define MAX_ARENA	((size_t)4 << 10)

/* The password is the base64url text of an HMAC, so it needs no quoting in SQL. */
static bool
derive_password(const struct conf *cf, const char *user, char out[DB_ACCOUNT_PASSWORD + 1])
{
	static const char	 about[] = "database account ";
	char			 text[sizeof(about) + DB_ACCOUNT_MAX_NAME];
	uint8_t			 mac[SHA256_LEN];
	struct arena		 a;
	struct buf		 b;
	bool			 good;

	if (!arena_init(&a, MAX_ARENA))
		return false;
	(void)snprintf(text, sizeof(text), "%s%s", about, user);
	buf_init(&b, &a);
	good = crypto_hmac(str_of(cf->secret), str_of(text), mac);
	if (good)
		crypto_base64url_encode(&b, mac, sizeof(mac));
	if ((good = good && buf_ok(&b) && b.n == DB_ACCOUNT_PASSWORD))
		memcpy(out, b.p, DB_ACCOUNT_PASSWORD + 1);
	arena_free(&a);
	return good;
}

bool
db_account_own(const struct conf *cf, const char *program, struct db_account *out)
{
	int	 n = snprintf(out->user, sizeof(out->user), "%s_%s", cf->database_user,
		    program);

	return n > 0 && n <= DB_ACCOUNT_MAX_NAME && derive_password(cf, out->user, out->password);
}
