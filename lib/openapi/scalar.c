/* openapi/scalar - JSON Schema of one plain value. */
#include "openapi/scalar.h"

static void
print_optional_text(struct document *d, const char *name, const char *text)
{
	if (text != NULL)
		json_text(d->out, name, text);
}

static void
print_text_list(struct document *d, const char *name, const char *only)
{
	if (only == NULL)
		return;
	json_open(d->out, name, '[');
	json_text(d->out, NULL, only);
	json_close(d->out, "]");
}

static void
print_bounds(struct document *d, const struct scalar *s)
{
	bool	 text = strcmp(s->type, "string") == 0;

	if (!s->bounded)
		return;
	json_int(d->out, text ? "minLength" : "minimum", s->min);
	if (s->max != 0)
		json_int(d->out, text ? "maxLength" : "maximum", s->max);
	if (s->def != 0)
		json_int(d->out, "default", s->def);
}

void
scalar_print(struct document *d, const char *name, const struct scalar *s)
{
	json_open(d->out, name, '{');
	json_text(d->out, "type", s->type);
	print_optional_text(d, "format", s->format);
	print_optional_text(d, "description", s->doc);
	print_bounds(d, s);
	print_text_list(d, "enum", s->only);
	print_optional_text(d, "pattern", s->pattern);
	print_text_list(d, "examples", s->example);
	json_close(d->out, "}");
}
