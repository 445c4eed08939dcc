#ifndef BRISK_DB_ACCOUNT_H
#define BRISK_DB_ACCOUNT_H
/*
 * db_account - as whom a program connects to the database.
 *
 * All share database_user, unless database_own_accounts is on: then it is that
 * name, "_" and the program's, with a password made from `secret`, so that
 * nothing more has to be configured.  `brisk grants` makes the accounts, with
 * the rights that the program's statements need and no more.
 */
#include "conf/conf.h"

#define DB_ACCOUNT_MAX_NAME		80	/* MariaDB's bound */
#define DB_ACCOUNT_PASSWORD	43

struct db_account {
	char	 user[DB_ACCOUNT_MAX_NAME + 1], password[DB_ACCOUNT_PASSWORD + 1];
};

/* The own account of a program; false: its name is too long, or no memory. */
bool	 db_account_own(const struct conf *, const char *program,
	    struct db_account *) MUSTCHECK;

#endif
