/*
 * fcgi - threads that answer FastCGI requests of the socket on descriptor 0.
 *
 * Signals are blocked in every thread; the first thread of the worker waits for
 * them (super/worker.c).  A thread waits for a new connection, for more of a
 * pending one, or for the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "fcgi/fcgi.h"
#include "fcgi/params.h"
#include "fcgi/pending.h"
#include "fcgi/respond.h"

#define IDLE_MS		100	/* between two calls of program_thread_idle() */
#define LISTEN_FD	0
#define LAST_MS		20	/* between two looks at the end, with pending requests */
#define MAX_THREADS	64

static atomic_bool	 ending, emptying;	/* emptying: accept until the queue is empty */
static int		 end_pipe[2];		/* readable for all threads at the end */
static pthread_t	 threads[MAX_THREADS];
static size_t		 nthreads;
static sem_t		 opened;		/* posted by each thread that serves or failed */
static atomic_size_t	 serving;
static _Atomic uint64_t	 served;

/* False: the parameters are malformed, so that there is nothing to answer. */
static bool
make_request(struct program_request *in, struct arena *a, const struct fcgi_parser *r)
{
	size_t	 stated;

	*in = (struct program_request){ .env = NULL };
	if (r->no_memory)
		return true;
	in->env = fcgi_params_read(a, (struct str){ r->params.p, r->params.n });
	if (in->env == NULL)
		return false;
	stated = fcgi_params_content_length(in->env);
	in->body = (struct str){ r->body.p, r->body.n };
	in->body_over = r->body_over;
	in->body_cut = !r->body_over && stated > r->body.n;
	return true;
}

static void
answer_request(struct program_thread *t, struct pending *p)
{
	struct program_request	 in;

	if (make_request(&in, &t->arena, p->connection.in)) {
		scoreboard_add_busy(t->p->shared.scoreboard, 1);
		connection_respond(&p->connection, fcgi_respond(t, &in));
		scoreboard_add_busy(t->p->shared.scoreboard, -1);
		atomic_fetch_add_explicit(&served, 1, memory_order_relaxed);
	}
	pending_close(p);
	arena_reset(&t->arena);
}

/*
 * Each thread waits on an epoll descriptor of its own: EPOLLEXCLUSIVE wakes one
 * thread for a new connection, while the end wakes all.  -1: logged.
 */
static int
open_epoll(void)
{
	struct epoll_event	 listen = { .events = EPOLLIN | EPOLLEXCLUSIVE },
				 other = { .events = EPOLLIN };
	int			 ep = epoll_create1(EPOLL_CLOEXEC);

	if (ep >= 0 && epoll_ctl(ep, EPOLL_CTL_ADD, LISTEN_FD, &listen) == 0 &&
	    epoll_ctl(ep, EPOLL_CTL_ADD, end_pipe[0], &other) == 0 &&
	    epoll_ctl(ep, EPOLL_CTL_ADD, pending_fd(), &other) == 0)
		return ep;
	log_event(LOG_ERROR, "fcgi", "cannot wait on the socket: %s",
	    strerror(errno));
	if (ep >= 0)
		close(ep);
	return -1;
}

/*
 * At the end, a process that is the last one to listen also accepts what waits
 * in the queue of the socket.
 */
static int
accept_last(void)
{
	return atomic_load(&emptying) ?
	    accept4(LISTEN_FD, NULL, NULL, SOCK_CLOEXEC) : -1;
}

/*
 * Accept a connection; without one, wait until something happens and return -1.
 * A thread that has a database connection returns regularly to release it.
 */
static int
accept_or_wait(struct program_thread *t, int ep)
{
	struct epoll_event	 e;
	int			 fd = accept4(LISTEN_FD, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0)
		return fd;
	if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
		nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
	else if (errno == EAGAIN)
		(void)!epoll_wait(ep, &e, 1, program_thread_idle(t) ? IDLE_MS : -1);
	else if (errno != EINTR && errno != ECONNABORTED)
		atomic_store(&ending, true);	/* the socket was closed */
	return -1;
}

/* A complete request; NULL at the end, when no request is pending. */
static struct pending *
next_request(struct program_thread *t, int ep)
{
	struct pending	*p = NULL;
	bool		 end;
	int		 fd;

	do {
		end = atomic_load_explicit(&ending, memory_order_relaxed);
		if (pending_count() > 0 && (p = pending_next(end ? LAST_MS : 0)) != NULL)
			return p;
		fd = end ? accept_last() : accept_or_wait(t, ep);
		if (fd >= 0)
			p = pending_accept(fd);
	} while (p == NULL && (!end || fd >= 0 || pending_count() > 0));
	return p;
}

static void *
fcgi_thread(void *arg)
{
	struct program_thread	*t = program_thread_open(arg);
	int			 ep = t == NULL ? -1 : open_epoll();
	struct pending		*p;

	if (ep < 0)
		log_event(LOG_ERROR, "fcgi", "a thread cannot start");
	else
		atomic_fetch_add(&serving, 1);
	sem_post(&opened);
	if (ep >= 0) {
		while ((p = next_request(t, ep)) != NULL)
			answer_request(t, p);
		close(ep);
	}
	if (t != NULL)
		program_thread_close(t);
	return NULL;
}

static void
start_threads(struct program *p)
{
	size_t	 want = (size_t)p->conf->threads;

	while (nthreads < want && nthreads < MAX_THREADS &&
	    pthread_create(&threads[nthreads], NULL, fcgi_thread, p) == 0)
		nthreads++;
	if (nthreads < want)
		log_event(LOG_ERROR, "fcgi", "only %zu of %zu threads started",
		    nthreads, want);
}

static bool
fcgi_start(struct program *p)
{
	if (pipe2(end_pipe, O_CLOEXEC) != 0 || !pending_open(p->max_body) ||
	    sem_init(&opened, 0, 0) != 0 || fcntl(LISTEN_FD, F_SETFL,
	    fcntl(LISTEN_FD, F_GETFL) | O_NONBLOCK) != 0)
		return false;
	start_threads(p);
	for (size_t i = 0; i < nthreads; i++)
		while (sem_wait(&opened) != 0)
			;
	return atomic_load(&serving) > 0;
}

uint64_t
fcgi_served(void)
{
	return atomic_load_explicit(&served, memory_order_relaxed);
}

static bool
fcgi_end(unsigned seconds, bool all)
{
	struct timespec	 until;

	atomic_store(&emptying, all);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += (time_t)seconds;
	atomic_store(&ending, true);
	(void)!write(end_pipe[1], "", 1);
	for (size_t i = 0; i < nthreads; i++)
		if (pthread_timedjoin_np(threads[i], NULL, &until) != 0) {
			log_event(LOG_WARN, "fcgi", "exits while a request still runs");
			return false;
		}
	return true;
}

const struct program_loop	 fcgi_loop = { fcgi_start, fcgi_end };
