/* translate: the long descriptions of apt's Translation lists, in any language. */
#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "import.h"

#define CAT	"/usr/lib/apt/apt-helper cat-file"

struct translation {
	char	*md5, *language, *text;
};

static struct translation	*all;
static size_t			 nall, roomall;

enum { MD5, TEXT, NFIELDS };

static const char *const names[NFIELDS] = {
	[MD5] = "Description-md5", [TEXT] = "Description-",
};

/* A line of " ." is an empty one. */
static void
unfold(char *text)
{
	char	*to = text;

	for (const char *p = text; *p != '\0'; p++) {
		bool	 dot = *p == '.' && p != text && p[-1] == '\n' &&
			    (p[1] == '\n' || p[1] == '\0');

		if (!dot)
			*to++ = *p;
	}
	*to = '\0';
}

static void
keep(char **values, const char *language)
{
	if (values[MD5] == NULL || values[TEXT] == NULL)
		return;
	if (nall == roomall) {
		roomall = roomall == 0 ? 1024 : roomall * 2;
		all = alloc(all, roomall * sizeof(*all));
	}
	unfold(values[TEXT]);
	all[nall++] = (struct translation){ copy(values[MD5]),
	    copy(language), copy(values[TEXT]) };
}

static void
read_file(const char *path, const char *language)
{
	char	 command[2048], *values[NFIELDS] = { NULL };
	FILE	*in;

	snprintf(command, sizeof(command), CAT " '%s'", path);
	in = popen(command, "r");
	if (in == NULL)
		err(2, "%s", CAT);
	while (stanza_read(in, names, values, NFIELDS))
		keep(values, language);
	if (pclose(in) != 0)
		warnx("%s was not read to its end", path);
}

static int
by_md5(const void *va, const void *vb)
{
	const struct translation	*a = va, *b = vb;
	int				 c = strcmp(a->md5, b->md5);

	return c != 0 ? c : strcmp(a->language, b->language);
}

/* "..._i18n_Translation-pt_BR.lz4" -> "pt_BR" */
static bool
language_of(const char *file, char *out, size_t size)
{
	const char	*at = strstr(file, "_i18n_Translation-");

	if (at == NULL || strchr(file, '\'') != NULL)
		return false;
	at += strlen("_i18n_Translation-");
	snprintf(out, size, "%.*s", (int)strcspn(at, "."), at);
	return out[0] != '\0';
}

void
translate_read(const char *lists, char *languages, size_t size)
{
	struct dirent	**found;
	char		  path[1024], language[32];
	int		  n = scandir(lists, &found, NULL, alphasort);

	languages[0] = '\0';
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", lists, found[i]->d_name);
		if (language_of(found[i]->d_name, language, sizeof(language))) {
			read_file(path, language);
			snprintf(languages + strlen(languages),
			    size - strlen(languages), " %s", language);
		}
		free(found[i]);
	}
	if (n >= 0)
		free(found);
	if (nall > 0)
		qsort(all, nall, sizeof(*all), by_md5);
}

const char *
translate_pick(const char *md5, size_t turn)
{
	size_t	 low = 0, high = nall, n = 0;

	while (low < high) {
		size_t	 mid = low + (high - low) / 2;

		if (strcmp(all[mid].md5, md5) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	while (low + n < nall && strcmp(all[low + n].md5, md5) == 0)
		n++;
	return n == 0 ? NULL : all[low + turn % n].text;
}
