/* openapi/param - the parameters of a request: path, query and headers. */
#include "openapi/response.h"
#include "openapi/scalar.h"
#include "openapi/schema.h"

#define KEY_DOC	"Identifies the effect for 48 hours: a repeated request with the "	\
	"same key and the same body gets the first response again, without a second effect"
#define KEY_PATTERN	"^\"?[A-Za-z0-9._:-]{1,255}\"?$"

/* Parameters that are the same everywhere, as components. */
static const struct {
	const char	*component, *name, *in, *doc;
	bool		 required;
	struct scalar	 schema;
} shared[] = {
	{ "Limit", "limit", "query", "Rows of a page; a number over 100 means 100",
	  .schema = { .type = "integer", .bounded = true, .min = 1, .max = 100,
	  .def = 20 } },
	{ "Cursor", "cursor", "query", "Where the page begins: `next_cursor` of the "
	  "previous page, with the same filters and the same `sort`",
	  .schema = { .type = "string" } },
	{ "Count", "count", "query", "Adds `total`, the number of rows of all pages",
	  .schema = { .type = "string", .only = "exact" } },
	{ "IfMatch", "If-Match", "header", "The ETag of the version that the change is "
	  "based on, or `*`", .required = true, .schema = { .type = "string" } },
	{ "IfNoneMatch", "If-None-Match", "header", "ETags of the versions that you have; "
	  "304 if one of them is current", .schema = { .type = "string" } },
	{ "IdempotencyKey", "Idempotency-Key", "header", KEY_DOC,
	  .schema = { .type = "string", .pattern = KEY_PATTERN } },
	{ "IdempotencyKeyNeeded", "Idempotency-Key", "header", KEY_DOC, .required = true,
	  .schema = { .type = "string", .pattern = KEY_PATTERN } },
	{ "LastEventId", "Last-Event-ID", "header", "Event streams: the `id` of the last "
	  "event that you received; the next event is sent when the ETag differs from it",
	  .schema = { .type = "string" } },
	{ "Wait", "Prefer", "header", "Long polling, with If-None-Match: wait until the "
	  "ETag differs; 304 after this many seconds (at most 60)",
	  .schema = { .type = "string", .pattern = "^wait=[0-9]+$" } },
	{ "Merge", "Prefer", "header", "Batches: update the rows that exist and create "
	  "the others", .schema = { .type = "string",
	  .only = "resolution=merge-duplicates" } },
};

static void
print_shared(struct document *d, const char *name)
{
	json_open(d->out, NULL, '{');
	json_fmt(d->out, "$ref", "#/components/parameters/%s", name);
	json_close(d->out, "}");
}

static void
open_param(struct document *d, const char *in, struct str name, const char *doc)
{
	json_open(d->out, NULL, '{');
	json_str(d->out, "name", name);
	json_text(d->out, "in", in);
	if (doc != NULL)
		json_text(d->out, "description", doc);
}

void
openapi_params_all(struct document *d)
{
	json_open(d->out, "parameters", '{');
	for (size_t i = 0; i < NELEMS(shared); i++) {
		json_open(d->out, shared[i].component, '{');
		json_text(d->out, "name", shared[i].name);
		json_text(d->out, "in", shared[i].in);
		if (shared[i].required)
			json_boolean(d->out, "required", true);
		json_text(d->out, "description", shared[i].doc);
		scalar_print(d, "schema", &shared[i].schema);
		json_close(d->out, "}");
	}
	json_close(d->out, "}");
}

/* The {names} of the path, each by the field of that name. */
static void
print_keys(struct document *d, const struct route *rt)
{
	const struct schema	*keys = rt->keys != NULL ? rt->keys :
				    rt->resource != NULL ? rt->resource->schema : NULL;
	const struct field	*f;
	struct str		 name;
	bool			 is_key;

	for (size_t i = 0; (name = route_segment(rt->path, i, &is_key)).p != NULL; i++) {
		if (!is_key)
			continue;
		f = keys == NULL ? NULL : schema_find(keys, name);
		open_param(d, "path", name, f == NULL ? NULL : f->doc);
		json_boolean(d->out, "required", true);
		if (f != NULL) {
			json_key(d->out, "schema");
			openapi_schema_field(d, f, FORM_FILTER);
		} else {
			scalar_print(d, "schema", &(struct scalar){ .type = "string" });
		}
		json_close(d->out, "}");
	}
}

static void
print_params(struct document *d, const struct schema *params)
{
	for (const struct field *f = params->fields; f->name != NULL; f++) {
		open_param(d, "query", str_of(f->name), f->doc);
		if (openapi_schema_requires(f, FORM_QUERY))
			json_boolean(d->out, "required", true);
		if (f->kind == FIELD_KIND_LIST)
			json_boolean(d->out, "explode", false);
		json_key(d->out, "schema");
		openapi_schema_field(d, f, FORM_QUERY);
		json_close(d->out, "}");
	}
}

/* The type of one value of a filter: a list's item, a money's amount. */
static struct field
filter_type(const struct field *f)
{
	struct field	 v = f->kind == FIELD_KIND_LIST && f->item != NULL ?
			    *f->item : *f;

	if (f->kind == FIELD_KIND_MONEY)
		v = (struct field){ .name = f->name, .kind = FIELD_KIND_INT,
		    .min = field_min(f), .max = field_max(f) };
	return v;
}

/* "explode":false,"schema":{ of values with commas: ?status=a,b */
static void
open_array(struct document *d)
{
	json_boolean(d->out, "explode", false);
	json_open(d->out, "schema", '{');
	json_text(d->out, "type", "array");
	json_int(d->out, "minItems", 1);
}

