/* utf8 - properties of UTF-8 text. */
#include "schema/utf8.h"

bool
utf8_is_valid(struct str s)
{
	size_t	 at = 0, n;

	for (; at < s.n; at += n) {
		n = str_utf8_len(str_from(s, at));
		if (n == 0)
			return false;
	}
	return true;
}

size_t
utf8_length(struct str s)
{
	size_t	 i, n = 0;

	for (i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

bool
utf8_is_printable(struct str s, bool multiline)
{
	size_t	 i;
	char	 c;

	for (i = 0; i < s.n; i++) {
		c = s.p[i];
		if (((unsigned char)c < 0x20 || c == 0x7f) &&
		    !(multiline && (c == '\t' || c == '\n' || c == '\r')))
			return false;
	}
	return true;
}
