/* roll - a program's file exchanged for another while it runs. */
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

#define WAIT_MS		30000	/* besides what a new program may take to start */
#define GONE_MS		5000	/* besides what an old one may take to end */
#define LOOK_MS		5
#define DISPATCH_MS	200	/* what was sent to an old worker has arrived */
#define MAX_TOLD	4096

struct olds {
	struct scoreboard_worker	 w[SCOREBOARD_SLOTS];
	size_t			 n;
};

static long long
ms_since(int64_t us)
{
	return (long long)(clock_mono_us() - us) / 1000;
}

/* --- waiting for what comes of it ----------------------------------------- */

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
still_there(const struct roll_target *pr, const struct olds *old)
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
wait_gone(const struct roll_target *pr, const struct olds *old, int64_t began)
{
	int64_t	 until = clock_mono_us() + (GONE_MS +
		    process_conf()->drain_seconds * 1000) * 1000;
	size_t	 left;

	while ((left = still_there(pr, old)) > 0) {
		if (clock_mono_us() >= until)
			return admin_error("%s: %zu old workers do not end", pr->name, left);
		(void)poll(NULL, 0, LOOK_MS);
	}
	printf("%s: %zu old workers are gone after %lld ms\n", pr->name, old->n,
	    ms_since(began));
	return 0;
}

/* --- a supervised program ------------------------------------------------- */

int
roll(const struct roll_target *pr, struct process *p)
{
	static struct olds	 old;
	struct pidfile		 was = p->pidfile;
	int64_t			 began = clock_mono_us();

	old.n = process_workers_of(pr->run_dir, pr->name, old.w);
	if (!process_signal(pr->run_dir, p, SIGHUP))
		return admin_error("%s: its supervisor can not be told: %s", pr->name,
		    strerror(errno));
	if (!roll_wait(pr, p, rolled))
		return admin_error("%s: nothing came of it in time", pr->name);
	if (p->pidfile.pid != was.pid)
		return admin_error("%s: its supervisor died over it; another has taken its "
		    "place, build %s", pr->name, p->pidfile.build);
	if (p->pidfile.refused != was.refused)
		return admin_error("%s: the new program is not taken: %s; the old one goes on",
		    pr->name, p->pidfile.why);
	printf("%s: build %s -> %s, serves after %lld ms\n", pr->name, was.build,
	    p->pidfile.build, ms_since(began));
	(void)fflush(stdout);
	return wait_gone(pr, &old, began);
}

/* --- one whose workers the web server starts -------------------------------- */

