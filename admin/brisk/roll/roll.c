/* roll - replace a running program by another program file. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "roll/roll.h"
#include "subprocess.h"

#define WAIT_MS		30000	/* in addition to start_seconds */
#define GONE_MS		5000	/* in addition to drain_seconds */
#define LOOK_MS		5
#define DISPATCH_MS	200	/* until requests sent to an old worker have arrived */
#define MAX_OUTPUT	4096

struct old_workers {
	struct scoreboard_worker	 w[SCOREBOARD_SLOTS];
	size_t			 n;
};

static long long
ms_since(int64_t us)
{
	return (long long)(clock_mono_us() - us) / 1000;
}

/* --- waiting --------------------------------------------------------------- */

bool
roll_wait(const struct roll_target *pr, struct process *p,
    bool (*done)(const struct process *, const struct process *))
{
	struct process	 was = *p;
	int64_t		 until = clock_mono_us() + (WAIT_MS +
			    process_conf()->start_seconds * 2000) * 1000;

	do {
		if (process_read(pr->run_dir, pr->name, p) && done(&was, p))
			return true;
		(void)poll(NULL, 0, LOOK_MS);
	} while (clock_mono_us() < until);
	return false;
}

static bool
rolled(const struct process *was, const struct process *is)
{
	if (is->alive && is->pidfile.pid != was->pidfile.pid)
		return is->pidfile.state == PIDFILE_SERVING;
	return is->alive && is->pidfile.state != PIDFILE_ROLLING &&
	    is->pidfile.state != PIDFILE_STARTING &&
	    (is->pidfile.rolls != was->pidfile.rolls || is->pidfile.refused != was->pidfile.refused);
}

static size_t
workers_left(const struct roll_target *pr, const struct old_workers *old)
{
	static struct scoreboard_worker	 now[SCOREBOARD_SLOTS];
	size_t				 n = process_workers(pr->run_dir, now), left = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < old->n; k++)
			left += now[i].pid == old->w[k].pid &&
			    now[i].since_ms == old->w[k].since_ms;
	return left;
}

static int
wait_gone(const struct roll_target *pr, const struct old_workers *old, int64_t began)
{
	int64_t	 until = clock_mono_us() + (GONE_MS +
		    process_conf()->drain_seconds * 1000) * 1000;
	size_t	 left;

	while ((left = workers_left(pr, old)) > 0) {
		if (clock_mono_us() >= until)
			return admin_error("%s: %zu old workers have not ended", pr->name, left);
		(void)poll(NULL, 0, LOOK_MS);
	}
	printf("%s: %zu old workers ended after %lld ms\n", pr->name, old->n,
	    ms_since(began));
	return 0;
}

/* --- a supervised program ------------------------------------------------- */

int
roll(const struct roll_target *pr, struct process *p)
{
	static struct old_workers	 old;
	struct pidfile		 was = p->pidfile;
	int64_t			 began = clock_mono_us();

	old.n = process_workers_of(pr->run_dir, pr->name, old.w);
	if (!process_signal(pr->run_dir, p, SIGHUP))
		return admin_error("%s: cannot signal its supervisor: %s", pr->name,
		    strerror(errno));
	if (!roll_wait(pr, p, rolled))
		return admin_error("%s: the supervisor reported no result in time", pr->name);
	if (p->pidfile.pid != was.pid)
		return admin_error("%s: its supervisor died meanwhile; another supervisor took "
		    "its place, build %s", pr->name, p->pidfile.build);
	if (p->pidfile.refused != was.refused)
		return admin_error("%s: the new program is refused: %s; the old program goes on",
		    pr->name, p->pidfile.why);
	printf("%s: build %s -> %s, serves after %lld ms\n", pr->name, was.build,
	    p->pidfile.build, ms_since(began));
	(void)fflush(stdout);
	return wait_gone(pr, &old, began);
}

/* --- programs whose workers the web server starts ------------------------------ */

