/* live_ask - a question to the program that owns the path, by FastCGI. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "live/private.h"

#define ASK_MS		10000
#define MAX_ANSWER	((size_t)8 << 20)
#define HEAD		8

enum type { BEGIN = 1, END_REQUEST = 3, PARAMS = 4, STDIN = 5, STDOUT = 6 };

struct upstream_request {
	struct source	 source;
	struct topic	*topic;
	struct upstream_request	*next, *before;
	char		*out, *in;
	size_t		 out_n, off, in_n, most;
	size_t		 at;		/* of the first record that is not whole */
	size_t		 got;		/* bytes of the answer: in[0..got] */
	int64_t		 until_ms;
};

/* --- out ------------------------------------------------------------------ */

static void
put_length(struct buf *b, size_t n)
{
	if (n >= 128)
		for (int shift = 24; shift > 0; shift -= 8)
			buf_byte(b, (char)(n >> shift | (shift == 24 ? 0x80 : 0)));
	buf_byte(b, (char)n);
}

static void
put_param(struct buf *b, const char *name, struct str value)
{
	if (value.n == 0)
		return;
	put_length(b, strlen(name));
	put_length(b, value.n);
	buf_puts(b, name);
	buf_str(b, value);
}

static void
put_head(struct buf *b, enum type type, size_t n)
{
	const uint8_t	 head[HEAD] = { 1, (uint8_t)type, 0, 1, (uint8_t)(n >> 8),
			    (uint8_t)n };

	buf_put(b, head, sizeof(head));
}

/* What is asked: as its viewers asked, but for JSON, once, and as it is known. */
static void
put_params(struct buf *b, const struct topic *t)
{
	bool	 known = t->status == HTTP_OK && topic_is_complete(t);

	put_param(b, "REQUEST_METHOD", STR("GET"));
	put_param(b, "REQUEST_URI", t->uri);
	put_param(b, "SERVER_PROTOCOL", STR("HTTP/1.1"));
	put_param(b, "REMOTE_ADDR", t->address);
	put_param(b, "HTTPS", t->https ? STR("on") : STR(""));
	put_param(b, "HTTP_ACCEPT", STR("application/json"));
	put_param(b, "HTTP_AUTHORIZATION", t->token);
	put_param(b, "HTTP_ORIGIN", t->origin);
	put_param(b, "HTTP_IF_NONE_MATCH", known ? str_of(t->etag) : STR(""));
	put_param(b, EXCHANGE_LIVE, STR("1"));
}

/* The bytes of the request, malloc()'s: it may outlive this turn. */
static bool
write_request(struct live *l, struct upstream_request *a)
{
	static const char	 begin[8] = { 0, 1 };	/* a responder; close after */
	struct buf		 b, params;

	buf_init(&params, &l->t->arena);
	put_params(&params, a->topic);
	buf_init(&b, &l->t->arena);
	put_head(&b, BEGIN, sizeof(begin));
	buf_put(&b, begin, sizeof(begin));
	for (struct str s = buf_view(&params); s.n > 0; ) {
		size_t	 some = s.n < 65535 ? s.n : 65535;

		put_head(&b, PARAMS, some);
		buf_put(&b, s.p, some);
		s = str_from(s, some);
	}
	put_head(&b, PARAMS, 0);
	put_head(&b, STDIN, 0);
	if (!buf_ok(&params) || !buf_ok(&b) || (a->out = malloc(b.n)) == NULL)
		return false;
	memcpy(a->out, b.p, b.n);
	a->out_n = b.n;
	explicit_bzero(b.p, b.n);	/* the token */
	explicit_bzero(params.p, params.n);
	return true;
}

