#ifndef BRISK_TEXT_H
#define BRISK_TEXT_H
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

#define TEXT_DEPTH	16	/* arrays and objects counted together */

enum text_fault {
	TEXT_OK,
	TEXT_MALFORMED,		/* "malformed_json" */
	TEXT_UTF8,		/* "invalid_utf8": bytes, or a lone surrogate escape */
	TEXT_DUPLICATE,		/* "duplicate_key" */
	TEXT_DEEP,		/* "too_deep" */
	TEXT_MEMORY,		/* the arena is full */
};

struct text_result {
	enum text_fault	 fault;
	size_t		 offset;	/* of the first byte that is wrong */
};

struct text_result	 text_check(struct arena *, struct str) MUSTCHECK;

/* The code API.md gives the fault: "malformed_json"; NULL for OK and MEMORY. */
const char		*text_code(enum text_fault);

/* Well-formed UTF-8 (RFC 3629: no overlong form, no surrogate, <= U+10FFFF)? */
bool			 text_utf8(struct str) MUSTCHECK;

/* Code points of well-formed UTF-8. */
size_t			 text_length(struct str);

/*
 * True if a text value may be stored: no U+0000, no other C0 control or
 * U+007F, apart from \t \n \r when `multiline`.
 */
bool			 text_printable(struct str, bool multiline);

#endif
