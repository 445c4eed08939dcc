/* openapi/response - the error responses of an operation, with their codes. */
#include <stdio.h>
#include <stdlib.h>

#include "openapi/response.h"
#include "openapi/scalar.h"
#include "openapi/schema.h"

#define MAX_OWN	16	/* codes of one operation for one status */

/*
 * Errors that the library answers for any route with one of the traits `when`; 0: for
 * every route.  problem_table has the status.
 */
static const struct {
	const char	*code;
	unsigned	 when;
} common_errors[] = {
	{ "invalid_parameter", 0 },
	{ "invalid_request", 0 },
	{ "invalid_header", TRAIT_MATCH | TRAIT_IDEM },
	{ "idempotency_key_missing", TRAIT_IDEM_DUE },
	{ "unexpected_body", TRAIT_BARE },
	{ "malformed_json", TRAIT_BODY },
	{ "duplicate_key", TRAIT_BODY },
	{ "invalid_utf8", TRAIT_BODY },
	{ "too_deep", TRAIT_BODY },
	{ "incomplete_body", TRAIT_BODY | TRAIT_FORM },
	{ "unauthenticated", TRAIT_TOKEN },	/* also for a scheme other than Bearer */
	{ "invalid_token", TRAIT_TOKEN },
	{ "insufficient_scope", TRAIT_SCOPE },
	{ "not_found", TRAIT_KEYS },
	{ "method_not_allowed", 0 },
	{ "not_acceptable", 0 },
	{ "conflict", TRAIT_WRITE },
	{ "idempotency_in_progress", TRAIT_IDEM },
	{ "precondition_failed", TRAIT_MATCH },
	{ "body_too_large", TRAIT_BODY | TRAIT_FORM },
	{ "unsupported_media_type", TRAIT_BODY | TRAIT_FORM },
	{ "validation_failed", TRAIT_BODY },
	{ "idempotency_key_reused", TRAIT_IDEM },
	{ "precondition_required", TRAIT_MATCH },
	{ "quota_exceeded", TRAIT_LIMIT },
	{ "internal", 0 },
	{ "unavailable", 0 },
};

/*
 * Error responses as components.  Routes that differ in a trait of `varies` have
 * different components.  `keyed`: headers that TRAIT_IDEM adds.
 */
static const struct {
	enum http_status	 status;
	const char		*name;
	unsigned		 varies, headers, keyed;
	const char		*doc;
} statuses[] = {
	{ HTTP_NOT_MODIFIED, "NotModified", 0,
	  HEADER_ETAG | HEADER_CACHE | HEADER_APPLIED, 0,
	  "Your version is current; no body" },
	{ HTTP_BAD_REQUEST, "BadRequest", TRAIT_BODY | TRAIT_MATCH | TRAIT_FORM |
	  TRAIT_IDEM | TRAIT_IDEM_DUE, 0, 0, "The request is malformed" },
	{ HTTP_UNAUTHORIZED, "Unauthorized", 0, HEADER_CHALLENGE, 0,
	  "The token is missing, invalid or expired" },
	{ HTTP_PAYMENT_REQUIRED, "PaymentRequired", TRAIT_IDEM, 0, HEADER_REPLAYED,
	  "The payment failed" },
	{ HTTP_FORBIDDEN, "Forbidden", 0, HEADER_CHALLENGE, 0,
	  "The token lacks a required scope" },
	{ HTTP_NOT_FOUND, "NotFound", TRAIT_IDEM, 0, HEADER_REPLAYED,
	  "No such resource, or you may not see it" },
	{ HTTP_METHOD_NOT_ALLOWED, "MethodNotAllowed", 0, HEADER_ALLOW, 0,
	  "The path does not have this method; see Allow" },
	{ HTTP_NOT_ACCEPTABLE, "NotAcceptable", 0, 0, 0,
	  "Accept excludes the only media type available" },
	{ HTTP_CONFLICT, "Conflict", TRAIT_IDEM, 0, HEADER_REPLAYED | HEADER_RETRY,
	  "The request conflicts with the current state" },
	{ HTTP_PRECONDITION_FAILED, "PreconditionFailed", 0, HEADER_ETAG, 0,
	  "The row has changed since the version in If-Match; ETag holds the current version" },
	{ HTTP_TOO_LARGE, "TooLarge", 0, 0, 0, "The body is too large" },
	{ HTTP_UNSUPPORTED, "UnsupportedMediaType", 0, HEADER_TAKES, 0,
	  "The content type or content coding is not supported" },
	{ HTTP_UNPROCESSABLE, "Unprocessable", TRAIT_BODY | TRAIT_IDEM, 0, HEADER_REPLAYED,
	  "The values are not valid; `errors` lists each error and its place" },
	{ HTTP_PRECONDITION_REQUIRED, "PreconditionRequired", 0, 0, 0,
	  "If-Match is missing" },
	{ HTTP_TOO_MANY, "TooManyRequests", 0, HEADER_RETRY | HEADER_LIMIT, 0,
	  "Too many requests" },
	{ HTTP_INTERNAL, "InternalError", 0, 0, 0, "An error in the server; the log has the details" },
	{ HTTP_UNAVAILABLE, "Unavailable", 0, HEADER_RETRY, 0,
	  "The server is overloaded, or the database is unreachable" },
};

