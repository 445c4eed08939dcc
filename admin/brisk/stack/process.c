/* stack/process - the processes of a private installation. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "stack/stack.h"

#define MAX_ENVIRON	((size_t)256 << 10)

/* --- signals to this process -------------------------------------------------------- */

static volatile sig_atomic_t	 interrupted;

static void
on_signal(int sig)
{
	(void)sig;
	interrupted = 1;
}

void
stack_signals(void)
{
	static const int	 signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction	 sa = { .sa_handler = on_signal };

	for (size_t i = 0; i < NELEMS(signals); i++)
		(void)sigaction(signals[i], &sa, NULL);
}

bool
stack_interrupted(void)
{
	return interrupted != 0;
}


void
stack_sleep(int ms)
{
	(void)poll(NULL, 0, ms);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

/* --- which processes are ours --------------------------------------------------------- */

static size_t
environ_read(pid_t pid, char *to, size_t size)
{
	char	 path[64];
	size_t	 n = 0;
	ssize_t	 got;
	int	 fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return 0;
	while (n < size && (got = read(fd, to + n, size - n)) > 0)
		n += (size_t)got;
	close(fd);
	return n;
}

/* Does its environment hold BRISK_STACK=VAR?  A zombie has no environment. */
static bool
is_ours(const struct stack *s, pid_t pid)
{
	static char	 text[MAX_ENVIRON];
	static const char name[] = "BRISK_STACK=";
	size_t		 n = environ_read(pid, text, sizeof(text) - 1);

	text[n] = '\0';
	for (const char *p = text; p < text + n; p += strlen(p) + 1)
		if (strncmp(p, name, sizeof(name) - 1) == 0 &&
		    strcmp(p + sizeof(name) - 1, s->var) == 0)
			return true;
	return false;
}

static void
pidfile_path(const struct stack *s, const char *part, char path[PATH_MAX])
{
	(void)snprintf(path, PATH_MAX, "%s/%s.pid", s->var, part);
}

static void
pidfile_write(const struct stack *s, const char *part, pid_t pid)
{
	char	 path[PATH_MAX];
	FILE	*f;

	pidfile_path(s, part, path);
	if ((f = fopen(path, "we")) == NULL)
		return;
	(void)fprintf(f, "%d\n", (int)pid);
	(void)fclose(f);
}

static void
pidfile_remove(const struct stack *s, const char *part)
{
	char	 path[PATH_MAX];

	pidfile_path(s, part, path);
	(void)unlink(path);
}

pid_t
stack_pid(const struct stack *s, const char *part)
{
	char	 path[PATH_MAX];
	int	 pid = 0;
	FILE	*f;

	pidfile_path(s, part, path);
	if ((f = fopen(path, "re")) == NULL)
		return 0;
	if (fscanf(f, "%d", &pid) != 1)
		pid = 0;
	(void)fclose(f);
	return pid > 0 && is_ours(s, pid) ? pid : 0;
}

/* --- starting -------------------------------------------------------------------------- */

static bool
file_write(const char *path, const char *text)
{
	int	 fd = open(path, O_WRONLY | O_CLOEXEC);
	bool	 written = fd != -1 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd != -1)
		close(fd);
	return written;
}

/*
 * Apache refuses to run as root.  In a user namespace root is another user (nobody),
 * whose files belong to root outside.
 */
static bool
become_nobody(void)
{
	return unshare(CLONE_NEWUSER) == 0 && file_write("/proc/self/setgroups", "deny") &&
	    file_write("/proc/self/uid_map", "65534 0 1") &&
	    file_write("/proc/self/gid_map", "65534 0 1");
}

/* In the child.  A change of credentials clears the death signal, so it comes last. */
static _Noreturn void
launch_child(const struct stack *s, const struct stack_launch *l, const char *log)
{
	pid_t	 parent = getppid();
	int	 in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int	 out = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	(void)setsid();			/* Ctrl-C reaches `brisk stack run` alone */
	if (in == -1 || out == -1 || dup2(in, 0) == -1 || dup2(out, 1) == -1 ||
	    dup2(out, 2) == -1)
		_exit(126);
	if (setenv("BRISK_STACK", s->var, 1) == 0 &&
	    (!l->unprivileged || geteuid() != 0 || become_nobody()) &&
	    (!s->foreground || (prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 &&
	    getppid() == parent)))
		(void)execvp(l->argv[0], (char *const *)(uintptr_t)l->argv);
	dprintf(2, "cannot start %s: %s\n", l->argv[0], strerror(errno));
	_exit(127);
}

