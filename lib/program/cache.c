/* app_cache - what a process and its threads cache with. */
#include <signal.h>
#include <unistd.h>

#include "cache/external.h"
#include "cache/flight.h"
#include "cache/lru.h"
#include "cache/store_sweep.h"
#include "program/program.h"
#include "shm/run_dir.h"
#include "base/log.h"

/* An answer that takes longer than this over its statement is not waited for. */
#define FILL_SLACK_MS	1000

/*
 * Without the file of the generations no write would be seen by who caches:
 * such a process does not serve.
 */
void
program_open_cache(struct program *p)
{
	const char	*run_dir = p->conf->run_dir;
	char		 path[PATH_MAX];

	(void)run_dir_path(path, run_dir, RUN_DIR_GENERATIONS);
	p->gen = generation_open(path);
	if (p->gen == NULL)
		p->broken = "no file for generations";
	p->db.invalidates = p->gen != NULL;
	(void)run_dir_path(path, run_dir, RUN_DIR_EXTERNAL);
	p->watch = external_open(path);
	(void)run_dir_path(path, run_dir, RUN_DIR_FLIGHTS);
	p->fill = flight_open(path);
	p->local = lru_open((size_t)p->conf->cache_lru_bytes);
}

void
program_close_cache(struct program *p)
{
	generation_close(p->gen);
	external_close(p->watch);
	flight_close(p->fill);
	lru_close(p->local);
}

void
program_thread_open_cache(struct program_thread *t)
{
	struct program	*p = t->p;
	struct store	*st = &t->store;

	st->generations = p->gen;
	st->external = p->watch;
	st->flights = p->fill;
	st->lru = p->local;
	st->flight_us = (p->conf->statement_ms + FILL_SLACK_MS) * 1000;
	st->external_us = p->conf->cache_wait_ms * 1000;
	st->cache = cache_open(p->conf->cache_socket, p->conf->cache_wait_ms,
	    str_of(p->conf->secret));
	if (st->cache != NULL)
		cache_share_breaker(st->cache, &p->breaker);
}

/* Tables that others write and nobody watches: said once, when it is known. */
static void
warn_unwatched(struct program *p)
{
	const struct route	*r = p->routes;

	if (p->watch == NULL || atomic_load(&p->warned) || !external_tables_known(p->watch) ||
	    atomic_exchange(&p->warned, true))
		return;
	for (size_t i = 0; i < p->nroutes; i++, r++)
		if (r->op == OP_LIST && r->cached.others_write &&
		    !external_has(p->watch, str_of(r->resource->table)))
			log_event(LOG_WARN, "watch", "%s is written by others and not "
			    "watched: %s may be %d s old (brisk cache watch)",
			    r->resource->table, r->path, r->cached.ttl);
}

/* A process whose files were replaced ends as if it were told to. */
void
program_thread_tick(struct program_thread *t)
{
	warn_unwatched(t->p);
	if (store_sweep_dead(&t->store) || t->alone)
		return;
	if (!atomic_exchange(&t->p->ending, true))
		(void)kill(getpid(), SIGTERM);
}
