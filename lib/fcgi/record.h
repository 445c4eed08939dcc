#ifndef BRISK_FCGI_RECORD_H
#define BRISK_FCGI_RECORD_H
/*
 * record - FastCGI 1.0 records: a header of 8 bytes, content, padding.
 *
 * The only code that knows their layout.  It allocates nothing, and knows no
 * descriptor.
 */
#include <fastcgi.h>

#include "base/base.h"

#define FCGI_RECORD_HEAD	8	/* bytes of a header */
#define FCGI_RECORD_END		24	/* bytes of fcgi_record_end() */
#define FCGI_RECORD_MAX		65528	/* most content that we put into one record */

/* State between two calls of fcgi_record_read(); all zeros at the start. */
struct fcgi_record_reader {
	uint8_t	 head[FCGI_RECORD_HEAD];
	size_t	 have;		/* bytes of `head` */
	size_t	 content;	/* bytes of content that have not come yet */
	size_t	 padding;	/* and of padding */
};

/* Part of a record. */
struct fcgi_record_piece {
	uint8_t		 type;		/* FCGI_STDIN, ...; 0: nothing to see yet */
	uint16_t	 id;		/* of its request */
	bool		 first;		/* the header came: `length` bytes follow */
	size_t		 length;
	struct str	 content;	/* in the caller's bytes */
};

/*
 * Read up to the end of the next piece.  Returns how many bytes that took; 0: the
 * peer does not speak FastCGI 1.0.
 */
size_t	 fcgi_record_read(struct fcgi_record_reader *, const char *, size_t n,
	    struct fcgi_record_piece *) MUSTCHECK;

/* Write a header; n: bytes of content, without padding. */
void	 fcgi_record_head(uint8_t head[FCGI_RECORD_HEAD], uint8_t type, uint16_t id, size_t n);
/* Write what ends a response: an empty FCGI_STDOUT, and FCGI_END_REQUEST. */
void	 fcgi_record_end(uint8_t end[FCGI_RECORD_END], uint16_t id);

#endif
