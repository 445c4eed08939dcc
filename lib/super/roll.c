/*
 * roll - replaces the program file, without losing a request.
 *
 * The file is opened once, so that check, workers and the next image are the same
 * build even if the file is replaced meanwhile.  First --check must succeed; it
 * also tries to unpack the handoff.  Then all new workers must be ready.  Then the
 * file replaces this image, which retires the old workers.  Until then they serve.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "super/state.h"

static size_t
roll_workers(const struct super *s)
{
	return s->h.wanted > 0 ? s->h.wanted : 1;
}

static bool
belongs_to_roll(const struct super *s, const struct child *c)
{
	return c->kind == CHILD_CHECK ||
	    (c->kind == CHILD_WORKER && c->generation == s->h.generation + 1);
}

static void
end_roll(struct super *s)
{
	for (size_t i = 0; i < s->h.n; i++)
		if (belongs_to_roll(s, &s->h.child[i]))
			child_kill(&s->h.child[i]);
	if (s->next != -1)
		close(s->next);
	s->next = -1;
	s->roll = ROLL_NONE;
}

void
super_roll_refuse(struct super *s, const char *why)
{
	log_event(LOG_ERROR, "super", "roll of %s refused: %s; the old program goes on",
	    s->h.program, why);
	(void)snprintf(s->why, sizeof(s->why), "%s", why);
	s->h.refused++;
	end_roll(s);
}

void
super_roll_begin(struct super *s)
{
	s->why[0] = '\0';
	memset(s->fault, 0, sizeof(s->fault));
	s->next = open(s->h.program, O_PATH | O_CLOEXEC);
	if (s->next == -1) {
		super_roll_refuse(s, strerror(errno));
		return;
	}
	s->roll = ROLL_CHECKING;
	s->roll_until = super_now() + s->conf->start_seconds * 1000;
	if (!child_start(s, CHILD_CHECK, s->next, s->h.generation + 1))
		super_roll_refuse(s, "its --check cannot be started");
}

static void
roll_start_workers(struct super *s)
{
	s->roll = ROLL_STARTING;
	s->roll_until = super_now() + s->conf->start_seconds * 1000;
	for (size_t n = roll_workers(s); n > 0; n--)
		if (!child_start(s, CHILD_WORKER, s->next, s->h.generation + 1)) {
			super_roll_refuse(s, "its workers cannot be started");
			return;
		}
}

static void
roll_check_ended(struct super *s, int status)
{
	char	 why[80];

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		roll_start_workers(s);
		return;
	}
	s->fault[strcspn(s->fault, "\n")] = '\0';
	if (s->fault[0] != '\0') {
		super_roll_refuse(s, s->fault);
		return;
	}
	if (WIFSIGNALED(status))
		(void)snprintf(why, sizeof(why), "its --check was killed by signal %d",
		    WTERMSIG(status));
	else
		(void)snprintf(why, sizeof(why), "its --check exited with %d",
		    WEXITSTATUS(status));
	super_roll_refuse(s, why);
}

void
super_roll_ended(struct super *s, const struct child *c, int status)
{
	if (!belongs_to_roll(s, c))
		return;
	if (s->roll == ROLL_CHECKING)
		roll_check_ended(s, status);
	else if (s->roll == ROLL_STARTING)
		super_roll_refuse(s, "one of its workers ended before all were ready");
}

/* Set the close-on-exec flag of what the next image needs. */
static void
set_cloexec(const struct super *s, int flag)
{
	(void)fcntl(s->h.lock, F_SETFD, flag);
	for (size_t i = 0; i < s->h.n; i++)
		if (s->h.child[i].pipe != -1)
			(void)fcntl(s->h.child[i].pipe, F_SETFD, flag);
}

/* Keep a copy of the old file for brisk revert; the roll goes on without one. */
static void
keep_previous(const struct super *s)
{
	char	 path[32], old[SCOREBOARD_BUILD], new[SCOREBOARD_BUILD];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", s->next);
	scoreboard_build_id("/proc/self/exe", old);
	scoreboard_build_id(path, new);
	if (strcmp(old, new) != 0)
		(void)!pidfile_keep_previous(s->conf->run_dir, s->app->name, "/proc/self/exe");
}

static void
roll_commit(struct super *s)
{
	struct handoff	 next = s->h;
	int		 packed;

	next.generation++;
	next.rolls++;
	keep_previous(s);
	if ((packed = handoff_pack(&next)) != -1) {
		set_cloexec(s, 0);
		handoff_exec(s->next, s->h.program, "--resume", packed);
		set_cloexec(s, FD_CLOEXEC);
		close(packed);
	}
	super_roll_refuse(s, "it cannot be executed");
}

static const char	*const timeout_reason[] = {
	[ROLL_CHECKING] = "its --check took too long",
	[ROLL_STARTING] = "its workers were not ready in time",
};

void
super_roll_step(struct super *s)
{
	if (s->roll == ROLL_STARTING &&
	    child_count_ready(s, s->h.generation + 1) >= roll_workers(s))
		roll_commit(s);
	else if (s->roll != ROLL_NONE && super_now() >= s->roll_until)
		super_roll_refuse(s, timeout_reason[s->roll]);
}
