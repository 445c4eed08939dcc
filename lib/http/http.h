#ifndef BRISK_HTTP_H
#define BRISK_HTTP_H
/*
 * http - a request as a handler sees it, and the answer it makes.
 *
 * Both live as long as the request and belong to its arena.  An answer is a
 * status, a body and some headers; every refusal is a problem (RFC 9457) with
 * a stable `code`, or where OAuth wants it so, an error of RFC 6749.  Functions that make one return its status, so a handler
 * ends with `return resp_...`.
 */
#include "conf/conf.h"
#include "schema/decode.h"
#include "cache/store.h"

enum http_method { HTTP_OTHER, HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT,
	HTTP_PATCH, HTTP_DELETE, HTTP_OPTIONS, HTTP_METHODS };

enum http_status {
	HTTP_OK = 200, HTTP_CREATED = 201, HTTP_ACCEPTED = 202, HTTP_NO_CONTENT = 204,
	HTTP_NOT_MODIFIED = 304,
	HTTP_BAD_REQUEST = 400, HTTP_UNAUTHORIZED = 401,
	HTTP_PAYMENT_REQUIRED = 402, HTTP_FORBIDDEN = 403,
	HTTP_NOT_FOUND = 404, HTTP_METHOD_NOT_ALLOWED = 405,
	HTTP_NOT_ACCEPTABLE = 406, HTTP_CONFLICT = 409, HTTP_GONE = 410,
	HTTP_LENGTH_REQUIRED = 411, HTTP_PRECONDITION_FAILED = 412,
	HTTP_TOO_LARGE = 413, HTTP_UNSUPPORTED = 415, HTTP_UNPROCESSABLE = 422,
	HTTP_PRECONDITION_REQUIRED = 428, HTTP_TOO_MANY = 429,
	HTTP_INTERNAL = 500, HTTP_NOT_IMPLEMENTED = 501, HTTP_UNAVAILABLE = 503,
};

#define HTTP_SEGMENTS	12	/* of a path */
#define TRACE_LEN	32	/* hex digits (W3C Trace Context) */

struct route;
struct user;			/* auth.h */
struct client;			/* client.h */
struct keys;			/* keys.h */

struct req {
	enum http_method	 method;
	struct str		 uri;		/* REQUEST_URI, as sent, without base */
	struct str		 base;		/* before it: "/~user/api", or absent */
	struct str		 path, query;	/* the parts around "?", raw */
	struct str		 segment[HTTP_SEGMENTS]; /* of the path, decoded */
	size_t			 segments;
	char *const		*env;		/* "HTTP_ACCEPT=..." (CGI names) */
	struct str		 body;
	bool			 body_over;	/* it was longer than could be read */
	bool			 body_cut;	/* it ended before its stated length */
	char			 id[UUID_LEN + 1];	/* of this request, ours */
	char			 trace[TRACE_LEN + 1];	/* the client's, or a new one */
	struct str		 address;	/* of the client, behind trusted proxies */
	bool			 https;		/* between the client and the first of us */
	bool			 local;		/* from this host, and through no unknown proxy */
	struct arena		*arena;
	struct store		*store;
	const struct conf	*conf;
	const struct route	*route;
	const struct user	*user;		/* NULL: nobody */
	const struct client	*client;	/* of routes for SCOPE_CLIENT */
	struct keys		*signing;	/* the process's keys of tokens */
	const struct doc	*doc;		/* the parsed body */
	const void		*keys, *params, *input;	/* decoded structs */
	const char		*input_type;	/* C type of *input, for BODY() */
};

/* The decoded body.  Another type than the route's schema ends the program. */
#define BODY(rq, T)	((const T *)req_input((rq), #T))

/* In whose words a route refuses. */
enum refuse_as {
	REFUSE_PROBLEM,		/* RFC 9457 */
	REFUSE_OAUTH		/* RFC 6749 5.2: {"error":...,"error_description":...} */
};

struct resp {
	struct arena		*arena;
	const struct req	*rq;
	const char		*base_url;	/* of problem types */
	enum refuse_as		 refusal;	/* of the route */
	int			 status;
	const char		*type;
	const char		*cache_control;	/* NULL: no-store */
	const char		*code;		/* of a problem */
	struct str		 members;	/* of a problem: JSON beside the usual ones */
	struct buf		 body, headers;	/* headers: whole lines */
	struct str		 etag, link;	/* of the answer; absent: none */
	struct stamp		 modified;
};

void		 req_init(struct req *, struct arena *, char *const *env);
/*
 * Everything lies below this path: it is taken off the URI, unless a server in
 * front of us has done so, and belongs before every path that is answered.
 */
void		 req_strip_base(struct req *, const char *base);
/* Then, with rq->conf there: whose it is (address, https, local, trace). */
void		 req_set_client(struct req *);
/* The value of a CGI variable ("HTTP_IF_MATCH"), absent when not there. */
struct str	 req_env(const struct req *, const char *name);
const void	*req_input(const struct req *, const char *type);
enum http_method http_method_of(struct str);
const char	*http_method_name(enum http_method);
const char	*http_reason(int status);
/*
 * Does a header Accept take this media type?  The most specific range decides
 * (RFC 9110 12.5.1).  Does it so by that name?
 */
bool		 http_accepts(struct str header, struct str type) MUSTCHECK;
bool		 http_names(struct str header, struct str type) MUSTCHECK;
/* Its value, the first one that is given. */
bool		 req_preference(const struct req *, const char *name, struct str *value)
		    MUSTCHECK;
/* Is this preference asked for in Prefer (RFC 7240)? */
bool		 req_prefers(const struct req *, const char *name, const char *value);

void		 resp_init(struct resp *, const struct req *, const char *base_url);

/* A header line; a value with a control byte in it is left out and logged. */
void		 resp_header(struct resp *, const char *name, const char *, ...) PRINTF(3, 4);

/* A JSON body that the caller has written into rs->body. */
enum http_status resp_json(struct resp *, enum http_status) MUSTCHECK;
enum http_status resp_object(struct resp *, enum http_status,
		    const struct schema *, const void *) MUSTCHECK;

/* ETag "7-9c1f03aa": what it shows has this version, then the body there is. */
void		 resp_etag(struct resp *, struct str version);

/* A problem: status, code, and a sentence for a person. */
enum http_status resp_problem(struct resp *, enum http_status, const char *code,
		    const char *detail, ...) PRINTF(4, 5) MUSTCHECK;
/* The same with each fault and its place. */
enum http_status resp_faults(struct resp *, enum http_status, const char *code,
		    const struct faults *) MUSTCHECK;
/*
 * What a refusal is in RFC 6749's words: those that are its own keep their
 * code, what else a request can lack is `invalid_request`.
 */
const char	*problem_oauth_code(int status, const char *code);
/* What a database error that the handler did not expect is to a client. */
enum http_status resp_db_error(struct resp *, enum db_err) MUSTCHECK;

/* Every problem this library can answer, by code; ends with a NULL code. */
struct problem {
	const char		*code;
	enum http_status	 status;
	const char		*title;
	const char		*doc;	/* what it means, and what to do about it */
};

extern const struct problem problem_table[];

/* NULL: none of these. */
const struct problem *problem_find(struct str code);
/* "sku_taken" -> "Sku taken" for codes that have no row above. */
struct str	 problem_title(struct arena *, struct str code);

#endif
