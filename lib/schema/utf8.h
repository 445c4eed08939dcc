#ifndef BRISK_UTF8_H
#define BRISK_UTF8_H
/* utf8 - properties of UTF-8 text (RFC 3629). */
#include "base/base.h"

/* Is it well-formed: no overlong form, no surrogate, nothing above U+10FFFF? */
bool	 utf8_is_valid(struct str) MUSTCHECK;

/* Code points of well-formed text. */
size_t	 utf8_length(struct str);

/*
 * May the text be stored?  It must not hold U+0000, another C0 control or
 * U+007F; with `multiline` tab, line feed and carriage return are allowed.
 */
bool	 utf8_is_printable(struct str, bool multiline);

#endif
