/* openapi_param - what stands in path, query and headers of a request. */
#include "openapi/private.h"

#define IDEMPOTENCY_KEY							\
	"\"name\":\"Idempotency-Key\",\"in\":\"header\",\"description\":"	\
	"\"Names this effect, for 48 hours: the same key with the same body "	\
	"gives the same answer again, and no second effect\",\"schema\":"	\
	"{\"type\":\"string\",\"pattern\":\"^\\\"?[A-Za-z0-9._:-]{1,255}\\\"?$\"}"

/* Parameters that are the same everywhere, as components. */
static const struct {
	const char	*name, *json;
} shared[] = {
	{ "Limit", "\"name\":\"limit\",\"in\":\"query\",\"description\":"
	  "\"Rows of a page; more than 100 is taken as 100\",\"schema\":"
	  "{\"type\":\"integer\",\"minimum\":1,\"maximum\":100,\"default\":20}" },
	{ "Cursor", "\"name\":\"cursor\",\"in\":\"query\",\"description\":"
	  "\"Where the page begins: next_cursor of the one before, with the same "
	  "filters and order\",\"schema\":{\"type\":\"string\"}" },
	{ "Count", "\"name\":\"count\",\"in\":\"query\",\"description\":"
	  "\"Adds `total`\",\"schema\":{\"type\":\"string\",\"enum\":[\"exact\"]}" },
	{ "IfMatch", "\"name\":\"If-Match\",\"in\":\"header\",\"required\":true,"
	  "\"description\":\"The ETag of the state this change is based on, or `*`\","
	  "\"schema\":{\"type\":\"string\"}" },
	{ "IfNoneMatch", "\"name\":\"If-None-Match\",\"in\":\"header\","
	  "\"description\":\"ETags of what you have: 304 when still true\","
	  "\"schema\":{\"type\":\"string\"}" },
	{ "IdempotencyKey", IDEMPOTENCY_KEY },
	{ "IdempotencyKeyNeeded", IDEMPOTENCY_KEY ",\"required\":true" },
	{ "LastEventId", "\"name\":\"Last-Event-ID\",\"in\":\"header\","
	  "\"description\":\"Of a stream: the `id` you had last; nothing is sent "
	  "until it differs\",\"schema\":{\"type\":\"string\"}" },
	{ "Wait", "\"name\":\"Prefer\",\"in\":\"header\",\"description\":"
	  "\"With If-None-Match: answer when it differs, else 304 after so many "
	  "seconds, at most 60\",\"schema\":{\"type\":\"string\",\"pattern\":"
	  "\"^wait=[0-9]+$\"}" },
	{ "Merge", "\"name\":\"Prefer\",\"in\":\"header\",\"description\":"
	  "\"Of a batch: change the rows that exist, make the others\",\"schema\":"
	  "{\"type\":\"string\",\"enum\":[\"resolution=merge-duplicates\"]}" },
};

static void
print_shared(struct page *p, const char *name)
{
	json_open(p->out, NULL, '{');
	json_fmt(p->out, "$ref", "#/components/parameters/%s", name);
	buf_byte(p->out, '}');
}

void
openapi_params_all(struct page *p)
{
	json_open(p->out, "parameters", '{');
	for (size_t i = 0; i < NELEMS(shared); i++) {
		json_open(p->out, shared[i].name, '{');
		buf_puts(p->out, shared[i].json);
		buf_byte(p->out, '}');
	}
	buf_byte(p->out, '}');
}

static void
open_param(struct page *p, const char *in, struct str name, const char *doc)
{
	json_open(p->out, NULL, '{');
	json_key(p->out, "name");
	buf_json(p->out, name);
	json_text(p->out, "in", in);
	if (doc != NULL)
		json_text(p->out, "description", doc);
}

/* The {names} of the path, each by the field of that name. */
static void
print_keys(struct page *p, const struct route *rt)
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
		open_param(p, "path", name, f == NULL ? NULL : f->doc);
		json_raw(p->out, "required", "true");
		json_key(p->out, "schema");
		if (f != NULL)
			openapi_schema_field(p, f, FORM_FILTER);
		else
			buf_puts(p->out, "{\"type\":\"string\"}");
		buf_byte(p->out, '}');
	}
}

static void
print_params(struct page *p, const struct schema *params)
{
	for (const struct field *f = params->fields; f->name != NULL; f++) {
		open_param(p, "query", str_of(f->name), f->doc);
		if (openapi_schema_requires(f, FORM_QUERY))
			json_raw(p->out, "required", "true");
		if (f->kind == FIELD_KIND_LIST)
			json_raw(p->out, "explode", "false");
		json_key(p->out, "schema");
		openapi_schema_field(p, f, FORM_QUERY);
		buf_byte(p->out, '}');
	}
}

/* One value of a filter: of a list its item, of money its amount. */
static struct field
filter_value(const struct field *f)
{
	struct field	 v = f->kind == FIELD_KIND_LIST && f->item != NULL ?
			    *f->item : *f;

	if (f->kind == FIELD_KIND_MONEY)
		v = (struct field){ .name = f->name, .kind = FIELD_KIND_INT,
		    .min = field_min(f), .max = field_max(f) };
	return v;
}

