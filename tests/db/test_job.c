/*
 * job: the durable queue against the MariaDB of TEST_DB_SOCKET, with the tables
 * of migrations/core, and a clock that is set.
 */
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "crypto/crypto.h"
#include "job/job.h"
#include "job/worker.h"
#include "serve.h"

#define QUEUE	"plants"

struct ref {
	int64_t		 n;
};

static const struct schema ref = SCHEMA("Ref", struct ref,
	FIELD_INT(struct ref, n, .min = 1, .doc = "Which"));

/* One who works: connection, memory, queue. */
struct worker {
	struct store		 store;
	struct arena		 arena;
	struct job_queue	 q;
};

static struct db_conf	 conf;
static struct worker	 me;
static atomic_bool	 never, ending;
static int64_t		 now;
static sem_t		 begun, go_on;
static atomic_int	 lost;

static void
set_clock(int64_t ms)
{
	now = ms;
	clock_set_ms(now);
}

/* --- kinds ---------------------------------------------------------------------- */

static enum db_err
effect(struct store *st, void *arg)
{
	const struct job	*j = arg;
	const struct ref	*r = j->input;
	const struct val	 v = VAL_OF_INT(r->n);

	return db_exec(st->db, STR("INSERT INTO effects (n) VALUES (?)"), &v, 1, NULL);
}

static enum job_outcome
do_plant(struct job *j)
{
	return job_outcome_of(j, job_write(j, NULL, 0, effect, j));
}

static enum job_outcome
do_fail(struct job *j)
{
	return job_fail(j, JOB_RETRY, "attempt %d \xc3\xa4", j->attempt);
}

static enum job_outcome
do_refuse(struct job *j)
{
	return job_fail(j, JOB_DEAD, "never");
}

static enum job_outcome
do_nothing(struct job *j)
{
	(void)j;
	return JOB_DONE;
}

static void
wait_for(sem_t *s)
{
	struct timespec	 until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 10;
	CHECK_INT("within reason", sem_timedwait(s, &until), 0);
}

/* The first to try waits in the middle of its work, until another has done it. */
static enum job_outcome
do_slow(struct job *j)
{
	enum job_outcome	 end;

	if (j->attempt == 1) {
		sem_post(&begun);
		wait_for(&go_on);
	}
	end = do_plant(j);
	lost += j->lease_lost;
	return end;
}

static enum job_outcome
do_crash(struct job *j)
{
	(void)j;
	raise(SIGKILL);
	return JOB_DONE;
}

/* It is told to end, with others claimed and not begun. */
static enum job_outcome
do_end(struct job *j)
{
	atomic_store(&ending, true);
	return do_plant(j);
}

static enum job_outcome
do_long(struct job *j)
{
	nanosleep(&(struct timespec){ 0, 600000000 }, NULL);
	return do_plant(j);
}

static const struct job_kind kinds[] = {
	{ "slow", &ref, do_slow, .lease_s = 1, .doc = "Is overtaken" },
	{ "crash", &ref, do_crash, .doc = "Ends its process" },
	{ "end", &ref, do_end, .doc = "Is the last" },
	{ "long", &ref, do_long, .doc = "Takes long" },
	{ "plant", &ref, do_plant, .doc = "Has an effect" },
	{ "fail", &ref, do_fail, .doc = "Fails" },
	{ "twice", &ref, do_fail, .attempts = 2, .doc = "Fails twice" },
	{ "refuse", &ref, do_refuse, .doc = "Can never be done" },
	{ "daily", NULL, do_nothing, .every_s = 86400, .doc = "Comes again" },
	{ NULL, NULL, NULL, .doc = NULL },
};

/* --- kit ------------------------------------------------------------------------ */

static bool
worker_open(struct worker *w)
{
	*w = (struct worker){ .q = { .name = QUEUE, .kinds = kinds,
	    .conf = &serve.conf } };
	if (!arena_init(&w->arena, (size_t)4 << 20) || !job_open(&w->q) ||
	    (w->store.db = db_open(&conf)) == NULL)
		return false;
	w->store.arena = &w->arena;
	w->q.store = &w->store;
	return true;
}

