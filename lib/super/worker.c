/*
 * worker - the first thread of a worker: it starts the other threads, waits for
 * signals, and regularly checks the bounds of the worker.
 *
 * Workers whose supervisor died go on serving.  One of them takes the lock of the
 * pid file and starts a successor; when the successor's workers serve, the orphans
 * end.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "fcgi/fcgi.h"
#include "program/jobs.h"
#include "super/state.h"
#include "super/worker.h"

#define CHECK_MS	1000	/* between two checks */
#define ORPHAN_MS	100	/* and without a supervisor */

struct worker {
	struct program	*p;
	struct handoff	 h;
	int		 pidfile;		/* -1: unsupervised, or a fallback */
	int64_t		 born;
	bool		 orphan, old;
};

/* --- start ---------------------------------------------------------------- */

static bool
bind_to_supervisor(const char *packed, struct handoff *h)
{
	if (!handoff_unpack(packed, h))
		return false;
	(void)fcntl(h->ready, F_SETFD, FD_CLOEXEC);
	/* The signal kills a worker that still starts, and wakes one that serves. */
	(void)prctl(PR_SET_PDEATHSIG, SIGUSR2);
	return getppid() == (pid_t)h->super;
}

static void
set_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGUSR1);
	sigaddset(set, SIGUSR2);
}

static void
write_pipe(const struct worker *w, char letter)
{
	if (w->h.ready != -1)
		(void)!write(w->h.ready, &letter, 1);
}

/* --- bounds --------------------------------------------------------------- */

