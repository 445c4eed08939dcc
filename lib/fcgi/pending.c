/* pending - connections whose request has not arrived completely. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "fcgi/pending.h"

#define FIRST_MS	2	/* a request mostly follows its connection at once */
#define MAX_PARAMS	((size_t)1 << 20)
#define MAX_PENDING	1024
#define MAX_HELD	((size_t)128 << 20)

static size_t		 max_body;
static int		 epoll_fd = -1;
static pthread_mutex_t	 lock = PTHREAD_MUTEX_INITIALIZER;
static struct pending	*oldest, *newest;	/* protected by the lock, as `held` is */
static size_t		 held;
static atomic_size_t	 count;

bool
pending_open(size_t max)
{
	max_body = max;
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return epoll_fd != -1;
}

int
pending_fd(void)
{
	return epoll_fd;
}

size_t
pending_count(void)
{
	return atomic_load_explicit(&count, memory_order_relaxed);
}

void
pending_close(struct pending *p)
{
	connection_close(&p->connection);
	free(p);
}

static void
list_add(struct pending *p)
{
	p->next = NULL;
	p->before = newest;
	*(newest == NULL ? &oldest : &newest->next) = p;
	newest = p;
	p->held = p->connection.in->params.size + p->connection.in->body.size;
	held += p->held;
	atomic_fetch_add(&count, 1);
}

static void
list_remove(struct pending *p)
{
	*(p->before == NULL ? &oldest : &p->before->next) = p->next;
	*(p->next == NULL ? &newest : &p->next->before) = p->before;
	held -= p->held;
	atomic_fetch_sub(&count, 1);
}

/*
 * Only shut down: the thread that epoll gives the connection to finds its end,
 * and is the only one that frees it.
 */
static void
evict_oldest(const struct pending *except)
{
	if (oldest == NULL || oldest == except ||
	    (pending_count() <= MAX_PENDING && held <= MAX_HELD))
		return;
	log_event(LOG_WARN, "fcgi", "%zu requests are incomplete: the oldest is closed",
	    pending_count());
	(void)shutdown(oldest->connection.fd, SHUT_RDWR);
}

/* Once epoll knows the connection, another thread may have it. */
static void
wait_for_more(struct pending *p)
{
	struct epoll_event	 e = { .events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT,
				    .data.ptr = p };
	int			 fd = p->connection.fd;

	pthread_mutex_lock(&lock);
	list_add(p);
	evict_oldest(p);
	if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &e) != 0 &&
	    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e) != 0) {
		log_event(LOG_ERROR, "fcgi", "cannot wait for the rest of a request: %s",
		    strerror(errno));
		list_remove(p);
		pending_close(p);
	}
	pthread_mutex_unlock(&lock);
}

static struct pending *
read_or_wait(struct pending *p)
{
	struct pollfd		 pfd = { .fd = p->connection.fd, .events = POLLIN };
	enum fcgi_parser_state	 state = connection_read(&p->connection);

	if (state == FCGI_PARSER_MORE && !p->connection.in->begun &&
	    poll(&pfd, 1, FIRST_MS) == 1)
		state = connection_read(&p->connection);
	switch (state) {
	case FCGI_PARSER_DONE:
		return p;
	case FCGI_PARSER_MORE:
		wait_for_more(p);
		break;
	case FCGI_PARSER_ABORTED:
		pending_close(p);
		break;
	}
	return NULL;
}

struct pending *
pending_accept(int fd)
{
	struct pending	*p = calloc(1, sizeof(*p));

	if (p == NULL) {
		close(fd);
		return NULL;
	}
	if (!connection_open(&p->connection, fd, MAX_PARAMS, max_body)) {
		free(p);
		return NULL;
	}
	return read_or_wait(p);
}

struct pending *
pending_next(int ms)
{
	struct epoll_event	 e;
	struct pending		*p;

	if (epoll_wait(epoll_fd, &e, 1, ms) != 1)
		return NULL;
	p = e.data.ptr;
	pthread_mutex_lock(&lock);
	list_remove(p);
	pthread_mutex_unlock(&lock);
	return read_or_wait(p);
}
