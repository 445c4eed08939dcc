#ifndef BRISK_FLIGHT_H
#define BRISK_FLIGHT_H
/*
 * flight - single flight: one request computes an answer that many want.
 *
 * A file, mapped by every process of an installation, holds words, each for one
 * key (its 64-bit hash) at a time: the process that computes the answer, and
 * until when others wait for it.  The first request that misses becomes the
 * leader; followers wait until the leader ends the flight and then find the
 * answer in the cache.  A follower takes over if the leader died or is late.  Two
 * keys that share a word do not wait for each other: the second request computes
 * without a flight.
 *
 * Only the number of queries depends on this, never the correctness of an
 * answer.  All functions may be called from any thread.
 */
#include "base/base.h"

struct flights;

/* Open the file, or create it.  NULL, and a line in the log, on failure. */
struct flights	*flight_open(const char *path) MUSTCHECK;
void		 flight_close(struct flights *);

/* What flight_begin() fills in for the other functions. */
struct flight_slot {
	uint64_t	 hash, word;
	size_t		 place;
};

enum flight_role {
	FLIGHT_LEADER,		/* compute the answer, then call flight_end() */
	FLIGHT_FOLLOWER,	/* call flight_wait() */
	FLIGHT_COLLISION	/* another key has the word: compute without a flight */
};

/* Others wait for the leader for at most `bound_us` microseconds. */
enum flight_role flight_begin(struct flights *, uint64_t hash, int64_t bound_us,
		    struct flight_slot *) MUSTCHECK;

enum flight_result {
	FLIGHT_DONE,		/* the leader ended the flight: look the answer up */
	FLIGHT_ABANDONED,	/* the leader died or is late: call flight_begin() again */
	FLIGHT_TIMEOUT		/* `until_us` of clock_mono_us() has passed */
};

enum flight_result flight_wait(struct flights *, const struct flight_slot *,
		    int64_t until_us) MUSTCHECK;

/* Called by the leader; nothing happens if another request took over. */
void		 flight_end(struct flights *, const struct flight_slot *);

#endif
