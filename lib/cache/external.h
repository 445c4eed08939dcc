#ifndef BRISK_EXTERNAL_H
#define BRISK_EXTERNAL_H
/*
 * external - which tables are written externally, and when their changes were
 * last swept.
 *
 * Triggers on a watched table record in cache_changes what external writers
 * change.  An answer that shows such a table is served from a cache only if a
 * sweep of these records began less than a second ago.  This file keeps the state
 * that all processes of an installation share, in the mapped file RUN_DIR/watch:
 * the watched tables, when the last sweep began, and a lock held by the process
 * that sweeps, which the kernel releases if the process dies.  store_sweep.c runs
 * the sweep itself.
 *
 * All functions may be called from any thread.  The name and the layout of the
 * file are frozen.
 */
#include "base/base.h"

#define EXTERNAL_TABLES	64	/* if more are watched, every table counts as watched */

struct external;

/* Open the file, or create it.  NULL, and a line in the log, on failure. */
struct external	*external_open(const char *path) MUSTCHECK;
void		 external_close(struct external *);

/*
 * Is a sweep due before answers with these tags may be served?  Also while the
 * list of watched tables is not known.  NULL: false, nothing is watched.
 */
bool		 external_sweep_due(const struct external *, const struct str *tags,
		    size_t n) MUSTCHECK;

enum external_turn {
	EXTERNAL_SWEEP,	/* the caller sweeps, then calls external_end_sweep() */
	EXTERNAL_SWEPT,	/* another process has just swept */
	EXTERNAL_BUSY	/* another sweep takes longer than wait_us */
};

enum external_turn external_begin_sweep(struct external *, int64_t wait_us) MUSTCHECK;
/* `swept`: everything committed before external_begin_sweep() is invalidated. */
void		 external_end_sweep(struct external *, bool swept);

/* During a sweep: is the list of watched tables known, and set it. */
bool		 external_tables_known(const struct external *) MUSTCHECK;
void		 external_set_tables(struct external *, const struct str *tables,
		    size_t n);

/* Is any table watched, and is this one?  As far as the list is known. */
bool		 external_any(const struct external *) MUSTCHECK;
bool		 external_has(const struct external *, struct str table) MUSTCHECK;

/* The list changed in the database: the next sweep reads it again. */
void		 external_forget_tables(struct external *);
/* Microseconds since the last sweep began; -1: none did. */
int64_t		 external_sweep_age(const struct external *) MUSTCHECK;

#endif
