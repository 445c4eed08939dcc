#ifndef BRISK_FCGI_H
#define BRISK_FCGI_H
/*
 * fcgi - requests from a web server, by FastCGI 1.0 or CGI (RFC 3875).
 *
 *	fcgi.c		threads that answer requests of the socket
 *	pending.c	connections whose request has not arrived completely
 *	connection.c	one connection: reads a request, writes a response
 *	parser.c	a request, from bytes that arrive in any pieces
 *	params.c	name-value pairs
 *	record.c	records, the envelope of both
 *	cgi.c		one request as CGI
 *	mode.c		how the web server runs the program
 *
 * A thread serves a request only when all of it has arrived, so a slow upload
 * occupies no thread.
 */
#include <stdint.h>

#include "program/loop.h"

struct program;

/* How the web server runs the program: what descriptor 0 is. */
enum fcgi_mode {
	FCGI_CGI,	/* no socket: one request as CGI */
	FCGI_PLAIN,	/* a socket of mod_fcgid, which starts and ends workers itself */
	FCGI_LISTEN	/* a socket that listens: supervise workers */
};

enum fcgi_mode	 fcgi_mode(void);
/* Answer the one request of a CGI program; returns its exit status. */
int		 fcgi_cgi(struct program *);
/* Threads that answer requests. */
extern const struct program_loop fcgi_loop;
/* Requests answered by this process. */
uint64_t	 fcgi_served(void);

#endif
