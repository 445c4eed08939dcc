/* brisk cache: statistics and invalidation of cached responses. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "admin.h"
#include "cache/external.h"
#include "shm/scoreboard.h"
#include "cache/cache.h"
#include "cache/generation.h"
#include "cache/store.h"
#include "triggers.h"
#include "shm/run_dir.h"

#define MAX_ROUTES	512

/* The cache outcomes of a route. */
struct counts {
	struct str	 route;
	uint64_t	 n[CACHE_WAIT + 1];
};

static const enum cache_outcome	 columns[] = { CACHE_LOCAL, CACHE_HIT, CACHE_WAIT,
	CACHE_FILL, CACHE_MISS, CACHE_BYPASS };

/* The text between `before` and the next quote. */
static struct str
label_of(struct str line, const char *before)
{
	const char	*p = memmem(line.p, line.n, before, strlen(before));
	struct str	 rest;

	if (p == NULL)
		return (struct str){ NULL, 0 };
	rest = str_from(line, (size_t)(p - line.p) + strlen(before));
	return str_cut(&rest, '"');
}

static struct counts *
counts_find(struct counts *all, size_t *n, struct str route)
{
	for (size_t i = 0; i < *n; i++)
		if (str_eq(all[i].route, route))
			return &all[i];
	if (*n == MAX_ROUTES)
		return NULL;
	all[*n].route = route;
	return &all[(*n)++];
}

/* A line of the metrics: api_cache_requests_total{...,result="hit"} 12 */
static void
metrics_line(struct counts *all, size_t *n, struct str line)
{
	struct str	 result = label_of(line, "result=\"");
	struct counts	*row;
	const char	*value = memrchr(line.p, ' ', line.n);

	if (!str_starts(line, STR("api_cache_requests_total{")) || value == NULL ||
	    (row = counts_find(all, n, label_of(line, "route=\""))) == NULL)
		return;
	for (size_t i = 0; i < NELEMS(columns); i++)
		if (str_is(result, outcome_cache_name(columns[i])))
			row->n[columns[i]] += strtoull(value + 1, NULL, 10);
}

static bool
counts_any(const struct counts *c)
{
	for (size_t i = 0; i < NELEMS(columns); i++)
		if (c->n[columns[i]] != 0)
			return true;
	return false;
}

static void
routes_print(const struct conf *c)
{
	static struct counts	 all[MAX_ROUTES];
	struct str		 rest;
	struct buf		 text;
	size_t			 n = 0;

	buf_init(&text, admin_arena());
	if (!scoreboard_print(admin_run_path(c->run_dir, RUN_DIR_SCOREBOARD), &text)) {
		(void)printf("no requests yet\n");
		return;
	}
	for (rest = buf_view(&text); rest.n > 0; )
		metrics_line(all, &n, str_cut(&rest, '\n'));
	(void)printf("%-40s", "route");
	for (size_t i = 0; i < NELEMS(columns); i++)
		(void)printf(" %9s", outcome_cache_name(columns[i]));
	(void)putchar('\n');
	for (size_t k = 0; k < n; k++) {
		if (!counts_any(&all[k]))
			continue;
		(void)printf("%-40.*s", STR_ARG(all[k].route));
		for (size_t i = 0; i < NELEMS(columns); i++)
			(void)printf(" %9" PRIu64, all[k].n[columns[i]]);
		(void)putchar('\n');
	}
}

static const char *
memcached_state(const struct conf *c)
{
	struct cache	*cache = cache_open(c->cache_socket, c->cache_wait_ms,
	    str_of(c->secret));
	struct str	 value;
	const char	*state;

	if (cache_down(cache))
		state = "none";
	else
		state = cache_get(cache, admin_arena(), STR("brisk cache status"),
		    &value) || cache_counts(cache).failures == 0 ? "answers" :
		    "does not answer";
	cache_close(cache);
	return state;
}

