#ifndef BRISK_RESOURCE_TREE_H
#define BRISK_RESOURCE_TREE_H
/*
 * tree - rows that hang on rows of the same table.  Private to the room.
 */
#include "resource/change.h"

/* Refuse a cycle or too many levels (DB_ABORT, change->status); `old` NULL: new. */
enum db_err	 tree_check(struct store *, struct change *, const void *old,
		    const void *now) MUSTCHECK;

#endif
