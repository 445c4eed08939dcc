#ifndef BRISK_GRANT_H
#define BRISK_GRANT_H
/*
 * grant - what a login goes on giving: refresh tokens, in families.
 *
 * A login begins a family.  Its refresh token can be used once, which makes
 * the next one; used again, it was stolen or lost, and nobody can tell whose
 * the newer one is: the family ends, and the access tokens given with it.  Only
 * within GRANT_RETRY_MS of its use, by the same client, that is taken for an
 * answer that was lost (RFC 9700 4.14.2).  Of a token its SHA-256 is kept.
 *
 * Functions that say "inside" belong into a store_write() with the tag of
 * account_tag().
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

/* Of a refresh token, whatever its state, or DB_NOT_FOUND. */
enum db_err	 grant_find(struct store *, struct str token, struct grant *) MUSTCHECK;
/* May this client use it now? */
bool		 grant_holds(const struct grant *, struct str client) MUSTCHECK;
/* Was it used before, in a way that ends the family? */
bool		 grant_stolen(const struct grant *, struct str client) MUSTCHECK;

/* Inside: a new family of g's user, client and scope. */
enum db_err	 grant_begin(struct store *, struct grant *g) MUSTCHECK;
/* Inside: use it; DB_NOT_FOUND: somebody did, or the family has ended. */
enum db_err	 grant_use(struct store *, const struct grant *) MUSTCHECK;

/* An access token that is given beside a refresh token. */
struct grant_access {
	struct uuid	 jti;
	struct stamp	 expires_at;
};

/* Inside: the family's next refresh token, appended to `out`. */
enum db_err	 grant_next(struct store *, const struct grant *,
		    const struct grant_access *, struct buf *out) MUSTCHECK;
/* Inside: the family ends. */
enum db_err	 grant_end(struct store *, const struct grant *) MUSTCHECK;
/* Inside: one access token is taken back. */
enum db_err	 grant_revoke(struct store *, const struct grant_access *) MUSTCHECK;

/* For --check: ends with a NULL .sql. */
extern const struct query grant_queries[];

#endif
