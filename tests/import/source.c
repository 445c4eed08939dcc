/* source: what apt knows, as products. */
#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include "import.h"

#define SKU_CHARS \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+-"

enum { PACKAGE, VERSION, SIZE, MAINTAINER, ARCHITECTURE, SECTION, MD5,
	DESCRIPTION, NFIELDS };

static const char *const names[NFIELDS] = {
	[PACKAGE] = "Package", [VERSION] = "Version",
	[SIZE] = "Installed-Size", [MAINTAINER] = "Maintainer",
	[ARCHITECTURE] = "Architecture", [SECTION] = "Section",
	[MD5] = "Description-md5", [DESCRIPTION] = "Description",
};

static char *
copy_or(const char *s, const char *otherwise)
{
	return copy(s == NULL ? otherwise : s);
}

/* To so many code points.  False: not UTF-8, and cut where it stops being so. */
static bool
cut(char *s, size_t points)
{
	mbstate_t	 state = { 0 };
	size_t		 left = strlen(s), n;

	for (; points > 0 && *s != '\0'; points--, s += n, left -= n) {
		n = mbrlen(s, left, &state);
		if (n == (size_t)-1 || n == (size_t)-2) {
			*s = '\0';
			return false;
		}
	}
	*s = '\0';
	return true;
}

static bool
has_controls(const char *s, const char *but)
{
	for (; *s != '\0'; s++)
		if (((unsigned char)*s < 0x20 || *s == 0x7f) &&
		    strchr(but, *s) == NULL)
			return true;
	return false;
}

static bool
has_non_ascii(const char *s)
{
	while (*s != '\0' && (unsigned char)*s < 0x80)
		s++;
	return *s != '\0';
}

static void
slug_of(const char *name, char *slug)
{
	for (; *name != '\0'; name++)
		*slug++ = isalnum((unsigned char)*name) ?
		    (char)tolower((unsigned char)*name) : '-';
	*slug = '\0';
}

static size_t
section_of(struct source *s, const char *name)
{
	struct section	*made;

	for (size_t i = 0; i < s->nsections; i++)
		if (strcmp(s->sections[i].name, name) == 0)
			return i;
	s->sections = alloc(s->sections,
	    (s->nsections + 1) * sizeof(*s->sections));
	made = &s->sections[s->nsections];
	*made = (struct section){ .name = copy(name), .slug = copy(name) };
	cut(made->name, 80);
	slug_of(made->name, made->slug);
	return s->nsections++;
}

/* The first line is the name, all of it the description. */
static bool
describe(struct package *p, char **v, size_t turn)
{
	const char	*text = translate_pick(v[MD5] == NULL ? "" : v[MD5], turn);
	bool		 good;

	if (text == NULL)
		text = v[DESCRIPTION];
	if (text == NULL || text[0] == '\0') {
		p->name = copy(p->sku);
		return true;
	}
	p->name = copy(text);
	p->name[strcspn(p->name, "\n")] = '\0';
	p->description = copy(text);
	good = cut(p->name, 200);
	return cut(p->description, 20000) && good && p->name[0] != '\0' &&
	    !has_controls(p->name, "") && !has_controls(p->description, "\t\n\r");
}

static bool
sku_lawful(const char *sku)
{
	size_t	 n = strlen(sku);

	return n >= 1 && n <= 64 && strspn(sku, SKU_CHARS) == n;
}

static void
add(struct source *s, char **v)
{
	struct package	*p = &s->packages[s->n];
	bool		 good;

	*p = (struct package){ .sku = copy(v[PACKAGE]), .order = s->n,
	    .version = copy_or(v[VERSION], ""),
	    .maintainer = copy_or(v[MAINTAINER], ""),
	    .architecture = copy_or(v[ARCHITECTURE], ""),
	    .price = v[SIZE] == NULL ? 0 : strtoll(v[SIZE], NULL, 10),
	    .section = section_of(s, v[SECTION] == NULL ? "none" : v[SECTION]) };
	good = describe(p, v, s->n);
	p->lawful = cut(p->maintainer, 1000) && cut(p->version, 1000) && good &&
	    !has_controls(p->maintainer, "") && sku_lawful(p->sku);
	s->n++;
}

static int
by_sku(const void *va, const void *vb)
{
	const struct package	*a = va, *b = vb;
	int			 c = strcmp(a->sku, b->sku);

	return c != 0 ? c : (a->order > b->order) - (a->order < b->order);
}

/* Of several versions of a name the last one stays. */
static void
sort_and_thin(struct source *s)
{
	size_t	 to = 0;

	qsort(s->packages, s->n, sizeof(*s->packages), by_sku);
	for (size_t i = 0; i < s->n; i++) {
		if (i + 1 < s->n &&
		    strcmp(s->packages[i].sku, s->packages[i + 1].sku) == 0)
			continue;
		s->packages[to++] = s->packages[i];
	}
	s->replaced = s->n - to;
	s->n = to;
}

static void
count(struct source *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct package	*p = &s->packages[i];

		s->unlawful += !p->lawful;
		s->translated += p->description != NULL &&
		    strchr(p->description, '\n') != NULL;
		s->non_ascii += p->description != NULL &&
		    has_non_ascii(p->description);
	}
}

void
source_read(struct source *s, const char *lists, size_t limit)
{
	char	*values[NFIELDS] = { NULL };
	size_t	 room = 0;
	FILE	*in;

	translate_read(lists, s->languages, sizeof(s->languages));
	in = popen("apt-cache dumpavail", "r");
	if (in == NULL)
		err(2, "apt-cache");
	while (stanza_read(in, names, values, NFIELDS)) {
		if (values[PACKAGE] == NULL || (limit > 0 && s->n == limit))
			continue;
		if (s->n == room) {
			room = room == 0 ? 1024 : room * 2;
			s->packages = alloc(s->packages,
			    room * sizeof(*s->packages));
		}
		add(s, values);
	}
	if (pclose(in) != 0)
		errx(2, "apt-cache dumpavail failed");
	s->read = s->n;
	sort_and_thin(s);
	count(s);
}

struct package *
source_find(struct source *s, const char *sku)
{
	size_t	 low = 0, high = s->n;

	while (low < high) {
		size_t	 mid = low + (high - low) / 2;
		int	 c = strcmp(s->packages[mid].sku, sku);

		if (c == 0)
			return &s->packages[mid];
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}
