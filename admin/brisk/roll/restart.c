/*
 * brisk restart, rollback, start, stop: programs one by one, without a lost
 * request.  What a restart does is in roll.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/clock.h"
#include "enabled.h"
#include "shm/capture.h"
#include "roll/roll.h"

#define BACKLOG		1024
#define PLAIN_MS	5000	/* until workers without a supervisor know */

typedef int	 deed(const struct roll_target *);

static bool
is_stopped(const struct process *was, const struct process *is)
{
	(void)was;
	return is->alive && is->pidfile.state == PIDFILE_STOPPED;
}

static bool
serves(const struct process *was, const struct process *is)
{
	(void)was;
	return is->alive && is->pidfile.state == PIDFILE_SERVING;
}

/* --- start ---------------------------------------------------------------- */

static bool
listens(const struct sockaddr_un *a)
{
	int	 fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool	 yes = fd != -1 &&
		    connect(fd, (const struct sockaddr *)a, sizeof(*a)) == 0;

	if (fd != -1)
		close(fd);
	return yes;
}

/* In place of the dead socket, with its rights. */
static int
bind_again(const char *path)
{
	struct sockaddr_un	 a = { .sun_family = AF_UNIX };
	struct stat		 st;
	bool			 had = stat(path, &st) == 0;
	int			 fd;

	memcpy(a.sun_path, path, strlen(path) < sizeof(a.sun_path) ?
	    strlen(path) : sizeof(a.sun_path) - 1);
	if (listens(&a) || (had && (!S_ISSOCK(st.st_mode) || unlink(path) != 0)))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(fd, BACKLOG) != 0)
		return -1;
	if (had && (chmod(path, st.st_mode & 0777) != 0 ||
	    chown(path, st.st_uid, st.st_gid) != 0))
		(void)admin_error("%s: not with the rights that it had", path);
	return fd;
}

/* In a session of its own, as nobody's child. */
static void
become(const struct pidfile *c, const char *log, int fd)
{
	char	*argv[] = { (char *)(uintptr_t)c->program, NULL };
	int	 null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int	 out = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	if (fork() != 0)
		_exit(0);
	if (setsid() != -1 && dup2(null, 1) != -1 &&
	    dup2(out == -1 ? null : out, 2) != -1 && dup2(fd, 0) != -1)
		(void)execv(c->program, argv);
	_exit(127);
}

/* All of it died at once, and the web server does not start it again. */
static int
revive(const struct roll_target *pr, struct process *p)
{
	const char	*log = arena_fmt(admin_arena(), "%s/%s.log", pr->run_dir,
			    pr->name);
	int		 fd;

	if (p->pidfile.socket[0] == '\0')
		return admin_error("%s had no socket with a path: the web server starts it",
		    pr->name);
	if ((fd = bind_again(p->pidfile.socket)) == -1)
		return admin_error("%s: cannot listen on %s, or somebody does", pr->name,
		    p->pidfile.socket);
	(void)fflush(NULL);
	if (log != NULL && fork() == 0)
		become(&p->pidfile, log, fd);
	close(fd);
	if (!roll_wait(pr, p, serves))
		return admin_error("%s was started and does not serve", pr->name);
	printf("%s: serves on %s, and logs to %s\n", pr->name, p->pidfile.socket, log);
	return 0;
}

/* Each of its workers looks at once whether it is to answer. */
static bool
all_know(const struct roll_target *pr, bool stopped)
{
	static struct scoreboard_worker	 w[SCOREBOARD_SLOTS];
	size_t				 n = process_workers_of(pr->run_dir, pr->name, w);
	bool				 all = true;

	for (size_t i = 0; i < n; i++)
		if ((w[i].state == SCOREBOARD_STOPPED) != stopped) {
			(void)!process_signal_worker(pr->run_dir, &w[i], SIGUSR2);
			all = false;
		}
	return all;
}

static bool
stop_plain(const struct roll_target *pr, bool on)
{
	int64_t	 until = clock_mono_us() + PLAIN_MS * 1000;

	while (!all_know(pr, on)) {
		if (clock_mono_us() >= until)
			return false;
		(void)poll(NULL, 0, 10);
	}
	return true;
}

static int
told_started(const struct roll_target *pr)
{
	printf("%s: answers again\n", pr->name);
	return 0;
}

static int
start_plain(const struct roll_target *pr)
{
	return stop_plain(pr, false) ? told_started(pr) :
	    admin_error("%s does not start", pr->name);
}

