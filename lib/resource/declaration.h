#ifndef BRISK_RESOURCE_DECLARATION_H
#define BRISK_RESOURCE_DECLARATION_H
/*
 * declaration - questions about a declared resource: its key, owner, filters
 * and sorts.  Private to the room.  Pure functions of the declaration and a row.
 */
#include "resource/resource.h"

#define MAX_KEY_COLUMNS	6
#define MAX_SORT_COLUMNS	8	/* a sort's own field and the key's */

/* The key's fields, in the order of the schema; returns how many. */
size_t		 resource_key_fields(const struct resource *,
		    const struct field *[MAX_KEY_COLUMNS]);
/* Append one field of the key as a path shows it. */
void		 resource_key_print(struct buf *, const struct field *, const void *row);
/* The key as text, "a/b" for two columns; "?" without memory. */
struct str	 resource_key_text(const struct resource *, struct arena *, const void *row);
/* Is the key one UUID that we make, or one that AUTO_INCREMENT makes? */
bool		 resource_key_is_generated(const struct resource *);
bool		 resource_key_is_auto_increment(const struct resource *);

/* Do the rows belong to users? */
bool		 resource_is_owned(const struct resource *);
/* The field that .owner names; NULL: there is none. */
const struct field *resource_owner_field(const struct resource *);

/* The cache tag of all single rows, for writes that do not know which they change. */
struct str	 resource_rows_tag(const struct resource *, struct arena *);

/* NULL: no filter of that name is declared. */
const struct filter *filter_find(const struct resource *, struct str name);

/* One column of an ORDER BY. */
struct sort_column {
	const struct field	*field;
	bool			 descending, nullable;
};

/* The columns of .sorts[i]: its field, then the key's; returns how many. */
size_t		 sort_columns(const struct resource *, size_t i,
		    struct sort_column out[MAX_SORT_COLUMNS]);

#endif
