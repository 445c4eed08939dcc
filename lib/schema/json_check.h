#ifndef BRISK_JSON_CHECK_H
#define BRISK_JSON_CHECK_H
/*
 * json_check - strict syntax check of JSON text (RFC 8259, and RFC 7493: I-JSON).
 *
 * The check runs before any value is built, so that the parser never sees text
 * that two parsers could read differently.  It covers the grammar, UTF-8
 * (RFC 3629), unpaired surrogates in \uXXXX escapes, duplicate member names
 * (compared after unescaping) and the nesting depth.  The first fault in the
 * text is reported.  The check is iterative and its time is linear in the length
 * of the text.  Memory for the member names comes from the arena.
 */
#include "base/arena.h"

#define JSON_MAX_DEPTH	16	/* levels of arrays and objects together */

enum json_fault {
	JSON_OK,
	JSON_MALFORMED,		/* "malformed_json" */
	JSON_BAD_UTF8,		/* "invalid_utf8": bad bytes, or an unpaired surrogate */
	JSON_DUPLICATE_KEY,	/* "duplicate_key" */
	JSON_TOO_DEEP,		/* "too_deep" */
	JSON_NO_MEMORY,		/* the arena is full */
};

struct json_check_result {
	enum json_fault	 fault;
	size_t		 offset;	/* of the first wrong byte */
};

struct json_check_result	 json_check(struct arena *, struct str) MUSTCHECK;

/* The problem code of a fault: "malformed_json".  NULL: JSON_OK, JSON_NO_MEMORY. */
const char		*json_check_code(enum json_fault);

#endif
