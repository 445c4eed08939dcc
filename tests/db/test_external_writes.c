#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include "base/clock.h"
#include "cache/external.h"
#include "cache/lru.h"
#include "cache/store_answer.h"
#include "db/db.h"
#include "generation_kit.h"
#include "base/log.h"
#include "cache/store.h"

/*
 * Notes of what others changed, swept before a cache is read: against the
 * MariaDB of TEST_DB_SOCKET, as root.  That triggers write such notes is shown
 * over HTTP, by tests/system/watch.sh.
 */

#define THREADS		8
#define SWEPT_AT	24		/* in the file: see external.c */

static struct db_conf	 conf = { .user = "root", .statement_ms = 1000 };
static char		 name[48], watch_path[240];
static struct arena	 arena;
static struct store	 st;
static struct db	*others;	/* who writes past us */

static void
sql(const char *text)
{
	enum db_err	 err = db_script(others, text);

	CHECK(err == DB_OK ? text : db_error_message(others), err == DB_OK);
}

static int64_t
notes(void)
{
	struct db_rows	 rows;

	CHECK("counted", db_query(others, &arena, STR("SELECT COUNT(*) FROM "
	    "cache_changes"), NULL, 0, &rows) == DB_OK && rows.n == 1);
	return rows.n == 1 ? rows.v[0].i : -1;
}

static void
connect_store(struct store *s, struct arena *a)
{
	if (!arena_init(a, (size_t)16 << 20))
		exit(2);
	s->arena = a;
	if ((s->db = db_open(&conf)) == NULL)
		exit(2);
}

/* The tables as the migration makes them. */
static void
make_tables(void)
{
	const char	*root = getenv("ROOT");
	char		 text[8192], file[512], *end;
	FILE		*f;
	size_t		 n;

	snprintf(file, sizeof(file), "%s/migrations/core/0003_cache_watch.sql",
	    root == NULL ? "." : root);
	f = fopen(file, "r");
	n = f == NULL ? 0 : fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	if (f != NULL)
		(void)fclose(f);
	end = strstr(text, "-- migrate:down");
	CHECK(file, end != NULL);
	if (end != NULL)
		*end = '\0';
	sql(text);
}

static void
begin(bool tables)
{
	char	 text[256];

	conf.socket = getenv("TEST_DB_SOCKET");
	if (conf.socket == NULL || !db_library_init()) {
		fprintf(stderr, "watch: TEST_DB_SOCKET is not set\n");
		exit(2);
	}
	log_init("test", (enum log_level)0);
	in_new_folder();
	snprintf(name, sizeof(name), "test_watch_%ld", (long)getpid());
	snprintf(watch_path, sizeof(watch_path), "%s/watch", dir);
	st = (struct store){ .generations = grown(), .lru = lru_open(1 << 20),
	    .external = external_open(watch_path), .external_us = 20000 };
	connect_store(&st, &arena);
	if ((others = db_open(&conf)) == NULL)
		exit(2);
	snprintf(text, sizeof(text), "CREATE OR REPLACE DATABASE %s; USE %s", name, name);
	sql(text);
	conf.name = name;
	if (tables) {
		make_tables();
		sql("INSERT INTO cache_watches (table_name, tag_name) VALUES "
		    "('numbers', 'numbers'), ('links', 'numbers')");
	}
}

static void
end(void)
{
	char	 text[256];

	snprintf(text, sizeof(text), "DROP DATABASE %s", name);
	sql(text);
	conf.name = NULL;
	db_close(st.db);
	db_close(others);
	lru_close(st.lru);
	external_close(st.external);
	generation_close(st.generations);
	arena_free(&arena);
	unlink(watch_path);
	snprintf(text, sizeof(text), "%s.lock", watch_path);
	unlink(text);
	leave();
}

