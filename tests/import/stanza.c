/* stanza: apt's text form, one paragraph at a time. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "import.h"

void *
alloc(void *old, size_t n)
{
	void	*p = realloc(old, n == 0 ? 1 : n);

	if (p == NULL)
		err(2, "memory");
	return p;
}

char *
copy(const char *s)
{
	size_t	 n = strlen(s) + 1;

	return memcpy(alloc(NULL, n), s, n);
}

static size_t
field_of(const char *line, size_t len, const char *const *names, size_t n)
{
	size_t	 i;

	for (i = 0; i < n; i++) {
		size_t	 want = strlen(names[i]);

		if (names[i][want - 1] == '-' ? len > want : len == want)
			if (strncmp(line, names[i], want) == 0)
				break;
	}
	return i;
}

static void
start_value(char **value, const char *text)
{
	free(*value);
	*value = copy(text + strspn(text, " \t"));
}

static void
add_line(char **value, const char *line)
{
	size_t	 had, more = strlen(line);

	if (*value == NULL)
		return;
	had = strlen(*value);
	*value = alloc(*value, had + more + 2);
	(*value)[had] = '\n';
	memcpy(*value + had + 1, line, more + 1);
}

/* One line into the values; `*at` is the field that it continues. */
static void
take_line(char *line, const char *const *names, char **values, size_t n,
    size_t *at)
{
	const char	*colon = strchr(line, ':');

	if (line[0] == ' ' || line[0] == '\t') {
		if (*at < n)
			add_line(&values[*at], line + 1);
		return;
	}
	*at = n;
	if (colon != NULL)
		*at = field_of(line, (size_t)(colon - line), names, n);
	if (*at < n)
		start_value(&values[*at], colon + 1);
}

bool
stanza_read(void *file, const char *const *names, char **values, size_t n)
{
	char	*line = NULL;
	size_t	 room = 0, at = n;
	ssize_t	 len;
	bool	 any = false;

	for (size_t i = 0; i < n; i++) {
		free(values[i]);
		values[i] = NULL;
	}
	while ((len = getline(&line, &room, file)) > 0) {
		if (line[len - 1] == '\n')
			line[--len] = '\0';
		if (len == 0 && any)
			break;
		if (len == 0)
			continue;
		any = true;
		take_line(line, names, values, n, &at);
	}
	free(line);
	return any;
}