static const struct { enum trait bit; const char *word; } trait_words[] = {
	{ TRAIT_BODY, "Body" }, { TRAIT_MATCH, "Match" }, { TRAIT_FORM, "Form" },
	{ TRAIT_IDEM, "Keyed" }, { TRAIT_IDEM_DUE, "Due" },
};

static size_t
status_row(int status)
{
	size_t	 i = 0;

	while (i < NELEMS(statuses) && (int)statuses[i].status != status)
		i++;
	return i;
}

unsigned
openapi_traits(const struct route *rt)
{
	unsigned	 traits = 0;
	bool		 body = rt->body != NULL || rt->op == OP_CREATE ||
			    rt->op == OP_PATCH || rt->op == OP_PUT;
	bool		 match = rt->op == OP_PATCH || rt->op == OP_PUT ||
			    rt->op == OP_DELETE || response_is_own(rt,
			    HTTP_PRECONDITION_REQUIRED, "precondition_required");

	traits |= body ? TRAIT_BODY : rt->form != NULL ? TRAIT_FORM : TRAIT_BARE;
	traits |= strcmp(rt->scope, SCOPE_CLIENT) != 0 ? TRAIT_TOKEN : 0;
	traits |= match ? TRAIT_MATCH : 0;
	traits |= rt->method != HTTP_GET ? TRAIT_WRITE : 0;
	traits |= strchr(rt->path, '{') != NULL ? TRAIT_KEYS : 0;
	if (strcmp(rt->scope, SCOPE_NONE) != 0 && strcmp(rt->scope, SCOPE_OWN) != 0 &&
	    (traits & TRAIT_TOKEN) != 0)
		traits |= TRAIT_SCOPE;
	traits |= route_limit(rt) != LIMIT_NONE ? TRAIT_LIMIT : 0;
	if (route_idempotency(rt) != IDEM_NONE)
		traits |= TRAIT_IDEM;
	if (route_idempotency(rt) == IDEM_REQUIRED)
		traits |= TRAIT_IDEM_DUE;
	return traits;
}

/* Split "409 cycle A row cannot be below itself."; returns the status. */
static int
problem_parts(const char *problem, struct openapi_problem *out)
{
	struct str	 rest = str_of(problem);

	str_cut(&rest, ' ');
	out->code = str_cut(&rest, ' ');
	out->doc = rest;
	return out->status = atoi(problem);
}

/* A set of codes of one status. */
struct codes {
	struct openapi_problem	 v[MAX_OWN];
	size_t			 n;
};

static void
codes_add(struct codes *c, struct openapi_problem one)
{
	for (size_t i = 0; i < c->n; i++)
		if (str_eq(c->v[i].code, one.code))
			return;
	if (one.code.n != 0 && c->n < MAX_OWN)
		c->v[c->n++] = one;
}

static void
codes_name(struct codes *c, int status, const char *code, const char *doc)
{
	codes_add(c, (struct openapi_problem){ .status = status,
	    .code = str_of(code), .doc = str_of(doc) });
}

static void
codes_listed(struct codes *c, const char *const *problem_list, int status)
{
	struct openapi_problem	 one;

	for (; problem_list != NULL && *problem_list != NULL; problem_list++)
		if (problem_parts(*problem_list, &one) == status)
			codes_add(c, one);
}

