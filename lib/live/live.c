/*
 * live - the loop of a program that keeps answers open: one thread, which waits
 * for all connections, and regularly checks generations and deadlines.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "live/live.h"
#include "live/subscriber.h"
#include "live/topic.h"
#include "live/upstream.h"

#define LISTEN_FD	0
#define EVENTS		256	/* of one turn */
#define TICK_MS		25	/* between two checks of the generations */
#define CHECK_MS	250	/* of deadlines */
#define SWEEP_MS	1000	/* of pending generations, and of their file */
#define IDLE_MS		1000	/* between two turns without a subscriber */

static struct live	 live;
static pthread_t	 thread;
static _Atomic unsigned	 drain_s;

bool
live_watch(struct live *l, struct source *s, int fd, int op, uint32_t events)
{
	struct epoll_event	 e = { .events = events, .data.ptr = s };

	if (epoll_ctl(l->ep, op, fd, &e) == 0)
		return true;
	log_event(LOG_ERROR, "live", "cannot wait for a connection: %s",
	    strerror(errno));
	return false;
}

/* --- connections ---------------------------------------------------------- */

/* Accept with the spare descriptor and close: else epoll would report it for ever. */
static void
refuse_connection(struct live *l)
{
	int	 fd;

	if (l->spare_fd != -1)
		close(l->spare_fd);
	if ((fd = accept4(LISTEN_FD, NULL, NULL, SOCK_CLOEXEC)) != -1)
		close(fd);
	l->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	log_event(LOG_WARN, "live", "too many open files: a connection is refused");
}

static void
accept_connections(struct live *l)
{
	for (int i = 0; i < EVENTS; i++) {
		int	 fd = accept4(LISTEN_FD, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd != -1)
			subscriber_new(l, fd);
		else if (errno == EMFILE || errno == ENFILE)
			refuse_connection(l);
		if (fd == -1)
			return;
	}
}

/* The socket stays open: the successor listens on it. */
static void
begin_draining(struct live *l)
{
	uint64_t	 n;

	(void)!read(l->end_fd, &n, sizeof(n));
	if (l->drain_ms != 0)
		return;
	(void)epoll_ctl(l->ep, EPOLL_CTL_DEL, LISTEN_FD, NULL);
	l->drain_ms = l->now_ms;
	subscriber_drain_all(l);
}

/* --- a turn --------------------------------------------------------------- */

static void
dispatch(struct live *l, struct source *s, uint32_t events)
{
	struct subscriber	*v = (struct subscriber *)s;

	switch (s->kind) {
	case SOURCE_LISTEN:
		accept_connections(l);
		break;
	case SOURCE_END:
		begin_draining(l);
		break;
	case SOURCE_SUBSCRIBER:
		if ((events & ~(uint32_t)EPOLLOUT) != 0)
			subscriber_read(l, v, events);
		if (s->kind == SOURCE_SUBSCRIBER && (events & EPOLLOUT) != 0)
			subscriber_write(l, v);
		break;
	case SOURCE_REQUEST:
		upstream_request_continue(l, (struct upstream_request *)s);
		break;
	case SOURCE_CLOSED:
		break;
	}
}

/* End when the file of generations was replaced: nobody writes to the old one. */
static void
check_file(struct live *l)
{
	if (generation_replaced(l->p->cache.generations) && !atomic_exchange(&l->p->ending, true))
		(void)kill(getpid(), SIGTERM);
}

static bool
is_due(struct live *l, int64_t *at, int64_t every)
{
	if (l->now_ms < *at)
		return false;
	*at = l->now_ms + every;
	return true;
}

static void
check_clock(struct live *l)
{
	static int64_t	 check_at, sweep_at;
	bool		 sweep = is_due(l, &sweep_at, SWEEP_MS);

	if (is_due(l, &check_at, CHECK_MS)) {
		subscriber_check_all(l);
		upstream_request_check_all(l);
	}
	if (sweep)
		check_file(l);
	topic_check_all(l, sweep);
}

static bool
is_over(const struct live *l)
{
	return l->drain_ms != 0 && (l->nsubscribers == 0 ||
	    l->now_ms - l->drain_ms >= (int64_t)atomic_load(&drain_s) * 1000);
}

static void *
live_thread(void *arg)
{
	struct live		*l = arg;
	struct epoll_event	 e[EVENTS];
	int			 n;

	while (!is_over(l)) {
		n = epoll_wait(l->ep, e, EVENTS, l->nsubscribers > 0 ? TICK_MS : IDLE_MS);
		l->now_ms = clock_mono_us() / 1000;
		for (int i = 0; i < n; i++)
			dispatch(l, e[i].data.ptr, e[i].events);
		check_clock(l);
		subscriber_free_all(l);
		upstream_request_free_all(l);
		arena_reset(&l->t->arena);
	}
	return NULL;
}

/* --- start and end -------------------------------------------------------- */

/* Each subscriber and each request to an upstream needs a descriptor. */
static void
raise_files(const struct conf *cf)
{
	struct rlimit	 r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return;
	r.rlim_cur = r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r);
	if (r.rlim_cur < (rlim_t)cf->streams_max + 64)
		log_event(LOG_WARN, "live", "streams_max is %lld, but the limit of "
		    "open files is %llu", (long long)cf->streams_max,
		    (unsigned long long)r.rlim_cur);
}

static bool
live_open(struct live *l, struct program *p)
{
	*l = (struct live){ .p = p, .t = program_thread_open(p),
	    .ep = epoll_create1(EPOLL_CLOEXEC), .listen = { SOURCE_LISTEN },
	    .end = { SOURCE_END }, .end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
	    .topics = calloc(LIVE_HASH, sizeof(*l->topics)),
	    .subjects = calloc(LIVE_HASH, sizeof(*l->subjects)),
	    .spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC) };
	l->now_ms = clock_mono_us() / 1000;
	raise_files(p->conf);
	return l->t != NULL && l->ep != -1 && l->end_fd != -1 && l->topics != NULL &&
	    l->subjects != NULL && upstream_open_all(p->conf) &&
	    fcntl(LISTEN_FD, F_SETFL, fcntl(LISTEN_FD, F_GETFL) | O_NONBLOCK) == 0 &&
	    live_watch(l, &l->listen, LISTEN_FD, EPOLL_CTL_ADD, EPOLLIN) &&
	    live_watch(l, &l->end, l->end_fd, EPOLL_CTL_ADD, EPOLLIN);
}

static bool
live_start(struct program *p)
{
	srand((unsigned)getpid());
	if (live_open(&live, p) && pthread_create(&thread, NULL, live_thread, &live) == 0)
		return true;
	log_event(LOG_ERROR, "live", "cannot start");
	return false;
}

static bool
live_end(unsigned seconds, bool all)
{
	const uint64_t	 one = 1;
	struct timespec	 until;

	(void)all;
	atomic_store(&drain_s, seconds);
	(void)!write(live.end_fd, &one, sizeof(one));
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += (time_t)seconds + 1;
	if (pthread_timedjoin_np(thread, NULL, &until) != 0)
		return false;
	while (live.nsubscribers > 0)
		subscriber_close(&live, live.subscribers[live.nsubscribers - 1]);
	subscriber_free_all(&live);
	upstream_close_all();
	return true;
}

const struct program_loop	 live_loop = { live_start, live_end };
