/* json - the JSON writer. */
#include <stdarg.h>
#include <stdio.h>

#include "schema/json.h"

static void
comma(struct buf *out)
{
	char	 last = out->n == 0 ? '{' : out->p[out->n - 1];

	if (!out->failed && strchr("{[:", last) == NULL)
		buf_byte(out, ',');
}

void
json_item(struct buf *out)
{
	comma(out);
}

void
json_key(struct buf *out, const char *name)
{
	comma(out);
	if (name == NULL)
		return;
	buf_json(out, str_of(name));
	buf_byte(out, ':');
}

void
json_open(struct buf *out, const char *name, char bracket)
{
	json_key(out, name);
	buf_byte(out, bracket);
}

void
json_close(struct buf *out, const char *brackets)
{
	buf_puts(out, brackets);
}

void
json_str(struct buf *out, const char *name, struct str text)
{
	json_key(out, name);
	buf_json(out, text);
}

void
json_boolean(struct buf *out, const char *name, bool v)
{
	json_key(out, name);
	buf_puts(out, v ? "true" : "false");
}

void
json_null(struct buf *out, const char *name)
{
	json_key(out, name);
	buf_puts(out, "null");
}

void
json_text(struct buf *out, const char *name, const char *text)
{
	json_key(out, name);
	buf_json(out, str_of(text));
}

void
json_int(struct buf *out, const char *name, int64_t v)
{
	json_key(out, name);
	buf_int(out, v);
}

void
json_raw(struct buf *out, const char *name, const char *json)
{
	json_key(out, name);
	buf_puts(out, json);
}

void
json_fmt(struct buf *out, const char *name, const char *fmt, ...)
{
	char	 text[4096];
	va_list	 ap;
	int	 n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text))
		out->failed = true;
	else
		json_text(out, name, text);
}
