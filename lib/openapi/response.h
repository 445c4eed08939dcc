#ifndef BRISK_OPENAPI_RESPONSE_H
#define BRISK_OPENAPI_RESPONSE_H
/*
 * response - the responses of an operation, its error codes and headers.
 * Private to the room.
 */
#include "openapi/document.h"

/* Properties of a route that decide which errors it can answer. */
enum trait {
	TRAIT_BODY	= 1 << 0,	/* takes a JSON body */
	TRAIT_BARE	= 1 << 1,	/* takes no body */
	TRAIT_MATCH	= 1 << 2,	/* requires If-Match */
	TRAIT_WRITE	= 1 << 3,
	TRAIT_KEYS	= 1 << 4,	/* has keys in its path */
	TRAIT_SCOPE	= 1 << 5,	/* requires a scope */
	TRAIT_LIMIT	= 1 << 6,	/* has a quota */
	TRAIT_FORM	= 1 << 7,	/* takes a form */
	TRAIT_TOKEN	= 1 << 8,	/* checks a bearer token */
	TRAIT_IDEM	= 1 << 9,	/* accepts an idempotency key */
	TRAIT_IDEM_DUE	= 1 << 10,	/* requires an idempotency key */
};

/* Response headers; every response has X-Request-Id. */
enum header { HEADER_REQUEST_ID = 1 << 0, HEADER_ETAG = 1 << 1,
	HEADER_MODIFIED = 1 << 2, HEADER_LOCATION = 1 << 3, HEADER_LINK = 1 << 4,
	HEADER_ALLOW = 1 << 5, HEADER_RETRY = 1 << 6, HEADER_CHALLENGE = 1 << 7,
	HEADER_TAKES = 1 << 8, HEADER_CACHE = 1 << 9, HEADER_APPLIED = 1 << 10,
	HEADER_LIMIT = 1 << 11, HEADER_DEPRECATED = 1 << 12,
	HEADER_SUNSET = 1 << 13, HEADER_REPLAYED = 1 << 14 };

/* An error response that several operations share; printed once, at the end. */
struct response {
	int		 status;
	unsigned	 traits;
	struct response	*next;
};

/* An error code of some operation; described once, at the end. */
struct openapi_problem {
	int			 status;
	struct str		 code, doc;
	struct openapi_problem	*next;
};

/* enum trait of a route. */
unsigned openapi_traits(const struct route *);

/* The successful responses of an operation. */
void	 response_success(struct document *, const struct route *);
/* "200":{ */
void	 response_open(struct document *, int status);
/* 304, which all cached operations share. */
void	 response_not_modified(struct document *);
/* Each status from 400 on, with the codes it may carry. */
void	 response_errors(struct document *, const struct route *);
/* Do the route's own .problems have this "STATUS code"? */
bool	 response_is_own(const struct route *, int status, const char *code);

/* The "headers" of a response: `bits` of enum header, and d->common_headers. */
void	 response_headers(struct document *, unsigned bits);
/* All headers as components. */
void	 response_headers_all(struct document *);
/* The responses and headers that were referred to, as components. */
void	 response_print_all(struct document *);
/* "x-problems": the codes that problem_table does not describe. */
void	 response_print_problems(struct document *);

#endif
