#ifndef BRISK_UPSTREAM_H
#define BRISK_UPSTREAM_H
/*
 * upstream - the programs that own the paths, and requests to them.
 *
 * Which program owns a path is in the file share/mounts, which the build writes.
 * Where it listens is in the pid file of its supervisor.
 */
#include "live/loop.h"

struct upstream {
	char		 name[64];
	char		 socket[108];	/* "" while it is unknown */
	int64_t		 checked_ms;	/* when the pid file was read */
};

/* Read the mounts; false: there is no such file, logged. */
bool		 upstream_open_all(const struct conf *) MUSTCHECK;
void		 upstream_close_all(void);
/* The owner of the request's path; for a path that nobody owns, the program `docs`. */
struct upstream	*upstream_of(struct req *) MUSTCHECK;
/* Its socket, "" while it has none. */
const char	*upstream_socket(const struct conf *, struct upstream *);
/* It did not answer: read its pid file again before the next request. */
void		 upstream_lost(struct upstream *);

/* Send the topic's request; false: it could not be sent. */
bool		 upstream_request_begin(struct live *, struct topic *) MUSTCHECK;
/* Send and receive what is possible without blocking. */
void		 upstream_request_continue(struct live *, struct upstream_request *);
/* Give up requests that take too long. */
void		 upstream_request_check_all(struct live *);
/* Free those that finished in this turn. */
void		 upstream_request_free_all(struct live *);

#endif
