#ifndef BRISK_LISTED_H
#define BRISK_LISTED_H
/*
 * listed - the programs that the build made, as its list says (share/mounts),
 * and what they say of themselves.
 */
#include "admin.h"

struct installed {
	const char	*service, *name, *path;	/* "shop", or "shop+ledger" */
	bool		 on;		/* its services are */
	bool		 runs;		/* there, and it can be started */
};

/* Named "" at the end; only that where there is no list. */
struct installed	*installed_all(const struct conf *) MUSTCHECK;

/* Run it with a word; what it printed.  Its status; -1: it crashed, or hung. */
int		 installed_query(const struct installed *, const char *word,
		    struct str *out) MUSTCHECK;

#endif
