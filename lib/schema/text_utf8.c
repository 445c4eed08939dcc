#include "schema/text.h"

const char *
text_code(enum text_fault fault)
{
	static const char *const	 codes[] = {
		[TEXT_OK] = NULL,
		[TEXT_MALFORMED] = "malformed_json",
		[TEXT_UTF8] = "invalid_utf8",
		[TEXT_DUPLICATE] = "duplicate_key",
		[TEXT_DEEP] = "too_deep",
		[TEXT_MEMORY] = NULL,
	};

	return codes[fault];
}

bool
text_utf8(struct str s)
{
	size_t	 at = 0, n;

	for (; at < s.n; at += n) {
		n = str_rune(str_from(s, at));
		if (n == 0)
			return false;
	}
	return true;
}

size_t
text_length(struct str s)
{
	size_t	 i, n = 0;

	for (i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

bool
text_printable(struct str s, bool multiline)
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
