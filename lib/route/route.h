#ifndef BRISK_ROUTE_H
#define BRISK_ROUTE_H
/*
 * route - the route table of a program, and matching of requests.
 *
 *	static const struct route routes[] = {
 *		{ HTTP_GET, "/v1/plants/{id}/offers", .scope = SCOPE_NONE,
 *		  .run = offers, .keys = &plant_key, .answer = &offers_schema,
 *		  .doc = "List the offers for a plant" },
 *	};
 *
 * The function receives decoded and validated structs and returns a status.  It does
 * not parse, free memory, print JSON or call the cache.  Everything that a route
 * points to must live as long as the program.
 */
#include "route/idem.h"
#include "route/limit.h"

/* Who may cache a response, and for how long.  All zero: nobody. */
struct freshness {
	int	 ttl;			/* seconds in memcached */
	int	 max_age, s_maxage;	/* for clients, for shared caches */
	int	 stale_while_revalidate; /* seconds, for both */
	/*
	 * Other programs write the table.  Their changes are visible within a second if
	 * the table is watched (`brisk cache watch`), otherwise when `ttl` ends; the
	 * log, `brisk cache status` and `brisk doctor` report this delay.
	 */
	bool	 others_write;
	bool	 by_user;		/* SCOPE_NONE, but the response depends on the user */
};

struct resource;
enum resource_op { OP_NONE, OP_LIST, OP_CREATE, OP_GET, OP_PATCH, OP_PUT, OP_DELETE };

struct route {
	enum http_method	 method;
	const char		*path;		/* "/v1/plants/{id}" */
	const char		*scope;		/* SCOPE_NONE, SCOPE_OWN, or scopes of which one is enough */
	enum http_status	(*run)(struct req *, struct resp *);
	const struct schema	*keys;		/* the {names} of the path */
	const struct schema	*params;	/* the query string */
	const struct schema	*body;
	const struct schema	*form;		/* or the parameters of a form */
	enum refuse_as		 refusal;
	const struct schema	*answer;
	const char *const	*reads;		/* cache tags of the response: "products/{id}" */
	const char *const	*problems;	/* errors of its own: "409 cycle A row cannot be below itself." */
	const char		*answer_type;	/* NULL: application/json */
	const char		*cache_control;	/* of a 2xx; NULL: from .cached, without it no-store */
	const char		*policy;	/* Content-Security-Policy of a page */
	struct freshness	 cached;
	size_t			 max_body;	/* bytes; 0: ROUTE_BODY */
	enum limit_class	 limit;		/* class of its quota */
	enum idem_rule		 idempotency;	/* of a POST with a JSON body or no body */
	const char		*deprecated;	/* since when, "2027-01-31"; NULL: it is not */
	const char		*sunset;	/* the day when it will be removed; NULL: none */
	const char		*doc;
	const struct resource	*resource;	/* the resource that made the route, or NULL */
	enum resource_op	 op;
};

#define ROUTE_BODY	((size_t)64 << 10)	/* default of .max_body, bytes */
#define ROUTES(...)	((const struct route[]){ __VA_ARGS__, { .path = NULL } })
#define TAGS(...)	((const char *const[]){ __VA_ARGS__, NULL })
#define PROBLEMS(...)	((const char *const[]){ __VA_ARGS__, NULL })

/*
 * Split the path of the request into decoded segments.  False: no route can have the
 * path (trailing slash, //, dot segments, %2F, invalid percent-encoding).
 */
bool		 route_parse_path(struct req *) MUSTCHECK;

struct route_match {
	const struct route	*route;		/* NULL: the path lacks this method */
	const struct route	*other;		/* a route of the path with any method */
	unsigned		 allow;		/* the methods of the path, bit i: method i; 0: 404 */
};

/*
 * Find the route of a request.  GET also serves HEAD.  The first match wins: the routes
 * of a program precede the routes of its resources.
 */
struct route_match route_match(const struct route *, size_t n, const struct req *);

/* Append the value of Allow: "GET, HEAD, OPTIONS". */
void		 route_allow(struct buf *, unsigned allow);

/* Segment i of a path template without braces; `*is_key`: it has braces. */
struct str	 route_segment(const char *path, size_t i, bool *is_key);
/* "products/{id}" with the id from the path of the request. */
struct str	 route_tag(const struct req *, const char *tag);
/* The text of {key} in the path; absent if the template lacks it. */
struct str	 route_key(const struct req *, const char *key);

/* Can the route be streamed?  A GET that declares its cache tags can. */
bool		 route_is_live(const struct route *);
/* The quota class: PUBLIC for a GET without scope, READ for other GETs, else WRITE. */
enum limit_class route_limit(const struct route *);

/* The rule of idempotency keys; IDEM_NONE if it is not a POST or takes a form. */
enum idem_rule	 route_idempotency(const struct route *);

/* The content type that the body must have. */
const char	*route_body_type(const struct route *);
/* The first error in the declaration, as a predicate ("has no ..."); NULL: none. */
const char	*route_error(const struct route *);

#endif
