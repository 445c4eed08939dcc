/* ops: liveness, readiness and metrics, for monitoring. */
#include "app.h"
#include "cache/cache.h"
#include "db/db.h"
#include "shm/run_dir.h"
#include "shm/scoreboard.h"
#include "base/clock.h"
#include "gauge.h"

#define TEXT		"text/plain; charset=utf-8"
#define METRICS		"text/plain; version=0.0.4; charset=utf-8"
#define CHECK_MS	500
#define LAG_MS		60000	/* a queue lags if its oldest job is due for longer */

static bool
may_monitor(const struct req *rq)
{
	return rq->origin.local || auth_has_scope(rq->user, "ops:read");
}

static enum http_status
monitor_refuse(struct resp *rs)
{
	return resp_problem(rs, HTTP_FORBIDDEN, "insufficient_scope",
	    "a client on another host needs the scope ops:read");
}

/* --- queues -------------------------------------------------------------------- */

/* A queue: the number of its due jobs and since when, or of its dead letters. */
struct queue {
	struct str	 name;
	int64_t		 n;
	struct stamp	 oldest;
};

static const struct schema due_at = SCHEMA("DueAt", struct queue,
	FIELD_STAMP(struct queue, oldest, .doc = "Now"));
static const struct schema due = SCHEMA("QueueDue", struct queue,
	FIELD_STR(struct queue, name, .doc = "Program"),
	FIELD_INT(struct queue, n, .doc = "Number of jobs"),
	FIELD_STAMP(struct queue, oldest, .doc = "Due time of the first"));
static const struct schema oldest = SCHEMA("QueueOldest", struct queue,
	FIELD_STAMP(struct queue, oldest, .flags = FIELD_OPTIONAL,
	    .doc = "Due time of the first"));
static const struct schema dead = SCHEMA("QueueDead", struct queue,
	FIELD_STR(struct queue, name, .doc = "Program"),
	FIELD_INT(struct queue, n, .doc = "Number of dead letters"));

static const struct query	 queues_due = {
	"SELECT queue, COUNT(*), MIN(run_at) FROM jobs FORCE INDEX (claim) "
	"WHERE state = 'ready' AND run_at <= ? GROUP BY queue",
	.in = &due_at, .out = &due };
/* Reads one row of the index for each queue. */
static const struct query	 queues_oldest = {
	"SELECT MIN(run_at) FROM jobs FORCE INDEX (claim) WHERE state = 'ready' "
	"GROUP BY queue", .out = &oldest };
static const struct query	 queues_dead = {
	"SELECT queue, COUNT(*) FROM dead_letters WHERE retried_at IS NULL "
	"GROUP BY queue", .out = &dead };