/* Codes of the declaration: unique fields, references, trees, the guard. */
static void
codes_declared(struct document *d, struct codes *c, const struct route *rt, int status)
{
	const struct resource	*r = rt->resource;
	enum openapi_form	 form = rt->op == OP_CREATE ? FORM_CREATE : FORM_PATCH;
	char			*code, *doc;

	if (r == NULL || rt->op == OP_LIST || rt->op == OP_GET || rt->op == OP_NONE)
		return;
	codes_listed(c, r->problems, status);
	if (status == HTTP_FORBIDDEN && rt->op == OP_CREATE && r->owner != NULL)
		codes_name(c, status, "not_a_user", "");
	if (status != HTTP_CONFLICT)
		return;
	if (rt->op == OP_DELETE) {
		codes_name(c, status, r->in_use != NULL ? r->in_use : "in_use",
		    "Other rows refer to this row. Delete or change them first.");
		return;
	}
	if (rt->op == OP_CREATE)
		codes_name(c, status, "already_exists", "");
	else if (r->tree.parent != NULL)
		codes_name(c, status, "cycle", "A row cannot be below itself. "
		    "Choose another parent.");
	for (const struct field *f = r->schema->fields; f->name != NULL; f++) {
		if ((f->flags & FIELD_UNIQUE) == 0 || !openapi_schema_shows(f, form))
			continue;
		code = arena_fmt(d->arena, "%s_taken", f->name);
		doc = arena_fmt(d->arena, "Another row has this %s already; it must be "
		    "unique. Choose another value.", f->name);
		if (code == NULL || doc == NULL)
			d->out->failed = true;
		else
			codes_name(c, status, code, doc);
	}
}

static int
code_status(const char *code)
{
	const struct problem	*pr = problem_find(str_of(code));

	return pr == NULL ? 0 : (int)pr->status;
}

static void
codes_common(struct codes *c, unsigned traits, int status)
{
	for (size_t i = 0; i < NELEMS(common_errors); i++)
		if ((common_errors[i].when == 0 || (common_errors[i].when & traits) != 0) &&
		    code_status(common_errors[i].code) == status)
			codes_name(c, status, common_errors[i].code, "");
}

bool
response_is_own(const struct route *rt, int status, const char *code)
{
	struct codes	 own = { .n = 0 };

	codes_listed(&own, rt->problems, status);
	for (size_t i = 0; i < own.n; i++)
		if (str_is(own.v[i].code, code))
			return true;
	return false;
}

/* "code":{"type":"string","enum":[...]} */
static void
print_code_member(struct document *d, const char *name, const struct codes *c)
{
	json_open(d->out, name, '{');
	json_text(d->out, "type", "string");
	json_open(d->out, "enum", '[');
	for (size_t i = 0; i < c->n; i++)
		json_str(d->out, NULL, c->v[i].code);
	json_close(d->out, "]}");
}

/* "content":{TYPE:{"schema":{ */
static void
open_content(struct document *d, const char *type)
{
	json_open(d->out, "content", '{');
	json_open(d->out, type, '{');
	json_open(d->out, "schema", '{');
}

/* "type":"object","required":[NAME],"properties":{ */
static void
open_members(struct document *d, const char *required)
{
	json_text(d->out, "type", "object");
	json_open(d->out, "required", '[');
	json_text(d->out, NULL, required);
	json_close(d->out, "]");
	json_open(d->out, "properties", '{');
}

/* The shared schema Problem, narrowed to these codes. */
static void
print_problem(struct document *d, const struct codes *c)
{
	open_content(d, "application/problem+json");
	json_open(d->out, "allOf", '[');
	json_open(d->out, NULL, '{');
	json_text(d->out, "$ref", "#/components/schemas/Problem");
	json_close(d->out, "}");
	json_open(d->out, NULL, '{');
	open_members(d, "code");
	print_code_member(d, "code", c);
	json_close(d->out, "}}]}}}");
}

/* Remember codes that problem_table lacks; they are described once, at the end. */
static void
codes_note(struct document *d, const struct codes *c)
{
	struct openapi_problem	**at, *one;

	for (size_t i = 0; i < c->n; i++) {
		one = arena_new(d->arena, struct openapi_problem);
		if (one == NULL) {
			d->out->failed = true;
			return;
		}
		*one = c->v[i];
		one->next = NULL;
		for (at = &d->problems; *at != NULL; at = &(*at)->next)
			if (str_eq((*at)->code, one->code))
				break;
		if (*at == NULL && problem_find(one->code) == NULL)
			*at = one;
	}
}

void
response_print_problems(struct document *d)
{
	struct buf	 code;

	json_open(d->out, "x-problems", '{');
	for (const struct openapi_problem *t = d->problems; t != NULL; t = t->next) {
		buf_init(&code, d->arena);
		buf_str(&code, t->code);
		json_open(d->out, buf_ok(&code) ? code.p : "", '{');
		json_int(d->out, "status", t->status);
		json_str(d->out, "title", problem_title(d->arena, t->code));
		if (t->doc.n > 0)
			json_str(d->out, "description", t->doc);
		json_close(d->out, "}");
	}
	json_close(d->out, "}");
}

