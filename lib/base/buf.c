/* buf - a buffer that grows, to build a response or an SQL statement. */
#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"

#define BUF_FIRST	((size_t)256)	/* size of the first allocation */

static const char	 hex[] = "0123456789abcdef";

void
buf_init(struct buf *b, struct arena *a)
{
	*b = (struct buf){ .arena = a };
}

/* Make room for `n` bytes and a NUL.  Returns where to write; NULL on failure. */
static char *
buf_room(struct buf *b, size_t n)
{
	size_t	 cap = b->cap * 2 < BUF_FIRST ? BUF_FIRST : b->cap * 2;
	char	*p;

	if (b->failed)
		return NULL;
	if (n < b->cap - b->n)
		return b->p + b->n;
	if (n >= SIZE_MAX / 2 - b->n) {
		b->failed = true;
		return NULL;
	}
	if (cap < b->n + n + 1)
		cap = b->n + n + 1;
	p = arena_alloc(b->arena, cap);
	if (p == NULL) {
		b->failed = true;
		return NULL;
	}
	if (b->n != 0)
		memcpy(p, b->p, b->n);
	b->p = p;
	b->cap = cap;
	return p + b->n;
}

static void
buf_end(struct buf *b, size_t n)
{
	b->n += n;
	b->p[b->n] = '\0';
}

void
buf_put(struct buf *b, const void *p, size_t n)
{
	char	*to = buf_room(b, n);

	if (to == NULL)
		return;
	if (n != 0)
		memcpy(to, p, n);
	buf_end(b, n);
}

void
buf_puts(struct buf *b, const char *c)
{
	buf_put(b, c, strlen(c));
}

void
buf_str(struct buf *b, struct str s)
{
	buf_put(b, s.p, s.n);
}

void
buf_byte(struct buf *b, char c)
{
	buf_put(b, &c, 1);
}

void
buf_int(struct buf *b, int64_t v)
{
	char		 text[20];	/* "-9223372036854775808" */
	size_t		 at = sizeof(text);
	uint64_t	 left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do
		text[--at] = (char)('0' + left % 10);
	while ((left /= 10) != 0);
	if (v < 0)
		text[--at] = '-';
	buf_put(b, text + at, sizeof(text) - at);
}

void
buf_fmt(struct buf *b, const char *fmt, ...)
{
	va_list	 args;
	char	*to = buf_room(b, 0);
	int	 n;

	if (to == NULL)
		return;
	va_start(args, fmt);
	n = vsnprintf(to, b->cap - b->n, fmt, args);
	va_end(args);
	if (n >= 0 && (size_t)n < b->cap - b->n) {	/* the usual case: it fits */
		b->n += (size_t)n;
		return;
	}
	if (n < 0 || (to = buf_room(b, (size_t)n)) == NULL) {
		b->failed = true;
		return;
	}
	va_start(args, fmt);
	(void)vsnprintf(to, (size_t)n + 1, fmt, args);
	va_end(args);
	b->n += (size_t)n;
}

void
buf_hex(struct buf *b, const void *p, size_t n)
{
	const unsigned char	*from = p;
	char			*to;
	size_t			 i;

	to = buf_room(b, n > SIZE_MAX / 2 ? SIZE_MAX : n * 2);
	if (to == NULL)
		return;
	for (i = 0; i < n; i++) {
		to[2 * i] = hex[from[i] >> 4];
		to[2 * i + 1] = hex[from[i] & 15];
	}
	buf_end(b, n * 2);
}

/* Number of bytes from `at` on that need no escape; `*bad` if then comes invalid UTF-8. */
static size_t
plain_run(struct str s, size_t at, bool *bad)
{
	size_t		 i = at, step;
	unsigned char	 c;

	for (; i < s.n; i += step) {
		c = (unsigned char)s.p[i];
		if (c < 0x20 || c == '"' || c == '\\')
			break;
		step = c < 0x80 ? 1 : str_utf8_len(str_from(s, i));
		if (step == 0) {
			*bad = true;
			break;
		}
	}
	return i - at;
}

static void
put_escape(struct buf *b, char c)
{
	static const char	 from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char		*at = c == '\0' ? NULL : strchr(from, c);
	char			 text[6] = "\\u00";

	if (at != NULL) {
		text[1] = to[at - from];
		buf_put(b, text, 2);
		return;
	}
	text[4] = hex[(unsigned char)c >> 4];
	text[5] = hex[c & 15];
	buf_put(b, text, 6);
}

void
buf_json(struct buf *b, struct str s)
{
	size_t	 at = 0, run;
	bool	 bad = false;

	buf_byte(b, '"');
	while (at < s.n) {
		run = plain_run(s, at, &bad);
		if (run != 0)
			buf_put(b, s.p + at, run);
		at += run;
		if (bad) {
			b->failed = true;
			return;
		}
		if (at < s.n)
			put_escape(b, s.p[at++]);
	}
	buf_byte(b, '"');
}

bool
buf_ok(const struct buf *b)
{
	return !b->failed;
}

struct str
buf_view(const struct buf *b)
{
	if (b->failed)
		return (struct str){ NULL, 0 };
	return (struct str){ b->p == NULL ? "" : b->p, b->n };
}
