/*
 * brisk restart, start, stop: programs one by one, without a lost request.
 *
 * A supervisor is sent HUP and tells by its card what came of it.  Nobody is
 * ever sent a signal by a number alone: it goes through a pidfd, opened before
 * the lock that proves its owner alive was looked at.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>
#include "clock.h"
#include "process.h"

#define WAIT_MS		30000
#define LOOK_MS		10
#define BACKLOG		1024

struct program {
	const char	*run_dir, *name;
};

typedef int	 deed(const struct program *);

/* --- signals -------------------------------------------------------------- */

static bool
send_signal(int pidfd, int sig)
{
	bool	 sent = pidfd != -1 &&
		    syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0) == 0;

	if (pidfd != -1)
		close(pidfd);
	return sent;
}

static bool
hang_up(const struct program *pr, const struct process *p)
{
	int		 pidfd = (int)syscall(SYS_pidfd_open, p->card.pid, 0);
	struct process	 again;

	if (process_look(pr->run_dir, pr->name, &again) && again.alive &&
	    again.card.pid == p->card.pid)
		return send_signal(pidfd, SIGHUP);
	if (pidfd != -1)
		close(pidfd);
	return false;
}

static bool
lives(const struct board_worker *all, size_t n, int32_t pid)
{
	for (size_t i = 0; i < n; i++)
		if (all[i].pid == pid)
			return true;
	return false;
}

/* mod_fcgid's: it starts another when there is a request. */
static size_t
end_workers(const struct program *pr)
{
	static struct board_worker	 now[BOARD_SLOTS], again[BOARD_SLOTS];
	size_t				 n = process_workers(pr->run_dir, now), m, sent = 0;
	int				 pidfd;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(now[i].program, pr->name) != 0)
			continue;
		pidfd = (int)syscall(SYS_pidfd_open, now[i].pid, 0);
		m = process_workers(pr->run_dir, again);
		if (lives(again, m, now[i].pid))
			sent += send_signal(pidfd, SIGTERM);
		else if (pidfd != -1)
			close(pidfd);
	}
	return sent;
}

/* --- waiting for what comes of it ----------------------------------------- */

static bool
rolled(const struct process *was, const struct process *is)
{
	if (is->alive && is->card.pid != was->card.pid)
		return is->card.state == CARD_SERVING;
	return is->alive && is->card.state != CARD_ROLLING &&
	    is->card.state != CARD_STARTING &&
	    (is->card.rolls != was->card.rolls || is->card.refused != was->card.refused);
}

static bool
stopped(const struct process *was, const struct process *is)
{
	(void)was;
	return is->alive && is->card.state == CARD_STOPPED;
}

static bool
serves(const struct process *was, const struct process *is)
{
	(void)was;
	return is->alive && is->card.state == CARD_SERVING;
}

static bool
wait_for(const struct program *pr, struct process *p,
    bool (*done)(const struct process *, const struct process *))
{
	struct process	 was = *p;
	int64_t		 until = clock_mono_us() + WAIT_MS * 1000;

	do {
		if (process_look(pr->run_dir, pr->name, p) && done(&was, p))
			return true;
		(void)poll(NULL, 0, LOOK_MS);
	} while (clock_mono_us() < until);
	return false;
}

/* --- restart -------------------------------------------------------------- */

static int
roll(const struct program *pr, struct process *p)
{
	struct card	 was = p->card;
	int64_t		 began = clock_mono_us();

	if (!hang_up(pr, p))
		return tell("%s: its supervisor can not be told: %s", pr->name,
		    strerror(errno));
	if (!wait_for(pr, p, rolled))
		return tell("%s: nothing came of it in %d s", pr->name, WAIT_MS / 1000);
	if (p->card.pid != was.pid)
		return tell("%s: its supervisor died over it; another has taken its "
		    "place, build %s", pr->name, p->card.build);
	if (p->card.refused != was.refused)
		return tell("%s: the new program is not taken: %s; the old one goes on",
		    pr->name, p->card.why);
	printf("%s: serves from build %s after %lld ms\n", pr->name, p->card.build,
	    (long long)(clock_mono_us() - began) / 1000);
	return 0;
}

