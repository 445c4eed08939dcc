#ifndef BRISK_RESOURCE_VISIBILITY_H
#define BRISK_RESOURCE_VISIBILITY_H
/*
 * visibility - which rows and members a caller may see and change.
 * Private to the room.
 */
#include "resource/resource.h"

struct visibility {
	bool		 hidden_rows;	/* rows that .visible hides, for writers */
	bool		 all_rows;	/* rows of every owner */
	bool		 private_members; /* private members of every row */
	struct val	 user;		/* the caller's key, in the form of the .owner field; NULL: owns nothing */
	const void	*parent_row;	/* a row of ours that holds the key of the row in .parent */
};

/* What the caller of the request may see, or with `write` change. */
void		 visibility_init(const struct resource *, const struct req *, bool write,
		    struct visibility *);
/* What the caller may see of the rows of an expansion. */
void		 visibility_of_expansion(const struct expand *, const struct req *,
		    struct visibility *);

/* May the caller sort by this field, select it with `fields=`, use this filter? */
bool		 visibility_may_sort(const struct resource *, const struct visibility *,
		    const struct field *);
bool		 visibility_may_select(const struct resource *, const struct visibility *,
		    const struct field *);
bool		 visibility_may_filter(const struct resource *, const struct visibility *,
		    const struct filter *);

/* The subset of `show` (bit i: field i) that the caller may see in this row. */
uint64_t	 visibility_members(const struct resource *, const struct visibility *,
		    const void *row, uint64_t show);

/* The schema of a body that this caller may send; NULL: no memory. */
const struct schema *visibility_input_schema(const struct resource *,
		    const struct visibility *, struct arena *) MUSTCHECK;

#endif
