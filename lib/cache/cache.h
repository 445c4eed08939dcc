#ifndef BRISK_CACHE_H
#define BRISK_CACHE_H
/*
 * cache - bytes in memcached, with a time to live.  The only room that knows
 * libmemcached.
 *
 * A cache may be absent, dead or hung: then every get is a miss and every set
 * does nothing, and a breaker keeps a hung server from costing each request
 * its timeout: after CACHE_MAX_FAILURES failures in a row, or one that took its time,
 * nothing is asked for about a second, and then by one alone.  Never an error for
 * the caller.  A `struct cache` belongs to one thread.
 *
 * Keys are the caller's bytes, any length: what is sent is a keyed hash of
 * them.  Values carry a keyed MAC and the key they belong to, because a shared
 * host's memcached may be open to neighbours; a value that does not verify is
 * a miss.
 */
#include <stdatomic.h>

#include "base/arena.h"

#define CACHE_MAX_FAILURES	3
#define CACHE_MAX_VALUE	((size_t)1000 << 10)	/* a larger value is not stored */

struct cache;

/*
 * `socket`: a path, or "host:port"; NULL or "": no cache.  An answer that takes
 * longer than `wait_ms` is a failure.  `secret` is copied.
 */
struct cache	*cache_open(const char *socket, int64_t wait_ms, struct str secret)
		    MUSTCHECK;
void		 cache_close(struct cache *);

/* True: `*value` in the arena.  False: a miss, for whatever reason. */
bool		 cache_get(struct cache *, struct arena *, struct str key,
		    struct str *value) MUSTCHECK;
void		 cache_set(struct cache *, struct arena *, struct str key,
		    struct str value, int64_t ttl_seconds);

/* True while the breaker is open or there is no cache at all. */
bool		 cache_down(const struct cache *);
/* Reached over a unix socket: who may not open that can not read it. */
bool		 cache_is_private(const struct cache *);

/*
 * Caches of one server may share a breaker, so that a process loses its time
 * once, not once a thread.  All zeros at first; outlives them.
 */
struct breaker {
	_Atomic int	 faults;		/* in a row */
	_Atomic int64_t	 open_until_us;		/* 0: closed */
};

void		 cache_share_breaker(struct cache *, struct breaker *);

struct cache_counts {
	uint64_t	 hits, misses, faults;
	int64_t		 us;
};

void		 cache_counts_reset(struct cache *);
struct cache_counts cache_counts(const struct cache *);

#endif
