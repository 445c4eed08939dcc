#ifndef BRISK_EXTERNAL_H
#define BRISK_EXTERNAL_H
/*
 * watch - tables that others write, and when their changes were last swept.
 *
 * Triggers of a watched table note what others change (cache_changes).  Before
 * an answer that shows such a table comes from a cache, the notes of the last
 * second must have been swept: read, their tags made stale, deleted.  This room
 * keeps what all processes of an installation have to know for that, in the
 * mapped file RUN_DIR/watch: which tables are watched, when the last sweep
 * began, and whose turn it is (a lock, so a dead sweeper's turn is free).  The
 * sweep itself is store_watch.c.  All functions may be called from any thread;
 * a NULL watch watches nothing.
 */
#include "base/base.h"

#define EXTERNAL_TABLES	64	/* more, and every table counts as watched */

struct watch;

/* Open the file, or make it.  NULL and a log line when neither can be. */
struct watch	*external_open(const char *path) MUSTCHECK;
void		 external_close(struct watch *);

/*
 * Is a sweep due before answers of these tags are served?  Also while it is
 * not known which tables are watched.
 */
bool		 external_sweep_due(const struct watch *, const struct str *tags, size_t n)
		    MUSTCHECK;

enum external_turn {
	EXTERNAL_SWEEP,	/* sweep, then external_end_sweep() */
	EXTERNAL_SWEPT,	/* another did, meanwhile */
	EXTERNAL_BUSY	/* another is at it for long: serve nothing from a cache */
};

/* Another's turn is waited for so long. */
enum external_turn	 external_begin_sweep(struct watch *, int64_t wait_us) MUSTCHECK;
/* True: all that was committed before external_begin_sweep() is stale now. */
void		 external_end_sweep(struct watch *, bool swept);

/* In one's turn: is the list to be read, and what it is. */
bool		 external_tables_known(const struct watch *) MUSTCHECK;
void		 external_set_tables(struct watch *, const struct str *tables, size_t n);

/* Is there a table to be swept for?  Is it this one?  As far as is known. */
bool		 external_any(const struct watch *) MUSTCHECK;
bool		 external_has(const struct watch *, struct str table) MUSTCHECK;

/* The list was changed: whoever serves next reads it again. */
void		 external_forget_tables(struct watch *);
/* Microseconds since the last sweep began; -1: there was none. */
int64_t		 external_sweep_age(const struct watch *) MUSTCHECK;

#endif
