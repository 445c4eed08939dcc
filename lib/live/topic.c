/* live_topic - what viewers look at: one representation, shared by many. */
#include <stdlib.h>

#include "base/hash.h"
#include "live/private.h"

#define PAUSE_MS	50	/* between two asks of one topic */
#define AGAIN_MS	200	/* and after one that failed; up to four times as long */

/* --- which one ------------------------------------------------------------ */

/* All of these, one behind the other with NULs between; where each begins. */
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
is_same(const struct topic *a, const struct topic *b)
{
	return a->hash == b->hash && a->https == b->https && str_eq(a->uri, b->uri) &&
	    str_eq(a->token, b->token) && str_eq(a->origin, b->origin);
}

static uint64_t
key_hash(const struct topic *key)
{
	return hash_str(key->uri) * 31 + hash_str(key->token) * 7 +
	    hash_str(key->origin) + key->https;
}

static struct topic *
topic_new(struct live *l, const struct topic *key, struct upstream *owner)
{
	size_t		 n = key->uri.n + key->token.n + key->origin.n +
			    key->address.n + 4;
	struct topic	*t = calloc(1, sizeof(*t) + n), **list;
	char		*at;

	if (t == NULL)
		return NULL;
	t->uri = key->uri;
	t->token = key->token;
	t->origin = key->origin;
	t->address = key->address;
	t->https = key->https;
	t->hash = key->hash;
	t->owner = owner;
	t->text_n = n;
	at = put_text(put_text(t->text, &t->uri), &t->token);
	(void)put_text(put_text(at, &t->origin), &t->address);
	list = &l->topics[t->hash % LIVE_HASH];
	t->next = *list;
	*list = t;
	l->ntopics++;
	return t;
}

struct topic *
topic_find(struct live *l, struct topic *key, struct upstream *owner)
{
	struct topic	*t;

	key->hash = key_hash(key);
	for (t = l->topics[key->hash % LIVE_HASH]; t != NULL; t = t->next)
		if (is_same(t, key))
			return t;
	return topic_new(l, key, owner);
}

void
topic_clear(struct topic *t)
{
	free(t->etag);
	free(t->whole);
	free(t->subject);
	free(t->generation);
	frame_release(t->event);
}

static void
free_if_unused(struct live *l, struct topic *t)
{
	struct topic	**at = &l->topics[t->hash % LIVE_HASH];

	if (t->viewers != NULL || t->asking || t->in_queue || t->telling)
		return;
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	l->ntopics--;
	topic_clear(t);
	explicit_bzero(t->text, t->text_n);
	free(t);
}

/* --- who looks ------------------------------------------------------------ */

bool
topic_is_complete(const struct topic *t)
{
	return (t->streams == 0 || t->event != NULL) &&
	    (t->waits == 0 || t->whole != NULL);
}

/* Is what it shows true at this moment? */
static bool
is_fresh(const struct live *l, const struct topic *t)
{
	return t->status == HTTP_OK && t->tagged && !t->forced && topic_is_complete(t) &&
	    !generation_pending(l->p->gen, t->cell, t->cells) &&
	    !generation_changed(l->p->gen, t->cell, t->generation, t->cells);
}

/*
 * One who comes is shown nothing that was read before: also an ask that is on
 * its way may have been answered from what a write of theirs has changed since.
 */
void
topic_join(struct live *l, struct topic *t, struct subscriber *v)
{
	*(v->streams ? &t->streams : &t->waits) += 1;
	v->topic = t;
	v->before = NULL;
	v->next = t->viewers;
	if (t->viewers != NULL)
		t->viewers->before = v;
	t->viewers = v;
	v->need = t->answered;
	if (!t->asking && is_fresh(l, t))
		return;
	v->need = t->asked + 1;
	t->forced = true;
}

void
topic_leave(struct live *l, struct subscriber *v)
{
	struct topic	*t = v->topic;

	*(v->before == NULL ? &t->viewers : &v->before->next) = v->next;
	if (v->next != NULL)
		v->next->before = v->before;
	*(v->streams ? &t->streams : &t->waits) -= 1;
	v->topic = NULL;
	free_if_unused(l, t);
}

/* Who is busy with a frame comes here again when it is out. */
static void
tell(struct live *l, struct topic *t)
{
	struct subscriber	*v, *next;

	t->telling = true;
	for (v = t->viewers; v != NULL; v = next) {
		next = v->next;
		if (v->out == NULL)
			subscriber_write(l, v);
	}
	t->telling = false;
	free_if_unused(l, t);
}

/* --- when it is asked for ------------------------------------------------- */

void
topic_request_done(struct live *l, struct topic *t)
{
	t->asking = false;
	t->answered = t->asked;
	t->since_ms = l->now_ms;
	t->not_before = l->now_ms + PAUSE_MS;
	tell(l, t);
}

void
topic_request_failed(struct live *l, struct topic *t)
{
	t->asking = false;
	t->forced = true;
	t->not_before = l->now_ms + AGAIN_MS + rand() % (3 * AGAIN_MS);
	free_if_unused(l, t);
}

/*
 * Also one that rests at pending: its writer may be dead, and what is asked
 * finishes what the dead left.
 */
static bool
is_due(const struct live *l, const struct topic *t, bool pending)
{
	if (t->asking || t->in_queue || t->viewers == NULL)
		return false;
	/* The first pause is for those who come, too. */
	if (t->status != 0 && l->now_ms < t->not_before)
		return false;
	if (t->forced)
		return l->now_ms >= t->not_before;
	return t->status == HTTP_OK && t->tagged &&
	    (generation_changed(l->p->gen, t->cell, t->generation, t->cells) ||
	    (t->again_ms != 0 && l->now_ms - t->since_ms >= t->again_ms) ||
	    (pending && generation_pending(l->p->gen, t->cell, t->cells)));
}

static void
enqueue(struct live *l, struct topic *t)
{
	t->in_queue = true;
	t->queued = NULL;
	*(l->last == NULL ? &l->first : &l->last->queued) = t;
	l->last = t;
}

static struct topic *
dequeue(struct live *l)
{
	struct topic	*t = l->first;

	l->first = t->queued;
	if (l->first == NULL)
		l->last = NULL;
	t->in_queue = false;
	return t;
}

static void
ask(struct live *l, struct topic *t)
{
	if (t->viewers == NULL) {
		free_if_unused(l, t);
		return;
	}
	t->forced = false;
	t->asking = true;
	t->asked++;
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
	while (l->first != NULL && l->nasks < LIVE_MAX_REQUESTS)
		ask(l, dequeue(l));
}
