#ifndef BRISK_RESOURCE_EXPAND_H
#define BRISK_RESOURCE_EXPAND_H
/*
 * expand - ?expand=: the rows that the rows of a page refer to, read with one
 * statement for each expansion.  Private to the room.
 */
#include "resource/rows.h"

struct expansion {
	const struct expand	*ex;
	struct visibility	 visibility;	/* of the expanded rows */
	char			*rows;		/* the expanded rows, in no order */
	size_t			 n;
};

/* Read the expansions (bit i: .expands[i]) of these rows. */
enum db_err	 expand_find(const struct req *, unsigned expand,
		    const struct rows *, struct expansion **, size_t *n) MUSTCHECK;
/* The expanded table as a resource: its table, schema and owner. */
struct resource	 expand_resource(const struct expand *);
/* Append the members that the expansions add to this row. */
void		 expand_encode(struct buf *, const struct resource *,
		    const struct expansion *, size_t n, const void *row);

#endif
