#ifndef BRISK_STORE_ANSWER_H
#define BRISK_STORE_ANSWER_H
/*
 * store_answer - finished answers, cached in L1 and in memcached.
 *
 * A request looks its answer up with store_get().  After CACHE_MISS it computes
 * the answer, then calls store_put() or store_abandon(), exactly once: other
 * requests may be waiting for it.
 *
 * No function reports a failure of a cache: an answer that cannot be read is a
 * miss, an answer that cannot be kept is dropped.
 */
#include "cache/flight.h"
#include "cache/generation.h"
#include "cache/store.h"
#include "schema/value.h"
#include "shm/outcome.h"

/* A finished answer.  After store_get() its texts are in the arena of the store. */
struct store_answer {
	int		 status;
	struct str	 type, etag, link, body;
	struct stamp	 modified;
};

struct store_lookup {
	/* Set by the caller. */
	struct str		 key;
	struct str		 tags[GENERATION_TAGS];
	size_t			 ntags;
	bool			 is_private;	/* only to a memcached that other users cannot read */

	/* Between store_get() and store_put(). */
	struct generation_snapshot snapshot;	/* from before the query */
	struct flight_slot	 slot;
	bool			 leads;		/* we compute; others wait for us */
};

/*
 * Look the answer up.  If another request computes it at this moment, wait up to
 * flight_us for the result.  Not inside a transaction.
 */
enum cache_outcome store_get(struct store *, struct store_lookup *,
		    struct store_answer *) MUSTCHECK;
/* Does the outcome mean that store_get() found an answer? */
bool		 store_found(enum cache_outcome);

/* Keep the answer for at most ttl_seconds. */
void		 store_put(struct store *, struct store_lookup *,
		    const struct store_answer *, int64_t ttl_seconds);
/* Keep nothing; a waiting request computes the answer itself. */
void		 store_abandon(struct store *, struct store_lookup *);

#endif
