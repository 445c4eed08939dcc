#ifndef BRISK_FCGI_PARSER_H
#define BRISK_FCGI_PARSER_H
/*
 * parser - a FastCGI request, from bytes that arrive in any pieces.
 *
 * Parameters and body are kept in memory of malloc(), because a request may be
 * incomplete for long, without a thread and its arena.  A password or a token may
 * be in them: fcgi_parser_free() overwrites them.
 */
#include "fcgi/record.h"

enum fcgi_parser_state {
	FCGI_PARSER_MORE,	/* the request is incomplete */
	FCGI_PARSER_DONE,
	FCGI_PARSER_ABORTED	/* aborted, or not FastCGI: close, without a response */
};

struct fcgi_bytes {
	char	*p;
	size_t	 n, size;
};

struct fcgi_parser {
	enum fcgi_parser_state	 state;
	bool			 begun;		/* FCGI_BEGIN_REQUEST came */
	bool			 body_over;	/* the body is longer than max_body: it is not kept */
	bool			 unread;	/* it is so long that its end was not waited for */
	bool			 no_memory;	/* part of it could not be kept: answer 503 */
	uint16_t		 id;		/* of the request */
	struct fcgi_record_reader records;
	struct fcgi_bytes	 params;	/* name-value pairs: params.h */
	struct fcgi_bytes	 body;
	size_t			 max_params, max_body;	/* bytes */
	size_t			 discarded;	/* bytes of the body that were not kept */
};

/* More parameters than max_params abort the request. */
void		 fcgi_parser_init(struct fcgi_parser *, size_t max_params, size_t max_body);
void		 fcgi_parser_free(struct fcgi_parser *);

/* Parse the next bytes.  Bytes after the end of the request are ignored. */
enum fcgi_parser_state fcgi_parser_feed(struct fcgi_parser *, const char *, size_t);

#endif
