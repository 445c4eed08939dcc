/* external: sweepers that die, and many that find a sweep due. */
#include "external_kit.h"

/* A process that does this, then waits to be killed. */
static pid_t
fork_one(void (*what)(void))
{
	int	 ready[2];
	pid_t	 pid;
	char	 byte;

	CHECK("pipe", pipe(ready) == 0);
	if ((pid = fork()) == 0) {
		struct store	 own = { .generations = generation_open(path),
				    .external = external_open(watch_path),
				    .external_us = 20000,
				    .lru = lru_open(1 << 20) };
		static struct arena	 a;

		st = own;
		connect_store(&st, &a);
		(void)!write(ready[1], "r", 1);
		what();
		for (;;)
			pause();
	}
	close(ready[1]);
	CHECK("it runs", read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	return pid;
}

static void
kill_it(pid_t pid)
{
	CHECK("killed", kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
}

/* A minute; but where something is wrong already, nothing is worth the wait. */
static bool
is_over(int64_t began)
{
	int64_t	 most = CU_get_number_of_failures() > 0 ? 1 : 60;

	return clock_mono_us() - began > most * 1000000;
}

static void
nap_ms(long ms)
{
	nanosleep(&(struct timespec){ 0, ms * 1000000 }, NULL);
}

static void
take_turn(void)
{
	while (external_begin_sweep(st.external, 20000) != EXTERNAL_SWEEP)
		nap_ms(1);
}

/* The server goes on with what a dead client sent, up to its bound. */
static bool
is_deleting(void)
{
	struct db_rows	 rows;

	return db_query(others, &arena, STR("SELECT 1 FROM "
	    "information_schema.processlist WHERE info LIKE 'DELETE FROM cache_%'"),
	    NULL, 0, &rows) == DB_OK && rows.n > 0;
}

/* Between its look and the bump: as if it had looked. */
static void
test_dies_before(void)
{
	enum cache_outcome	 o = CACHE_NONE;
	pid_t			 pid;

	begin(true);
	keep("numbers");
	note("numbers", "NULL");
	later();
	pid = fork_one(take_turn);
	for (int i = 0; i < 5000 && (o = find("numbers")) == CACHE_MISS; i++) {
		keep("numbers");	/* the child had not begun yet */
		note("numbers", "NULL");
		later();
		nap_ms(2);
	}
	CHECK_INT("another's turn: not from the cache", o, CACHE_BYPASS);
	kill_it(pid);
	CHECK_INT("its turn is free", find("numbers"), CACHE_MISS);
	CHECK_INT("and its notes are swept", notes(), 0);
	end();
}

static void
sweep_once(void)
{
	(void)find("numbers");
}

/* It has made the tag stale, and can not delete the note yet. */
static void
test_dies_between(void)
{
	struct generation_snapshot	 m;
	struct db	*holder;
	pid_t		 pid;
	bool		 bumped = false;

	begin(true);
	keep("numbers");
	note("numbers", "'1'");
	holder = db_open(&conf);
	CHECK_INT("held", db_begin(holder), DB_OK);
	CHECK_INT("its note", db_exec(holder, STR("SELECT id FROM cache_changes "
	    "FOR UPDATE"), NULL, 0, NULL), DB_OK);
	m = mark(st.generations, "numbers");
	later();
	pid = fork_one(sweep_once);
	for (int64_t began = clock_mono_us(); !bumped && !is_over(began);) {
		nap_ms(2);
		bumped = !generation_fresh(st.generations, &m);
	}
	CHECK("bumped", bumped);
	kill_it(pid);
	for (int64_t began = clock_mono_us(); is_deleting() && !is_over(began);)
		nap_ms(10);
	db_rollback(holder);
	db_close(holder);
	CHECK_INT("the note is there", notes(), 1);
	later();
	keep("numbers");
	CHECK_INT("swept again", notes(), 0);
	end();
}

/* All of them find that a sweep is due, at once. */
static void *
find_in_thread(void *arg)
{
	uint64_t	*statements = arg;
	struct store	 own = st;
	struct arena	 a;

	connect_store(&own, &a);
	CHECK_INT("kept, or not to be waited for", find_with(&own, "numbers") ==
	    CACHE_MISS, false);
	*statements = db_counts(own.db).statements;
	db_close(own.db);
	arena_free(&a);
	return NULL;
}

static void
test_once(void)
{
	uint64_t	 statements[THREADS], all = 0;
	pthread_t	 threads[THREADS];

	begin(true);
	keep("numbers");
	later();
	for (size_t i = 0; i < THREADS; i++)
		CHECK_INT("started", pthread_create(&threads[i], NULL, find_in_thread,
		    &statements[i]), 0);
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		all += statements[i];
	}
	CHECK_INT("one of them asked", all, 1);
	end();
}

TESTS(external_sweepers,
    { "a sweeper that dies before the bump", test_dies_before },
    { "a sweeper that dies before the delete", test_dies_between },
    { "one question for all", test_once })
