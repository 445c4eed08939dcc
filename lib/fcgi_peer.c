/* fcgi_peer - connections of the web server, from their first byte to their last. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fcgi_private.h"
#include "log.h"

#define PIECE		((size_t)64 << 10)	/* of one read */
#define SOON_MS		2		/* it comes right behind its connection */
#define STALL_MS	30000		/* the web server takes nothing of an answer */
#define PARKED_MOST	1024
#define HELD_MOST	((size_t)128 << 20)

static size_t		 body_most;
static int		 parked_ep = -1;
static pthread_mutex_t	 lock = PTHREAD_MUTEX_INITIALIZER;
static struct peer	*first, *last;		/* parked, the oldest first */
static atomic_size_t	 parked;
static size_t		 held;

bool
peers_open(size_t most)
{
	body_most = most;
	parked_ep = epoll_create1(EPOLL_CLOEXEC);
	return parked_ep != -1;
}

int
peers_fd(void)
{
	return parked_ep;
}

size_t
peers_parked(void)
{
	return atomic_load_explicit(&parked, memory_order_relaxed);
}

static void
peer_end(struct peer *p)
{
	close(p->fd);
	record_free(&p->in);
	free(p);
}

struct peer *
peer_new(int fd)
{
	struct peer	*p = calloc(1, sizeof(*p));

	if (p == NULL) {
		close(fd);
		return NULL;
	}
	p->fd = fd;
	record_init(&p->in, body_most);
	return p;
}

/* --- parked --------------------------------------------------------------- */

static void
list_add(struct peer *p)
{
	p->next = NULL;
	p->before = last;
	*(last == NULL ? &first : &last->next) = p;
	last = p;
	p->held = record_held(&p->in);
	held += p->held;
	atomic_fetch_add(&parked, 1);
}

static void
list_take(struct peer *p)
{
	*(p->before == NULL ? &first : &p->before->next) = p->next;
	*(p->next == NULL ? &last : &p->next->before) = p->before;
	held -= p->held;
	atomic_fetch_sub(&parked, 1);
}

/* Who takes it off the list finds its end there: nobody else frees it. */
static void
give_way(const struct peer *but)
{
	if (first == NULL || first == but ||
	    (peers_parked() <= PARKED_MOST && held <= HELD_MOST))
		return;
	log_event(LOG_WARN, "fcgi", "%zu requests are not whole yet: the oldest "
	    "is given up", peers_parked());
	(void)shutdown(first->fd, SHUT_RDWR);
}

/* From here on another thread may have it. */
static void
peer_park(struct peer *p)
{
	struct epoll_event	 e = { .events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT,
				    .data.ptr = p };
	int			 fd = p->fd;

	pthread_mutex_lock(&lock);
	list_add(p);
	give_way(p);
	if (epoll_ctl(parked_ep, EPOLL_CTL_MOD, fd, &e) != 0 &&
	    epoll_ctl(parked_ep, EPOLL_CTL_ADD, fd, &e) != 0) {
		log_event(LOG_ERROR, "fcgi", "a request can not be waited for: %s",
		    strerror(errno));
		list_take(p);
		peer_end(p);
	}
	pthread_mutex_unlock(&lock);
}

struct peer *
peer_next(int ms)
{
	struct epoll_event	 e;
	struct peer		*p;

	if (epoll_wait(parked_ep, &e, 1, ms) != 1)
		return NULL;
	p = e.data.ptr;
	pthread_mutex_lock(&lock);
	list_take(p);
	pthread_mutex_unlock(&lock);
	return peer_read(p);
}

/* --- what it says --------------------------------------------------------- */

/* Of a new connection the request mostly is on its way. */
static bool
comes_soon(const struct peer *p)
{
	struct pollfd	 pfd = { .fd = p->fd, .events = POLLIN };

	return record_held(&p->in) == 0 && poll(&pfd, 1, SOON_MS) == 1;
}

struct peer *
peer_read(struct peer *p)
{
	static _Thread_local char	 piece[PIECE];
	ssize_t				 n = 1;

	while (p->in.state == RECORD_MORE) {
		n = recv(p->fd, piece, sizeof(piece), MSG_DONTWAIT);
		if (n > 0) {
			(void)record_take(&p->in, piece, (size_t)n);
			explicit_bzero(piece, (size_t)n);	/* as record.c does */
		} else if (n == 0 || (errno != EAGAIN && errno != EINTR))
			break;
		else if (errno == EAGAIN && !comes_soon(p)) {
			peer_park(p);
			return NULL;
		}
	}
	if (p->in.state == RECORD_DONE || p->in.state == RECORD_MEMORY)
		return p;
	peer_end(p);
	return NULL;
}

/* --- what it is told ------------------------------------------------------ */

/* False: it is gone, or takes nothing. */
static bool
write_all(int fd, struct iovec *v, int n)
{
	struct pollfd	 pfd = { .fd = fd, .events = POLLOUT };
	struct msghdr	 m = { .msg_iov = v, .msg_iovlen = (size_t)n };
	ssize_t		 sent;

	while (m.msg_iovlen > 0) {
		sent = sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && errno == EAGAIN && poll(&pfd, 1, STALL_MS) != 1)
			return false;
		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		for (; sent > 0 && (size_t)sent >= m.msg_iov->iov_len; m.msg_iovlen--)
			sent -= (ssize_t)m.msg_iov++->iov_len;
		if (sent > 0) {
			m.msg_iov->iov_base = (char *)m.msg_iov->iov_base + sent;
			m.msg_iov->iov_len -= (size_t)sent;
		}
	}
	return true;
}

void
peer_answer(struct peer *p, struct str s)
{
	uint8_t		 head[RECORD_HEAD], tail[RECORD_TAIL];
	struct iovec	 v[3];
	size_t		 part;
	bool		 goes = true;

	for (; goes && s.n > 0; s = str_from(s, part)) {
		part = s.n < RECORD_PART ? s.n : RECORD_PART;
		record_head(&p->in, part, head);
		record_tail(&p->in, tail);
		v[0] = (struct iovec){ head, sizeof(head) };
		v[1] = (struct iovec){ (char *)(uintptr_t)s.p, part };
		v[2] = (struct iovec){ tail, sizeof(tail) };
		goes = write_all(p->fd, v, part == s.n ? 3 : 2);
	}
	peer_end(p);
}
