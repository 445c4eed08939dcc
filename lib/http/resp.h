#ifndef BRISK_RESP_H
#define BRISK_RESP_H
/*
 * resp - the response that a handler builds: a status, a body and headers.
 *
 * An error response is a problem (RFC 9457) with a stable `code`; on OAuth
 * routes it is an error object of RFC 6749.  Functions that complete a response
 * return its status, so that a handler ends with `return resp_...`.  The body
 * and the headers belong to the request's arena.
 */
#include "http/problem.h"
#include "http/req.h"

/* The form of an error response. */
enum refuse_as {
	REFUSE_PROBLEM,		/* RFC 9457 */
	REFUSE_OAUTH		/* RFC 6749 5.2: {"error":...,"error_description":...} */
};

struct resp {
	struct arena		*arena;
	const struct req	*rq;
	const char		*base_url;	/* prefix of problem types */
	enum refuse_as		 refusal;	/* of the route */
	int			 status;
	const char		*type;		/* media type of the body */
	const char		*cache_control;	/* NULL: no-store */
	const char		*code;		/* of a problem; NULL: no problem */
	struct str		 members;	/* more members of a problem, as JSON text */
	struct buf		 body, headers;	/* headers: complete lines */
	struct str		 etag, link;	/* header values; absent: not sent */
	struct stamp		 modified;	/* Last-Modified */
};

void		 resp_init(struct resp *, const struct req *, const char *base_url);

/*
 * Append a header line, printf-style.  A value that is longer than 4 KiB or holds
 * a control character is logged and not sent.
 */
void		 resp_header(struct resp *, const char *name, const char *, ...) PRINTF(3, 4);

/* Send the JSON that the caller has written into rs->body. */
enum http_status resp_json(struct resp *, enum http_status) MUSTCHECK;
/* Send a struct as JSON. */
enum http_status resp_object(struct resp *, enum http_status,
		    const struct schema *, const void *) MUSTCHECK;

/* Set the ETag "7-9c1f03aa": the row's version, and a hash of rs->body. */
void		 resp_etag(struct resp *, struct str version);

/* Send a problem; `detail` is a sentence for a person, printf-style. */
enum http_status resp_problem(struct resp *, enum http_status, const char *code,
		    const char *detail, ...) PRINTF(4, 5) MUSTCHECK;
/* Send a problem that lists every fault with its place. */
enum http_status resp_faults(struct resp *, enum http_status, const char *code,
		    const struct faults *) MUSTCHECK;
/* Send the problem for a database error that the handler does not treat itself. */
enum http_status resp_db_error(struct resp *, enum db_err) MUSTCHECK;

#endif
