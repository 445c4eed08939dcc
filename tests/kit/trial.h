#ifndef WIRE_TRIAL_H
#define WIRE_TRIAL_H
/*
 * trial - one request and what is said to it, as a row of a table.
 *
 * trial_begin() makes a category and a product of one's own and lets {cat},
 * {cat_etag}, {id}, {etag} and {sku} name them; what a trial makes is taken
 * away again.  A refusal is looked at as a whole: the problem's form, no
 * caching, nothing of MARK echoed.
 */
#include "client.h"

/* Stands in values that no answer may repeat. */
#define MARK	"zq7mark"

#define BEARER	"Authorization: Bearer {token}\n"
#define JSON	"Content-Type: application/json\n"
#define MERGE	"Content-Type: application/merge-patch+json\n"
#define ANY	"If-Match: *\n"
#define POSTED	BEARER JSON
#define PATCHED	BEARER MERGE ANY
#define PUT_ANY	BEARER JSON ANY

#define PRODUCTS	"/v1/products"
#define PRODUCT		"/v1/products/{id}"
#define CATEGORIES	"/v1/categories"
#define CATEGORY	"/v1/categories/{cat}"
#define NOBODY		"/v1/products/019ab0c2-7d3e-7a40-9b1f-0d5e8c1f2a33"

/* A product with more members, and one with something else for a name or price. */
#define SPADE(more) "{'sku':'{new}','name':'Spade','price':"		\
	"{'amount':1999,'currency':'EUR'}" more "}"
#define NAMED(name) "{'sku':'{new}','price':"				\
	"{'amount':1999,'currency':'EUR'},'name':" name "}"
#define PRICED(price) "{'sku':'{new}','name':'Spade','price':" price "}"
#define SHELF(more) "{'name':'Tools','slug':'{new}'" more "}"

struct trial {
	const char	*label, *method, *path, *headers;
	const char	*body;		/* NULL none */
	int		 status;
	const char	*code;		/* of the problem; NULL: it is accepted */
	const char	*errors;	/* as reply_errors(); NULL: not looked at */
	size_t		 n;		/* of a body that holds NULs */
	bool		 raw;		/* a ' in it is a ' */
};

/* Refused with this code (and errors, unless NULL); taken with this status. */
#define REFUSED(l, m, p, h, b, s, c, e)					\
	{ l, m, p, h, b, .status = (s), .code = (c), .errors = (e) }
#define TAKEN(l, m, p, h, b, s)						\
	{ l, m, p, h, b, .status = (s) }

void		 trial_begin(void);
void		 trial_end(void);

/* Every row, and whether the tables had as many rows before as after. */
void		 trials(const struct trial *, size_t n);
#define TRIALS(t)	trials((t), NELEMS(t))

struct reply	 trial_ask(const struct trial *);
void		 check_reply(const struct trial *, const struct reply *);
void		 check_problem(const char *label, const struct reply *, int status,
		    const char *code);
/* How many rows a list has, by `count=exact`. */
int		 rows_of(const char *list);
/* Take away what a 201 made. */
void		 remove_made(const struct reply *);

#endif
