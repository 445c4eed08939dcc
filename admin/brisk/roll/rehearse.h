#ifndef BRISK_REHEARSE_H
#define BRISK_REHEARSE_H
/* rehearse - an answer of a rehearsed program, and the difference of two answers. */
#include "base/buf.h"

struct rehearse_answer {
	int		 status;
	uint64_t	 statements;
	struct str	 text;		/* head and body, as of a CGI program */
};

/* Overwrite the request id, which differs in every answer; `p` is the text. */
void	rehearse_mask(struct rehearse_answer *, char *p);

/* Append the difference: "-" lines of the old and "+" lines of the new answer. */
void	rehearse_diff(struct buf *, const struct rehearse_answer *old, const struct rehearse_answer *new);

#endif
