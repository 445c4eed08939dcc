/* subscriber_quota - how many streams a caller may have open, and its rates. */
#include <stdlib.h>

#include "base/hash.h"
#include "live/subscriber.h"
#include "live/topic.h"

/* A caller: the subject of its token, or its address. */
struct subject {
	struct subject	*next;
	size_t		 open;		/* streams */
	char		 name[];
};

static struct subject **
subject_bucket(struct live *l, struct str name)
{
	return &l->subjects[hash_mix(hash_str(name)) % LIVE_HASH];
}

static struct subject *
subject_find(struct live *l, struct str name)
{
	struct subject	**bucket = subject_bucket(l, name), *s;

	for (s = *bucket; s != NULL; s = s->next)
		if (str_is(name, s->name))
			return s;
	if ((s = calloc(1, sizeof(*s) + name.n + 1)) == NULL)
		return NULL;
	memcpy(s->name, name.p, name.n);
	s->next = *bucket;
	*bucket = s;
	return s;
}

void
subscriber_leave_subject(struct live *l, struct subscriber *v)
{
	struct subject	*s = v->subject, **at;

	v->subject = NULL;
	if (s == NULL || --s->open > 0)
		return;
	at = subject_bucket(l, str_of(s->name));
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	free(s);
}

/* Count its stream; false: too many, or no memory.  An IPv6 /64 is one caller. */
static bool
count_stream(struct live *l, struct subscriber *v)
{
	char			 text[NET_TEXT];
	struct net_address	 a;
	struct str		 name = str_of(v->topic->depends.subject);
	int64_t			 max = l->p->conf->streams_per_client;

	if (!v->is_stream || l->p->shared.limit == NULL || max == 0)
		return true;
	if (name.n == 0 && net_parse(str_of(v->opening->address), &a)) {
		net_quota_key(&a, text);
		name = str_of(text);
	}
	if ((v->subject = subject_find(l, name)) == NULL)
		return false;
	return ++v->subject->open <= (size_t)max;
}

static enum http_status
charge_subject(struct live *l, struct subscriber *v, struct exchange *c)
{
	struct buf		*headers = &c->rs.headers;
	enum http_status	 status = limit_by_subject(l->p->shared.limit,
				    v->is_stream ? LIMIT_STREAM : LIMIT_READ,
				    &c->rq, &c->rs);

	free(v->opening->quota_headers);
	v->opening->quota_headers = strndup(headers->p == NULL ? "" : headers->p,
	    headers->n);
	return status;
}

/* Anonymous callers were charged when they connected: may_open(). */
bool
subscriber_admit(struct live *l, struct subscriber *v, struct frame **refusal)
{
	struct exchange		 c;
	struct user		 u = { .sub = str_of(v->topic->depends.subject) };
	enum http_status	 status = 0;

	subscriber_exchange(l, v, &c);
	c.rq.user = &u;
	if (!count_stream(l, v)) {
		resp_header(&c.rs, "Retry-After", "10");
		status = resp_problem(&c.rs, HTTP_TOO_MANY, "quota_exceeded",
		    "at most %lld streams may be open at the same time",
		    (long long)l->p->conf->streams_per_client);
	} else if (u.sub.n > 0)
		status = charge_subject(l, v, &c);
	if (status == 0 && v->opening->quota_headers != NULL)
		return true;
	*refusal = subscriber_response(l, v, &c, status == 0 ? HTTP_UNAVAILABLE : status);
	return false;
}
