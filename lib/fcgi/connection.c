/* connection - a connection of the web server: one request, one response. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "fcgi/connection.h"

#define READ_SIZE	((size_t)64 << 10)
#define LINGER_MS	1000	/* for a body whose end was not waited for */

bool
connection_open(struct connection *c, int fd, size_t max_params, size_t max_body)
{
	*c = (struct connection){ .fd = fd, .in = malloc(sizeof(*c->in)) };
	if (c->in == NULL) {
		close(fd);
		return false;
	}
	fcgi_parser_init(c->in, max_params, max_body);
	return true;
}

/* The buffer is overwritten at once: a password may be in it. */
static ssize_t
read_some(struct connection *c)
{
	static _Thread_local char	 buffer[READ_SIZE];
	ssize_t				 n;

	do
		n = recv(c->fd, buffer, sizeof(buffer), MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n > 0) {
		(void)fcgi_parser_feed(c->in, buffer, (size_t)n);
		explicit_bzero(buffer, (size_t)n);
	}
	return n;
}

enum fcgi_parser_state
connection_read(struct connection *c)
{
	ssize_t	 n;

	while (c->in->state == FCGI_PARSER_MORE) {
		n = read_some(c);
		if (n < 0 && errno == EAGAIN)
			break;
		if (n <= 0)
			return FCGI_PARSER_ABORTED;
	}
	c->id = c->in->id;
	return c->in->state;
}

void
connection_forget_request(struct connection *c)
{
	if (c->in == NULL)
		return;
	fcgi_parser_free(c->in);
	free(c->in);
	c->in = NULL;
}

ssize_t
connection_send(const struct connection *c, const char *p, size_t n)
{
	ssize_t	 some = send(c->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (some < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return some;
}

/* Skip `n` bytes that were sent. */
static void
advance(struct msghdr *m, size_t n)
{
	while (n > 0 && n >= m->msg_iov->iov_len) {
		n -= m->msg_iov->iov_len;
		m->msg_iov++;
		m->msg_iovlen--;
	}
	if (n > 0) {
		m->msg_iov->iov_base = (char *)m->msg_iov->iov_base + n;
		m->msg_iov->iov_len -= n;
	}
}

static bool
send_all(int fd, struct iovec *v, size_t n)
{
	struct msghdr	 m = { .msg_iov = v, .msg_iovlen = n };
	ssize_t		 some;

	while (m.msg_iovlen > 0) {
		some = sendmsg(fd, &m, MSG_NOSIGNAL);
		if (some < 0 && errno != EINTR)
			return false;
		advance(&m, some > 0 ? (size_t)some : 0);
	}
	return true;
}

/* One record, after the last one what ends the response. */
static bool
send_record(const struct connection *c, struct str s, bool last)
{
	uint8_t		 head[FCGI_RECORD_HEAD], end[FCGI_RECORD_END];
	struct iovec	 v[] = { { head, sizeof(head) },
			    { (char *)(uintptr_t)s.p, s.n }, { end, sizeof(end) } };

	fcgi_record_head(head, FCGI_STDOUT, c->id, s.n);
	fcgi_record_end(end, c->id);
	return send_all(c->fd, v, last ? 3 : 2);
}

/*
 * Closing a socket with unread bytes resets the connection, and the web server
 * may lose the response: read on for a while.
 */
static void
linger(int fd)
{
	struct pollfd	 p = { .fd = fd, .events = POLLIN };
	int64_t		 until = clock_mono_us() + LINGER_MS * 1000;
	char		 buffer[4096];

	(void)shutdown(fd, SHUT_WR);
	while (clock_mono_us() < until && poll(&p, 1, LINGER_MS) == 1 &&
	    recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT) > 0)
		;
}

void
connection_respond(const struct connection *c, struct str s)
{
	bool	 unread = c->in != NULL && c->in->unread, more = true;

	while (more) {
		struct str	 piece = { s.p, s.n < FCGI_RECORD_MAX ? s.n : FCGI_RECORD_MAX };

		s = str_from(s, piece.n);
		more = send_record(c, piece, s.n == 0) && s.n > 0;
	}
	if (unread)
		linger(c->fd);
}

void
connection_close(struct connection *c)
{
	connection_forget_request(c);
	close(c->fd);
}
