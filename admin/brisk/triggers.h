#ifndef BRISK_TRIGGERS_H
#define BRISK_TRIGGERS_H
/*
 * triggers - triggers on tables that other software writes.  They record changes in
 * cache_changes; a sweep of the programs then invalidates the cached responses.
 */
#include "installed.h"

/* A table that cached responses of a program depend on (from its --tables). */
struct cached_table {
	struct cached_table	*next;
	const char	*table, *tag, *key;	/* key "-": the primary key */
	int		 ttl;			/* seconds */
	bool		 others;		/* other software writes it, too */
};

/* The tables of all programs that are switched on; NULL: none. */
struct cached_table	*cached_tables(const struct installed *) MUSTCHECK;

/* Read the watched tables: rows of table, tag, since.  False: a database error. */
bool		 triggers_read(struct db *, struct db_rows *) MUSTCHECK;
bool		 triggers_has(const struct db_rows *, const char *table) MUSTCHECK;

/* `brisk cache watch TABLE`, `unwatch TABLE`, `watch`; return the exit status. */
int		 triggers_install(const struct conf *, const struct db_login *,
		    const char *table);
int		 triggers_remove(const struct conf *, const struct db_login *,
		    const char *table);
int		 triggers_list(const struct conf *, const struct db_login *);

#endif
