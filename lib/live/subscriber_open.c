/* subscriber_open - the request of a subscriber: refuse it, or join its topic. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "fcgi/params.h"
#include "http/accept.h"
#include "http/etag.h"
#include "live/subscriber.h"
#include "live/topic.h"
#include "live/upstream.h"

/* --- the opening ---------------------------------------------------------- */

void
opening_free(struct opening *o)
{
	if (o == NULL)
		return;
	free(o->etags);
	free(o->headers);
	free(o->quota_headers);
	free(o);
}

static char *
copy_of(struct str s)
{
	return strndup(s.p == NULL ? "" : s.p, s.n);
}

static struct opening *
opening_new(struct exchange *c, struct str etags)
{
	struct opening	*o = calloc(1, sizeof(*o));
	struct buf	 headers;

	if (o == NULL)
		return NULL;
	buf_init(&headers, c->rq.arena);
	exchange_common_headers(c, &headers);
	o->began_us = c->began;
	memcpy(o->id, c->rq.id, sizeof(o->id));
	memcpy(o->trace, c->rq.trace, sizeof(o->trace));
	(void)snprintf(o->address, sizeof(o->address), "%.*s", STR_ARG(c->rq.origin.address));
	o->headers = buf_ok(&headers) ? copy_of(buf_view(&headers)) : NULL;
	o->quota_headers = copy_of(buf_view(&c->rs.headers));
	o->etags = etags.n > 0 && etag_valid(etags) ? copy_of(etags) : NULL;
	if (o->headers != NULL && o->quota_headers != NULL)
		return o;
	opening_free(o);
	return NULL;
}

void
subscriber_exchange(struct live *l, const struct subscriber *v, struct exchange *c)
{
	static char *const	 no_variables[] = { NULL };

	*c = (struct exchange){ .t = l->t, .p = l->p, .began = v->opening->began_us };
	req_init(&c->rq, &l->t->arena, no_variables);
	c->rq.conf = l->p->conf;
	c->rq.method = HTTP_GET;
	c->rq.origin.address = str_of(v->opening->address);
	memcpy(c->rq.id, v->opening->id, sizeof(c->rq.id));
	memcpy(c->rq.trace, v->opening->trace, sizeof(c->rq.trace));
	resp_init(&c->rs, &c->rq, l->p->conf->base_url);
}

struct frame *
subscriber_response(struct live *l, struct subscriber *v, struct exchange *c,
    enum http_status status)
{
	const char	*line = arena_fmt(c->rq.arena, "Status: %d %s\r\nContent-Type: %s\r\n"
			    "Content-Length: %zu\r\nCache-Control: no-store\r\n",
			    (int)status, http_reason(status), c->rs.type, c->rs.body.n);
	struct str	 parts[] = { str_of(line), str_of(v->opening->headers),
			    buf_view(&c->rs.headers), STR("\r\n"),
			    buf_view(&c->rs.body) };

	v->ending = true;
	subscriber_count(l, v, (int)status);
	return line == NULL ? NULL :
	    frame_new(v->connection.id, parts, NELEMS(parts), true);
}

struct frame *
subscriber_refuse(struct live *l, struct subscriber *v, enum http_status status,
    const char *code, const char *detail)
{
	struct exchange	 c;

	subscriber_exchange(l, v, &c);
	if (status == HTTP_UNAVAILABLE)
		resp_header(&c.rs, "Retry-After", "1");
	status = resp_problem(&c.rs, status, code, "%s", detail);
	return subscriber_response(l, v, &c, status);
}

void
subscriber_count(struct live *l, struct subscriber *v, int status)
{
	struct exchange	 c;
	struct user	 u = { .sub = str_of(v->topic->depends.subject) };

	subscriber_exchange(l, v, &c);
	c.rs.status = status;
	c.rq.user = u.sub.n > 0 ? &u : NULL;
	exchange_log(&c);
	program_thread_count(l->t);
}

/* --- opening -------------------------------------------------------------- */

