#ifndef BRISK_ARENA_H
#define BRISK_ARENA_H
/*
 * arena - memory that dies together, at the end of a request.
 *
 * One owner makes an arena and resets it between requests; everybody else
 * allocates and never frees.  The first block is kept over a reset, larger
 * needs are given back, so that one big request does not fatten a process for
 * ever.  An arena has a bound: over it, or when malloc fails, arena_alloc()
 * answers NULL, `failed` says so from then on, and the request ends with 503.
 * Who puts a secret in it sets `secret`: then all of it is overwritten when it
 * dies.  Under AddressSanitizer what is not handed out is poisoned.  One thread.
 */
#include "base/base.h"

struct arena_block;

struct arena {
	struct arena_block	*first, *last;
	size_t			 used;		/* bytes handed out since the reset */
	size_t			 most;		/* bound on `used` */
	bool			 failed;	/* something did not fit since the reset */
	bool			 secret;	/* wipe what was handed out, at the reset */
};

#define ARENA_KEEP	((size_t)64 << 10)	/* size of the block that stays */

/* False when there is no memory for the first block. */
bool	 arena_init(struct arena *, size_t most) MUSTCHECK;
void	 arena_reset(struct arena *);
void	 arena_free(struct arena *);

/* Aligned for any type; contents undefined.  NULL over the bound. */
void	*arena_alloc(struct arena *, size_t) MUSTCHECK;

/* The same, zeroed, for `n` things of `size` bytes; NULL also on overflow. */
void	*arena_zero(struct arena *, size_t n, size_t size) MUSTCHECK;

/* A copy with a NUL behind it that is not counted; absent on failure. */
struct str arena_copy(struct arena *, struct str) MUSTCHECK;

/* printf into the arena; NULL on failure. */
char	*arena_fmt(struct arena *, const char *, ...) PRINTF(2, 3) MUSTCHECK;

#define arena_new(a, T)		((T *)arena_zero((a), 1, sizeof(T)))
#define arena_array(a, T, n)	((T *)arena_zero((a), (n), sizeof(T)))

#endif
