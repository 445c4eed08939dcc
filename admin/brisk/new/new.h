#ifndef BRISK_NEW_H
#define BRISK_NEW_H
/*
 * new - a table that exists, read as columns that a schema can describe, and
 * the handler and test written from them.
 */
#include <sys/types.h>
#include "admin.h"

#define MAX_NAME	64
#define MAX_COLUMNS	64	/* as many as a schema has fields */

/* What a column becomes: the field's macro and the member's two types. */
enum column_kind { COLUMN_NONE, COLUMN_INT, COLUMN_NUM, COLUMN_BOOL, COLUMN_STR,
	COLUMN_UUID, COLUMN_STAMP, COLUMN_DECIMAL, COLUMN_JSON, COLUMN_KINDS };

struct column {
	struct str	 name;			/* in the table */
	const char	*member;		/* in the struct */
	struct str	 type;			/* "int", "varchar" */
	struct str	 whole_type;		/* "int(10) unsigned" */
	struct str	 def;			/* absent: none */
	struct str	 comment;
	enum column_kind kind;
	bool		 nullable, key, made, unique, indexed, readonly,
			 multiline, hidden, stamped;
	bool		 bounded;
	int64_t		 min, max;		/* when it is */
	int64_t		 digits, scale;		/* of a DECIMAL */
	const char	*format;		/* "FORMAT_DATE"; NULL: none */
};

struct table {
	const char	*table;		/* in the database */
	const char	*name;		/* of the program */
	const char	*one;		/* of one row: "category" */
	const char	*service, *path, *read, *write;
	struct column	 v[MAX_COLUMNS];
	size_t		 n;
};

/* False, and told, when there is no such table or it can not be served. */
bool	new_read_table(struct table *, struct db *) MUSTCHECK;

bool	new_name_valid(const char *) MUSTCHECK;

/* Never over a file that is there; false, and told. */
bool	file_write(const char *path, struct str text, mode_t) MUSTCHECK;

/* `brisk new FOLDER/`: a place for endpoints of one's own. */
int	new_folder(const char *folder) MUSTCHECK;

void	new_print_handler(struct buf *, const struct table *);
void	new_print_test(struct buf *, const struct table *);

#endif
