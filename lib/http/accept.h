#ifndef BRISK_ACCEPT_H
#define BRISK_ACCEPT_H
/* accept - content negotiation (RFC 9110 12.5.1). */
#include "base/base.h"

/* Does a header Accept allow this media type?  The most specific range decides. */
bool	 accept_allows(struct str header, struct str type) MUSTCHECK;
/* Is the media type allowed by its full name, not by a range with "*"? */
bool	 accept_names(struct str header, struct str type) MUSTCHECK;

#endif
