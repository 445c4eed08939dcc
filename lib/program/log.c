/* log - the log line of a request, and its entry for the scoreboard. */
#include "base/clock.h"
#include "base/log.h"
#include "program/exchange.h"
#include "schema/json.h"
#include "schema/utf8.h"

#define MAX_VALUE	256	/* bytes of a value that a client sent */

/* A value that a client sent: left out if it is not UTF-8, empty if too long. */
static void
put_header_value(struct buf *b, const char *name, struct str value)
{
	if (value.p == NULL || !utf8_is_valid(value))
		return;
	if (value.n > MAX_VALUE)
		value.n = 0;
	json_str(b, name, value);
}

static size_t
route_index(const struct exchange *c)
{
	return c->rq.route == NULL ? SCOREBOARD_NO_ROUTE :
	    (size_t)(c->rq.route - c->p->routes);
}

static void
put_client(struct buf *b, const struct exchange *c)
{
	put_header_value(b, "ip", c->rq.origin.address);
	if (c->rq.user != NULL)
		put_header_value(b, "sub", c->rq.user->sub);
	put_header_value(b, "client_request_id", req_env(&c->rq, "HTTP_X_REQUEST_ID"));
	json_text(b, "trace_id", c->rq.trace);
}

void
exchange_log(struct exchange *c)
{
	struct db_counts	 db = db_counts(c->t->store.db);
	struct cache_counts	 cache = cache_counts(c->t->store.cache);
	struct scoreboard_entry	 entry = { .route = route_index(c),
	    .status = c->rs.status, .us = clock_mono_us() - c->began,
	    .statements = db.statements, .db_us = db.us,
	    .cache = c->outcome,
	    .idem = c->idem };
	struct stamp		 now = { clock_now_ms(), true };
	char			 at[STAMP_LEN + 1];
	struct buf		 b;

	c->t->entry = entry;
	stamp_text(now, at);
	buf_init(&b, c->rq.arena);
	json_open(&b, NULL, '{');
	json_text(&b, "at", at);
	json_text(&b, "level", "info");
	json_text(&b, "program", c->p->app->name);
	json_text(&b, "request_id", c->rq.id);
	json_text(&b, "method", http_method_name(c->rq.method));
	json_text(&b, "route", c->rq.route == NULL ? "" : c->rq.route->path);
	json_int(&b, "status", c->rs.status);
	json_int(&b, "us", entry.us);
	json_int(&b, "db_us", db.us);
	json_int(&b, "cache_us", cache.us);
	json_int(&b, "sql", (int64_t)db.statements);
	json_text(&b, "cache", outcome_cache_name(c->outcome));
	json_int(&b, "bytes", (int64_t)c->rs.body.n);
	if (c->rs.code != NULL)
		json_text(&b, "code", c->rs.code);
	if (c->idem != IDEM_UNUSED)
		json_text(&b, "idempotency", outcome_idem_name(c->idem));
	put_client(&b, c);
	json_close(&b, "}");
	if (buf_ok(&b))
		log_line(buf_view(&b));
}