static void
print_equal(struct document *d, const struct field *f)
{
	struct field	 v = filter_type(f);

	if (v.kind == FIELD_KIND_BOOL) {
		json_key(d->out, "schema");
		openapi_schema_field(d, &v, FORM_FILTER);
		return;
	}
	open_array(d);
	json_key(d->out, "items");
	openapi_schema_field(d, &v, FORM_FILTER);
	json_close(d->out, "}");
}

static void
print_filter_schema(struct document *d, const struct filter *fl, const struct field *f)
{
	struct field	 v;

	switch (fl->kind) {
	case FILTER_EQUAL:
		print_equal(d, f);
		break;
	case FILTER_MIN:
	case FILTER_MAX:
		v = filter_type(f);
		json_key(d->out, "schema");
		openapi_schema_field(d, &v, FORM_FILTER);
		break;
	case FILTER_SEARCH:
		scalar_print(d, "schema", &(struct scalar){ .type = "string",
		    .bounded = true, .min = 3, .max = 100 });
		break;
	case FILTER_PREFIX:
		scalar_print(d, "schema", &(struct scalar){ .type = "string",
		    .bounded = true, .min = 2, .max = 50 });
		break;
	case FILTER_IS:
		scalar_print(d, "schema", &(struct scalar){ .type = "boolean" });
		break;
	}
}

static const char *const filter_docs[] = {
	[FILTER_EQUAL]	= "Matches rows that have any of the given values",
	[FILTER_MIN]	= "Matches rows with at least this value",
	[FILTER_MAX]	= "Matches rows with at most this value",
	[FILTER_SEARCH]	= "Rows that contain all of these words; whole words",
	[FILTER_PREFIX]	= "Rows that begin with this text",
	[FILTER_IS]	= "true: only rows that meet this condition; false: only the others",
};

static void
print_filter(struct document *d, const struct schema *sh, const struct filter *fl)
{
	const struct field	*f = fl->field == NULL ? NULL :
				    schema_find(sh, str_of(fl->field));
	const char		*doc = fl->doc;

	if (doc == NULL && f != NULL)
		doc = arena_fmt(d->arena, "%s. %s", f->doc, filter_docs[fl->kind]);
	else if (doc == NULL)
		doc = filter_docs[fl->kind];
	open_param(d, "query", str_of(fl->name), doc);
	if (f != NULL || fl->field == NULL)
		print_filter_schema(d, fl, f);
	json_close(d->out, "}");
}

static void
print_sort(struct document *d, const struct sort *sorts)
{
	open_param(d, "query", STR("sort"), "Sort key; prefix `-` for descending");
	json_open(d->out, "schema", '{');
	json_text(d->out, "type", "string");
	json_open(d->out, "enum", '[');
	for (const struct sort *s = sorts; s->by != NULL; s++)
		json_text(d->out, NULL, s->by);
	json_close(d->out, "]");
	json_text(d->out, "default", sorts[0].by);
	json_close(d->out, "}}");
}

static void
print_choice(struct document *d, const char *name, const char *doc)
{
	open_param(d, "query", str_of(name), doc);
	open_array(d);
	json_open(d->out, "items", '{');
	json_text(d->out, "type", "string");
	json_open(d->out, "enum", '[');
}

/* ?fields= and ?expand=: each a choice of the declared names. */
static void
print_choices(struct document *d, const struct resource *r)
{
	print_choice(d, "fields", "Return only these members; the others are "
	    "absent, even where the schema requires them");
	for (const struct field *f = r->schema->fields; f->name != NULL; f++)
		if (openapi_schema_shows(f, FORM_SHOWN))
			json_text(d->out, NULL, f->name);
	json_close(d->out, "]}}}");
	if (r->expands == NULL)
		return;
	print_choice(d, "expand", "Embed the rows that these members refer to");
	for (const struct expand *e = r->expands; e->name != NULL; e++)
		json_text(d->out, NULL, e->name);
	json_close(d->out, "]}}}");
}

static void
print_list(struct document *d, const struct resource *r)
{
	for (const struct filter *f = r->filters; f != NULL && f->name != NULL; f++)
		print_filter(d, r->schema, f);
	if (r->sorts != NULL && r->sorts[0].by != NULL)
		print_sort(d, r->sorts);
	print_shared(d, "Limit");
	print_shared(d, "Cursor");
	print_shared(d, "Count");
}

static void
print_headers(struct document *d, const struct route *rt)
{
	if ((openapi_traits(rt) & TRAIT_MATCH) != 0)
		print_shared(d, "IfMatch");
	if (rt->op == OP_GET || rt->op == OP_LIST || route_is_live(rt))
		print_shared(d, "IfNoneMatch");
	if (route_is_live(rt)) {
		print_shared(d, "Wait");
		print_shared(d, "LastEventId");
	}
	if (rt->op == OP_CREATE && rt->resource->merge_by != NULL)
		print_shared(d, "Merge");
	if (route_idempotency(rt) != IDEM_NONE)
		print_shared(d, route_idempotency(rt) == IDEM_REQUIRED ?
		    "IdempotencyKeyNeeded" : "IdempotencyKey");
}

void
openapi_params(struct document *d, const struct route *rt)
{
	json_open(d->out, "parameters", '[');
	print_keys(d, rt);
	if (rt->params != NULL && rt->op == OP_NONE)
		print_params(d, rt->params);
	if (rt->op == OP_LIST)
		print_list(d, rt->resource);
	if (rt->op == OP_LIST || rt->op == OP_GET)
		print_choices(d, rt->resource);
	print_headers(d, rt);
	json_close(d->out, "]");
}
