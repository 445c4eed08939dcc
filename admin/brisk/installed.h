#ifndef BRISK_LISTED_H
#define BRISK_LISTED_H
/*
 * installed - the programs of the installation, according to share/mounts, and the
 * output of their commands (--check, --tables, ...).
 */
#include "admin.h"

struct installed {
	const char	*service, *name, *path;	/* "shop", or "shop+ledger" */
	bool		 on;		/* its services are switched on */
	bool		 runs;		/* its file exists and is executable */
};

/* The programs; an entry with the name "" ends the array. */
struct installed	*installed_all(const struct conf *) MUSTCHECK;

/* Run a program with one argument, for at most 20 seconds, and read its output and
 * errors (1 MiB).  Returns its exit status; -1: it crashed or hung. */
int		 installed_query(const struct installed *, const char *word,
		    struct str *out) MUSTCHECK;

#endif
