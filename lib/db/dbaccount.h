#ifndef BRISK_DBACCOUNT_H
#define BRISK_DBACCOUNT_H
/*
 * dbaccount - as whom a program connects to the database.
 *
 * All share database_user, unless database_own_accounts is on: then it is that
 * name, "_" and the program's, with a password made from `secret`, so that
 * nothing more has to be configured.  `brisk grants` makes the accounts, with
 * the rights that the program's statements need and no more.
 */
#include "conf/conf.h"

#define DBACCOUNT_NAME		80	/* MariaDB's bound */
#define DBACCOUNT_PASSWORD	43

struct dbaccount {
	char	 user[DBACCOUNT_NAME + 1], password[DBACCOUNT_PASSWORD + 1];
};

/* The own account of a program; false: its name is too long, or no memory. */
bool	 dbaccount_own(const struct conf *, const char *program,
	    struct dbaccount *) MUSTCHECK;

#endif
