#ifndef BRISK_RUN_H
#define BRISK_RUN_H
/*
 * subprocess - a child process with one argument and pipes as standard input and output.
 * Every wait has a time limit.
 */
#include <sys/types.h>
#include "admin.h"

struct subprocess {
	pid_t	 pid;
	int	 to, from;	/* its standard input and output */
};

/*
 * Start `file`, which may be a path in /proc.  With `errors` its standard error goes to
 * the same pipe as its output, otherwise to /dev/null.  False, reported: it cannot be
 * started.
 */
bool	 subprocess_start(struct subprocess *, const char *file, const char *word, bool errors)
	    MUSTCHECK;

/* Write or read all bytes within a time.  False: it ended before, or timed out. */
bool	 subprocess_write(struct subprocess *, struct str, int64_t ms) MUSTCHECK;
bool	 subprocess_read(struct subprocess *, char *, size_t, int64_t ms) MUSTCHECK;
/* Read until it closes its output, and keep what fits, NUL-terminated.  False: timeout. */
bool	 subprocess_drain(struct subprocess *, char *, size_t, int64_t ms) MUSTCHECK;

/* Close the pipes, wait for its end, and kill it after `ms`.  Returns the status of
 * waitpid(). */
int	 subprocess_wait(struct subprocess *, int64_t ms);

#endif