/* Run the program with --check.  False, reported: it is refused. */
static bool
program_check(const struct roll_target *pr, const char *file)
{
	char		 output[MAX_OUTPUT];
	struct subprocess	 r;
	bool		 ended;
	int		 status;

	if (!subprocess_start(&r, file, "--check", true))
		return false;
	ended = subprocess_drain(&r, output, sizeof(output), process_conf()->start_seconds * 1000);
	status = subprocess_wait(&r, ended ? 1000 : 0);
	if (ended && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	return admin_error_false("%s: the new program is refused: its --check %s:\n%s",
	    pr->name, !ended ? "took too long" : WIFEXITED(status) ? "failed" : "crashed",
	    output);
}

static const struct scoreboard_worker *
worker_of_build(const struct old_workers *old, const char *build, bool same)
{
	for (size_t i = 0; i < old->n; i++)
		if ((strcmp(old->w[i].build, build) == 0) == same)
			return &old->w[i];
	return NULL;
}

/* Give the file at the path a new inode, so that the web server starts new workers. */
static bool
file_renew(const struct roll_target *pr, const struct process *p, const struct old_workers *old)
{
	const struct scoreboard_worker	*other;
	char				 build[SCOREBOARD_BUILD], exe[32];

	scoreboard_build_id(p->pidfile.program, build);
	other = worker_of_build(old, build, false);
	if (pr->with == NULL && other != NULL) {
		(void)snprintf(exe, sizeof(exe), "/proc/%d/exe", (int)other->pid);
		(void)!pidfile_keep_previous(pr->run_dir, pr->name, exe);
	}
	return worker_of_build(old, build, true) == NULL ||
	    pidfile_copy_program(p->pidfile.program, p->pidfile.program);
}

static int
unsupervised_roll(const struct roll_target *pr, const struct process *p)
{
	static struct old_workers	 old;
	char			 build[SCOREBOARD_BUILD];
	int64_t			 began = clock_mono_us();

	old.n = process_workers_of(pr->run_dir, pr->name, old.w);
	if (!file_renew(pr, p, &old))
		return 1;
	scoreboard_build_id(p->pidfile.program, build);
	printf("%s: build %s -> %s, which the web server starts at the next request\n",
	    pr->name, old.n > 0 ? old.w[0].build : p->pidfile.build, build);
	(void)fflush(stdout);
	(void)poll(NULL, 0, old.n > 0 ? DISPATCH_MS : 0);
	for (size_t i = 0; i < old.n; i++)
		(void)!process_signal_worker(pr->run_dir, &old.w[i], SIGTERM);
	return wait_gone(pr, &old, began);
}

/* --- program files ------------------------------------------------------------ */

/* The file of the running program. */
static const char *
running_file(const struct roll_target *pr, const struct process *p)
{
	static struct old_workers		 old;
	const struct scoreboard_worker	*w;
	char				 build[SCOREBOARD_BUILD];
	const char			*exe = p->pidfile.program;

	if (p->alive) {
		exe = arena_fmt(admin_arena(), "/proc/%d/exe", (int)p->pidfile.pid);
	} else if (pr->with == NULL) {
		old.n = process_workers_of(pr->run_dir, pr->name, old.w);
		scoreboard_build_id(p->pidfile.program, build);
		if ((w = worker_of_build(&old, build, false)) != NULL)
			exe = arena_fmt(admin_arena(), "/proc/%d/exe", (int)w->pid);
	}
	return exe == NULL ? p->pidfile.program : exe;
}

static int
roll_any(const struct roll_target *pr, struct process *p)
{
	return p->alive ? roll(pr, p) : unsupervised_roll(pr, p);
}

static bool
runs_own_file(const struct process *p)
{
	char	 build[SCOREBOARD_BUILD];

	scoreboard_build_id(p->pidfile.program, build);
	return strcmp(build, p->pidfile.build) == 0;
}

/* Put the new file at the path, and roll.  If it is refused, restore the old file. */
static int
roll_with_file(const struct roll_target *pr, struct process *p)
{
	const char	*path = p->pidfile.program;
	char		 was[PATH_MAX];
	int		 status;

	if (!pidfile_sibling_path(path, "was", was) || (unlink(was) != 0 && errno != ENOENT) ||
	    (link(path, was) != 0 && errno != ENOENT))
		return admin_error("%s: cannot replace the file: %s", path, strerror(errno));
	if (!pidfile_copy_program(pr->with, path))
		return 1;
	status = roll_any(pr, p);
	if (p->alive && !runs_own_file(p) && rename(was, path) == 0)
		return status;
	if (!p->alive)
		(void)!pidfile_keep_previous(pr->run_dir, pr->name, was);
	(void)unlink(was);
	return status;
}

/* Programs that are started for a check must read the same brisk.conf. */
static void
conf_export(void)
{
	const char	*file = process_conf()->file;

	if (file != NULL && file[0] != '\0')
		(void)setenv("BRISK_CONF", file, 1);
}

int
roll_restart(const struct roll_target *pr)
{
	const char	*new;
	struct process	 p;

	if (!process_read(pr->run_dir, pr->name, &p) || (!p.alive && !process_plain(&p)))
		return admin_error("%s does not run", pr->name);
	if (pidfile_is_stopped(pr->run_dir, pr->name))
		return admin_error("%s is stopped: brisk start %s", pr->name, pr->name);
	new = pr->with != NULL ? pr->with : p.pidfile.program;
	if (access(new, X_OK) != 0)
		return admin_error("%s: %s: %s", pr->name, new, strerror(errno));
	conf_export();
	if (!p.alive && !program_check(pr, new))
		return 1;
	if (pr->rehearse > 0 && rehearse(pr, running_file(pr, &p), new) != 0)
		return admin_error("%s: the new program is refused; the old program goes on",
		    pr->name);
	return pr->with == NULL ? roll_any(pr, &p) : roll_with_file(pr, &p);
}

int
roll_revert(const struct roll_target *pr)
{
	struct roll_target	 back = *pr;
	char		 path[PATH_MAX];

	if (!pidfile_previous_path(pr->run_dir, pr->name, path) || access(path, X_OK) != 0)
		return admin_error("%s: there is no previous program", pr->name);
	back.with = path;
	return roll_restart(&back);
}
