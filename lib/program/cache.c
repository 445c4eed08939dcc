/* cache - opens the levels of the cache for a process and its threads. */
#include <signal.h>
#include <unistd.h>

#include "base/log.h"
#include "cache/external.h"
#include "cache/flight.h"
#include "cache/lru.h"
#include "cache/store_sweep.h"
#include "program/program.h"
#include "shm/run_dir.h"

/* A single flight is waited for this much longer than a statement may take. */
#define FLIGHT_SLACK_MS	1000

/*
 * Without the file of generations the caches of other processes would not see
 * this one's writes, so that it must not serve.
 */
void
program_open_cache(struct program *p)
{
	struct program_caches	*c = &p->cache;
	const char		*run_dir = p->conf->run_dir;
	char			 path[PATH_MAX];

	(void)run_dir_path(path, run_dir, RUN_DIR_GENERATIONS);
	c->generations = generation_open(path);
	if (c->generations == NULL)
		p->broken = "no file for generations";
	p->database.conf.invalidates = c->generations != NULL;
	(void)run_dir_path(path, run_dir, RUN_DIR_EXTERNAL);
	c->external = external_open(path);
	(void)run_dir_path(path, run_dir, RUN_DIR_FLIGHTS);
	c->flights = flight_open(path);
	c->lru = lru_open((size_t)p->conf->cache_lru_bytes);
}

void
program_close_cache(struct program *p)
{
	generation_close(p->cache.generations);
	external_close(p->cache.external);
	flight_close(p->cache.flights);
	lru_close(p->cache.lru);
}

void
program_thread_open_cache(struct program_thread *t)
{
	struct program	*p = t->p;
	struct store	*st = &t->store;

	st->generations = p->cache.generations;
	st->external = p->cache.external;
	st->flights = p->cache.flights;
	st->lru = p->cache.lru;
	st->flight_us = (p->conf->statement_ms + FLIGHT_SLACK_MS) * 1000;
	st->external_us = p->conf->cache_wait_ms * 1000;
	st->cache = cache_open(p->conf->cache_socket, p->conf->cache_wait_ms,
	    str_of(p->conf->secret));
	if (st->cache != NULL)
		cache_share_breaker(st->cache, &p->cache.breaker);
}

/* Warn once of cached tables that other programs write and nothing watches. */
static void
warn_unwatched(struct program *p)
{
	struct program_caches	*c = &p->cache;
	const struct route	*r = p->routes;

	if (c->external == NULL || atomic_load(&c->warned) ||
	    !external_tables_known(c->external) || atomic_exchange(&c->warned, true))
		return;
	for (size_t i = 0; i < p->nroutes; i++, r++)
		if (r->op == OP_LIST && r->cached.others_write &&
		    !external_has(c->external, str_of(r->resource->table)))
			log_event(LOG_WARN, "watch", "other programs write %s, which is "
			    "not watched: answers of %s may be %d s old; see brisk cache "
			    "watch", r->resource->table, r->path, r->cached.ttl);
}

/*
 * If the file of generations was replaced, other processes use the new one: this
 * process sends itself SIGTERM, so that a new worker takes its place.
 */
void
program_thread_tick(struct program_thread *t)
{
	warn_unwatched(t->p);
	if (store_sweep_dead(&t->store) || t->alone)
		return;
	if (!atomic_exchange(&t->p->ending, true))
		(void)kill(getpid(), SIGTERM);
}
