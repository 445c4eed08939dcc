/* openapi - the document: its operations and components. */
#include <ctype.h>

#include "openapi/response.h"
#include "openapi/schema.h"

/* Each operation of a resource: operationId, summary and description. */
static const struct {
	const char	*verb;
	bool		 many;		/* named by the plural */
	const char	*title, *more;
} ops[] = {
	[OP_LIST]	= { "list", true, "List",
	    "Returns one page. HEAD returns the same headers; OPTIONS lists the methods." },
	[OP_CREATE]	= { "create", false, "Create",
	    "Creates one, or with `items` a batch: all of them or none." },
	[OP_GET]	= { "get", false, "Get",
	    "HEAD returns the same headers; OPTIONS lists the methods." },
	[OP_PATCH]	= { "update", false, "Update",
	    "A JSON merge patch (RFC 7396): absent members keep their value, null clears "
	    "a member." },
	[OP_PUT]	= { "replace", false, "Replace",
	    "Absent members are cleared." },
	[OP_DELETE]	= { "delete", false, "Delete", NULL },
};

/* "dead-letters" -> "DeadLetters". */
static void
put_camel(struct buf *out, struct str s)
{
	bool	 up = true;

	for (size_t i = 0; i < s.n; i++) {
		if (!isalnum((unsigned char)s.p[i])) {
			up = true;
			continue;
		}
		buf_byte(out, up ? (char)toupper((unsigned char)s.p[i]) : s.p[i]);
		up = false;
	}
}

/* "get" */
static void
put_method(struct buf *out, enum http_method method)
{
	for (const char *m = http_method_name(method); *m != '\0'; m++)
		buf_byte(out, (char)tolower((unsigned char)*m));
}

/* The resource's name: the last segment of its path. */
static struct str
plural(const struct resource *r)
{
	return str_of(strrchr(r->path, '/') + 1);
}

/* GET /v1/plants/{id}/offers -> getPlantsByIdOffers. */
static void
put_path_id(struct buf *out, const struct route *rt)
{
	struct str	 s;
	bool		 is_key;

	put_method(out, rt->method);
	for (size_t i = 0; (s = route_segment(rt->path, i, &is_key)).p != NULL; i++) {
		if (i == 0 && str_is(s, "v1"))
			continue;
		if (is_key)
			buf_puts(out, "By");
		put_camel(out, s);
	}
}

static void
put_resource_id(struct buf *out, const struct route *rt)
{
	buf_puts(out, ops[rt->op].verb);
	put_camel(out, ops[rt->op].many ? plural(rt->resource) :
	    str_of(rt->resource->schema->name));
}

/* "LedgerAccount" -> "ledger account", "dead-letters" -> "dead letters". */
static void
put_words(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char	 c = (unsigned char)s.p[i];

		if (isupper(c) && i > 0)
			buf_byte(out, ' ');
		buf_byte(out, isalnum(c) ? (char)tolower(c) : ' ');
	}
}

/* "List products", "Update an order": an imperative phrase. */
static void
put_summary(struct buf *out, const struct route *rt)
{
	struct str	 name = ops[rt->op].many ? plural(rt->resource) :
			    str_of(rt->resource->schema->name);

	buf_puts(out, ops[rt->op].title);
	if (!ops[rt->op].many)
		buf_puts(out, strchr("AEIOaeio", name.p[0]) != NULL ? " an" : " a");
	buf_byte(out, ' ');
	put_words(out, name);
}

/* Does a resource earlier in the table use the same name? */
static bool
name_taken(const struct document *d, const struct route *rt)
{
	for (const struct route *o = d->routes; o < rt; o++)
		if (o->resource != NULL && o->resource != rt->resource &&
		    (strcmp(o->resource->schema->name,
		    rt->resource->schema->name) == 0 ||
		    str_eq(plural(o->resource), plural(rt->resource))))
			return true;
	return false;
}

