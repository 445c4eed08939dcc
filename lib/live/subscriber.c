/* subscriber - a connection of the web server, from its first byte to its last. */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "live/subscriber.h"
#include "live/topic.h"

#define MAX_PARAMS	((size_t)64 << 10)
#define READ_MS		5000	/* until a request is complete */
#define MAX_DRAIN_MS	3000	/* over which subscribers are sent away */

/* Wait for input, and for room in the socket while it is blocked. */
static bool
watch(struct live *l, struct subscriber *v, int op)
{
	return live_watch(l, &v->source, v->connection.fd, op, EPOLLIN | EPOLLRDHUP |
	    (v->blocked ? (uint32_t)EPOLLOUT : 0));
}

static bool
grow_subscribers(struct live *l)
{
	size_t			 max = l->max_subscribers == 0 ? 256 : l->max_subscribers * 2;
	struct subscriber	**more;

	if (l->nsubscribers < l->max_subscribers)
		return true;
	if ((more = realloc(l->subscribers, max * sizeof(*more))) == NULL)
		return false;
	l->max_subscribers = max;
	l->subscribers = more;
	return true;
}

void
subscriber_new(struct live *l, int fd)
{
	struct subscriber	*v = calloc(1, sizeof(*v));

	if (v == NULL || !grow_subscribers(l)) {
		free(v);
		close(fd);
		return;
	}
	*v = (struct subscriber){ .source = { SOURCE_SUBSCRIBER },
	    .deadline_ms = l->now_ms + READ_MS, .sent_ms = l->now_ms,
	    .index = (uint32_t)l->nsubscribers };
	if (!connection_open(&v->connection, fd, MAX_PARAMS, 0)) {
		free(v);
		return;
	}
	l->subscribers[l->nsubscribers++] = v;
	if (!watch(l, v, EPOLL_CTL_ADD))
		subscriber_close(l, v);
}

/* Events of this turn may still name it, so its memory is freed later. */
void
subscriber_close(struct live *l, struct subscriber *v)
{
	if (v->topic != NULL) {
		l->nopen--;
		scoreboard_add_busy(l->p->shared.scoreboard, -1);
		topic_leave(l, v);
	}
	subscriber_leave_subject(l, v);
	opening_free(v->opening);
	frame_release(v->out);
	connection_close(&v->connection);
	l->subscribers[v->index] = l->subscribers[--l->nsubscribers];
	l->subscribers[v->index]->index = v->index;
	v->source.kind = SOURCE_CLOSED;
	v->next = l->closed;
	l->closed = v;
}

void
subscriber_free_all(struct live *l)
{
	struct subscriber	*v;

	while ((v = l->closed) != NULL) {
		l->closed = v->next;
		free(v);
	}
}

/* --- reading -------------------------------------------------------------- */

