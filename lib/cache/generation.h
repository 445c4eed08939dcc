#ifndef BRISK_GENERATION_H
#define BRISK_GENERATION_H
/*
 * generation - the counters that invalidate cached answers.
 *
 * A file, mapped by every process of an installation, holds a fixed array of
 * cells {generation, pending, published}.  The hash of a tag ("products",
 * "products/ID") selects a cell; two tags in one cell can cause a needless miss,
 * never a stale answer.  One more cell belongs to all answers; its generation
 * is the epoch.
 *
 * A write raises `pending` of its cells, commits, bumps their generations, and
 * lowers `pending`.  A cache entry may be served while all its cells have
 * pending 0 and, read after that, the generations that were read before its
 * query ran.  CACHE.md shows why this is exact.
 *
 * A writer records in the file what it is about to raise, in a slot that its
 * process owns through a lock.  After a process died, generation_sweep() of
 * another process finds the slot without an owner and finishes the write.
 *
 * The file is created complete, with random generations, and is never replaced
 * while it is mapped, so entries from the lifetime of another file cannot match.
 * A process that finds another file at the path neither caches nor writes any
 * more.  A new file is not used for two seconds; within that time every process
 * that has the old file has noticed.  On a network file system nothing is
 * cached, because a write on another host would not be seen.
 *
 * All functions may be called from any thread.  The name and the layout of the
 * file are frozen.
 */
#include "base/base.h"

#define GENERATION_TAGS	16	/* tags of one answer or one write, at most */

struct generations;

/* Open the file, or create it.  NULL, and a line in the log, on failure. */
struct generations *generation_open(const char *path) MUSTCHECK;
void		 generation_close(struct generations *);

/* Is the file on a network file system?  Then nothing is cached. */
bool		 generation_remote(const struct generations *) MUSTCHECK;
/* The same for a path; true also if it cannot be determined. */
bool		 generation_remote_path(const char *path) MUSTCHECK;

/* --- readers ---------------------------------------------------------------- */

/* The cells of some tags and the epoch, with their generations at one time. */
struct generation_snapshot {
	uint32_t	 cell[GENERATION_TAGS + 1];
	uint64_t	 generation[GENERATION_TAGS + 1];
	size_t		 n;
};

/*
 * Take it before the query whose answer is cached.  False: do not cache; there
 * are more than GENERATION_TAGS tags, or the file cannot be used now.
 */
bool		 generation_snapshot(struct generations *, const struct str *tags,
		    size_t n, struct generation_snapshot *) MUSTCHECK;

/* May an answer with this snapshot be served now? */
bool		 generation_fresh(struct generations *,
		    const struct generation_snapshot *) MUSTCHECK;

/*
 * Two cheap checks, for callers that poll many snapshots: did one of these
 * generations change, and is a write of one of these cells in progress?
 * Confirm with generation_fresh() before serving.
 */
bool		 generation_changed(const struct generations *, const uint32_t *cell,
		    const uint64_t *generation, size_t n) MUSTCHECK;
bool		 generation_pending(const struct generations *, const uint32_t *cell,
		    size_t n) MUSTCHECK;

/* --- writers ---------------------------------------------------------------- */

/* A write in progress; part of the file. */
struct generation_write;

/*
 * Before COMMIT: record the write and raise its cells.  More than
 * GENERATION_TAGS tags raise the cell of all answers.  `writer` identifies the
 * connection that commits (db_writer_id()).  NULL: do not commit.
 */
struct generation_write *generation_begin_write(struct generations *,
		    const struct str *tags, size_t n, uint64_t writer) MUSTCHECK;
/* The outcome is known.  Bump if it is committed or may be; then lower. */
void		 generation_end_write(struct generations *, struct generation_write *,
		    bool bump);
/* The outcome is unknown and may still change: stay raised until a sweep. */
void		 generation_leave_pending(struct generations *,
		    struct generation_write *);

/* Invalidate answers with these tags, after a change that is committed. */
void		 generation_invalidate(struct generations *, const struct str *tags,
		    size_t n);
/* Increment the epoch: invalidate every cached answer. */
void		 generation_invalidate_all(struct generations *);

/* --- upkeep ----------------------------------------------------------------- */

/*
 * Finish the writes of dead processes and those of unknown outcome.
 * `writer_gone` tells whether the connection of a writer no longer exists; only
 * then is the outcome of its COMMIT final.
 */
void		 generation_sweep(struct generations *,
		    bool (*writer_gone)(void *, uint64_t writer), void *arg);
/* True for one caller a second, which then calls the next two. */
bool		 generation_sweep_due(struct generations *) MUSTCHECK;
/* Is there another file, or none, at the path? */
bool		 generation_replaced(struct generations *) MUSTCHECK;
/* Microseconds until a new file may be used; 0: it may. */
int64_t		 generation_young_us(const struct generations *) MUSTCHECK;

/* For `brisk status`. */
struct generation_stats {
	uint64_t	 epoch;
	size_t		 pending;	/* cells with pending above 0 */
	size_t		 owners;	/* slots in use */
	size_t		 writes;	/* in progress, or left by dead processes */
};

/* Read a file without using it.  False: there is no valid file. */
bool		 generation_read_stats(const char *path, struct generation_stats *)
		    MUSTCHECK;

#endif
