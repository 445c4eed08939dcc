#ifndef BRISK_RESOURCE_REFERENCE_H
#define BRISK_RESOURCE_REFERENCE_H
/*
 * reference - fields that name rows which belong to users (.owned).  Private to
 * the room.
 */
#include "resource/change.h"

/*
 * Report every reference of the change to a row that the caller does not own as a
 * fault.  A reference that `old` has already may stay; `old` NULL: new rows.
 */
enum db_err	 reference_check(struct store *, struct change *, const void *old) MUSTCHECK;
/* The table that a field, or its items, refers to; false: no .owned. */
bool		 reference_of_field(const struct resource *, const struct field *,
		    struct owned *);

#endif