/* The tables that other software writes, and the age of the last sweep. */
static void
tables_print(const struct conf *c, const struct db_login *a)
{
	const char	*path = admin_run_path(c->run_dir, RUN_DIR_EXTERNAL);
	struct external	*w = access(path, F_OK) == 0 ? external_open(path) : NULL;
	int64_t		 age = w == NULL ? -1 : external_sweep_age(w);

	if (w != NULL && external_any(w) && age >= 0)
		(void)printf("last sweep   %" PRId64 " ms ago\n", age / 1000);
	external_close(w);
	(void)putchar('\n');
	(void)triggers_list(c, a);
}

static int
cache_status(const struct conf *c, const struct db_login *a)
{
	struct generation_stats	 s;
	const char		*path = admin_run_path(c->run_dir, RUN_DIR_GENERATIONS);

	if (!generation_read_stats(path, &s))
		(void)printf("generations  no file yet: %s\n", path);
	else
		(void)printf("epoch        %016" PRIx64 "\n"
		    "pending      %zu cells, of %zu writes in progress\n"
		    "writers      %zu processes\n",
		    s.epoch, s.pending, s.writes, s.owners);
	(void)printf("memcached    %s%s%s\n", memcached_state(c),
	    c->cache_socket[0] == '\0' ? "" : ": ", c->cache_socket);
	(void)printf("in processes %" PRId64 " bytes each\n", c->cache_lru_bytes);
	tables_print(c, a);
	routes_print(c);
	return 0;
}

/* Invalidate everything, or the given tags. */
static int
cache_purge(const struct conf *c, int ntags, char **tags)
{
	const char	*path = admin_run_path(c->run_dir, RUN_DIR_GENERATIONS);
	struct str	 tag;
	struct generations	*gen;

	if (access(path, F_OK) != 0) {
		(void)printf("nothing is cached: no %s\n", path);
		return 0;
	}
	if ((gen = generation_open(path)) == NULL)
		return admin_error("cannot open %s", path);
	if (ntags == 0)
		generation_invalidate_all(gen);
	for (int i = 0; i < ntags; i++) {
		tag = str_of(tags[i]);
		generation_invalidate(gen, &tag, 1);
	}
	generation_close(gen);
	return 0;
}

struct invocation {
	const struct conf	*conf;
	struct db_login		 account;
	int			 n;		/* arguments after the verb */
	char			**args;
};

static int
verb_status(const struct invocation *c)
{
	return cache_status(c->conf, &c->account);
}

static int
verb_purge(const struct invocation *c)
{
	return cache_purge(c->conf, c->n, c->args);
}

static int
verb_watch(const struct invocation *c)
{
	return c->n == 0 ? triggers_list(c->conf, &c->account) :
	    triggers_install(c->conf, &c->account, c->args[0]);
}

static int
verb_unwatch(const struct invocation *c)
{
	return triggers_remove(c->conf, &c->account, c->args[0]);
}

static const struct {
	const char	*name;
	int		(*run)(const struct invocation *);
	int		 least, most;	/* arguments */
} verbs[] = {
	{ "status", verb_status, 0, 0 },
	{ "purge", verb_purge, 0, INT_MAX },
	{ "watch", verb_watch, 0, 1 },
	{ "unwatch", verb_unwatch, 1, 1 },
};

int
cmd_cache(int argc, char **argv)
{
	struct invocation	 c = { .args = argv + 1 };
	size_t		 i;

	c.n = flags_parse((const struct flag[]){ LOGIN_FLAGS(c.account),
	    { NULL, NULL, NULL } }, argc, argv) - 1;
	if (c.n < 0)
		return BRISK_USAGE;
	for (i = 0; i < NELEMS(verbs); i++)
		if (strcmp(argv[0], verbs[i].name) == 0)
			break;
	if (i == NELEMS(verbs) || c.n < verbs[i].least || c.n > verbs[i].most)
		return BRISK_USAGE;
	c.conf = admin_conf();
	return c.conf == NULL ? 1 : verbs[i].run(&c);
}
