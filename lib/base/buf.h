#ifndef BRISK_BUF_H
#define BRISK_BUF_H
/*
 * buf - bytes that grow, for building an answer or a statement.
 *
 * Failure is sticky: after the first one every call does nothing, so check
 * buf_ok() once, at the end.  Memory comes from the arena given to buf_init()
 * and goes with it; there is no buf_free().  One thread.
 */
#include "base/arena.h"

struct buf {
	struct arena	*arena;
	char		*p;		/* NUL-terminated once written */
	size_t		 n, cap;
	bool		 failed;
};

void		 buf_init(struct buf *, struct arena *);

/* Append.  Do nothing once failed. */
void		 buf_put(struct buf *, const void *, size_t);
void		 buf_puts(struct buf *, const char *);
void		 buf_str(struct buf *, struct str);
void		 buf_byte(struct buf *, char);
void		 buf_int(struct buf *, int64_t);
void		 buf_fmt(struct buf *, const char *, ...) PRINTF(2, 3);
void		 buf_hex(struct buf *, const void *, size_t);

/*
 * Append as a JSON string, quotes included (RFC 8259 section 7).  `<`, `>`
 * and `&` are written as they are; control bytes are escaped.  The text must
 * be UTF-8: what is not fails the buffer.
 */
void		 buf_json(struct buf *, struct str);

/* True if everything so far was stored. */
bool		 buf_ok(const struct buf *) MUSTCHECK;
struct str	 buf_view(const struct buf *);

#endif
