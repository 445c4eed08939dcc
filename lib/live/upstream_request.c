/* upstream_request - asks the program that owns a topic's path, by FastCGI. */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fcgi/params.h"
#include "fcgi/parser.h"
#include "live/topic.h"
#include "live/upstream.h"

#define REQUEST_MS	10000		/* for the whole response */
#define MAX_RESPONSE	((size_t)8 << 20)

struct upstream_request {
	struct source		 source;
	int			 fd;
	struct topic		*topic;
	struct upstream_request	*next, *before;
	char			*out, *in;	/* records; the response without records */
	size_t			 out_n, sent, in_n, in_size;
	struct fcgi_record_reader records;
	int64_t			 until_ms;
};

/* --- sending -------------------------------------------------------------- */

static void
put_head(struct buf *b, uint8_t type, size_t n)
{
	uint8_t	 head[FCGI_RECORD_HEAD];

	fcgi_record_head(head, type, 1, n);
	buf_put(b, head, sizeof(head));
}

/* A GET for JSON on behalf of the subscribers, conditional if we have an answer. */
static void
put_params(struct buf *b, const struct topic *t)
{
	bool	 known = t->answer.status == HTTP_OK && topic_is_complete(t);

	fcgi_params_put(b, "REQUEST_METHOD", STR("GET"));
	fcgi_params_put(b, "REQUEST_URI", t->key.uri);
	fcgi_params_put(b, "SERVER_PROTOCOL", STR("HTTP/1.1"));
	fcgi_params_put(b, "REMOTE_ADDR", t->address);
	fcgi_params_put(b, "HTTPS", t->key.https ? STR("on") : STR(""));
	fcgi_params_put(b, "HTTP_ACCEPT", STR("application/json"));
	fcgi_params_put(b, "HTTP_AUTHORIZATION", t->key.token);
	fcgi_params_put(b, "HTTP_ORIGIN", t->key.origin);
	fcgi_params_put(b, "HTTP_IF_NONE_MATCH", known ? str_of(t->answer.etag) : STR(""));
	fcgi_params_put(b, EXCHANGE_LIVE, STR("1"));
}

