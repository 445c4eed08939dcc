#ifndef BRISK_JSON_CHECK_H
#define BRISK_JSON_CHECK_H
/*
 * json_check - checks JSON text strictly, before any value is built.
 *
 * It accepts RFC 8259 text that RFC 7493 (I-JSON) also allows, so that no two
 * readers understand it differently: grammar, UTF-8 (RFC 3629), no lone
 * surrogates, no duplicate member names (compared after unescaping), bounded
 * nesting. It reports the first fault in the text. One pass, linear time, no
 * recursion; memory for the names comes from the arena.
 */
#include "base/arena.h"

#define JSON_MAX_DEPTH	16	/* levels of arrays and objects */

enum json_fault {
	JSON_OK,
	JSON_MALFORMED,		/* "malformed_json" */
	JSON_BAD_UTF8,		/* "invalid_utf8": bytes, or an escaped lone surrogate */
	JSON_DUPLICATE_KEY,		/* "duplicate_key" */
	JSON_TOO_DEEP,		/* "too_deep" */
	JSON_NO_MEMORY,		/* the arena is full */
};

struct json_check_result {
	enum json_fault	 fault;
	size_t		 offset;	/* of the first wrong byte */
};

struct json_check_result	 json_check(struct arena *, struct str) MUSTCHECK;

/*
 * The problem code of the fault, "malformed_json"; NULL for JSON_OK and
 * JSON_NO_MEMORY.
 */
const char		*json_check_code(enum json_fault);

#endif
