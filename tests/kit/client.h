#ifndef WIRE_CLIENT_H
#define WIRE_CLIENT_H
/*
 * client - HTTP as a test wants it: nothing is made better on its way.
 *
 * BASE says where.  Each thread has a connection and variables of its own;
 * what an answer holds lives until the thread calls client_end().  In a path,
 * in headers and in bodies {name} is replaced by a variable that was let();
 * {token} is TOKEN, and {new} another text at each request.
 */
#include "test.h"

struct reply {
	int		 status;	/* 0: there was no answer */
	struct str	 headers;	/* lines as received */
	struct str	 body;
};

struct ask {
	const char	*method, *path;
	const char	*headers;	/* "Name: value" lines; NULL none */
	struct str	 body;		/* absent: none is sent */
	bool		 raw;		/* else a ' in the body stands for " */
};

struct reply	 ask(const struct ask *);
/* The usual ones: a body is JSON with ' for ". */
struct reply	 ask_get(const char *path, const char *headers);
struct reply	 ask_with(const char *method, const char *path,
		    const char *headers, const char *body);
/* GET what is only needed while `look` runs: for who asks a thousand times. */
void		 ask_aside(const char *path, const char *headers,
		    void (*look)(const struct reply *, void *), void *arg);

void		 let(const char *name, const char *value);
/* The text with its variables replaced. */
const char	*filled(const char *);
void		 client_end(void);

/* The value of a header, NULL when it is not there. */
const char	*reply_header(const struct reply *, const char *name);
size_t		 reply_headers(const struct reply *, const char *name);
bool		 reply_holds(const struct reply *, const char *text);
/* A member of the body, "price.amount", as text; NULL when it is not there. */
const char	*reply_member(const struct reply *, const char *path);
/* A problem's errors: "#/name required, sort invalid_value", or "". */
const char	*reply_errors(const struct reply *);

#endif
