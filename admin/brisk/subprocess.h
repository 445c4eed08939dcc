#ifndef BRISK_RUN_H
#define BRISK_RUN_H
/*
 * run - another program, started with one word, that is told and asked through
 * pipes; never waited for without a bound.
 */
#include <sys/types.h>
#include "admin.h"

struct subprocess {
	pid_t	 pid;
	int	 to, from;	/* its standard input and output */
};

/*
 * `file` may be a path in /proc.  Its standard error comes with its output, or
 * goes nowhere.  False, and told, when it can not be started.
 */
bool	 subprocess_start(struct subprocess *, const char *file, const char *word, bool errors)
	    MUSTCHECK;

/* All of it, within a time; false: its end came before, or the time ran out. */
bool	 subprocess_write(struct subprocess *, struct str, int64_t ms) MUSTCHECK;
bool	 subprocess_read(struct subprocess *, char *, size_t, int64_t ms) MUSTCHECK;
/* Whatever comes until its end, as much as has room; NUL-terminated. */
bool	 subprocess_drain(struct subprocess *, char *, size_t, int64_t ms) MUSTCHECK;

/* Close, wait for its end so long, then insist; as waitpid() tells it. */
int	 subprocess_wait(struct subprocess *, int64_t ms);

#endif
