#ifndef BRISK_RESOURCE_LISTS_H
#define BRISK_RESOURCE_LISTS_H
/*
 * lists - lists kept in tables of their own: link tables (the rows are keys)
 * and children (the rows are structs).  Private to the room.
 */
#include "resource/rows.h"

struct change;

/* One row of such a table, and the element it is made of. */
struct list_row {
	const struct field	*f;
	size_t			 item, element;	/* row of the change; index in its list */
	struct val		 owner;		/* key of that row */
	const void		*value;		/* a key, or a child */
	int64_t			 position;
};

/* Element i of a list: one key, or a struct. */
static inline void *
list_at(const struct field *f, const struct list *l, size_t i)
{
	return (char *)l->items +
	    i * (f->item != NULL ? field_size(f->item) : f->schema->size);
}

struct list_row	 list_row_of(const struct field *, const struct list *, size_t element);
/* The table of a field's children, as a resource. */
struct resource	 lists_child_resource(const struct field *);

/* Read the children of these rows that are needed, one statement for each field. */
enum db_err	 lists_select_children(struct store *, const struct resource *, uint64_t need,
		    struct rows *) MUSTCHECK;
/* Read a link list from its column of sql_select(). */
bool		 lists_read_link(const struct field *, const struct val *, struct arena *,
		    void *row) MUSTCHECK;

/* Do two rows have the same list?  Links in any order, children by position. */
bool		 lists_link_same(const struct field *, const void *, const void *);
bool		 lists_children_same(const struct field *, struct arena *, const void *x,
		    const void *y);

/* Insert the lists of new rows. */
enum db_err	 lists_insert(struct store *, struct change *) MUSTCHECK;
/* Insert the first `n` of change->list_rows. */
enum db_err	 lists_write(struct store *, struct change *, size_t n) MUSTCHECK;
/* Write the lists of row i that differ from `old`. */
enum db_err	 lists_update(struct store *, struct change *, size_t i,
		    const void *old) MUSTCHECK;
/* Write the children of one field that differ, by position. */
enum db_err	 lists_update_children(struct store *, struct change *, const struct field *,
		    const struct val *owner, const void *old) MUSTCHECK;

#endif
