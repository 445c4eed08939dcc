#ifndef BRISK_PROBLEM_H
#define BRISK_PROBLEM_H
/* problem - the kinds of problems that the library sends (RFC 9457). */
#include "base/arena.h"
#include "http/http.h"

struct problem {
	const char		*code;		/* "not_found"; stable */
	enum http_status	 status;
	const char		*title;		/* the same for every problem with this code */
	const char		*doc;		/* the cause, and what the client can do */
};

/* Ends with a NULL code.  Resources and handlers may send other codes. */
extern const struct problem problem_table[];

/* NULL: the table has no such code. */
const struct problem *problem_find(struct str code);
/*
 * The title of a code. A code that is not in the table is turned into words:
 * "sku_taken" becomes "Sku taken".
 */
struct str	 problem_title(struct arena *, struct str code);
/* The error code of RFC 6749 for a problem; `invalid_request` if none fits better. */
const char	*problem_oauth_code(int status, const char *code);

#endif
