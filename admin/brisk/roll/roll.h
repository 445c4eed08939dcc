#ifndef BRISK_ROLL_H
#define BRISK_ROLL_H
/*
 * roll - replace a running program by another program file.
 *
 * A supervisor receives SIGHUP and reports the result in its pidfile.  Workers that the
 * web server starts by itself (mod_fcgid) receive SIGTERM after the file at their path
 * has been replaced; the web server then starts new workers.  These functions print the
 * result and return the exit status.
 */
#include "process.h"

/* A program, and how to replace it. */
struct roll_target {
	const char	*run_dir, *name;
	const char	*with;		/* the new file; NULL: the file at its path */
	int64_t		 rehearse;	/* number of requests to rehearse; 0: none */
};

int	roll_restart(const struct roll_target *);
/* Return to the file that the last roll replaced. */
int	roll_revert(const struct roll_target *);

/* Send SIGHUP to a living supervisor, and wait for the result. */
int	roll(const struct roll_target *, struct process *);

/* Wait until done(before, now) is true.  False: it took too long. */
bool	roll_wait(const struct roll_target *, struct process *,
	    bool (*done)(const struct process *was, const struct process *is)) MUSTCHECK;

/*
 * rehearse.c: answer captured requests with the programs at `old` and `new`.  Returns 0
 * if the answers are equal or nothing was captured; 1 after printing the differences.
 */
int	rehearse(const struct roll_target *, const char *old, const char *new);

#endif
