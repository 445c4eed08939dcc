#ifndef BRISK_CAPTURE_H
#define BRISK_CAPTURE_H
/*
 * capture - the most recent anonymous GET requests to a program, without
 * duplicates.  `brisk restart --rehearse` sends them to a new build before the
 * build serves clients.
 *
 * The requests are in a mapped file of the program.  All its workers write the
 * file without a lock; adding a request that is there already costs a hash and
 * a read of one cache line.  The file holds no tokens and no client addresses.
 * Requests that are too long are not captured.
 */
#include "base/buf.h"

#define CAPTURE_MAX_READ	1000	/* requests that a caller needs at most */

struct capture;

/* The parts of a request that its answer depends on. */
struct capture_request {
	struct str	 target;	/* "/v1/products?limit=2", as sent */
	struct str	 accept, prefer;	/* header values; absent: not sent */
};

/* NULL, with a log line, on failure. */
struct capture	*capture_open(const char *path) MUSTCHECK;
void		 capture_close(struct capture *);

/* Add a request; does nothing without a capture. */
void		 capture_add(struct capture *, const struct capture_request *);

/*
 * Copy at most `max` requests, newest first; the text is in the arena.  Returns
 * their number; 0 if there is no file.
 */
size_t		 capture_read(const char *path, struct arena *, struct capture_request *,
		    size_t max) MUSTCHECK;

#endif
