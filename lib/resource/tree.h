#ifndef BRISK_RESOURCE_TREE_H
#define BRISK_RESOURCE_TREE_H
/*
 * tree - rows below rows of the same table (.tree).  Private to the room.
 */
#include "resource/change.h"

/*
 * Refuse a cycle (DB_ABORT and change->status); report too many levels as a fault of
 * row `item`.  `old` NULL: a new row.
 */
enum db_err	 tree_check(struct store *, struct change *, size_t item, const void *old,
		    const void *now) MUSTCHECK;

#endif
