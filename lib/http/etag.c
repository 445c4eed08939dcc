/* etag - parse and compare entity tags. */
#include "http/etag.h"

/* Suffixes that compressing web servers append: "x" becomes "x-gzip". */
static const char *const suffixes[] = { "-gzip", "-br", "-deflate", "-zstd",
	"-bzip2" };

struct tag {
	bool		 weak;
	struct str	 opaque;	/* without the quotes and the suffix */
};

static bool
is_space(char c)
{
	return c == ' ' || c == '\t';
}

static struct str
without_suffix(struct str s)
{
	for (size_t i = 0; i < NELEMS(suffixes); i++)
		if (str_ends(s, str_of(suffixes[i])))
			return (struct str){ s.p, s.n - strlen(suffixes[i]) };
	return s;
}

/* etagc of RFC 9110 8.8.3: no space, quote or control character. */
static bool
is_etagc(char c)
{
	unsigned char	 u = (unsigned char)c;

	return u == 0x21 || (u >= 0x23 && u != 0x7f);
}

/*
 * Cut the next tag off the list `*rest`, which becomes absent at its end.  False:
 * `*rest` does not begin with a tag.
 */
static bool
next_tag(struct str *rest, struct tag *out)
{
	struct str	 s = *rest;
	size_t		 n = 0;

	out->weak = str_starts(s, STR("W/"));
	s = str_from(s, out->weak ? 2 : 0);
	if (s.n < 2 || s.p[0] != '"')
		return false;
	s = str_from(s, 1);
	while (n < s.n && is_etagc(s.p[n]))
		n++;
	if (n == s.n || s.p[n] != '"')
		return false;
	out->opaque = without_suffix((struct str){ s.p, n });
	s = str_from(s, n + 1);
	while (s.n > 0 && is_space(s.p[0]))
		s = str_from(s, 1);
	if (s.n > 0 && s.p[0] != ',')
		return false;
	while (s.n > 0 && (is_space(s.p[0]) || s.p[0] == ','))
		s = str_from(s, 1);
	*rest = s.n == 0 ? (struct str){ NULL, 0 } : s;
	return true;
}

static struct str
opaque_part(struct str etag)
{
	struct tag	 t;

	return next_tag(&etag, &t) ? t.opaque : (struct str){ NULL, 0 };
}

bool
etag_valid(struct str header)
{
	struct tag	 t;

	if (str_is(header, "*"))
		return true;
	if (header.n == 0)
		return false;
	while (header.p != NULL)
		if (!next_tag(&header, &t))
			return false;
	return true;
}

bool
etag_none_match(struct str header, struct str etag)
{
	struct str	 current = opaque_part(etag);
	struct tag	 t;

	if (str_is(header, "*"))
		return true;
	while (header.p != NULL && next_tag(&header, &t))
		if (str_eq(t.opaque, current))
			return true;
	return false;
}

enum etag_match
etag_if_match(struct str header, struct str version)
{
	struct tag	 t;
	struct str	 rest;
	enum etag_match	 match = ETAG_NO;

	if (!etag_valid(header))
		return ETAG_MALFORMED;
	if (str_is(header, "*"))
		return ETAG_YES;
	while (header.p != NULL && next_tag(&header, &t)) {
		rest = t.opaque;
		if (!t.weak && str_eq(str_cut(&rest, '-'), version))
			match = ETAG_YES;
	}
	return match;
}
