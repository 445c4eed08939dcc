#ifndef WIRE_SHOP_H
#define WIRE_SHOP_H
/*
 * shop - what the suites of the catalogue share.
 *
 * Their rows have SKUs and slugs that begin with MINE; shop_clear() takes
 * them away, before and after.
 */
#include "trial.h"

#define MINE		"wire-"
#define EUR(amount)	"'price':{'amount':" #amount ",'currency':'EUR'}"
#define NONE		"019ab0c2-7d3e-7a40-9b1f-0d5e8c1f2a33"	/* nobody's key */

void		 shop_clear(void);
/* Cleared, with the shelves {c1} "One" (wire-one) and {c2} "Two" (wire-two). */
void		 shop_begin(void);
void		 shop_end(void);

/* As the database's root; {names} are replaced.  The handlers do not hear of it. */
void		 sql(const char *text);

/* POST it: 201, and {name} is its id from now on. */
struct reply	 make(const char *label, const char *path, const char *name,
		    const char *body);
#define SHOP_ROWS	61

/*
 * As shop_begin(), and on c1 products wire-000 to wire-060: row i costs i % 7
 * hundreds, is on c2 too if i % 3 == 0, and sold out if i % 4 == 0.
 */
void		 shop_rows(void);

/* A Spade at 19.99 EUR and `more` members; {p}, {p_etag} and {p_sku} name it. */
struct reply	 product(const char *more);

/* The status alone; no token. */
int		 get_status(const char *path);
/* A token with these scopes, or NULL. */
const char	*token_of(const char *scope);

/* Does the answer hold these members with these values?  NULL: it must not. */
struct member {
	const char	*path, *value;
};
#define MEMBERS(...)	((const struct member[]){ __VA_ARGS__, { NULL, NULL } })
void		 check_members(const char *label, const struct reply *,
		    const struct member *);

#define MAX_IDS	2100

/* The ids of a list, in order; "" after the last. */
struct ids {
	char	 id[MAX_IDS][37];
	size_t	 n;
};
void		 ids_take(struct ids *, const struct reply *);
bool		 ids_same(const struct ids *, const struct ids *);
size_t		 ids_count(const struct ids *, const char *id);

/* Run `run` n times at once; each gets its number. */
void		 at_once(size_t n, void (*run)(size_t));

#endif
