#ifndef BRISK_ACCOUNT_H
#define BRISK_ACCOUNT_H
/*
 * account - user accounts: passwords, roles, and the end of all their tokens.
 *
 * Functions marked "in a transaction" must run inside a store_write() with the
 * tag of account_tag(), so that no program accepts an old token afterwards.
 */
#include "auth/audit.h"
#include "crypto/password.h"

#define ACCOUNT_USERNAME	"[a-z0-9_]{3,30}"
#define MAX_ACCOUNT_PASSWORD	128	/* characters */
#define ACCOUNT_FAILURES	10	/* failed logins allowed in one time window */
#define ACCOUNT_SLICE		900	/* seconds */

struct account_identity {
	struct uuid	 id;
	struct str	 pw_hash;
	int64_t		 tv;
	struct str	 state;		/* "active" */
};

/*
 * Find an account by e-mail address or username; by id. Deleted accounts are
 * found, too. DB_NOT_FOUND: there is none.
 */
enum db_err	 account_find_by_name(struct store *, struct str name, struct account_identity *) MUSTCHECK;
enum db_err	 account_find(struct store *, struct uuid, struct account_identity *) MUSTCHECK;
/* The account of a token's subject; DB_NOT_FOUND: the subject is no account. */
enum db_err	 account_of_subject(struct store *, struct str sub, struct account_identity *) MUSTCHECK;

/*
 * The tag "user/ID"; invalidating it makes every program check the user's tokens
 * again.
 */
struct str	 account_tag(struct arena *, struct uuid);

/* "users/ID", the target in the audit log. */
struct str	 account_path(struct arena *, struct uuid);

/*
 * Check a password. `a` NULL: no such account; `name` is what was tried.
 *
 * At most ACCOUNT_FAILURES wrong passwords are checked in a slice of time,
 * counted in the database for all clients together. After that, and for an
 * account that is not active, every password is PASSWORD_WRONG, after the same
 * work.
 */
struct account_proof {
	enum password_err	 err;
	bool			 stale;		/* the hash has old parameters: hash the password again */
};

enum db_err	 account_verify_password(const struct req *, const struct account_identity *a,
		    struct str name, struct str password, struct account_proof *) MUSTCHECK;

/* The fault code of an unsuitable new password, and why; NULL: suitable. */
const char	*account_password_error(const struct conf *, struct str password,
		    const char **why) MUSTCHECK;

/* Names of roles, and the scopes they grant together; both separated by spaces. */
struct account_roles {
	struct str	 roles, scopes;
};

enum db_err	 account_load_roles(struct store *, struct uuid, struct account_roles *) MUSTCHECK;

/*
 * In a transaction: lock the row. DB_NOT_FOUND: the account is no longer active,
 * or its token version has changed.
 */
enum db_err	 account_lock(struct store *, const struct account_identity *) MUSTCHECK;

struct account_new {
	struct uuid	 id;
	struct str	 email, username, display_name, pw_hash;
};

/* In a transaction: create an account with the role of every customer. */
enum db_err	 account_add(struct store *, const struct account_new *) MUSTCHECK;
/* In a transaction: set the password; with `end` all tokens end. */
enum db_err	 account_set_password(struct store *, struct uuid, const char *phc,
		    bool end) MUSTCHECK;
/* In a transaction: grant a role. DB_BAD_REFERENCE: no such account or role. */
enum db_err	 account_add_role(struct store *, struct uuid, struct str role,
		    struct str by) MUSTCHECK;
/*
 * In a transaction: revoke a role; `*had`: the account had it, and its tokens
 * end.
 */
enum db_err	 account_remove_role(struct store *, struct uuid, struct str role,
		    bool *had) MUSTCHECK;
/* In a transaction: revoke all tokens. */
enum db_err	 account_revoke_tokens(struct store *, struct uuid) MUSTCHECK;
/*
 * In a transaction, before an account stops being an admin: such transactions
 * wait for each other from here on. `*last`: it is the only admin.
 */
enum db_err	 account_last_admin(struct store *, struct uuid, bool *last) MUSTCHECK;

/* For --check; each ends with a NULL .sql. */
extern const struct query account_queries[], account_login_queries[];

#endif
