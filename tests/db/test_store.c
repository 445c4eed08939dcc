/* store: reads and writes through the database and the cache. */
#include "store_kit.h"

static enum db_err
add(struct store *s, void *arg)
{
	enum db_err	*end_with = arg;
	enum db_err	 err = db_exec(s->db, STR("INSERT INTO numbers VALUES (2)"),
			    NULL, 0, NULL);

	return err != DB_OK ? err : *end_with;
}

struct number { int64_t n; };

static const struct schema number = SCHEMA("Number", struct number,
	FIELD_INT(struct number, n, .min = 0, .max = 1000, .doc = "N"));
static const struct query insert_numbers = {
	"INSERT INTO numbers (n) VALUES (?)", .in = &number };
static const struct query sum_numbers = {
	"SELECT CAST(SUM(n) AS SIGNED) FROM numbers", .out = &number };

/* As many rows as were given, whatever statements they are put into. */
static void
test_many(void)
{
	static const size_t	 counts[] = { 0, 1, 2, 3, 64, 65, 200 };
	struct number		 rows[200], sum;
	int64_t			 want = 1;

	begin();
	for (size_t i = 0; i < NELEMS(rows); i++)
		rows[i].n = (int64_t)i + 1;
	for (size_t i = 0; i < NELEMS(counts); i++) {
		int64_t	 n = (int64_t)counts[i];

		CHECK_INT("inserted", query_insert(&st, &insert_numbers, rows,
		    counts[i]), DB_OK);
		want += n * (n + 1) / 2;
		CHECK_INT("asked", query_one(&st, &sum_numbers, NULL, &sum), DB_OK);
		CHECK_INT("each once", sum.n, want);
	}
	end();
}

/* What a transaction finds out that it changes. */
static enum db_err
find_out(struct store *s, void *arg)
{
	for (size_t i = 0; i < 2 * GENERATION_TAGS; i++)
		store_invalidate(s, tag[0]);
	return add(s, arg);
}

static void
test_found_out(void)
{
	const struct str	 other[] = { STR("others") };
	struct store_answer		 a;
	enum db_err		 ok = DB_OK, stop = DB_ABORT;

	begin();
	keep("k", "body", 60);
	CHECK_INT("not done", store_write(&st, other, 1, find_out, &stop), DB_ABORT);
	CHECK_INT("nor said by the next", store_write(&st, other, 1, add, &ok), DB_OK);
	CHECK_INT("so it is true", find("k", &a), CACHE_LOCAL);
	CHECK_INT("done", store_write(&st, other, 1, find_out, &ok), DB_OK);
	CHECK_INT("and stale", find("k", &a), CACHE_MISS);
	end();
}

/* One level of nested writes: a row, then the next level, then a result. */
struct level {
	struct level	*inner;		/* NULL: the innermost */
	const char	*tag;
	enum db_err	 result;
	bool		 ignores;	/* whatever the inner level returned */
	int		 runs;
};

static enum db_err
run_level(struct store *s, void *arg)
{
	struct level		*l = arg;
	const struct number	 one = { 1 };
	struct str		 inner_tag;
	enum db_err		 err = query_insert(s, &insert_numbers, &one, 1);

	l->runs++;
	if (err == DB_OK && l->inner != NULL) {
		inner_tag = str_of(l->inner->tag);
		err = store_write(s, &inner_tag, 1, run_level, l->inner);
	}
	return err != DB_OK && !l->ignores ? err : l->result;
}

