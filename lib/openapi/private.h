#ifndef BRISK_OPENAPI_PRIVATE_H
#define BRISK_OPENAPI_PRIVATE_H
/* openapi_private - what the parts of the openapi room share. */
#include "openapi/openapi.h"
#include "schema/json.h"

/* One schema has several schemas: what is shown is not what may be sent. */
enum openapi_form {
	FORM_SHOWN,	/* "Product": no HIDDEN; bounds are a matter of input */
	FORM_EXPANDED,	/* the same and what ?expand= adds */
	FORM_LIST,	/* a page of them */
	FORM_ITEMS,	/* what a batch made */
	FORM_CREATE,	/* the body of POST, PUT, PATCH of a resource */
	FORM_REPLACE,
	FORM_PATCH,
	FORM_BATCH,
	FORM_INPUT,	/* the body of a plain route, and what lies nested in bodies */
	FORM_QUERY,	/* a query parameter or path segment: inline */
	FORM_FILTER,	/* the same without a default */
	FORMS
};

/* A schema that something refers to: to be printed once, at the end. */
struct openapi_schema {
	const struct schema	*schema;
	const struct resource	*resource;
	enum openapi_form	 form;
	struct openapi_schema		*next;
};

/* A response that several operations share. */
struct response {
	int		 status;
	unsigned	 traits;
	struct response	*next;
};

/* What refusals depend on; of a route. */
enum trait {
	TRAIT_BODY	= 1 << 0,
	TRAIT_BARE	= 1 << 1,	/* takes no body */
	TRAIT_MATCH	= 1 << 2,	/* If-Match is needed */
	TRAIT_WRITE	= 1 << 3,
	TRAIT_KEYS	= 1 << 4,	/* its path has keys */
	TRAIT_SCOPE	= 1 << 5,	/* its token must carry a scope */
	TRAIT_FORM	= 1 << 7,
	TRAIT_TOKEN	= 1 << 8,	/* a token is judged */
	TRAIT_LIMIT	= 1 << 6,	/* it takes from a quota */
	TRAIT_IDEM	= 1 << 9,	/* an idempotency key is kept, */
	TRAIT_IDEM_DUE	= 1 << 10,	/* and needed */
};

/* Headers of an answer; X-Request-Id is on all. */
enum header { HEADER_REQUEST_ID = 1 << 0, HEADER_ETAG = 1 << 1,
	HEADER_MODIFIED = 1 << 2, HEADER_LOCATION = 1 << 3, HEADER_LINK = 1 << 4,
	HEADER_ALLOW = 1 << 5, HEADER_RETRY = 1 << 6, HEADER_CHALLENGE = 1 << 7,
	HEADER_TAKES = 1 << 8, HEADER_CACHE = 1 << 9, HEADER_APPLIED = 1 << 10,
	HEADER_LIMIT = 1 << 11, HEADER_DEPRECATED = 1 << 12,
	HEADER_SUNSET = 1 << 13, HEADER_REPLAYED = 1 << 14 };

/* A code that some operation answers: to be explained once, at the end. */
struct openapi_problem {
	int			 status;
	struct str		 code, doc;
	struct openapi_problem	*next;
};

/* The document while it is written. */
struct page {
	struct buf		*out;
	struct arena		*arena;
	const char		*program;
	const struct route	*routes;
	size_t			 nroutes;
	unsigned		 every;		/* headers of each answer under way */
	struct openapi_schema		*schemas;
	struct response		*responses;
	struct openapi_problem	*told;
};

/* openapi_schema.c */
/* "$ref":"#/components/schemas/Product", which will then be printed. */
void	openapi_schema_ref(struct page *, const struct schema *, const struct resource *,
	    enum openapi_form);
/* The same as a value of its own. */
void	openapi_schema_ref_as(struct page *, const char *name, const struct schema *,
	    const struct resource *, enum openapi_form);
bool	openapi_schema_is_output(enum openapi_form);
bool	openapi_schema_shows(const struct field *, enum openapi_form);
bool	openapi_schema_requires(const struct field *, enum openapi_form);
/* May the sender leave it out?  In a patch such a member can be null. */
bool	openapi_schema_is_optional(const struct field *);
/* Everything referred to, and what these refer to. */
void	openapi_schema_print_all(struct page *);

/* openapi_field.c */
extern const struct schema openapi_schema_money;
/* A field's schema, braces included. */
void	openapi_schema_field(struct page *, const struct field *, enum openapi_form);

/* openapi_answer.c */
unsigned openapi_traits(const struct route *);
void	 response_not_modified(struct page *);
/* Each status from 400 on, with the codes it may carry. */
void	 response_errors(struct page *, const struct route *);
/* The responses and headers that were referred to. */
void	 response_print_all(struct page *);
/* "x-problems": what each code means that is not one of problems[]. */
void	 response_print_problems(struct page *);
/* Does this route say "STATUS code" of its own? */
bool	 response_is_own(const struct route *, int status, const char *code);

/* openapi_header.c */
/* The "headers" of a response: enum header; and all of them as components. */
void	 response_headers(struct page *, unsigned bits);
void	 response_headers_all(struct page *);

/* openapi_success.c */
void	 response_success(struct page *, const struct route *);

/* openapi_param.c */
void	 openapi_params(struct page *, const struct route *);
void	 openapi_params_all(struct page *);

#endif