/* The description: what the operation does, and how old a cached answer may be. */
static void
print_description(struct document *d, const struct route *rt)
{
	const char	*more = rt->op == OP_NONE ? NULL : ops[rt->op].more;

	if (rt->cached.others_write && rt->method == HTTP_GET)
		json_fmt(d->out, "description", "%s%sOther programs write this table, too. "
		    "Their changes are visible within a second if the table is watched, "
		    "otherwise within %d s.", more == NULL ? "" : more,
		    more == NULL ? "" : " ", rt->cached.ttl);
	else if (more != NULL)
		json_text(d->out, "description", more);
}

static void
print_names(struct document *d, const struct route *rt)
{
	struct buf	 id, summary;

	buf_init(&id, d->arena);
	buf_init(&summary, d->arena);
	if (rt->op != OP_NONE && !name_taken(d, rt))
		put_resource_id(&id, rt);
	else
		put_path_id(&id, rt);
	json_str(d->out, "operationId", buf_view(&id));
	if (rt->op == OP_NONE || rt->doc != rt->resource->doc)
		buf_puts(&summary, rt->doc);
	else
		put_summary(&summary, rt);
	json_str(d->out, "summary", buf_view(&summary));
	if (!buf_ok(&id) || !buf_ok(&summary))
		d->out->failed = true;
	print_description(d, rt);
}

static const char *
tag_of(const struct document *d, const struct route *rt)
{
	return rt->resource != NULL ? plural(rt->resource).p : d->program;
}

/* Either scheme will do: log in here, or bring a token from elsewhere. */
static void
print_requirement(struct document *d, struct str scope)
{
	static const char *const schemes[] = { "oauth2", "bearer" };

	for (size_t i = 0; i < NELEMS(schemes); i++) {
		json_open(d->out, NULL, '{');
		json_open(d->out, schemes[i], '[');
		if (scope.n > 0)
			json_str(d->out, NULL, scope);
		json_close(d->out, "]}");
	}
}

/* A requirement that every request meets. */
static void
print_anonymous(struct document *d)
{
	json_open(d->out, NULL, '{');
	json_close(d->out, "}");
}

/*
 * Public routes have an empty list.  An empty requirement first means that a token is
 * optional and shows more.  Otherwise each requirement names one scope that will do.
 */
static void
print_security(struct document *d, const struct route *rt)
{
	const struct resource	*r = rt->resource;
	bool			 open = strcmp(rt->scope, SCOPE_NONE) == 0;

	json_open(d->out, "security", '[');
	if (open && rt->op == OP_GET && r->admin_scope != NULL) {
		print_anonymous(d);
		print_requirement(d, STR(""));
		print_requirement(d, str_of(r->admin_scope));
	} else if (open && rt->op == OP_GET && r->visible != NULL && r->write != NULL) {
		print_anonymous(d);
		print_requirement(d, str_of(r->write));
	} else if (strcmp(rt->scope, SCOPE_CLIENT) == 0) {
		json_open(d->out, NULL, '{');
		json_open(d->out, "client", '[');
		json_close(d->out, "]}");
		print_anonymous(d);
	} else if (!open) {
		struct str	 rest = str_of(strcmp(rt->scope, SCOPE_OWN) == 0 ?
				    "" : rt->scope);

		while (rest.p != NULL)
			print_requirement(d, str_cut(&rest, ' '));
	}
	json_close(d->out, "]");
}

static void
print_body_schema(struct document *d, const struct route *rt)
{
	const struct resource	*r = rt->resource;

	if (rt->form != NULL) {
		openapi_schema_ref_as(d, "schema", rt->form, NULL, FORM_INPUT);
	} else if (rt->op == OP_NONE) {
		openapi_schema_ref_as(d, "schema", rt->body, NULL,
		    rt->method == HTTP_PATCH ? FORM_PATCH : FORM_INPUT);
	} else if (rt->op == OP_CREATE) {
		json_open(d->out, "schema", '{');
		json_open(d->out, "oneOf", '[');
		openapi_schema_ref_as(d, NULL, r->schema, r, FORM_CREATE);
		openapi_schema_ref_as(d, NULL, r->schema, r, FORM_BATCH);
		json_close(d->out, "]}");
	} else {
		openapi_schema_ref_as(d, "schema", r->schema, r,
		    rt->op == OP_PATCH ? FORM_PATCH : FORM_REPLACE);
	}
}

