/* openapi_answer - every answer an operation can give, refusals by their codes. */
#include <stdlib.h>

#include "openapi/private.h"

#define MAX_OWN	16	/* codes of a route's own, for one status */

/*
 * Refusals that any route may make by itself, in no table of its own; `when`:
 * one trait, or 0 for all.  The status is that of problems[]; what is not
 * there is not answered.
 */
static const struct {
	const char	*code;
	unsigned	 when;
} refusals[] = {
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
	{ "unauthenticated", TRAIT_TOKEN },	/* for another scheme than Bearer, too */
	{ "invalid_token", TRAIT_TOKEN },
	{ "insufficient_scope", TRAIT_SCOPE },
	{ "not_found", TRAIT_KEYS },
	{ "method_not_allowed", 0 },
	{ "not_acceptable", 0 },
	{ "conflict", TRAIT_WRITE },
	{ "idempotency_in_progress", TRAIT_IDEM },
	{ "length_required", TRAIT_BODY | TRAIT_FORM },
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
 * Statuses as components: `varies` are the traits that make another of it,
 * `keyed` the headers that TRAIT_IDEM adds.
 */
static const struct {
	enum http_status	 status;
	const char		*name;
	unsigned		 varies, headers, keyed;
	const char		*doc;
} statuses[] = {
	{ HTTP_NOT_MODIFIED, "NotModified", 0,
	  HEADER_ETAG | HEADER_CACHE | HEADER_APPLIED, 0,
	  "What you have is still true; no body" },
	{ HTTP_BAD_REQUEST, "BadRequest", TRAIT_BODY | TRAIT_MATCH | TRAIT_FORM |
	  TRAIT_IDEM | TRAIT_IDEM_DUE, 0, 0, "The request can not be read" },
	{ HTTP_UNAUTHORIZED, "Unauthorized", 0, HEADER_CHALLENGE, 0,
	  "No token, or one that does not hold" },
	{ HTTP_PAYMENT_REQUIRED, "PaymentRequired", TRAIT_IDEM, 0, HEADER_REPLAYED,
	  "It was not paid" },
	{ HTTP_FORBIDDEN, "Forbidden", 0, HEADER_CHALLENGE, 0,
	  "The token lacks the scope" },
	{ HTTP_NOT_FOUND, "NotFound", TRAIT_IDEM, 0, HEADER_REPLAYED,
	  "There is no such thing, or not for you" },
	{ HTTP_METHOD_NOT_ALLOWED, "MethodNotAllowed", 0, HEADER_ALLOW, 0,
	  "Another method than this path has" },
	{ HTTP_NOT_ACCEPTABLE, "NotAcceptable", 0, 0, 0,
	  "Accept leaves out what there is" },
	{ HTTP_CONFLICT, "Conflict", TRAIT_IDEM, 0, HEADER_REPLAYED | HEADER_RETRY,
	  "Conflict" },
	{ HTTP_LENGTH_REQUIRED, "LengthRequired", 0, 0, 0, "Content-Length is missing" },
	{ HTTP_PRECONDITION_FAILED, "PreconditionFailed", 0, HEADER_ETAG, 0,
	  "It has changed since; ETag tells its state" },
	{ HTTP_TOO_LARGE, "TooLarge", 0, 0, 0, "The body is too long" },
	{ HTTP_UNSUPPORTED, "UnsupportedMediaType", 0, HEADER_TAKES, 0,
	  "Another content type or coding than it takes" },
	{ HTTP_UNPROCESSABLE, "Unprocessable", TRAIT_BODY | TRAIT_IDEM, 0, HEADER_REPLAYED,
	  "The values are not valid; `errors` names each and its place" },
	{ HTTP_PRECONDITION_REQUIRED, "PreconditionRequired", 0, 0, 0,
	  "If-Match is missing" },
	{ HTTP_TOO_MANY, "TooManyRequests", 0, HEADER_RETRY | HEADER_LIMIT, 0,
	  "Too many requests" },
	{ HTTP_INTERNAL, "InternalError", 0, 0, 0, "A fault of ours; it is in the log" },
	{ HTTP_UNAVAILABLE, "Unavailable", 0, HEADER_RETRY, 0,
	  "Overloaded, or the database is away" },
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

/* "409 cycle It would hang below itself." into its parts. */
static int
problem_parts(const char *problem, struct openapi_problem *told)
{
	struct str	 rest = str_of(problem);

	str_cut(&rest, ' ');
	told->code = str_cut(&rest, ' ');
	told->doc = rest;
	return told->status = atoi(problem);
}

/* Codes of one status, each once. */
struct codes {
	struct openapi_problem	 v[MAX_OWN];
	size_t			 n;
};

static void
codes_add(struct codes *c, struct openapi_problem told)
{
	for (size_t i = 0; i < c->n; i++)
		if (str_eq(c->v[i].code, told.code))
			return;
	if (told.code.n != 0 && c->n < MAX_OWN)
		c->v[c->n++] = told;
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
	struct openapi_problem	 told;

	for (; problem_list != NULL && *problem_list != NULL; problem_list++)
		if (problem_parts(*problem_list, &told) == status)
			codes_add(c, told);
}

/* What the resource's declaration adds: unique fields, rows in use, trees, its guard. */
static void
codes_declared(struct page *p, struct codes *c, const struct route *rt, int status)
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
		    "Others refer to it. Remove or change those first.");
		return;
	}
	if (rt->op == OP_CREATE)
		codes_name(c, status, "already_exists", "");
	else if (r->tree.parent != NULL)
		codes_name(c, status, "cycle", "It would hang on itself, or on "
		    "something that hangs on it. Choose another place.");
	for (const struct field *f = r->schema->fields; f->name != NULL; f++) {
		if ((f->flags & FIELD_UNIQUE) == 0 || !openapi_schema_shows(f, form))
			continue;
		code = arena_fmt(p->arena, "%s_taken", f->name);
		doc = arena_fmt(p->arena, "Another one has this %s already: it names "
		    "exactly one. Choose another.", f->name);
		if (code == NULL || doc == NULL)
			p->out->failed = true;
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
	for (size_t i = 0; i < NELEMS(refusals); i++)
		if ((refusals[i].when == 0 || (refusals[i].when & traits) != 0) &&
		    code_status(refusals[i].code) == status)
			codes_name(c, status, refusals[i].code, "");
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

/* A problem of one of these codes: the schema all share, and its `code`. */
static void
print_problem(struct page *p, const struct codes *c)
{
	buf_puts(p->out, ",\"content\":{\"application/problem+json\":{\"schema\":"
	    "{\"allOf\":[{\"$ref\":\"#/components/schemas/Problem\"},"
	    "{\"type\":\"object\",\"required\":[\"code\"],"
	    "\"properties\":{\"code\":{\"type\":\"string\",\"enum\":[");
	for (size_t i = 0; i < c->n; i++) {
		json_item(p->out);
		buf_json(p->out, c->v[i].code);
	}
	buf_puts(p->out, "]}}}]}}}");
}

/* Codes that are not the library's are explained once, at the end. */
static void
codes_note(struct page *p, const struct codes *c)
{
	struct openapi_problem	**at, *one;

	for (size_t i = 0; i < c->n; i++) {
		one = arena_new(p->arena, struct openapi_problem);
		if (one == NULL) {
			p->out->failed = true;
			return;
		}
		*one = c->v[i];
		one->next = NULL;
		for (at = &p->told; *at != NULL; at = &(*at)->next)
			if (str_eq((*at)->code, one->code))
				break;
		if (*at == NULL && problem_find(one->code) == NULL)
			*at = one;
	}
}

void
response_print_problems(struct page *p)
{
	struct str	 title;

	json_open(p->out, "x-problems", '{');
	for (const struct openapi_problem *t = p->told; t != NULL; t = t->next) {
		json_item(p->out);
		buf_json(p->out, t->code);
		buf_fmt(p->out, ":{\"status\":%d,\"title\":", t->status);
		title = problem_title(p->arena, t->code);
		buf_json(p->out, title);
		if (t->doc.n > 0) {
			buf_puts(p->out, ",\"description\":");
			buf_json(p->out, t->doc);
		}
		buf_byte(p->out, '}');
	}
	buf_byte(p->out, '}');
}

/* The same in the words of RFC 6749. */
static void
print_oauth(struct page *p, int status, const struct codes *c)
{
	struct codes	 words = { .n = 0 };
	struct str	 code;

	for (size_t i = 0; i < c->n; i++) {
		code = arena_copy(p->arena, c->v[i].code);
		if (code.p != NULL)
			codes_name(&words, status, problem_oauth_code(status, code.p), "");
	}
	json_raw(p->out, NULL, "\"content\":{\"application/json\":{\"schema\":"
	    "{\"type\":\"object\",\"required\":[\"error\"],\"properties\":{"
	    "\"error\":{\"type\":\"string\",\"enum\":[");
	for (size_t i = 0; i < words.n; i++) {
		json_item(p->out);
		buf_json(p->out, words.v[i].code);
	}
	buf_puts(p->out, "]},\"error_description\":{\"type\":\"string\"}}}}}");
}

/* The inside of a refusal's object. */
static void
print_refusal(struct page *p, int status, unsigned traits, const struct codes *c,
    enum refuse_as refusal)
{
	size_t		 row = status_row(status);
	bool		 known = row < NELEMS(statuses);
	unsigned	 bits = known ? statuses[row].headers : 0;

	if (known && (traits & TRAIT_IDEM) != 0)
		bits |= statuses[row].keyed;
	json_text(p->out, "description", known ? statuses[row].doc :
	    http_reason(status));
	response_headers(p, bits);
	if (c->n != 0 && refusal == REFUSE_OAUTH)
		print_oauth(p, status, c);
	else if (c->n != 0)
		print_problem(p, c);
}

static void
component_name(struct page *p, size_t row, unsigned traits, struct buf *out)
{
	buf_init(out, p->arena);
	buf_puts(out, statuses[row].name);
	for (size_t i = 0; i < NELEMS(trait_words); i++)
		if ((traits & statuses[row].varies & trait_words[i].bit) != 0)
			buf_puts(out, trait_words[i].word);
	if (!buf_ok(out))
		p->out->failed = true;
}

/* A response that others may share; printed once, at the end. */
static void
print_shared(struct page *p, int status, unsigned traits)
{
	size_t		  row = status_row(status);
	struct response	**at = &p->responses, *a;
	struct buf	  name;
	unsigned	  kept = traits & statuses[row].varies;

	component_name(p, row, traits, &name);
	json_fmt(p->out, "$ref", "#/components/responses/%s",
	    buf_ok(&name) ? name.p : "");
	for (; (a = *at) != NULL; at = &a->next)
		if (a->status == status &&
		    (a->traits & statuses[row].varies) == kept)
			return;
	if ((a = arena_new(p->arena, struct response)) == NULL) {
		p->out->failed = true;
		return;
	}
	*a = (struct response){ .status = status, .traits = traits };
	*at = a;
}

/* One status, if this route has codes for it: shared unless some are its own. */
static void
print_status(struct page *p, const struct route *rt, int status)
{
	struct codes	 c = { .n = 0 };
	size_t		 common;

	codes_common(&c, openapi_traits(rt), status);
	common = c.n;
	codes_listed(&c, rt->problems, status);
	codes_declared(p, &c, rt, status);
	if (c.n == 0)
		return;
	if (rt->refusal == REFUSE_PROBLEM)
		codes_note(p, &c);
	json_fmt(p->out, NULL, "%d", status);
	buf_puts(p->out, ":{");
	if (c.n == common && status_row(status) < NELEMS(statuses) &&
	    rt->refusal == REFUSE_PROBLEM)
		print_shared(p, status, openapi_traits(rt));
	else
		print_refusal(p, status, openapi_traits(rt), &c, rt->refusal);
	buf_byte(p->out, '}');
}

void
response_errors(struct page *p, const struct route *rt)
{
	for (int status = 400; status < 600; status++)
		print_status(p, rt, status);
}

void
response_not_modified(struct page *p)
{
	json_open(p->out, "304", '{');
	print_shared(p, HTTP_NOT_MODIFIED, 0);
	buf_byte(p->out, '}');
}

void
response_print_all(struct page *p)
{
	json_open(p->out, "responses", '{');
	for (const struct response *a = p->responses; a != NULL; a = a->next) {
		struct codes	 c = { .n = 0 };
		struct buf	 name;

		component_name(p, status_row(a->status), a->traits, &name);
		codes_common(&c, a->traits, a->status);
		json_open(p->out, buf_ok(&name) ? name.p : "", '{');
		print_refusal(p, a->status, a->traits, &c, REFUSE_PROBLEM);
		buf_byte(p->out, '}');
	}
	buf_byte(p->out, '}');
	response_headers_all(p);
}
