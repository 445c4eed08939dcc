/*
 * super_worker - the first thread of a worker: it starts the others, waits for
 * signals, and looks now and then at what the worker has become.
 *
 * A worker whose supervisor died serves on.  One of them takes its lock and
 * starts an heir; when the heir's workers serve, the orphans end.
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
#include "super/private.h"

#define LOOK_MS		1000
#define ORPHAN_MS	100

struct worker {
	struct program	*p;
	struct handoff	 h;
	int		 card;		/* -1: nobody supervises */
	int64_t		 born;
	bool		 orphan, old;
};

/* --- its beginning -------------------------------------------------------- */

static bool
bound(const char *packed, struct handoff *h)
{
	if (!handoff_unpack(packed, h))
		return false;
	(void)fcntl(h->ready, F_SETFD, FD_CLOEXEC);
	/* The signal ends one that is not ready yet, and wakes one that is. */
	(void)prctl(PR_SET_PDEATHSIG, SIGUSR2);
	return getppid() == (pid_t)h->super;
}

static void
wait_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGUSR1);
	sigaddset(set, SIGUSR2);
}

static void
say(const struct worker *w, char word)
{
	if (w->h.ready != -1)
		(void)!write(w->h.ready, &word, 1);
}

/* --- what it has become --------------------------------------------------- */

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
over_bounds(const struct worker *w, uint64_t kib)
{
	const struct conf	*cf = w->p->conf;

	return kib > (uint64_t)cf->worker_memory * 1024 ||
	    (cf->worker_age != 0 && super_now() - w->born > cf->worker_age * 1000) ||
	    (cf->worker_requests != 0 && fcgi_served() >= (uint64_t)cf->worker_requests);
}

/* --- without a supervisor ------------------------------------------------- */

/* A grandchild, so that it belongs to nobody; this process has threads. */
static void
start_heir(const struct worker *w, int lock)
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
			handoff_exec(exe, h.program, "--heir", packed);
		}
		_exit(0);
	}
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
	close(packed);
	close(exe);
}

/* The lock goes with the heir, through a description of its own. */
static void
leave_an_heir(const struct worker *w)
{
	int	 lock = pidfile_open(w->p->conf->run_dir, w->p->app->name);

	if (pidfile_lock(lock)) {
		log_event(LOG_WARN, "super", "the supervisor died: starts another");
		start_heir(w, lock);
	}
	if (lock != -1)
		close(lock);
}

static bool
heir_serves(const struct worker *w)
{
	struct pidfile	 c;

	return pidfile_read(w->card, &c) && c.pid != w->h.super &&
	    c.state == PIDFILE_SERVING;
}

static bool
server_lost(const struct worker *w)
{
	struct pollfd	 p = { .fd = w->h.web, .events = POLLIN };

	return w->h.web != -1 && poll(&p, 1, 0) == 1;
}

/* True: its end has come. */
static bool
live_alone(struct worker *w)
{
	if (server_lost(w)) {
		super_socket_unlink(&w->h);
		return true;
	}
	if (w->card == -1)
		return false;
	if (pidfile_is_locked(w->card))
		return heir_serves(w);
	leave_an_heir(w);
	return false;
}

/* --- its life ------------------------------------------------------------- */

/* A supervisor does this for its workers; without one, each for itself. */
static void
look_whether_stopped(const struct worker *w)
{
	bool	 is = pidfile_is_stopped(w->p->conf->run_dir, w->p->app->name);

	if (w->h.super == 0 && atomic_exchange(&w->p->stopped, is) != is)
		log_event(LOG_INFO, "super", "%s", is ? "stopped: answers 503 until it "
		    "is started" : "started: answers again");
	if (w->h.super == 0)
		scoreboard_set_state(w->p->scoreboard, is ? SCOREBOARD_STOPPED : w->p->broken != NULL ?
		    SCOREBOARD_FALLBACK : SCOREBOARD_SERVING);
}

/* mod_fcgid's own process is gone: nobody asks this worker any more. */
static bool
abandoned(const struct worker *w)
{
	return w->h.super == 0 && w->h.parent != 0 &&
	    getppid() != (pid_t)w->h.parent;
}

