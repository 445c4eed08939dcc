#ifndef BRISK_FLIGHT_H
#define BRISK_FLIGHT_H
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

struct fill	*flight_open(const char *path) MUSTCHECK;
void		 flight_close(struct fill *);

struct flight_slot {
	uint64_t	 hash, word;
	size_t		 place;
};

enum flight_role {
	FLIGHT_LEADER,	/* make it, then flight_end() */
	FLIGHT_FOLLOWER,	/* somebody does: flight_wait() */
	FLIGHT_COLLISION	/* make it without */
};

/* `bound_us`: how long others may wait for it. */
enum flight_role	 flight_begin(struct fill *, uint64_t hash, int64_t bound_us,
		    struct flight_slot *) MUSTCHECK;

enum flight_result {
	FLIGHT_DONE,	/* given back */
	FLIGHT_ABANDONED,	/* whoever had it died, or is late: take it */
	FLIGHT_TIMEOUT	/* `until_us` of clock_mono_us() has come */
};

enum flight_result	 flight_wait(struct fill *, const struct flight_slot *,
		    int64_t until_us) MUSTCHECK;

/* What flight_begin() gave. */
void		 flight_end(struct fill *, const struct flight_slot *);

#endif