/* The last sweep was so long ago. */
static void
swept(int64_t seconds)
{
	int64_t	 then = clock_mono_us() - seconds * 1000000;
	int	 fd = open(watch_path, O_RDWR);

	CHECK("time passes", pwrite(fd, &then, sizeof(then), SWEPT_AT) == sizeof(then));
	close(fd);
}

static void
later(void)
{
	swept(2);
}

/* However long it took to come here. */
static void
within_the_second(void)
{
	swept(0);
}

static enum cache_outcome
find_with(struct store *s, const char *tag)
{
	struct store_lookup		 l = { .key = str_of(tag), .tags = { str_of(tag) },
				    .ntags = 1 };
	struct store_answer		 a;
	enum cache_outcome	 o = store_get(s, &l, &a);

	if (o == CACHE_MISS)
		store_abandon(s, &l);
	return o;
}

static enum cache_outcome
find(const char *tag)
{
	return find_with(&st, tag);
}

/* An answer of that tag is kept from now on. */
static void
keep(const char *tag)
{
	struct store_lookup	 l = { .key = str_of(tag), .tags = { str_of(tag) }, .ntags = 1 };
	struct store_answer	 a;

	if (store_get(&st, &l, &a) == CACHE_MISS) {
		a = (struct store_answer){ .status = 200, .body = STR("x") };
		store_put(&st, &l, &a, 60);
	}
	CHECK_INT(tag, find(tag), CACHE_LOCAL);
}

static void
note(const char *tag, const char *key)
{
	char	 text[200];

	snprintf(text, sizeof(text), "INSERT INTO cache_changes (tag_name, row_key) "
	    "VALUES ('%s', %s)", tag, key);
	sql(text);
}

static void
test_bound(void)
{
	begin(true);
	keep("numbers");
	note("numbers", "'1'");
	within_the_second();
	CHECK_INT("within the second as it was", find("numbers"), CACHE_LOCAL);
	CHECK_INT("its note waits", notes(), 1);
	later();
	CHECK_INT("then it is stale", find("numbers"), CACHE_MISS);
	CHECK_INT("its note is gone", notes(), 0);
	keep("numbers");
	later();
	CHECK_INT("nothing new: still true", find("numbers"), CACHE_LOCAL);
	sql("START TRANSACTION; INSERT INTO cache_changes (tag_name) VALUES ('numbers'); "
	    "ROLLBACK");
	later();
	CHECK_INT("rolled back: still true", find("numbers"), CACHE_LOCAL);
	end();
}

static void
test_rows(void)
{
	begin(true);
	keep("numbers/1");
	keep("numbers/2");
	keep("numbers");
	keep("letters");
	note("numbers", "'1'");
	later();
	CHECK_INT("the row", find("numbers/1"), CACHE_MISS);
	CHECK_INT("lists", find("numbers"), CACHE_MISS);
	CHECK_INT("another row", find("numbers/2"), CACHE_LOCAL);
	CHECK_INT("another table", find("letters"), CACHE_LOCAL);
	note("numbers", "NULL");
	later();
	CHECK_INT("any row", find("numbers/2"), CACHE_MISS);
	end();
}

static void
test_unwatched(void)
{
	begin(true);
	keep("letters");
	later();
	db_counts_reset(st.db);
	CHECK_INT("not watched", find("letters"), CACHE_LOCAL);
	CHECK_INT("nothing is asked for it", db_counts(st.db).statements, 0);
	sql("DELETE FROM cache_watches");
	external_forget_tables(st.external);
	CHECK_INT("the list is read again", find("letters"), CACHE_LOCAL);
	CHECK("and is known", external_tables_known(st.external) && !external_any(st.external));
	later();
	db_counts_reset(st.db);
	keep("numbers");
	CHECK_INT("nobody watches: nothing is asked", db_counts(st.db).statements, 0);
	sql("INSERT INTO cache_watches (table_name, tag_name) VALUES "
	    "('numbers', 'numbers')");
	external_forget_tables(st.external);
	note("numbers", "NULL");
	CHECK_INT("watched from now on", find("numbers"), CACHE_MISS);
	end();
}

