#ifndef BRISK_ROLL_H
#define BRISK_ROLL_H
/*
 * roll - a program's file exchanged for another while it runs.
 *
 * A supervisor is sent HUP and reports the result in its pidfile.  Workers that
 * the web server starts by itself (mod_fcgid) are told to end once the file at
 * their path is a new one, for which it starts others.  Each of these prints
 * what happened, and answers the command's status.
 */
#include "process.h"

/* One program, and what is wished for it. */
struct roll_target {
	const char	*run_dir, *name;
	const char	*with;		/* a file that is to take its place; NULL: it lies there */
	int64_t		 rehearse;	/* requests that both answer first */
};

int	roll_restart(const struct roll_target *);
/* With the file that the last roll replaced. */
int	roll_revert(const struct roll_target *);

/* HUP, and what comes of it; the process is alive. */
int	roll(const struct roll_target *, struct process *);

/* Until `done`, of what it was and is; false: that takes too long. */
bool	roll_wait(const struct roll_target *, struct process *,
	    bool (*done)(const struct process *was, const struct process *is)) MUSTCHECK;

/*
 * rehearse.c: answer recent requests with the program at `old` and the one at
 * `new`.  0: alike, or nothing to compare; 1: told how not.
 */
int	rehearse(const struct roll_target *, const char *old, const char *new);

#endif
