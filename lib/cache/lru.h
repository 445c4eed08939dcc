#ifndef BRISK_LRU_H
#define BRISK_LRU_H
/*
 * local - bytes that this process keeps: the cache in front of the cache.
 *
 * Bounded in bytes; what was not asked for the longest goes first.  Shared by
 * the threads of a process, in parts with a short lock each.  Keys are any
 * bytes; who may still use a value, and until when, its owner knows.
 */
#include "base/arena.h"

struct local;

/* At most `bytes` of keys, values and their places; 0: NULL, as when there is
 * no memory: a NULL keeps nothing. */
struct local	*lru_open(size_t bytes);
void		 lru_close(struct local *);

/* True: a copy of the value, in the arena. */
bool		 lru_get(struct local *, struct arena *, struct str key,
		    struct str *value) MUSTCHECK;
/* In place of what had that key.  One that is too large is not kept. */
void		 lru_put(struct local *, struct str key, struct str value);

#endif