static void
print_body(struct document *d, const struct route *rt)
{
	if ((openapi_traits(rt) & (TRAIT_BODY | TRAIT_FORM)) == 0)
		return;
	json_open(d->out, "requestBody", '{');
	json_boolean(d->out, "required", true);
	json_open(d->out, "content", '{');
	json_open(d->out, route_body_type(rt), '{');
	print_body_schema(d, rt);
	json_close(d->out, "}}}");
}

/* The headers of every response of this route. */
static unsigned
common_headers(const struct route *rt)
{
	return (openapi_traits(rt) & TRAIT_LIMIT ? HEADER_LIMIT : 0) |
	    (rt->deprecated != NULL ? HEADER_DEPRECATED : 0) |
	    (rt->sunset != NULL ? HEADER_SUNSET : 0);
}

static void
print_deprecation(struct document *d, const struct route *rt)
{
	if (rt->deprecated != NULL)
		json_boolean(d->out, "deprecated", true);
	if (rt->sunset != NULL)
		json_text(d->out, "x-sunset", rt->sunset);
}

static void
print_operation(struct document *d, const struct route *rt)
{
	struct buf	 method;

	buf_init(&method, d->arena);
	put_method(&method, rt->method);
	json_open(d->out, buf_ok(&method) ? method.p : "", '{');
	print_names(d, rt);
	json_open(d->out, "tags", '[');
	json_text(d->out, NULL, tag_of(d, rt));
	json_close(d->out, "]");
	openapi_params(d, rt);
	print_body(d, rt);
	d->common_headers = common_headers(rt);
	json_open(d->out, "responses", '{');
	response_success(d, rt);
	response_errors(d, rt);
	json_close(d->out, "}");
	d->common_headers = 0;
	print_security(d, rt);
	print_deprecation(d, rt);
	json_close(d->out, "}");
}

/* Each path once, in the order of its first route, with all its methods. */
static void
print_paths(struct document *d)
{
	const struct route	*end = d->routes + d->nroutes, *rt, *at;

	json_open(d->out, "paths", '{');
	for (rt = d->routes; rt < end; rt++) {
		for (at = d->routes; strcmp(at->path, rt->path) != 0; at++)
			;
		if (at != rt)
			continue;
		json_open(d->out, rt->path, '{');
		for (at = rt; at < end; at++)
			if (strcmp(at->path, rt->path) == 0)
				print_operation(d, at);
		json_close(d->out, "}");
	}
	json_close(d->out, "}");
}

static void
print_tags(struct document *d)
{
	const struct route	*end = d->routes + d->nroutes, *rt, *at;

	json_open(d->out, "tags", '[');
	for (rt = d->routes; rt < end; rt++) {
		for (at = d->routes; strcmp(tag_of(d, at), tag_of(d, rt)) != 0; at++)
			;
		if (at != rt)
			continue;
		json_open(d->out, NULL, '{');
		json_text(d->out, "name", tag_of(d, rt));
		if (rt->resource != NULL && rt->resource->doc != NULL)
			json_text(d->out, "description", rt->resource->doc);
		json_close(d->out, "}");
	}
	json_close(d->out, "]");
}

static void
print_info(struct document *d)
{
	json_open(d->out, "info", '{');
	json_text(d->out, "title", "Brisk");
	json_text(d->out, "version", "1");
	json_text(d->out, "summary", "The API of this installation");
	json_close(d->out, "}");
}

void
openapi_print(struct buf *out, const char *program, const char *base_url,
    const struct route *routes, size_t nroutes)
{
	struct document	 d = { .out = out, .arena = out->arena, .program = program,
			    .routes = routes, .nroutes = nroutes };

	json_open(out, NULL, '{');
	json_text(out, "openapi", "3.1.0");
	print_info(&d);
	json_open(out, "servers", '[');
	json_open(out, NULL, '{');
	json_text(out, "url", base_url == NULL || base_url[0] == '\0' ? "/" : base_url);
	json_close(out, "}]");
	print_tags(&d);
	print_paths(&d);
	openapi_components(&d);
	json_close(out, "}");
}
