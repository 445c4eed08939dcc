#ifndef BRISK_REHEARSE_H
#define BRISK_REHEARSE_H
/* rehearse - one answer of a program that is rehearsed, and how two differ. */
#include "base/buf.h"

struct store_answer {
	int		 status;
	uint64_t	 statements;
	struct str	 text;		/* as a CGI program writes it */
};

/* Blot out the request's own name, which no two answers share; `p` is the text. */
void	rehearse_mask(struct store_answer *, char *p);

/* "-" lines of the old and "+" lines of the new. */
void	rehearse_diff(struct buf *, const struct store_answer *old, const struct store_answer *new);

#endif