bool
stack_launch(const struct stack *s, const struct stack_launch *l)
{
	const char	*log = stack_path(s, l->log);
	pid_t		 pid;

	(void)fflush(NULL);
	if ((pid = fork()) == -1)
		return admin_error_false("cannot start %s: %s", l->part, strerror(errno));
	if (pid == 0)
		launch_child(s, l, log);
	pidfile_write(s, l->part, pid);
	/*
	 * Until the child executes its program it has our environment, so
	 * stack_pid() does not find it.
	 */
	for (int i = 0; i < 200 && stack_pid(s, l->part) == 0 && kill(pid, 0) == 0; i++)
		stack_sleep(10);
	return true;
}

static _Noreturn void
command_child(int in, int out, int err, const char *const *argv)
{
	if ((in == -1 || dup2(in, 0) != -1) && (out == -1 || dup2(out, 1) != -1) &&
	    (err == -1 || dup2(err, 2) != -1))
		(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
	dprintf(2, "cannot start %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

int
stack_command(int in, int out, int err, const char *const *argv)
{
	int	 status = 0;
	pid_t	 pid;

	(void)fflush(NULL);
	if ((pid = fork()) == 0)
		command_child(in, out, err, argv);
	while (pid > 0 && waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return 127;
	return pid == -1 ? 127 : WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* --- stopping --------------------------------------------------------------------------- */

static bool
part_wait(const struct stack *s, const char *part, int seconds)
{
	int64_t	 until = clock_mono_us() + seconds * INT64_C(1000000);

	while (stack_pid(s, part) != 0) {
		if (clock_mono_us() >= until)
			return false;
		stack_sleep(20);
	}
	return true;
}

/* Ask a part to end, wait, then kill it. */
static void
part_stop(const struct stack *s, const char *part, int sig, int seconds)
{
	pid_t	 pid = stack_pid(s, part);

	if (pid != 0) {
		(void)kill(pid, sig);
		if (!part_wait(s, part, seconds)) {
			(void)admin_error("%s (%d) did not end within %d s: killed", part,
			    (int)pid, seconds);
			(void)kill(pid, SIGKILL);
		}
	}
	pidfile_remove(s, part);
}

/* Signal every process of the installation except its stores; how many there are. */
static size_t
strays_signal(const struct stack *s, int sig)
{
	pid_t		 db = stack_pid(s, "db"), cache = stack_pid(s, "cache"), pid;
	DIR		*dir = opendir("/proc");
	struct dirent	*e;
	size_t		 n = 0;

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		pid = isdigit((unsigned char)e->d_name[0]) ? atoi(e->d_name) : 0;
		if (pid == 0 || pid == db || pid == cache || pid == getpid() || !is_ours(s, pid))
			continue;
		n++;
		if (sig != 0)
			(void)kill(pid, sig);
	}
	if (dir != NULL)
		(void)closedir(dir);
	return n;
}

void
stack_stop_strays(const struct stack *s)
{
	(void)strays_signal(s, SIGTERM);
}

static void
files_remove(const char *folder, const char *pattern)
{
	glob_t	 found;

	if (glob(admin_fmt("%s/%s", folder, pattern), 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		(void)unlink(found.gl_pathv[i]);
	globfree(&found);
}

/* Apache ends gracefully at SIGWINCH, lighttpd at SIGINT. */
static void
server_stop(const struct stack *s)
{
	bool	 apache = access(stack_path(s, "httpd.pid"), F_OK) == 0;

	part_stop(s, "web", apache ? SIGWINCH : SIGINT, 10);
}

/* The web server ends its programs; the programs that are left get SIGTERM. */
void
stack_stop_web(const struct stack *s)
{
	server_stop(s);
	for (int i = 0; i < 100; i++) {
		if (strays_signal(s, i == 0 ? SIGTERM : i == 99 ? SIGKILL : 0) == 0)
			break;
		stack_sleep(50);
	}
	files_remove(s->var, "httpd.pid");
	files_remove(s->sockets, "run/*.sock*");
	files_remove(s->sockets, "run/fcgid/*");
	files_remove(s->var, "run/*.super");
}

void
stack_stop(const struct stack *s)
{
	stack_stop_web(s);
	part_stop(s, "cache", SIGKILL, 5);	/* it has nothing to save */
	files_remove(s->sockets, "cache.sock");
	part_stop(s, "db", SIGTERM, 60);
	if (s->sockets != s->var)
		(void)stack_command(-1, -1, -1, STACK_ARGV("rm", "-rf", "--", s->sockets));
}
