/*
 * fcgi_peer - connections of the web server, until their request is whole.
 *
 * Most are when they are looked at first: nothing is taken from them then, and
 * libfcgi reads the connection itself.  What had to be read here it gets from a
 * file in memory, in whose place the connection then steps.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi/private.h"
#include "base/log.h"

#define PIECE		((size_t)64 << 10)	/* of one read */
#define SOON_MS		2		/* it comes right behind its connection */
#define MAX_PARAMS	((size_t)1 << 20)	/* kept beside a body */
#define MAX_PARKED	1024
#define MAX_HELD	((size_t)128 << 20)

static size_t		 max_body;
static int		 parked_ep = -1;
static pthread_mutex_t	 lock = PTHREAD_MUTEX_INITIALIZER;
static struct connection	*first, *last;		/* parked, the oldest first */
static atomic_size_t	 parked;
static size_t		 held;

bool
connection_open_all(size_t most)
{
	max_body = most;
	parked_ep = epoll_create1(EPOLL_CLOEXEC);
	return parked_ep != -1;
}

int
connection_ready_fd(void)
{
	return parked_ep;
}

size_t
connection_parked(void)
{
	return atomic_load_explicit(&parked, memory_order_relaxed);
}

static void
peer_end(struct connection *p)
{
	close(p->fd);
	fcgi_parser_free(&p->in);
	free(p);
}

struct connection *
connection_new(int fd)
{
	struct connection	*p = calloc(1, sizeof(*p));

	if (p == NULL) {
		close(fd);
		return NULL;
	}
	p->fd = fd;
	fcgi_parser_init(&p->in, max_body + MAX_PARAMS);
	return p;
}

/* --- parked --------------------------------------------------------------- */

static void
list_add(struct connection *p)
{
	p->next = NULL;
	p->before = last;
	*(last == NULL ? &first : &last->next) = p;
	last = p;
	p->held = p->in.most;
	held += p->held;
	atomic_fetch_add(&parked, 1);
}

static void
list_take(struct connection *p)
{
	*(p->before == NULL ? &first : &p->before->next) = p->next;
	*(p->next == NULL ? &last : &p->next->before) = p->before;
	held -= p->held;
	atomic_fetch_sub(&parked, 1);
}

/* Who takes it off the list finds its end there: nobody else frees it. */
static void
give_way(const struct connection *but)
{
	if (first == NULL || first == but ||
	    (connection_parked() <= MAX_PARKED && held <= MAX_HELD))
		return;
	log_event(LOG_WARN, "fcgi", "%zu requests are not whole yet: the oldest "
	    "is given up", connection_parked());
	(void)shutdown(first->fd, SHUT_RDWR);
}

/* From here on another thread may have it. */
static void
peer_park(struct connection *p)
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

struct connection *
connection_next_whole(int ms)
{
	struct epoll_event	 e;
	struct connection		*p;

	if (epoll_wait(parked_ep, &e, 1, ms) != 1)
		return NULL;
	p = e.data.ptr;
	pthread_mutex_lock(&lock);
	list_take(p);
	pthread_mutex_unlock(&lock);
	return connection_read(p);
}

/* --- what it says --------------------------------------------------------- */

static _Thread_local char	 piece[PIECE];

/* Of a new connection the request mostly is on its way. */
static bool
comes_soon(int fd)
{
	struct pollfd	 pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, SOON_MS) == 1;
}

/* The piece, which is overwritten: a password may be in it. */
static enum fcgi_parser_state
take(struct fcgi_parser *r, size_t n)
{
	enum fcgi_parser_state	 state = fcgi_parser_feed(r, piece, n);

	explicit_bzero(piece, n);
	return state;
}

/* Is all of it there?  Nothing is taken. */
static bool
is_whole(int fd)
{
	struct fcgi_parser	 r;
	ssize_t		 n = recv(fd, piece, sizeof(piece), MSG_PEEK | MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN && comes_soon(fd))
		n = recv(fd, piece, sizeof(piece), MSG_PEEK | MSG_DONTWAIT);
	fcgi_parser_init(&r, 0);
	return n > 0 && take(&r, (size_t)n) == FCGI_PARSER_DONE;
}

struct connection *
connection_read(struct connection *p)
{
	ssize_t	 n = 1;

	if (p->in.n == 0 && is_whole(p->fd))
		return p;
	while (p->in.state == FCGI_PARSER_MORE) {
		n = recv(p->fd, piece, sizeof(piece), MSG_DONTWAIT);
		if (n > 0)
			(void)take(&p->in, (size_t)n);
		else if (n < 0 && errno == EAGAIN) {
			peer_park(p);
			return NULL;
		} else if (n == 0 || errno != EINTR)
			break;
	}
	if (p->in.state == FCGI_PARSER_DONE)
		return p;
	peer_end(p);
	return NULL;
}

/* --- what is read of it --------------------------------------------------- */

static bool
write_all(int fd, const char *p, size_t n)
{
	ssize_t	 some;

	for (; n > 0; p += some, n -= (size_t)some)
		if ((some = write(fd, p, n)) <= 0)
			return false;
	return lseek(fd, 0, SEEK_SET) == 0;
}

int
connection_source(struct connection *p)
{
	int	 fd;

	if (p->in.n == 0)
		return p->fd;
	fd = memfd_create("request", MFD_CLOEXEC);
	if (fd != -1 && write_all(fd, p->in.kept, p->in.n))
		return fd;
	log_event(LOG_ERROR, "fcgi", "a request can not be read: %s",
	    strerror(errno));
	if (fd != -1)
		close(fd);
	peer_end(p);
	return -1;
}

void
connection_attach(struct connection *p, int source)
{
	if (source != p->fd) {
		if (dup3(p->fd, source, O_CLOEXEC) == -1)
			log_event(LOG_ERROR, "fcgi", "a request can not be answered: %s",
			    strerror(errno));
		close(p->fd);
	}
	fcgi_parser_free(&p->in);
	free(p);
}

void
connection_drop(struct connection *p, int source)
{
	if (source != p->fd)
		close(p->fd);
	fcgi_parser_free(&p->in);
	free(p);
}
