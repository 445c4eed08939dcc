/*
 * jobs - threads that work on the program's queue.
 *
 * An idle thread queries the database when the generation of its queue changes,
 * when the next job is due or a lease expires, and every SAFETY_MS.  Between
 * queries it releases its connection, as any idle thread does.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/db.h"
#include "job/worker.h"
#include "program/jobs.h"
#include "shm/pidfile.h"

#define POLL_TAG_MS	50	/* between two looks at the generation */
#define SAFETY_MS	15000	/* rows that were changed by hand change no generation */
#define POLL_MS		1000	/* without generations */
#define FAILED_MS	1000	/* after an error of the database */
#define MAX_THREADS	16

struct idle {
	struct str	 tag;
	struct generation_snapshot snapshot;	/* n 0: without generations */
	int64_t		 due_ms;	/* clock_now_ms(): the next job */
	int64_t		 until_us;	/* clock_mono_us(): wait no longer */
};

static atomic_bool	 ending;
static pthread_t	 threads[MAX_THREADS];
static size_t		 nthreads;

static bool
may_work(const struct program *p)
{
	return !atomic_load_explicit(&p->stopped, memory_order_relaxed);
}

/* Taken before a claim, so that no job is missed that is queued during it. */
static void
idle_snapshot(struct idle *i, struct generations *g)
{
	if (g == NULL || !generation_snapshot(g, &i->tag, 1, &i->snapshot))
		i->snapshot.n = 0;
}

/* Pending marks do not count: only committed jobs can be claimed. */
static bool
queue_changed(const struct idle *i, struct generations *g)
{
	struct generation_snapshot	 now;

	return i->snapshot.n > 0 && generation_snapshot(g, &i->tag, 1, &now) &&
	    memcmp(now.generation, i->snapshot.generation,
	    i->snapshot.n * sizeof(now.generation[0])) != 0;
}

static bool
idle_over(const struct idle *i, struct generations *g)
{
	return atomic_load(&ending) || clock_mono_us() >= i->until_us ||
	    clock_now_ms() >= i->due_ms || queue_changed(i, g);
}

static void
idle_wait(const struct idle *i, struct program_thread *t)
{
	while (!idle_over(i, t->store.generations)) {
		(void)program_thread_idle(t);
		nanosleep(&(struct timespec){ 0, POLL_TAG_MS * 1000000 }, NULL);
	}
}

static void
idle_begin(struct idle *i, int64_t at, int64_t max_ms)
{
	i->due_ms = at;
	i->until_us = clock_mono_us() + max_ms * 1000;
}

/* Returns false if no job was due, and sets when to look again. */
static bool
run_due_jobs(struct job_queue *q, struct idle *i)
{
	int64_t		 at = INT64_MAX;
	size_t		 n = 0;
	enum db_err	 err = job_run_due(q, &ending, &n);

	if (err == DB_OK && n > 0)
		return true;
	if (err == DB_OK)
		err = job_next_due(q, &at);
	idle_begin(i, at, err != DB_OK ? FAILED_MS : i->snapshot.n > 0 ? SAFETY_MS : POLL_MS);
	return false;
}

static void
work_until_end(struct program_thread *t, struct job_queue *q, struct str tag)
{
	struct idle	 i = { .tag = tag };
	bool		 seeded = false;

	while (!atomic_load(&ending)) {
		program_thread_tick(t);
		idle_snapshot(&i, t->store.generations);
		if (!may_work(t->p))
			idle_begin(&i, INT64_MAX, FAILED_MS);
		else if (!seeded && !(seeded = job_queue_recurring(q) == DB_OK))
			idle_begin(&i, INT64_MAX, FAILED_MS);
		else if (run_due_jobs(q, &i)) {
			(void)db_idle(t->store.db, true);
			continue;
		}
		idle_wait(&i, t);
	}
}

static void *
job_thread(void *arg)
{
	struct program		*p = arg;
	struct program_thread	*t = program_thread_open(p);
	struct job_queue	 q = { .name = p->app->name, .kinds = p->app->jobs,
				    .conf = p->conf, .scoreboard = p->shared.scoreboard };
	struct arena		 a;
	struct str		 tag = { NULL, 0 };
	bool			 ok = t != NULL && arena_init(&a, MAX_ARENA);

	if (ok)
		tag = job_tag(&a, q.name);
	if (ok && tag.p != NULL && job_open(&q)) {
		q.store = &t->store;
		work_until_end(t, &q, tag);
		job_close(&q);
	} else
		log_event(LOG_ERROR, "job", "a thread cannot start");
	if (ok)
		arena_free(&a);
	if (t != NULL)
		program_thread_close(t);
	return NULL;
}

void
program_jobs_start(struct program *p, size_t want)
{
	if (p->app->jobs == NULL || p->broken != NULL)
		return;
	want = want < MAX_THREADS ? want : MAX_THREADS;
	while (nthreads < want &&
	    pthread_create(&threads[nthreads], NULL, job_thread, p) == 0)
		nthreads++;
	if (nthreads < want)
		log_event(LOG_ERROR, "job", "only %zu of %zu threads started",
		    nthreads, want);
}

void
program_jobs_stop(void)
{
	atomic_store(&ending, true);
}

bool
program_jobs_end(const struct timespec *until)
{
	atomic_store(&ending, true);
	for (size_t i = 0; i < nthreads; i++)
		if (pthread_timedjoin_np(threads[i], NULL, until) != 0) {
			log_event(LOG_WARN, "job",
			    "exits while a job still runs; its lease will expire");
			return false;
		}
	return true;
}

/* --- --jobs ----------------------------------------------------------------------- */

/* Seconds of "55s", "5m" or "55"; -1: malformed. */
static int64_t
parse_seconds(const char *text)
{
	char	*end;
	long	 n = strtol(text, &end, 10);

	if (end == text || n < 1 || n > 86400)
		return -1;
	if (strcmp(end, "m") == 0)
		return n * 60;
	return *end == '\0' || strcmp(end, "s") == 0 ? n : -1;
}

/* Wait for SIGTERM or SIGINT, or for `seconds`; 0: without a bound. */
static void
wait_for_end(int64_t seconds)
{
	int64_t		 until = clock_mono_us() + seconds * 1000000;
	struct timespec	 t = { 0, POLL_TAG_MS * 1000000 };
	sigset_t	 set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	while (seconds == 0 || clock_mono_us() < until)
		if (sigtimedwait(&set, NULL, &t) > 0)
			return;
}

static void
block_signals(void)
{
	sigset_t	 set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int
program_jobs(struct program *p, char **argv)
{
	int64_t		 seconds = 0, n = p->conf->jobs_threads;
	struct timespec	 until;

	if (argv[2] != NULL && (strcmp(argv[2], "--for") != 0 || argv[3] == NULL ||
	    (seconds = parse_seconds(argv[3])) < 0)) {
		fprintf(stderr, "usage: %s --jobs [--for 55s]\n", p->app->name);
		return 2;
	}
	if (p->app->jobs == NULL)
		return 0;
	if (p->broken != NULL)
		return 1;
	p->stopped = pidfile_is_stopped(p->conf->run_dir, p->app->name);
	block_signals();
	program_open_shared(p);
	program_jobs_start(p, (size_t)(n > 0 ? n : 1));
	wait_for_end(seconds);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += (time_t)p->conf->drain_seconds;
	return program_jobs_end(&until) ? 0 : 1;
}
