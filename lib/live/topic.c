/* topic - one representation, shared by the subscribers that see the same. */
#include <stdlib.h>

#include "base/hash.h"
#include "live/subscriber.h"
#include "live/topic.h"
#include "live/upstream.h"

#define PAUSE_MS	50	/* between two requests of one topic */
#define RETRY_MS	200	/* after a request that failed: 1 to 4 times as long */

/* --- finding ---------------------------------------------------------------- */

/* Copy the text behind the others, and point to the copy; returns its end. */
static char *
put_text(char *to, struct str *s)
{
	if (s->n > 0)
		memcpy(to, s->p, s->n);
	to[s->n] = '\0';
	s->p = to;
	return to + s->n + 1;
}

static bool
key_is_equal(const struct topic_key *a, const struct topic_key *b)
{
	return a->hash == b->hash && a->https == b->https && str_eq(a->uri, b->uri) &&
	    str_eq(a->token, b->token) && str_eq(a->origin, b->origin);
}

static uint64_t
key_hash(const struct topic_key *key)
{
	return hash_str(key->uri) * 31 + hash_str(key->token) * 7 +
	    hash_str(key->origin) + key->https;
}

static struct topic *
topic_new(struct live *l, const struct topic_key *key, struct str address,
    struct upstream *upstream)
{
	size_t		 n = key->uri.n + key->token.n + key->origin.n + address.n + 4;
	struct topic	*t = calloc(1, sizeof(*t) + n), **bucket;
	char		*at;

	if (t == NULL)
		return NULL;
	t->key = *key;
	t->address = address;
	t->upstream = upstream;
	t->text_n = n;
	at = put_text(put_text(t->text, &t->key.uri), &t->key.token);
	(void)put_text(put_text(at, &t->key.origin), &t->address);
	bucket = &l->topics[key->hash % LIVE_HASH];
	t->next = *bucket;
	*bucket = t;
	l->ntopics++;
	return t;
}

struct topic *
topic_find(struct live *l, struct topic_key *key, struct str address,
    struct upstream *upstream)
{
	struct topic	*t;

	key->hash = key_hash(key);
	for (t = l->topics[key->hash % LIVE_HASH]; t != NULL; t = t->next)
		if (key_is_equal(&t->key, key))
			return t;
	return topic_new(l, key, address, upstream);
}

static void
free_if_unused(struct live *l, struct topic *t)
{
	struct topic	**at = &l->topics[t->key.hash % LIVE_HASH];

	if (t->subscribers != NULL || t->schedule.in_flight || t->schedule.is_queued ||
	    t->schedule.notifying)
		return;
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	l->ntopics--;
	free(t->answer.etag);
	free(t->answer.whole);
	frame_release(t->answer.event);
	free(t->depends.subject);
	free(t->depends.generation);
	explicit_bzero(t->text, t->text_n);	/* the token */
	free(t);
}

/* --- subscribers ------------------------------------------------------------ */

bool
topic_is_complete(const struct topic *t)
{
	return (t->streams == 0 || t->answer.event != NULL) &&
	    (t->waits == 0 || t->answer.whole != NULL);
}

static bool
has_changed(const struct live *l, const struct topic_depends *d)
{
	return generation_changed(l->p->cache.generations, d->cell, d->generation,
	    d->ncells);
}

static bool
is_pending(const struct live *l, const struct topic_depends *d)
{
	return generation_pending(l->p->cache.generations, d->cell, d->ncells);
}

static bool
is_fresh(const struct live *l, const struct topic *t)
{
	return t->answer.status == HTTP_OK && t->depends.known && !t->schedule.forced &&
	    topic_is_complete(t) && !is_pending(l, &t->depends) &&
	    !has_changed(l, &t->depends);
}

/*
 * A subscriber that comes after its own write must see that write.  The request
 * in flight may have read the database before it, so unless the answer is fresh,
 * it waits for a request that begins now.
 */
