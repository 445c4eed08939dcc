#ifndef BRISK_WATCHED_H
#define BRISK_WATCHED_H
/*
 * watched - tables that others write: the triggers that note what changed
 * there, and what is shown of tables that have none.
 */
#include "installed.h"

/* A table that cached answers show, as a program says (--tables). */
struct shown {
	struct shown	*next;
	const char	*table, *tag, *key;	/* key "-": the table's own */
	int		 ttl;
	bool		 others;		/* write it, too */
};

/* Of all programs that are switched on. */
struct shown	*cached_tables(const struct listed *) MUSTCHECK;

/* Which tables are watched: rows of table, tag, since.  False: not to be read. */
bool		 triggers_read(struct db *, struct db_rows *) MUSTCHECK;
bool		 triggers_has(const struct db_rows *, const char *table) MUSTCHECK;

/* `brisk cache watch [TABLE]`, `brisk cache unwatch TABLE`: a program's status. */
int		 triggers_install(const struct conf *, const struct account *,
		    const char *table);
int		 triggers_remove(const struct conf *, const struct account *,
		    const char *table);
int		 triggers_list(const struct conf *, const struct account *);

#endif