static void
worker_close(struct worker *w)
{
	job_close(&w->q);
	db_close(w->store.db);
	arena_free(&w->arena);
}

/* One database for all, emptied for each. */
static void
begin(void)
{
	if (serve.name[0] == '\0') {
		serve_begin("job", "ops:read");
		sql("CREATE TABLE effects (n INT NOT NULL)");
		conf = serve.root;
		conf.statement_ms = 2000;
	}
	sql("DELETE FROM jobs; DELETE FROM dead_letters; DELETE FROM effects");
	sem_init(&begun, 0, 0);
	sem_init(&go_on, 0, 0);
	atomic_store(&ending, false);
	lost = 0;
	set_clock(clock_now_ms() / 1000 * 1000);
	CHECK("a worker", worker_open(&me));
}

static void
end(void)
{
	worker_close(&me);
	clock_set_ms(0);
}

struct adding {
	struct job_spec	 what;
	enum db_err	 end;
};

static enum db_err
add_run(struct store *st, void *arg)
{
	const struct adding	*a = arg;
	enum db_err		 err = job_add(st, &a->what);

	return err != DB_OK ? err : a->end;
}

static enum db_err
add(const char *kind, int64_t n, int64_t run_at, const char *dedupe)
{
	struct ref	 r = { n };
	struct adding	 a = { { .queue = QUEUE, .kind = kind, .schema = &ref,
			    .payload = &r, .run_at = { run_at, run_at != 0 },
			    .dedupe = str_of(dedupe) }, DB_OK };

	return store_write(&me.store, NULL, 0, add_run, &a);
}

static size_t
turn(struct worker *w)
{
	size_t	 n = 0;

	w->q.reap_us = 0;
	CHECK_INT("turn", job_run_due(&w->q, &never, &n), DB_OK);
	return n;
}

/* Until there is nothing more to do. */
static size_t
drain(struct worker *w)
{
	size_t	 n = 1, all = 0;

	while (n > 0 && all < 1000)
		all += n = turn(w);
	return all;
}

/* "done:2,ready:1" */
static const char *
states(void)
{
	return sql_all("SELECT CONCAT(state, ':', COUNT(*)) FROM jobs GROUP BY state "
	    "ORDER BY state");
}

static const char *
effects(void)
{
	return sql_all("SELECT n FROM effects ORDER BY n");
}

/* --- cases ---------------------------------------------------------------------- */

static void
test_done(void)
{
	begin();
	CHECK_INT("nothing to do", drain(&me), 0);
	for (int i = 1; i <= 25; i++)
		CHECK_INT("queued", add("plant", i, 0, NULL), DB_OK);
	CHECK_INT("done", drain(&me), 25);
	CHECK_TEXT("all of them", states(), "done:25");
	CHECK_TEXT("each once", sql_one("SELECT CONCAT(COUNT(*), ' ', "
	    "COUNT(DISTINCT n)) FROM effects"), "25 25");
	CHECK_TEXT("no lease is left", sql_one("SELECT COUNT(*) FROM jobs WHERE "
	    "lease_token IS NOT NULL"), "0");
	CHECK_TEXT("begun once", sql_one("SELECT MAX(attempts) FROM jobs"), "1");
	end();
}

static void
test_later(void)
{
	int64_t	 at;

	begin();
	CHECK_INT("nothing", job_next_due(&me.q, &at), DB_OK);
	CHECK("is due", at == INT64_MAX);
	CHECK_INT("queued", add("plant", 1, now + 60000, NULL), DB_OK);
	CHECK_INT("not yet", drain(&me), 0);
	CHECK_INT("known", job_next_due(&me.q, &at), DB_OK);
	CHECK_INT("when", at, now + 60000);
	set_clock(now + 59999);
	CHECK_INT("still not", drain(&me), 0);
	set_clock(now + 1);
	CHECK_INT("now", drain(&me), 1);
	CHECK_TEXT("its effect", effects(), "1");
	end();
}

