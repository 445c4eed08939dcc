/*
 * probe - does the server answer within a bound?
 *
 * The client library can block on a silent server.  So a thread of its own asks
 * the server, and is abandoned if it takes too long.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "db/private.h"

#define MAX_PROBES	4	/* in progress, including abandoned ones */
#define MAX_ARENA	((size_t)1 << 20)

static _Atomic int	 under_way;

/* Shared by the caller and the thread; the last owner frees it. */
struct probe {
	struct db_conf	 conf;
	sem_t		 done;
	_Atomic int	 owners;
	_Atomic int	 err;
};

static void
release_probe(struct probe *p)
{
	if (atomic_fetch_sub(&p->owners, 1) != 1)
		return;
	sem_destroy(&p->done);
	free(p);
	atomic_fetch_sub(&under_way, 1);
}

static enum db_err
probe_server(const struct db_conf *conf)
{
	struct db	*db = db_open(conf);
	struct arena	 a;
	struct db_rows	 rows;
	enum db_err	 err = DB_NO_MEMORY;

	if (db != NULL && arena_init(&a, MAX_ARENA)) {
		err = db_query(db, &a, STR("SELECT 1"), NULL, 0, &rows);
		arena_free(&a);
	}
	if (db != NULL)
		db_close(db);
	return err;
}

static void *
probe_thread(void *arg)
{
	struct probe	*p = arg;

	atomic_store(&p->err, (int)probe_server(&p->conf));
	sem_post(&p->done);
	release_probe(p);
	return NULL;
}

static struct probe *
probe_new(const struct db_conf *conf)
{
	struct probe	*p = calloc(1, sizeof(*p));

	if (p == NULL || sem_init(&p->done, 0, 0) != 0) {
		free(p);
		return NULL;
	}
	p->conf = *conf;
	/* The thread may outlive both; the caller holds the seat in the budget. */
	p->conf.budget = NULL;
	p->conf.open_connections = NULL;
	atomic_store(&p->owners, 2);
	atomic_fetch_add(&under_way, 1);
	return p;
}

static enum db_err
wait_for(struct probe *p, int64_t ms)
{
	struct timespec	 until;
	int		 got;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	while ((got = sem_clockwait(&p->done, CLOCK_MONOTONIC, &until)) != 0 &&
	    errno == EINTR)
		;
	return got == 0 ? (enum db_err)atomic_load(&p->err) : DB_TIMEOUT;
}

static enum db_err
run_probe(const struct db_conf *conf, int64_t ms)
{
	struct probe	*p;
	pthread_attr_t	 detached;
	pthread_t	 t;
	enum db_err	 err = DB_NO_MEMORY;

	if (atomic_load(&under_way) >= MAX_PROBES)
		return DB_TIMEOUT;
	if ((p = probe_new(conf)) == NULL)
		return DB_NO_MEMORY;
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&t, &detached, probe_thread, p) == 0)
		err = wait_for(p, ms);
	else
		release_probe(p);	/* for the thread that did not start */
	pthread_attr_destroy(&detached);
	release_probe(p);
	return err;
}

enum db_err
db_probe(struct db *db, int64_t ms)
{
	struct connection_seat	 seat = { .budget = db->conf->budget };
	enum db_err		 err = DB_UNAVAILABLE;

	db_disconnect(db);
	if (connection_budget_acquire(&seat, ms))
		err = run_probe(db->conf, ms);
	connection_budget_close_seat(&seat);
	return err;
}
