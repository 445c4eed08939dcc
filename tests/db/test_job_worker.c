/*
 * job: how workers claim jobs: leases, locks of others, workers that die or end.
 */
#include "job_kit.h"

static void *
work_slowly(void *arg)
{
	(void)turn(arg);
	return NULL;
}

/* Two have the same job: only the one with the lease has an effect. */
static void
test_fencing(void)
{
	struct worker	 other;
	pthread_t	 t;

	begin();
	CHECK("another", worker_open(&other));
	CHECK_INT("queued", add("slow", 1, 0, NULL), DB_OK);
	CHECK_INT("begun", pthread_create(&t, NULL, work_slowly, &other), 0);
	wait_for(&begun);
	CHECK_INT("nobody else's", turn(&me), 0);
	set_clock(now + 999);
	CHECK_INT("as long as the lease holds", turn(&me), 0);
	set_clock(now + 2);
	CHECK_INT("then it is", turn(&me), 1);
	CHECK_TEXT("done", states(), "done:1");
	sem_post(&go_on);
	pthread_join(t, NULL);
	CHECK_TEXT("its effect is there once", effects(), "1");
	CHECK_INT("one lost its lease", lost, 1);
	CHECK_TEXT("it stays as it is", states(), "done:1");
	CHECK_INT("nothing is left to do", drain(&me), 0);
	worker_close(&other);
	end();
}

