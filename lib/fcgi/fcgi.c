/*
 * fcgi - a program as its web server runs it: FastCGI on descriptor 0, by
 * several threads.  The only file that knows libfcgi.
 *
 * libfcgi does not take interrupted calls again and blocks where it should
 * not, so: signals are blocked in every thread (super_worker.c waits for them);
 * a thread takes a connection or one that was parked, or waits for either, or
 * for the end; and libfcgi is given a request that is whole.
 */
#include <fcgiapp.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "fcgi/private.h"
#include "base/log.h"

#define REST_MS		100	/* between two looks of an idle thread */
#define LISTEN_FD	0
#define MAX_DISCARD	((size_t)32 << 20) /* of a body that is too large */
#define LAST_MS		20	/* of the end, while a request is not whole */
#define MAX_THREADS	64

static atomic_bool	 ending, emptying;
static int		 end_pipe[2];
static pthread_t	 threads[MAX_THREADS];
static size_t		 nthreads;
static sem_t		 opened;		/* one for each that serves, or can not */
static atomic_size_t	 serving;
static _Atomic uint64_t	 served;

size_t
fcgi_content_length(char *const *env)
{
	for (; *env != NULL; env++)
		if (strncmp(*env, "CONTENT_LENGTH=", 15) == 0)
			return strtoul(*env + 15, NULL, 10);
	return 0;
}

/* Room for what was stated, or doubled while nothing was. */
static bool
input_grow(struct input *in, struct arena *a)
{
	size_t	 most = in->most == 0 ? 4096 : in->most * 2;
	char	*p = arena_alloc(a, most);

	if (p == NULL)
		return false;
	if (in->n > 0)
		memcpy(p, in->p, in->n);
	in->p = p;
	in->most = most;
	return true;
}

void
input_read(struct input *in, struct arena *a, size_t limit, reader *read_some,
    void *from)
{
	char	 scrap[4096];
	size_t	 n, passed = 0, stated = fcgi_content_length(in->env);

	if (stated > 0 && stated <= limit) {
		in->p = arena_alloc(a, stated + 1);
		in->most = in->p == NULL ? 0 : stated + 1;
	}
	for (;;) {
		if (in->n == in->most && !in->over && !input_grow(in, a))
			in->over = true;
		n = in->over ? read_some(from, scrap, sizeof(scrap)) :
		    read_some(from, in->p + in->n, in->most - in->n);
		if (n == 0 || (passed += n) > MAX_DISCARD)
			break;
		in->n += in->over ? 0 : n;
		in->over |= in->n > limit;
	}
	in->cut = !in->over && stated > in->n;
}

void
fcgi_serve(struct program_thread *t, const struct input *in,
    void (*put)(void *, struct str), void *to)
{
	struct buf	 out;

	buf_init(&out, &t->arena);
	if (in->no_memory)
		out.failed = true;
	else {
		(void)!program_thread_serve(t, in->env, (struct str){ in->p, in->n },
		    in->over, in->cut, &out);
		program_thread_count(t);
	}
	put(to, buf_ok(&out) ? buf_view(&out) : STR("Status: 503 Service "
	    "Unavailable\r\nRetry-After: 1\r\nCache-Control: no-store\r\n\r\n"));
	arena_reset(&t->arena);
}

/*
 * libfcgi keeps what it has read until it needs the room: what is taken out is
 * overwritten there, for it may be a password.
 */
static size_t
read_stream(void *from, char *to, size_t most)
{
	FCGX_Stream	*in = from;
	size_t		 there;
	int		 c, n;

	if (in->rdNext == in->stop) {		/* the next byte fills it again */
		if (most == 0 || (c = FCGX_GetChar(in)) == EOF)
			return 0;
		*to = (char)c;
		in->rdNext[-1] = '\0';
		return 1;
	}
	there = (size_t)(in->stop - in->rdNext);
	n = FCGX_GetStr(to, (int)(most < there ? most : there), in);
	explicit_bzero(in->rdNext - n, (size_t)n);
	return (size_t)n;
}

static void
put_stream(void *to, struct str s)
{
	FCGX_PutStr(s.p, (int)s.n, to);
}

/*
 * libfcgi is handed the descriptor as a connection that it keeps open; otherwise
 * it would close it before reading.
 */
static void
serve_peer(struct program_thread *t, FCGX_Request *r, struct connection *p)
{
	struct input	 in = { .no_memory = p->in.no_memory };
	int		 fd = connection_source(p);

	if (fd == -1)
		return;
	r->ipcFd = fd;
	r->keepConnection = 1;
	r->detached = 0;
	if (FCGX_Accept_r(r) != 0) {
		connection_drop(p, fd);
		return;
	}
	scoreboard_add_busy(t->p->scoreboard, 1);
	in.env = r->envp;
	input_read(&in, &t->arena, t->p->max_body, read_stream, r->in);
	connection_attach(p, fd);
	fcgi_serve(t, &in, put_stream, r->out);
	r->keepConnection = 0;
	FCGX_Finish_r(r);
	scoreboard_add_busy(t->p->scoreboard, -1);
	atomic_fetch_add_explicit(&served, 1, memory_order_relaxed);
}

/*
 * Each thread waits on its own epoll descriptor: EPOLLEXCLUSIVE wakes one of
 * them for a connection, not all; the end wakes every one.
 */
