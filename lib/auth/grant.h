#ifndef BRISK_GRANT_H
#define BRISK_GRANT_H
/*
 * grant - refresh tokens, in families (RFC 9700 4.14.2).
 *
 * A login starts a family. Its refresh token can be used once, and the use
 * issues the next one. A second use means that the token was stolen or lost: the
 * family ends, with every access token issued from it. Within GRANT_RETRY_MS a
 * second use by the same client is taken as a retry after a lost answer. Only the SHA-256 of a
 * token is stored.
 *
 * Functions marked "in a transaction" must run inside a store_write() with the
 * tag of account_tag().
 */
#include "auth/account.h"

#define GRANT_IDLE_MS		(INT64_C(14) * 86400 * 1000)
#define GRANT_WHOLE_MS		(INT64_C(60) * 86400 * 1000)
#define GRANT_RETRY_MS		10000
#define GRANT_TOKEN		43	/* base64url of 256 random bits */

struct grant {
	struct uuid	 family, user;
	struct str	 client_id, scope, token;
	struct stamp	 expires_at, rotated_at, absolute_expiry, revoked_at;
};

/* Find a refresh token in any state; DB_NOT_FOUND: there is none. */
enum db_err	 grant_find(struct store *, struct str token, struct grant *) MUSTCHECK;
/* May this client use it now? */
bool		 grant_is_valid(const struct grant *, struct str client) MUSTCHECK;
/* Was it used before, so that the family must end? */
bool		 grant_is_stolen(const struct grant *, struct str client) MUSTCHECK;

/* In a transaction: start a family for g's user, client and scope. */
enum db_err	 grant_begin(struct store *, struct grant *g) MUSTCHECK;
/*
 * In a transaction: use the token. DB_NOT_FOUND: it was used, or the family has
 * ended.
 */
enum db_err	 grant_use(struct store *, const struct grant *) MUSTCHECK;

/* An access token that is issued with a refresh token. */
struct grant_access {
	struct uuid	 jti;
	struct stamp	 expires_at;
};

/* In a transaction: append the next refresh token of the family to `out`. */
enum db_err	 grant_next(struct store *, const struct grant *,
		    const struct grant_access *, struct buf *out) MUSTCHECK;
/* In a transaction: end the family. */
enum db_err	 grant_end(struct store *, const struct grant *) MUSTCHECK;
/* In a transaction: revoke one access token. */
enum db_err	 grant_revoke(struct store *, const struct grant_access *) MUSTCHECK;

/* For --check: ends with a NULL .sql. */
extern const struct query grant_queries[];

#endif
