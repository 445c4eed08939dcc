#ifndef BRISK_DB_ACCOUNT_H
#define BRISK_DB_ACCOUNT_H
/*
 * account - the database account of a program.
 *
 * All programs share database_user, unless database_own_accounts is on.  Then
 * each program uses an account of its own: database_user, "_" and the name of
 * the program, with a password derived from `secret`, so that nothing else has to
 * be configured.  `brisk grants` creates the accounts with exactly the
 * privileges that the statements of the programs need.
 */
#include "conf/conf.h"

#define DB_ACCOUNT_MAX_NAME	80	/* limit of MariaDB */
#define DB_ACCOUNT_PASSWORD	43	/* base64url of 32 bytes */

struct db_account {
	char	 user[DB_ACCOUNT_MAX_NAME + 1], password[DB_ACCOUNT_PASSWORD + 1];
};

/* The own account of a program; false: its name is too long, or no memory. */
bool	 db_account_own(const struct conf *, const char *program,
	    struct db_account *) MUSTCHECK;

#endif
