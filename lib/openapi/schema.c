/* openapi_schema - JSON Schema (2020-12) of schemas. */
#include "openapi/private.h"

/* What follows the schema's name in the name of the schema. */
static const char *const suffixes[FORMS] = {
	[FORM_SHOWN]	= "",
	[FORM_EXPANDED]	= "Expanded",
	[FORM_LIST]	= "List",
	[FORM_ITEMS]	= "Items",
	[FORM_CREATE]	= "Create",
	[FORM_REPLACE]	= "Replace",
	[FORM_PATCH]	= "Patch",
	[FORM_BATCH]	= "Batch",
	[FORM_INPUT]	= "Input",
};

bool
openapi_schema_is_output(enum openapi_form form)
{
	return form == FORM_SHOWN || form == FORM_EXPANDED;
}

/* The same name always means the same schema. */
static void
schema_note(struct page *p, const struct openapi_schema *wanted)
{
	struct openapi_schema	**at = &p->schemas, *s;

	for (; (s = *at) != NULL; at = &s->next)
		if (s->form == wanted->form &&
		    strcmp(s->schema->name, wanted->schema->name) == 0)
			return;
	if ((s = arena_new(p->arena, struct openapi_schema)) == NULL) {
		p->out->failed = true;
		return;
	}
	*s = *wanted;
	*at = s;
}

void
openapi_schema_ref(struct page *p, const struct schema *sh, const struct resource *r,
    enum openapi_form form)
{
	schema_note(p, &(struct openapi_schema){ .schema = sh, .resource = r, .form = form });
	json_fmt(p->out, "$ref", "#/components/schemas/%s%s", sh->name,
	    suffixes[form]);
}

void
openapi_schema_ref_as(struct page *p, const char *name, const struct schema *sh,
    const struct resource *r, enum openapi_form form)
{
	json_open(p->out, name, '{');
	openapi_schema_ref(p, sh, r, form);
	buf_byte(p->out, '}');
}

bool
openapi_schema_shows(const struct field *f, enum openapi_form form)
{
	if (openapi_schema_is_output(form))
		return (f->flags & FIELD_HIDDEN) == 0;
	if ((f->flags & FIELD_READONLY) != 0)
		return false;
	return form != FORM_PATCH || (f->flags & (FIELD_FIXED | FIELD_KEY)) == 0;
}

/* Can a struct lack it?  Plain scalars and lists are always there. */
static bool
may_lack(const struct field *f)
{
	bool	 plain = !f->opt && (f->kind == FIELD_KIND_INT ||
		    f->kind == FIELD_KIND_NUM || f->kind == FIELD_KIND_BOOL);

	if (plain || f->kind == FIELD_KIND_LIST || f->def != NULL)
		return false;
	return f->opt || (f->flags & FIELD_OPTIONAL) != 0;
}

bool
openapi_schema_is_optional(const struct field *f)
{
	return f->opt || (f->flags & FIELD_OPTIONAL) != 0 || f->def != NULL;
}

bool
openapi_schema_requires(const struct field *f, enum openapi_form form)
{
	if (form == FORM_PATCH || form == FORM_FILTER)
		return false;
	if (openapi_schema_is_output(form))
		return !may_lack(f) && !(f->flags & FIELD_PRIVATE) &&
		    (f->flags & FIELD_DETAIL) != FIELD_DETAIL;
	return !openapi_schema_is_optional(f);
}

static void
print_required(struct page *p, const struct schema *sh, enum openapi_form form)
{
	const struct field	*f = sh->fields;

	while (f->name != NULL && !(openapi_schema_shows(f, form) && openapi_schema_requires(f, form)))
		f++;
	if (f->name == NULL)
		return;
	json_open(p->out, "required", '[');
	for (; f->name != NULL; f++)
		if (openapi_schema_shows(f, form) && openapi_schema_requires(f, form))
			json_text(p->out, NULL, f->name);
	buf_byte(p->out, ']');
}

