#ifndef BRISK_BUF_H
#define BRISK_BUF_H
/*
 * buf - a buffer that grows, to build a response or an SQL statement.
 *
 * Errors are sticky: after the first one every function does nothing, so check
 * buf_ok() once, at the end.  The memory belongs to the arena given to buf_init();
 * there is no buf_free().  A buffer belongs to one thread.
 */
#include "base/arena.h"

struct buf {
	struct arena	*arena;
	char		*p;		/* NUL-terminated once something was written */
	size_t		 n, cap;	/* bytes written, bytes allocated */
	bool		 failed;
};

void		 buf_init(struct buf *, struct arena *);

/* Append. */
void		 buf_put(struct buf *, const void *, size_t);
void		 buf_puts(struct buf *, const char *);
void		 buf_str(struct buf *, struct str);
void		 buf_byte(struct buf *, char);
void		 buf_int(struct buf *, int64_t);		/* decimal */
void		 buf_fmt(struct buf *, const char *, ...) PRINTF(2, 3);
void		 buf_hex(struct buf *, const void *, size_t);	/* two digits per byte */

/*
 * Append as a JSON string, with quotes (RFC 8259 section 7).  Control characters,
 * quotes and backslashes are escaped, `<`, `>` and `&` are not.  Text that is not
 * UTF-8 makes the buffer fail.
 */
void		 buf_json(struct buf *, struct str);

/* True if everything so far was stored. */
bool		 buf_ok(const struct buf *) MUSTCHECK;

/* The contents, valid until the next write or the reset; absent after an error. */
struct str	 buf_view(const struct buf *);

#endif
