#ifndef BRISK_BASE_H
#define BRISK_BASE_H
/*
 * base - borrowed strings and attributes of the compiler, for every room.
 *
 * A `struct str` refers to bytes that it does not own: usually memory of the arena
 * of the request, or a literal.  {NULL, 0} is absent; {p, 0} is an empty string.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define NELEMS(a)	(sizeof(a) / sizeof((a)[0]))
#define MUSTCHECK	__attribute__((warn_unused_result))
#define PRINTF(f, a)	__attribute__((format(printf, f, a)))

/* Borrowed bytes, not NUL-terminated unless a function says so. */
struct str {
	const char	*p;
	size_t		 n;
};

#define STR(lit)	((struct str){ (lit), sizeof(lit) - 1 })

/* The arguments of "%.*s" in printf(). */
#define STR_ARG(s)	(int)(s).n, (s).p == NULL ? "" : (s).p

static inline struct str
str_of(const char *c)
{
	return (struct str){ c, c == NULL ? 0 : strlen(c) };
}

static inline bool
str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool
str_is(struct str a, const char *c)
{
	return str_eq(a, str_of(c));
}

static inline bool
str_starts(struct str a, struct str prefix)
{
	return a.n >= prefix.n && str_eq((struct str){ a.p, prefix.n }, prefix);
}

static inline bool
str_ends(struct str a, struct str suffix)
{
	return a.n >= suffix.n &&
	    str_eq((struct str){ a.p + a.n - suffix.n, suffix.n }, suffix);
}

/* The rest from byte `at` on; absent if `at` is beyond the end. */
static inline struct str
str_from(struct str a, size_t at)
{
	if (at == 0)			/* also if `a` is absent */
		return a;
	return at > a.n ? (struct str){ NULL, 0 } :
	    (struct str){ a.p + at, a.n - at };
}

/* Remove spaces and tabs at both ends. */
static inline struct str
str_trim(struct str s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = str_from(s, 1);
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/*
 * Cut `*rest` at the first `sep`: returns the bytes before it, and sets `*rest` to
 * the bytes after it.  Without a `sep`, returns all and makes `*rest` absent.  So
 * `while (rest.p != NULL)` visits all pieces, including empty ones.
 */
static inline struct str
str_cut(struct str *rest, char sep)
{
	const char	*at = rest->n == 0 ? NULL : memchr(rest->p, sep, rest->n);
	struct str	 piece = *rest;

	if (at == NULL) {
		*rest = (struct str){ NULL, 0 };
		return piece;
	}
	piece.n = (size_t)(at - piece.p);
	*rest = (struct str){ at + 1, rest->n - piece.n - 1 };
	return piece;
}

/* Cut the next word off a list separated by spaces or commas; absent at the end. */
static inline struct str
str_next_word(struct str *rest)
{
	struct str	 s = *rest;
	size_t		 n = 0;

	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == ','))
		s = str_from(s, 1);
	while (n < s.n && s.p[n] != ' ' && s.p[n] != ',')
		n++;
	*rest = n == 0 ? (struct str){ NULL, 0 } : str_from(s, n);
	return n == 0 ? (struct str){ NULL, 0 } : (struct str){ s.p, n };
}

/* Length in bytes of the first code point (RFC 3629); 0 if it is not UTF-8. */
static inline size_t
str_utf8_len(struct str s)
{
	const unsigned char	*p = (const unsigned char *)s.p;
	size_t			 n, i;

	if (s.n == 0 || p[0] < 0x80)
		return s.n != 0;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (s.n < n || p[1] < (p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80) ||
	    p[1] > (p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf))
		return 0;
	for (i = 2; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

#endif
