#ifndef BRISK_ETAG_H
#define BRISK_ETAG_H
/*
 * etag - entity tags and the headers that compare them (RFC 9110 8.8.3, 13.1).
 *
 * A compressing web server may have added a suffix to a tag ("-gzip"): it is
 * removed before the comparison.
 */
#include "base/base.h"

enum etag_match { ETAG_NO, ETAG_YES, ETAG_MALFORMED };

/* If-None-Match: weak comparison with this tag, or "*". */
bool		 etag_none_match(struct str header, struct str etag) MUSTCHECK;
/*
 * If-Match: strong comparison of the part before "-" with `version` ("7" of
 * "7-9c1f03aa").  "*" matches; a weak tag never does.
 */
enum etag_match	 etag_if_match(struct str header, struct str version) MUSTCHECK;
/* Is every byte of this header a list of tags or "*"? */
bool		 etag_valid(struct str header) MUSTCHECK;

#endif
