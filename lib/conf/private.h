#ifndef BRISK_CONF_PRIVATE_H
#define BRISK_CONF_PRIVATE_H
/*
 * conf/private - what the parts of the room share.
 *
 *	conf.c		reads the file, the environment and the defaults
 *	value.c		parses one value into its member
 *	table.c		the options and their help
 */
#include "conf/conf.h"

/* Origin of a value: a line of the file, or one of these. */
enum { FROM_DEFAULT = 0, FROM_ENVIRONMENT = -1 };

/* The state of one conf_load(). */
struct conf_reader {
	struct conf	*conf;
	struct buf	*messages;
	const char	*folder;	/* base of relative paths */
	int		 from[CONF_OPTIONS];
	bool		 good;		/* no fault so far */
};

/* One value before it is parsed. */
struct conf_entry {
	const struct conf_option *option;
	struct str	 value;
	int		 from;
};

/* Holds every string of the configuration; never freed. */
extern struct arena	 conf_memory;

/* The member of the option. */
void	*conf_value_at(struct conf *, const struct conf_option *);
/* Parse a value into its member; false: invalid for the option's kind or range. */
bool	 conf_value_parse(const struct conf_reader *, const struct conf_entry *) MUSTCHECK;

#endif