/* What this program can judge itself; token and path are judged by the upstream. */
static enum http_status
may_open(struct live *l, const struct subscriber *v, struct exchange *c)
{
	struct req	*rq = &c->rq;

	if (rq->method != HTTP_GET)
		return resp_problem(&c->rs, HTTP_METHOD_NOT_ALLOWED,
		    "method_not_allowed", "only GET supports event streams and "
		    "Prefer: wait");
	if (v->connection.in->body_over)
		return resp_problem(&c->rs, HTTP_BAD_REQUEST, "unexpected_body",
		    "this request must not have a body");
	if (generation_remote(l->p->cache.generations))
		return resp_problem(&c->rs, HTTP_NOT_ACCEPTABLE, "not_acceptable",
		    "this installation has no event streams, because its run folder "
		    "is on a network file system");
	if (l->drain_ms != 0 || l->nopen >= (size_t)l->p->conf->streams_max) {
		resp_header(&c->rs, "Retry-After", "5");
		return resp_problem(&c->rs, HTTP_UNAVAILABLE, "unavailable",
		    "too many streams are open; try again later");
	}
	if (req_env(rq, "HTTP_AUTHORIZATION").p != NULL)
		return 0;
	return limit_by_address(l->p->shared.limit,
	    v->is_stream ? LIMIT_STREAM : LIMIT_PUBLIC, rq, &c->rs);
}

/* The leading digits as seconds, at most MAX_LIVE_WAIT. */
static uint16_t
parse_wait(struct str s)
{
	unsigned	 n = 0;

	for (; s.n > 0 && s.p[0] >= '0' && s.p[0] <= '9' && n < 1000; s = str_from(s, 1))
		n = n * 10 + (unsigned)(s.p[0] - '0');
	return (uint16_t)(n > MAX_LIVE_WAIT ? MAX_LIVE_WAIT : n);
}

static enum http_status
join_topic(struct live *l, struct subscriber *v, struct exchange *c)
{
	struct req		*rq = &c->rq;
	struct str		 etags = req_env(rq, v->is_stream ? "HTTP_LAST_EVENT_ID" :
				    "HTTP_IF_NONE_MATCH");
	struct topic_key	 key = { .uri = req_env(rq, "REQUEST_URI"),
				    .token = req_env(rq, "HTTP_AUTHORIZATION"),
				    .origin = req_env(rq, "HTTP_ORIGIN"),
				    .https = rq->origin.https };
	struct topic		*t;

	if ((v->opening = opening_new(c, etags)) == NULL ||
	    (t = topic_find(l, &key, rq->origin.address, upstream_of(rq))) == NULL)
		return resp_problem(&c->rs, HTTP_UNAVAILABLE, "unavailable",
		    "out of memory");
	v->deadline_ms = v->is_stream ? 0 : l->now_ms + v->wait_s * 1000;
	l->nopen++;
	scoreboard_add_busy(l->p->shared.scoreboard, 1);
	topic_join(l, t, v);
	return 0;
}

static void
send_refusal(struct live *l, struct subscriber *v, struct exchange *c)
{
	struct buf	 out;
	struct str	 all;

	buf_init(&out, c->rq.arena);
	exchange_write(c, &out);
	exchange_log(c);
	program_thread_count(l->t);
	all = buf_view(&out);
	subscriber_send(l, v, buf_ok(&out) ?
	    frame_new(v->connection.id, &all, 1, true) : NULL, true);
}

static void
begin_exchange(struct live *l, struct exchange *c, char *const *env)
{
	req_init(&c->rq, &l->t->arena, env);
	req_strip_base(&c->rq, l->p->conf->base_path);
	c->rq.conf = l->p->conf;
	req_set_origin(&c->rq);
	resp_init(&c->rs, &c->rq, l->p->conf->base_url);
	log_set_request(c->rq.id);
}

void
subscriber_open(struct live *l, struct subscriber *v)
{
	struct exchange	 c = { .t = l->t, .p = l->p, .began = clock_mono_us() };
	struct fcgi_bytes *params = &v->connection.in->params;
	char *const	*env = fcgi_params_read(&l->t->arena,
			    (struct str){ params->p, params->n });
	struct str	 wait = { NULL, 0 };

	if (env == NULL) {
		subscriber_close(l, v);
		return;
	}
	begin_exchange(l, &c, env);
	v->is_stream = accept_names(req_env(&c.rq, "HTTP_ACCEPT"),
	    STR("text/event-stream"));
	if (!v->is_stream && req_preference(&c.rq, "wait", &wait))
		v->wait_s = parse_wait(wait);
	c.rs.status = (int)may_open(l, v, &c);
	if (c.rs.status == 0)
		c.rs.status = (int)join_topic(l, v, &c);
	if (c.rs.status != 0)
		send_refusal(l, v, &c);
	else
		subscriber_write(l, v);
	log_set_request("");
}
