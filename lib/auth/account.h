#ifndef BRISK_ACCOUNT_H
#define BRISK_ACCOUNT_H
/*
 * account - people: rows of `users`, their password, their roles, and what
 * ends every token they have.
 *
 * A `struct account_identity` is what a login needs to know of an account.
 *
 * Functions that say "inside" belong into a store_write() with the tag of
 * account_tag(), so that no program takes an old token afterwards.
 */
#include "auth/audit.h"
#include "crypto/password.h"

#define ACCOUNT_USERNAME	"[a-z0-9_]{3,30}"
#define MAX_ACCOUNT_PASSWORD	128	/* characters */
#define ACCOUNT_FAILURES	10	/* logins that may fail in a slice */
#define ACCOUNT_SLICE		900	/* seconds */

struct account_identity {
	struct uuid	 id;
	struct str	 pw_hash;
	int64_t		 tv;
	struct str	 state;		/* "active" */
};

/* By e-mail address or username, and by id; also deleted ones, or DB_NOT_FOUND. */
enum db_err	 account_find_by_name(struct store *, struct str name, struct account_identity *) MUSTCHECK;
enum db_err	 account_find(struct store *, struct uuid, struct account_identity *) MUSTCHECK;
/* The account a token's subject is, or DB_NOT_FOUND where it is no account. */
enum db_err	 account_of_subject(struct store *, struct str sub, struct account_identity *) MUSTCHECK;

/* "user/ID": verified tokens of this one are asked about again. */
struct str	 account_tag(struct arena *, struct uuid);

/* "users/ID", as the audit log names it. */
struct str	 account_path(struct arena *, struct uuid);

/*
 * Is it this one's password?  `a` NULL: of nobody, `name` is what was tried.
 * At most ACCOUNT_FAILURES wrong ones are judged in a slice of time, counted
 * in the database whoever asks; then, or for an account that is not active,
 * every password is PASSWORD_WRONG, after the same work.
 */
struct account_proof {
	enum password_err	 err;
	bool			 stale;		/* hash it anew */
};

enum db_err	 account_verify_password(const struct req *, const struct account_identity *a,
		    struct str name, struct str password, struct account_proof *) MUSTCHECK;

/* What is wrong with a new password: NULL, or a code of a fault and why. */
const char	*account_password_error(const struct conf *, struct str password,
		    const char **why) MUSTCHECK;

/* Roles by name and the scopes they give together, each with spaces between. */
struct account_roles {
	struct str	 roles, scopes;
};

enum db_err	 account_load_roles(struct store *, struct uuid, struct account_roles *) MUSTCHECK;

/*
 * Inside: the row is held as it is; DB_NOT_FOUND when it is no more the active
 * account with that token version.
 */
enum db_err	 account_lock(struct store *, const struct account_identity *) MUSTCHECK;

struct account_new {
	struct uuid	 id;
	struct str	 email, username, display_name, pw_hash;
};

/* Inside: a new one, with the role of every customer. */
enum db_err	 account_add(struct store *, const struct account_new *) MUSTCHECK;
/* Inside: another password; without `end` only its hash is another. */
enum db_err	 account_set_password(struct store *, struct uuid, const char *phc,
		    bool end) MUSTCHECK;
/* Inside: give a role; DB_BAD_REFERENCE: there is no such account or role. */
enum db_err	 account_add_role(struct store *, struct uuid, struct str role,
		    struct str by) MUSTCHECK;
/* Inside: take it away; `*had`: it was there, and its tokens are over. */
enum db_err	 account_remove_role(struct store *, struct uuid, struct str role,
		    bool *had) MUSTCHECK;
/* Inside: all tokens are over. */
enum db_err	 account_revoke_tokens(struct store *, struct uuid) MUSTCHECK;
/*
 * Inside, before this one stops being an admin: admins stand in line from
 * here on.  `*last`: there would be none.
 */
enum db_err	 account_last_admin(struct store *, struct uuid, bool *last) MUSTCHECK;

/* For --check: end with a NULL .sql. */
extern const struct query account_queries[], account_login_queries[];

#endif