static int
restart(const struct program *pr)
{
	struct process	 p;
	size_t		 n;

	if (process_look(pr->run_dir, pr->name, &p) && p.alive)
		return p.card.state == CARD_STOPPED ?
		    tell("%s is stopped: brisk start %s", pr->name, pr->name) :
		    roll(pr, &p);
	if ((n = end_workers(pr)) == 0)
		return tell("%s does not run", pr->name);
	printf("%s: %zu workers finish what they have; the web server starts others\n",
	    pr->name, n);
	return 0;
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
		(void)tell("%s: not with the rights that it had", path);
	return fd;
}

/* In a session of its own, as nobody's child. */
static void
become(const struct card *c, const char *log, int fd)
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
revive(const struct program *pr, struct process *p)
{
	const char	*log = arena_fmt(admin_arena(), "%s/%s.log", pr->run_dir,
			    pr->name);
	int		 fd;

	if (p->card.socket[0] == '\0')
		return tell("%s had no socket with a path: the web server starts it",
		    pr->name);
	if ((fd = bind_again(p->card.socket)) == -1)
		return tell("%s: cannot listen on %s, or somebody does", pr->name,
		    p->card.socket);
	(void)fflush(NULL);
	if (log != NULL && fork() == 0)
		become(&p->card, log, fd);
	close(fd);
	if (!wait_for(pr, p, serves))
		return tell("%s was started and does not serve", pr->name);
	printf("%s: serves on %s, and logs to %s\n", pr->name, p->card.socket, log);
	return 0;
}

static int
start(const struct program *pr)
{
	struct process	 p;

	if (!process_look(pr->run_dir, pr->name, &p))
		return tell("%s never ran here: the web server starts it", pr->name);
	if (!card_stop(pr->run_dir, pr->name, false))
		return tell("%s: %s", pr->name, strerror(errno));
	if (!p.alive)
		return revive(pr, &p);
	if (p.card.state == CARD_STOPPED)
		return roll(pr, &p);
	printf("%s runs: %s\n", pr->name, card_state_name(p.card.state));
	return 0;
}

/* --- stop ----------------------------------------------------------------- */

static int
stop(const struct program *pr)
{
	struct process	 p;

	if (!process_look(pr->run_dir, pr->name, &p) || !p.alive)
		return tell("%s has no supervisor that runs", pr->name);
	if (!card_stop(pr->run_dir, pr->name, true))
		return tell("%s: %s", pr->name, strerror(errno));
	if (!hang_up(pr, &p) || !wait_for(pr, &p, stopped))
		return tell("%s does not stop", pr->name);
	printf("%s: stopped; it answers 503 until `brisk start %s`\n", pr->name,
	    pr->name);
	return 0;
}

/* --- the commands --------------------------------------------------------- */

static int
each(deed *what, int argc, char **argv, bool all)
{
	struct program	 pr = { .run_dir = process_folder() };
	struct process	*p;
	int		 status = 0, n = argc;

	for (int i = 0; i < argc; i++) {
		pr.name = argv[i];
		status |= what(&pr);
	}
	if (all)
		for (p = process_all(pr.run_dir); p->name[0] != '\0'; p++)
			if (p->alive ||
			    (what == start && p->card.state != CARD_ENDED)) {
				pr.name = p->name;
				status |= what(&pr);
				n++;
			}
	return n > 0 ? status : tell("nothing runs");
}

static int
command(deed *what, int argc, char **argv)
{
	bool	 all = false;
	int	 n = flags_take((const struct flag[]){ { "all", NULL, &all },
		    { NULL, NULL, NULL } }, argc, argv);

	if (n < 0 || (n == 0) != all)
		return BRISK_USAGE;
	return each(what, n, argv, all);
}

int
cmd_restart(int argc, char **argv)
{
	return command(restart, argc, argv);
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
