#ifndef BRISK_FCGI_PARAMS_H
#define BRISK_FCGI_PARAMS_H
/* params - the name-value pairs of FCGI_PARAMS, which are CGI variables. */
#include "base/buf.h"

#define FCGI_MAX_PARAMS	1024	/* pairs of one request */

/*
 * "NAME=value" strings in the arena, NULL at the end.  NULL: malformed, too many
 * pairs, or out of memory.
 */
char	**fcgi_params_read(struct arena *, struct str) MUSTCHECK;
/* Put one pair; an empty value is left out. */
void	 fcgi_params_put(struct buf *, const char *name, struct str value);
/* The value of CONTENT_LENGTH; 0: absent. */
size_t	 fcgi_params_content_length(char *const *env);

#endif
