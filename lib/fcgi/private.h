#ifndef BRISK_FCGI_PRIVATE_H
#define BRISK_FCGI_PRIVATE_H
/*
 * fcgi_private - what the parts of the FastCGI loop share.
 *
 *	fcgi.c		threads, and which connection is whose
 *	fcgi_peer.c	connections, from their first byte to their last
 *	fcgi_cgi.c	one request as CGI
 *
 * A thread serves requests that are whole: libfcgi, which would wait for the
 * rest of one, is given no other.  Those that are not yet are parked, whatever
 * the web server does with slow clients: any thread goes on with one when there
 * is more of it.  When many are, or they hold much, the one that is parked for
 * the longest is given up.
 */
#include "program/program.h"
#include "fcgi/record.h"

struct peer {
	int		 fd;
	struct record	 in;		/* what was read of it; nothing of most */
	struct peer	*next, *before;	/* of those that are parked */
	size_t		 held;		/* counted for it */
};

/* --- fcgi_peer.c ---------------------------------------------------------- */

bool		 peers_open(size_t max_body) MUSTCHECK;
/* A descriptor that is readable while there is more of one that is parked. */
int		 peers_fd(void);
size_t		 peers_parked(void);

/* The connection itself goes with a peer that can not be made. */
struct peer	*peer_new(int fd) MUSTCHECK;
/* The peer when its request is whole; else it is parked, or gone: NULL. */
struct peer	*peer_read(struct peer *) MUSTCHECK;
/* One that was parked and is whole now; NULL: none in that time. */
struct peer	*peer_next(int ms) MUSTCHECK;
/* A descriptor to read the request from, which is then the caller's; -1, logged. */
int		 peer_source(struct peer *) MUSTCHECK;
/* From now on that descriptor leads to the web server.  The peer is gone. */
void		 peer_turn(struct peer *, int source);
/* It could not be read, and its source was closed. */
void		 peer_lose(struct peer *, int source);

/* --- fcgi.c --------------------------------------------------------------- */

/* Where a body comes from: 0 at its end. */
typedef size_t reader(void *from, char *to, size_t most);

struct input {
	char *const	*env;
	char		*p;		/* the body, */
	size_t		 n, most;
	bool		 over, cut;	/* too long, or shorter than it said */
	bool		 no_memory;
};

/* All there is, of which at most `limit` is kept; the rest goes by. */
void		 input_read(struct input *, struct arena *, size_t limit,
		    reader *, void *from);
/* One request: answered, handed to `put`, and forgotten. */
void		 serve(struct app_thread *, const struct input *,
		    void (*put)(void *, struct str), void *to);
size_t		 stated_length(char *const *env);

#endif
