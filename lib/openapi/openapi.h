#ifndef BRISK_OPENAPI_H
#define BRISK_OPENAPI_H
/*
 * openapi - the OpenAPI 3.1 document of a program, from the tables it runs on,
 * so that document and behaviour can not part.
 *
 * Every status and problem a route can answer is in it, beside its parameters,
 * bodies, headers and scopes.  `brisk openapi` unites the parts of several
 * programs: a component of one name is the same in each.
 *
 * A plain route answers 204 without an .answer, else 201 to POST and 200 to
 * the others, unless its .problems name another good status: "202".  A code
 * "428 precondition_required" there makes If-Match a required header.
 */
#include "resource/resource.h"

/* A whole document for these routes; `base_url` is its server. */
void	openapi_print(struct buf *, const char *program, const char *base_url,
	    const struct route *, size_t nroutes);

#endif
