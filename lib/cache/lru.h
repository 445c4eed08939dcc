#ifndef BRISK_LRU_H
#define BRISK_LRU_H
/*
 * lru - L1: a cache of bytes inside one process.
 *
 * It is bounded in bytes and evicts the least recently used value first.  The
 * threads of the process share it; a few parts with a lock each keep contention
 * low.  A key is any bytes.  The cache does not expire values: its user checks
 * whether a value may still be used.
 *
 * A NULL cache is valid: it keeps nothing.
 */
#include "base/arena.h"

struct lru;

/*
 * `bytes` bounds keys, values and their bookkeeping.  NULL if it is 0 or there
 * is no memory.
 */
struct lru	*lru_open(size_t bytes);
void		 lru_close(struct lru *);

/* True: `*value` is a copy in the arena.  False: a miss, or the arena is full. */
bool		 lru_get(struct lru *, struct arena *, struct str key,
		    struct str *value) MUSTCHECK;
/* Copy the value, replacing the value of the key.  A too large value is dropped. */
void		 lru_put(struct lru *, struct str key, struct str value);

#endif
