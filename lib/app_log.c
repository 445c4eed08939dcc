/* app_log - the line and the figures of a request. */
#include "app_private.h"
#include "clock.h"
#include "log.h"

static void
put_text(struct buf *b, const char *name, struct str value)
{
	if (value.p == NULL || !text_utf8(value))
		return;
	if (value.n > 256)
		value.n = 0;		/* a hostile header is not worth a line */
	buf_fmt(b, ",\"%s\":", name);
	buf_json(b, value);
}

/*
 * The trace id of a W3C traceparent, version 00, or absent: "00-" 32 hex "-"
 * 16 hex "-" 2 hex, lower case, ids not all zero.
 */
static struct str
trace_id(struct str s)
{
	static const char	 zeros[] = "00000000000000000000000000000000";
	struct str		 id;

	if (s.n != 55 || !str_starts(s, STR("00-")) || s.p[35] != '-' || s.p[52] != '-')
		return (struct str){ NULL, 0 };
	id = (struct str){ s.p + 3, 32 };
	for (size_t i = 3; i < s.n; i++)
		if (i != 35 && i != 52 && !(s.p[i] >= '0' && s.p[i] <= '9') &&
		    !(s.p[i] >= 'a' && s.p[i] <= 'f'))
			return (struct str){ NULL, 0 };
	if (memcmp(id.p, zeros, 32) == 0 || memcmp(s.p + 36, zeros, 16) == 0)
		return (struct str){ NULL, 0 };
	return id;
}

static size_t
route_index(const struct call *c)
{
	return c->rq.route == NULL ? BOARD_NO_ROUTE :
	    (size_t)(c->rq.route - c->p->routes);
}

void
thread_count(struct app_thread *t)
{
	board_count(t->p->board, &t->entry);
}

void
call_log(struct call *c)
{
	struct db_counts	 db = db_counts(c->t->store.db);
	struct cache_counts	 cache = cache_counts(c->t->store.cache);
	struct board_entry	 entry = { .route = route_index(c),
	    .status = c->rs.status, .us = clock_mono_us() - c->began,
	    .statements = db.statements, .db_us = db.us,
	    .cache = store_outcome_name(c->outcome) };
	struct stamp		 now = { clock_now_ms(), true };
	char			 at[STAMP_LEN + 1];
	struct buf		 b;

	c->t->entry = entry;
	stamp_text(now, at);
	buf_init(&b, c->rq.arena);
	buf_fmt(&b, "{\"at\":\"%s\",\"level\":\"info\",\"program\":\"%s\","
	    "\"request_id\":\"%s\",\"method\":\"%s\",\"route\":\"%s\","
	    "\"status\":%d,\"us\":%lld,\"db_us\":%lld,\"cache_us\":%lld,"
	    "\"sql\":%llu,\"cache\":\"%s\",\"bytes\":%zu", at, c->p->app->name,
	    c->rq.id, http_method_name(c->rq.method),
	    c->rq.route == NULL ? "" : c->rq.route->path, c->rs.status,
	    (long long)entry.us, (long long)db.us, (long long)cache.us,
	    (unsigned long long)db.statements, entry.cache, c->rs.body.n);
	if (c->rs.code != NULL)
		buf_fmt(&b, ",\"code\":\"%s\"", c->rs.code);
	put_text(&b, "ip", req_env(&c->rq, "REMOTE_ADDR"));
	put_text(&b, "sub", c->rq.user == NULL ? (struct str){ NULL, 0 } :
	    c->rq.user->sub);
	put_text(&b, "client_request_id", req_env(&c->rq, "HTTP_X_REQUEST_ID"));
	put_text(&b, "trace_id", trace_id(req_env(&c->rq, "HTTP_TRACEPARENT")));
	buf_byte(&b, '}');
	if (buf_ok(&b))
		log_line(buf_view(&b));
}