static void
print_fields(struct page *p, const struct schema *sh, enum openapi_form form)
{
	json_text(p->out, "type", "object");
	print_required(p, sh, form);
	json_open(p->out, "properties", '{');
	for (const struct field *f = sh->fields; f->name != NULL; f++) {
		if (!openapi_schema_shows(f, form))
			continue;
		json_key(p->out, f->name);
		openapi_schema_field(p, f, form);
	}
	buf_byte(p->out, '}');
	if (!openapi_schema_is_output(form))
		json_raw(p->out, "additionalProperties", sh->open ? "true" : "false");
}

static void
print_expand(struct page *p, const struct schema *sh, const struct expand *e)
{
	const struct field	*f = schema_find(sh, str_of(e->field));

	json_open(p->out, e->name, '{');
	if (f != NULL && f->kind == FIELD_KIND_LIST) {
		json_text(p->out, "type", "array");
		openapi_schema_ref_as(p, "items", e->schema, NULL, FORM_SHOWN);
	} else {
		openapi_schema_ref(p, e->schema, NULL, FORM_SHOWN);
	}
	json_fmt(p->out, "description",
	    "What `%s` names; only with `expand=%s`", e->field, e->name);
	buf_byte(p->out, '}');
}

/* The bare schema stays the same in every program that refers to it. */
static void
print_expanded(struct page *p, const struct openapi_schema *s)
{
	json_open(p->out, "allOf", '[');
	openapi_schema_ref_as(p, NULL, s->schema, s->resource, FORM_SHOWN);
	buf_puts(p->out, ",{\"type\":\"object\",\"properties\":{");
	for (const struct expand *e = s->resource->expands; e->name != NULL; e++)
		print_expand(p, s->schema, e);
	buf_puts(p->out, "}}]");
}

static void
print_items(struct page *p, const struct openapi_schema *s, enum openapi_form of)
{
	json_text(p->out, "type", "object");
	json_raw(p->out, "required", "[\"items\"]");
	json_open(p->out, "properties", '{');
	json_open(p->out, "items", '{');
	json_text(p->out, "type", "array");
	openapi_schema_ref_as(p, "items", s->schema, s->resource, of);
	if (s->form == FORM_BATCH) {
		json_int(p->out, "minItems", 1);
		json_int(p->out, "maxItems", RESOURCE_ITEMS);
	}
	buf_byte(p->out, '}');
	if (s->form == FORM_LIST)
		json_raw(p->out, NULL,
		    "\"next_cursor\":{\"type\":\"string\",\"description\":"
		    "\"Where the next page begins; absent on the last\"},"
		    "\"total\":{\"type\":\"integer\",\"format\":\"int64\",\"description\":"
		    "\"How many there are; only with `count=exact`\"}");
	buf_byte(p->out, '}');
	if (s->form == FORM_BATCH)
		json_raw(p->out, "additionalProperties", "false");
}

static void
print_schema(struct page *p, const struct openapi_schema *s)
{
	bool	 more = s->resource != NULL && s->resource->expands != NULL;

	json_fmt(p->out, NULL, "%s%s", s->schema->name, suffixes[s->form]);
	buf_puts(p->out, ":{");
	switch (s->form) {
	case FORM_EXPANDED:
		print_expanded(p, s);
		break;
	case FORM_LIST:
		print_items(p, s, more ? FORM_EXPANDED : FORM_SHOWN);
		break;
	case FORM_ITEMS:
		print_items(p, s, FORM_SHOWN);
		break;
	case FORM_BATCH:
		print_items(p, s, FORM_CREATE);
		break;
	default:
		/* Money is bounded both ways. */
		print_fields(p, s->schema, s->schema == &openapi_schema_money &&
		    s->form == FORM_SHOWN ? FORM_INPUT : s->form);
	}
	buf_byte(p->out, '}');
}

/* Printing one may note others behind it. */
void
openapi_schema_print_all(struct page *p)
{
	for (const struct openapi_schema *s = p->schemas; s != NULL; s = s->next)
		print_schema(p, s);
}
