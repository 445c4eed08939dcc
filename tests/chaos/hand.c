/* hand - signals for processes of one installation. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "hand.h"

#define MAX_FOUND	256
#define MAX_BYTES	16384
#define MAX_WORDS	256

struct found {
	struct {
		pid_t	 pid, parent;
		bool	 leaf, worker;
	}	 one[MAX_FOUND];
	size_t	 n;
};

static size_t
read_file(const char *path, char *to, size_t size)
{
	int	 fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t	 n = 0;
	ssize_t	 got = 1;

	while (fd != -1 && n < size - 1 &&
	    (got = read(fd, to + n, size - 1 - n)) > 0)
		n += (size_t)got;
	if (fd != -1)
		close(fd);
	to[n] = '\0';
	return n;
}

/* Has the process NAME=VAR+tail in its environment? */
static bool
has_env(pid_t pid, const char *name, const char *tail)
{
	char		 path[64], env[MAX_BYTES], want[512];
	size_t		 n, at;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	snprintf(want, sizeof(want), "%s=%s%s", name, getenv("VAR"), tail);
	n = read_file(path, env, sizeof(env));
	for (at = 0; at < n; at += strlen(env + at) + 1)
		if (strcmp(env + at, want) == 0)
			return true;
	return false;
}

static bool
is_program(pid_t pid)
{
	char	 path[64], exe[512], *name;
	ssize_t	 n;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	if ((n = readlink(path, exe, sizeof(exe) - 1)) <= 0)
		return false;
	exe[n] = '\0';
	name = strrchr(exe, '/') == NULL ? exe : strrchr(exe, '/') + 1;
	name[strcspn(name, " .")] = '\0';	/* "products (deleted)" */
	for (size_t i = 0; hand_programs[i] != NULL; i++)
		if (strcmp(name, hand_programs[i]) == 0)
			return has_env(pid, "BRISK_CONF", "/brisk.conf");
	return false;
}

/* A supervisor says so to those it starts. */
static bool
is_worker(pid_t pid)
{
	char	 path[64], line[MAX_BYTES];

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	return read_file(path, line, sizeof(line)) > strlen(line) + 1 &&
	    strcmp(line + strlen(line) + 1, "--worker") == 0;
}

static pid_t
parent_of(pid_t pid)
{
	char	 path[64], stat[512], *end;
	int	 parent = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	read_file(path, stat, sizeof(stat));
	if ((end = strrchr(stat, ')')) == NULL ||
	    sscanf(end + 1, " %*c %d", &parent) != 1)
		return 0;
	return parent;
}

static void
mark_parents(struct found *f)
{
	for (size_t i = 0; i < f->n; i++)
		for (size_t k = 0; k < f->n; k++)
			if (f->one[k].pid == f->one[i].parent)
				f->one[k].leaf = false;
}

static void
find(struct found *f)
{
	DIR		*d = opendir("/proc");
	struct dirent	*e;
	pid_t		 pid;

	f->n = 0;
	while (d != NULL && f->n < MAX_FOUND && (e = readdir(d)) != NULL)
		if ((pid = atoi(e->d_name)) > 1 && is_program(pid)) {
			f->one[f->n].pid = pid;
			f->one[f->n].parent = parent_of(pid);
			f->one[f->n].worker = is_worker(pid);
			f->one[f->n++].leaf = true;
		}
	if (d != NULL)
		closedir(d);
	mark_parents(f);
}

static bool
has_parent(const struct found *f, size_t i)
{
	for (size_t k = 0; k < f->n; k++)
		if (f->one[k].pid == f->one[i].parent)
			return true;
	return false;
}

/*
 * Whom the web server knows, or who does the work: where a program is one
 * process only, that is both.  A supervisor whose only worker just died has
 * nobody below it, and does not become one by that.
 */
