#ifndef BRISK_FCGI_PRIVATE_H
#define BRISK_FCGI_PRIVATE_H
/*
 * fcgi_private - what the parts of the FastCGI loop share.
 *
 *	fcgi.c		threads, and which connection is whose
 *	fcgi_peer.c	connections, from their first byte to their last
 *	fcgi_cgi.c	one request as CGI
 *
 * A thread serves requests that are whole.  Those that are not yet are parked,
 * whatever the web server does with slow clients: any thread goes on with one
 * when there is more of it.  When many are, or they hold much, the one that is
 * parked for the longest is given up.
 */
#include "app_private.h"
#include "record.h"

struct peer {
	int		 fd;
	struct record	 in;
	struct peer	*next, *before;	/* of those that are parked */
	size_t		 held;		/* counted for it */
};

/* --- fcgi_peer.c ---------------------------------------------------------- */

bool		 peers_open(size_t body_most) MUSTCHECK;
/* A descriptor that is readable while there is more of one that is parked. */
int		 peers_fd(void);
size_t		 peers_parked(void);

/* The connection itself goes with a peer that can not be made. */
struct peer	*peer_new(int fd) MUSTCHECK;
/* The peer when its request is whole; else it is parked, or gone: NULL. */
struct peer	*peer_read(struct peer *) MUSTCHECK;
/* One that was parked and is whole now; NULL: none in that time. */
struct peer	*peer_next(int ms) MUSTCHECK;
/* The whole answer, and its end. */
void		 peer_answer(struct peer *, struct str);

/* --- fcgi.c --------------------------------------------------------------- */

/* One request: answered, handed to `put`, and forgotten. */
struct input {
	char *const	*env;		/* NULL: there was no memory for it */
	struct str	 body;
	bool		 over, cut;
};

void		 serve(struct app_thread *, const struct input *,
		    void (*put)(void *, struct str), void *to);
size_t		 stated_length(char *const *env);

#endif
