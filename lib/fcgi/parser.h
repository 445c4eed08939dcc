#ifndef BRISK_FCGI_PARSER_H
#define BRISK_FCGI_PARSER_H
/*
 * record - where a FastCGI 1.0 request ends, in bytes that come in any pieces.
 * So a request can be known to be whole before it has a thread; libfcgi then
 * reads it.  It knows no descriptor.
 *
 * What is kept is malloc()'s, for a request may be under way long before it has
 * an arena; fcgi_parser_free() overwrites it, and gives it back.
 */
#include "base/base.h"

enum fcgi_parser_state {
	FCGI_PARSER_MORE,		/* not whole yet */
	FCGI_PARSER_DONE,
	FCGI_PARSER_ABORTED		/* aborted, or no FastCGI: there is nobody to answer */
};

struct fcgi_parser {
	enum fcgi_parser_state	 state;
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
void		 fcgi_parser_init(struct fcgi_parser *, size_t max_keep);
void		 fcgi_parser_free(struct fcgi_parser *);

/* The next bytes; what comes behind a whole request is passed over. */
enum fcgi_parser_state fcgi_parser_feed(struct fcgi_parser *, const char *, size_t);

#endif
