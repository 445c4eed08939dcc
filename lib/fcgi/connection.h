#ifndef BRISK_CONNECTION_H
#define BRISK_CONNECTION_H
/*
 * connection - a connection of the web server: one request, one response.
 *
 * Reading never blocks.  A connection owns its descriptor and its request.
 */
#include <sys/types.h>

#include "fcgi/parser.h"

struct connection {
	int			 fd;
	uint16_t		 id;	/* of the request, when it is complete */
	struct fcgi_parser	*in;	/* NULL after connection_forget_request() */
};

/* False: out of memory; the descriptor is closed then. */
bool	 connection_open(struct connection *, int fd, size_t max_params, size_t max_body)
	    MUSTCHECK;
/* Read what has arrived of the request. */
enum fcgi_parser_state connection_read(struct connection *) MUSTCHECK;
/* Free the memory of the request, overwritten. */
void	 connection_forget_request(struct connection *);
/*
 * Send what the socket has room for, without blocking.  Returns how many bytes;
 * 0: none now; -1: the peer is gone.
 */
ssize_t	 connection_send(const struct connection *, const char *, size_t n) MUSTCHECK;
/*
 * Send a whole response, CGI output, in records.  Blocks until the peer has taken
 * it, or is gone: then the rest is dropped.
 */
void	 connection_respond(const struct connection *, struct str);
void	 connection_close(struct connection *);

#endif