static void
print_gauge_head(struct buf *b, const char *name, const char *help)
{
	buf_fmt(b, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static const struct query	 all_gauges = {
	"SELECT name, help, value FROM figures ORDER BY name", .out = &gauge_schema };

/* The gauges that jobs computed (handlers/domain/gauge.h). */
static void
print_gauges(struct req *rq, struct buf *b)
{
	struct gauge	*f;
	void		*rows;
	size_t		 n;

	if (query_all(rq->store, &all_gauges, NULL, &rows, &n) != DB_OK)
		return;
	f = rows;
	for (size_t i = 0; i < n; i++)
		buf_fmt(b, "# HELP %.*s %.*s\n# TYPE %.*s gauge\n%.*s %lld\n",
		    STR_ARG(f[i].name), STR_ARG(f[i].help), STR_ARG(f[i].name),
		    STR_ARG(f[i].name), (long long)f[i].value);
}

/* Metrics of the queues; without the database they are left out. */
static void
print_queues(struct req *rq, struct buf *b)
{
	struct queue	 now = { .oldest = { clock_now_ms(), true } };
	struct queue	*q, *d;
	void		*rows;
	size_t		 n, ndead;

	if (db_probe(rq->store->db, CHECK_MS) != DB_OK ||
	    query_all(rq->store, &queues_due, &now, &rows, &n) != DB_OK)
		return;
	q = rows;
	if (query_all(rq->store, &queues_dead, NULL, &rows, &ndead) != DB_OK)
		return;
	print_gauges(rq, b);
	d = rows;
	print_gauge_head(b, "api_queue_ready", "Number of jobs that are due.");
	for (size_t i = 0; i < n; i++)
		buf_fmt(b, "api_queue_ready{queue=\"%.*s\"} %lld\n",
		    STR_ARG(q[i].name), (long long)q[i].n);
	print_gauge_head(b, "api_queue_oldest_seconds", "Seconds since the oldest due job was due.");
	for (size_t i = 0; i < n; i++)
		buf_fmt(b, "api_queue_oldest_seconds{queue=\"%.*s\"} %.3f\n",
		    STR_ARG(q[i].name), (double)(now.oldest.ms - q[i].oldest.ms) / 1000);
	print_gauge_head(b, "api_dead_letters", "Number of dead letters that were not retried.");
	for (size_t i = 0; i < ndead; i++)
		buf_fmt(b, "api_dead_letters{queue=\"%.*s\"} %lld\n",
		    STR_ARG(d[i].name), (long long)d[i].n);
}

/* --- routes --------------------------------------------------------------------- */

static enum http_status
metrics_get(struct req *rq, struct resp *rs)
{
	char	 path[PATH_MAX];

	if (!may_monitor(rq))
		return monitor_refuse(rs);
	(void)run_dir_path(path, rq->conf->run_dir, RUN_DIR_SCOREBOARD);
	if (!scoreboard_print(path, &rs->body))
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable",
		    "the scoreboard cannot be read");
	print_queues(rq, &rs->body);
	rs->type = METRICS;
	return resp_json(rs, HTTP_OK);
}

static enum http_status
livez_get(struct req *rq, struct resp *rs)
{
	(void)rq;
	buf_puts(&rs->body, "ok\n");
	rs->type = TEXT;
	return resp_json(rs, HTTP_OK);
}

static const char *
check_db(struct req *rq)
{
	return db_probe(rq->store->db, CHECK_MS) == DB_OK ? NULL : "failed";
}

/* A miss is success, a fault is not.  Bounded by cache_wait_ms. */
static const char *
check_cache(struct req *rq)
{
	struct cache	*c = rq->store->cache;
	uint64_t	 before = cache_counts(c).failures;
	struct str	 value;

	if (rq->conf->cache_socket[0] == '\0')
		return NULL;
	(void)!cache_get(c, rq->arena, STR("readyz"), &value);
	return cache_down(c) || cache_counts(c).failures != before ? "failed" : NULL;
}

/* Are due jobs being worked on? */
static const char *
check_queue(struct req *rq)
{
	struct queue	*q;
	void		*rows;
	size_t		 n;

	if (db_probe(rq->store->db, CHECK_MS) != DB_OK ||
	    query_all(rq->store, &queues_oldest, NULL, &rows, &n) != DB_OK)
		return "failed";
	q = rows;
	for (size_t i = 0; i < n; i++)
		if (q[i].oldest.has && clock_now_ms() - q[i].oldest.ms > LAG_MS)
			return "lags";
	return NULL;
}

static const struct {
	const char	*name;
	const char	*(*run)(struct req *);	/* returns the fault; NULL: none */
	bool		 needed;		/* a fault means "not ready" */
} checks[] = {
	{ "db", check_db, true },
	{ "cache", check_cache, false },
	{ "queue", check_queue, false },
};

struct ready_query { struct str verbose, exclude; };

static const struct schema ready_query = SCHEMA("ReadyQuery", struct ready_query,
	FIELD_STR(struct ready_query, verbose, .flags = FIELD_OPTIONAL, .max = 5,
	    .doc = "Print a line for each check; from another host this needs ops:read"),
	FIELD_STR(struct ready_query, exclude, .flags = FIELD_OPTIONAL,
	    .one_of = ENUM("db", "cache", "queue"), .doc = "Skip this check"));

static enum http_status
readyz_get(struct req *rq, struct resp *rs)
{
	const struct ready_query	*q = PARAMS(rq, struct ready_query);
	struct buf		*out = &rs->body;
	bool			 good = true;

	if (q->verbose.p != NULL && !may_monitor(rq))
		return monitor_refuse(rs);
	for (size_t i = 0; i < NELEMS(checks); i++) {
		const char	*wrong;

		if (str_is(q->exclude, checks[i].name))
			continue;
		wrong = checks[i].run(rq);
		good &= wrong == NULL || !checks[i].needed;
		buf_fmt(out, "[%c]%s %s\n", wrong == NULL ? '+' : '-',
		    checks[i].name, wrong == NULL ? "ok" : wrong);
	}
	if (q->verbose.p == NULL && !good)
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable",
		    "not ready; ?verbose shows the checks");
	if (q->verbose.p == NULL)
		buf_init(out, rq->arena);
	buf_puts(out, good ? "ok\n" : "not ready\n");
	rs->type = TEXT;
	return resp_json(rs, good ? HTTP_OK : HTTP_UNAVAILABLE);
}

/* The common members of the routes. */
#define MONITOR(p, r, t)	.method = HTTP_GET, .path = (p), .run = (r),	\
	.scope = SCOPE_NONE, .answer_type = (t),				\
	.cache_control = "no-store"

int
main(int argc, char **argv)
{
	return app_main(argc, argv, APP("ops", .service = "core",
	    .queries = QUERIES(&queues_due, &queues_oldest, &queues_dead, &all_gauges),
	    .routes = ROUTES(
		{ MONITOR("/livez", livez_get, TEXT), .limit = LIMIT_NONE,
		  .doc = "Check that the program is alive" },
		/* It may need a database connection, so it has the read quota. */
		{ MONITOR("/readyz", readyz_get, TEXT), .params = &ready_query,
		  .problems = PROBLEMS("403 insufficient_scope"),
		  .doc = "Check that the program can serve requests; the cache is optional" },
		{ MONITOR("/metrics", metrics_get, METRICS), .limit = LIMIT_NONE,
		  .problems = PROBLEMS("403 insufficient_scope"),
		  .doc = "Get the metrics as Prometheus text; from another host this needs "
		  "ops:read" })));
}
