/*
 * super - the turns of a supervisor: reap children, enforce limits, advance a
 * roll, start missing workers, sleep.
 *
 * It never exits by itself, because a web server gives up a program that ends at
 * once.  While no worker can serve, a fallback responder answers 503.
 */
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "super/state.h"
#include "super/super.h"

#define LIVED_MS	1000	/* a worker that lives less counts as a failed start */
#define FAILS_FALLBACK	3	/* failed starts until the fallback responder starts */
#define MAX_FAILS	8	/* failed starts after which the pause no longer doubles */
#define CALM_MS		60000	/* without waiting connections: one worker fewer */
#define BUSY_MS		20	/* between two turns while children start or end */
#define LOST_MS		2000	/* without a path to the socket: end */

static size_t
wanted(const struct super *s)
{
	return s->stopped || !s->good ? 0 : s->h.wanted;
}

/* --- children that ended -------------------------------------------------- */

static void
start_failed(struct super *s, bool refused)
{
	if (s->fails < MAX_FAILS)
		s->fails++;
	if (refused && s->fails < FAILS_FALLBACK)
		s->fails = FAILS_FALLBACK;
	s->respawn_at = super_now() + (10 << s->fails);
}

static void
worker_died(struct super *s, const struct child *c, int status)
{
	int64_t	 lived = super_now() - c->born;
	bool	 by_admin = WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL :
		    WEXITSTATUS(status) == 0;

	log_event(LOG_ERROR, "super", "worker %d %s %d after %lld ms",
	    (int)c->pid, WIFSIGNALED(status) ? "was killed by signal" : "exited with",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
	    (long long)lived);
	if (c->ready && (by_admin || lived >= LIVED_MS))
		s->fails = 0;		/* start another at once */
	else
		start_failed(s, WIFEXITED(status) && WEXITSTATUS(status) == EXIT_REFUSED);
}

static void
child_ended(struct super *s, size_t i, int status)
{
	struct child	 c;

	child_read(s, &s->h.child[i]);
	c = s->h.child[i];
	child_forget(s, i);
	if (c.kill_at != 0)
		return;
	if (child_fresh(s, &c))
		worker_died(s, &c, status);
	else
		super_roll_ended(s, &c, status);
}

static void
reap_children(struct super *s)
{
	int	 status;
	pid_t	 pid;
	size_t	 i;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (i = 0; i < s->h.n && s->h.child[i].pid != (int32_t)pid; i++)
			;
		if (i < s->h.n)
			child_ended(s, i, status);
	}
}

/* --- limits --------------------------------------------------------------- */

static void
enforce_limits(struct super *s)
{
	int64_t		 now = super_now();
	struct child	*c;

	for (c = s->h.child; c < s->h.child + s->h.n; c++) {
		child_read(s, c);
		if (c->kill_at != 0 && now >= c->kill_at)
			child_kill(c);
		if (!child_fresh(s, c) || c->ready ||
		    now - c->born < s->conf->start_seconds * 1000)
			continue;
		log_event(LOG_ERROR, "super", "worker %d was not ready in time",
		    (int)c->pid);
		child_kill(c);
		start_failed(s, false);
	}
}

/* --- workers that are missing or too many --------------------------------- */

static void
retire_if(struct super *s, bool (*is)(const struct super *, const struct child *))
{
	for (size_t i = 0; i < s->h.n; i++)
		if (is(s, &s->h.child[i]))
			child_retire(s, &s->h.child[i]);
}

static bool
is_old(const struct super *s, const struct child *c)
{
	return c->kind == CHILD_WORKER && (c->old || c->generation < s->h.generation);
}

static bool
is_fallback(const struct super *s, const struct child *c)
{
	(void)s;
	return c->kind == CHILD_FALLBACK;
}

static bool
is_any(const struct super *s, const struct child *c)
{
	(void)s;
	(void)c;
	return true;
}

/* Does a worker serve: ours, or one that a dead supervisor left? */
static bool
worker_serves(const struct super *s)
{
	const struct child	*c;

	for (c = s->h.child; c < s->h.child + s->h.n; c++)
		if (c->kind == CHILD_WORKER && c->ready && c->kill_at == 0)
			return true;
	return pidfile_is_serving(s->h.lock);
}

