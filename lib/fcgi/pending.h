#ifndef BRISK_PENDING_H
#define BRISK_PENDING_H
/*
 * pending - connections whose request has not arrived completely.
 *
 * They wait here without a thread; any thread reads on when more has arrived.
 * When there are too many, or they hold too much memory, the oldest is closed.
 */
#include "fcgi/connection.h"

struct pending {
	struct connection	 connection;
	struct pending		*next, *before;	/* by age */
	size_t			 held;		/* bytes counted for its request */
};

/* max_body: bytes kept of a body.  False: no descriptor. */
bool		 pending_open(size_t max_body) MUSTCHECK;
/*
 * A descriptor that becomes readable when a waiting connection has received more
 * data.
 */
int		 pending_fd(void);
size_t		 pending_count(void);

/*
 * A new connection, which takes over the descriptor.  Returns it if its request
 * is complete.  NULL: it waits here, or was closed.
 */
struct pending	*pending_accept(int fd) MUSTCHECK;
/*
 * Wait up to `ms` until more has arrived, and read on.  Returns a connection whose
 * request is complete, or NULL.
 */
struct pending	*pending_next(int ms) MUSTCHECK;
/* Close a connection that was returned, and free it. */
void		 pending_close(struct pending *);

#endif