/* Into malloc()'s memory, because the request may outlive this turn. */
static bool
write_request(struct live *l, struct upstream_request *a)
{
	static const char	 begin[8] = { 0, FCGI_RESPONDER };
	struct buf		 b, params;

	buf_init(&params, &l->t->arena);
	put_params(&params, a->topic);
	buf_init(&b, &l->t->arena);
	put_head(&b, FCGI_BEGIN_REQUEST, sizeof(begin));
	buf_put(&b, begin, sizeof(begin));
	for (struct str s = buf_view(&params); s.n > 0; ) {
		size_t	 some = s.n < FCGI_RECORD_MAX ? s.n : FCGI_RECORD_MAX;

		put_head(&b, FCGI_PARAMS, some);
		buf_put(&b, s.p, some);
		s = str_from(s, some);
	}
	put_head(&b, FCGI_PARAMS, 0);
	put_head(&b, FCGI_STDIN, 0);
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

/* Events of this turn may still name the request, so its memory is freed later. */
static void
request_close(struct live *l, struct upstream_request *a)
{
	if (a->before != NULL || l->requests == a) {
		*(a->before == NULL ? &l->requests : &a->before->next) = a->next;
		if (a->next != NULL)
			a->next->before = a->before;
		l->nrequests--;
	}
	if (a->fd != -1)
		close(a->fd);
	if (a->out != NULL)
		explicit_bzero(a->out, a->out_n);
	free(a->out);
	free(a->in);
	a->out = a->in = NULL;
	a->source.kind = SOURCE_CLOSED;
	a->next = l->finished;
	l->finished = a;
}

void
upstream_request_free_all(struct live *l)
{
	struct upstream_request	*a;

	while ((a = l->finished) != NULL) {
		l->finished = a->next;
		free(a);
	}
}

bool
upstream_request_begin(struct live *l, struct topic *t)
{
	struct upstream_request	*a = calloc(1, sizeof(*a));

	if (a == NULL)
		return false;
	*a = (struct upstream_request){ .source = { SOURCE_REQUEST }, .topic = t,
	    .fd = connect_to(upstream_socket(l->p->conf, t->upstream)),
	    .until_ms = l->now_ms + REQUEST_MS };
	if (a->fd == -1)
		upstream_lost(t->upstream);
	if (a->fd == -1 || !write_request(l, a) ||
	    !live_watch(l, &a->source, a->fd, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT)) {
		request_close(l, a);
		return false;
	}
	if ((a->next = l->requests) != NULL)
		l->requests->before = a;
	l->requests = a;
	l->nrequests++;
	return true;
}

/* --- receiving ------------------------------------------------------------ */

/* Without an answer: the program was rolled or killed, or does not run. */
static void
request_failed(struct live *l, struct upstream_request *a)
{
	struct topic	*t = a->topic;

	upstream_lost(t->upstream);
	request_close(l, a);
	topic_request_failed(l, t);
}

static void
request_done(struct live *l, struct upstream_request *a)
{
	struct topic	*t = a->topic;
	char		*all = a->in;
	bool		 good;

	a->in = NULL;
	good = all != NULL && topic_take_response(t, all, a->in_n);
	request_close(l, a);
	if (good)
		topic_request_done(l, t);
	else
		topic_request_failed(l, t);
}

static bool
keep_content(struct upstream_request *a, struct str s)
{
	size_t	 size = a->in_size == 0 ? 16384 : a->in_size;
	char	*more;

	if (s.n > MAX_RESPONSE - a->in_n)
		return false;
	while (size < a->in_n + s.n)
		size *= 2;
	if (size != a->in_size) {
		if ((more = realloc(a->in, size)) == NULL)
			return false;
		a->in = more;
		a->in_size = size;
	}
	memcpy(a->in + a->in_n, s.p, s.n);
	a->in_n += s.n;
	return true;
}

/* FCGI_PARSER_DONE: the response has ended; _ABORTED: it is malformed or too long. */
static enum fcgi_parser_state
take_records(struct upstream_request *a, const char *p, size_t n)
{
	struct fcgi_record_piece	 piece;
	size_t				 some;

	for (; n > 0; p += some, n -= some) {
		if ((some = fcgi_record_read(&a->records, p, n, &piece)) == 0)
			return FCGI_PARSER_ABORTED;
		if (piece.type == FCGI_END_REQUEST)
			return FCGI_PARSER_DONE;
		if (piece.type == FCGI_STDOUT && piece.content.n > 0 &&
		    !keep_content(a, piece.content))
			return FCGI_PARSER_ABORTED;
	}
	return FCGI_PARSER_MORE;
}

static void
receive(struct live *l, struct upstream_request *a)
{
	static char		 buffer[65536];	/* of the one thread */
	enum fcgi_parser_state	 state = FCGI_PARSER_MORE;
	ssize_t			 n;

	while (state == FCGI_PARSER_MORE) {
		n = recv(a->fd, buffer, sizeof(buffer), MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		state = n <= 0 ? FCGI_PARSER_ABORTED : take_records(a, buffer, (size_t)n);
	}
	if (state == FCGI_PARSER_DONE)
		request_done(l, a);
	else
		request_failed(l, a);
}

void
upstream_request_continue(struct live *l, struct upstream_request *a)
{
	ssize_t	 n;

	while (a->sent < a->out_n) {
		n = send(a->fd, a->out + a->sent, a->out_n - a->sent,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0) {
			request_failed(l, a);
			return;
		}
		if ((a->sent += (size_t)n) == a->out_n)
			(void)!live_watch(l, &a->source, a->fd, EPOLL_CTL_MOD, EPOLLIN);
	}
	receive(l, a);
}

void
upstream_request_check_all(struct live *l)
{
	struct upstream_request	*a, *next;

	for (a = l->requests; a != NULL; a = next) {
		next = a->next;
		if (l->now_ms >= a->until_ms)
			request_failed(l, a);
	}
}