static int
connect_to(const char *path)
{
	struct sockaddr_un	 a = { .sun_family = AF_UNIX };
	int			 fd;

	if (path[0] == '\0' || strlen(path) >= sizeof(a.sun_path))
		return -1;
	memcpy(a.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd != -1 && connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void
ask_free(struct live *l, struct upstream_request *a)
{
	if (a->before != NULL || l->asks == a) {
		*(a->before == NULL ? &l->asks : &a->before->next) = a->next;
		if (a->next != NULL)
			a->next->before = a->before;
		l->nasks--;
	}
	if (a->source.fd != -1)
		close(a->source.fd);
	if (a->out != NULL)
		explicit_bzero(a->out, a->out_n);
	free(a->out);
	free(a->in);
	a->out = a->in = NULL;
	a->source.kind = SOURCE_GONE;
	a->next = l->asked;		/* events of this turn may still name it */
	l->asked = a;
}

void
upstream_request_free_all(struct live *l)
{
	struct upstream_request	*a;

	while ((a = l->asked) != NULL) {
		l->asked = a->next;
		free(a);
	}
}

bool
upstream_request_begin(struct live *l, struct topic *t)
{
	struct upstream_request	*a = calloc(1, sizeof(*a));

	if (a == NULL)
		return false;
	*a = (struct upstream_request){ .source = { SOURCE_REQUEST, -1 }, .topic = t,
	    .until_ms = l->now_ms + ASK_MS };
	a->source.fd = connect_to(upstream_socket(l->p->conf, t->owner));
	if (a->source.fd == -1)
		upstream_lost(t->owner);
	if (a->source.fd == -1 || !write_request(l, a) ||
	    !live_watch(l, &a->source, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT)) {
		ask_free(l, a);
		return false;
	}
	if ((a->next = l->asks) != NULL)
		l->asks->before = a;
	l->asks = a;
	l->nasks++;
	return true;
}

/* --- in ------------------------------------------------------------------- */

/* Without an answer: the program was rolled, killed, or is not there. */
static void
ask_lost(struct live *l, struct upstream_request *a)
{
	struct topic	*t = a->topic;

	upstream_lost(t->owner);
	ask_free(l, a);
	topic_request_failed(l, t);
}

static void
ask_done(struct live *l, struct upstream_request *a)
{
	struct topic	*t = a->topic;
	char		*all = a->in;

	a->in = NULL;
	if (topic_take_response(l, t, all, a->got)) {
		ask_free(l, a);
		topic_request_done(l, t);
	} else {
		ask_free(l, a);
		topic_request_failed(l, t);
	}
}

/* Pushes the content of whole records together; true: the last was there. */
static bool
take_records(struct upstream_request *a)
{
	const uint8_t	*h;
	size_t		 n;
	bool		 end = false;

	while (!end && a->in_n - a->at >= HEAD) {
		h = (const uint8_t *)a->in + a->at;
		n = (size_t)(h[4] << 8 | h[5]);
		if (a->in_n - a->at < HEAD + n + h[6])
			break;
		a->at += HEAD + n + h[6];
		end = h[1] == END_REQUEST;
		if (h[1] == STDOUT) {
			memmove(a->in + a->got, h + HEAD, n);
			a->got += n;
		}
	}
	return end;
}

/* Room for more: what was taken apart already makes some. */
static bool
make_room(struct upstream_request *a)
{
	char	*more;

	memmove(a->in + a->got, a->in + a->at, a->in_n - a->at);
	a->in_n -= a->at - a->got;
	a->at = a->got;
	if (a->most - a->in_n >= 4096)
		return true;
	if (a->most > MAX_ANSWER || (more = realloc(a->in, a->most * 2)) == NULL)
		return false;
	a->in = more;
	a->most *= 2;
	return true;
}

/* True: it is over, well or not. */
static bool
ask_read(struct live *l, struct upstream_request *a)
{
	ssize_t	 n;

	if (a->in == NULL && (a->in = malloc(a->most = 16384)) == NULL) {
		ask_lost(l, a);
		return true;
	}
	n = make_room(a) ? recv(a->source.fd, a->in + a->in_n, a->most - a->in_n,
	    MSG_DONTWAIT) : 0;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0) {
		ask_lost(l, a);
		return true;
	}
	a->in_n += (size_t)n;
	if (!take_records(a))
		return false;
	ask_done(l, a);
	return true;
}

void
upstream_request_continue(struct live *l, struct upstream_request *a)
{
	ssize_t	 n;

	while (a->off < a->out_n) {
		n = send(a->source.fd, a->out + a->off, a->out_n - a->off,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0) {
			ask_lost(l, a);
			return;
		}
		if ((a->off += (size_t)n) == a->out_n)
			(void)!live_watch(l, &a->source, EPOLL_CTL_MOD, EPOLLIN);
	}
	while (!ask_read(l, a))
		;
}

void
upstream_request_check_all(struct live *l)
{
	struct upstream_request	*a, *next;

	for (a = l->asks; a != NULL; a = next) {
		next = a->next;
		if (l->now_ms >= a->until_ms)
			ask_lost(l, a);
	}
}
