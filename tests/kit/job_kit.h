#ifndef BRISK_TEST_JOB_KIT_H
#define BRISK_TEST_JOB_KIT_H
/*
 * job_kit - the durable queue against the MariaDB of TEST_DB_SOCKET, with the
 * tables of migrations/core and a clock that the test sets.
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

static inline void
set_clock(int64_t ms)
{
	now = ms;
	clock_set_ms(now);
}

/* --- kinds ---------------------------------------------------------------------- */

static inline enum db_err
effect(struct store *st, void *arg)
{
	const struct job	*j = arg;
	const struct ref	*r = j->input;
	const struct val	 v = VAL_OF_INT(r->n);

	return db_exec(st->db, STR("INSERT INTO effects (n) VALUES (?)"), &v, 1, NULL);
}

static inline enum job_outcome
do_plant(struct job *j)
{
	return job_outcome_of(j, job_write(j, NULL, 0, effect, j));
}

static inline enum job_outcome
do_fail(struct job *j)
{
	return job_fail(j, JOB_RETRY, "attempt %d \xc3\xa4", j->attempt);
}

static inline enum job_outcome
do_refuse(struct job *j)
{
	return job_fail(j, JOB_DEAD, "never");
}

static inline enum job_outcome
do_nothing(struct job *j)
{
	(void)j;
	return JOB_DONE;
}

static inline void
wait_for(sem_t *s)
{
	struct timespec	 until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 10;
	CHECK_INT("within reason", sem_timedwait(s, &until), 0);
}

/* The first to try waits in the middle of its work, until another has done it. */
static inline enum job_outcome
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

static inline enum job_outcome
do_crash(struct job *j)
{
	(void)j;
	raise(SIGKILL);
	return JOB_DONE;
}

/* It is told to end, with others claimed and not begun. */
static inline enum job_outcome
do_end(struct job *j)
{
	atomic_store(&ending, true);
	return do_plant(j);
}

static inline enum job_outcome
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

static inline bool
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

static inline void
worker_close(struct worker *w)
{
	job_close(&w->q);
	db_close(w->store.db);
	arena_free(&w->arena);
}

/* One database for all, emptied for each. */
static inline void
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

static inline void
end(void)
{
	worker_close(&me);
	clock_set_ms(0);
}

struct adding {
	struct job_spec	 what;
	enum db_err	 end;
};

static inline enum db_err
add_run(struct store *st, void *arg)
{
	const struct adding	*a = arg;
	enum db_err		 err = job_add(st, &a->what);

	return err != DB_OK ? err : a->end;
}

static inline enum db_err
add(const char *kind, int64_t n, int64_t run_at, const char *dedupe)
{
	struct ref	 r = { n };
	struct adding	 a = { { .queue = QUEUE, .kind = kind, .schema = &ref,
			    .payload = &r, .run_at = { run_at, run_at != 0 },
			    .dedupe = str_of(dedupe) }, DB_OK };

	return store_write(&me.store, NULL, 0, add_run, &a);
}

static inline size_t
turn(struct worker *w)
{
	size_t	 n = 0;

	w->q.reap_us = 0;
	CHECK_INT("turn", job_run_due(&w->q, &never, &n), DB_OK);
	return n;
}

/* Until there is nothing more to do. */
static inline size_t
drain(struct worker *w)
{
	size_t	 n = 1, all = 0;

	while (n > 0 && all < 1000)
		all += n = turn(w);
	return all;
}

/* "done:2,ready:1" */
static inline const char *
states(void)
{
	return sql_all("SELECT CONCAT(state, ':', COUNT(*)) FROM jobs GROUP BY state "
	    "ORDER BY state");
}

static inline const char *
effects(void)
{
	return sql_all("SELECT n FROM effects ORDER BY n");
}

#endif
