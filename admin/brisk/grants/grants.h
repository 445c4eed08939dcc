#ifndef BRISK_GRANTS_H
#define BRISK_GRANTS_H
/*
 * grants - the rights that statements need: which tables, and of SELECT, INSERT
 * and UPDATE which columns.
 *
 * The statements are those that the programs declare or make of declarations,
 * never a stranger's: the reader knows the SQL that these use, names in
 * backticks or bare, subqueries, joins, WITH, and no vendor's every form.  A
 * right that it overlooks shows at once, in --check under the program's own
 * account; one too many shows in the test that takes each away.
 */
#include "admin.h"

enum right { RIGHT_SELECT, RIGHT_INSERT, RIGHT_UPDATE, RIGHT_DELETE, RIGHTS };

/* A table of the schema, and what a program needs of it. */
struct grant_table {
	const char	*name;
	const char	**columns;		/* ncolumns of them */
	size_t		 ncolumns;
	bool		*some[RIGHTS];		/* of each column */
	bool		 whole[RIGHTS];		/* of the table */
};

struct grants {
	struct grant_table	*v;
	size_t			 n;
};

/* Note what the statement needs.  False, and told: a table that is not there. */
bool	grants_read(struct grants *, struct str sql) MUSTCHECK;

#endif
