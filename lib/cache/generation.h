#ifndef BRISK_GENERATION_H
#define BRISK_GENERATION_H
/*
 * gen - the generation counters that make cached answers stale.
 *
 * A file, mapped by every process of an installation, holds a fixed array of
 * cells {generation, pending, published}.  A tag ("products", "products/ID")
 * belongs to one cell by its hash; two tags that share one cost a needless
 * miss, never a stale answer.  One more cell is that of all answers: its
 * generation is the epoch.  A write raises `pending` of its tags, commits,
 * bumps their generations, lowers `pending`; an entry is served while all its
 * tags have pending 0 and, read after that, the generations it was filled
 * with.  Those were read before its query ran.
 *
 * What a writer raised is noted in the file before it is raised, under a slot
 * that its process owns by a lock.  When a process dies, generation_sweep() of any
 * other finds the slot without an owner and finishes the write in its place:
 * every step is done exactly once, whoever dies and when (gen_write.c).
 *
 * The file is made whole, with random generations, and never replaced while
 * mapped; entries of another file's life can not match.  A process that finds
 * another file in its place no longer caches nor writes, and should end; a new
 * file is not used until the processes of an old one must have found out.  On
 * a network file system nothing is cached at all: who writes on another host
 * is not seen.  All functions may be called from any thread.
 */
#include "base/base.h"

#define GENERATION_TAGS	16	/* most tags of one answer or one write */

struct gen;

/* Open the file, or make it.  NULL and a log line when neither can be. */
struct gen	*generation_open(const char *path) MUSTCHECK;
void		 generation_close(struct gen *);

/* On a network file system: nobody caches, so writes need no note. */
bool		 generation_remote(const struct gen *) MUSTCHECK;
/* Is this path on one?  True also when that can not be known. */
bool		 generation_remote_path(const char *path) MUSTCHECK;

/* The cells of these tags and their generations, now; and the epoch. */
struct generation_snapshot {
	uint32_t	 cell[GENERATION_TAGS + 1];
	uint64_t	 generation[GENERATION_TAGS + 1];
	size_t		 n;
};

/*
 * Before the query that fills an entry.  False: do not cache; more than
 * GENERATION_TAGS, or the file is not one to rely on.
 */
bool		 generation_snapshot(struct gen *, const struct str *tags, size_t n,
		    struct generation_snapshot *) MUSTCHECK;

/* Nothing pending, and then still these generations? */
bool		 generation_fresh(struct gen *, const struct generation_snapshot *) MUSTCHECK;

/*
 * To look at many marks, often: has one of these moved?  Does a write of one
 * rest between its begin and its end?  Who acts on it asks generation_fresh() later.
 */
bool		 generation_changed(const struct gen *, const uint32_t *cell,
		    const uint64_t *generation, size_t n) MUSTCHECK;
bool		 generation_pending(const struct gen *, const uint32_t *cell, size_t n)
		    MUSTCHECK;

/*
 * Around COMMIT.  generation_begin_write() notes and raises; more than GENERATION_TAGS are the
 * cell of all.  `writer` is a name of the connection that commits, for
 * generation_sweep().  NULL: it can not be noted, so do not commit.
 */
struct generation_write;
struct generation_write *generation_begin_write(struct gen *, const struct str *tags, size_t n,
		    uint64_t writer) MUSTCHECK;
/* The outcome is known: bump, if it was (or may have been) committed, lower. */
void		 generation_end_write(struct gen *, struct generation_write *, bool bump);
/* It is not, and may still change: stays raised until a sweep may lower it. */
void		 generation_leave_pending(struct gen *, struct generation_write *);

/* Stale from now on, of a change that is committed already. */
void		 generation_invalidate(struct gen *, const struct str *tags, size_t n);
/* The epoch: every entry becomes stale. */
void		 generation_invalidate_all(struct gen *);

/*
 * Finish what the dead and the doubtful left raised, where `ended` says that
 * the writer's connection is gone: what it committed is then all there is.
 */
void		 generation_sweep(struct gen *, bool (*ended)(void *, uint64_t writer),
		    void *arg);
/* True for one caller a second: it should look at generation_replaced(), and sweep. */
bool		 generation_sweep_due(struct gen *) MUSTCHECK;
/* Another file, or none, is at the path now. */
bool		 generation_replaced(struct gen *) MUSTCHECK;
/* Microseconds until a new file may be written with. */
int64_t		 generation_young_us(const struct gen *) MUSTCHECK;

/* To look only. */
struct generation_stats {
	uint64_t	 epoch;
	size_t		 pending;	/* cells */
	size_t		 owners;	/* slots in use */
	size_t		 notes;		/* writes under way, or left by the dead */
};

bool		 generation_read_stats(const char *path, struct generation_stats *) MUSTCHECK;

#endif
