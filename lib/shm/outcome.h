#ifndef BRISK_OUTCOME_H
#define BRISK_OUTCOME_H
/*
 * outcome - how the cache and the idempotency key of a request ended.
 *
 * The store and the idempotency room set these values.  The log line of the
 * request and the scoreboard report them.  The values are indexes into the
 * counters of the scoreboard file and the names are labels of metrics, so both
 * are frozen.
 */

enum cache_outcome {
	CACHE_NONE,	/* the route is not cached */
	CACHE_HIT,	/* served from memcached */
	CACHE_MISS,	/* looked up and not found, nothing stored */
	CACHE_FILL,	/* not found, computed and stored */
	CACHE_BYPASS,	/* no cache could be used */
	CACHE_LOCAL,	/* served from the LRU of this process */
	CACHE_WAIT,	/* computed by another request while this one waited */
	CACHE_OUTCOMES
};

enum idem_result {
	IDEM_UNUSED,	/* no key was sent, or the answer is not stored */
	IDEM_NEW,	/* first request with the key */
	IDEM_REPLAYED,	/* answered with the stored answer */
	IDEM_BUSY,	/* 409: the first request is still running */
	IDEM_MISMATCH,	/* 422: the key was used with another body */
	IDEM_RESULTS
};

/* Names for the log and for metrics; static strings. */
const char	*outcome_cache_name(enum cache_outcome);
const char	*outcome_idem_name(enum idem_result);

#endif
