#ifndef BRISK_SCOPE_H
#define BRISK_SCOPE_H
/*
 * scope - the OAuth scopes of this API, and lists of scopes.
 *
 * The elements of a list are separated by single spaces (RFC 6749 section 3.3).
 */
#include "base/buf.h"

struct scope {
	const char	*name;
	const char	*doc;		/* for the consent page and the OpenAPI document */
};

extern const struct scope scope_table[];	/* ends with a NULL name */

/* Is it a name in scope_table? */
bool	scope_exists(struct str) MUSTCHECK;

/* Is `one` in the list?  False if `one` is empty. */
bool	scope_has(struct str list, struct str one) MUSTCHECK;

/* Is every scope of `some` also in `all`? */
bool	scope_is_subset(struct str some, struct str all) MUSTCHECK;

/* The scopes of `a` that are also in `b`, without duplicates.  False: no memory. */
bool	scope_intersect(struct arena *, struct str a, struct str b, struct str *out) MUSTCHECK;

#endif
