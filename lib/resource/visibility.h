#ifndef BRISK_RESOURCE_VISIBILITY_H
#define BRISK_RESOURCE_VISIBILITY_H
/*
 * visibility - which rows and members a caller may see and change.
 * Private to the room.
 */
#include "resource/resource.h"

struct visibility {
	bool		 kept;		/* rows that .visible hides, for writers */
	bool		 rows;		/* rows of every owner */
	bool		 members;	/* private members of every row */
	struct val	 me;		/* the caller, as .owner holds it; NULL: owns nothing */
	const void	*above;		/* a row of ours that names the row of .parent */
};

/* What the caller of the request may see, or with `write` change. */
void		 visibility_init(const struct resource *, const struct req *, bool write,
		    struct visibility *);

/* May the caller sort by this field, select it with `fields=`, use this filter? */
bool		 visibility_may_sort(const struct resource *, const struct visibility *,
		    const struct field *);
bool		 visibility_may_select(const struct resource *, const struct visibility *,
		    const struct field *);
bool		 visibility_may_filter(const struct resource *, const struct visibility *,
		    const struct filter *);

/* Those of the members `show` (bit i: field i) that the caller may see of this row. */
uint64_t	 visibility_members(const struct resource *, const struct visibility *,
		    const void *row, uint64_t show);

/* The schema of a body that this caller may send; NULL: no memory. */
const struct schema *visibility_input_schema(const struct resource *,
		    const struct visibility *, struct arena *) MUSTCHECK;

#endif
