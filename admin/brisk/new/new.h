#ifndef BRISK_NEW_H
#define BRISK_NEW_H
/*
 * new - reads an existing table as columns that a schema can describe, and writes a
 * handler and a test for it.
 */
#include <sys/types.h>
#include "admin.h"

#define MAX_NAME	64
#define MAX_COLUMNS	64	/* fields of a schema */

/* The kind of field that a column becomes. */
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
	int64_t		 min, max;		/* if bounded */
	int64_t		 digits, scale;		/* of a DECIMAL */
	const char	*format;		/* "FORMAT_DATE"; NULL: none */
};

struct table {
	const char	*table;		/* in the database */
	const char	*name;		/* of the program */
	const char	*one;		/* singular name: "category" */
	const char	*service, *path, *read, *write;
	struct column	 v[MAX_COLUMNS];
	size_t		 n;
};

/* Read the columns.  False, reported: there is no such table, or it cannot be served. */
bool	new_read_table(struct table *, struct db *) MUSTCHECK;

bool	new_name_valid(const char *) MUSTCHECK;

/* Write a new file.  False, reported: it exists, or cannot be written. */
bool	file_write(const char *path, struct str text, mode_t) MUSTCHECK;

/* `brisk new FOLDER/`: create a project folder; returns the exit status. */
int	new_folder(const char *folder) MUSTCHECK;

void	new_print_handler(struct buf *, const struct table *);
void	new_print_test(struct buf *, const struct table *);

#endif