static int
start(const struct roll_target *pr)
{
	struct process	 p;
	bool		 ran = process_read(pr->run_dir, pr->name, &p);

	if (!ran && pidfile_is_stopped(pr->run_dir, pr->name) &&
	    pidfile_set_stopped(pr->run_dir, pr->name, false))
		return told_started(pr);
	if ((!ran || (!p.alive && p.pidfile.state == PIDFILE_ENDED)) &&
	    !enabled_pidfile(pr->run_dir, pr->name, &p.pidfile))
		return 1;
	if (!pidfile_set_stopped(pr->run_dir, pr->name, false))
		return admin_error("%s: %s", pr->name, strerror(errno));
	if (process_plain(&p))
		return start_plain(pr);
	if (!p.alive)
		return revive(pr, &p);
	if (p.pidfile.state == PIDFILE_STOPPED)
		return roll(pr, &p);
	printf("%s runs: %s\n", pr->name, pidfile_state_name(p.pidfile.state));
	return 0;
}

/* --- stop ----------------------------------------------------------------- */

static int
stop(const struct roll_target *pr)
{
	struct process	 p;
	bool		 ran = process_read(pr->run_dir, pr->name, &p);

	if (ran ? !p.alive && !process_plain(&p) :
	    !enabled_pidfile(pr->run_dir, pr->name, &p.pidfile))
		return admin_error("%s does not run", pr->name);
	if (!pidfile_set_stopped(pr->run_dir, pr->name, true))
		return admin_error("%s: %s", pr->name, strerror(errno));
	if (!ran || process_plain(&p) ? !stop_plain(pr, true) :
	    !process_signal(pr->run_dir, &p, SIGHUP) ||
	    !roll_wait(pr, &p, is_stopped))
		return admin_error("%s does not stop", pr->name);
	printf("%s: stopped; it answers 503 until `brisk start %s`\n", pr->name,
	    pr->name);
	return 0;
}

/* --- the commands --------------------------------------------------------- */

/* What the web server does not start, and nobody has yet: how many. */
static int
start_rest(const char *run_dir, int *status)
{
	const char	**name = enabled_names();
	struct process	 p;
	int		 n = 0;

	for (; name != NULL && *name != NULL; name++) {
		if (process_read(run_dir, *name, &p) &&
		    (p.alive || p.pidfile.state != PIDFILE_ENDED))
			continue;
		*status |= start(&(struct roll_target){ .run_dir = run_dir, .name = *name });
		n++;
	}
	return n;
}

static int
each(deed *what, struct roll_target pr, int argc, char **argv, bool all)
{
	struct process	*p;
	int		 status = 0, n = argc;

	pr.run_dir = process_folder();
	for (int i = 0; i < argc; i++) {
		pr.name = argv[i];
		status |= what(&pr);
	}
	if (all)
		for (p = process_all(pr.run_dir); p->name[0] != '\0'; p++)
			if (p->alive || process_plain(p) ||
			    (what == start && p->pidfile.state != PIDFILE_ENDED)) {
				pr.name = p->name;
				status |= what(&pr);
				n++;
			}
	if (all && what == start)
		n += start_rest(pr.run_dir, &status);
	return n > 0 ? status : admin_error("nothing runs");
}

static int
command(deed *what, int argc, char **argv)
{
	bool	 all = false;
	int	 n = flags_parse((const struct flag[]){ { "all", NULL, &all },
		    { NULL, NULL, NULL } }, argc, argv);

	if (n < 0 || (n == 0) != all)
		return BRISK_USAGE;
	return each(what, (struct roll_target){ .name = NULL }, n, argv, all);
}

int
cmd_restart(int argc, char **argv)
{
	struct roll_target	 pr = { .name = NULL };
	const char	*rehearse = NULL;
	bool		 all = false;
	int		 n = flags_parse((const struct flag[]){ { "all", NULL, &all },
			    { "with", &pr.with, NULL }, { "rehearse", &rehearse, NULL },
			    { NULL, NULL, NULL } }, argc, argv);

	if (n < 0 || (n == 0) != all || (pr.with != NULL && n != 1))
		return BRISK_USAGE;
	if (rehearse != NULL &&
	    !number_parse("--rehearse", rehearse, CAPTURE_MAX_READ, &pr.rehearse))
		return BRISK_USAGE;
	return each(roll_restart, pr, n, argv, all);
}

int
cmd_rollback(int argc, char **argv)
{
	return command(roll_revert, argc, argv);
}

int
cmd_start(int argc, char **argv)
{
	return command(start, argc, argv);
}

int
cmd_stop(int argc, char **argv)
{
	return command(stop, argc, argv);
}
