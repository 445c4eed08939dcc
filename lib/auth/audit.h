#ifndef BRISK_AUDIT_H
#define BRISK_AUDIT_H
/*
 * audit - who did what, and when: rows of `audit`, only ever added.
 *
 * Inside a transaction the rows are part of it: there is no change without its
 * row, and no row without its change.  Resources add theirs by themselves
 * ("products.update" of "products/ID", one for each row of a batch) unless the
 * option audit_writes is off; functions of their own, logins and the commands
 * of `brisk` call this.  Never a secret in any column.  What is too long for
 * its column is cut.
 */
#include "auth/auth.h"

/* `actor` absent: the request's user.  `rq` NULL: an admin's command. */
struct audit_entry {
	struct str	 actor;
	const char	*action;	/* "login.failed" */
	struct str	 target;	/* "users/ID" */
};

enum db_err	audit_add(struct store *, const struct req *rq,
		    const struct audit_entry *) MUSTCHECK;
/* Many, in as few statements as there can be. */
enum db_err	audit_add_all(struct store *, const struct req *rq,
		    const struct audit_entry *, size_t n) MUSTCHECK;

/* Its statement, for the .uses of a program whose own functions call this. */
extern const struct query audit_queries[];

#endif
