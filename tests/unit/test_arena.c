#include <stdalign.h>
#include <stddef.h>
#include "base/arena.h"
#include "base/log.h"
#include "test.h"

#define MOST	((size_t)1 << 20)

static void
test_alloc(void)
{
	static const struct { const char *label; size_t n; bool ok; } t[] = {
		{ "nothing", 0, true },
		{ "one byte", 1, true },
		{ "sixteen", 16, true },
		{ "a kept block", ARENA_KEEP, true },
		{ "more than a kept block", ARENA_KEEP + 1, true },
		{ "the bound", MOST, true },
		{ "over the limit", MOST + 1, false },
		{ "the most there is", SIZE_MAX, false },
		{ "the most there is, aligned", SIZE_MAX - 15, false },
	};
	struct arena	 a;
	size_t		 i;
	char		*p;

	log_init("test", LOG_ERROR);	/* reaching the limit logs only a warning */
	CHECK("init", arena_init(&a, MOST));
	for (i = 0; i < NELEMS(t); i++) {
		p = arena_alloc(&a, t[i].n);
		CHECK_INT(t[i].label, p != NULL, t[i].ok);
		CHECK_INT(t[i].label, (uintptr_t)p % alignof(max_align_t), 0);
		if (p != NULL)
			memset(p, 'x', t[i].n);
		arena_reset(&a);
	}
	arena_free(&a);
}

/* Allocations do not overlap, and their sum reaches the limit. */
static void
test_pieces(void)
{
	struct arena	 a;
	unsigned char	*p[1000];
	size_t		 i, k;
	bool		 same = true;

	CHECK("init", arena_init(&a, MOST));
	for (i = 0; i < NELEMS(p); i++) {
		p[i] = arena_alloc(&a, i % 500);
		memset(p[i], (int)(i & 255), i % 500);
	}
	for (i = 0; i < NELEMS(p); i++)
		for (k = 0; k < i % 500; k++)
			same = same && p[i][k] == (i & 255);
	CHECK("each holds its own bytes", same);
	arena_free(&a);
}

static void
test_bound(void)
{
	struct arena	 a;
	size_t		 i, n;

	CHECK("init", arena_init(&a, MOST));
	for (i = 0; i < 3; i++) {
		for (n = 0; arena_alloc(&a, 1024) != NULL; n++)
			;
		CHECK_INT("the same number fits each time", n, MOST / 1024);
		CHECK_INT("used", a.used, MOST);
		CHECK("one byte more", arena_alloc(&a, 1) == NULL);
		arena_reset(&a);
		CHECK_INT("used after a reset", a.used, 0);
		CHECK("only the kept block", a.first == a.last);
	}
	arena_free(&a);
	CHECK("freed", a.first == NULL);
	arena_reset(&a);
	arena_free(&a);
	CHECK("alloc from a freed one", arena_alloc(&a, 1) == NULL);
}

static void
test_zero(void)
{
	static const struct { const char *label; size_t n, size; bool ok; } t[] = {
		{ "some", 10, 24, true },
		{ "none", 0, 24, true },
		{ "of no size", 10, 0, true },
		{ "product overflows", SIZE_MAX / 2, 3, false },
		{ "product overflows to a little", SIZE_MAX / 2 + 1, 2, false },
		{ "over the limit", MOST, 2, false },
	};
	struct arena	 a;
	size_t		 i, k;
	char		*p;
	bool		 zero;

	CHECK("init", arena_init(&a, MOST));
	for (i = 0; i < NELEMS(t); i++) {
		p = arena_alloc(&a, 1024);
		memset(p, 'x', 1024);
		arena_reset(&a);
		p = arena_zero(&a, t[i].n, t[i].size);
		CHECK_INT(t[i].label, p != NULL, t[i].ok);
		for (k = 0, zero = true; p != NULL && k < t[i].n * t[i].size; k++)
			zero = zero && p[k] == 0;
		CHECK(t[i].label, zero);
	}
	arena_free(&a);
}

static void
test_copy(void)
{
	struct arena	 a;
	struct str	 s;

	CHECK("init", arena_init(&a, MOST));
	s = arena_copy(&a, STR("abc"));
	CHECK_STR("copy", s, "abc");
	CHECK_INT("NUL behind it", s.p[3], 0);
	s = arena_copy(&a, (struct str){ "a\0b", 3 });
	CHECK_INT("NUL in it", s.n, 3);
	CHECK("all of it", memcmp(s.p, "a\0b", 4) == 0);
	CHECK_STR("empty", arena_copy(&a, STR("")), "");
	CHECK_STR("absent becomes empty", arena_copy(&a, (struct str){ NULL, 0 }), "");
	CHECK_STR("too long", arena_copy(&a, (struct str){ "", SIZE_MAX }), NULL);
	CHECK_STR("over the limit", arena_copy(&a, (struct str){ "", MOST }), NULL);
	arena_free(&a);
}

static void
test_fmt(void)
{
	struct arena	 a;
	char		*p;

	CHECK("init", arena_init(&a, MOST));
	CHECK_TEXT("plain", arena_fmt(&a, "abc"), "abc");
	CHECK_TEXT("values", arena_fmt(&a, "%d-%s", 7, "x"), "7-x");
	CHECK_TEXT("empty", arena_fmt(&a, "%s", ""), "");
	p = arena_fmt(&a, "%100000d", 1);
	CHECK_INT("longer than a block", p == NULL ? 0 : strlen(p), 100000);
	CHECK_TEXT("over the limit", arena_fmt(&a, "%2000000d", 1), NULL);
	arena_free(&a);
}

TESTS(arena,
    { "sizes", test_alloc },
    { "pieces do not overlap", test_pieces },
    { "the bound, and reset", test_bound },
    { "zeroed arrays", test_zero },
    { "copies", test_copy },
    { "formatted text", test_fmt })