/* After its request, a web server sends nothing but an abort or the end. */
static bool
was_aborted(const struct subscriber *v, uint32_t events)
{
	uint8_t	 some[64];
	ssize_t	 n = recv(v->connection.fd, some, sizeof(some), MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) ||
	    (n >= 2 && some[1] == FCGI_ABORT_REQUEST) ||
	    (events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0;
}

void
subscriber_read(struct live *l, struct subscriber *v, uint32_t events)
{
	enum fcgi_parser_state	 state;

	if (v->connection.in == NULL) {
		if (was_aborted(v, events))
			subscriber_close(l, v);
		return;
	}
	state = connection_read(&v->connection);
	if (state == FCGI_PARSER_ABORTED || v->connection.in->no_memory)
		subscriber_close(l, v);
	else if (state == FCGI_PARSER_DONE) {
		subscriber_open(l, v);
		if (v->source.kind != SOURCE_CLOSED)
			connection_forget_request(&v->connection);
	}
}

/* --- writing -------------------------------------------------------------- */

static void
set_blocked(struct live *l, struct subscriber *v, bool blocked)
{
	if (v->blocked == blocked)
		return;
	v->blocked = blocked;
	v->sent_ms = l->now_ms;
	(void)!watch(l, v, EPOLL_CTL_MOD);
}

/* True: all of the frame was sent.  False: it is blocked or closed. */
static bool
send_frame(struct live *l, struct subscriber *v)
{
	ssize_t	 n;

	while (v->sent < v->out->n) {
		n = connection_send(&v->connection, v->out->bytes + v->sent,
		    v->out->n - v->sent);
		if (n == 0)
			set_blocked(l, v, true);
		else if (n < 0)
			subscriber_close(l, v);
		if (n <= 0)
			return false;
		v->sent_ms = l->now_ms;
		v->sent += (uint32_t)n;
	}
	return true;
}

void
subscriber_write(struct live *l, struct subscriber *v)
{
	while (v->out != NULL || (v->topic != NULL && !v->ending &&
	    (v->out = subscriber_next(l, v)) != NULL)) {
		if (!send_frame(l, v))
			return;
		frame_release(v->out);
		v->out = NULL;
		v->sent = 0;
	}
	if (v->ending)
		subscriber_close(l, v);
	else
		set_blocked(l, v, false);
}

void
subscriber_send(struct live *l, struct subscriber *v, struct frame *f, bool last)
{
	v->out = f;
	v->sent = 0;
	v->ending |= last;
	if (f == NULL)
		subscriber_close(l, v);
	else
		subscriber_write(l, v);
}

/* --- deadlines ------------------------------------------------------------ */

static void
send_heartbeat(struct live *l, struct subscriber *v)
{
	static const struct str	 comment = { ": hb\n\n", 6 };

	subscriber_send(l, v, frame_new(v->connection.id, &comment, 1, false), false);
}

/* Has the upstream not answered in time? */
static bool
is_late(const struct live *l, const struct subscriber *v)
{
	return !v->admitted &&
	    l->now_ms - v->opening->began_us / 1000 > LIVE_FIRST_MS;
}

static bool
is_stalled(const struct live *l, const struct subscriber *v)
{
	return l->now_ms - v->sent_ms > LIVE_STALL_MS;
}

static bool
reads_too_long(const struct live *l, const struct subscriber *v)
{
	return v->connection.in != NULL && l->now_ms > v->deadline_ms;
}

/* A subscriber that has not joined a topic yet, or sends its last frame. */
static void
check_unjoined(struct live *l, struct subscriber *v)
{
	if (reads_too_long(l, v) || (v->blocked && is_stalled(l, v)))
		subscriber_close(l, v);
}

static void
check_subscriber(struct live *l, struct subscriber *v)
{
	if (v->topic == NULL || v->ending)
		check_unjoined(l, v);
	else if (v->out != NULL) {
		if (is_stalled(l, v))
			subscriber_close(l, v);
	} else if (is_late(l, v))
		subscriber_send(l, v, subscriber_refuse(l, v, HTTP_UNAVAILABLE,
		    "unavailable", "the program that owns this path did not answer in "
		    "time"), true);
	else if (v->admitted && v->deadline_ms != 0 && l->now_ms >= v->deadline_ms)
		subscriber_send(l, v, subscriber_last(l, v), true);
	else if (v->has_head && l->now_ms - v->sent_ms >= LIVE_HEARTBEAT_MS)
		send_heartbeat(l, v);
}

/* Backwards: a subscriber that is closed leaves its index to the last one. */
void
subscriber_check_all(struct live *l)
{
	for (size_t i = l->nsubscribers; i-- > 0; )
		if (i < l->nsubscribers)
			check_subscriber(l, l->subscribers[i]);
}

void
subscriber_drain_all(struct live *l)
{
	int64_t	 spread = l->p->conf->drain_seconds * 500;

	spread = spread > MAX_DRAIN_MS ? MAX_DRAIN_MS : spread;
	for (size_t i = 0; i < l->nsubscribers; i++)
		if (l->subscribers[i]->topic != NULL)
			l->subscribers[i]->deadline_ms = l->now_ms + rand() % spread;
}