static uint64_t
resident_kib(void)
{
	unsigned long	 pages = 0;
	FILE		*f = fopen("/proc/self/statm", "re");

	if (f == NULL)
		return 0;
	if (fscanf(f, "%*u %lu", &pages) != 1)
		pages = 0;
	(void)fclose(f);
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

static bool
exceeds_bounds(const struct worker *w, uint64_t kib)
{
	const struct conf	*cf = w->p->conf;

	return kib > (uint64_t)cf->worker_memory * 1024 ||
	    (cf->worker_age != 0 && super_now() - w->born > cf->worker_age * 1000) ||
	    (cf->worker_requests != 0 && fcgi_served() >= (uint64_t)cf->worker_requests);
}

/* --- without a supervisor ------------------------------------------------- */

/* As a grandchild, so that init adopts it. */
static void
exec_successor(const struct worker *w, int lock)
{
	struct handoff	 h = w->h;
	int		 exe = open("/proc/self/exe", O_PATH | O_CLOEXEC), packed;
	pid_t		 pid;

	h.lock = lock;
	h.parent = 0;
	h.n = 0;
	if ((packed = handoff_pack(&h)) == -1)
		return;
	pid = fork();
	if (pid == 0) {
		if (fork() == 0) {
			(void)fcntl(lock, F_SETFD, 0);
			handoff_exec(exe, h.program, "--successor", packed);
		}
		_exit(0);
	}
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
	close(packed);
	close(exe);
}

/* The lock passes to the successor, through an open file description of its own. */
static void
start_successor(const struct worker *w)
{
	int	 lock = pidfile_open(w->p->conf->run_dir, w->p->app->name);

	if (pidfile_lock(lock)) {
		log_event(LOG_WARN, "super", "the supervisor died: starting a successor");
		exec_successor(w, lock);
	}
	if (lock != -1)
		close(lock);
}

static bool
successor_serves(const struct worker *w)
{
	struct pidfile	 c;

	return pidfile_read(w->pidfile, &c) && c.pid != w->h.super &&
	    c.state == PIDFILE_SERVING;
}

static bool
server_lost(const struct worker *w)
{
	struct pollfd	 p = { .fd = w->h.web, .events = POLLIN };

	return w->h.web != -1 && poll(&p, 1, 0) == 1;
}

/* True: the orphan must end. */
static bool
check_orphan(struct worker *w)
{
	if (server_lost(w)) {
		super_socket_unlink(&w->h);
		return true;
	}
	if (w->pidfile == -1)
		return false;
	if (pidfile_is_locked(w->pidfile))
		return successor_serves(w);
	start_successor(w);
	return false;
}

/* --- serving -------------------------------------------------------------- */

/* Without a supervisor, each worker follows `brisk stop` and `brisk start` itself. */
static void
check_stopped(const struct worker *w)
{
	bool	 is = pidfile_is_stopped(w->p->conf->run_dir, w->p->app->name);

	if (w->h.super == 0 && atomic_exchange(&w->p->stopped, is) != is)
		log_event(LOG_INFO, "super", "%s", is ? "stopped: the program answers 503 "
		    "until it is started" : "started: the program serves again");
	if (w->h.super == 0)
		scoreboard_set_state(w->p->shared.scoreboard, is ? SCOREBOARD_STOPPED : w->p->broken != NULL ?
		    SCOREBOARD_FALLBACK : SCOREBOARD_SERVING);
}

/* Has the process of mod_fcgid ended?  Then no request can come. */
static bool
is_abandoned(const struct worker *w)
{
	return w->h.super == 0 && w->h.parent != 0 &&
	    getppid() != (pid_t)w->h.parent;
}

/* True: the worker must end. */
static bool
must_end(struct worker *w)
{
	uint64_t	 kib = resident_kib();

	scoreboard_set_memory(w->p->shared.scoreboard, kib);
	check_stopped(w);
	w->orphan = w->h.super != 0 && getppid() != (pid_t)w->h.super;
	if (w->orphan)
		return check_orphan(w);
	if (is_abandoned(w))
		return true;
	if (w->old || !exceeds_bounds(w, kib))
		return false;
	w->old = true;
	write_pipe(w, SAY_OLD);
	return w->h.super == 0;
}

static bool
signal_ends(const struct worker *w, int sig)
{
	return sig == SIGTERM || sig == SIGINT || sig == SIGUSR1 ||
	    (sig == SIGHUP && w->h.super == 0);
}

static void
wait_for_end(struct worker *w, const sigset_t *set)
{
	struct timespec	 t;
	int64_t		 ms;
	int		 sig;

	while (!must_end(w)) {
		ms = w->orphan ? ORPHAN_MS : CHECK_MS;
		t = (struct timespec){ ms / 1000, ms % 1000 * 1000000 };
		sig = sigtimedwait(set, NULL, &t);
		if (signal_ends(w, sig))
			return;
	}
}

/* A program with a loop of its own answers requests if it is broken or unsupervised. */
static const struct program_loop *
loop_of(const struct worker *w)
{
	const struct program_loop	*own = w->p->app->loop;

	return own == NULL || w->p->broken != NULL || w->h.super == 0 ? &fcgi_loop :
	    own;
}

/* Requests and jobs share drain_seconds; false: some were not finished. */
static bool
worker_drain(const struct worker *w)
{
	unsigned	 s = (unsigned)w->p->conf->drain_seconds;
	struct timespec	 until;
	bool		 all;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += (time_t)s;
	program_jobs_stop();
	all = loop_of(w)->end(s, w->h.super == 0);
	return program_jobs_end(&until) && all;
}

static int
worker_run(struct worker *w)
{
	struct program	*p = w->p;
	bool		 fallback = p->broken != NULL;
	sigset_t	 set;

	set_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	(void)prctl(PR_SET_NAME, p->app->name);
	program_open_shared(p);
	if (!loop_of(w)->start(p))
		return 1;
	program_jobs_start(p, (size_t)p->conf->jobs_threads);
	if (w->h.super != 0 && !fallback) {
		w->pidfile = pidfile_open(p->conf->run_dir, p->app->name);
		pidfile_set_serving(w->pidfile, true);
	}
	scoreboard_set_state(p->shared.scoreboard, fallback ? SCOREBOARD_FALLBACK : SCOREBOARD_SERVING);
	write_pipe(w, SAY_READY);
	wait_for_end(w, &set);
	scoreboard_set_state(p->shared.scoreboard, SCOREBOARD_DRAINING);
	pidfile_set_serving(w->pidfile, false);
	if (w->h.super == 0)
		super_socket_unlink(&w->h);	/* so that the web server uses another worker */
	return worker_drain(w) ? 0 : 1;
}

/*
 * A pid file for the commands of brisk.  If a supervisor of the same program runs,
 * its pid file stays.
 */
static void
write_pidfile(const struct program *p)
{
	struct pidfile	 c = { .state = PIDFILE_UNSUPERVISED };
	int		 fd = pidfile_open(p->conf->run_dir, p->app->name);

	c.since_ms = clock_now_ms();
	super_own_path(c.program, sizeof(c.program));
	scoreboard_build_id("/proc/self/exe", c.build);
	if (pidfile_lock(fd)) {
		if (!pidfile_write(fd, &c))
			log_event(LOG_WARN, "super", "cannot write the pid file: %s", strerror(errno));
		pidfile_unlock(fd);
	}
	if (fd != -1)
		close(fd);
}

int
super_worker_unsupervised(struct program *p)
{
	struct worker	 w = { .p = p, .pidfile = -1, .born = super_now(),
			    .h = { .ready = -1, .lock = -1, .web = -1,
			    .parent = (int32_t)getppid() } };

	super_socket_remember(&w.h);
	write_pidfile(p);
	return worker_run(&w);
}

int
super_worker_main(const struct app *app, char **argv)
{
	static struct program	 p;
	static struct conf	 cf;
	struct worker		 w = { .p = &p, .pidfile = -1, .born = super_now() };
	bool			 fallback = strcmp(argv[1], "--fallback") == 0, good;

	if (!bind_to_supervisor(argv[2], &w.h))
		return 1;
	good = program_configure(&cf, app, -1);
	if (!good && !fallback)
		return EXIT_REFUSED;
	if (!program_open(&p, app, &cf))
		return 1;
	if (p.broken != NULL && !fallback)
		return EXIT_REFUSED;
	if (fallback)
		p.broken = "no worker can serve";
	return worker_run(&w);
}
