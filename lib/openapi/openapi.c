/* openapi - the document: operations, and what they refer to. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "openapi/private.h"
#include "crypto/scope.h"

/* What each operation of a resource is called and does. */
static const struct {
	const char	*verb;
	bool		 many;
	const char	*says, *more;
} ops[] = {
	[OP_LIST]	= { "list", true, "List",
	    "A page, in a declared order. HEAD answers the same headers, OPTIONS the methods." },
	[OP_CREATE]	= { "create", false, "Create",
	    "One, or a batch that is made as a whole or not at all." },
	[OP_GET]	= { "get", false, "Get",
	    "HEAD answers the same headers, OPTIONS the methods." },
	[OP_PATCH]	= { "update", false, "Change members of",
	    "A merge patch (RFC 7396): what is not named stays, null clears." },
	[OP_PUT]	= { "replace", false, "Replace",
	    "What is not named is cleared." },
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

/* Has a resource in front of this one a schema of the same name? */
static bool
name_taken(const struct page *p, const struct route *rt)
{
	for (const struct route *o = p->routes; o < rt; o++)
		if (o->resource != NULL && o->resource != rt->resource &&
		    (strcmp(o->resource->schema->name,
		    rt->resource->schema->name) == 0 ||
		    str_eq(plural(o->resource), plural(rt->resource))))
			return true;
	return false;
}

/* What there is to say beyond its name; how old an answer may be, if it may. */
static void
print_more(struct page *p, const struct route *rt)
{
	const char	*more = rt->op == OP_NONE ? NULL : ops[rt->op].more;

	if (rt->cached.others_write && rt->method == HTTP_GET)
		json_fmt(p->out, "description", "%s%sOthers write this table, too: what "
		    "they change is shown within a second where it is watched, else "
		    "within %d s.", more == NULL ? "" : more, more == NULL ? "" : " ",
		    rt->cached.ttl);
	else if (more != NULL)
		json_text(p->out, "description", more);
}

static void
print_names(struct page *p, const struct route *rt)
{
	struct buf	 id;
	const char	*thing = rt->resource == NULL ? NULL :
			    ops[rt->op].many ? plural(rt->resource).p :
			    rt->resource->schema->name;

	buf_init(&id, p->arena);
	if (rt->op != OP_NONE && !name_taken(p, rt))
		put_resource_id(&id, rt);
	else
		put_path_id(&id, rt);
	json_text(p->out, "operationId", buf_ok(&id) ? id.p : "");
	if (rt->op == OP_NONE || rt->doc != rt->resource->doc)
		json_text(p->out, "summary", rt->doc);
	else
		json_fmt(p->out, "summary", "%s %s", ops[rt->op].says, thing);
	print_more(p, rt);
}

static const char *
tag_of(const struct page *p, const struct route *rt)
{
	return rt->resource != NULL ? plural(rt->resource).p : p->program;
}

/* Either scheme: log in here, or bring a token from elsewhere. */
static void
print_need(struct page *p, struct str scope)
{
	static const char *const schemes[] = { "oauth2", "bearer" };

	for (size_t i = 0; i < NELEMS(schemes); i++) {
		json_open(p->out, NULL, '{');
		json_open(p->out, schemes[i], '[');
		if (scope.n > 0)
			buf_json(p->out, scope);
		buf_puts(p->out, "]}");
	}
}

/* Public; public, but some see more; any token; a token with one of some scopes. */
static void
print_security(struct page *p, const struct route *rt)
{
	const struct resource	*r = rt->resource;
	bool			 open = strcmp(rt->scope, SCOPE_NONE) == 0;

	json_open(p->out, "security", '[');
	if (open && rt->op == OP_GET && r->admin_scope != NULL) {
		json_raw(p->out, NULL, "{}");
		print_need(p, STR(""));
		print_need(p, str_of(r->admin_scope));
	} else if (open && rt->op == OP_GET && r->visible != NULL && r->write != NULL) {
		json_raw(p->out, NULL, "{}");
		print_need(p, str_of(r->write));
	} else if (strcmp(rt->scope, SCOPE_CLIENT) == 0) {
		json_raw(p->out, NULL, "{\"client\":[]},{}");
	} else if (!open) {
		struct str	 rest = str_of(strcmp(rt->scope, SCOPE_OWN) == 0 ?
				    "" : rt->scope);

		while (rest.p != NULL)
			print_need(p, str_cut(&rest, ' '));
	}
	buf_byte(p->out, ']');
}

static void
print_body_schema(struct page *p, const struct route *rt)
{
	const struct resource	*r = rt->resource;

	if (rt->form != NULL) {
		openapi_schema_ref_as(p, "schema", rt->form, NULL, FORM_INPUT);
	} else if (rt->op == OP_NONE) {
		openapi_schema_ref_as(p, "schema", rt->body, NULL,
		    rt->method == HTTP_PATCH ? FORM_PATCH : FORM_INPUT);
	} else if (rt->op == OP_CREATE) {
		json_raw(p->out, NULL, "\"schema\":{\"oneOf\":[");
		openapi_schema_ref_as(p, NULL, r->schema, r, FORM_CREATE);
		openapi_schema_ref_as(p, NULL, r->schema, r, FORM_BATCH);
		buf_puts(p->out, "]}");
	} else {
		openapi_schema_ref_as(p, "schema", r->schema, r,
		    rt->op == OP_PATCH ? FORM_PATCH : FORM_REPLACE);
	}
}

static void
print_body(struct page *p, const struct route *rt)
{
	if ((openapi_traits(rt) & (TRAIT_BODY | TRAIT_FORM)) == 0)
		return;
	json_open(p->out, "requestBody", '{');
	json_raw(p->out, "required", "true");
	json_open(p->out, "content", '{');
	json_open(p->out, route_body_type(rt), '{');
	print_body_schema(p, rt);
	buf_puts(p->out, "}}}");
}

/* On all that this route answers. */
static unsigned
headers_of(const struct route *rt)
{
	return (openapi_traits(rt) & TRAIT_LIMIT ? HEADER_LIMIT : 0) |
	    (rt->deprecated != NULL ? HEADER_DEPRECATED : 0) |
	    (rt->sunset != NULL ? HEADER_SUNSET : 0);
}

static void
print_retirement(struct page *p, const struct route *rt)
{
	if (rt->deprecated != NULL)
		json_raw(p->out, "deprecated", "true");
	if (rt->sunset != NULL)
		json_text(p->out, "x-sunset", rt->sunset);
}

static void
print_operation(struct page *p, const struct route *rt)
{
	json_key(p->out, NULL);
	buf_byte(p->out, '"');
	put_method(p->out, rt->method);
	buf_puts(p->out, "\":{");
	print_names(p, rt);
	json_open(p->out, "tags", '[');
	json_text(p->out, NULL, tag_of(p, rt));
	buf_byte(p->out, ']');
	openapi_params(p, rt);
	print_body(p, rt);
	p->every = headers_of(rt);
	json_open(p->out, "responses", '{');
	response_success(p, rt);
	response_errors(p, rt);
	buf_byte(p->out, '}');
	p->every = 0;
	print_security(p, rt);
	print_retirement(p, rt);
	buf_byte(p->out, '}');
}

/* Each path once, where its first route stands, with all its methods. */
static void
print_paths(struct page *p)
{
	const struct route	*end = p->routes + p->nroutes, *rt, *at;

	json_open(p->out, "paths", '{');
	for (rt = p->routes; rt < end; rt++) {
		for (at = p->routes; strcmp(at->path, rt->path) != 0; at++)
			;
		if (at != rt)
			continue;
		json_open(p->out, rt->path, '{');
		for (at = rt; at < end; at++)
			if (strcmp(at->path, rt->path) == 0)
				print_operation(p, at);
		buf_byte(p->out, '}');
	}
	buf_byte(p->out, '}');
}

static void
print_tags(struct page *p)
{
	const struct route	*end = p->routes + p->nroutes, *rt, *at;

	json_open(p->out, "tags", '[');
	for (rt = p->routes; rt < end; rt++) {
		for (at = p->routes; strcmp(tag_of(p, at), tag_of(p, rt)) != 0; at++)
			;
		if (at != rt)
			continue;
		json_open(p->out, NULL, '{');
		json_text(p->out, "name", tag_of(p, rt));
		if (rt->resource != NULL && rt->resource->doc != NULL)
			json_text(p->out, "description", rt->resource->doc);
		buf_byte(p->out, '}');
	}
	buf_byte(p->out, ']');
}

static void
print_problem_code(struct page *p)
{
	json_open(p->out, "code", '{');
	json_text(p->out, "type", "string");
	json_text(p->out, "description", "What went wrong, for programs; stable. "
	    "Each response names those it may carry; a program may meet new ones.");
	json_open(p->out, "x-codes", '{');
	for (const struct problem *pr = problem_table; pr->code != NULL; pr++)
		json_text(p->out, pr->code, pr->title);
	buf_puts(p->out, "}}");
}

/* RFC 9457, with our code and the faults of the request. */
static void
print_problem(struct page *p)
{
	json_raw(p->out, NULL, "\"Problem\":{\"type\":\"object\",\"description\":"
	    "\"RFC 9457\",\"required\":[\"type\",\"title\",\"status\",\"code\"],"
	    "\"properties\":{\"type\":{\"type\":\"string\",\"format\":\"uri-reference\","
	    "\"description\":\"A page about this code\"},"
	    "\"title\":{\"type\":\"string\",\"description\":\"The same for each code\"},"
	    "\"status\":{\"type\":\"integer\",\"minimum\":400,\"maximum\":599}");
	print_problem_code(p);
	json_raw(p->out, NULL, "\"detail\":{\"type\":\"string\",\"description\":"
	    "\"For a person\"},\"instance\":{\"type\":\"string\",\"format\":\"uri\","
	    "\"description\":\"urn:uuid: and the request's id\"},"
	    "\"errors\":{\"type\":\"array\",\"maxItems\":20,\"items\":"
	    "{\"$ref\":\"#/components/schemas/Fault\"}}},"
	    "\"examples\":[{\"type\":\"/problems/validation-failed\","
	    "\"title\":\"The request is not valid\",\"status\":422,"
	    "\"code\":\"validation_failed\",\"errors\":[{\"pointer\":\"#/name\","
	    "\"code\":\"too_short\",\"detail\":\"must be at least 1 characters\"}]}]}");
	json_raw(p->out, NULL, "\"Fault\":{\"type\":\"object\",\"description\":"
	    "\"One fault and its place: a pointer into the body, a parameter or a "
	    "header\",\"required\":[\"code\",\"detail\"],\"properties\":{"
	    "\"pointer\":{\"type\":\"string\",\"description\":"
	    "\"JSON Pointer in URI-fragment form\"},"
	    "\"parameter\":{\"type\":\"string\"},\"header\":{\"type\":\"string\"},"
	    "\"code\":{\"type\":\"string\"},\"detail\":{\"type\":\"string\"}}}");
}

static void
print_flow(struct page *p, const char *name, bool refreshed)
{
	json_open(p->out, name, '{');
	json_text(p->out, "tokenUrl", "/oauth2/token");
	if (refreshed)
		json_text(p->out, "refreshUrl", "/oauth2/token");
	json_open(p->out, "scopes", '{');
	for (const struct scope *s = scope_table; s->name != NULL; s++)
		json_text(p->out, s->name, s->doc);
	buf_puts(p->out, "}}");
}

static void
print_security_schemes(struct page *p)
{
	json_open(p->out, "securitySchemes", '{');
	json_raw(p->out, NULL, "\"oauth2\":{\"type\":\"oauth2\",\"description\":"
	    "\"Log in here: as a user, with the public client `docs`; or as a "
	    "client of one's own\"");
	json_open(p->out, "flows", '{');
	print_flow(p, "password", true);
	print_flow(p, "clientCredentials", false);
	buf_puts(p->out, "}}");
	json_raw(p->out, NULL, "\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\","
	    "\"bearerFormat\":\"JWT\",\"description\":\"An access token (RFC 9068) that "
	    "one has already; operations name the scope it must carry\"}");
	json_raw(p->out, NULL, "\"client\":{\"type\":\"http\",\"scheme\":\"basic\","
	    "\"description\":\"A client's id and secret; both can be in the form "
	    "instead, and a public client sends its id there\"}");
	buf_byte(p->out, '}');
}

/* Schemas and responses come last: by then all that is referred to is known. */
static void
print_components(struct page *p)
{
	json_open(p->out, "components", '{');
	json_open(p->out, "schemas", '{');
	print_problem(p);
	openapi_schema_print_all(p);
	buf_byte(p->out, '}');
	response_print_all(p);
	response_print_problems(p);
	openapi_params_all(p);
	print_security_schemes(p);
	buf_byte(p->out, '}');
}

void
openapi_print(struct buf *out, const char *program, const char *base_url,
    const struct route *routes, size_t nroutes)
{
	struct page	 p = { .out = out, .arena = out->arena, .program = program,
			    .routes = routes, .nroutes = nroutes };

	json_raw(out, NULL, "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Brisk\","
	    "\"version\":\"1\",\"summary\":\"What the handlers of this installation "
	    "answer\"}");
	json_open(out, "servers", '[');
	json_open(out, NULL, '{');
	json_text(out, "url", base_url == NULL || base_url[0] == '\0' ? "/" : base_url);
	buf_puts(out, "}]");
	print_tags(&p);
	print_paths(&p);
	print_components(&p);
	buf_byte(out, '}');
}
