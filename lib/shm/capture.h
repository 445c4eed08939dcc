#ifndef BRISK_CAPTURE_H
#define BRISK_CAPTURE_H
/*
 * recent - the last GETs that anybody may send, each different one once: what
 * a new build of a program is asked before it serves (brisk restart --rehearse).
 *
 * A mapped file of one program, written by all its workers without a lock: a
 * request that is in it already costs a hash and a look at one cache line.  It
 * holds no tokens and no addresses; what is too long is left out.
 */
#include "base/buf.h"

#define MAX_CAPTURE	1000	/* asked for at once */

struct capture;

/* What an answer may depend on. */
struct capture_request {
	struct str	 target;	/* "/v1/products?limit=2", as sent */
	struct str	 accept, prefer;	/* absent: not sent */
};

/* NULL and a log line when it can not be: then nothing is noted. */
struct capture	*capture_open(const char *path) MUSTCHECK;
void		 capture_close(struct capture *);

void		 capture_add(struct capture *, const struct capture_request *);

/* The newest first, at most so many, copied into the arena; 0 when there are none. */
size_t		 capture_read(const char *path, struct arena *, struct capture_request *,
		    size_t most) MUSTCHECK;

#endif
