/* openapi/components - what the operations of a document refer to. */
#include "crypto/scope.h"
#include "openapi/response.h"
#include "openapi/scalar.h"
#include "openapi/schema.h"

static void
print_problem_code(struct document *d)
{
	json_open(d->out, "code", '{');
	json_text(d->out, "type", "string");
	json_text(d->out, "description", "The error, for programs; a code never changes "
	    "its meaning. Each response lists its codes; clients must accept new ones.");
	json_open(d->out, "x-codes", '{');
	for (const struct problem *pr = problem_table; pr->code != NULL; pr++)
		json_text(d->out, pr->code, pr->title);
	json_close(d->out, "}}");
}

static const char *const	 problem_required[] = { "type", "title", "status", "code", NULL };
static const char *const	 fault_required[] = { "code", "detail", NULL };

/* "name":{"type":"object","description":...,"required":[...],"properties":{ */
static void
open_object(struct document *d, const char *name, const char *doc,
    const char *const *required)
{
	json_open(d->out, name, '{');
	json_text(d->out, "type", "object");
	json_text(d->out, "description", doc);
	json_open(d->out, "required", '[');
	for (; *required != NULL; required++)
		json_text(d->out, NULL, *required);
	json_close(d->out, "]");
	json_open(d->out, "properties", '{');
}

static void
print_problem_example(struct document *d)
{
	json_open(d->out, "examples", '[');
	json_open(d->out, NULL, '{');
	json_text(d->out, "type", "/problems/validation-failed");
	json_text(d->out, "title", "The request is not valid");
	json_int(d->out, "status", HTTP_UNPROCESSABLE);
	json_text(d->out, "code", "validation_failed");
	json_open(d->out, "errors", '[');
	json_open(d->out, NULL, '{');
	json_text(d->out, "pointer", "#/name");
	json_text(d->out, "code", "too_short");
	json_text(d->out, "detail", "must be at least 1 characters");
	json_close(d->out, "}]}]");
}

/* RFC 9457, with the members `code` and `errors` of our own. */
static void
print_problem(struct document *d)
{
	open_object(d, "Problem", "Problem details (RFC 9457)", problem_required);
	scalar_print(d, "type", &(struct scalar){ .type = "string",
	    .format = "uri-reference", .doc = "The page that explains this code" });
	scalar_print(d, "title", &(struct scalar){ .type = "string",
	    .doc = "A summary of the code; always the same for one code" });
	scalar_print(d, "status", &(struct scalar){ .type = "integer",
	    .bounded = true, .min = 400, .max = 599 });
	print_problem_code(d);
	scalar_print(d, "detail", &(struct scalar){ .type = "string",
	    .doc = "What is wrong with this request, for people" });
	scalar_print(d, "instance", &(struct scalar){ .type = "string", .format = "uri",
	    .doc = "`urn:uuid:` and the request's id, as in X-Request-Id" });
	json_open(d->out, "errors", '{');
	json_text(d->out, "type", "array");
	json_int(d->out, "maxItems", 20);
	json_open(d->out, "items", '{');
	json_text(d->out, "$ref", "#/components/schemas/Fault");
	json_close(d->out, "}}}");
	print_problem_example(d);
	json_close(d->out, "}");
}

static void
print_fault(struct document *d)
{
	static const char *const	 plain[] = { "parameter", "header", "code", "detail" };

	open_object(d, "Fault", "One error and its place: a pointer into the body, a "
	    "parameter, or a header", fault_required);
	scalar_print(d, "pointer", &(struct scalar){ .type = "string",
	    .doc = "JSON Pointer (RFC 6901) in the form of a URI fragment" });
	for (size_t i = 0; i < NELEMS(plain); i++)
		scalar_print(d, plain[i], &(struct scalar){ .type = "string" });
	json_close(d->out, "}}");
}

static void
print_flow(struct document *d, const char *name, bool refreshed)
{
	json_open(d->out, name, '{');
	json_text(d->out, "tokenUrl", "/oauth2/token");
	if (refreshed)
		json_text(d->out, "refreshUrl", "/oauth2/token");
	json_open(d->out, "scopes", '{');
	for (const struct scope *s = scope_table; s->name != NULL; s++)
		json_text(d->out, s->name, s->doc);
	json_close(d->out, "}}");
}

static void
open_scheme(struct document *d, const char *name, const char *type)
{
	json_open(d->out, name, '{');
	json_text(d->out, "type", type);
}

static void
print_security_schemes(struct document *d)
{
	json_open(d->out, "securitySchemes", '{');
	open_scheme(d, "oauth2", "oauth2");
	json_text(d->out, "description", "Log in here: as a user, with the public client "
	    "`docs`, or as a confidential client");
	json_open(d->out, "flows", '{');
	print_flow(d, "password", true);
	print_flow(d, "clientCredentials", false);
	json_close(d->out, "}}");
	open_scheme(d, "bearer", "http");
	json_text(d->out, "scheme", "bearer");
	json_text(d->out, "bearerFormat", "JWT");
	json_text(d->out, "description", "An access token (RFC 9068) that you already "
	    "have; each operation names the scope that it requires");
	json_close(d->out, "}");
	open_scheme(d, "client", "http");
	json_text(d->out, "scheme", "basic");
	json_text(d->out, "description", "HTTP Basic with the id and the secret of a client. "
	    "Both may be sent in the form instead; a public client sends only its "
	    "id, in the form");
	json_close(d->out, "}}");
}

/* Last: only now is everything known that the operations refer to. */
void
openapi_components(struct document *d)
{
	json_open(d->out, "components", '{');
	json_open(d->out, "schemas", '{');
	print_problem(d);
	print_fault(d);
	openapi_schema_print_all(d);
	json_close(d->out, "}");
	response_print_all(d);
	response_print_problems(d);
	openapi_params_all(d);
	print_security_schemes(d);
	json_close(d->out, "}");
}
