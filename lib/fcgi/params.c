/* params - name-value pairs (FastCGI 1.0, 3.4). */
#include <stdlib.h>

#include "base/arena.h"
#include "fcgi/params.h"

/* A length has one byte, or four of which the first has its high bit set. */
static bool
read_length(struct str *s, size_t *n)
{
	const uint8_t	*p = (const uint8_t *)s->p;
	size_t		 width = s->n > 0 && p[0] >= 0x80 ? 4 : 1;

	if (s->n < width)
		return false;
	*n = width == 1 ? p[0] : (size_t)(p[0] & 0x7f) << 24 |
	    (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	*s = str_from(*s, width);
	return true;
}

/* Cut off one pair; false: malformed. */
static bool
read_pair(struct str *s, struct str *name, struct str *value)
{
	if (!read_length(s, &name->n) || !read_length(s, &value->n) ||
	    name->n > s->n || value->n > s->n - name->n)
		return false;
	name->p = s->p;
	value->p = s->p + name->n;
	*s = str_from(*s, name->n + value->n);
	return true;
}

static char *
make_variable(struct arena *a, struct str name, struct str value)
{
	char	*text = arena_alloc(a, name.n + value.n + 2);

	if (text == NULL)
		return NULL;
	memcpy(text, name.p, name.n);
	text[name.n] = '=';
	memcpy(text + name.n + 1, value.p, value.n);
	text[name.n + 1 + value.n] = '\0';
	return text;
}

char **
fcgi_params_read(struct arena *a, struct str s)
{
	struct str	 name, value, rest = s;
	size_t		 n = 0;
	char		**env;

	for (; rest.n > 0; n++)
		if (n == FCGI_MAX_PARAMS || !read_pair(&rest, &name, &value))
			return NULL;
	if ((env = arena_array(a, char *, n + 1)) == NULL)
		return NULL;
	env[n] = NULL;
	for (n = 0; s.n > 0 && read_pair(&s, &name, &value); n++)
		if ((env[n] = make_variable(a, name, value)) == NULL)
			return NULL;
	return env;
}

static void
put_length(struct buf *b, size_t n)
{
	if (n >= 128)
		for (int shift = 24; shift > 0; shift -= 8)
			buf_byte(b, (char)(n >> shift | (shift == 24 ? 0x80 : 0)));
	buf_byte(b, (char)n);
}

void
fcgi_params_put(struct buf *b, const char *name, struct str value)
{
	if (value.n == 0)
		return;
	put_length(b, strlen(name));
	put_length(b, value.n);
	buf_puts(b, name);
	buf_str(b, value);
}

size_t
fcgi_params_content_length(char *const *env)
{
	for (; *env != NULL; env++)
		if (strncmp(*env, "CONTENT_LENGTH=", 15) == 0)
			return strtoul(*env + 15, NULL, 10);
	return 0;
}
