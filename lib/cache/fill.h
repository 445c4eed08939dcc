#ifndef BRISK_FILL_H
#define BRISK_FILL_H
/*
 * fill - whose turn it is to make an answer that many want.
 *
 * A file, mapped by every process of an installation, holds words, each for
 * one key (its whole hash) at a time: who makes its answer, and until when
 * that is waited for.  The first to miss takes the word; others wait for it to
 * be given back and find the answer in the cache.  A word whose holder died or
 * is late is taken over.  Two keys that meet at one word do not wait for each
 * other: the second is made without a word.
 *
 * Nothing depends on it but the number of queries.
 */
#include "base/base.h"

struct fill;

struct fill	*fill_open(const char *path) MUSTCHECK;
void		 fill_close(struct fill *);

struct fill_turn {
	uint64_t	 hash, word;
	size_t		 place;
};

enum fill_state {
	FILL_MINE,	/* make it, then fill_leave() */
	FILL_OTHERS,	/* somebody does: fill_wait() */
	FILL_CROWDED	/* make it without */
};

/* `bound_us`: how long others may wait for it. */
enum fill_state	 fill_take(struct fill *, uint64_t hash, int64_t bound_us,
		    struct fill_turn *) MUSTCHECK;

enum fill_end {
	FILL_DONE,	/* given back */
	FILL_DEAD,	/* whoever had it died, or is late: take it */
	FILL_LATE	/* `until_us` of clock_mono_us() has come */
};

enum fill_end	 fill_wait(struct fill *, const struct fill_turn *,
		    int64_t until_us) MUSTCHECK;

/* What fill_take() gave. */
void		 fill_leave(struct fill *, const struct fill_turn *);

#endif
