#ifndef BRISK_CONNECTION_BUDGET_H
#define BRISK_CONNECTION_BUDGET_H
/*
 * budget - how many database connections an installation may have.
 *
 * Hosts cap the connections of an account, and an installation is many
 * programs.  A connection needs a seat: one byte of a file, held by an
 * open-file-description lock of the thread that connects.  The kernel takes
 * the lock back when its holder dies, however it dies, so seats are never
 * lost and never more than there are.
 *
 * Who finds no seat says so in the mapped page, until when it waits; holders
 * look there after each request, and while they are idle, and give theirs
 * back.  One seat belongs to one thread.
 */
#include "base/base.h"

struct connection_budget;

/* The file of an installation; `most` 0: no bound.  NULL and a log line when
 * it can not be: then there is no bound either. */
struct connection_budget	*connection_budget_open(const char *path, int64_t most) MUSTCHECK;
void		 connection_budget_close(struct connection_budget *);

struct connection_seat {
	struct connection_budget	*budget;	/* NULL: no bound */
	int		 fd;		/* own description; 0: not opened yet */
	bool		 taken;
};

/* Wait for a seat, `wait_ms` at most.  True also when there is no bound. */
bool		 connection_budget_acquire(struct connection_seat *, int64_t wait_ms) MUSTCHECK;
void		 connection_budget_release(struct connection_seat *);
/* Give it back and forget the file. */
void		 connection_budget_forget(struct connection_seat *);

/* Is somebody waiting for a seat? */
bool		 connection_budget_is_wanted(const struct connection_budget *);

#endif