static size_t
pick(const struct found *f, enum target what, pid_t *pids)
{
	static bool	 supervised;
	size_t		 n = 0;

	for (size_t i = 0; i < f->n; i++)
		supervised |= f->one[i].worker;
	for (size_t i = 0; i < f->n; i++)
		if (what == PROGRAMS ? !has_parent(f, i) :
		    supervised ? f->one[i].worker : f->one[i].leaf)
			pids[n++] = f->one[i].pid;
	return n;
}

size_t
hand_count(enum target what)
{
	struct found	 f;
	pid_t		 pids[MAX_FOUND];

	find(&f);
	return pick(&f, what, pids);
}

bool
hand_signal(enum target what, int sig)
{
	struct found	 f;
	pid_t		 pids[MAX_FOUND];
	size_t		 n;

	find(&f);
	n = pick(&f, what, pids);
	return n > 0 && kill(pids[(size_t)rand() % n], sig) == 0;
}

void
end_with_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

bool
hand_cut_connection(void)
{
	char	 command[1024];

	snprintf(command, sizeof(command), "id=$(%s 'SELECT id FROM "
	    "information_schema.processlist WHERE user = \"brisk\" ORDER BY "
	    "time, RAND() LIMIT 1') && [ -n \"$id\" ] && %s \"KILL CONNECTION $id\" 2>/dev/null",
	    "mariadb --no-defaults -N -S \"$VAR/db.sock\" -u root -e",
	    "mariadb --no-defaults -S \"$VAR/db.sock\" -u root -e");
	return system(command) == 0;
}

/* --- memcached, MariaDB ------------------------------------------------------------ */

static const char	*const pid_names[HAND_STORES] = { "cache", "db" };

/* How each was started, to do it again. */
static struct {
	char	 args[MAX_BYTES], env[MAX_BYTES];
	size_t	 nargs, nenv;
}	 started[HAND_STORES];

static void
pid_path(enum hand_store which, char path[512])
{
	snprintf(path, 512, "%s/%s.pid", getenv("VAR"), pid_names[which]);
}

static pid_t
store_pid(enum hand_store which)
{
	char	 path[512], text[32];
	pid_t	 pid;

	pid_path(which, path);
	if (read_file(path, text, sizeof(text)) == 0 || (pid = atoi(text)) <= 1)
		return 0;
	return has_env(pid, "BRISK_STACK", "") ? pid : 0;
}

static void
note_start(enum hand_store which, pid_t pid)
{
	char	 path[64];

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	started[which].nargs = read_file(path, started[which].args, MAX_BYTES);
	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	started[which].nenv = read_file(path, started[which].env, MAX_BYTES);
}

bool
store_signal(enum hand_store which, int sig)
{
	pid_t	 pid = store_pid(which);

	if (pid == 0)
		return false;
	if (sig == SIGKILL)
		note_start(which, pid);
	return kill(pid, sig) == 0;
}

static void
split(char *bytes, size_t n, char *words[MAX_WORDS])
{
	size_t	 i = 0;

	for (size_t at = 0; at < n && i < MAX_WORDS - 1; at += strlen(bytes + at) + 1)
		words[i++] = bytes + at;
	words[i] = NULL;
}

static _Noreturn void
become(enum hand_store which)
{
	char	*argv[MAX_WORDS], *envp[MAX_WORDS];
	int	 null = open("/dev/null", O_RDWR);

	split(started[which].args, started[which].nargs, argv);
	split(started[which].env, started[which].nenv, envp);
	setsid();
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	execvpe(argv[0], argv, envp);
	_exit(127);
}

bool
store_restart(enum hand_store which)
{
	char	 path[512];
	pid_t	 pid;
	FILE	*f;

	if (started[which].nargs == 0)
		return false;
	if ((pid = fork()) == 0)
		become(which);
	pid_path(which, path);
	if (pid < 0 || (f = fopen(path, "we")) == NULL)
		return false;
	fprintf(f, "%d\n", (int)pid);
	return fclose(f) == 0;
}
