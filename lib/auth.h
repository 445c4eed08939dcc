#ifndef BRISK_AUTH_H
#define BRISK_AUTH_H
/*
 * auth - from the Authorization header to a user, and may they.
 *
 * A token that is sent is always judged, also where none is needed.  The
 * answers are RFC 6750's: 401 with a challenge, 403 with the scope it lacks.
 */
#include "http.h"
#include "token.h"

/* Who may call a route.  A route that says nothing does not start. */
#define SCOPE_NONE	"-"	/* anybody */
#define SCOPE_OWN	"own"	/* any token */

struct user {
	struct str	 sub, client_id, scope;
};

/*
 * Judge the request for a route that needs `scope`: 0, and rq->user set (NULL
 * for nobody), or the status of the refusal already in the answer.
 */
enum http_status auth_check(struct req *, struct resp *,
		    const struct token_keys *, const char *scope) MUSTCHECK;

/* Of several scopes, with spaces between, one is enough. */
bool		 auth_may(const struct user *, const char *scope) MUSTCHECK;

#endif
