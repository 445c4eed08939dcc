#ifndef BRISK_SUPER_H
#define BRISK_SUPER_H
/*
 * super - the supervisor of a program: it keeps workers that serve the socket of
 * descriptor 0, and replaces the program without losing a request.
 *
 *	super.c		its turns: children that ended, limits, missing workers
 *	begin.c		how it starts
 *	child.c		one child, from start to end
 *	roll.c		replaces the program file
 *	handoff.c	state that is passed over exec
 *	socket.c	the listening socket and its path
 *	worker.c	the first thread of a worker
 *
 * It is small, has one thread, and never opens the database.  All signals are
 * blocked and read from a descriptor.
 */
#include "base/base.h"

struct app;
struct conf;

/*
 * Supervise until a signal ends it; returns the exit status.  `good`: the
 * configuration is valid; else a fallback responder answers 503 until it is.
 */
int	 super_run(const struct app *, const struct conf *, bool good, char **argv);
/*
 * In --check of a roll: could this build take over from the supervisor that passed
 * this handoff?  Sets *report to the descriptor for faults.
 */
bool	 super_check_handoff(const char *packed, int *report) MUSTCHECK;

#endif
