#ifndef BRISK_OPENAPI_DOCUMENT_H
#define BRISK_OPENAPI_DOCUMENT_H
/*
 * document - the OpenAPI document while it is written.  Private to the room.
 *
 * Everything goes to `out` in one pass.  What an operation refers to (schemas,
 * responses, error codes) is remembered in lists and printed as components at
 * the end.  The lists live in `arena`.  Without memory `out->failed` is set.
 */
#include "openapi/openapi.h"
#include "schema/json.h"

struct openapi_schema;
struct openapi_problem;
struct response;

struct document {
	struct buf		*out;
	struct arena		*arena;
	const char		*program;
	const struct route	*routes;
	size_t			 nroutes;
	unsigned		 common_headers; /* enum header: of each response of this operation */
	struct openapi_schema	*schemas;
	struct response		*responses;
	struct openapi_problem	*problems;
};

/* The "parameters" of an operation. */
void	openapi_params(struct document *, const struct route *);
/* "components"; call it last, when everything that is referred to is known. */
void	openapi_components(struct document *);
/* The parameters that many operations share, as components. */
void	openapi_params_all(struct document *);

#endif