/* A process that works on what is due, and may die of it; how it ended. */
static int
turn_apart(void)
{
	struct worker	 w;
	pid_t		 pid = fork();
	int		 status = 0;
	size_t		 n;

	if (pid == 0) {
		if (!worker_open(&w))
			_exit(1);
		while (job_run_due(&w.q, &never, &n) == DB_OK && n > 0)
			;
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

static void
test_poison(void)
{
	begin();
	for (int i = 1; i <= 30; i++)
		CHECK_INT("queued", add(i == 7 ? "crash" : "plant", i, 0, NULL), DB_OK);
	for (int i = 1; i <= 8; i++) {
		CHECK_INT("it ends its worker", turn_apart(), SIGKILL);
		CHECK_TEXT("each time counts", sql_one("SELECT attempts FROM jobs "
		    "WHERE kind = 'crash'"), text("%d", i));
		set_clock(now + JOB_LEASE_S * 1000 + 1);
	}
	CHECK_INT("the ninth is none", turn_apart(), 0);
	CHECK_TEXT("the others are done", states(), "dead:1,done:29");
	CHECK_TEXT("each once", sql_one("SELECT CONCAT(COUNT(*), ' ', "
	    "COUNT(DISTINCT n)) FROM effects"), "29 29");
	CHECK_TEXT("no other lost more than one attempt", sql_one("SELECT "
	    "MAX(attempts) <= 2 FROM jobs WHERE kind = 'plant'"), "1");
	CHECK_TEXT("one letter", sql_one("SELECT CONCAT(COUNT(*), ' ', MAX(kind), ' ', "
	    "MAX(attempts), ' ', MAX(last_error)) FROM dead_letters"),
	    "1 crash 8 the worker died while the job ran");
	end();
}

static void
test_ending(void)
{
	size_t	 n;

	begin();
	for (int i = 1; i <= 10; i++)
		CHECK_INT("queued", add(i == 3 ? "end" : "plant", i, 0, NULL), DB_OK);
	me.q.average_us = 1;
	CHECK_INT("told to end", job_run_due(&me.q, &ending, &n), DB_OK);
	CHECK_INT("with ten", n, 10);
	CHECK_TEXT("what was begun is done, the rest handed back", states(),
	    "done:3,ready:7");
	CHECK_TEXT("as if it had not been claimed", sql_one("SELECT CONCAT(MAX(attempts), "
	    "' ', COUNT(lease_token)) FROM jobs WHERE state = 'ready'"), "0 0");
	CHECK_INT("others do it", drain(&me), 7);
	end();
}

/* No job waits behind a slow one that another could do meanwhile. */
static void
test_patience(void)
{
	size_t	 n;

	begin();
	CHECK_INT("queued", add("long", 1, 0, NULL), DB_OK);
	CHECK_INT("queued", add("plant", 2, 0, NULL), DB_OK);
	me.q.average_us = 1;
	CHECK_INT("both are claimed", job_run_due(&me.q, &never, &n), DB_OK);
	CHECK_INT("as they look brief", n, 2);
	CHECK_TEXT("one was handed back", states(), "done:1,ready:1");
	CHECK("it is known now that they take long", me.q.average_us > 30000);
	end();
}

/* One that ended its worker takes no other with it the next time. */
static void
test_alone(void)
{
	static const size_t	 want[] = { 2, 1, 2, 0 };
	size_t			 n;

	begin();
	for (int i = 1; i <= 5; i++)
		CHECK_INT("queued", add("plant", i, 0, NULL), DB_OK);
	sql("UPDATE jobs SET attempts = 1 ORDER BY id LIMIT 3;"
	    "UPDATE jobs SET attempts = 0 ORDER BY id LIMIT 2");
	for (size_t i = 0; i < NELEMS(want); i++) {
		me.q.average_us = 1;
		CHECK_INT("turn", job_run_due(&me.q, &never, &n), DB_OK);
		CHECK_INT("claimed together", n, want[i]);
	}
	end();
}

/* Others' locks are passed over, not waited for. */
static void
test_skip(void)
{
	begin();
	CHECK_INT("queued", add("plant", 1, 0, NULL), DB_OK);
	CHECK_INT("queued", add("plant", 2, 0, NULL), DB_OK);
	sql("START TRANSACTION; SELECT id FROM jobs ORDER BY id LIMIT 1 FOR UPDATE");
	CHECK_INT("the other one", turn(&me), 1);
	CHECK_TEXT("is done", effects(), "2");
	sql("COMMIT");
	CHECK_INT("then the first", turn(&me), 1);
	end();
}

/* The index serves WHERE and ORDER BY together. */
static bool
sorts(const char *claim)
{
	struct db_rows	 rows;
	bool		 found = false;

	CHECK_INT("explained", db_query(serve.db, &serve.arena,
	    str_of(text("EXPLAIN %s", claim)), NULL, 0, &rows), DB_OK);
	for (size_t i = 0; i < rows.n * rows.columns; i++)
		found |= rows.v[i].kind == VAL_TEXT && memmem(rows.v[i].s.p,
		    rows.v[i].s.n, "filesort", 8) != NULL;
	return found;
}

/* The statement with values in place of its marks. */
static char *
filled(const char *claim, const char *const *values)
{
	char	*out = text("%s", "");

	for (; *claim != '\0'; claim++)
		out = *claim == '?' ? text("%s%s", out, *values++) :
		    text("%s%c", out, *claim);
	return out;
}

static void
test_index(void)
{
	static const char *const	 values[] = { "'plants'", "'2030-01-01'", "10" };
	const char			*claim = job_run_queries[0].sql;
	char				*other, *order;

	begin();
	sql("INSERT INTO jobs (queue, kind, payload) SELECT 'plants', 'plant', "
	    "'{\"n\":1}' FROM seq_1_to_2000; ANALYZE TABLE jobs");
	claim = filled(claim, values);
	CHECK("the claim does not sort", !sorts(claim));
	order = strstr(claim, "ORDER BY run_at, id");
	CHECK("it has an order", order != NULL);
	if (order == NULL)
		return;
	other = text("%.*sORDER BY created_at, id%s", (int)(order - claim), claim,
	    order + strlen("ORDER BY run_at, id"));
	CHECK("one of another order would", sorts(other));
	end();
}

static void
test_all_over(void)
{
	serve_end();
}

TESTS(job_worker,
    { "two who have the same job", test_fencing },
    { "one that ends its worker", test_poison },
    { "the end of a worker", test_ending },
    { "one that takes long", test_patience },
    { "one that was begun before", test_alone },
    { "what others have locked", test_skip },
    { "the index of a claim", test_index },
    { "nothing is left", test_all_over })
