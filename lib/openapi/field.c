/* openapi/field - JSON Schema (2020-12) of one field. */
#include "schema/encode.h"
#include "openapi/schema.h"

static const char *const types[] = {
	[FIELD_KIND_INT]	= "integer",
	[FIELD_KIND_NUM]	= "number",
	[FIELD_KIND_BOOL]	= "boolean",
	[FIELD_KIND_STR]	= "string",
	[FIELD_KIND_UUID]	= "string",
	[FIELD_KIND_STAMP]	= "string",
	[FIELD_KIND_MONEY]	= "object",
	[FIELD_KIND_DECIMAL]	= "string",
	[FIELD_KIND_JSON]	= "object",
	[FIELD_KIND_OBJECT]	= "object",
	[FIELD_KIND_LIST]	= "array",
};

static const char *const formats[] = {
	[FORMAT_EMAIL]		= "email",
	[FORMAT_URI]		= "uri",
	[FORMAT_UUID]		= "uuid",
	[FORMAT_DATE_TIME]	= "date-time",
	[FORMAT_DATE]		= "date",
	/* JSON Schema has no format for these. */
	[FORMAT_SLUG] = NULL, [FORMAT_CURRENCY] = NULL, [FORMAT_COUNTRY] = NULL,
};

/* As the decoder reads a money. */
static const struct field	 money_fields[] = {
	{ .name = "amount", .kind = FIELD_KIND_INT, .doc = "Amount in minor units of the currency",
	  .example = "1999" },
	{ .name = "currency", .kind = FIELD_KIND_STR, .pattern = "[A-Z]{3}",
	  .min = 3, .max = 3, .doc = "ISO 4217 code", .example = "\"EUR\"" },
	{ .name = NULL } };

const struct schema	 openapi_schema_money = { .name = "Money", .type = "struct money",
	.fields = money_fields };

static bool
is_parameter(enum openapi_form form)
{
	return form == FORM_QUERY || form == FORM_FILTER;
}

static void
print_strings(struct buf *out, const char *name, const char *const *v, bool null)
{
	json_open(out, name, '[');
	for (; *v != NULL; v++)
		json_text(out, NULL, *v);
	if (null)
		json_null(out, NULL);
	json_close(out, "]");
}

static void
print_int(struct document *d, const struct field *f)
{
	json_int(d->out, "minimum", field_min(f));
	json_int(d->out, "maximum", field_max(f));
}

static void
print_num(struct document *d, const struct field *f)
{
	if (f->num_min == 0 && f->num_max == 0)
		return;
	json_key(d->out, "minimum");
	encode_double(d->out, f->num_min);
	json_key(d->out, "maximum");
	encode_double(d->out, f->num_max);
}

/* JSON Schema searches for a pattern; ours must match the whole text. */
static void
print_pattern(struct document *d, const struct field *f)
{
	if (f->pattern != NULL)
		json_fmt(d->out, "pattern", "^(?:%s)$", f->pattern);
	else if (f->format == FORMAT_SLUG)
		json_text(d->out, "pattern", "^[a-z0-9-]+$");
	else if (f->format == FORMAT_CURRENCY || f->format == FORMAT_COUNTRY)
		json_text(d->out, "pattern", "^[A-Z]+$");
}

static void
print_text(struct document *d, const struct field *f, bool null)
{
	if (f->one_of != NULL) {
		print_strings(d->out, "enum", f->one_of, null);
		return;
	}
	if (field_min(f) > 0)
		json_int(d->out, "minLength", field_min(f));
	json_int(d->out, "maxLength", field_max(f));
	print_pattern(d, f);
}

/* .digits counts all digits, .scale those behind the point. */
static void
print_decimal(struct document *d, const struct field *f)
{
	struct buf	 re;
	int		 whole = f->digits - f->scale;

	buf_init(&re, d->arena);
	buf_puts(&re, whole > 0 ? "^-?(?:0|[1-9]" : "^-?(?:0");
	if (whole > 1)
		buf_fmt(&re, "[0-9]{0,%d}", whole - 1);
	buf_puts(&re, ")");
	if (f->scale > 0)
		buf_fmt(&re, "(?:\\.[0-9]{1,%d})?", f->scale);
	buf_puts(&re, "$");
	if (!buf_ok(&re))
		d->out->failed = true;
	else
		json_text(d->out, "pattern", re.p);
}

