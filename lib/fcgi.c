/*
 * fcgi - a program as its web server runs it: FastCGI on descriptor 0, by
 * several threads, or one request as CGI.  The only file that knows libfcgi.
 *
 * libfcgi does not take interrupted calls again and blocks where it should
 * not, so: signals are blocked in every thread and waited for in one; threads
 * take a connection, or wait for one or the end, and libfcgi is given a
 * connection that is there.
 */
#include <fcgiapp.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "app_private.h"
#include "log.h"

#define LISTEN_FD	0
#define DRAIN_SECONDS	10		/* for what is in flight, at the end */
#define DISCARD_MOST	((size_t)32 << 20) /* of a body that is too large */
#define THREADS_MOST	64

extern char **environ;

static atomic_bool	 ending;
static int		 end_pipe[2];

/* A body as it is read: `over` when there is more than may be. */
struct input {
	char	*p;
	size_t	 n, most;
	bool	 over, cut;
};

static size_t
stated_length(char *const *env)
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
	char	*p = arena_alloc(a, most + 1);

	if (p == NULL)
		return false;
	if (in->n > 0)
		memcpy(p, in->p, in->n);
	in->p = p;
	in->most = most;
	return true;
}

/* Where a body comes from: 0 at its end. */
typedef size_t reader(void *from, char *to, size_t most);

/* Read all there is, keep at most `limit`, and let the rest go by. */
static void
input_read(struct input *in, struct arena *a, size_t limit, size_t stated,
    reader *read_some, void *from)
{
	char	 scrap[4096];
	size_t	 n, passed = 0;

	if (stated > 0 && stated <= limit) {
		in->p = arena_alloc(a, stated + 2);
		in->most = in->p == NULL ? 0 : stated + 1;
	}
	for (;;) {
		if (in->n == in->most && !in->over && !input_grow(in, a))
			in->over = true;
		n = in->over ? read_some(from, scrap, sizeof(scrap)) :
		    read_some(from, in->p + in->n, in->most - in->n);
		if (n == 0 || (passed += n) > DISCARD_MOST)
			break;
		in->n += in->over ? 0 : n;
		in->over |= in->n > limit;
	}
	in->cut = !in->over && stated > in->n;
}

static size_t
read_stream(void *from, char *to, size_t most)
{
	int	 n = FCGX_GetStr(to, most > 1 << 20 ? 1 << 20 : (int)most, from);

	return n > 0 ? (size_t)n : 0;
}

static size_t
read_stdin(void *from, char *to, size_t most)
{
	ssize_t	 n;

	(void)from;
	do
		n = read(STDIN_FILENO, to, most);
	while (n < 0 && errno == EINTR);
	return n > 0 ? (size_t)n : 0;
}

/* One request: read, answered, written by `put`; then all of it forgotten. */
static void
serve(struct app_thread *t, char *const *env, reader *read_some, void *from,
    void (*put)(void *, struct str), void *to)
{
	struct input	 in = { .p = NULL };
	struct buf	 out;

	input_read(&in, &t->arena, t->p->body_most, stated_length(env),
	    read_some, from);
	buf_init(&out, &t->arena);
	(void)!thread_serve(t, env, (struct str){ in.p, in.n }, in.over, in.cut, &out);
	put(to, buf_ok(&out) ? buf_view(&out) : STR("Status: 503 Service "
	    "Unavailable\r\nRetry-After: 1\r\nCache-Control: no-store\r\n\r\n"));
	arena_reset(&t->arena);
}

static void
put_stream(void *to, struct str s)
{
	FCGX_PutStr(s.p, (int)s.n, to);
}

static void
put_stdout(void *to, struct str s)
{
	(void)to;
	while (s.n > 0) {
		ssize_t	 n = write(STDOUT_FILENO, s.p, s.n);

		if (n <= 0 && errno != EINTR)
			return;
		s = str_from(s, n > 0 ? (size_t)n : 0);
	}
}

/*
 * Each thread waits on its own epoll descriptor: EPOLLEXCLUSIVE wakes one of
 * them for a connection, not all; the end wakes every one.
 */
