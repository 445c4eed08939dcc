#ifndef BRISK_RECORD_H
#define BRISK_RECORD_H
/*
 * record - where a FastCGI 1.0 request ends, in bytes that come in any pieces.
 * So a request can be known to be whole before it has a thread; libfcgi then
 * reads it.  It knows no descriptor.
 *
 * What is kept is malloc()'s, for a request may be under way long before it has
 * an arena; record_free() overwrites it, and gives it back.
 */
#include "base/base.h"

enum record_state {
	RECORD_MORE,		/* not whole yet */
	RECORD_DONE,
	RECORD_GONE		/* aborted, or no FastCGI: there is nobody to answer */
};

struct record {
	enum record_state	 state;
	uint8_t			 head[8];	/* of the record under way, */
	size_t			 have;		/* as far as it came, */
	size_t			 left;		/* and its content and padding to come */
	bool			 begun, passing;
	uint16_t		 id;
	char			*kept;		/* whole records, as they came */
	size_t			 n, most;
	size_t			 max_keep;	/* bytes; of a longer body no more is kept */
	size_t			 passed;	/* bytes that were not */
	bool			 no_memory;	/* nor could more be: answer 503 */
};

/* `max_keep` 0: look only. */
void		 record_init(struct record *, size_t max_keep);
void		 record_free(struct record *);

/* The next bytes; what comes behind a whole request is passed over. */
enum record_state record_take(struct record *, const char *, size_t);

#endif
