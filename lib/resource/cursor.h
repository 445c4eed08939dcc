#ifndef BRISK_RESOURCE_CURSOR_H
#define BRISK_RESOURCE_CURSOR_H
/*
 * cursor - where the last page ended, as an opaque, signed text.  Private to
 * the room.
 */
#include "resource/list_query.h"

/* False: no memory. */
bool		 cursor_write(const struct req *, const struct list_query *,
		    const void *row, struct buf *out) MUSTCHECK;
/* False: not a cursor that we made for this list, its filters and its sort. */
bool		 cursor_read(const struct req *, struct list_query *, struct str) MUSTCHECK;

#endif
