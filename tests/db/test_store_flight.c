/* store: many clients that want the same answer; one computes it. */
#include "store_kit.h"

static _Atomic int	 made;

static struct cache_breaker	 breaker;

static void *
ask(void *arg)
{
	struct store	 s = st;
	struct arena	 mine;
	struct store_lookup	 l = looked(arg);
	struct store_answer	 a;
	uintptr_t	 good;

	if (!arena_init(&mine, (size_t)1 << 20))
		return NULL;
	s.arena = &mine;
	s.cache = cache_open(getenv("TEST_CACHE_SOCKET"), WAIT_MS, STR("secret"));
	cache_share_breaker(s.cache, &breaker);
	if (store_get(&s, &l, &a) == CACHE_MISS) {
		made++;
		nanosleep(&(struct timespec){ 0, 100000000 }, NULL);
		a = (struct store_answer){ .status = 200, .body = STR("made") };
		store_put(&s, &l, &a, 60);
	}
	good = str_is(a.body, "made");
	cache_close(s.cache);
	arena_free(&mine);
	return (void *)good;
}

/* Begins at once; all_asked() waits for them. */
static void
all_ask(char *key, pthread_t t[THREADS])
{
	made = 0;
	for (size_t i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, ask, key) != 0)
			exit(2);
}

static void
all_asked(pthread_t t[THREADS])
{
	void	*good;

	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(t[i], &good);
		CHECK("each has it", good != NULL);
	}
	CHECK_INT("one made it", made, 1);
}

static void
test_turns(void)
{
	static char	 key[] = "wanted";
	pthread_t	 t[THREADS];

	begin();
	breaker = (struct cache_breaker){ 0, 0 };
	all_ask(key, t);
	all_asked(t);
	end();
}

static _Atomic int	 makers, most_makers;

static void *
make_in_vain(void *arg)
{
	struct store	 s = st;
	struct arena	 mine;
	struct store_lookup	 l = looked(arg);
	struct store_answer	 a;
	int		 now;

	if (!arena_init(&mine, (size_t)1 << 20))
		return NULL;
	s.arena = &mine;
	if (store_get(&s, &l, &a) == CACHE_MISS) {
		now = ++makers;
		if (now > most_makers)
			most_makers = now;
		nanosleep(&(struct timespec){ 0, 300000000 }, NULL);
		makers--;
		store_abandon(&s, &l);
	}
	arena_free(&mine);
	return NULL;
}

/* Else the last of many would wait for all others. */
static void
test_no_turns(void)
{
	static char	 key[] = "not to be kept";
	pthread_t	 t[THREADS];

	begin();
	for (size_t i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, make_in_vain, key) != 0)
			exit(2);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	CHECK("what can not be kept is not made in turn", most_makers > 1);
	end();
}

/*
 * They wait for one who can not keep what it makes, as memcached is gone by
 * then: for another program the turn is nobody's, in this one it is taken.
 */
static void
test_turns_alone(void)
{
	static char	 key[] = "wanted too";
	struct store_lookup	 l = looked(key);
	struct store_answer	 a;
	pthread_t	 t[THREADS];

	begin();
	st.cache = cache_open(getenv("TEST_CACHE_SOCKET"), WAIT_MS, STR("secret"));
	breaker = (struct cache_breaker){ 0, 0 };
	cache_share_breaker(st.cache, &breaker);
	CHECK_INT("our turn", store_get(&st, &l, &a), CACHE_MISS);
	CHECK("for all programs", l.leads && !cache_down(st.cache));
	all_ask(key, t);
	nanosleep(&(struct timespec){ 0, 200000000 }, NULL);
	breaker.open_until_us = INT64_MAX;
	store_abandon(&st, &l);
	all_asked(t);
	cache_close(st.cache);
	st.cache = NULL;
	end();
}

TESTS(store_flight,
    { "one makes what many want", test_turns },
    { "what can not be kept is not made in turn", test_no_turns },
    { "and where memcached goes meanwhile", test_turns_alone })
