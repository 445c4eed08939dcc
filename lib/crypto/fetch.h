#ifndef BRISK_FETCH_H
#define BRISK_FETCH_H
/*
 * fetch - an HTTP client for single requests.  Only this file uses libcurl.
 *
 * http and https only.  Redirects are not followed, bodies are not decompressed, and
 * no proxy is used.  Time and size are limited.  The memory of the result belongs to
 * the arena.
 */
#include "base/buf.h"

struct fetch {
	const char		*method;	/* NULL: GET */
	const char		*url;
	const char *const	*headers;	/* "Accept-Encoding: gzip"; ends with NULL */
	struct str		 body;		/* absent: no body */
	int64_t			 timeout_ms;	/* of the whole request; 0: 20 seconds */
	bool			 any_certificate; /* do not verify the certificate */
};

#define FETCH_HEADERS(...)	((const char *const[]){ __VA_ARGS__, NULL })

struct fetch_result {
	int		 status;	/* 0: no response; `error` says why */
	const char	*error;
	bool		 untrusted;	/* the certificate could not be verified */
	int		 version;	/* major version of HTTP: 1, 2, 3 */
	struct buf	 head, body;	/* at most 256 KiB each */
	bool		 cut;		/* head or body was longer */
};

void		 fetch(struct arena *, const struct fetch *, struct fetch_result *);

/* The value of a header of the response; absent if there is none. */
struct str	 fetch_result_header(const struct fetch_result *, const char *name);
/* The Date header as Unix time in seconds; -1 if there is none. */
int64_t		 fetch_result_date(const struct fetch_result *);

#endif