static void
test_dedupe(void)
{
	begin();
	CHECK_INT("first", add("plant", 1, 0, "one"), DB_OK);
	CHECK_INT("again", add("plant", 2, 0, "one"), DB_OK);
	CHECK_INT("another", add("plant", 3, 0, "other"), DB_OK);
	CHECK_INT("two of them", drain(&me), 2);
	CHECK_TEXT("the first", effects(), "1,3");
	CHECK_INT("once it is done", add("plant", 4, 0, "one"), DB_OK);
	CHECK_INT("anew", drain(&me), 1);
	CHECK_TEXT("its effect", effects(), "1,3,4");
	end();
}

static void
test_failure(void)
{
	int64_t		 at;
	int		 i;

	begin();
	CHECK_INT("queued", add("fail", 1, 0, "k"), DB_OK);
	for (i = 1; i <= 8; i++) {
		CHECK_INT("tried", turn(&me), 1);
		CHECK_INT("not at once", turn(&me), 0);
		CHECK_INT("asked", job_next_due(&me.q, &at), DB_OK);
		CHECK("within its pause", i == 8 || (at >= now &&
		    at <= now + (1000 << i)));
		CHECK_TEXT("told", sql_one("SELECT last_error FROM jobs"),
		    text("attempt %d ä", i));
		set_clock(now + 300000);
	}
	CHECK("no more", at == INT64_MAX);
	CHECK_TEXT("dead", states(), "dead:1");
	CHECK_TEXT("one letter", sql_one("SELECT CONCAT(COUNT(*), ' ', MAX(attempts), "
	    "' ', MAX(last_error), ' ', MAX(queue), ' ', MAX(kind), ' ', MAX(payload)) "
	    "FROM dead_letters"), "1 8 attempt 8 ä plants fail {\"n\":1}");
	CHECK_TEXT("since the first", sql_one("SELECT CAST(ROUND(UNIX_TIMESTAMP("
	    "first_failed_at) * 1000) AS CHAR) FROM dead_letters"),
	    text("%lld", (long long)(now - 8 * 300000)));
	CHECK_INT("its key is free", add("plant", 2, 0, "k"), DB_OK);
	CHECK_INT("again", drain(&me), 1);
	end();
}

static void
test_never(void)
{
	begin();
	CHECK_INT("queued", add("refuse", 1, 0, NULL), DB_OK);
	CHECK_INT("queued", add("twice", 2, 0, NULL), DB_OK);
	sql("INSERT INTO jobs (queue, kind, payload, run_at) VALUES "
	    "('plants', 'plant', '{\"n\":0}', '2020-01-01'),"
	    "('plants', 'plant', '{\"m\":1}', '2020-01-01'),"
	    "('plants', 'plant', '{\"n\":1,\"m\":1}', '2020-01-01'),"
	    "('plants', 'plant', '[]', '2020-01-01')");
	CHECK_INT("each tried", drain(&me), 6);
	CHECK_TEXT("dead at once", states(), "dead:5,ready:1");
	set_clock(now + 300000);
	CHECK_INT("again", drain(&me), 1);
	CHECK_TEXT("its kind has two attempts", states(), "dead:6");
	CHECK_TEXT("why", sql_one("SELECT GROUP_CONCAT(DISTINCT last_error ORDER BY "
	    "last_error) FROM dead_letters"),
	    "attempt 2 ä,never,the payload does not fit Ref");
	CHECK_TEXT("no effect", effects(), "");
	end();
}

/* A build that does not know a kind leaves it, for a day. */
static void
test_unknown(void)
{
	begin();
	CHECK_INT("queued", add("newer", 1, 0, NULL), DB_OK);
	for (int i = 0; i < 20; i++) {
		CHECK_INT("looked at", turn(&me), 1);
		CHECK_INT("left", turn(&me), 0);
		set_clock(now + 60000);
	}
	CHECK_TEXT("it is no attempt", sql_one("SELECT attempts FROM jobs"), "0");
	sql("UPDATE jobs SET kind = 'plant'");
	CHECK_INT("the build that does", drain(&me), 1);
	CHECK_TEXT("does it", states(), "done:1");
	CHECK_INT("queued", add("older", 1, 0, NULL), DB_OK);
	CHECK_INT("looked at", turn(&me), 1);
	set_clock(now + 86400000);
	CHECK_INT("a day later", turn(&me), 1);
	CHECK_TEXT("it is given up", states(), "dead:1,done:1");
	end();
}

