#ifndef BRISK_FUZZ_H
#define BRISK_FUZZ_H
/*
 * fuzz - what the targets share.
 *
 * A target is one file, fuzz_NAME.c.  `make fuzz` lets libFuzzer drive it;
 * `make test` replays seeds/NAME and crashes/NAME through it (replay.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include "base/arena.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* What must hold for every input. */
#define MUST(ok)							\
	do {								\
		if (!(ok))						\
			fuzz_lie(__FILE__, __LINE__, #ok);		\
	} while (0)

static inline void
fuzz_lie(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
	abort();
}

/* Empty at each call. */
static inline struct arena *
fuzz_arena(void)
{
	static struct arena	 a;

	if (a.first == NULL && !arena_init(&a, (size_t)64 << 20))
		exit(2);
	arena_reset(&a);
	return &a;
}

/*
 * The input, at an address where a read past its end is seen: libFuzzer's own
 * buffer is such a one, but empty and NULL come as the empty text.
 */
static inline struct str
fuzz_text(const uint8_t *p, size_t n)
{
	return n == 0 ? STR("") : (struct str){ (const char *)p, n };
}

#endif
