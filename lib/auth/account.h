#ifndef BRISK_ACCOUNT_H
#define BRISK_ACCOUNT_H
/*
 * account - people: rows of `users`, their password, their roles, and what
 * ends every token they have.
 *
 * A `struct person` is what a login needs to know of an account.
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

struct person {
	struct uuid	 id;
	struct str	 pw_hash;
	int64_t		 tv;
	struct str	 state;		/* "active" */
};

/* By e-mail address or username, and by id; also deleted ones, or DB_NOT_FOUND. */
enum db_err	 account_named(struct store *, struct str name, struct person *) MUSTCHECK;
enum db_err	 account_find(struct store *, struct uuid, struct person *) MUSTCHECK;
/* The account a token's subject is, or DB_NOT_FOUND where it is no account. */
enum db_err	 account_of(struct store *, struct str sub, struct person *) MUSTCHECK;

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
struct proof {
	enum password_err	 err;
	bool			 stale;		/* hash it anew */
};

enum db_err	 account_prove(const struct req *, const struct person *a,
		    struct str name, struct str password, struct proof *) MUSTCHECK;

/* What is wrong with a new password: NULL, or a code of a fault and why. */
const char	*account_password_wrong(const struct conf *, struct str password,
		    const char **why) MUSTCHECK;

/* Roles by name and the scopes they give together, each with spaces between. */
struct powers {
	struct str	 roles, scopes;
};

enum db_err	 account_powers(struct store *, struct uuid, struct powers *) MUSTCHECK;

/*
 * Inside: the row is held as it is; DB_NOT_FOUND when it is no more the active
 * account with that token version.
 */
enum db_err	 account_hold(struct store *, const struct person *) MUSTCHECK;

struct new_account {
	struct uuid	 id;
	struct str	 email, username, display_name, pw_hash;
};

/* Inside: a new one, with the role of every customer. */
enum db_err	 account_add(struct store *, const struct new_account *) MUSTCHECK;
/* Inside: another password; without `end` only its hash is another. */
enum db_err	 account_password(struct store *, struct uuid, const char *phc,
		    bool end) MUSTCHECK;
/* Inside: give a role; DB_BAD_REFERENCE: there is no such account or role. */
enum db_err	 account_grant(struct store *, struct uuid, struct str role,
		    struct str by) MUSTCHECK;
/* Inside: take it away; `*had`: it was there, and its tokens are over. */
enum db_err	 account_ungrant(struct store *, struct uuid, struct str role,
		    bool *had) MUSTCHECK;
/* Inside: all tokens are over. */
enum db_err	 account_end(struct store *, struct uuid) MUSTCHECK;
/*
 * Inside, before this one stops being an admin: admins stand in line from
 * here on.  `*last`: there would be none.
 */
enum db_err	 account_last_admin(struct store *, struct uuid, bool *last) MUSTCHECK;

/* For --check: end with a NULL .sql. */
extern const struct query account_queries[], account_login_queries[];

#endif
