#ifndef BRISK_OPENAPI_SCALAR_H
#define BRISK_OPENAPI_SCALAR_H
/*
 * scalar - JSON Schema of one plain value that is no field of a struct: a header, a
 * standard parameter, a member of Problem.  Private to the room.
 */
#include "openapi/document.h"

/* Members that are NULL or 0 are not printed. */
struct scalar {
	const char	*type, *format, *doc;
	const char	*pattern;
	const char	*only;		/* the one value of an enum */
	const char	*example;
	bool		 bounded;	/* print `min` */
	int64_t		 min, max;	/* of a number, or of the length of a string */
	int64_t		 def;
};

/* "name":{...} */
void	scalar_print(struct document *, const char *name, const struct scalar *);

#endif
