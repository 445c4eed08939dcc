#ifndef BRISK_RESOURCE_LIST_QUERY_H
#define BRISK_RESOURCE_LIST_QUERY_H
/*
 * list_query - what a list or get asks for: the query string, decoded.
 * Private to the room.
 */
#include "resource/declaration.h"
#include "resource/visibility.h"

#define LIST_QUERY_FILTERS	24	/* filters that one resource may declare */
#define LIST_QUERY_VALUES	32	/* values of one filter: ?status=a,b,c */

/* One filter with the values that the client sent. */
struct filter_value {
	const struct filter	*filter;
	struct val		*v;
	size_t			 n;
};

struct list_query {
	struct visibility	 visibility;
	void			*keys;		/* the keys in the path, as a row */
	struct filter_value	 filter[LIST_QUERY_FILTERS];
	size_t			 nfilters;
	int64_t			 limit;		/* rows of a page */
	size_t			 sort;		/* index of .sorts */
	uint64_t		 show;		/* members to show; bit i: field i */
	uint64_t		 need;		/* fields to select: shown or expanded */
	unsigned		 expand;	/* bit i: .expands[i] */
	bool			 count;		/* the total is asked for */
	bool			 after;		/* `last` says where the page begins */
	struct val		 last[MAX_SORT_COLUMNS];
	struct str		 fingerprint;	/* canonical text of filters and sort, for cursors */
};

#endif
