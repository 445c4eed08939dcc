#ifndef BRISK_CONNECTION_BUDGET_H
#define BRISK_CONNECTION_BUDGET_H
/*
 * connection_budget - a limit on the database connections of all programs
 * together, because hosters limit the connections of a database account.
 *
 * A connection needs a seat.  A seat is a lock on one byte of a file (lock.h), held
 * by the thread that connects.  The kernel releases the lock when its owner dies,
 * so a seat is never lost.
 *
 * A thread that finds no free seat writes the time until which it waits to the
 * mapped page of the file.  Threads with a seat read that time after each request
 * and while they are idle, and then close their connection and release the seat.
 *
 * password.h uses a second budget, to limit the password hashes at a time.
 */
#include "base/base.h"

struct connection_budget;

/*
 * Open the file of a budget of `max` seats.  NULL means that there is no limit:
 * `max` is 0, or the file cannot be used, which is logged.
 */
struct connection_budget	*connection_budget_open(const char *path, int64_t max) MUSTCHECK;
void		 connection_budget_close(struct connection_budget *);

/* Of one thread.  Zeros, and `budget`, make a seat that is not acquired. */
struct connection_seat {
	struct connection_budget	*budget;	/* NULL: no limit */
	int		 fd;		/* for the lock; 0: not open */
	bool		 acquired;
};

/* Wait for a seat, at most `wait_ms`.  True also if there is no limit. */
bool		 connection_budget_acquire(struct connection_seat *, int64_t wait_ms) MUSTCHECK;
void		 connection_budget_release(struct connection_seat *);
/* Release the seat and close its descriptor. */
void		 connection_budget_close_seat(struct connection_seat *);

/* Does another thread wait for a seat? */
bool		 connection_budget_is_wanted(const struct connection_budget *);

#endif
