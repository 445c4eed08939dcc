/*
 * brisk restart, rollback, start, stop: one program after the other, without losing a
 * request.  roll.c does a restart.
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
#define PLAIN_MS	5000	/* until workers without a supervisor have noticed */

typedef int	 action(const struct roll_target *);

static bool
is_stopped(const struct process *was, const struct process *is)
{
	(void)was;
	return is->alive && is->pidfile.state == PIDFILE_STOPPED;
}

static bool
is_serving(const struct process *was, const struct process *is)
{
	(void)was;
	return is->alive && is->pidfile.state == PIDFILE_SERVING;
}

/* --- start ---------------------------------------------------------------- */

static bool
socket_listens(const struct sockaddr_un *a)
{
	int	 fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool	 yes = fd != -1 &&
		    connect(fd, (const struct sockaddr *)a, sizeof(*a)) == 0;

	if (fd != -1)
		close(fd);
	return yes;
}

/* Bind a new socket in place of the dead one, with its mode and owner. */
static int
socket_rebind(const char *path)
{
	struct sockaddr_un	 a = { .sun_family = AF_UNIX };
	struct stat		 st;
	bool			 had = stat(path, &st) == 0;
	int			 fd;

	memcpy(a.sun_path, path, strlen(path) < sizeof(a.sun_path) ?
	    strlen(path) : sizeof(a.sun_path) - 1);
	if (socket_listens(&a) || (had && (!S_ISSOCK(st.st_mode) || unlink(path) != 0)))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(fd, BACKLOG) != 0)
		return -1;
	if (had && (chmod(path, st.st_mode & 0777) != 0 ||
	    chown(path, st.st_uid, st.st_gid) != 0))
		(void)admin_error("%s: cannot restore its mode and owner", path);
	return fd;
}

/* In the child: start the program as a daemon. */
static void
program_exec(const struct pidfile *c, const char *log, int fd)
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

/* Start a program all of whose processes died, as the web server will not. */
static int
program_revive(const struct roll_target *pr, struct process *p)
{
	const char	*log = arena_fmt(admin_arena(), "%s/%s.log", pr->run_dir,
			    pr->name);
	int		 fd;

	if (p->pidfile.socket[0] == '\0')
		return admin_error("%s had no socket path: the web server must start it",
		    pr->name);
	if ((fd = socket_rebind(p->pidfile.socket)) == -1)
		return admin_error("%s: cannot listen on %s, or another process does", pr->name,
		    p->pidfile.socket);
	(void)fflush(NULL);
	if (log != NULL && fork() == 0)
		program_exec(&p->pidfile, log, fd);
	close(fd);
	if (!roll_wait(pr, p, is_serving))
		return admin_error("%s was started but does not serve", pr->name);
	printf("%s: serves on %s, and logs to %s\n", pr->name, p->pidfile.socket, log);
	return 0;
}

/* Have all workers noticed the change?  Signal those that have not. */
static bool
workers_noticed(const struct roll_target *pr, bool stopped)
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
unsupervised_set_stopped(const struct roll_target *pr, bool on)
{
	int64_t	 until = clock_mono_us() + PLAIN_MS * 1000;

	while (!workers_noticed(pr, on)) {
		if (clock_mono_us() >= until)
			return false;
		(void)poll(NULL, 0, 10);
	}
	return true;
}

static int
started_print(const struct roll_target *pr)
{
	printf("%s: serves again\n", pr->name);
	return 0;
}

static int
unsupervised_start(const struct roll_target *pr)
{
	return unsupervised_set_stopped(pr, false) ? started_print(pr) :
	    admin_error("%s does not start", pr->name);
}

static int
program_start(const struct roll_target *pr)
{
	struct process	 p;
	bool		 ran = process_read(pr->run_dir, pr->name, &p);

	if (!ran && pidfile_is_stopped(pr->run_dir, pr->name) &&
	    pidfile_set_stopped(pr->run_dir, pr->name, false))
		return started_print(pr);
	if ((!ran || (!p.alive && p.pidfile.state == PIDFILE_ENDED)) &&
	    !enabled_pidfile(pr->run_dir, pr->name, &p.pidfile))
		return 1;
	if (!pidfile_set_stopped(pr->run_dir, pr->name, false))
		return admin_error("%s: %s", pr->name, strerror(errno));
	if (process_plain(&p))
		return unsupervised_start(pr);
	if (!p.alive)
		return program_revive(pr, &p);
	if (p.pidfile.state == PIDFILE_STOPPED)
		return roll(pr, &p);
	printf("%s runs: %s\n", pr->name, pidfile_state_name(p.pidfile.state));
	return 0;
}

/* --- stop ----------------------------------------------------------------- */

static int
program_stop(const struct roll_target *pr)
{
	struct process	 p;
	bool		 ran = process_read(pr->run_dir, pr->name, &p);

	if (ran ? !p.alive && !process_plain(&p) :
	    !enabled_pidfile(pr->run_dir, pr->name, &p.pidfile))
		return admin_error("%s does not run", pr->name);
	if (!pidfile_set_stopped(pr->run_dir, pr->name, true))
		return admin_error("%s: %s", pr->name, strerror(errno));
	if (!ran || process_plain(&p) ? !unsupervised_set_stopped(pr, true) :
	    !process_signal(pr->run_dir, &p, SIGHUP) ||
	    !roll_wait(pr, &p, is_stopped))
		return admin_error("%s does not stop", pr->name);
	printf("%s: stopped; it answers 503 until `brisk start %s`\n", pr->name,
	    pr->name);
	return 0;
}

/* --- the commands --------------------------------------------------------- */

/* Start the enabled programs that do not run.  Returns their number. */
static int
start_remaining(const char *run_dir, int *status)
{
	const char	**name = enabled_names();
	struct process	 p;
	int		 n = 0;

	for (; name != NULL && *name != NULL; name++) {
		if (process_read(run_dir, *name, &p) &&
		    (p.alive || p.pidfile.state != PIDFILE_ENDED))
			continue;
		*status |= program_start(&(struct roll_target){ .run_dir = run_dir, .name = *name });
		n++;
	}
	return n;
}

static int
programs_each(action *what, struct roll_target pr, int argc, char **argv, bool all)
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
			    (what == program_start && p->pidfile.state != PIDFILE_ENDED)) {
				pr.name = p->name;
				status |= what(&pr);
				n++;
			}
	if (all && what == program_start)
		n += start_remaining(pr.run_dir, &status);
	return n > 0 ? status : admin_error("nothing runs");
}

static int
command_run(action *what, int argc, char **argv)
{
	bool	 all = false;
	int	 n = flags_parse((const struct flag[]){ { "all", NULL, &all },
		    { NULL, NULL, NULL } }, argc, argv);

	if (n < 0 || (n == 0) != all)
		return BRISK_USAGE;
	return programs_each(what, (struct roll_target){ .name = NULL }, n, argv, all);
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
	return programs_each(roll_restart, pr, n, argv, all);
}

int
cmd_rollback(int argc, char **argv)
{
	return command_run(roll_revert, argc, argv);
}

int
cmd_start(int argc, char **argv)
{
	return command_run(program_start, argc, argv);
}

int
cmd_stop(int argc, char **argv)
{
	return command_run(program_stop, argc, argv);
}