static int
wait_open(void)
{
	struct epoll_event	 listen = { .events = EPOLLIN | EPOLLEXCLUSIVE },
				 end = { .events = EPOLLIN };
	int			 ep = epoll_create1(EPOLL_CLOEXEC);

	if (ep >= 0 && epoll_ctl(ep, EPOLL_CTL_ADD, LISTEN_FD, &listen) == 0 &&
	    epoll_ctl(ep, EPOLL_CTL_ADD, end_pipe[0], &end) == 0)
		return ep;
	log_event(LOG_ERROR, "fcgi", "cannot wait on the socket: %s",
	    strerror(errno));
	if (ep >= 0)
		close(ep);
	return -1;
}

/* The next connection, or -1 when the end has come. */
static int
next_connection(int ep)
{
	struct epoll_event	 e;
	int			 fd;

	while (!atomic_load_explicit(&ending, memory_order_relaxed)) {
		fd = accept4(LISTEN_FD, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			return fd;
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
			nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
		else if (errno == EAGAIN)
			(void)!epoll_wait(ep, &e, 1, -1);
		else if (errno != EINTR && errno != ECONNABORTED)
			break;
	}
	return -1;
}

/*
 * libfcgi is handed the connection as one that it keeps open; otherwise it
 * would close it before reading.
 */
static void *
work(void *arg)
{
	struct app_thread	*t = thread_open(arg);
	FCGX_Request		 r;
	int			 fd, ep;

	if (t == NULL || (ep = wait_open()) < 0) {
		log_event(LOG_ERROR, "fcgi", "a thread can not start");
		return NULL;
	}
	FCGX_InitRequest(&r, -1, FCGI_FAIL_ACCEPT_ON_INTR);
	while ((fd = next_connection(ep)) >= 0) {
		r.ipcFd = fd;
		r.keepConnection = 1;
		r.detached = 0;
		if (FCGX_Accept_r(&r) != 0)
			continue;
		serve(t, r.envp, read_stream, r.in, put_stream, r.out);
		r.keepConnection = 0;
		FCGX_Finish_r(&r);
	}
	close(ep);
	app_close(t);
	return NULL;
}

static int
serve_cgi(struct program *p)
{
	struct app_thread	*t = thread_open(p);

	if (t == NULL)
		return 1;
	serve(t, environ, read_stdin, NULL, put_stdout, NULL);
	app_close(t);
	return 0;
}

static size_t
start_threads(struct program *p, pthread_t threads[THREADS_MOST])
{
	size_t	 n = 0, want = (size_t)p->conf->threads;

	while (n < want && n < THREADS_MOST &&
	    pthread_create(&threads[n], NULL, work, p) == 0)
		n++;
	if (n < want)
		log_event(LOG_ERROR, "fcgi", "only %zu of %zu threads started", n, want);
	return n;
}

/* What is in flight is finished, within a bound. */
static void
drain(pthread_t *threads, size_t n)
{
	struct timespec	 until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += DRAIN_SECONDS;
	atomic_store(&ending, true);
	(void)!write(end_pipe[1], "", 1);
	for (size_t i = 0; i < n; i++)
		if (pthread_timedjoin_np(threads[i], NULL, &until) != 0) {
			log_event(LOG_WARN, "fcgi",
			    "ended with a request still running");
			_exit(1);
		}
}

/* HUP: the same process starts again from its file, keeping the socket. */
static int
start_again(char **argv, const char *path)
{
	sigset_t	 none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(path, argv);
	log_event(LOG_ERROR, "fcgi", "cannot start %s again", path);
	return 1;
}

static bool
own_path(char path[4096])
{
	ssize_t	 n = readlink("/proc/self/exe", path, 4095);

	path[n > 0 ? n : 0] = '\0';
	return n > 0;
}

int
fcgi_serve(struct program *p, char **argv)
{
	pthread_t	 threads[THREADS_MOST];
	char		 path[4096];
	sigset_t	 ends;
	size_t		 n;
	int		 sig;

	if (FCGX_IsCGI())
		return serve_cgi(p);
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGHUP);
	sigaddset(&ends, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &ends, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (!own_path(path) || pipe2(end_pipe, O_CLOEXEC) != 0 || FCGX_Init() != 0 ||
	    fcntl(LISTEN_FD, F_SETFL, fcntl(LISTEN_FD, F_GETFL) | O_NONBLOCK) != 0)
		return 1;
	if ((n = start_threads(p, threads)) == 0)
		return 1;
	while (sigwait(&ends, &sig) != 0)
		;
	drain(threads, n);
	FCGX_ShutdownPending();
	return sig == SIGHUP ? start_again(argv, path) : 0;
}