static void
print_count(struct document *d, const struct field *f, const char *min_name,
    const char *max_name)
{
	if (field_min(f) > 0)
		json_int(d->out, min_name, field_min(f));
	json_int(d->out, max_name, field_max(f));
}

/* Bounds apply to requests; of a response only the type is promised. */
static void
print_bounds(struct document *d, const struct field *f, bool null)
{
	switch (f->kind) {
	case FIELD_KIND_INT:
		print_int(d, f);
		break;
	case FIELD_KIND_NUM:
		print_num(d, f);
		break;
	case FIELD_KIND_STR:
		print_text(d, f, null);
		break;
	case FIELD_KIND_JSON:
		print_count(d, f, "minProperties", "maxProperties");
		break;
	case FIELD_KIND_LIST:
		print_count(d, f, "minItems", "maxItems");
		break;
	case FIELD_KIND_MONEY:
	case FIELD_KIND_BOOL:
	case FIELD_KIND_UUID:
	case FIELD_KIND_STAMP:
	case FIELD_KIND_DECIMAL:
	case FIELD_KIND_OBJECT:
		break;
	}
}

/* An object inside a body is never created or replaced on its own. */
static enum openapi_form
nested_form(const struct field *f, enum openapi_form form)
{
	if (openapi_schema_is_output(form))
		return FORM_SHOWN;
	return form == FORM_PATCH && f->kind == FIELD_KIND_OBJECT ? FORM_PATCH :
	    FORM_INPUT;
}

static void
print_list_item(struct document *d, const struct field *f, enum openapi_form form)
{
	if (f->schema != NULL) {
		openapi_schema_ref_as(d, "items", f->schema, NULL, nested_form(f, form));
		return;
	}
	json_key(d->out, "items");
	openapi_schema_field(d, f->item, openapi_schema_is_output(form) ? FORM_SHOWN : FORM_FILTER);
}

/* The members of a free JSON object; of a flat one they are scalars. */
static void
print_any_members(struct document *d, bool flat)
{
	static const char *const	 scalars[] = { "string", "number", "boolean", NULL };

	if (!flat) {
		json_boolean(d->out, "additionalProperties", true);
		return;
	}
	json_open(d->out, "additionalProperties", '{');
	print_strings(d->out, "type", scalars, false);
	json_close(d->out, "}");
}

/* Keywords of the kind, the same in requests and responses. */
static void
print_kind(struct document *d, const struct field *f, enum openapi_form form)
{
	switch (f->kind) {
	case FIELD_KIND_INT:
		json_text(d->out, "format", "int64");
		break;
	case FIELD_KIND_STR:
		if (formats[f->format] != NULL)
			json_text(d->out, "format", formats[f->format]);
		if (openapi_schema_is_output(form) && f->one_of != NULL)
			print_strings(d->out, "x-extensible-enum", f->one_of, false);
		break;
	case FIELD_KIND_UUID:
		json_text(d->out, "format", "uuid");
		break;
	case FIELD_KIND_STAMP:
		json_text(d->out, "format", "date-time");
		break;
	case FIELD_KIND_DECIMAL:
		print_decimal(d, f);
		break;
	case FIELD_KIND_JSON:
		print_any_members(d, (f->flags & FIELD_FLAT) != 0);
		break;
	case FIELD_KIND_LIST:
		print_list_item(d, f, form);
		if (f->link != NULL && f->item != NULL)
			json_boolean(d->out, "uniqueItems", true);
		break;
	case FIELD_KIND_NUM:
	case FIELD_KIND_BOOL:
	case FIELD_KIND_MONEY:
	case FIELD_KIND_OBJECT:
		break;
	}
}

