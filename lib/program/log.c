/* log - the log line of a request, and its entry for the scoreboard. */
#include "schema/utf8.h"
#include "program/exchange.h"
#include "base/clock.h"
#include "base/log.h"

/* `word` must need no JSON escapes: a constant, or a value that was checked. */
static void
put_word(struct buf *b, const char *name, const char *word)
{
	buf_puts(b, name);
	buf_puts(b, word);
	buf_byte(b, '"');
}

static void
put_figure(struct buf *b, const char *name, int64_t figure)
{
	buf_puts(b, name);
	buf_int(b, figure);
}

static void
put_text(struct buf *b, const char *name, struct str value)
{
	if (value.p == NULL || !utf8_is_valid(value))
		return;
	if (value.n > 256)
		value.n = 0;		/* an overlong header is not logged */
	buf_puts(b, ",\"");
	buf_puts(b, name);
	buf_puts(b, "\":");
	buf_json(b, value);
}

static size_t
route_index(const struct exchange *c)
{
	return c->rq.route == NULL ? SCOREBOARD_NO_ROUTE :
	    (size_t)(c->rq.route - c->p->routes);
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
	buf_puts(&b, "{\"at\":\"");
	buf_puts(&b, at);
	put_word(&b, "\",\"level\":\"info\",\"program\":\"", c->p->app->name);
	put_word(&b, ",\"request_id\":\"", c->rq.id);
	put_word(&b, ",\"method\":\"", http_method_name(c->rq.method));
	put_word(&b, ",\"route\":\"", c->rq.route == NULL ? "" : c->rq.route->path);
	put_figure(&b, ",\"status\":", c->rs.status);
	put_figure(&b, ",\"us\":", entry.us);
	put_figure(&b, ",\"db_us\":", db.us);
	put_figure(&b, ",\"cache_us\":", cache.us);
	put_figure(&b, ",\"sql\":", (int64_t)db.statements);
	put_word(&b, ",\"cache\":\"", outcome_cache_name(c->outcome));
	put_figure(&b, ",\"bytes\":", (int64_t)c->rs.body.n);
	if (c->rs.code != NULL)
		put_word(&b, ",\"code\":\"", c->rs.code);
	if (c->idem != IDEM_UNUSED)
		put_word(&b, ",\"idempotency\":\"", outcome_idem_name(c->idem));
	put_text(&b, "ip", c->rq.origin.address);
	put_text(&b, "sub", c->rq.user == NULL ? (struct str){ NULL, 0 } :
	    c->rq.user->sub);
	put_text(&b, "client_request_id", req_env(&c->rq, "HTTP_X_REQUEST_ID"));
	put_word(&b, ",\"trace_id\":\"", c->rq.trace);
	buf_byte(&b, '}');
	if (buf_ok(&b))
		log_line(buf_view(&b));
}
