#ifndef BRISK_PIDFILE_H
#define BRISK_PIDFILE_H
/*
 * pidfile - the supervisor of a program: the file RUN_DIR/NAME.super.
 *
 * The supervisor holds a lock on the file while it runs, so the lock is free if and
 * only if there is no supervisor.  Workers that serve hold a shared lock on another
 * byte.  Both are locks of the open file (lock.h): they survive exec, and end when
 * the last copy of the descriptor is closed.
 *
 * The file remains when the supervisor ends: `brisk` reads from it which program to
 * start again.  A worker that the web server started without a supervisor writes
 * the file too, unless it is locked, so that `brisk` knows the program.
 */
#include <limits.h>

#include "base/base.h"

enum pidfile_state {
	PIDFILE_STARTING,
	PIDFILE_SERVING,
	PIDFILE_ROLLING,		/* new workers are being started */
	PIDFILE_FALLBACK,		/* no worker can start: answers 503 */
	PIDFILE_STOPPED,		/* by an administrator: answers 503 */
	PIDFILE_ENDED,
	PIDFILE_UNSUPERVISED,		/* the web server starts the workers */
	PIDFILE_STATES
};

struct pidfile {
	char		 magic[8];
	uint32_t	 size;
	int32_t		 pid;		/* of the supervisor */
	uint32_t	 state;
	uint32_t	 rolls;		/* restarts that succeeded */
	uint32_t	 refused;	/* restarts that failed */
	uint32_t	 wanted;	/* number of workers to keep */
	int64_t		 since_ms;	/* clock_now_ms() at the first start */
	char		 build[16];
	char		 socket[108];	/* path; "" if the socket has none */
	char		 program[1024];
	char		 why[200];	/* the last restart failed */
};

const char	*pidfile_state_name(uint32_t);

/* Open the file, create it if needed.  A descriptor; -1, with a log line, on failure. */
int	 pidfile_open(const char *run_dir, const char *name) MUSTCHECK;
/* Open the file for reading; -1 if there is none. */
int	 pidfile_open_readonly(const char *run_dir, const char *name) MUSTCHECK;

/* Become the supervisor.  False if there is one. */
bool	 pidfile_lock(int fd) MUSTCHECK;
void	 pidfile_unlock(int fd);
/* Does another open file hold the lock of the supervisor? */
bool	 pidfile_is_locked(int fd);
/* Acquire or release the shared lock of a worker that serves. */
void	 pidfile_set_serving(int fd, bool on);
/* Does another open file hold the shared lock? */
bool	 pidfile_is_serving(int fd);

/* Read or write the contents.  False on an I/O error or an invalid file. */
bool	 pidfile_read(int fd, struct pidfile *) MUSTCHECK;
bool	 pidfile_write(int fd, struct pidfile *) MUSTCHECK;

/* The mark of an administrator that the program shall not serve. */
bool	 pidfile_set_stopped(const char *run_dir, const char *name, bool on) MUSTCHECK;
bool	 pidfile_is_stopped(const char *run_dir, const char *name);

/* "DIR/.ht.FILE.SUFFIX", for DIR/FILE: Apache does not serve names with .ht. */
bool	 pidfile_sibling_path(const char *file, const char *suffix, char path[PATH_MAX]) MUSTCHECK;

/*
 * Copy the file of a program.  `to` is replaced by rename, so it never holds a
 * partial copy and always has a new inode; it keeps mode and owner of the file that
 * it replaces.  False, with a log line, on failure.
 */
bool	 pidfile_copy_program(const char *from, const char *to) MUSTCHECK;
/* Copy a program that is about to be replaced to its place for `brisk rollback`. */
bool	 pidfile_keep_previous(const char *run_dir, const char *name, const char *program) MUSTCHECK;
bool	 pidfile_previous_path(const char *run_dir, const char *name, char path[PATH_MAX])
	    MUSTCHECK;

#endif