static void
test_nested(void)
{
	static const struct {
		const char	*label;
		enum db_err	 results[3];	/* outermost first */
		bool		 ignore;
		enum db_err	 want;
		int64_t		 rows;
		bool		 stale;		/* answers with the innermost tag */
	} cases[] = {
		{ "three levels", { DB_OK, DB_OK, DB_OK }, false, DB_OK, 3, true },
		{ "inner rolled back", { DB_OK, DB_OK, DB_ABORT }, true, DB_OK, 2, false },
		{ "middle rolled back", { DB_OK, DB_ABORT, DB_OK }, true, DB_OK, 1, false },
		{ "outer rolled back", { DB_ABORT, DB_OK, DB_OK }, false, DB_ABORT, 0, false },
		{ "inner must retry", { DB_OK, DB_OK, DB_RETRY }, true, DB_RETRY, 0, false },
		{ "unless rolled back", { DB_ABORT, DB_OK, DB_RETRY }, true, DB_ABORT, 0, false },
	};
	struct store_answer	 a;
	struct number		 before, after;

	begin();
	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct level	 inner = { NULL, "numbers", cases[i].results[2], false, 0 };
		struct level	 middle = { &inner, "middle", cases[i].results[1],
				    cases[i].ignore, 0 };
		struct level	 outer = { &middle, "outer", cases[i].results[0],
				    cases[i].ignore, 0 };
		int		 runs = cases[i].want == DB_RETRY ? STORE_ATTEMPTS : 1;

		keep("k", "body", 60);
		CHECK_INT("before", query_one(&st, &sum_numbers, NULL, &before), DB_OK);
		CHECK_INT(cases[i].label, store_write(&st, NULL, 0, run_level, &outer),
		    cases[i].want);
		CHECK_INT("after", query_one(&st, &sum_numbers, NULL, &after), DB_OK);
		CHECK_INT(cases[i].label, after.n - before.n, cases[i].rows);
		CHECK_INT(cases[i].label, inner.runs, runs);
		CHECK_INT(cases[i].label, find("k", &a),
		    cases[i].stale ? CACHE_MISS : CACHE_LOCAL);
	}
	end();
}

static void
test_answers(void)
{
	struct store_answer	 a;
	enum db_err	 ok = DB_OK, stop = DB_ABORT;

	begin();
	keep("k", "body", 60);
	CHECK_INT("kept", find("k", &a), CACHE_LOCAL);
	CHECK_STR("as it was", a.body, "body");
	CHECK_STR("with its tag", a.etag, "\"e\"");
	CHECK_STR("and without what it lacks", a.link, NULL);
	CHECK_INT("another key", find("K", &a), CACHE_MISS);
	CHECK_INT("a write that does not happen", store_write(&st, tag, 1, add, &stop), DB_ABORT);
	CHECK_INT("leaves it", find("k", &a), CACHE_LOCAL);
	CHECK_INT("a write", store_write(&st, tag, 1, add, &ok), DB_OK);
	CHECK_INT("does not", find("k", &a), CACHE_MISS);
	keep("k", "new", 60);
	CHECK_INT("kept anew", find("k", &a), CACHE_LOCAL);
	CHECK_INT("a write of something else",
	    store_write(&st, (const struct str[]){ STR("others") }, 1, add, &ok), DB_OK);
	CHECK_INT("leaves it", find("k", &a), CACHE_LOCAL);
	store_invalidate_now(&st, tag, 1);
	CHECK_INT("a replayed write does not", find("k", &a), CACHE_MISS);
	keep("brief", "b", 1);
	CHECK_INT("until its end", find("brief", &a), CACHE_LOCAL);
	nanosleep(&(struct timespec){ 1, 100000000 }, NULL);
	CHECK_INT("not after", find("brief", &a), CACHE_MISS);
	end();
}

/* What was read before a write was acknowledged is not kept after it. */
static void
test_late_fill(void)
{
	struct store_lookup	 l = looked("k");
	struct store_answer	 a;
	enum db_err	 ok = DB_OK;

	begin();
	CHECK_INT("a miss", store_get(&st, &l, &a), CACHE_MISS);
	CHECK_INT("a write meanwhile", store_write(&st, tag, 1, add, &ok), DB_OK);
	a = (struct store_answer){ .status = 200, .body = STR("old") };
	store_put(&st, &l, &a, 60);
	CHECK_INT("is not found", find("k", &a), CACHE_MISS);
	end();
}

