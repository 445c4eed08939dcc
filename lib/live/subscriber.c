/* live_viewer - a connection of the web server, from its first byte to its last. */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "live/private.h"

#define MAX_REQUEST	((size_t)64 << 10)
#define READ_MS		5000	/* until a request is whole */
#define DRAIN_MS	3000	/* over which viewers are told to come again */
#define ABORT_REQUEST	2

/* Hears of what comes, and of room for more while it is stuck. */
static bool
watch(struct live *l, struct subscriber *v, int op)
{
	return live_watch(l, &v->source, op, EPOLLIN | EPOLLRDHUP |
	    (v->stuck ? (uint32_t)EPOLLOUT : 0));
}

static bool
viewers_grow(struct live *l)
{
	size_t		 most = l->most == 0 ? 256 : l->most * 2;
	struct subscriber	**more = l->n < l->most ? l->viewers :
			    realloc(l->viewers, most * sizeof(*more));

	if (more == NULL)
		return false;
	l->most = l->n < l->most ? l->most : most;
	l->viewers = more;
	return true;
}

void
subscriber_new(struct live *l, int fd)
{
	struct subscriber	*v = calloc(1, sizeof(*v));
	struct fcgi_parser	*in = malloc(sizeof(*in));

	if (v == NULL || in == NULL || !viewers_grow(l)) {
		free(v);
		free(in);
		close(fd);
		return;
	}
	*v = (struct subscriber){ .source = { SOURCE_SUBSCRIBER, fd }, .in = in,
	    .until_ms = l->now_ms + READ_MS, .spoke_ms = l->now_ms,
	    .place = (uint32_t)l->n };
	fcgi_parser_init(in, MAX_REQUEST);
	l->viewers[l->n++] = v;
	if (!watch(l, v, EPOLL_CTL_ADD))
		subscriber_close(l, v);
}

static void
reading_over(struct subscriber *v)
{
	if (v->in == NULL)
		return;
	fcgi_parser_free(v->in);
	free(v->in);
	v->in = NULL;
}

/* Events of this turn may still name it: its memory goes when the turn is over. */
void
subscriber_close(struct live *l, struct subscriber *v)
{
	if (v->topic != NULL) {
		l->open--;
		scoreboard_add_busy(l->p->scoreboard, -1);
		topic_leave(l, v);
	}
	subject_leave(l, v);
	reading_over(v);
	opening_free(v->opening);
	frame_release(v->out);
	close(v->source.fd);
	l->viewers[v->place] = l->viewers[--l->n];
	l->viewers[v->place]->place = v->place;
	v->source.kind = SOURCE_GONE;
	v->next = l->gone;
	l->gone = v;
}

void
subscriber_free_all(struct live *l)
{
	struct subscriber	*v;

	while ((v = l->gone) != NULL) {
		l->gone = v->next;
		free(v);
	}
}

/* --- in ------------------------------------------------------------------- */

