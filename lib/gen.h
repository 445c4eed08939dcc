#ifndef BRISK_GEN_H
#define BRISK_GEN_H
/*
 * gen - the generation counters that make cached answers stale.
 *
 * A file, mapped by every process of an installation, holds a fixed array of
 * cells {generation, pending, published}.  A tag ("products", "products/ID")
 * belongs to one cell by its hash; two tags that share one cost a needless
 * miss, never a stale answer.  A write raises `pending` of its tags, commits,
 * bumps their generations, lowers `pending`; an entry is served while all its
 * tags have pending 0 and, read after that, the generations it was filled
 * with.  Those were read before its query ran.
 *
 * The file is made whole, with random generations, and never replaced while
 * mapped; entries of another file's life can not match.  All functions may be
 * called from any thread.
 */
#include "base.h"

#define GEN_TAGS	16	/* most tags of one answer or one write */

struct gen;

/* Open the file, or make it.  NULL and a log line when neither can be. */
struct gen	*gen_open(const char *path) MUSTCHECK;
void		 gen_close(struct gen *);

/* The cells of these tags and their generations, now. */
struct gen_mark {
	uint32_t	 cell[GEN_TAGS];
	uint64_t	 generation[GEN_TAGS];
	size_t		 n;
};

/* Before the query that fills an entry.  False: more than GEN_TAGS. */
bool		 gen_mark(struct gen *, const struct str *tags, size_t n,
		    struct gen_mark *) MUSTCHECK;

/* Nothing pending, and then still these generations? */
bool		 gen_fresh(struct gen *, const struct gen_mark *) MUSTCHECK;

/* Around COMMIT: raise pending; then bump, if it was (or may have been)
 * committed, and lower. */
void		 gen_raise(struct gen *, const struct gen_mark *);
void		 gen_lower(struct gen *, const struct gen_mark *, bool bump);

/* All cells at once: every entry becomes stale. */
void		 gen_bump_all(struct gen *);

#endif
