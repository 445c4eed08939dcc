/* openapi/schema - writes a struct schema as JSON Schema (2020-12). */
#include "openapi/scalar.h"
#include "openapi/schema.h"

/* The suffix of each form: "Product" + "Create". */
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

/* Schemas are told apart by name and form: a name always means the same schema. */
static void
schema_note(struct document *d, const struct openapi_schema *wanted)
{
	struct openapi_schema	**at = &d->schemas, *s;

	for (; (s = *at) != NULL; at = &s->next)
		if (s->form == wanted->form &&
		    strcmp(s->schema->name, wanted->schema->name) == 0)
			return;
	if ((s = arena_new(d->arena, struct openapi_schema)) == NULL) {
		d->out->failed = true;
		return;
	}
	*s = *wanted;
	*at = s;
}

void
openapi_schema_ref(struct document *d, const struct schema *sh, const struct resource *r,
    enum openapi_form form)
{
	schema_note(d, &(struct openapi_schema){ .schema = sh, .resource = r, .form = form });
	json_fmt(d->out, "$ref", "#/components/schemas/%s%s", sh->name,
	    suffixes[form]);
}

void
openapi_schema_ref_as(struct document *d, const char *name, const struct schema *sh,
    const struct resource *r, enum openapi_form form)
{
	json_open(d->out, name, '{');
	openapi_schema_ref(d, sh, r, form);
	json_close(d->out, "}");
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

/* May a response lack the member?  Plain scalars and lists are always present. */
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
print_required(struct document *d, const struct schema *sh, enum openapi_form form)
{
	const struct field	*f = sh->fields;

	while (f->name != NULL && !(openapi_schema_shows(f, form) && openapi_schema_requires(f, form)))
		f++;
	if (f->name == NULL)
		return;
	json_open(d->out, "required", '[');
	for (; f->name != NULL; f++)
		if (openapi_schema_shows(f, form) && openapi_schema_requires(f, form))
			json_text(d->out, NULL, f->name);
	json_close(d->out, "]");
}

static void
print_fields(struct document *d, const struct schema *sh, enum openapi_form form)
{
	json_text(d->out, "type", "object");
	print_required(d, sh, form);
	json_open(d->out, "properties", '{');
	for (const struct field *f = sh->fields; f->name != NULL; f++) {
		if (!openapi_schema_shows(f, form))
			continue;
		json_key(d->out, f->name);
		openapi_schema_field(d, f, form);
	}
	json_close(d->out, "}");
	if (!openapi_schema_is_output(form))
		json_boolean(d->out, "additionalProperties", sh->open);
}

static void
print_expand(struct document *d, const struct schema *sh, const struct expand *e)
{
	const struct field	*f = schema_find(sh, str_of(e->field));

	json_open(d->out, e->name, '{');
	if (f != NULL && f->kind == FIELD_KIND_LIST) {
		json_text(d->out, "type", "array");
		openapi_schema_ref_as(d, "items", e->schema, NULL, FORM_SHOWN);
	} else {
		openapi_schema_ref(d, e->schema, NULL, FORM_SHOWN);
	}
	json_fmt(d->out, "description",
	    "The rows that `%s` refers to; only with `expand=%s`", e->field, e->name);
	json_close(d->out, "}");
}

/* allOf, so that the plain schema is the same in every program. */
static void
print_expanded(struct document *d, const struct openapi_schema *s)
{
	json_open(d->out, "allOf", '[');
	openapi_schema_ref_as(d, NULL, s->schema, s->resource, FORM_SHOWN);
	json_open(d->out, NULL, '{');
	json_text(d->out, "type", "object");
	json_open(d->out, "properties", '{');
	for (const struct expand *e = s->resource->expands; e->name != NULL; e++)
		print_expand(d, s->schema, e);
	json_close(d->out, "}}]");
}

static void
print_items(struct document *d, const struct openapi_schema *s, enum openapi_form of)
{
	json_text(d->out, "type", "object");
	json_open(d->out, "required", '[');
	json_text(d->out, NULL, "items");
	json_close(d->out, "]");
	json_open(d->out, "properties", '{');
	json_open(d->out, "items", '{');
	json_text(d->out, "type", "array");
	openapi_schema_ref_as(d, "items", s->schema, s->resource, of);
	if (s->form == FORM_BATCH) {
		json_int(d->out, "minItems", 1);
		json_int(d->out, "maxItems", RESOURCE_ITEMS);
	}
	json_close(d->out, "}");
	if (s->form == FORM_LIST) {
		scalar_print(d, "next_cursor", &(struct scalar){ .type = "string",
		    .doc = "The `cursor` of the next page; absent on the last page" });
		scalar_print(d, "total", &(struct scalar){ .type = "integer",
		    .format = "int64",
		    .doc = "The number of rows of all pages; only with `count=exact`" });
	}
	json_close(d->out, "}");
	if (s->form == FORM_BATCH)
		json_boolean(d->out, "additionalProperties", false);
}

static void
print_schema(struct document *d, const struct openapi_schema *s)
{
	bool	 more = s->resource != NULL && s->resource->expands != NULL;

	struct buf	 name;

	buf_init(&name, d->arena);
	buf_fmt(&name, "%s%s", s->schema->name, suffixes[s->form]);
	json_open(d->out, buf_ok(&name) ? name.p : "", '{');
	switch (s->form) {
	case FORM_EXPANDED:
		print_expanded(d, s);
		break;
	case FORM_LIST:
		print_items(d, s, more ? FORM_EXPANDED : FORM_SHOWN);
		break;
	case FORM_ITEMS:
		print_items(d, s, FORM_SHOWN);
		break;
	case FORM_BATCH:
		print_items(d, s, FORM_CREATE);
		break;
	default:
		/* A money has the same bounds in responses. */
		print_fields(d, s->schema, s->schema == &openapi_schema_money &&
		    s->form == FORM_SHOWN ? FORM_INPUT : s->form);
	}
	json_close(d->out, "}");
}

/* Printing a schema may append others to the list. */
void
openapi_schema_print_all(struct document *d)
{
	for (const struct openapi_schema *s = d->schemas; s != NULL; s = s->next)
		print_schema(d, s);
}
