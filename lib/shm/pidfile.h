#ifndef BRISK_PIDFILE_H
#define BRISK_PIDFILE_H
/*
 * card - who supervises a program: the file RUN_DIR/NAME.super.
 *
 * Its supervisor holds a lock on it as long as it lives, so whoever can take
 * the lock knows that there is none; workers that serve share another lock.
 * Both are open-file-description locks: they go with the descriptor over exec,
 * and end with the last copy of it.  The file stays when its supervisor ends:
 * `brisk` finds there what to start again.  A worker that the web server starts
 * by itself writes one, too, where nobody holds it: so its program is known.
 */
#include <limits.h>
#include "base/base.h"

enum pidfile_state {
	PIDFILE_STARTING,
	PIDFILE_SERVING,
	PIDFILE_ROLLING,		/* new workers are being started */
	PIDFILE_FALLBACK,		/* none can be: 503 */
	PIDFILE_STOPPED,		/* by an admin: 503 */
	PIDFILE_ENDED,
	PIDFILE_UNSUPERVISED,		/* no supervisor: the web server starts workers */
	PIDFILE_STATES
};

struct pidfile {
	char		 magic[8];
	uint32_t	 size;
	int32_t		 pid;		/* of the supervisor */
	uint32_t	 state;
	uint32_t	 rolls, refused;
	uint32_t	 wanted;	/* workers */
	int64_t		 since_ms;	/* clock_now_ms() of its first start */
	char		 build[16];
	char		 socket[108];	/* "" when it has no path */
	char		 program[1024];
	char		 why[200];	/* the last roll was refused */
};

const char	*pidfile_state_name(uint32_t);

/* A descriptor of the file, made if need be; -1 and a log line. */
int	 pidfile_open(const char *run_dir, const char *name) MUSTCHECK;
/* To look only; -1 when there is none. */
int	 pidfile_lookup(const char *run_dir, const char *name) MUSTCHECK;

bool	 pidfile_lock(int fd) MUSTCHECK;	/* be its supervisor */
void	 pidfile_unlock(int fd);
bool	 pidfile_is_locked(int fd);		/* by any other descriptor */
void	 pidfile_set_serving(int fd, bool on);	/* be a worker that serves */
bool	 pidfile_is_serving(int fd);		/* by any other descriptor */

bool	 pidfile_read(int fd, struct pidfile *) MUSTCHECK;
bool	 pidfile_write(int fd, struct pidfile *) MUSTCHECK;

/* An admin's word that the program shall not serve; until taken back. */
bool	 pidfile_set_stopped(const char *run_dir, const char *name, bool on) MUSTCHECK;
bool	 pidfile_is_stopped(const char *run_dir, const char *name);

/* A name beside a file, which no web server shows: "DIR/.ht.FILE.END". */
bool	 pidfile_sibling_path(const char *file, const char *end, char path[PATH_MAX]) MUSTCHECK;

/*
 * Copy a program's file: at `to` whole or not at all, with the rights of what was
 * there, and always under a new inode.  False and a log line when it can not be.
 */
bool	 pidfile_copy_program(const char *from, const char *to) MUSTCHECK;
/* Copy the one that is being replaced, for who wants it back, to this place. */
bool	 pidfile_keep_previous(const char *run_dir, const char *name, const char *program) MUSTCHECK;
bool	 pidfile_previous_path(const char *run_dir, const char *name, char path[PATH_MAX])
	    MUSTCHECK;

#endif
