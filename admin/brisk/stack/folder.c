/* stack/folder - the folder of a private installation, its sockets and its lock. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "shm/lock.h"
#include "stack/stack.h"

/* Bytes of VAR up to which VAR/run/NAME.sock fits into a sockaddr_un (107). */
#define MAX_VAR		75
#define LOCK_WAIT_US	INT64_C(90000000)

const char *
stack_path(const struct stack *s, const char *name)
{
	return admin_fmt("%s/%s", s->var, name);
}

/* mkdir -p, mode 0700. */
static bool
folders_create(const char *path)
{
	char	*at = (char *)(uintptr_t)admin_fmt("%s", path);

	for (char *slash = strchr(at + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(at, 0700);
		*slash = '/';
	}
	return mkdir(at, 0700) == 0 || errno == EEXIST ||
	    admin_error_false("cannot create %s: %s", path, strerror(errno));
}

/* --- the sockets ------------------------------------------------------------------ */

static bool
folder_is_private(const char *path)
{
	struct stat	 st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	    (st.st_mode & 07777) == 0700;
}

static const char *
short_folder(const char *var)
{
	const char	*base = getenv("XDG_RUNTIME_DIR");

	return admin_fmt("%s/brisk-%u-%08x", base == NULL ? "/tmp" : base, geteuid(),
	    (unsigned)hash_str(str_of(var)));
}

static bool
link_socket(const struct stack *s, const char *name)
{
	const char	*link = stack_path(s, name);

	(void)unlink(link);
	return symlink(admin_fmt("%s/%s", s->sockets, name), link) == 0 ||
	    admin_error_false("cannot link %s: %s", link, strerror(errno));
}

/* The sockets of a long VAR are in a short private folder; links in VAR lead to them. */
static bool
sockets_place(struct stack *s)
{
	s->sockets = s->var;
	if (strlen(s->var) <= MAX_VAR)
		return folders_create(stack_path(s, "run/fcgid"));
	s->sockets = short_folder(s->var);
	(void)mkdir(s->sockets, 0700);
	if (!folder_is_private(s->sockets))
		return admin_error_false("%s must be a folder of this user with mode 0700",
		    s->sockets);
	return folders_create(admin_fmt("%s/run/fcgid", s->sockets)) &&
	    link_socket(s, "db.sock") && link_socket(s, "cache.sock");
}

/* --- the folder --------------------------------------------------------------------- */

static bool
folder_is_empty(const char *path)
{
	DIR	*dir = opendir(path);
	size_t	 n = 0;

	if (dir == NULL)
		return errno == ENOENT;
	while (readdir(dir) != NULL)
		n++;
	(void)closedir(dir);
	return n <= 2;			/* "." and ".." */
}

static bool
folder_resolve(struct stack *s)
{
	char	*real = realpath(s->var, NULL);

	if (real == NULL)
		return false;
	s->var = admin_fmt("%s", real);
	s->conf = stack_path(s, "brisk.conf");
	free(real);
	return true;
}

bool
stack_folder_open(struct stack *s)
{
	if (access(stack_path(s, "brisk.conf"), F_OK) != 0 && !folder_is_empty(s->var))
		return admin_error_false("%s holds something else: it has no brisk.conf", s->var);
	if (!folders_create(s->var))
		return false;
	if (chmod(s->var, 0700) != 0 || !folder_resolve(s))
		return admin_error_false("%s: %s", s->var, strerror(errno));
	if (!folders_create(stack_path(s, "log")) || !folders_create(stack_path(s, "run")) ||
	    !folders_create(stack_path(s, "tmp")) || !sockets_place(s))
		return false;
	if (s->sockets != s->var)
		printf("the path of VAR is too long for unix sockets: they are in %s\n",
		    s->sockets);
	return true;
}

bool
stack_folder_find(struct stack *s)
{
	return folder_resolve(s) && access(s->conf, F_OK) == 0 && sockets_place(s);
}

/* --- the lock ----------------------------------------------------------------------- */

static int
lock_open(const struct stack *s)
{
	return open(stack_path(s, "lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

static bool
lock_refuse(const struct stack *s)
{
	return admin_error_false("another start, run or stop is in progress in %s", s->var);
}

bool
stack_lock(const struct stack *s)
{
	int	 fd = lock_open(s);

	return (fd != -1 && lock_acquire(fd, 0)) || lock_refuse(s);
}

/* Is it `brisk stack run`? */
static bool
is_run(pid_t pid)
{
	static const char	 end[] = "\0stack\0run";
	char			 line[4096];
	int			 fd = open(admin_fmt("/proc/%d/cmdline", (int)pid),
				    O_RDONLY | O_CLOEXEC);
	ssize_t			 n = fd == -1 ? 0 : read(fd, line, sizeof(line));

	if (fd != -1)
		close(fd);
	return n >= (ssize_t)sizeof(end) &&
	    memcmp(line + n - sizeof(end), end, sizeof(end)) == 0;
}

static void
run_signal(const struct stack *s)
{
	const char	*path = stack_path(s, "run.pid");
	pid_t		 pid = access(path, R_OK) == 0 ? atoi(admin_read_file(path).p) : 0;

	if (pid > 0 && is_run(pid))
		(void)kill(pid, SIGTERM);
}

bool
stack_lock_after_run(const struct stack *s)
{
	int64_t	 until = clock_mono_us() + LOCK_WAIT_US;
	int	 fd = lock_open(s);

	if (fd != -1 && lock_acquire(fd, 0))
		return true;
	run_signal(s);
	while (fd != -1 && clock_mono_us() < until) {
		if (lock_acquire(fd, 0))
			return true;
		stack_sleep(50);
	}
	return lock_refuse(s);
}
