#ifndef BRISK_CACHE_H
#define BRISK_CACHE_H
/*
 * cache - L2: bytes in memcached, with a time to live.
 *
 * Only cache.c knows libmemcached.  No function reports a failure: if the server
 * is absent, dead or hung, every get is a miss and every set does nothing.  A
 * circuit breaker keeps a hung server from costing every request its timeout:
 * after CACHE_MAX_FAILURES failures in a row, or one slow failure, the server is
 * not used for about a second; then one caller tries it again.
 *
 * A key is any bytes of any length; memcached gets a keyed hash of it.  A value
 * carries a keyed MAC over key and value, because other users of a shared host
 * may reach the same memcached.  A value that does not verify is a miss.
 *
 * A `struct cache` belongs to one thread.
 */
#include <stdatomic.h>

#include "base/arena.h"

#define CACHE_MAX_FAILURES	3
#define CACHE_MAX_VALUE	((size_t)1000 << 10)	/* bytes; a larger value is not stored */

struct cache;

/*
 * `socket` is a path or "host:port"; NULL or "": no cache.  A call that takes
 * longer than `wait_ms` fails.  `secret` is copied.  NULL, and a line in the log,
 * if there is no memory.
 */
struct cache	*cache_open(const char *socket, int64_t wait_ms, struct str secret)
		    MUSTCHECK;
void		 cache_close(struct cache *);

/* True: `*value` is in the arena.  False: a miss, for whatever reason. */
bool		 cache_get(struct cache *, struct arena *, struct str key,
		    struct str *value) MUSTCHECK;
void		 cache_set(struct cache *, struct arena *, struct str key,
		    struct str value, int64_t ttl_seconds);

/* Is there no cache, or is the breaker open? */
bool		 cache_down(const struct cache *);
/* Is it a unix socket, whose file permissions keep other users out? */
bool		 cache_is_private(const struct cache *);

/*
 * The caches of one process share a breaker, so that a hung server costs one
 * timeout per process, not one per thread.  Initially zero; outlives its users.
 */
struct cache_breaker {
	_Atomic int	 failures;		/* in a row */
	_Atomic int64_t	 open_until_us;		/* 0: closed */
};

void		 cache_share_breaker(struct cache *, struct cache_breaker *);

/* Since cache_counts_reset(), for the log line of a request. */
struct cache_counts {
	uint64_t	 hits, misses, failures;
	int64_t		 us;			/* spent in calls */
};

void		 cache_counts_reset(struct cache *);
struct cache_counts cache_counts(const struct cache *);

#endif
