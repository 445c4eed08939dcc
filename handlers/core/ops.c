/* ops: what is going on, for those who watch. */
#include "app.h"
#include "board.h"

#define TEXT		"text/plain; charset=utf-8"
#define FIGURES		"text/plain; version=0.0.4; charset=utf-8"
#define CHECK_MS	500

static bool
may_watch(const struct req *rq)
{
	return rq->local || auth_may(rq->user, "ops:read");
}

static enum http_status
refuse(struct resp *rs)
{
	return resp_problem(rs, HTTP_FORBIDDEN, "insufficient_scope",
	    "from elsewhere this needs ops:read");
}

static enum http_status
metrics(struct req *rq, struct resp *rs)
{
	const char	*path;

	if (!may_watch(rq))
		return refuse(rs);
	path = arena_fmt(rq->arena, "%s/board", rq->conf->run_dir);
	if (path == NULL || !board_print(path, &rs->body))
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable",
		    "the board can not be read");
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
	uint64_t	 before = cache_counts(c).faults;
	struct str	 value;

	if (rq->conf->cache_socket[0] == '\0')
		return NULL;
	(void)!cache_get(c, rq->arena, STR("readyz"), &value);
	return cache_down(c) || cache_counts(c).faults != before ? "failed" : NULL;
}

static const struct {
	const char	*name;
	const char	*(*run)(struct req *);	/* NULL: well */
	bool		 needed;		/* else we are only slower without */
} checks[] = {
	{ "db", check_db, true },
	{ "cache", check_cache, false },
};

struct asked { struct str verbose, exclude; };

static const struct shape asked = SHAPE("ReadyQuery", struct asked,
	FIELD_STR(struct asked, verbose, .flags = FIELD_OPTIONAL, .max = 5,
	    .doc = "A line for each check; as /metrics, for this host and ops:read"),
	FIELD_STR(struct asked, exclude, .flags = FIELD_OPTIONAL,
	    .one_of = ENUM("db", "cache"), .doc = "Leave out this check"));

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