static void
start_workers(struct super *s)
{
	size_t	 n = child_count_fresh(s);

	for (; n < wanted(s) && super_now() >= s->respawn_at; n++)
		if (!child_start(s, CHILD_WORKER, s->exe, s->h.generation))
			start_failed(s, false);
	for (size_t i = 0; n > wanted(s) && i < s->h.n; i++)
		if (child_fresh(s, &s->h.child[i])) {
			s->h.child[i].old = true;
			n--;
		}
}

static void
keep_workers(struct super *s)
{
	if (s->ending)
		return;
	start_workers(s);
	if (child_count_ready(s, s->h.generation) >= wanted(s))
		retire_if(s, is_old);
	if (child_count_ready(s, s->h.generation) > 0)
		retire_if(s, is_fallback);
	else if ((wanted(s) == 0 || s->fails >= FAILS_FALLBACK) &&
	    child_count(s, CHILD_FALLBACK) == 0 && !worker_serves(s))
		(void)child_start(s, CHILD_FALLBACK, s->exe, s->h.generation);
}

/* --- ticks ---------------------------------------------------------------- */

static int64_t
tick_ms(const struct super *s)
{
	int64_t	 ms = s->waiting_since != 0 ? s->conf->queue_ms / 4 :
		    s->conf->queue_ms;

	return ms < 10 ? 10 : ms > 1000 ? 1000 : ms;
}

/*
 * Start one more worker if connections were waiting at every tick for queue_ms:
 * then all threads are busy.
 */
static void
adjust_workers(struct super *s, int64_t now)
{
	struct pollfd	 p = { .fd = LISTEN_FD, .events = POLLIN };
	bool		 waits = poll(&p, 1, 0) == 1;

	if (!waits)
		s->waiting_since = 0;
	else if (s->waiting_since == 0)
		s->waiting_since = now;
	if (waits || s->calm_since == 0)
		s->calm_since = now;
	if (waits && now - s->waiting_since >= s->conf->queue_ms &&
	    s->h.wanted < (uint32_t)s->conf->workers_max &&
	    child_count_ready(s, s->h.generation) >= wanted(s)) {
		s->h.wanted++;
		s->waiting_since = now;
	} else if (now - s->calm_since >= CALM_MS &&
	    s->h.wanted > (uint32_t)s->conf->workers_min) {
		s->h.wanted--;
		s->calm_since = now;
	}
}

static void
begin_end(struct super *s, const char *why)
{
	if (s->ending)
		return;
	log_event(LOG_INFO, "super", "ends: %s", why);
	s->ending = true;
	if (s->roll != ROLL_NONE)
		super_roll_refuse(s, "the supervisor ends");
	retire_if(s, is_any);
}

static bool
server_lost(const struct super *s)
{
	struct pollfd	 p = { .fd = s->h.web, .events = POLLIN };

	return (s->h.web != -1 && poll(&p, 1, 0) == 1) ||
	    (s->h.parent != 0 && getppid() != (pid_t)s->h.parent);
}

static void
super_tick(struct super *s)
{
	int64_t	 now = super_now();

	if (server_lost(s) && !s->ending) {
		super_socket_unlink(&s->h);
		begin_end(s, "its web server has ended");
	}
	if (s->ending || now < s->tick_at)
		return;
	if (s->roll == ROLL_NONE)	/* a roll needs a constant number of workers */
		adjust_workers(s, now);
	s->tick_at = now + tick_ms(s);
	if (!super_socket_is_lost(&s->h))
		s->lost_since = 0;
	else if (s->lost_since == 0)
		s->lost_since = now;
	else if (now - s->lost_since >= LOST_MS)
		begin_end(s, "its socket was removed or replaced");
	if (!s->locked)
		s->locked = pidfile_lock(s->h.lock);
}

/* --- the pid file --------------------------------------------------------- */