/* Its own word on whether it can serve. */
static bool
check(const struct roll_target *pr, const char *file)
{
	char		 told[MAX_TOLD];
	struct subprocess	 r;
	bool		 ended;
	int		 status;

	if (!subprocess_start(&r, file, "--check", true))
		return false;
	ended = subprocess_drain(&r, told, sizeof(told), process_conf()->start_seconds * 1000);
	status = subprocess_wait(&r, ended ? 1000 : 0);
	if (ended && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	return admin_error_false("%s: the new program is not taken: its --check %s:\n%s", pr->name,
	    !ended ? "took too long" : WIFEXITED(status) ? "fails" : "crashes", told);
}

static const struct scoreboard_worker *
of_build(const struct olds *old, const char *build, bool same)
{
	for (size_t i = 0; i < old->n; i++)
		if ((strcmp(old->w[i].build, build) == 0) == same)
			return &old->w[i];
	return NULL;
}

/* Where the web server looks again, it starts others: a file of a new inode. */
static bool
renew_file(const struct roll_target *pr, const struct process *p, const struct olds *old)
{
	const struct scoreboard_worker	*other;
	char				 build[SCOREBOARD_BUILD], exe[32];

	scoreboard_build_id(p->pidfile.program, build);
	other = of_build(old, build, false);
	if (pr->with == NULL && other != NULL) {
		(void)snprintf(exe, sizeof(exe), "/proc/%d/exe", (int)other->pid);
		(void)!pidfile_keep_previous(pr->run_dir, pr->name, exe);
	}
	return of_build(old, build, true) == NULL ||
	    pidfile_copy_program(p->pidfile.program, p->pidfile.program);
}

static int
renew(const struct roll_target *pr, const struct process *p)
{
	static struct olds	 old;
	char			 build[SCOREBOARD_BUILD];
	int64_t			 began = clock_mono_us();

	old.n = process_workers_of(pr->run_dir, pr->name, old.w);
	if (!renew_file(pr, p, &old))
		return 1;
	scoreboard_build_id(p->pidfile.program, build);
	printf("%s: build %s -> %s, which the web server starts when it is asked for\n",
	    pr->name, old.n > 0 ? old.w[0].build : p->pidfile.build, build);
	(void)fflush(stdout);
	(void)poll(NULL, 0, old.n > 0 ? DISPATCH_MS : 0);
	for (size_t i = 0; i < old.n; i++)
		(void)!process_signal_worker(pr->run_dir, &old.w[i], SIGTERM);
	return wait_gone(pr, &old, began);
}

/* --- another file ----------------------------------------------------------- */

/* The program that answers now. */
static const char *
running(const struct roll_target *pr, const struct process *p)
{
	static struct olds		 old;
	const struct scoreboard_worker	*w;
	char				 build[SCOREBOARD_BUILD];
	const char			*exe = p->pidfile.program;

	if (p->alive) {
		exe = arena_fmt(admin_arena(), "/proc/%d/exe", (int)p->pidfile.pid);
	} else if (pr->with == NULL) {
		old.n = process_workers_of(pr->run_dir, pr->name, old.w);
		scoreboard_build_id(p->pidfile.program, build);
		if ((w = of_build(&old, build, false)) != NULL)
			exe = arena_fmt(admin_arena(), "/proc/%d/exe", (int)w->pid);
	}
	return exe == NULL ? p->pidfile.program : exe;
}

static int
take(const struct roll_target *pr, struct process *p)
{
	return p->alive ? roll(pr, p) : renew(pr, p);
}

static bool
runs(const struct process *p)
{
	char	 build[SCOREBOARD_BUILD];

	scoreboard_build_id(p->pidfile.program, build);
	return strcmp(build, p->pidfile.build) == 0;
}

/* Where it is refused, the file that was there comes back. */
static int
take_other(const struct roll_target *pr, struct process *p)
{
	const char	*path = p->pidfile.program;
	char		 was[PATH_MAX];
	int		 status;

	if (!pidfile_sibling_path(path, "was", was) || (unlink(was) != 0 && errno != ENOENT) ||
	    (link(path, was) != 0 && errno != ENOENT))
		return admin_error("%s: the file can not be exchanged: %s", path, strerror(errno));
	if (!pidfile_copy_program(pr->with, path))
		return 1;
	status = take(pr, p);
	if (p->alive && !runs(p) && rename(was, path) == 0)
		return status;
	if (!p->alive)
		(void)!pidfile_keep_previous(pr->run_dir, pr->name, was);
	(void)unlink(was);
	return status;
}

/* What the programs that are only looked at shall read. */
static void
name_conf(void)
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
	name_conf();
	if (!p.alive && !check(pr, new))
		return 1;
	if (pr->rehearse > 0 && rehearse(pr, running(pr, &p), new) != 0)
		return admin_error("%s: the new program is not taken; the old one goes on",
		    pr->name);
	return pr->with == NULL ? take(pr, &p) : take_other(pr, &p);
}

int
roll_revert(const struct roll_target *pr)
{
	struct roll_target	 back = *pr;
	char		 path[PATH_MAX];

	if (!pidfile_previous_path(pr->run_dir, pr->name, path) || access(path, X_OK) != 0)
		return admin_error("%s: no roll has replaced a program yet", pr->name);
	back.with = path;
	return roll_restart(&back);
}
