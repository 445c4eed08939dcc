/* encode - a struct into JSON, by its schema. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "schema/encode.h"
#include "schema/json.h"

void
encode_double(struct buf *b, double v)
{
	char	 text[32];

	if (v == 0)
		v = 0;			/* not "-0", which many parsers read as the integer 0 */
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	buf_puts(b, isfinite(v) ? text : "null");
}

static void
encode_quoted(struct buf *b, const char *plain)
{
	buf_byte(b, '"');
	buf_puts(b, plain);
	buf_byte(b, '"');
}

static void
encode_scalar(struct buf *b, const struct field *f, const void *at)
{
	char	 text[40];

	switch (f->kind) {
	case FIELD_KIND_INT:
		buf_int(b, f->opt ? ((const struct opt_int *)at)->v :
		    *(const int64_t *)at);
		break;
	case FIELD_KIND_NUM:
		encode_double(b, f->opt ? ((const struct opt_num *)at)->v :
		    *(const double *)at);
		break;
	case FIELD_KIND_BOOL:
		buf_puts(b, (f->opt ? ((const struct opt_bool *)at)->v :
		    *(const bool *)at) ? "true" : "false");
		break;
	case FIELD_KIND_UUID:
		uuid_text(*(const struct uuid *)at, text);
		encode_quoted(b, text);
		break;
	case FIELD_KIND_STAMP:
		stamp_text(*(const struct stamp *)at, text);
		encode_quoted(b, text);
		break;
	default:
		buf_json(b, *(const struct str *)at);
	}
}

static void
encode_list(struct buf *b, const struct field *f, const struct list *l)
{
	size_t	 size = f->item != NULL ? field_size(f->item) : f->schema->size;

	buf_byte(b, '[');
	for (size_t i = 0; i < l->n; i++) {
		const char	*item = (const char *)l->items + i * size;

		if (i > 0)
			buf_byte(b, ',');
		if (f->item != NULL)
			encode_value(b, f->item, item);
		else
			encode_object(b, f->schema, item, ENCODE_ALL);
	}
	buf_byte(b, ']');
}

static void
encode_money(struct buf *b, const struct money *m)
{
	json_open(b, NULL, '{');
	json_int(b, "amount", m->amount);
	json_text(b, "currency", m->currency);
	json_close(b, "}");
}

void
encode_value(struct buf *b, const struct field *f, const void *base)
{
	const void	*at = field_at(f, base);

	switch (f->kind) {
	case FIELD_KIND_MONEY:
		encode_money(b, at);
		break;
	case FIELD_KIND_JSON:
		buf_str(b, ((const struct json *)at)->text);
		break;
	case FIELD_KIND_OBJECT:
		encode_object(b, f->schema, *(void *const *)at, ENCODE_ALL);
		break;
	case FIELD_KIND_LIST:
		encode_list(b, f, at);
		break;
	default:
		encode_scalar(b, f, at);
	}
}

void
encode_open(struct buf *b, const struct schema *sh, const void *base, uint64_t show)
{
	char	 before = '{';

	for (const struct field *f = sh->fields; f->name != NULL; f++, show >>= 1) {
		if (!(show & 1) || (f->flags & FIELD_HIDDEN) || !field_has(f, base))
			continue;
		buf_byte(b, before);
		encode_quoted(b, f->name);
		buf_byte(b, ':');
		encode_value(b, f, base);
		before = ',';
	}
	if (before == '{')
		buf_byte(b, '{');
}

void
encode_object(struct buf *b, const struct schema *sh, const void *base, uint64_t show)
{
	encode_open(b, sh, base, show);
	buf_byte(b, '}');
}
