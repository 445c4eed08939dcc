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
#include "fcgi/parser.h"

struct connection {
	int		 fd;
	struct fcgi_parser	 in;		/* what was read of it; nothing of most */
	struct connection	*next, *before;	/* of those that are parked */
	size_t		 held;		/* counted for it */
};

/* --- fcgi_peer.c ---------------------------------------------------------- */

bool		 connection_open_all(size_t max_body) MUSTCHECK;
/* A descriptor that is readable while there is more of one that is parked. */
int		 connection_ready_fd(void);
size_t		 connection_parked(void);

/* The connection itself goes with a peer that can not be made. */
struct connection	*connection_new(int fd) MUSTCHECK;
/* The peer when its request is whole; else it is parked, or gone: NULL. */
struct connection	*connection_read(struct connection *) MUSTCHECK;
/* One that was parked and is whole now; NULL: none in that time. */
struct connection	*connection_next_whole(int ms) MUSTCHECK;
/* A descriptor to read the request from, which is then the caller's; -1, logged. */
int		 connection_source(struct connection *) MUSTCHECK;
/* From now on that descriptor leads to the web server.  The peer is gone. */
void		 connection_attach(struct connection *, int source);
/* It could not be read, and its source was closed. */
void		 connection_drop(struct connection *, int source);

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
void		 fcgi_serve(struct program_thread *, const struct input *,
		    void (*put)(void *, struct str), void *to);
size_t		 fcgi_content_length(char *const *env);

#endif
