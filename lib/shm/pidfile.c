/* pidfile - the supervisor of a program. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "shm/lock.h"
#include "shm/pidfile.h"
#include "shm/run_dir.h"

#define READ_TRIES	10
#define MAX_COPY	((size_t)1 << 30)	/* bytes per sendfile() */

enum lock_byte { SUPERVISOR, SERVING };

static const char	 magic[8] = "briskcrd";

static const char	*const states[PIDFILE_STATES] = {
	[PIDFILE_STARTING] = "starting", [PIDFILE_SERVING] = "serving",
	[PIDFILE_ROLLING] = "rolling", [PIDFILE_FALLBACK] = "fallback",
	[PIDFILE_STOPPED] = "stopped", [PIDFILE_ENDED] = "ended",
	[PIDFILE_UNSUPERVISED] = "unsupervised",
};

const char *
pidfile_state_name(uint32_t state)
{
	return state < PIDFILE_STATES ? states[state] : "unknown";
}

int
pidfile_open(const char *run_dir, const char *name)
{
	char	 path[PATH_MAX];
	int	 fd = -1;

	if (run_dir_program_path(path, run_dir, name, RUN_DIR_PIDFILE))
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1)
		log_event(LOG_ERROR, "pidfile", "cannot use %s/%s.super: %s", run_dir,
		    name, strerror(errno));
	return fd;
}

int
pidfile_open_readonly(const char *run_dir, const char *name)
{
	char	 path[PATH_MAX];

	return run_dir_program_path(path, run_dir, name, RUN_DIR_PIDFILE) ?
	    open(path, O_RDONLY | O_CLOEXEC) : -1;
}

bool
pidfile_lock(int fd)
{
	return lock_acquire(fd, SUPERVISOR);
}

void
pidfile_unlock(int fd)
{
	lock_release(fd, SUPERVISOR);
}

bool
pidfile_is_locked(int fd)
{
	return lock_is_held(fd, SUPERVISOR);
}

void
pidfile_set_serving(int fd, bool on)
{
	if (on)
		(void)!lock_acquire_shared(fd, SERVING);
	else
		lock_release(fd, SERVING);
}

bool
pidfile_is_serving(int fd)
{
	return lock_is_held(fd, SERVING);
}

/* Reads until two reads agree, because the file may be written meanwhile. */
bool
pidfile_read(int fd, struct pidfile *c)
{
	struct pidfile	 again;

	for (int i = 0; i < READ_TRIES; i++) {
		if (pread(fd, c, sizeof(*c), 0) != sizeof(*c) ||
		    pread(fd, &again, sizeof(again), 0) != sizeof(again))
			return false;
		if (memcmp(c, &again, sizeof(again)) == 0)
			return memcmp(c->magic, magic, sizeof(magic)) == 0 &&
			    c->size == sizeof(*c);
	}
	return false;
}

bool
pidfile_write(int fd, struct pidfile *c)
{
	memcpy(c->magic, magic, sizeof(magic));
	c->size = sizeof(*c);
	return pwrite(fd, c, sizeof(*c), 0) == sizeof(*c);
}

bool
pidfile_set_stopped(const char *run_dir, const char *name, bool on)
{
	char	 path[PATH_MAX];
	int	 fd;

	if (!run_dir_program_path(path, run_dir, name, RUN_DIR_STOPPED))
		return false;
	if (!on)
		return unlink(path) == 0 || errno == ENOENT;
	if ((fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) != -1)
		close(fd);
	return fd != -1;
}

bool
pidfile_is_stopped(const char *run_dir, const char *name)
{
	char	 path[PATH_MAX];

	return run_dir_program_path(path, run_dir, name, RUN_DIR_STOPPED) && access(path, F_OK) == 0;
}

/* Copy the contents, and mode and owner of the file that is replaced. */
static bool
copy_into(int from, int to, const char *replaced)
{
	struct stat	 st;
	ssize_t		 n;

	while ((n = sendfile(to, from, NULL, MAX_COPY)) > 0)
		;
	if (n == 0 && stat(replaced, &st) == 0)
		return fchmod(to, st.st_mode & 07777) == 0 &&
		    (st.st_uid == geteuid() || fchown(to, st.st_uid, st.st_gid) == 0);
	return n == 0;
}

bool
pidfile_sibling_path(const char *file, const char *suffix, char path[PATH_MAX])
{
	const char	*slash = strrchr(file, '/'), *name = slash == NULL ? file : slash + 1;
	int		 n = snprintf(path, PATH_MAX, "%.*s.ht.%s.%s", (int)(name - file),
			    file, name, suffix);

	return n > 0 && n < PATH_MAX;
}

bool
pidfile_copy_program(const char *from, const char *to)
{
	char	 copy[PATH_MAX];
	int	 in = open(from, O_RDONLY | O_CLOEXEC), out = -1;
	bool	 good;

	if (in != -1 && pidfile_sibling_path(to, "copy", copy))
		out = open(copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
	good = out != -1 && copy_into(in, out, to);
	if (out != -1 && close(out) != 0)
		good = false;
	good = good && rename(copy, to) == 0;
	if (!good)
		log_event(LOG_ERROR, "pidfile", "cannot copy %s to %s: %s", from, to,
		    strerror(errno));
	if (!good && out != -1)
		(void)unlink(copy);
	if (in != -1)
		close(in);
	return good;
}

bool
pidfile_keep_previous(const char *run_dir, const char *name, const char *program)
{
	char	 path[PATH_MAX];

	return pidfile_previous_path(run_dir, name, path) && pidfile_copy_program(program, path);
}

bool
pidfile_previous_path(const char *run_dir, const char *name, char path[PATH_MAX])
{
	return run_dir_program_path(path, run_dir, name, RUN_DIR_PREVIOUS);
}
