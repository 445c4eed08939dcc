#ifndef BRISK_ARENA_H
#define BRISK_ARENA_H
/*
 * arena - memory that is freed all at once, at the end of a request.
 *
 * The owner of an arena resets it between requests.  Everybody else allocates from
 * it and never frees.  A reset keeps the first block and frees all others, so one
 * large request does not leave the process large.
 *
 * An arena has a limit.  When an allocation exceeds it, or malloc() fails,
 * arena_alloc() returns NULL and `failed` is true until the reset; the request is
 * then answered with 503.
 *
 * Code that stores a secret sets `secret`: the next reset overwrites all memory that
 * was handed out.  Under AddressSanitizer, memory that is not handed out is poisoned.
 * An arena belongs to one thread.
 */
#include "base/base.h"

struct arena_block;

struct arena {
	struct arena_block	*first, *last;
	size_t			 used;		/* bytes handed out since the reset */
	size_t			 max;		/* limit of `used` */
	bool			 failed;	/* an allocation failed since the reset */
	bool			 secret;	/* overwrite the memory at the reset */
};

#define ARENA_KEEP	((size_t)64 << 10)	/* size of the first block, in bytes */

/* False if there is no memory for the first block. */
bool	 arena_init(struct arena *, size_t max) MUSTCHECK;
void	 arena_reset(struct arena *);
void	 arena_free(struct arena *);

/* Memory aligned for any type, with undefined contents.  NULL on failure. */
void	*arena_alloc(struct arena *, size_t) MUSTCHECK;

/* The same for `n` elements of `size` bytes, zeroed.  NULL also on overflow. */
void	*arena_zero(struct arena *, size_t n, size_t size) MUSTCHECK;

/* A copy, followed by a NUL that is not counted.  Absent on failure. */
struct str arena_copy(struct arena *, struct str) MUSTCHECK;

/* printf() into the arena.  NULL on failure. */
char	*arena_fmt(struct arena *, const char *, ...) PRINTF(2, 3) MUSTCHECK;

#define arena_new(a, T)		((T *)arena_zero((a), 1, sizeof(T)))
#define arena_array(a, T, n)	((T *)arena_zero((a), (n), sizeof(T)))

#endif
