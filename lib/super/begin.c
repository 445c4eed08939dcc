/*
 * begin - how a supervisor starts: anew, as the next image of a roll (--resume),
 * or as successor of one that died (--successor).
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "super/state.h"
#include "super/super.h"

/* --follow: end with the web server, which is our parent. */
static void
follow(struct super *s)
{
	s->h.parent = (int32_t)getppid();
	s->h.web = (int32_t)syscall(SYS_pidfd_open, s->h.parent, 0);
	if (s->h.web != -1)
		(void)fcntl(s->h.web, F_SETFD, 0);	/* workers watch it, too */
}

void
super_own_path(char *path, size_t size)
{
	static const char	 gone[] = " (deleted)";
	ssize_t			 n = readlink("/proc/self/exe", path, size - 1);
	size_t			 end = n > 0 ? (size_t)n : 0, tail = sizeof(gone) - 1;

	path[end] = '\0';
	if (end > tail && strcmp(path + end - tail, gone) == 0)
		path[end - tail] = '\0';
}

static void
begin_new(struct super *s, bool follows)
{
	s->h = (struct handoff){ .lock = -1, .web = -1, .generation = 1,
	    .since_ms = clock_now_ms() };
	super_own_path(s->h.program, sizeof(s->h.program));
	super_socket_remember(&s->h);
	if (follows)
		follow(s);
}

/* Descriptors that came over exec must not be inherited by children. */
static void
adopt_handoff(struct super *s)
{
	(void)fcntl(s->h.lock, F_SETFD, FD_CLOEXEC);
	for (size_t i = 0; i < s->h.n; i++)
		if (s->h.child[i].pipe != -1)
			(void)fcntl(s->h.child[i].pipe, F_SETFD, FD_CLOEXEC);
	s->h.wanted = s->h.wanted > (uint32_t)s->conf->workers_max ?
	    (uint32_t)s->conf->workers_max : s->h.wanted;
	s->h.wanted = s->h.wanted < (uint32_t)s->conf->workers_min ?
	    (uint32_t)s->conf->workers_min : s->h.wanted;
}

static void
open_all(struct super *s)
{
	sigset_t	 all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);	/* if ignored, exit statuses would be lost */
	(void)prctl(PR_SET_NAME, s->app->name);
	s->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	s->exe = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	s->next = -1;
	if (s->h.lock == -1)
		s->h.lock = pidfile_open(s->conf->run_dir, s->app->name);
	s->locked = pidfile_lock(s->h.lock);
	s->stopped = pidfile_is_stopped(s->conf->run_dir, s->app->name);
}

bool
super_check_handoff(const char *packed, int *report)
{
	static struct handoff	 h;
	bool			 good = handoff_unpack(packed, &h);

	*report = good ? h.ready : -1;
	return good;
}

void
super_begin(struct super *s, char **argv)
{
	const char	*command = argv[1] == NULL ? "" : argv[1];
	bool		 resumes = strcmp(command, "--resume") == 0 ||
			    strcmp(command, "--successor") == 0;

	if (!resumes || !handoff_unpack(argv[2], &s->h))
		begin_new(s, strcmp(command, "--follow") == 0);
	adopt_handoff(s);
	open_all(s);
	log_event(LOG_INFO, "super", "%s, generation %u", resumes ? command + 2 : "start",
	    s->h.generation);
}
