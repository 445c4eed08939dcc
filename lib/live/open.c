/* live_open - what a viewer asks for, and may it. */
#include <stdio.h>
#include <stdlib.h>

#include "http/etag.h"
#include "base/hash.h"
#include "base/clock.h"
#include "live/private.h"
#include "base/log.h"

#define PARAM_BYTES		4
#define STDIN		5
#define HEAD		8
#define VARIABLES	256

/* --- the request ---------------------------------------------------------- */

/* The content of all records of a type, together. */
static struct str
content_of(struct arena *a, const struct fcgi_parser *in, uint8_t type)
{
	struct buf	 b;
	const uint8_t	*h;
	size_t		 n;

	buf_init(&b, a);
	for (size_t at = 0; at + HEAD <= in->n; at += HEAD + n + h[6]) {
		h = (const uint8_t *)in->kept + at;
		n = (size_t)(h[4] << 8 | h[5]);
		if (h[1] == type)
			buf_put(&b, h + HEAD, n);
	}
	return buf_ok(&b) ? buf_view(&b) : (struct str){ NULL, 0 };
}

/* A length of one byte, or of four. */
static bool
take_length(struct str *s, size_t *n)
{
	const uint8_t	*p = (const uint8_t *)s->p;
	size_t		 width = s->n > 0 && p[0] >= 0x80 ? 4 : 1;

	if (s->n < width)
		return false;
	*n = width == 1 ? p[0] : (size_t)(p[0] & 0x7f) << 24 |
	    (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	*s = str_from(*s, width);
	return true;
}

/* Name-value pairs as CGI variables; NULL: malformed, too many, no memory. */
static char *const *
variables(struct arena *a, struct str s)
{
	char	**env = arena_array(a, char *, VARIABLES + 1);
	size_t	 name, value;

	for (size_t i = 0; env != NULL && s.n > 0; i++) {
		if (i == VARIABLES || !take_length(&s, &name) ||
		    !take_length(&s, &value) || name > s.n || value > s.n - name)
			return NULL;
		env[i] = arena_fmt(a, "%.*s=%.*s", (int)name, s.p, (int)value,
		    s.p + name);
		if (env[i] == NULL)
			return NULL;
		s = str_from(s, name + value);
	}
	return env;
}

/* --- the opening ---------------------------------------------------------- */

void
opening_free(struct opening *o)
{
	if (o == NULL)
		return;
	free(o->given);
	free(o->always);
	free(o->standing);
	free(o);
}

static char *
copy_of(struct str s)
{
	return strndup(s.p == NULL ? "" : s.p, s.n);
}

static struct opening *
opening_of(struct exchange *c, struct str given)
{
	struct opening	*o = calloc(1, sizeof(*o));
	struct buf	 always;

	if (o == NULL)
		return NULL;
	buf_init(&always, c->rq.arena);
	exchange_common_headers(c, &always);
	o->began_us = c->began;
	memcpy(o->id, c->rq.id, sizeof(o->id));
	memcpy(o->trace, c->rq.trace, sizeof(o->trace));
	(void)snprintf(o->address, sizeof(o->address), "%.*s", STR_ARG(c->rq.origin.address));
	o->always = buf_ok(&always) ? copy_of(buf_view(&always)) : NULL;
	o->standing = copy_of(buf_view(&c->rs.headers));
	o->given = given.n > 0 && etag_valid(given) ? copy_of(given) : NULL;
	if (o->always != NULL && o->standing != NULL)
		return o;
	opening_free(o);
	return NULL;
}

/* A call like the viewer's, to make a refusal with, or its line of the log. */
static void
call_again(struct live *l, const struct subscriber *v, struct exchange *c)
{
	static char *const	 none[] = { NULL };

	*c = (struct exchange){ .t = l->t, .p = l->p, .began = v->opening->began_us };
	req_init(&c->rq, &l->t->arena, none);
	c->rq.conf = l->p->conf;
	c->rq.method = HTTP_GET;
	c->rq.origin.address = str_of(v->opening->address);
	memcpy(c->rq.id, v->opening->id, sizeof(c->rq.id));
	memcpy(c->rq.trace, v->opening->trace, sizeof(c->rq.trace));
	resp_init(&c->rs, &c->rq, l->p->conf->base_url);
}

static struct frame *
refusal(struct live *l, struct subscriber *v, struct exchange *c, enum http_status status)
{
	const char	*line = arena_fmt(c->rq.arena, "Status: %d %s\r\nContent-Type: %s\r\n"
			    "Content-Length: %zu\r\nCache-Control: no-store\r\n",
			    (int)status, http_reason(status), c->rs.type, c->rs.body.n);
	struct str	 parts[] = { str_of(line), str_of(v->opening->always),
			    buf_view(&c->rs.headers), STR("\r\n"),
			    buf_view(&c->rs.body) };

	v->ending = true;
	subscriber_count(l, v, (int)status);
	return line == NULL ? NULL : frame_new(v->id, parts, NELEMS(parts), true);
}

struct frame *
subscriber_refuse(struct live *l, struct subscriber *v, enum http_status status,
    const char *code, const char *detail)
{
	struct exchange	 c;

	call_again(l, v, &c);
	if (status == HTTP_UNAVAILABLE)
		resp_header(&c.rs, "Retry-After", "1");
	status = resp_problem(&c.rs, status, code, "%s", detail);
	return refusal(l, v, &c, status);
}

void
subscriber_count(struct live *l, struct subscriber *v, int status)
{
	struct exchange	 c;
	struct user	 u = { .sub = str_of(v->topic->subject) };

	call_again(l, v, &c);
	c.rs.status = status;
	c.rq.user = u.sub.n > 0 ? &u : NULL;
	exchange_log(&c);
	program_thread_count(l->t);
}

/* --- quotas --------------------------------------------------------------- */

static struct subject *
subject_of(struct live *l, struct str name)
{
	struct subject	**at = &l->subjects[hash_mix(hash_str(name)) % LIVE_HASH], *s;

	for (s = *at; s != NULL; s = s->next)
		if (str_is(name, s->name))
			return s;
	if ((s = calloc(1, sizeof(*s) + name.n + 1)) == NULL)
		return NULL;
	memcpy(s->name, name.p, name.n);
	s->next = *at;
	*at = s;
	return s;
}

void
subject_leave(struct live *l, struct subscriber *v)
{
	struct subject	*s = v->subject, **at;

	v->subject = NULL;
	if (s == NULL || --s->open > 0)
		return;
	at = &l->subjects[hash_mix(hash_str(str_of(s->name))) % LIVE_HASH];
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	free(s);
}

/* One more of its streams; those of a whole network of IPv6 are one's. */
static bool
count_stream(struct live *l, struct subscriber *v)
{
	char			 text[NET_TEXT];
	struct net_address	 a;
	struct str		 name = str_of(v->topic->subject);
	int64_t			 most = l->p->conf->streams_per_client;

	if (!v->streams || l->p->limit == NULL || most == 0)
		return true;
	if (name.n == 0 && net_parse(str_of(v->opening->address), &a)) {
		net_quota_key(&a, text);
		name = str_of(text);
	}
	if ((v->subject = subject_of(l, name)) == NULL)
		return false;
	return ++v->subject->open <= (size_t)most;
}

static enum limit_class
class_of(const struct subscriber *v, bool token)
{
	return v->streams ? LIMIT_STREAM : token ? LIMIT_READ : LIMIT_PUBLIC;
}

/* Of an address it was taken before anything was asked. */
bool
subscriber_admit(struct live *l, struct subscriber *v, struct frame **out)
{
	struct exchange		 c;
	struct user		 u = { .sub = str_of(v->topic->subject) };
	enum http_status	 status = 0;

	call_again(l, v, &c);
	c.rq.user = &u;
	if (!count_stream(l, v)) {
		resp_header(&c.rs, "Retry-After", "10");
		status = resp_problem(&c.rs, HTTP_TOO_MANY, "quota_exceeded",
		    "no more than %lld streams may be open",
		    (long long)l->p->conf->streams_per_client);
	} else if (u.sub.n > 0) {
		status = limit_by_subject(l->p->limit, class_of(v, true), &c.rq, &c.rs);
		free(v->opening->standing);
		v->opening->standing = copy_of(buf_view(&c.rs.headers));
	}
	if (status == 0 && v->opening->standing != NULL)
		return true;
	*out = refusal(l, v, &c, status == 0 ? HTTP_UNAVAILABLE : status);
	return false;
}

/* --- opening -------------------------------------------------------------- */

static enum http_status
may_open(struct live *l, const struct subscriber *v, struct exchange *c)
{
	struct req	*rq = &c->rq;

	if (rq->method != HTTP_GET)
		return resp_problem(&c->rs, HTTP_METHOD_NOT_ALLOWED,
		    "method_not_allowed", "only GET can be live");
	if (content_of(rq->arena, v->in, STDIN).n > 0)
		return resp_problem(&c->rs, HTTP_BAD_REQUEST, "unexpected_body",
		    "nothing takes a body here");
	if (generation_remote(l->p->gen))
		return resp_problem(&c->rs, HTTP_NOT_ACCEPTABLE, "not_acceptable",
		    "nothing is live here: this installation's counters are on a "
		    "network file system");
	if (l->drain_ms != 0 || l->open >= (size_t)l->p->conf->streams_max) {
		resp_header(&c->rs, "Retry-After", "5");
		return resp_problem(&c->rs, HTTP_UNAVAILABLE, "unavailable",
		    "there are too many streams already");
	}
	if (req_env(rq, "HTTP_AUTHORIZATION").p != NULL)
		return 0;
	return limit_by_address(l->p->limit, class_of(v, false), rq, &c->rs);
}

/* A number of seconds, as far as it is one. */
static uint16_t
seconds(struct str s)
{
	unsigned	 n = 0;

	for (; s.n > 0 && s.p[0] >= '0' && s.p[0] <= '9' && n < 1000; s = str_from(s, 1))
		n = n * 10 + (unsigned)(s.p[0] - '0');
	return (uint16_t)(n > MAX_LIVE_WAIT ? MAX_LIVE_WAIT : n);
}

static enum http_status
park(struct live *l, struct subscriber *v, struct exchange *c)
{
	struct req	*rq = &c->rq;
	struct str	 given = req_env(rq, v->streams ? "HTTP_LAST_EVENT_ID" :
			    "HTTP_IF_NONE_MATCH");
	struct str	 sent = req_env(rq, "REQUEST_URI");
	struct topic	 key = { .uri = sent, .token = req_env(rq, "HTTP_AUTHORIZATION"),
			    .origin = req_env(rq, "HTTP_ORIGIN"),
			    .address = rq->origin.address, .https = rq->origin.https }, *t;

	if ((v->opening = opening_of(c, given)) == NULL ||
	    (t = topic_find(l, &key, upstream_of(rq))) == NULL)
		return resp_problem(&c->rs, HTTP_UNAVAILABLE, "unavailable",
		    "there is not enough memory");
	v->until_ms = v->streams ? 0 : l->now_ms + v->wait_s * 1000;
	l->open++;
	scoreboard_add_busy(l->p->scoreboard, 1);
	topic_join(l, t, v);
	return 0;
}

static void
refuse_at_once(struct live *l, struct subscriber *v, struct exchange *c)
{
	struct buf	 out;
	struct str	 all;

	buf_init(&out, c->rq.arena);
	exchange_write(c, &out);
	exchange_log(c);
	program_thread_count(l->t);
	all = buf_view(&out);
	subscriber_send(l, v, buf_ok(&out) ? frame_new(v->id, &all, 1, true) : NULL, true);
}

void
subscriber_open(struct live *l, struct subscriber *v)
{
	struct exchange	 c = { .t = l->t, .p = l->p, .began = clock_mono_us() };
	struct arena	*a = &l->t->arena;
	char *const	*env = variables(a, content_of(a, v->in, PARAM_BYTES));
	struct str	 wait = { NULL, 0 };

	if (env == NULL) {
		subscriber_close(l, v);
		return;
	}
	req_init(&c.rq, a, env);
	req_strip_base(&c.rq, l->p->conf->base_path);
	c.rq.conf = l->p->conf;
	req_set_client(&c.rq);
	resp_init(&c.rs, &c.rq, l->p->conf->base_url);
	log_set_request(c.rq.id);
	v->streams = http_names(req_env(&c.rq, "HTTP_ACCEPT"),
	    STR("text/event-stream"));
	if (!v->streams && req_preference(&c.rq, "wait", &wait))
		v->wait_s = seconds(wait);
	c.rs.status = (int)may_open(l, v, &c);
	if (c.rs.status == 0)
		c.rs.status = (int)park(l, v, &c);
	if (c.rs.status != 0)
		refuse_at_once(l, v, &c);
	else
		subscriber_write(l, v);
	log_set_request("");
}
