#ifndef BRISK_HTTP_H
#define BRISK_HTTP_H
/*
 * http - the request that a handler gets, and the answer that it makes.
 *
 * Both live as long as the request, in its arena. An answer has a status, a body
 * and headers. A refusal is a problem (RFC 9457) with a stable `code`; OAuth
 * routes answer with an RFC 6749 error. The functions that make an answer return
 * its status, so a handler ends with `return resp_...`.
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

struct list_query;		/* resource/list_query.h */
struct route;
struct user;			/* auth/auth.h */
struct client;			/* route/client.h */
struct keys;			/* auth/keys.h */

/* The request line, without the scheme and host. */
struct req_target {
	struct str	 uri;		/* REQUEST_URI as sent, without `base` */
	struct str	 base;		/* path prefix "/~user/api"; absent: none */
	struct str	 path, query;	/* the parts around "?", not decoded */
	struct str	 segment[HTTP_SEGMENTS]; /* of the path, decoded */
	size_t		 segments;
};

/* The client, as seen through trusted proxies. */
struct req_origin {
	struct str	 address;
	bool		 https;		/* between the client and the first server */
	bool		 local;		/* from this host, and through no unknown proxy */
};

struct req_body {
	struct str	 bytes;
	bool		 over;		/* longer than may be read */
	bool		 cut;		/* shorter than its stated length */
	const struct doc *json;		/* parsed; NULL: not yet, or not JSON */
};

/* What was decoded and checked before the handler runs. */
struct req_input {
	const void	*keys;		/* a struct of route->keys; of a resource: a row */
	const void	*params;	/* a struct of route->params */
	const void	*body;		/* a struct of route->body; of a resource: a row or a batch */
	const char	*keys_type, *params_type, *body_type; /* their C types; NULL: a resource's */
	const struct list_query *list;	/* the query string of a resource's route */
};

struct req {
	enum http_method	 method;
	struct req_target	 target;
	struct req_origin	 origin;
	struct req_body		 body;
	struct req_input	 input;
	char *const		*env;		/* CGI variables, "HTTP_ACCEPT=..." */
	char			 id[UUID_LEN + 1];	/* of this request; we make it */
	char			 trace[TRACE_LEN + 1];	/* the client's, or a new one */
	struct arena		*arena;
	struct store		*store;
	const struct conf	*conf;
	const struct route	*route;
	const struct user	*user;		/* NULL: anonymous */
	const struct client	*client;	/* on routes with SCOPE_CLIENT */
	struct keys		*signing;	/* the process's signing keys */
};

/*
 * The decoded body, path keys and query string of a plain route.  T must be the
 * type of the route's schema; another type ends the program.
 */
#define BODY(rq, T)	((const T *)req_input_body((rq), #T))
#define KEYS(rq, T)	((const T *)req_input_keys((rq), #T))
#define PARAMS(rq, T)	((const T *)req_input_params((rq), #T))

/* The form of a refusal. */
enum refuse_as {
	REFUSE_PROBLEM,		/* RFC 9457 */
	REFUSE_OAUTH		/* RFC 6749 5.2: {"error":...,"error_description":...} */
};

struct resp {
	struct arena		*arena;
	const struct req	*rq;
	const char		*base_url;	/* base of problem types */
	enum refuse_as		 refusal;	/* the form of the route's refusals */
	int			 status;
	const char		*type;
	const char		*cache_control;	/* NULL: no-store */
	const char		*code;		/* the code of a problem */
	struct str		 members;	/* extra JSON members of a problem */
	struct buf		 body, headers;	/* headers: complete lines */
	struct str		 etag, link;	/* absent: none */
	struct stamp		 modified;
};

void		 req_init(struct req *, struct arena *, char *const *env);
/*
 * Remove the path prefix `base` from the target, unless a front server has
 * removed it. Answers put it before every path.
 */
void		 req_strip_base(struct req *, const char *base);
/* Set origin and trace; needs rq->conf. */
void		 req_set_client(struct req *);
/* The value of a CGI variable ("HTTP_IF_MATCH"); absent if it is not set. */
struct str	 req_env(const struct req *, const char *name);
const void	*req_input_body(const struct req *, const char *type);
const void	*req_input_keys(const struct req *, const char *type);
const void	*req_input_params(const struct req *, const char *type);
enum http_method http_method_of(struct str);
const char	*http_method_name(enum http_method);
const char	*http_reason(int status);
/*
 * Does an Accept header allow this media type (RFC 9110 12.5.1)? Does it name
 * the type itself?
 */
bool		 http_accepts(struct str header, struct str type) MUSTCHECK;
bool		 http_names(struct str header, struct str type) MUSTCHECK;
/* The value of the first preference of that name (RFC 7240). */
bool		 req_preference(const struct req *, const char *name, struct str *value)
		    MUSTCHECK;
/* Does the Prefer header have this preference (RFC 7240)? */
bool		 req_prefers(const struct req *, const char *name, const char *value);

void		 resp_init(struct resp *, const struct req *, const char *base_url);

/* Add a header line; a value with a control character is left out and logged. */
void		 resp_header(struct resp *, const char *name, const char *, ...) PRINTF(3, 4);

/* Answer with the JSON that the caller has written into rs->body. */
enum http_status resp_json(struct resp *, enum http_status) MUSTCHECK;
enum http_status resp_object(struct resp *, enum http_status,
		    const struct schema *, const void *) MUSTCHECK;

/* Set the ETag "7-9c1f03aa": the version of the row, then a hash of the body. */
void		 resp_etag(struct resp *, struct str version);

/* Answer with a problem; `detail` is a sentence for people. */
enum http_status resp_problem(struct resp *, enum http_status, const char *code,
		    const char *detail, ...) PRINTF(4, 5) MUSTCHECK;
/* The same with a list of faults. */
enum http_status resp_faults(struct resp *, enum http_status, const char *code,
		    const struct faults *) MUSTCHECK;
/*
 * The RFC 6749 code of a refusal: its own codes pass, other refusals of a
 * request are `invalid_request`.
 */
const char	*problem_oauth_code(int status, const char *code);
/* Answer a database error that the handler does not handle itself. */
enum http_status resp_db_error(struct resp *, enum db_err) MUSTCHECK;

/* Every problem of the library, by code; ends with a NULL code. */
struct problem {
	const char		*code;
	enum http_status	 status;
	const char		*title;
	const char		*doc;	/* what it means, and what the client can do */
};

extern const struct problem problem_table[];

/* NULL: not in the table. */
const struct problem *problem_find(struct str code);
/* The title of a code; "sku_taken" without a row becomes "Sku taken". */
struct str	 problem_title(struct arena *, struct str code);

#endif
