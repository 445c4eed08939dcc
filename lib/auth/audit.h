#ifndef BRISK_AUDIT_H
#define BRISK_AUDIT_H
/*
 * audit - the audit log: rows of table `audit`, which are only added.
 *
 * Inside a transaction the rows are part of it, so a change and its row are
 * committed together. Resources write their rows themselves ("products.update"
 * of "products/ID", one for each row of a batch) unless audit_writes is off.
 * Other functions, logins and the commands of `brisk` call audit_add(). No
 * column ever holds a secret. A value that is too long for its column is cut.
 */
#include "auth/auth.h"

/* `actor` absent: the request's user. `rq` NULL: a command of an administrator. */
struct audit_entry {
	struct str	 actor;
	const char	*action;	/* "login.failed" */
	struct str	 target;	/* "users/ID" */
};

enum db_err	audit_add(struct store *, const struct req *rq,
		    const struct audit_entry *) MUSTCHECK;
/* Add many rows, in as few statements as possible. */
enum db_err	audit_add_all(struct store *, const struct req *rq,
		    const struct audit_entry *, size_t n) MUSTCHECK;

/* The statement, for .uses of a program whose functions call this. */
extern const struct query audit_queries[];

#endif