static void
test_nothing_to_cache_with(void)
{
	struct lru	*l;
	struct generations	*g;
	struct store_answer	 a;

	begin();
	l = st.lru;
	st.lru = NULL;
	CHECK_INT("no cache", find("k", &a), CACHE_BYPASS);
	st.lru = l;
	g = st.generations;
	st.generations = NULL;
	CHECK_INT("no generations", find("k", &a), CACHE_BYPASS);
	st.generations = g;
	end();
}

/* The name of a connection, and its end as others see it. */
static void
test_ended(void)
{
	struct store	 other = { .lru = NULL };
	struct arena	 a;
	uint64_t	 writer;
	int		 i;

	begin();
	connect_store(&other, &a);
	CHECK_INT("begin", db_begin(other.db), DB_OK);
	writer = db_writer_id(other.db);
	CHECK("named", writer != 0);
	db_rollback(other.db);
	CHECK_INT("begin", db_begin(other.db), DB_OK);
	CHECK("the same", db_writer_id(other.db) == writer);
	CHECK("it is there", !db_writer_gone(st.db, writer));
	for (i = 0; i < 6000 && !db_writer_gone(st.db, writer); i++)
		nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
	CHECK("asked for, it ends", i < 6000);
	CHECK("of no such name there is none", db_writer_gone(st.db, 1));
	CHECK_INT("it is lost at commit, for certain gone",
	    db_commit(other.db), DB_OUTCOME_UNKNOWN);
	CHECK("seen gone", db_outcome_settled(other.db));
	CHECK_INT("another connection", db_begin(other.db), DB_OK);
	CHECK("another name", db_writer_id(other.db) != writer);
	CHECK("not inside a transaction", !db_writer_gone(other.db, 1));
	db_close(other.db);
	arena_free(&a);
	end();
}

static enum db_err
be_killed(struct store *s, void *arg)
{
	struct generation_write	*e;

	(void)arg;
	if (db_exec(s->db, STR("INSERT INTO numbers VALUES (3)"), NULL, 0, NULL) != DB_OK)
		_exit(1);
	e = generation_begin_write(s->generations, tag, 1, db_writer_id(s->db));
	kill(getpid(), SIGKILL);
	return e == NULL ? DB_BUG : DB_OK;
}

static void
run_writer(void)
{
	struct store	 s = { .generations = generation_open(path) };
	struct arena	 a;

	connect_store(&s, &a);
	(void)!store_write(&s, tag, 1, be_killed, NULL);
	_exit(1);
}

/* Its marks go with its connection, within two ticks. */
static void
test_death(void)
{
	struct store_answer	 a;
	int		 status, i;
	pid_t		 pid;

	begin();
	keep("k", "body", 60);
	if ((pid = fork()) == 0)
		run_writer();
	waitpid(pid, &status, 0);
	CHECK("killed", WIFSIGNALED(status));
	CHECK_INT("not served", find("k", &a), CACHE_MISS);
	keep("k", "body", 60);
	CHECK_INT("nor what is kept now", find("k", &a), CACHE_MISS);
	for (i = 0; i < 6000 && find("k", &a) != CACHE_LOCAL; i++) {
		CHECK("the file is ours", store_sweep_dead(&st));
		keep("k", "after", 60);
		nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
	}
	CHECK("settled", i > 0 && i < 6000);
	CHECK_STR("what was kept before it was settled is stale", a.body, "after");
	end();
}

TESTS(store,
    { "answers are kept until a write", test_answers },
    { "many rows at once", test_many },
    { "tags that a write finds out", test_found_out },
    { "nested writes", test_nested },
    { "a fill that a write overtakes", test_late_fill },
    { "nothing to cache with", test_nothing_to_cache_with },
    { "connections that write have names", test_ended },
    { "a writer that is killed", test_death })
