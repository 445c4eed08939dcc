#ifndef BRISK_CONF_PRIVATE_H
#define BRISK_CONF_PRIVATE_H
/*
 * conf_private - what the parts of the conf room share.
 *
 *	conf.c		where values come from: file, environment, defaults
 *	conf_value.c	the text of a value into its member
 *	conf_table.c	the options, and their help
 */
#include "conf/conf.h"

/* Where an option's value came from: a line of the file, or one of these. */
enum { FROM_DEFAULT = 0, FROM_ENVIRONMENT = -1 };

struct reading {
	struct conf	*conf;
	struct buf	*told;
	const char	*folder;	/* that paths are relative to */
	int		 from[CONF_OPTIONS];
	bool		 good;
};

/* Text of a value while it is judged, and where it stands. */
struct entry {
	const struct conf_option *option;
	struct str	 value;
	int		 from;
};

/* Never freed: the program lives by what is in it. */
extern struct arena	 conf_memory;

void	*conf_value_at(struct conf *, const struct conf_option *);
/* False: it is none of what its kind may be. */
bool	 conf_value_take(const struct reading *, const struct entry *) MUSTCHECK;

#endif
