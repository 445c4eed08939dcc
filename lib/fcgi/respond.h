#ifndef BRISK_FCGI_RESPOND_H
#define BRISK_FCGI_RESPOND_H
/* respond - the response to one request, as the web server gets it. */
#include "program/program.h"

/*
 * Serve the request, and count it.  A request without env (out of memory) gets 503,
 * as does one whose response could not be built.  The response is in the arena,
 * which the caller resets.
 */
struct str	 fcgi_respond(struct program_thread *, const struct program_request *)
		    MUSTCHECK;

#endif
