/* openapi_field - JSON Schema (2020-12) of one field. */
#include "schema/encode.h"
#include "openapi/private.h"

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
	/* JSON Schema has no names for these. */
	[FORMAT_SLUG] = NULL, [FORMAT_CURRENCY] = NULL, [FORMAT_COUNTRY] = NULL,
};

/* As the decoder takes it. */
static const struct field	 money_fields[] = {
	{ .name = "amount", .kind = FIELD_KIND_INT, .doc = "In minor units",
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
		json_raw(out, NULL, "null");
	buf_byte(out, ']');
}

static void
print_int(struct page *p, const struct field *f)
{
	json_int(p->out, "minimum", field_min(f));
	json_int(p->out, "maximum", field_max(f));
}

static void
print_num(struct page *p, const struct field *f)
{
	if (f->num_min == 0 && f->num_max == 0)
		return;
	json_key(p->out, "minimum");
	encode_double(p->out, f->num_min);
	json_key(p->out, "maximum");
	encode_double(p->out, f->num_max);
}

/* JSON Schema looks for a pattern anywhere in the text, we match all of it. */
static void
print_pattern(struct page *p, const struct field *f)
{
	if (f->pattern != NULL)
		json_fmt(p->out, "pattern", "^(?:%s)$", f->pattern);
	else if (f->format == FORMAT_SLUG)
		json_text(p->out, "pattern", "^[a-z0-9-]+$");
	else if (f->format == FORMAT_CURRENCY || f->format == FORMAT_COUNTRY)
		json_text(p->out, "pattern", "^[A-Z]+$");
}

static void
print_text(struct page *p, const struct field *f, bool null)
{
	if (f->one_of != NULL) {
		print_strings(p->out, "enum", f->one_of, null);
		return;
	}
	if (field_min(f) > 0)
		json_int(p->out, "minLength", field_min(f));
	json_int(p->out, "maxLength", field_max(f));
	print_pattern(p, f);
}

/* The whole part may have what the digits behind the point leave. */
static void
print_decimal(struct page *p, const struct field *f)
{
	struct buf	 re;
	int		 whole = f->digits - f->scale;

	buf_init(&re, p->arena);
	buf_puts(&re, whole > 0 ? "^-?(?:0|[1-9]" : "^-?(?:0");
	if (whole > 1)
		buf_fmt(&re, "[0-9]{0,%d}", whole - 1);
	buf_puts(&re, ")");
	if (f->scale > 0)
		buf_fmt(&re, "(?:\\.[0-9]{1,%d})?", f->scale);
	buf_puts(&re, "$");
	if (!buf_ok(&re))
		p->out->failed = true;
	else
		json_text(p->out, "pattern", re.p);
}

static void
print_count(struct page *p, const struct field *f, const char *least,
    const char *most)
{
	if (field_min(f) > 0)
		json_int(p->out, least, field_min(f));
	json_int(p->out, most, field_max(f));
}

/* Bounds of what is sent; what is shown is only promised its type. */
static void
print_bounds(struct page *p, const struct field *f, bool null)
{
	switch (f->kind) {
	case FIELD_KIND_INT:
		print_int(p, f);
		break;
	case FIELD_KIND_NUM:
		print_num(p, f);
		break;
	case FIELD_KIND_STR:
		print_text(p, f, null);
		break;
	case FIELD_KIND_JSON:
		print_count(p, f, "minProperties", "maxProperties");
		break;
	case FIELD_KIND_LIST:
		print_count(p, f, "minItems", "maxItems");
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

/* What lies in a body has no row of its own to be created or replaced. */
static enum openapi_form
nested_form(const struct field *f, enum openapi_form form)
{
	if (openapi_schema_is_output(form))
		return FORM_SHOWN;
	return form == FORM_PATCH && f->kind == FIELD_KIND_OBJECT ? FORM_PATCH :
	    FORM_INPUT;
}

static void
print_list_item(struct page *p, const struct field *f, enum openapi_form form)
{
	if (f->schema != NULL) {
		openapi_schema_ref_as(p, "items", f->schema, NULL, nested_form(f, form));
		return;
	}
	json_key(p->out, "items");
	openapi_schema_field(p, f->item, openapi_schema_is_output(form) ? FORM_SHOWN : FORM_FILTER);
}

/* What the kind itself says, in and out. */
static void
print_kind(struct page *p, const struct field *f, enum openapi_form form)
{
	switch (f->kind) {
	case FIELD_KIND_INT:
		json_text(p->out, "format", "int64");
		break;
	case FIELD_KIND_STR:
		if (formats[f->format] != NULL)
			json_text(p->out, "format", formats[f->format]);
		if (openapi_schema_is_output(form) && f->one_of != NULL)
			print_strings(p->out, "x-extensible-enum", f->one_of, false);
		break;
	case FIELD_KIND_UUID:
		json_text(p->out, "format", "uuid");
		break;
	case FIELD_KIND_STAMP:
		json_text(p->out, "format", "date-time");
		break;
	case FIELD_KIND_DECIMAL:
		print_decimal(p, f);
		break;
	case FIELD_KIND_JSON:
		json_raw(p->out, "additionalProperties", (f->flags & FIELD_FLAT) != 0 ?
		    "{\"type\":[\"string\",\"number\",\"boolean\"]}" : "true");
		break;
	case FIELD_KIND_LIST:
		print_list_item(p, f, form);
		if (f->link != NULL && f->item != NULL)
			json_raw(p->out, "uniqueItems", "true");
		break;
	case FIELD_KIND_NUM:
	case FIELD_KIND_BOOL:
	case FIELD_KIND_MONEY:
	case FIELD_KIND_OBJECT:
		break;
	}
}

static void
print_reference(struct page *p, const struct field *f, enum openapi_form form)
{
	if (f->kind != FIELD_KIND_MONEY) {
		openapi_schema_ref(p, f->schema, NULL, nested_form(f, form));
		return;
	}
	openapi_schema_ref(p, &openapi_schema_money, NULL, form == FORM_PATCH ? FORM_PATCH :
	    FORM_SHOWN);
	if (openapi_schema_is_output(form) || (f->min == 0 && f->max == 0))
		return;
	json_open(p->out, "properties", '{');
	json_open(p->out, "amount", '{');
	print_int(p, f);
	buf_puts(p->out, "}}");
}

static void
print_type(struct page *p, const struct field *f, enum openapi_form form, bool null)
{
	bool	 named = f->kind == FIELD_KIND_MONEY || f->kind == FIELD_KIND_OBJECT;

	if (named && null) {
		json_open(p->out, "anyOf", '[');
		json_open(p->out, NULL, '{');
		print_reference(p, f, form);
		buf_puts(p->out, "},{\"type\":\"null\"}]");
	} else if (named) {
		print_reference(p, f, form);
	} else if (null) {
		json_open(p->out, "type", '[');
		json_text(p->out, NULL, types[f->kind]);
		json_text(p->out, NULL, "null");
		buf_byte(p->out, ']');
	} else {
		json_text(p->out, "type", types[f->kind]);
	}
	print_kind(p, f, form);
}

/* A default is written as text in the tables; some kinds are bare in JSON. */
static void
print_default(struct page *p, const struct field *f)
{
	bool	 bare = f->kind == FIELD_KIND_INT || f->kind == FIELD_KIND_NUM ||
		    f->kind == FIELD_KIND_BOOL || f->kind == FIELD_KIND_JSON ||
		    f->kind == FIELD_KIND_LIST;

	if (bare)
		json_raw(p->out, "default", f->def);
	else
		json_text(p->out, "default", f->def);
}

static bool
is_detail(const struct field *f)
{
	return (f->flags & FIELD_DETAIL) == FIELD_DETAIL;
}

/* What is said about a member, beside what it is. */
static void
print_notes(struct page *p, const struct field *f, enum openapi_form form)
{
	bool	 fixed = (f->flags & FIELD_FIXED) != 0 &&
		    (form == FORM_CREATE || form == FORM_REPLACE);

	if (f->doc != NULL)
		json_fmt(p->out, "description", "%s%s%s%s", f->doc,
		    fixed ? "; given at creation, never changed" : "",
		    is_detail(f) ? "; in lists only when `fields` names it" : "",
		    f->flags & FIELD_PRIVATE ? "; not shown to everybody" : "");
	if (f->example != NULL) {
		json_open(p->out, "examples", '[');
		json_raw(p->out, NULL, f->example);
		buf_byte(p->out, ']');
	}
	if (openapi_schema_is_output(form) && (f->flags & FIELD_READONLY) != 0)
		json_raw(p->out, "readOnly", "true");
	if (!openapi_schema_is_output(form) && (f->flags & FIELD_HIDDEN) != 0)
		json_raw(p->out, "writeOnly", "true");
	if ((f->flags & FIELD_SECRET) == FIELD_SECRET)
		json_text(p->out, "format", "password");
}

void
openapi_schema_field(struct page *p, const struct field *f, enum openapi_form form)
{
	bool	 null = form == FORM_PATCH && openapi_schema_is_optional(f);

	json_open(p->out, NULL, '{');
	print_type(p, f, form, null);
	if (!openapi_schema_is_output(form))
		print_bounds(p, f, null);
	if (f->def != NULL && !openapi_schema_is_output(form) && form != FORM_PATCH &&
	    form != FORM_FILTER)
		print_default(p, f);
	if (!is_parameter(form))
		print_notes(p, f, form);
	buf_byte(p->out, '}');
}
