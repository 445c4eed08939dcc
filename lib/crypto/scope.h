#ifndef BRISK_SCOPE_H
#define BRISK_SCOPE_H
/* scope - the scopes there are: what a token may allow its bearer to do. */
#include "base/buf.h"

struct scope {
	const char	*name;
	const char	*doc;		/* shown on a consent page and in the document */
};

extern const struct scope scope_table[];	/* ends with a NULL name */

bool	scope_exists(struct str) MUSTCHECK;

/* Lists of them have spaces between.  Is every one of `some` also in `all`? */
bool	scope_is_subset(struct str some, struct str all) MUSTCHECK;
/* Those of `a` that are in `b`, each once; false: no memory. */
bool	scope_intersect(struct arena *, struct str a, struct str b, struct str *out) MUSTCHECK;

#endif