static enum pidfile_state
super_state(const struct super *s)
{
	size_t	 ready = child_count_ready(s, s->h.generation);

	if (s->ending)
		return PIDFILE_ENDED;
	if (s->stopped)
		return PIDFILE_STOPPED;
	if (s->roll != ROLL_NONE)
		return PIDFILE_ROLLING;
	if (ready > 0 && ready >= wanted(s))
		return PIDFILE_SERVING;
	return child_count(s, CHILD_FALLBACK) > 0 ? PIDFILE_FALLBACK : PIDFILE_STARTING;
}

static void
write_pidfile(struct super *s)
{
	struct pidfile	 c = { .pid = (int32_t)getpid(), .state = super_state(s),
			    .rolls = s->h.rolls, .refused = s->h.refused,
			    .wanted = (uint32_t)wanted(s), .since_ms = s->h.since_ms };

	if (!s->locked)
		return;
	scoreboard_build_id("/proc/self/exe", c.build);
	memcpy(c.socket, s->h.socket, sizeof(c.socket));
	memcpy(c.program, s->h.program, sizeof(c.program));
	memcpy(c.why, s->why, sizeof(c.why));
	memcpy(c.magic, s->pidfile.magic, sizeof(c.magic));
	c.size = s->pidfile.size;
	if (memcmp(&c, &s->pidfile, sizeof(c)) != 0 && pidfile_write(s->h.lock, &c))
		s->pidfile = c;
	if (s->ending) {	/* the successor need not wait for our last request */
		pidfile_unlock(s->h.lock);
		s->locked = false;
	}
}

/* --- signals -------------------------------------------------------------- */

static void
stop_serving(struct super *s)
{
	log_event(LOG_INFO, "super", "stopped: the program answers 503 until it is "
	    "started");
	s->stopped = true;
	s->h.again = 0;
}

static void
hang_up(struct super *s)
{
	if (s->ending)
		return;
	if (s->roll != ROLL_NONE)
		s->h.again = 1;		/* roll again afterwards */
	else if (pidfile_is_stopped(s->conf->run_dir, s->app->name))
		stop_serving(s);
	else
		super_roll_begin(s);
}

static void
read_signals(struct super *s)
{
	struct signalfd_siginfo	 si;

	while (read(s->signals, &si, sizeof(si)) == sizeof(si))
		if (si.ssi_signo == SIGHUP)
			hang_up(s);
		else if (si.ssi_signo == SIGTERM || si.ssi_signo == SIGINT ||
		    si.ssi_signo == SIGUSR1)
			begin_end(s, "it got a signal");
	if (s->h.again && s->roll == ROLL_NONE) {
		s->h.again = 0;
		hang_up(s);
	}
}

/* --- turns ---------------------------------------------------------------- */

static bool
is_busy(const struct super *s)
{
	if (s->roll != ROLL_NONE || s->ending ||
	    child_count_ready(s, s->h.generation) != wanted(s))
		return true;
	for (size_t i = 0; i < s->h.n; i++)
		if (s->h.child[i].kill_at != 0)
			return true;
	return false;
}

static void
wait_for_events(struct super *s)
{
	struct pollfd	 p[MAX_CHILDREN + 2] = { { s->signals, POLLIN, 0 },
			    { s->ending ? -1 : s->h.web, POLLIN, 0 } };
	int64_t		 ms = s->tick_at - super_now();

	for (size_t i = 0; i < s->h.n; i++)
		p[i + 2] = (struct pollfd){ s->h.child[i].pipe, POLLIN, 0 };
	if (is_busy(s) && ms > BUSY_MS)
		ms = BUSY_MS;
	if (s->ending)
		ms = BUSY_MS;
	(void)poll(p, s->h.n + 2, ms < 0 ? 0 : (int)ms);
}

static void
super_turn(struct super *s)
{
	reap_children(s);
	enforce_limits(s);
	super_roll_step(s);
	keep_workers(s);
	super_tick(s);
	write_pidfile(s);
	wait_for_events(s);
	read_signals(s);
}

int
super_run(const struct app *app, const struct conf *cf, bool good, char **argv)
{
	static struct super	 s;

	s.app = app;
	s.conf = cf;
	s.good = good;
	super_begin(&s, argv);
	while (!s.ending || s.h.n > 0)
		super_turn(&s);
	return 0;
}