static int
wait_open(void)
{
	struct epoll_event	 listen = { .events = EPOLLIN | EPOLLEXCLUSIVE },
				 other = { .events = EPOLLIN };
	int			 ep = epoll_create1(EPOLL_CLOEXEC);

	if (ep >= 0 && epoll_ctl(ep, EPOLL_CTL_ADD, LISTEN_FD, &listen) == 0 &&
	    epoll_ctl(ep, EPOLL_CTL_ADD, end_pipe[0], &other) == 0 &&
	    epoll_ctl(ep, EPOLL_CTL_ADD, connection_ready_fd(), &other) == 0)
		return ep;
	log_event(LOG_ERROR, "fcgi", "cannot wait on the socket: %s",
	    strerror(errno));
	if (ep >= 0)
		close(ep);
	return -1;
}

/*
 * At its end, one that nobody else listens for also takes what has come before.
 */
static int
last_connection(void)
{
	return atomic_load(&emptying) ?
	    accept4(LISTEN_FD, NULL, NULL, SOCK_CLOEXEC) : -1;
}

/*
 * A new connection, or -1 with errno.  A thread that waits looks now and then
 * whether somebody needs its place at the database.
 */
static int
next_connection(struct program_thread *t, int ep)
{
	struct epoll_event	 e;
	int			 fd = accept4(LISTEN_FD, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0)
		return fd;
	if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
		nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
	else if (errno == EAGAIN)
		(void)!epoll_wait(ep, &e, 1, program_thread_idle(t) ? REST_MS : -1);
	else if (errno != EINTR && errno != ECONNABORTED)
		atomic_store(&ending, true);	/* it is no socket any more */
	return -1;
}

/* A request that is whole; NULL when the end has come, and none is under way. */
static struct connection *
next_peer(struct program_thread *t, int ep)
{
	struct connection	*p = NULL;
	bool		 end;
	int		 fd;

	do {
		end = atomic_load_explicit(&ending, memory_order_relaxed);
		if (connection_parked() > 0 && (p = connection_next_whole(end ? LAST_MS : 0)) != NULL)
			return p;
		fd = end ? last_connection() : next_connection(t, ep);
		if (fd >= 0 && (p = connection_new(fd)) != NULL)
			p = connection_read(p);
	} while (p == NULL && (!end || fd >= 0 || connection_parked() > 0));
	return p;
}

static void *
work(void *arg)
{
	struct program_thread	*t = program_thread_open(arg);
	int			 ep = t == NULL ? -1 : wait_open();
	FCGX_Request		 r;
	struct connection		*p;

	if (ep < 0)
		log_event(LOG_ERROR, "fcgi", "a thread can not start");
	else
		atomic_fetch_add(&serving, 1);
	sem_post(&opened);
	if (ep >= 0) {
		FCGX_InitRequest(&r, -1, FCGI_FAIL_ACCEPT_ON_INTR);
		while ((p = next_peer(t, ep)) != NULL)
			serve_peer(t, &r, p);
		close(ep);
	}
	if (t != NULL)
		program_thread_close(t);
	return NULL;
}

/*
 * mod_fcgid calls its sockets PID.NUMBER, after its own process, which is the
 * parent of ours; nothing else of it reaches a program through suEXEC.
 */
static bool
is_fcgid(void)
{
	struct sockaddr_un	 a = { .sun_family = AF_UNSPEC };
	socklen_t		 n = sizeof(a) - 1;
	char			 mine[32];
	const char		*name;
	int			 len;

	if (getsockname(LISTEN_FD, (struct sockaddr *)&a, &n) != 0 ||
	    a.sun_family != AF_UNIX)
		return false;
	name = strrchr(a.sun_path, '/');
	len = snprintf(mine, sizeof(mine), "/%d.", (int)getppid());
	return name != NULL && strncmp(name, mine, (size_t)len) == 0 &&
	    name[len] != '\0' && name[len + strspn(name + len, "0123456789")] == '\0';
}

/* Only a socket that listens has no peer. */
static bool
is_cgi(void)
{
	struct sockaddr_storage	 a;
	socklen_t		 n = sizeof(a);

	return getpeername(LISTEN_FD, (struct sockaddr *)&a, &n) == 0 ||
	    errno != ENOTCONN;
}

enum fcgi_mode
fcgi_mode(void)
{
	return is_cgi() ? FCGI_CGI : is_fcgid() ? FCGI_PLAIN : FCGI_LISTEN;
}

static void
start_threads(struct program *p)
{
	size_t	 want = (size_t)p->conf->threads;

	while (nthreads < want && nthreads < MAX_THREADS &&
	    pthread_create(&threads[nthreads], NULL, work, p) == 0)
		nthreads++;
	if (nthreads < want)
		log_event(LOG_ERROR, "fcgi", "only %zu of %zu threads started",
		    nthreads, want);
}

static bool
fcgi_start(struct program *p)
{
	if (pipe2(end_pipe, O_CLOEXEC) != 0 || FCGX_Init() != 0 ||
	    !connection_open_all(p->max_body) ||
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
			log_event(LOG_WARN, "fcgi",
			    "ended with a request still running");
			return false;
		}
	return true;
}

const struct program_loop	 fcgi_loop = { fcgi_start, fcgi_end };
