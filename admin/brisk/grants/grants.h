#ifndef BRISK_GRANTS_H
#define BRISK_GRANTS_H
/*
 * grants - the database rights that a statement needs: the tables, and the columns for
 * SELECT, INSERT and UPDATE.
 *
 * The statements are declared by the programs or generated from their declarations, so
 * the parser knows only the SQL that these use: names with or without backticks,
 * subqueries, joins, WITH.  A missing right shows in --check with the program's own
 * account; a superfluous right shows in the test that revokes each right.
 */
#include "admin.h"

enum right { RIGHT_SELECT, RIGHT_INSERT, RIGHT_UPDATE, RIGHT_DELETE, RIGHTS };

/* A table of the database, and the rights that a program needs on it. */
struct grant_table {
	const char	*name;
	const char	**columns;		/* ncolumns of them */
	size_t		 ncolumns;
	bool		*some[RIGHTS];		/* for each column */
	bool		 whole[RIGHTS];		/* for the whole table */
};

struct grants {
	struct grant_table	*v;
	size_t			 n;
};

/* Add the rights that a statement needs.  False, reported: an unknown table or form. */
bool	grants_read(struct grants *, struct str sql) MUSTCHECK;

#endif
