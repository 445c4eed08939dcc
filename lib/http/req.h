#ifndef BRISK_REQ_H
#define BRISK_REQ_H
/*
 * req - a request as a handler sees it.
 *
 * A request lives until its response is sent.  All its texts belong to the
 * request's arena or to the CGI environment.
 */
#include "conf/conf.h"
#include "cache/store.h"
#include "http/http.h"
#include "schema/decode.h"

#define HTTP_SEGMENTS	12	/* most segments of a path */
#define TRACE_LEN	32	/* hex digits (W3C Trace Context) */

struct list_query;		/* resource/list_query.h */
struct route;			/* route/route.h */
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
	const char	*keys_type, *params_type, *body_type; /* C types of keys, params and body; NULL: on routes of a resource */
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

/* Set the method, the target and a new id from the CGI variables. */
void		 req_init(struct req *, struct arena *, char *const *env);
/*
 * Remove the path prefix `base` (option `base_path`) from the target, unless the
 * web server has removed it already.  Links in responses begin with `base`.
 */
void		 req_strip_base(struct req *, const char *base);
/* Set `origin` and `trace`; needs rq->conf for the list of trusted proxies. */
void		 req_set_origin(struct req *);
/* The value of a CGI variable ("HTTP_IF_MATCH"); absent: it is not set. */
struct str	 req_env(const struct req *, const char *name);
/* For BODY(), KEYS() and PARAMS(). */
const void	*req_input_body(const struct req *, const char *type);
const void	*req_input_keys(const struct req *, const char *type);
const void	*req_input_params(const struct req *, const char *type);
/*
 * The value of a preference in the header Prefer (RFC 7240).  If the preference
 * is repeated, the first counts.  False: it is not there.
 */
bool		 req_preference(const struct req *, const char *name, struct str *value)
		    MUSTCHECK;
/* True if Prefer holds "name=value". */
bool		 req_prefers(const struct req *, const char *name, const char *value);

#endif
