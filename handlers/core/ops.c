/* ops: what is going on, for those who watch. */
#include "app.h"
#include "cache/cache.h"
#include "db/db.h"
#include "shm/scoreboard.h"
#include "base/clock.h"
#include "figure.h"

#define TEXT		"text/plain; charset=utf-8"
#define FIGURES		"text/plain; version=0.0.4; charset=utf-8"
#define CHECK_MS	500
#define LAG_MS		60000	/* of a queue that is worked on */

static bool
may_watch(const struct req *rq)
{
	return rq->local || auth_has_scope(rq->user, "ops:read");
}

static enum http_status
refuse(struct resp *rs)
{
	return resp_problem(rs, HTTP_FORBIDDEN, "insufficient_scope",
	    "from elsewhere this needs ops:read");
}

/* --- queues -------------------------------------------------------------------- */

/* One queue: how many are due, and since when; or its dead letters. */
struct queue {
	struct str	 name;
	int64_t		 n;
	struct stamp	 oldest;
};

static const struct schema due_at = SCHEMA("DueAt", struct queue,
	FIELD_STAMP(struct queue, oldest, .doc = "Now"));
static const struct schema due = SCHEMA("QueueDue", struct queue,
	FIELD_STR(struct queue, name, .doc = "Program"),
	FIELD_INT(struct queue, n, .doc = "How many"),
	FIELD_STAMP(struct queue, oldest, .doc = "The first of them"));
static const struct schema oldest = SCHEMA("QueueOldest", struct queue,
	FIELD_STAMP(struct queue, oldest, .flags = FIELD_OPTIONAL, .doc = "The first"));
static const struct schema dead = SCHEMA("QueueDead", struct queue,
	FIELD_STR(struct queue, name, .doc = "Program"),
	FIELD_INT(struct queue, n, .doc = "How many"));

static const struct query	 queues_due = {
	"SELECT queue, COUNT(*), MIN(run_at) FROM jobs FORCE INDEX (claim) "
	"WHERE state = 'ready' AND run_at <= ? GROUP BY queue",
	.in = &due_at, .out = &due };
/* Of each queue one row of the index. */
static const struct query	 queues_oldest = {
	"SELECT MIN(run_at) FROM jobs FORCE INDEX (claim) WHERE state = 'ready' "
	"GROUP BY queue", .out = &oldest };
static const struct query	 queues_dead = {
	"SELECT queue, COUNT(*) FROM dead_letters WHERE retried_at IS NULL "
	"GROUP BY queue", .out = &dead };

static void
gauge(struct buf *b, const char *name, const char *help)
{
	buf_fmt(b, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static const struct query	 figures = {
	"SELECT name, help, value FROM figures ORDER BY name", .out = &figure_schema };

/* What programs worked out. */
static void
print_figures(struct req *rq, struct buf *b)
{
	struct figure	*f;
	void		*rows;
	size_t		 n;

	if (query_all(rq->store, &figures, NULL, &rows, &n) != DB_OK)
		return;
	f = rows;
	for (size_t i = 0; i < n; i++)
		buf_fmt(b, "# HELP %.*s %.*s\n# TYPE %.*s gauge\n%.*s %lld\n",
		    STR_ARG(f[i].name), STR_ARG(f[i].help), STR_ARG(f[i].name),
		    STR_ARG(f[i].name), (long long)f[i].value);
}

/* What only the database knows; without it these are left out. */
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
	print_figures(rq, b);
	d = rows;
	gauge(b, "api_queue_ready", "Jobs that are due.");
	for (size_t i = 0; i < n; i++)
		buf_fmt(b, "api_queue_ready{queue=\"%.*s\"} %lld\n",
		    STR_ARG(q[i].name), (long long)q[i].n);
	gauge(b, "api_queue_oldest_seconds", "Since when the first of them is.");
	for (size_t i = 0; i < n; i++)
		buf_fmt(b, "api_queue_oldest_seconds{queue=\"%.*s\"} %.3f\n",
		    STR_ARG(q[i].name), (double)(now.oldest.ms - q[i].oldest.ms) / 1000);
	gauge(b, "api_dead_letters", "Jobs that were given up, and not queued anew.");
	for (size_t i = 0; i < ndead; i++)
		buf_fmt(b, "api_dead_letters{queue=\"%.*s\"} %lld\n",
		    STR_ARG(d[i].name), (long long)d[i].n);
}

/* --- routes --------------------------------------------------------------------- */

static enum http_status
metrics(struct req *rq, struct resp *rs)
{
	const char	*path;

	if (!may_watch(rq))
		return refuse(rs);
	path = arena_fmt(rq->arena, "%s/board", rq->conf->run_dir);
	if (path == NULL || !scoreboard_print(path, &rs->body))
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable",
		    "the board can not be read");
	print_queues(rq, &rs->body);
	rs->type = FIGURES;
	return resp_json(rs, HTTP_OK);
}

static enum http_status
live(struct req *rq, struct resp *rs)
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

/* A miss is an answer; a fault is none.  cache_wait_ms bounds it. */
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

/* Is what was promised for now being done? */
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
	const char	*(*run)(struct req *);	/* NULL: well */
	bool		 needed;		/* else we are only slower without */
} checks[] = {
	{ "db", check_db, true },
	{ "cache", check_cache, false },
	{ "queue", check_queue, false },
};

struct asked { struct str verbose, exclude; };

static const struct schema asked = SCHEMA("ReadyQuery", struct asked,
	FIELD_STR(struct asked, verbose, .flags = FIELD_OPTIONAL, .max = 5,
	    .doc = "A line for each check; as /metrics, for this host and ops:read"),
	FIELD_STR(struct asked, exclude, .flags = FIELD_OPTIONAL,
	    .one_of = ENUM("db", "cache", "queue"), .doc = "Leave out this check"));

static enum http_status
ready(struct req *rq, struct resp *rs)
{
	const struct asked	*q = rq->params;
	struct buf		*out = &rs->body;
	bool			 good = true;

	if (q->verbose.p != NULL && !may_watch(rq))
		return refuse(rs);
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
		    "not ready; ?verbose says why");
	if (q->verbose.p == NULL)
		buf_init(out, rq->arena);
	buf_puts(out, good ? "ok\n" : "not ready\n");
	rs->type = TEXT;
	return resp_json(rs, good ? HTTP_OK : HTTP_UNAVAILABLE);
}

/* What every route here has in common. */
#define WATCHED(p, r, t)	.method = HTTP_GET, .path = (p), .run = (r),	\
	.scope = SCOPE_NONE, .answer_type = (t),				\
	.cache_control = "no-store"

int
main(int argc, char **argv)
{
	return app_main(argc, argv, APP("ops", .service = "core",
	    .queries = QUERIES(&queues_due, &queues_oldest, &queues_dead, &figures),
	    .routes = ROUTES(
		{ WATCHED("/livez", live, TEXT), .limit = LIMIT_NONE,
		  .doc = "Is the program alive?" },
		/* It costs a connection: held to what an address may read. */
		{ WATCHED("/readyz", ready, TEXT), .params = &asked,
		  .problems = PROBLEMS("403 insufficient_scope"),
		  .doc = "Can it serve?  Without its database it can not, without its cache it can" },
		{ WATCHED("/metrics", metrics, FIGURES), .limit = LIMIT_NONE,
		  .problems = PROBLEMS("403 insufficient_scope"),
		  .doc = "Figures in Prometheus text; from elsewhere than the host it needs ops:read" })));
}
