#ifndef BRISK_AUTH_H
#define BRISK_AUTH_H
/*
 * auth - authentication and authorization of a request.
 *
 * A token that is sent is always checked, even on routes that need none.  The
 * refusals are RFC 6750's: 401 with a challenge, 403 with the missing scope; 503
 * if the token cannot be checked at the moment.
 *
 * A valid signature is not enough.  The user must exist and have the token's
 * version (users.tv), the client must exist, and the token must not be revoked
 * (revoked_tokens).  The database is asked once; the process caches the result
 * until the token expires or one of these tags is invalidated:
 *
 *	user/SUB	version or state of the user, a revoked token
 *	client/ID	state of a client
 *	keys		signing keys
 *
 * Code that changes one of them does so in a store_write() with that tag, so the
 * change holds from the next request on, in all processes.  Nothing is cached
 * without a generations file on a local disk (generation_remote()).
 *
 * A subject is a user (a UUID); a client (`sub` equals `client_id`); a name that
 * an administrator gave to `brisk token` (client_id "brisk", no row); or a user
 * of an external provider ("xxxxxxxxxxxxxxxx/...", after a hash of its issuer).
 * So no client id may be "brisk" or contain a slash.
 */
#include "cache/generation.h"
#include "http/resp.h"
#include "auth/keys.h"

/* Who may call a route; every route must say so. */
#define SCOPE_NONE	"-"	/* no token needed */
#define SCOPE_OWN	"own"	/* any valid token */
#define SCOPE_CLIENT	"client" /* no token: the client authenticates itself (route/client.h) */

#define AUTH_TOOL	"brisk"	/* client_id of tokens that `brisk token` issues */

struct user {
	struct str	 sub, client_id, scope;
	struct str	 roles;		/* separated by spaces */
	struct str	 jti;		/* absent: an external provider gave none */
	struct uuid	 id;		/* nil: the subject is no account of ours */
	struct stamp	 expires_at;
	struct generation_snapshot	 mark;		/* of the tags the user depends on; n 0: not known */
};

/* What the database knows of a token's subject. */
struct auth_facts {
	struct opt_int	 tv;		/* token version of the user; absent: no such active user */
	bool		 client;	/* the client exists */
	bool		 revoked;
};

/* Shared by the threads of a process. */
struct auth {
	struct keys	*keys;
	struct lru	*verified;	/* verified tokens, by their digest */
	/* Replaced by tests that have no database. */
	enum db_err	(*find_facts)(struct store *, const struct token *,
			    struct auth_facts *);
};

/* The configuration must outlive it. False: no memory. */
bool		 auth_open(struct auth *, const struct conf *) MUSTCHECK;
void		 auth_close(struct auth *);

/*
 * Check the request for a route that needs `scope`. 0: allowed, and rq->user is
 * set (NULL: anonymous). Otherwise the status of the refusal in the answer.
 */
enum http_status auth_check(struct req *, struct resp *, struct auth *,
		    const char *scope) MUSTCHECK;

/* Does the user have one of these scopes, separated by spaces? */
bool		 auth_has_scope(const struct user *, const char *scope) MUSTCHECK;

/* The statements of every program, for --check. */
extern const struct query *const auth_queries[];

#endif
