#ifndef BRISK_GEN_H
#define BRISK_GEN_H
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
 * that its process owns by a lock.  When a process dies, gen_sweep() of any
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

#define GEN_TAGS	16	/* most tags of one answer or one write */

struct gen;

/* Open the file, or make it.  NULL and a log line when neither can be. */
struct gen	*gen_open(const char *path) MUSTCHECK;
void		 gen_close(struct gen *);

/* On a network file system: nobody caches, so writes need no note. */
bool		 gen_remote(const struct gen *) MUSTCHECK;
/* Is this path on one?  True also when that can not be known. */
bool		 gen_remote_at(const char *path) MUSTCHECK;

/* The cells of these tags and their generations, now; and the epoch. */
struct gen_mark {
	uint32_t	 cell[GEN_TAGS + 1];
	uint64_t	 generation[GEN_TAGS + 1];
	size_t		 n;
};

/*
 * Before the query that fills an entry.  False: do not cache; more than
 * GEN_TAGS, or the file is not one to rely on.
 */
bool		 gen_mark(struct gen *, const struct str *tags, size_t n,
		    struct gen_mark *) MUSTCHECK;

/* Nothing pending, and then still these generations? */
bool		 gen_fresh(struct gen *, const struct gen_mark *) MUSTCHECK;

/*
 * To look at many marks, often: has one of these moved?  Does a write of one
 * rest between its begin and its end?  Who acts on it asks gen_fresh() later.
 */
bool		 gen_moved(const struct gen *, const uint32_t *cell,
		    const uint64_t *generation, size_t n) MUSTCHECK;
bool		 gen_pending(const struct gen *, const uint32_t *cell, size_t n)
		    MUSTCHECK;

/*
 * Around COMMIT.  gen_raise() notes and raises; more than GEN_TAGS are the
 * cell of all.  `writer` is a name of the connection that commits, for
 * gen_sweep().  NULL: it can not be noted, so do not commit.
 */
struct gen_entry;
struct gen_entry *gen_raise(struct gen *, const struct str *tags, size_t n,
		    uint64_t writer) MUSTCHECK;
/* The outcome is known: bump, if it was (or may have been) committed, lower. */
void		 gen_lower(struct gen *, struct gen_entry *, bool bump);
/* It is not, and may still change: stays raised until a sweep may lower it. */
void		 gen_doubt(struct gen *, struct gen_entry *);

/* Stale from now on, of a change that is committed already. */
void		 gen_stale(struct gen *, const struct str *tags, size_t n);
/* The epoch: every entry becomes stale. */
void		 gen_bump_all(struct gen *);

/*
 * Finish what the dead and the doubtful left raised, where `ended` says that
 * the writer's connection is gone: what it committed is then all there is.
 */
void		 gen_sweep(struct gen *, bool (*ended)(void *, uint64_t writer),
		    void *arg);
/* True for one caller a second: it should look at gen_lost(), and sweep. */
bool		 gen_due(struct gen *) MUSTCHECK;
/* Another file, or none, is at the path now. */
bool		 gen_lost(struct gen *) MUSTCHECK;
/* Microseconds until a new file may be written with. */
int64_t		 gen_young(const struct gen *) MUSTCHECK;

/* To look only. */
struct gen_state {
	uint64_t	 epoch;
	size_t		 pending;	/* cells */
	size_t		 owners;	/* slots in use */
	size_t		 notes;		/* writes under way, or left by the dead */
};

bool		 gen_look(const char *path, struct gen_state *) MUSTCHECK;

#endif