void
topic_join(struct live *l, struct topic *t, struct subscriber *v)
{
	*(v->is_stream ? &t->streams : &t->waits) += 1;
	v->topic = t;
	v->before = NULL;
	v->next = t->subscribers;
	if (t->subscribers != NULL)
		t->subscribers->before = v;
	t->subscribers = v;
	v->min_answer = t->schedule.answered;
	if (!t->schedule.in_flight && is_fresh(l, t))
		return;
	v->min_answer = t->schedule.requested + 1;
	t->schedule.forced = true;
}

void
topic_leave(struct live *l, struct subscriber *v)
{
	struct topic	*t = v->topic;

	*(v->before == NULL ? &t->subscribers : &v->before->next) = v->next;
	if (v->next != NULL)
		v->next->before = v->before;
	*(v->is_stream ? &t->streams : &t->waits) -= 1;
	v->topic = NULL;
	free_if_unused(l, t);
}

/* A subscriber that still sends a frame looks for the next one when it is sent. */
static void
notify_subscribers(struct live *l, struct topic *t)
{
	struct subscriber	*v, *next;

	t->schedule.notifying = true;
	for (v = t->subscribers; v != NULL; v = next) {
		next = v->next;
		if (v->out == NULL)
			subscriber_write(l, v);
	}
	t->schedule.notifying = false;
	free_if_unused(l, t);
}

/* --- requests --------------------------------------------------------------- */

void
topic_request_done(struct live *l, struct topic *t)
{
	t->schedule.in_flight = false;
	t->schedule.answered = t->schedule.requested;
	t->schedule.answered_ms = l->now_ms;
	t->schedule.not_before_ms = l->now_ms + PAUSE_MS;
	notify_subscribers(l, t);
}

void
topic_request_failed(struct live *l, struct topic *t)
{
	t->schedule.in_flight = false;
	t->schedule.forced = true;
	t->schedule.not_before_ms = l->now_ms + RETRY_MS + rand() % (3 * RETRY_MS);
	free_if_unused(l, t);
}

/*
 * Also due when a generation stays pending: its writer may be dead, and the
 * upstream then finishes what the writer left.
 */
static bool
is_due(const struct live *l, const struct topic *t, bool pending)
{
	const struct topic_schedule	*s = &t->schedule;

	if (s->in_flight || s->is_queued || t->subscribers == NULL)
		return false;
	if (l->now_ms < s->not_before_ms && (s->forced || t->answer.status != 0))
		return false;
	if (s->forced)
		return true;
	return t->answer.status == HTTP_OK && t->depends.known &&
	    (has_changed(l, &t->depends) ||
	    (t->depends.again_ms != 0 && l->now_ms - s->answered_ms >= t->depends.again_ms) ||
	    (pending && is_pending(l, &t->depends)));
}

static void
enqueue(struct live *l, struct topic *t)
{
	t->schedule.is_queued = true;
	t->queued = NULL;
	*(l->queue_last == NULL ? &l->queue_first : &l->queue_last->queued) = t;
	l->queue_last = t;
}

static struct topic *
dequeue(struct live *l)
{
	struct topic	*t = l->queue_first;

	l->queue_first = t->queued;
	if (l->queue_first == NULL)
		l->queue_last = NULL;
	t->schedule.is_queued = false;
	return t;
}

static void
topic_request(struct live *l, struct topic *t)
{
	if (t->subscribers == NULL) {
		free_if_unused(l, t);
		return;
	}
	t->schedule.forced = false;
	t->schedule.in_flight = true;
	t->schedule.requested++;
	if (!upstream_request_begin(l, t))
		topic_request_failed(l, t);
}

void
topic_check_all(struct live *l, bool pending)
{
	for (size_t i = 0; l->ntopics > 0 && i < LIVE_HASH; i++)
		for (struct topic *t = l->topics[i]; t != NULL; t = t->next)
			if (is_due(l, t, pending))
				enqueue(l, t);
	while (l->queue_first != NULL && l->nrequests < LIVE_MAX_REQUESTS)
		topic_request(l, dequeue(l));
}
