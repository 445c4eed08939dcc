#include <pthread.h>
#include "cache/lru.h"
#include "test.h"

#define BYTES		(64 << 10)
#define THREADS		4
#define ROUNDS		20000

static struct arena	 arena;

static struct str
bytes(char c, size_t n)
{
	char	*p = arena_alloc(&arena, n + 1);

	if (p == NULL)
		exit(2);
	memset(p, c, n);
	return (struct str){ p, n };
}

static void
begin(void)
{
	if (!arena_init(&arena, (size_t)256 << 20))
		exit(2);
}

static bool
has(struct lru *l, struct str key, struct str want)
{
	struct str	 got;

	return lru_get(l, &arena, key, &got) && str_eq(got, want);
}

static void
test_kept(void)
{
	static const struct {
		const char	*label;
		size_t		 key, value;
		bool		 kept;
	} cases[] = {
		{ "small", 3, 5, true },
		{ "no value", 3, 0, true },
		{ "no key", 0, 3, true },
		{ "a long key", 2000, 3, true },
		{ "a quarter of a part, with its place", 1, BYTES / 4 / 4 - 200, true },
		{ "more than a quarter", 1, BYTES / 4 / 4, false },
		{ "more than all", 1, 2 * BYTES, false },
		{ "a key that is too long", BYTES, 1, false },
	};
	struct lru	*l;
	struct str	 k, v;

	begin();
	for (size_t i = 0; i < NELEMS(cases); i++) {
		l = lru_open(BYTES);
		k = bytes('k', cases[i].key);
		v = bytes('v', cases[i].value);
		CHECK("not there yet", !has(l, k, v));
		lru_put(l, k, v);
		CHECK_INT(cases[i].label, has(l, k, v), cases[i].kept);
		lru_close(l);
		arena_reset(&arena);
	}
	arena_free(&arena);
}

static void
test_replaced(void)
{
	struct lru	*l;

	begin();
	l = lru_open(BYTES);
	lru_put(l, STR("a"), STR("one"));
	lru_put(l, STR("b"), STR("other"));
	lru_put(l, STR("a"), STR("two"));
	CHECK("the last put", has(l, STR("a"), STR("two")));
	CHECK("another key", has(l, STR("b"), STR("other")));
	CHECK("a key that begins like it", !has(l, STR("ab"), STR("two")));
	lru_put(l, STR("a"), bytes('v', BYTES));
	CHECK("what is too large leaves what was", has(l, STR("a"), STR("two")));
	lru_close(l);
	arena_free(&arena);
}

/* What is used stays; what is not goes; never more than its bytes. */
static void
test_bounded(void)
{
	struct lru	*l;
	struct str	 got;
	char		 key[32];
	size_t		 kept = 0;

	begin();
	l = lru_open(BYTES);
	lru_put(l, STR("used"), STR("here"));
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		lru_put(l, str_of(key), bytes('v', 500));
		CHECK("what is used stays", has(l, STR("used"), STR("here")));
		arena_reset(&arena);
	}
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		kept += lru_get(l, &arena, str_of(key), &got);
		CHECK("the oldest are gone", i > 500 || got.p == NULL);
	}
	CHECK("within the bound", kept * 500 <= BYTES);
	CHECK("and not far below it", kept * 600 > BYTES / 2);
	lru_close(l);
	arena_free(&arena);
}

static void
test_none(void)
{
	begin();
	CHECK("no bytes: none", lru_open(0) == NULL);
	lru_put(NULL, STR("a"), STR("b"));
	CHECK("nothing is kept", !has(NULL, STR("a"), STR("b")));
	lru_close(NULL);
	arena_free(&arena);
}

static void *
use(void *arg)
{
	struct arena	 a;
	struct str	 got, key;
	char		 text[32];
	unsigned	 seed = (unsigned)(uintptr_t)&a;
	uintptr_t	 wrong = 0;

	if (!arena_init(&a, (size_t)1 << 20))
		return (void *)1;
	for (int i = 0; i < ROUNDS; i++) {
		snprintf(text, sizeof(text), "key %d", rand_r(&seed) % 300);
		key = str_of(text);
		if (lru_get(arg, &a, key, &got))
			wrong += !str_eq(got, key);
		else
			lru_put(arg, key, key);
		arena_reset(&a);
	}
	arena_free(&a);
	return (void *)wrong;
}

static void
test_threads(void)
{
	struct lru	*l = lru_open(BYTES / 4);
	pthread_t	 t[THREADS];
	void		*wrong;

	for (size_t i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, use, l) != 0)
			exit(2);
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(t[i], &wrong);
		CHECK("every value is its key's", wrong == NULL);
	}
	lru_close(l);
}

TESTS(lru,
    { "what is put can be got", test_kept },
    { "a key has one value", test_replaced },
    { "bounded, and the least used go", test_bounded },
    { "none at all", test_none },
    { "many threads", test_threads })
