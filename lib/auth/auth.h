#ifndef BRISK_AUTH_H
#define BRISK_AUTH_H
/*
 * auth - from the Authorization header to a user, and may they.
 *
 * A token that is sent is always judged, also where none is needed.  The
 * answers are RFC 6750's: 401 with a challenge, 403 with the scope it lacks;
 * 503 where it can not be judged now.
 *
 * A signature alone is not enough: the user is there and has this version of
 * tokens (users.tv), the client is there, the token was not taken back
 * (revoked_tokens).  That is asked of the database once; the process keeps what
 * it was told until the token ends or something about its subject changes.
 * Who changes such a thing does so through store_write(), with the tag
 *	user/SUB	tv, state, or a token of that subject taken back
 *	client/ID	state of a client
 *	keys		signing keys (the room keys does)
 * and it holds from the next request on, in all processes.  Where there are no
 * generations (generation_remote()) nothing is kept.
 *
 * A subject is a user (a UUID), a client (`sub` is `client_id`), whom the admin
 * named with `brisk token` (client_id "brisk", bound to no row), or one of an
 * outside provider: "xxxxxxxxxxxxxxxx/..." after the hash of its issuer.  No
 * client's id may be "brisk" or have a slash.
 */
#include "cache/generation.h"
#include "http/http.h"
#include "auth/keys.h"

/* Who may call a route.  A route that says nothing does not start. */
#define SCOPE_NONE	"-"	/* anybody */
#define SCOPE_OWN	"own"	/* any token */
#define SCOPE_CLIENT	"client" /* no token: a client that proves itself (client.h) */

#define AUTH_TOOL	"brisk"	/* client_id of what `brisk token` mints */

struct user {
	struct str	 sub, client_id, scope;
	struct str	 roles;		/* with spaces between */
	struct str	 jti;		/* absent: an outside provider named none */
	struct uuid	 id;		/* of users; nil: no user of ours */
	struct stamp	 expires_at;
	struct generation_snapshot	 mark;		/* of what it depends on; n 0: not known */
};

/* What the database says of a token's subject. */
struct auth_facts {
	struct opt_int	 tv;		/* of the user who is there */
	bool		 client;	/* is there */
	bool		 revoked;
};

/* Of a process; its threads share it. */
struct auth {
	struct keys	*keys;
	struct lru	*verified;	/* tokens, by their digest */
	/* Tests without a database put their own here. */
	enum db_err	(*look)(struct store *, const struct token *,
			    struct auth_facts *);
};

/* The conf must outlive it.  False: no memory. */
bool		 auth_open(struct auth *, const struct conf *) MUSTCHECK;
void		 auth_close(struct auth *);

/*
 * Judge the request for a route that needs `scope`: 0, and rq->user set (NULL
 * for nobody), or the status of the refusal already in the answer.
 */
enum http_status auth_check(struct req *, struct resp *, struct auth *,
		    const char *scope) MUSTCHECK;

/* Of several scopes, with spaces between, one is enough. */
bool		 auth_has_scope(const struct user *, const char *scope) MUSTCHECK;

/* Of every program, for --check. */
extern const struct query *const auth_queries[];

#endif
