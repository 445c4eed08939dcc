/*
 * super_roll - a new program file in place of the old, without a lost request.
 *
 * The file is opened once, so that another one put there meanwhile can not mix
 * in.  Its --check may refuse, and rehearses to take over; its workers must
 * all be ready; only then does it replace this image.  Until then nothing has
 * happened to the old workers.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/log.h"
#include "super/private.h"

static size_t
roll_workers(const struct super *s)
{
	return s->h.wanted > 0 ? s->h.wanted : 1;
}

static bool
of_roll(const struct super *s, const struct child *c)
{
	return c->kind == CHECK ||
	    (c->kind == WORKER && c->generation == s->h.generation + 1);
}

static void
roll_over(struct super *s)
{
	for (size_t i = 0; i < s->h.n; i++)
		if (of_roll(s, &s->h.child[i]))
			child_kill(&s->h.child[i]);
	if (s->next != -1)
		close(s->next);
	s->next = -1;
	s->roll = ROLL_NONE;
}

void
super_roll_refuse(struct super *s, const char *why)
{
	log_event(LOG_ERROR, "super", "%s is not taken: %s; the old one goes on",
	    s->h.program, why);
	(void)snprintf(s->why, sizeof(s->why), "%s", why);
	s->h.refused++;
	roll_over(s);
}

void
super_roll_begin(struct super *s)
{
	s->why[0] = '\0';
	memset(s->told, 0, sizeof(s->told));
	s->next = open(s->h.program, O_PATH | O_CLOEXEC);
	if (s->next == -1) {
		super_roll_refuse(s, strerror(errno));
		return;
	}
	s->roll = ROLL_CHECKING;
	s->roll_until = super_now() + s->conf->start_seconds * 1000;
	if (!child_start(s, CHECK, s->next, s->h.generation + 1))
		super_roll_refuse(s, "--check can not be started");
}

static void
roll_start_workers(struct super *s)
{
	s->roll = ROLL_STARTING;
	s->roll_until = super_now() + s->conf->start_seconds * 1000;
	for (size_t n = roll_workers(s); n > 0; n--)
		if (!child_start(s, WORKER, s->next, s->h.generation + 1)) {
			super_roll_refuse(s, "its workers can not be started");
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
	s->told[strcspn(s->told, "\n")] = '\0';
	if (s->told[0] != '\0') {
		super_roll_refuse(s, s->told);
		return;
	}
	if (WIFSIGNALED(status))
		(void)snprintf(why, sizeof(why), "its --check died by signal %d",
		    WTERMSIG(status));
	else
		(void)snprintf(why, sizeof(why), "its --check ended with %d",
		    WEXITSTATUS(status));
	super_roll_refuse(s, why);
}

void
super_roll_ended(struct super *s, const struct child *c, int status)
{
	if (!of_roll(s, c))
		return;
	if (s->roll == ROLL_CHECKING)
		roll_check_ended(s, status);
	else if (s->roll == ROLL_STARTING)
		super_roll_refuse(s, "a worker of it ended before all were ready");
}

/* What the next image needs stays open, or no longer. */
static void
keep_open(const struct super *s, int flag)
{
	(void)fcntl(s->h.lock, F_SETFD, flag);
	for (size_t i = 0; i < s->h.n; i++)
		if (s->h.child[i].pipe != -1)
			(void)fcntl(s->h.child[i].pipe, F_SETFD, flag);
}

/* What is replaced can be had back; without room for it the roll goes on. */
static void
keep_old(const struct super *s)
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
	keep_old(s);
	if ((packed = handoff_pack(&next)) != -1) {
		keep_open(s, 0);
		handoff_exec(s->next, s->h.program, "--resume", packed);
		keep_open(s, FD_CLOEXEC);
		close(packed);
	}
	super_roll_refuse(s, "it can not be executed");
}

static const char	*const late[] = {
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
		super_roll_refuse(s, late[s->roll]);
}