static void
test_no_tables(void)
{
	begin(false);
	keep("numbers");
	CHECK("none is watched", external_tables_known(st.external) && !external_any(st.external));
	later();
	db_counts_reset(st.db);
	CHECK_INT("kept", find("numbers"), CACHE_LOCAL);
	CHECK_INT("asked once", db_counts(st.db).statements, 0);
	end();
}

/* Numbers are given at INSERT, seen at COMMIT: not in that order. */
static void
test_late_commit(void)
{
	struct db	*slow;

	begin(true);
	slow = db_open(&conf);
	keep("numbers/1");
	keep("numbers/2");
	CHECK_INT("first number", db_begin(slow), DB_OK);
	CHECK_INT("noted", db_exec(slow, STR("INSERT INTO cache_changes (tag_name, "
	    "row_key) VALUES ('numbers', '1')"), NULL, 0, NULL), DB_OK);
	note("numbers", "'2'");
	later();
	CHECK_INT("second number, committed first", find("numbers/2"), CACHE_MISS);
	CHECK_INT("and swept", notes(), 0);
	CHECK_INT("the first is not yet true", find("numbers/1"), CACHE_LOCAL);
	CHECK_INT("committed", db_commit(slow), DB_OK);
	CHECK_INT("it is still there", notes(), 1);
	later();
	CHECK_INT("and is seen", find("numbers/1"), CACHE_MISS);
	db_close(slow);
	end();
}

static void
test_many(void)
{
	begin(true);
	keep("numbers/1");
	keep("numbers/2999");
	sql("INSERT INTO cache_changes (tag_name, row_key) SELECT 'numbers', seq "
	    "FROM seq_1_to_3000");
	later();
	CHECK_INT("the first of them", find("numbers/1"), CACHE_MISS);
	CHECK_INT("the last of them", find("numbers/2999"), CACHE_MISS);
	CHECK_INT("all are gone", notes(), 0);
	end();
}

static void
test_many_tables(void)
{
	begin(true);
	sql("INSERT INTO cache_watches (table_name, tag_name) SELECT "
	    "CONCAT('t', seq), CONCAT('t', seq) FROM seq_1_to_70");
	keep("letters");
	later();
	db_counts_reset(st.db);
	CHECK_INT("more than fit", find("letters"), CACHE_LOCAL);
	CHECK("count for all", db_counts(st.db).statements > 0);
	end();
}

static void
test_down(void)
{
	struct db_conf	 nowhere = conf;
	struct db	*there;

	begin(true);
	keep("numbers");
	keep("letters");
	there = st.db;
	nowhere.socket = "/nonexistent/db.sock";
	st.db = db_open(&nowhere);
	within_the_second();
	CHECK_INT("within the second", find("numbers"), CACHE_LOCAL);
	later();
	CHECK_INT("nobody can tell", find("numbers"), CACHE_BYPASS);
	CHECK_INT("not watched", find("letters"), CACHE_LOCAL);
	external_forget_tables(st.external);
	CHECK_INT("nobody knows what is watched", find("letters"), CACHE_BYPASS);
	db_close(st.db);
	st.db = there;
	CHECK_INT("back", find("numbers"), CACHE_LOCAL);
	end();
}

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

TESTS(external_writes,
    { "shown within a second", test_bound },
    { "only what was changed is stale", test_rows },
    { "what nobody watches costs nothing", test_unwatched },
    { "before the migration", test_no_tables },
    { "a transaction that commits late", test_late_commit },
    { "more notes than one look", test_many },
    { "more tables than fit", test_many_tables },
    { "the database is not there", test_down },
    { "a sweeper that dies before the bump", test_dies_before },
    { "a sweeper that dies before the delete", test_dies_between },
    { "one question for all", test_once })