/* The error object of OAuth (RFC 6749 section 5.2). */
static void
print_oauth(struct document *d, int status, const struct codes *c)
{
	struct codes	 oauth = { .n = 0 };
	struct str	 code;

	for (size_t i = 0; i < c->n; i++) {
		code = arena_copy(d->arena, c->v[i].code);
		if (code.p != NULL)
			codes_name(&oauth, status, problem_oauth_code(status, code.p), "");
	}
	open_content(d, "application/json");
	open_members(d, "error");
	print_code_member(d, "error", &oauth);
	scalar_print(d, "error_description", &(struct scalar){ .type = "string" });
	json_close(d->out, "}}}}");
}

/* The members of an error response. */
static void
print_error(struct document *d, int status, unsigned traits, const struct codes *c,
    enum refuse_as format)
{
	size_t		 row = status_row(status);
	bool		 known = row < NELEMS(statuses);
	unsigned	 bits = known ? statuses[row].headers : 0;

	if (known && (traits & TRAIT_IDEM) != 0)
		bits |= statuses[row].keyed;
	json_text(d->out, "description", known ? statuses[row].doc :
	    http_reason(status));
	response_headers(d, bits);
	if (c->n != 0 && format == REFUSE_OAUTH)
		print_oauth(d, status, c);
	else if (c->n != 0)
		print_problem(d, c);
}

static void
component_name(struct document *d, size_t row, unsigned traits, struct buf *out)
{
	buf_init(out, d->arena);
	buf_puts(out, statuses[row].name);
	for (size_t i = 0; i < NELEMS(trait_words); i++)
		if ((traits & statuses[row].varies & trait_words[i].bit) != 0)
			buf_puts(out, trait_words[i].word);
	if (!buf_ok(out))
		d->out->failed = true;
}

/* Refer to a shared response, which is printed once, at the end. */
static void
print_shared(struct document *d, int status, unsigned traits)
{
	size_t		  row = status_row(status);
	struct response	**at = &d->responses, *a;
	struct buf	  name;
	unsigned	  kept = traits & statuses[row].varies;

	component_name(d, row, traits, &name);
	json_fmt(d->out, "$ref", "#/components/responses/%s",
	    buf_ok(&name) ? name.p : "");
	for (; (a = *at) != NULL; at = &a->next)
		if (a->status == status &&
		    (a->traits & statuses[row].varies) == kept)
			return;
	if ((a = arena_new(d->arena, struct response)) == NULL) {
		d->out->failed = true;
		return;
	}
	*a = (struct response){ .status = status, .traits = traits };
	*at = a;
}

/* One status, if the route can answer it; shared, unless it has codes of its own. */
static void
print_status(struct document *d, const struct route *rt, int status)
{
	struct codes	 c = { .n = 0 };
	size_t		 common;

	codes_common(&c, openapi_traits(rt), status);
	common = c.n;
	codes_listed(&c, rt->problems, status);
	codes_declared(d, &c, rt, status);
	if (c.n == 0)
		return;
	if (rt->refusal == REFUSE_PROBLEM)
		codes_note(d, &c);
	response_open(d, status);
	if (c.n == common && status_row(status) < NELEMS(statuses) &&
	    rt->refusal == REFUSE_PROBLEM)
		print_shared(d, status, openapi_traits(rt));
	else
		print_error(d, status, openapi_traits(rt), &c, rt->refusal);
	json_close(d->out, "}");
}

void
response_open(struct document *d, int status)
{
	char	 name[16];

	(void)snprintf(name, sizeof(name), "%d", status);
	json_open(d->out, name, '{');
}

void
response_errors(struct document *d, const struct route *rt)
{
	for (int status = 400; status < 600; status++)
		print_status(d, rt, status);
}

void
response_not_modified(struct document *d)
{
	json_open(d->out, "304", '{');
	print_shared(d, HTTP_NOT_MODIFIED, 0);
	json_close(d->out, "}");
}

void
response_print_all(struct document *d)
{
	json_open(d->out, "responses", '{');
	for (const struct response *a = d->responses; a != NULL; a = a->next) {
		struct codes	 c = { .n = 0 };
		struct buf	 name;

		component_name(d, status_row(a->status), a->traits, &name);
		codes_common(&c, a->traits, a->status);
		json_open(d->out, buf_ok(&name) ? name.p : "", '{');
		print_error(d, a->status, a->traits, &c, REFUSE_PROBLEM);
		json_close(d->out, "}");
	}
	json_close(d->out, "}");
	response_headers_all(d);
}
