/* arena - memory that is freed all at once, at the end of a request. */
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define ARENA_POISONED
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define ARENA_POISONED
#endif

/*
 * Under AddressSanitizer a gap follows each allocation, so that a write past the
 * end is detected even if the size is a multiple of ALIGN.
 */
#ifdef ARENA_POISONED
#include <sanitizer/asan_interface.h>
#define ARENA_GAP	((size_t)16)
#define poison(p, n)	ASAN_POISON_MEMORY_REGION((p), (n))
#define unpoison(p, n)	ASAN_UNPOISON_MEMORY_REGION((p), (n))
#else
#define ARENA_GAP	((size_t)0)
#define poison(p, n)	((void)(p), (void)(n))
#define unpoison(p, n)	((void)(p), (void)(n))
#endif

#define ALIGN		((size_t)16)

struct arena_block {
	struct arena_block	*next;
	size_t			 size, used;
	alignas(16) unsigned char mem[];
};

static struct arena_block *
block_new(size_t size)
{
	struct arena_block	*b = malloc(sizeof(*b) + size);

	if (b == NULL)
		return NULL;
	b->next = NULL;
	b->size = size;
	b->used = 0;
	poison(b->mem, size);
	return b;
}

static void
block_wipe(struct arena_block *b)
{
	unpoison(b->mem, b->size);
	explicit_bzero(b->mem, b->used);
}

static void
blocks_free(struct arena_block *b, bool secret)
{
	struct arena_block	*next;

	for (; b != NULL; b = next) {
		next = b->next;
		if (secret)
			block_wipe(b);
		unpoison(b->mem, b->size);
		free(b);
	}
}

bool
arena_init(struct arena *a, size_t max)
{
	a->first = a->last = block_new(ARENA_KEEP);
	a->used = 0;
	a->max = max;
	a->failed = a->secret = false;
	if (a->first == NULL)
		log_event(LOG_ERROR, "arena", "no memory for the first block");
	return a->first != NULL;
}

void
arena_reset(struct arena *a)
{
	if (a->first == NULL)
		return;
	blocks_free(a->first->next, a->secret);
	if (a->secret)
		block_wipe(a->first);
	a->first->next = NULL;
	a->first->used = 0;
	poison(a->first->mem, a->first->size);
	a->last = a->first;
	a->used = 0;
	a->failed = a->secret = false;
}

void
arena_free(struct arena *a)
{
	blocks_free(a->first, a->secret);
	*a = (struct arena){ 0 };
}

/* A block with `n` free bytes: the last one, or a new one. */
static struct arena_block *
block_with(struct arena *a, size_t n)
{
	struct arena_block	*b;

	if (a->last->size - a->last->used >= n)
		return a->last;
	b = block_new(n > ARENA_KEEP ? n : ARENA_KEEP);
	if (b == NULL) {
		log_event(LOG_ERROR, "arena", "malloc: no memory for %zu bytes", n);
		return NULL;
	}
	a->last->next = b;
	a->last = b;
	return b;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	struct arena_block	*b;
	size_t			 all = n == 0 ? ALIGN : (n + ALIGN - 1) & ~(ALIGN - 1);
	unsigned char		*p;

	if (a->last == NULL || all < n || all > a->max - a->used) {
		log_event(LOG_WARN, "arena", "cannot allocate %zu bytes: %zu of %zu are in use",
		    n, a->used, a->max);
		a->failed = true;
		return NULL;
	}
	b = block_with(a, all + ARENA_GAP);
	if (b == NULL) {
		a->failed = true;
		return NULL;
	}
	p = b->mem + b->used;
	b->used += all + ARENA_GAP;
	a->used += all;
	unpoison(p, n);
	return p;
}

void *
arena_zero(struct arena *a, size_t n, size_t size)
{
	size_t	 all;
	void	*p;

	if (__builtin_mul_overflow(n, size, &all))
		return NULL;
	p = arena_alloc(a, all);
	if (p != NULL)
		memset(p, 0, all);
	return p;
}

struct str
arena_copy(struct arena *a, struct str s)
{
	char	*p = s.n == SIZE_MAX ? NULL : arena_alloc(a, s.n + 1);

	if (p == NULL)
		return (struct str){ NULL, 0 };
	if (s.n != 0)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return (struct str){ p, s.n };
}

char *
arena_fmt(struct arena *a, const char *fmt, ...)
{
	va_list	 args;
	char	*p;
	int	 n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	p = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
	if (p == NULL)
		return NULL;
	va_start(args, fmt);
	(void)vsnprintf(p, (size_t)n + 1, fmt, args);
	va_end(args);
	return p;
}