static void
test_rolled_back(void)
{
	struct ref	 r = { 1 };
	struct adding	 a = { { .queue = QUEUE, .kind = "plant", .schema = &ref,
			    .payload = &r }, DB_ABORT };

	begin();
	CHECK_INT("a write that gives up", store_write(&me.store, NULL, 0, add_run, &a),
	    DB_ABORT);
	CHECK_INT("queues nothing", drain(&me), 0);
	end();
}

static void
test_recurring(void)
{
	int64_t	 at;

	begin();
	CHECK_INT("seeded", job_queue_recurring(&me.q), DB_OK);
	CHECK_INT("by each worker", job_queue_recurring(&me.q), DB_OK);
	CHECK_TEXT("once", states(), "ready:1");
	CHECK_INT("done", drain(&me), 1);
	CHECK_TEXT("it comes again", states(), "ready:1");
	CHECK_INT("asked", job_next_due(&me.q, &at), DB_OK);
	CHECK_INT("a day later", at, now + 86400000);
	CHECK_INT("seeded again", job_queue_recurring(&me.q), DB_OK);
	CHECK_INT("not before", drain(&me), 0);
	set_clock(at);
	CHECK_INT("but then", drain(&me), 1);
	CHECK_TEXT("as if it were new", sql_one("SELECT CONCAT(COUNT(*), ' ', "
	    "SUM(attempts)) FROM jobs"), "1 0");
	end();
}

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

/* A letter is queued anew once. */
struct again {
	struct uuid	 letter;
	int64_t		 id;
};

static enum db_err
again_run(struct store *st, void *arg)
{
	struct again	*a = arg;

	return job_requeue(st, a->letter, &a->id);
}

static void
test_retry(void)
{
	struct again	 a = { .id = 0 };

	begin();
	CHECK_INT("queued", add("refuse", 5, 0, NULL), DB_OK);
	CHECK_INT("refused", drain(&me), 1);
	CHECK_INT("no such letter", store_write(&me.store, NULL, 0, again_run, &a), DB_NOT_FOUND);
	CHECK("its id", uuid_parse(str_of(sql_one("SELECT LOWER(CONCAT_WS('-', "
	    "HEX(SUBSTR(id, 1, 4)), HEX(SUBSTR(id, 5, 2)), HEX(SUBSTR(id, 7, 2)), "
	    "HEX(SUBSTR(id, 9, 2)), HEX(SUBSTR(id, 11)))) FROM dead_letters")), &a.letter));
	sql("UPDATE dead_letters SET kind = 'plant'");
	CHECK_INT("again", store_write(&me.store, NULL, 0, again_run, &a), DB_OK);
	CHECK_TEXT("as another job", text("%lld", (long long)a.id),
	    sql_one("SELECT MAX(id) FROM jobs WHERE state = 'ready'"));
	CHECK_INT("once", store_write(&me.store, NULL, 0, again_run, &a), DB_ABORT);
	CHECK_INT("it is done", drain(&me), 1);
	CHECK_TEXT("with what it was given", effects(), "5");
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

TESTS(job,
    { "what is queued is done once", test_done },
    { "not before it is due", test_later },
    { "one that is queued already", test_dedupe },
    { "failures, and their end", test_failure },
    { "what can never be done", test_never },
    { "a kind that this build does not know", test_unknown },
    { "queued by a write that is taken back", test_rolled_back },
    { "a kind that comes again", test_recurring },
    { "two who have the same job", test_fencing },
    { "one that ends its worker", test_poison },
    { "the end of a worker", test_ending },
    { "one that takes long", test_patience },
    { "one that was begun before", test_alone },
    { "what others have locked", test_skip },
    { "a dead letter that is queued anew", test_retry },
    { "the index of a claim", test_index },
    { "nothing is left", test_all_over })
