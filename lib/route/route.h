#ifndef BRISK_ROUTE_H
#define BRISK_ROUTE_H
/*
 * route - the table of what a program answers, and its match.
 *
 *	static const struct route routes[] = {
 *		{ HTTP_GET, "/v1/plants/{id}/offers", .scope = SCOPE_NONE,
 *		  .run = offers, .keys = &plant_key, .answer = &offers_schema,
 *		  .doc = "What it costs where" },
 *	};
 *
 * The function gets decoded, checked structs and returns a status.  It never
 * parses, frees, prints JSON or calls the cache.
 */
#include "route/idem.h"
#include "route/limit.h"

/* How long an answer may be kept, and by whom.  All zero: not at all. */
struct freshness {
	int	 ttl;			/* seconds in memcached */
	int	 max_age, s_maxage;	/* for clients, for shared caches */
	int	 stale_while_revalidate; /* for these, too */
	/*
	 * Others write the table, past us.  What they change is shown within a
	 * second where it is watched (`brisk cache watch`), else only when `ttl`
	 * is over: then the log, `brisk cache status` and `brisk doctor` say so.
	 */
	bool	 others_write;
	bool	 by_user;		/* SCOPE_NONE, and still it depends on who asks */
};

struct resource;
enum resource_op { OP_NONE, OP_LIST, OP_CREATE, OP_GET, OP_PATCH, OP_PUT, OP_DELETE };

struct route {
	enum http_method	 method;
	const char		*path;		/* "/v1/plants/{id}" */
	const char		*scope;		/* SCOPE_NONE, SCOPE_OWN or scopes: any of them */
	enum http_status	(*run)(struct req *, struct resp *);
	const struct schema	*keys;		/* the {names} of the path */
	const struct schema	*params;	/* the query string */
	const struct schema	*body;
	const struct schema	*form;		/* instead: a form's parameters */
	enum refuse_as		 refusal;
	const struct schema	*answer;
	const char *const	*reads;		/* tags of the answer, for the cache */
	const char *const	*problems;	/* of its own: "409 cycle It would hang on itself." */
	const char		*answer_type;	/* NULL: application/json */
	const char		*cache_control;	/* of a 2xx; NULL: no-store, or by freshness */
	const char		*policy;	/* Content-Security-Policy of its page */
	struct freshness	 cached;
	size_t			 max_body;	/* bytes; 0: ROUTE_BODY */
	enum limit_class	 limit;		/* whose quota it takes from */
	enum idem_rule		 idempotency;	/* of a POST with a JSON body, or none */
	const char		*deprecated;	/* "2027-01-31": do not begin to use it; NULL: do */
	const char		*sunset;	/* and the day that it ends */
	const char		*doc;
	const struct resource	*resource;	/* made by this one */
	enum resource_op	 op;
};

#define ROUTE_BODY	((size_t)64 << 10)
#define ROUTES(...)	((const struct route[]){ __VA_ARGS__, { .path = NULL } })
#define TAGS(...)	((const char *const[]){ __VA_ARGS__, NULL })
#define PROBLEMS(...)	((const char *const[]){ __VA_ARGS__, NULL })

/*
 * Split and decode the request's path into its segments.  False: a path that
 * can not be any route's (trailing slash, //, dot segments, %2F, bad coding).
 */
bool		 route_parse_path(struct req *) MUSTCHECK;

struct route_match {
	const struct route	*route;		/* NULL: none with this method */
	const struct route	*other;		/* of this path, with any method */
	unsigned		 allow;		/* bit per method of this path; 0: 404 */
};

/*
 * HEAD is served by the path's GET.  The first that fits is taken: a program's
 * own routes stand before those of its resources.
 */
struct route_match route_match(const struct route *, size_t n, const struct req *);

/* "GET, HEAD, OPTIONS" */
void		 route_allow(struct buf *, unsigned allow);

/* Segment i of the template, without braces; `*is_key` if it had them. */
struct str	 route_segment(const char *path, size_t i, bool *is_key);
/* "products/{id}" with what the path says for id. */
struct str	 route_tag(const struct req *, const char *tag);
/* The path's text for segment named `key`; absent if there is none. */
struct str	 route_key(const struct req *, const char *key);

/* Can its answer be kept open?  A GET that declares what it depends on. */
bool		 route_is_live(const struct route *);
/* Its class: PUBLIC and READ for a GET without and with a scope, WRITE for others. */
enum limit_class route_limit(const struct route *);

/* Its rule of idempotency keys: IDEM_NONE where there can be none. */
enum idem_rule	 route_idempotency(const struct route *);

/* The content type its body must have. */
const char	*route_body_type(const struct route *);
/* What is wrong with a route, as a sentence, or NULL. */
const char	*route_error(const struct route *);

#endif