static void
print_equal(struct page *p, const struct field *f)
{
	struct field	 v = filter_value(f);

	if (v.kind == FIELD_KIND_BOOL) {
		json_key(p->out, "schema");
		openapi_schema_field(p, &v, FORM_FILTER);
		return;
	}
	json_raw(p->out, "explode", "false");
	json_raw(p->out, NULL, "\"schema\":{\"type\":\"array\",\"minItems\":1,\"items\":");
	openapi_schema_field(p, &v, FORM_FILTER);
	buf_byte(p->out, '}');
}

static void
print_filter_schema(struct page *p, const struct filter *fl, const struct field *f)
{
	struct field	 v;

	switch (fl->kind) {
	case FILTER_EQUAL:
		print_equal(p, f);
		break;
	case FILTER_MIN:
	case FILTER_MAX:
		v = filter_value(f);
		json_key(p->out, "schema");
		openapi_schema_field(p, &v, FORM_FILTER);
		break;
	case FILTER_SEARCH:
		json_raw(p->out, "schema",
		    "{\"type\":\"string\",\"minLength\":3,\"maxLength\":100}");
		break;
	case FILTER_PREFIX:
		json_raw(p->out, "schema",
		    "{\"type\":\"string\",\"minLength\":2,\"maxLength\":50}");
		break;
	case FILTER_IS:
		json_raw(p->out, "schema", "{\"type\":\"boolean\"}");
		break;
	}
}

static const char *const filter_says[] = {
	[FILTER_EQUAL]	= "any of these",
	[FILTER_MIN]	= "at least",
	[FILTER_MAX]	= "at most",
	[FILTER_SEARCH]	= "All of these words, whole",
	[FILTER_PREFIX]	= "Begins so",
	[FILTER_IS]	= "Only those of which this is so",
};

static void
print_filter(struct page *p, const struct schema *sh, const struct filter *fl)
{
	const struct field	*f = fl->field == NULL ? NULL :
				    schema_find(sh, str_of(fl->field));
	const char		*doc = fl->doc;

	if (doc == NULL && f != NULL)
		doc = arena_fmt(p->arena, "%s: %s", f->doc, filter_says[fl->kind]);
	else if (doc == NULL)
		doc = filter_says[fl->kind];
	open_param(p, "query", str_of(fl->name), doc);
	if (f != NULL || fl->field == NULL)
		print_filter_schema(p, fl, f);
	buf_byte(p->out, '}');
}

static void
print_sort(struct page *p, const struct sort *orders)
{
	open_param(p, "query", STR("sort"), "The order; `-` before it: falling");
	json_open(p->out, "schema", '{');
	json_text(p->out, "type", "string");
	json_open(p->out, "enum", '[');
	for (const struct sort *o = orders; o->by != NULL; o++)
		json_text(p->out, NULL, o->by);
	buf_byte(p->out, ']');
	json_text(p->out, "default", orders[0].by);
	buf_puts(p->out, "}}");
}

static void
print_choice(struct page *p, const char *name, const char *doc)
{
	open_param(p, "query", str_of(name), doc);
	json_raw(p->out, "explode", "false");
	json_raw(p->out, NULL, "\"schema\":{\"type\":\"array\",\"minItems\":1,"
	    "\"items\":{\"type\":\"string\",\"enum\":[");
}

/* fields= and expand=: lists of the names there are. */
static void
print_choices(struct page *p, const struct resource *r)
{
	print_choice(p, "fields", "Only these members: a narrowed answer lacks "
	    "the others, also those that are required in its schema");
	for (const struct field *f = r->schema->fields; f->name != NULL; f++)
		if (openapi_schema_shows(f, FORM_SHOWN))
			json_text(p->out, NULL, f->name);
	buf_puts(p->out, "]}}}");
	if (r->expands == NULL)
		return;
	print_choice(p, "expand", "Shows what these name, too");
	for (const struct expand *e = r->expands; e->name != NULL; e++)
		json_text(p->out, NULL, e->name);
	buf_puts(p->out, "]}}}");
}

static void
print_list(struct page *p, const struct resource *r)
{
	for (const struct filter *f = r->filters; f != NULL && f->name != NULL; f++)
		print_filter(p, r->schema, f);
	if (r->sorts != NULL && r->sorts[0].by != NULL)
		print_sort(p, r->sorts);
	print_shared(p, "Limit");
	print_shared(p, "Cursor");
	print_shared(p, "Count");
}

static void
print_headers(struct page *p, const struct route *rt)
{
	if ((openapi_traits(rt) & TRAIT_MATCH) != 0)
		print_shared(p, "IfMatch");
	if (rt->op == OP_GET || rt->op == OP_LIST || route_is_live(rt))
		print_shared(p, "IfNoneMatch");
	if (route_is_live(rt)) {
		print_shared(p, "Wait");
		print_shared(p, "LastEventId");
	}
	if (rt->op == OP_CREATE && rt->resource->merge_by != NULL)
		print_shared(p, "Merge");
	if (route_idempotency(rt) != IDEM_NONE)
		print_shared(p, route_idempotency(rt) == IDEM_REQUIRED ?
		    "IdempotencyKeyNeeded" : "IdempotencyKey");
}

void
openapi_params(struct page *p, const struct route *rt)
{
	json_open(p->out, "parameters", '[');
	print_keys(p, rt);
	if (rt->params != NULL && rt->op == OP_NONE)
		print_params(p, rt->params);
	if (rt->op == OP_LIST)
		print_list(p, rt->resource);
	if (rt->op == OP_LIST || rt->op == OP_GET)
		print_choices(p, rt->resource);
	print_headers(p, rt);
	buf_byte(p->out, ']');
}