static void
print_reference(struct document *d, const struct field *f, enum openapi_form form)
{
	if (f->kind != FIELD_KIND_MONEY) {
		openapi_schema_ref(d, f->schema, NULL, nested_form(f, form));
		return;
	}
	openapi_schema_ref(d, &openapi_schema_money, NULL, form == FORM_PATCH ? FORM_PATCH :
	    FORM_SHOWN);
	if (openapi_schema_is_output(form) || (f->min == 0 && f->max == 0))
		return;
	json_open(d->out, "properties", '{');
	json_open(d->out, "amount", '{');
	print_int(d, f);
	json_close(d->out, "}}");
}

static void
print_type(struct document *d, const struct field *f, enum openapi_form form, bool null)
{
	bool	 named = f->kind == FIELD_KIND_MONEY || f->kind == FIELD_KIND_OBJECT;

	if (named && null) {
		json_open(d->out, "anyOf", '[');
		json_open(d->out, NULL, '{');
		print_reference(d, f, form);
		json_close(d->out, "}");
		json_open(d->out, NULL, '{');
		json_text(d->out, "type", "null");
		json_close(d->out, "}]");
	} else if (named) {
		print_reference(d, f, form);
	} else if (null) {
		json_open(d->out, "type", '[');
		json_text(d->out, NULL, types[f->kind]);
		json_text(d->out, NULL, "null");
		json_close(d->out, "]");
	} else {
		json_text(d->out, "type", types[f->kind]);
	}
	print_kind(d, f, form);
}

/* .def is text; of these kinds it is JSON already. */
static void
print_default(struct document *d, const struct field *f)
{
	bool	 is_json = f->kind == FIELD_KIND_INT || f->kind == FIELD_KIND_NUM ||
		    f->kind == FIELD_KIND_BOOL || f->kind == FIELD_KIND_JSON ||
		    f->kind == FIELD_KIND_LIST;

	if (is_json)
		json_raw(d->out, "default", f->def);
	else
		json_text(d->out, "default", f->def);
}

static bool
is_detail(const struct field *f)
{
	return (f->flags & FIELD_DETAIL) == FIELD_DETAIL;
}

/* Annotations: description, examples, readOnly, writeOnly. */
static void
print_notes(struct document *d, const struct field *f, enum openapi_form form)
{
	bool	 fixed = (f->flags & FIELD_FIXED) != 0 &&
		    (form == FORM_CREATE || form == FORM_REPLACE);

	if (f->doc != NULL)
		json_fmt(d->out, "description", "%s%s%s%s", f->doc,
		    fixed ? ". Set at creation; cannot be changed" : "",
		    is_detail(f) ? ". In lists only if `fields` names it" : "",
		    f->flags & FIELD_PRIVATE ? ". Visible only to the owner and to administrators" : "");
	if (f->example != NULL) {
		json_open(d->out, "examples", '[');
		json_raw(d->out, NULL, f->example);
		json_close(d->out, "]");
	}
	if (openapi_schema_is_output(form) && (f->flags & FIELD_READONLY) != 0)
		json_boolean(d->out, "readOnly", true);
	if (!openapi_schema_is_output(form) && (f->flags & FIELD_HIDDEN) != 0)
		json_boolean(d->out, "writeOnly", true);
	if ((f->flags & FIELD_SECRET) == FIELD_SECRET)
		json_text(d->out, "format", "password");
}

void
openapi_schema_field(struct document *d, const struct field *f, enum openapi_form form)
{
	bool	 null = form == FORM_PATCH && openapi_schema_is_optional(f);

	json_open(d->out, NULL, '{');
	print_type(d, f, form, null);
	if (!openapi_schema_is_output(form))
		print_bounds(d, f, null);
	if (f->def != NULL && !openapi_schema_is_output(form) && form != FORM_PATCH &&
	    form != FORM_FILTER)
		print_default(d, f);
	if (!is_parameter(form))
		print_notes(d, f, form);
	json_close(d->out, "}");
}