/* True: its end has come. */
static bool
look(struct worker *w)
{
	uint64_t	 kib = resident_kib();

	scoreboard_set_memory(w->p->scoreboard, kib);
	look_whether_stopped(w);
	w->orphan = w->h.super != 0 && getppid() != (pid_t)w->h.super;
	if (w->orphan)
		return live_alone(w);
	if (abandoned(w))
		return true;
	if (w->old || !over_bounds(w, kib))
		return false;
	w->old = true;
	say(w, SAY_OLD);
	return w->h.super == 0;
}

static bool
ends(const struct worker *w, int sig)
{
	return sig == SIGTERM || sig == SIGINT || sig == SIGUSR1 ||
	    (sig == SIGHUP && w->h.super == 0);
}

static void
live(struct worker *w, const sigset_t *set)
{
	struct timespec	 t;
	int64_t		 ms;
	int		 sig;

	while (!look(w)) {
		ms = w->orphan ? ORPHAN_MS : LOOK_MS;
		t = (struct timespec){ ms / 1000, ms % 1000 * 1000000 };
		sig = sigtimedwait(set, NULL, &t);
		if (ends(w, sig))
			return;
	}
}

/* Who can not do the program's own work answers 503, or 404. */
static const struct program_loop *
loop_of(const struct worker *w)
{
	const struct program_loop	*own = w->p->app->loop;

	return own == NULL || w->p->broken != NULL || w->h.super == 0 ? &fcgi_loop :
	    own;
}

/* Requests and jobs finish in the same time. */
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
worker_live(struct worker *w)
{
	struct program	*p = w->p;
	bool		 sorry = p->broken != NULL;
	sigset_t	 set;

	wait_set(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	(void)prctl(PR_SET_NAME, p->app->name);
	program_open_shared(p);
	if (!loop_of(w)->start(p))
		return 1;
	program_jobs_start(p, (size_t)p->conf->jobs_threads);
	if (w->h.super != 0 && !sorry) {
		w->card = pidfile_open(p->conf->run_dir, p->app->name);
		pidfile_set_serving(w->card, true);
	}
	scoreboard_set_state(p->scoreboard, sorry ? SCOREBOARD_FALLBACK : SCOREBOARD_SERVING);
	say(w, SAY_READY);
	live(w, &set);
	scoreboard_set_state(p->scoreboard, SCOREBOARD_DRAINING);
	pidfile_set_serving(w->card, false);
	if (w->h.super == 0)
		super_socket_unlink(&w->h);	/* the web server goes to another's, then */
	return worker_drain(w) ? 0 : 1;
}

/* Where an admin's commands find the program; not in a supervisor's place. */
static void
leave_card(const struct program *p)
{
	struct pidfile	 c = { .state = PIDFILE_UNSUPERVISED };
	int		 fd = pidfile_open(p->conf->run_dir, p->app->name);

	c.since_ms = clock_now_ms();
	super_own_path(c.program, sizeof(c.program));
	scoreboard_build_id("/proc/self/exe", c.build);
	if (pidfile_lock(fd)) {
		if (!pidfile_write(fd, &c))
			log_event(LOG_WARN, "card", "not written: %s", strerror(errno));
		pidfile_unlock(fd);
	}
	if (fd != -1)
		close(fd);
}

int
super_worker_unsupervised(struct program *p)
{
	struct worker	 w = { .p = p, .card = -1, .born = super_now(),
			    .h = { .ready = -1, .lock = -1, .web = -1,
			    .parent = (int32_t)getppid() } };

	super_socket_remember(&w.h);
	leave_card(p);
	return worker_live(&w);
}

int
super_worker_main(const struct app *app, char **argv)
{
	static struct program	 p;
	static struct conf	 cf;
	struct worker		 w = { .p = &p, .card = -1, .born = super_now() };
	bool			 sorry = strcmp(argv[1], "--sorry") == 0, good;

	if (!bound(argv[2], &w.h))
		return 1;
	good = program_configure(&cf, app, -1);
	if (!good && !sorry)
		return REFUSED;
	if (!program_open(&p, app, &cf))
		return 1;
	if (p.broken != NULL && !sorry)
		return REFUSED;
	if (sorry)
		p.broken = "no worker can serve";
	return worker_live(&w);
}
