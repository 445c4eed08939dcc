#ifndef BRISK_AUDIT_H
#define BRISK_AUDIT_H
/*
 * audit - who did what, and when: rows of `audit`, only ever added.
 *
 * Inside a transaction the row is part of it.  Resources add theirs by
 * themselves ("products.update" of "products/ID"); functions of their own,
 * logins and the commands of `brisk` call this.  Never a secret in any column.
 */
#include "http.h"

/* `actor` absent: the request's user.  `rq` NULL: an admin's command. */
struct audit_entry {
	struct str	 actor;
	const char	*action;	/* "login.failed" */
	struct str	 target;	/* "users/ID" */
};

enum db_err	audit_add(struct store *, const struct req *rq,
		    const struct audit_entry *) MUSTCHECK;

#endif