/* Nothing is expected of one that is parked, but its end. */
static bool
is_over(const struct subscriber *v, uint32_t events)
{
	uint8_t	 some[64];
	ssize_t	 n = recv(v->source.fd, some, sizeof(some), MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) ||
	    (n >= 2 && some[1] == ABORT_REQUEST) ||
	    (events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0;
}

static enum fcgi_parser_state
take_more(struct subscriber *v)
{
	static char	 piece[16384];
	ssize_t		 n = recv(v->source.fd, piece, sizeof(piece), MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? FCGI_PARSER_MORE : FCGI_PARSER_ABORTED;
	if (n == 0)
		return FCGI_PARSER_ABORTED;
	(void)!fcgi_parser_feed(v->in, piece, (size_t)n);
	explicit_bzero(piece, (size_t)n);	/* a token is in it */
	return v->in->no_memory ? FCGI_PARSER_ABORTED : v->in->state;
}

void
subscriber_read(struct live *l, struct subscriber *v, uint32_t events)
{
	if (v->in == NULL) {
		if (is_over(v, events))
			subscriber_close(l, v);
		return;
	}
	switch (take_more(v)) {
	case FCGI_PARSER_MORE:
		break;
	case FCGI_PARSER_ABORTED:
		subscriber_close(l, v);
		break;
	case FCGI_PARSER_DONE:
		v->id = v->in->id;
		subscriber_open(l, v);
		if (v->source.kind != SOURCE_GONE)
			reading_over(v);
		break;
	}
}

/* --- out ------------------------------------------------------------------ */

static void
now_stuck(struct live *l, struct subscriber *v, bool is)
{
	if (v->stuck == is)
		return;
	v->stuck = is;
	v->spoke_ms = l->now_ms;
	(void)!watch(l, v, EPOLL_CTL_MOD);
}

/* True: all of the frame is out. */
static bool
send_frame(struct live *l, struct subscriber *v)
{
	ssize_t	 n = send(v->source.fd, v->out->bytes + v->off, v->out->n - v->off,
		    MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		now_stuck(l, v, true);
		return false;
	}
	if (n < 0) {
		subscriber_close(l, v);
		return false;
	}
	v->spoke_ms = l->now_ms;
	v->off += (uint32_t)n;
	return v->off == v->out->n;
}

void
subscriber_write(struct live *l, struct subscriber *v)
{
	while (v->out != NULL || (v->topic != NULL && !v->ending &&
	    (v->out = subscriber_next(l, v)) != NULL)) {
		while (v->off < v->out->n)
			if (!send_frame(l, v) &&
			    (v->source.kind == SOURCE_GONE || v->stuck))
				return;
		frame_release(v->out);
		v->out = NULL;
		v->off = 0;
	}
	if (v->ending)
		subscriber_close(l, v);
	else
		now_stuck(l, v, false);
}

void
subscriber_send(struct live *l, struct subscriber *v, struct frame *f, bool last)
{
	v->out = f;
	v->off = 0;
	v->ending |= last;
	if (f == NULL)
		subscriber_close(l, v);
	else
		subscriber_write(l, v);
}

/* --- what is due ---------------------------------------------------------- */

static void
beat(struct live *l, struct subscriber *v)
{
	static const struct str	 hb = { ": hb\n\n", 6 };

	subscriber_send(l, v, frame_new(v->id, &hb, 1, false), false);
}

/* There will be no answer, or too late. */
static bool
is_late(const struct live *l, const struct subscriber *v)
{
	return !v->admitted &&
	    l->now_ms - v->opening->began_us / 1000 > LIVE_FIRST_MS;
}

static void
look(struct live *l, struct subscriber *v)
{
	if (v->topic == NULL || v->ending) {
		if (l->now_ms > v->until_ms && v->in != NULL)
			subscriber_close(l, v);
		else if (v->stuck && l->now_ms - v->spoke_ms > LIVE_STALL_MS)
			subscriber_close(l, v);
		return;
	}
	if (v->out != NULL) {
		if (l->now_ms - v->spoke_ms > LIVE_STALL_MS)
			subscriber_close(l, v);
	} else if (is_late(l, v)) {
		subscriber_send(l, v, subscriber_refuse(l, v, HTTP_UNAVAILABLE, "unavailable",
		    "what is asked for can not be had now"), true);
	} else if (v->admitted && v->until_ms != 0 && l->now_ms >= v->until_ms) {
		subscriber_send(l, v, subscriber_last(l, v), true);
	} else if (v->headed && l->now_ms - v->spoke_ms >= LIVE_HEARTBEAT_MS) {
		beat(l, v);
	}
}

/* From the last: who ends gives its place to that one. */
void
subscriber_check_all(struct live *l)
{
	for (size_t i = l->n; i-- > 0; )
		if (i < l->n)
			look(l, l->viewers[i]);
}

/* Each a while later than the other, so that they come again one by one. */
void
subscriber_drain_all(struct live *l)
{
	int64_t	 spread = l->p->conf->drain_seconds * 500;

	spread = spread > DRAIN_MS ? DRAIN_MS : spread;
	for (size_t i = 0; i < l->n; i++)
		if (l->viewers[i]->topic != NULL)
			l->viewers[i]->until_ms = l->now_ms + rand() % spread;
}
