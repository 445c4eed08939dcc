#ifndef BRISK_JSON_CHECK_H
#define BRISK_JSON_CHECK_H
/*
 * text - is this JSON?  A strict, iterative checker of RFC 8259 text that
 * refuses what RFC 7493 (I-JSON) refuses too, so that the parser behind it
 * never sees anything that two readers could take differently.
 *
 * It judges the bytes, in one pass, before any value is built: the grammar,
 * UTF-8 (RFC 3629), lone surrogates written as \uXXXX, duplicate member names
 * compared after unescaping, nesting.  Which fault is told is the first one in
 * the text.  Memory (for the names seen) comes from the arena; the work is
 * linear in the text.  No recursion.
 */
#include "base/arena.h"

#define JSON_MAX_DEPTH	16	/* arrays and objects counted together */

enum json_fault {
	JSON_OK,
	JSON_MALFORMED,		/* "malformed_json" */
	JSON_BAD_UTF8,		/* "invalid_utf8": bytes, or a lone surrogate escape */
	JSON_DUPLICATE_KEY,		/* "duplicate_key" */
	JSON_TOO_DEEP,		/* "too_deep" */
	JSON_NO_MEMORY,		/* the arena is full */
};

struct json_check_result {
	enum json_fault	 fault;
	size_t		 offset;	/* of the first byte that is wrong */
};

struct json_check_result	 json_check(struct arena *, struct str) MUSTCHECK;

/* The code API.md gives the fault: "malformed_json"; NULL for OK and MEMORY. */
const char		*json_check_code(enum json_fault);

#endif
