#ifndef BRISK_FETCH_H
#define BRISK_FETCH_H
/*
 * fetch - one request to a web server, as any client makes it.  The only room
 * that knows libcurl.
 *
 * http and https alone; nothing is followed, nothing is unpacked, no proxy is
 * asked: what came is what is told.  Time and size are bounded.  Memory comes
 * from the arena and goes with it.
 */
#include "base/buf.h"

struct fetch {
	const char		*method;	/* NULL: GET */
	const char		*url;
	const char *const	*headers;	/* "Accept-Encoding: gzip"; ends with NULL */
	struct str		 body;		/* absent: none */
	int64_t			 timeout_ms;	/* of all of it; 0: 20 seconds */
	bool			 any_certificate; /* whoever signed it */
};

#define FETCH_HEADERS(...)	((const char *const[]){ __VA_ARGS__, NULL })

struct fetch_result {
	int		 status;	/* 0: no answer, `error` says why */
	const char	*error;
	bool		 untrusted;	/* and that was its certificate */
	int		 version;	/* of HTTP: 1, 2, 3 */
	struct buf	 head, body;	/* no more than the first 256 KiB of either */
	bool		 cut;		/* there was more of one */
};

void		 fetch(struct arena *, const struct fetch *, struct fetch_result *);

/* A header's value, absent when it is not there. */
struct str	 fetch_result_header(const struct fetch_result *, const char *name);
/* Unix time that its Date tells; -1: none. */
int64_t		 fetch_result_date(const struct fetch_result *);

#endif
