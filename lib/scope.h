#ifndef BRISK_SCOPE_H
#define BRISK_SCOPE_H
/* scope - the scopes there are: what a token may allow its bearer to do. */
#include "base.h"

struct scope {
	const char	*name;
	const char	*doc;		/* shown on a consent page and in the document */
};

extern const struct scope scopes[];	/* ends with a NULL name */

bool	scope_known(struct str) MUSTCHECK;

#endif
