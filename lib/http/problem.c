/* problem - error responses: RFC 9457 problems, or errors of RFC 6749. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "http/resp.h"

#include "schema/json.h"

const struct problem problem_table[] = {
	{ "malformed_json", HTTP_BAD_REQUEST, "The body is not JSON",
	    "The body is not valid JSON (RFC 8259). Common causes are a "
	    "trailing comma, a comment, single quotes or a byte order mark. "
	    "`detail` names the first byte that is wrong." },
	{ "duplicate_key", HTTP_BAD_REQUEST, "Duplicate member name",
	    "A JSON object contains the same member name twice. Send each "
	    "member once." },
	{ "invalid_utf8", HTTP_BAD_REQUEST, "The body is not UTF-8",
	    "The body must be UTF-8 (RFC 8259, section 8.1). `detail` names "
	    "the first byte that is wrong." },
	{ "too_deep", HTTP_BAD_REQUEST, "The body is nested too deeply",
	    "Arrays and objects may be nested up to 16 levels." },
	{ "unexpected_body", HTTP_BAD_REQUEST, "Unexpected request body",
	    "This operation takes no request body. Send parameters in the "
	    "query string." },
	{ "incomplete_body", HTTP_BAD_REQUEST, "Incomplete request body",
	    "The connection ended before Content-Length bytes were received. "
	    "Send the request again." },
	{ "invalid_parameter", HTTP_BAD_REQUEST, "Invalid query parameter",
	    "A query parameter is unknown, repeated or has an invalid value. "
	    "`errors` names each one. The OpenAPI document lists the "
	    "parameters of each operation." },
	{ "invalid_header", HTTP_BAD_REQUEST, "Invalid header",
	    "A request header has the wrong syntax. Entity tags are quoted, "
	    "and the elements of a list are separated by commas." },
	{ "idempotency_key_missing", HTTP_BAD_REQUEST, "Idempotency-Key required",
	    "This operation must not run twice. Send an Idempotency-Key "
	    "header: a new key for each new operation, and the same key when "
	    "you retry a request whose answer was lost." },
	{ "invalid_request", HTTP_BAD_REQUEST, "The request is not valid",
	    "The Authorization header, or another part of the request, has "
	    "the wrong syntax." },
	{ "unauthenticated", HTTP_UNAUTHORIZED, "Authentication required",
	    "Send `Authorization: Bearer TOKEN`. POST /oauth2/token issues "
	    "tokens." },
	{ "invalid_token", HTTP_UNAUTHORIZED, "Invalid token",
	    "The token has expired, was revoked, or was not issued for this "
	    "API. Get a new one with the refresh token, or log in again." },
	{ "not_a_user", HTTP_FORBIDDEN, "Not a user",
	    "The new row belongs to a user, but the token belongs to no user: "
	    "it was issued to a client, or by an administrator's command." },
	{ "insufficient_scope", HTTP_FORBIDDEN, "Insufficient scope",
	    "WWW-Authenticate names the missing scope. Request a token with "
	    "that scope, or ask an administrator to grant it." },
	{ "not_found", HTTP_NOT_FOUND, "No such resource",
	    "There is no such path or row, or the row belongs to another "
	    "user. The answer does not say which." },
	{ "method_not_allowed", HTTP_METHOD_NOT_ALLOWED, "Method not allowed",
	    "The Allow header lists the methods of this path." },
	{ "not_acceptable", HTTP_NOT_ACCEPTABLE, "Not acceptable",
	    "The Accept header excludes the only media type of this resource. "
	    "Remove the header, or add application/json." },
	{ "conflict", HTTP_CONFLICT, "Conflict",
	    "The request conflicts with the stored data, or with another "
	    "request at the same time. Read the resource again, then decide." },
	{ "already_exists", HTTP_CONFLICT, "Already exists",
	    "A resource with this key already exists. Change that one, or "
	    "choose another key." },
	{ "in_use", HTTP_CONFLICT, "In use",
	    "Another resource refers to this one. Remove or change that one "
	    "first." },
	{ "idempotency_in_progress", HTTP_CONFLICT, "Request in progress",
	    "A request with this Idempotency-Key is still running. Wait as "
	    "Retry-After says, then send the same request again: it gets the "
	    "answer of the first." },
	{ "precondition_failed", HTTP_PRECONDITION_FAILED, "Precondition failed",
	    "If-Match does not name the current version. The ETag header of "
	    "this answer does. Read the resource again before you change it." },
	{ "body_too_large", HTTP_TOO_LARGE, "The body is too large",
	    "`detail` says how many bytes the body may have. Split large "
	    "batches into several requests." },
	{ "unsupported_media_type", HTTP_UNSUPPORTED, "Unsupported media type",
	    "The operation does not accept the Content-Type or "
	    "Content-Encoding of the body. Accept-Post or Accept-Patch names "
	    "what it accepts." },
	{ "validation_failed", HTTP_UNPROCESSABLE, "The request is not valid",
	    "The JSON is valid, but some values are not. `errors` lists every "
	    "fault with a pointer to its value. Correct all of them, then "
	    "send the request again." },
	{ "idempotency_key_reused", HTTP_UNPROCESSABLE, "Idempotency-Key reused",
	    "The Idempotency-Key was used with a different request within the "
	    "last 48 hours. Each new operation needs its own key." },
	{ "precondition_required", HTTP_PRECONDITION_REQUIRED, "If-Match required",
	    "A change must name the version it changes. Send the ETag that "
	    "you read in If-Match." },
	{ "quota_exceeded", HTTP_TOO_MANY,
	    "Request cannot be satisfied as assigned quota has been exceeded",
	    "The client sent more requests than `RateLimit-Policy` allows. "
	    "`Retry-After` says how many seconds to wait. `RateLimit`, on "
	    "every answer, shows what is left of the quota. Refused requests "
	    "do not count." },
	{ "internal", HTTP_INTERNAL, "Internal server error",
	    "The server failed. The cause is logged under the id in "
	    "`instance`. Report that id to the operator of this API." },
	{ "not_implemented", HTTP_NOT_IMPLEMENTED, "Method not implemented",
	    "The server does not implement this method." },
	{ "unavailable", HTTP_UNAVAILABLE, "Temporarily unavailable",
	    "The server is overloaded, or the database is not reachable. Wait "
	    "as Retry-After says, then send the same request again." },
	{ NULL, 0, NULL, NULL },
};

/* Types of the IANA registry (RFC 9457 4.2).  Every other type is a page of this API. */
static const struct {
	const char	*code, *type;
} registered[] = {
	{ "quota_exceeded",
	  "https://iana.org/assignments/http-problem-types#quota-exceeded" },
};

const struct problem *
problem_find(struct str code)
{
	for (const struct problem *at = problem_table; at->code != NULL; at++)
		if (str_is(code, at->code))
			return at;
	return NULL;
}

struct str
problem_title(struct arena *a, struct str code)
{
	const struct problem	*known = problem_find(code);
	char			*p;

	if (known != NULL)
		return str_of(known->title);
	if ((p = arena_alloc(a, code.n + 1)) == NULL)
		return STR("Error");
	for (size_t i = 0; i < code.n; i++)
		p[i] = code.p[i] == '_' ? ' ' : code.p[i];
	p[0] = (char)toupper((unsigned char)p[0]);
	return (struct str){ p, code.n };
}

static void
put_text(struct buf *b, const char *name, const char *value)
{
	if (value != NULL)
		json_text(b, name, value);
}

static void
put_faults(struct buf *b, const struct faults *fs)
{
	json_open(b, "errors", '[');
	for (size_t i = 0; i < fs->n; i++) {
		const struct fault	*f = &fs->v[i];

		json_open(b, NULL, '{');
		put_text(b, "pointer", f->pointer);
		put_text(b, "parameter", f->parameter);
		put_text(b, "header", f->header);
		put_text(b, "code", f->code);
		put_text(b, "detail", f->detail);
		json_close(b, "}");
	}
	json_close(b, "]");
}

/* The URI of a problem's type: its page is BASE/problems/CODE-WITH-HYPHENS. */
static struct str
problem_type(struct arena *a, const char *base_url, const char *code)
{
	struct buf	 b;

	for (size_t i = 0; i < NELEMS(registered); i++)
		if (strcmp(registered[i].code, code) == 0)
			return str_of(registered[i].type);
	buf_init(&b, a);
	buf_puts(&b, base_url);
	buf_puts(&b, "/problems/");
	for (; *code != '\0'; code++)
		buf_byte(&b, *code == '_' ? '-' : *code);
	return buf_ok(&b) ? buf_view(&b) : STR("about:blank");
}

static void
put_problem(struct resp *rs, enum http_status status, const char *code,
    const char *detail, const struct faults *fs)
{
	struct buf	*b = &rs->body;

	rs->type = "application/problem+json";
	json_open(b, NULL, '{');
	json_str(b, "type", problem_type(rs->arena, rs->base_url, code));
	json_str(b, "title", problem_title(rs->arena, str_of(code)));
	json_int(b, "status", (int)status);
	json_text(b, "code", code);
	json_text(b, "detail", detail);
	json_fmt(b, "instance", "urn:uuid:%s", rs->rq->id);
	if (fs != NULL)
		put_faults(b, fs);
	if (rs->members.n > 0) {
		json_item(b);
		buf_str(b, rs->members);
	}
	json_close(b, "}");
}

/* Routes that send errors of RFC 6749 5.2 use its codes as problem codes where they fit. */
const char *
problem_oauth_code(int status, const char *code)
{
	static const char *const	 own[] = { "invalid_client", "invalid_grant",
	    "invalid_scope", "unauthorized_client", "unsupported_grant_type",
	    "unsupported_token_type" };

	for (size_t i = 0; i < NELEMS(own); i++)
		if (strcmp(own[i], code) == 0)
			return code;
	if (status == HTTP_UNAVAILABLE || status == HTTP_TOO_MANY)
		return "temporarily_unavailable";
	return status == HTTP_INTERNAL ? "server_error" : "invalid_request";
}

/* RFC 6749 5.2 allows printable ASCII without quote and backslash. */
static void
put_description(struct buf *b, const char *text)
{
	for (; *text != '\0'; text++)
		buf_byte(b, *text < ' ' || *text > '~' || *text == '"' ||
		    *text == '\\' ? '\'' : *text);
}

/* The faults as one sentence, or the detail if there are none. */
static void
put_descriptions(struct buf *b, const char *detail, const struct faults *fs)
{
	if (fs == NULL || fs->n == 0)
		put_description(b, detail);
	for (size_t i = 0; fs != NULL && i < fs->n; i++) {
		const struct fault	*f = &fs->v[i];

		buf_puts(b, i > 0 ? ", " : "");
		put_description(b, f->parameter != NULL ? f->parameter : "?");
		buf_byte(b, ' ');
		put_description(b, f->detail);
	}
}

static void
put_oauth(struct resp *rs, enum http_status status, const char *code,
    const char *detail, const struct faults *fs)
{
	struct buf	*b = &rs->body, text;

	buf_init(&text, rs->arena);
	put_descriptions(&text, detail, fs);
	rs->type = "application/json";
	json_open(b, NULL, '{');
	json_text(b, "error", problem_oauth_code((int)status, code));
	json_str(b, "error_description", buf_ok(&text) ? buf_view(&text) : STR(""));
	json_close(b, "}");
}

static enum http_status
problem_write(struct resp *rs, enum http_status status, const char *code,
    const char *detail, const struct faults *fs)
{
	buf_init(&rs->body, rs->arena);
	rs->status = (int)status;
	rs->code = code;
	rs->cache_control = NULL;
	if (rs->refusal == REFUSE_OAUTH)
		put_oauth(rs, status, code, detail, fs);
	else
		put_problem(rs, status, code, detail, fs);
	if (status == HTTP_UNAVAILABLE)
		resp_header(rs, "Retry-After", "1");
	return status;
}

enum http_status
resp_problem(struct resp *rs, enum http_status status, const char *code,
    const char *detail, ...)
{
	char	 text[512];
	va_list	 ap;

	va_start(ap, detail);
	vsnprintf(text, sizeof(text), detail, ap);
	va_end(ap);
	return problem_write(rs, status, code, text, NULL);
}

enum http_status
resp_faults(struct resp *rs, enum http_status status, const char *code,
    const struct faults *fs)
{
	char	 text[64];

	if (fs->failed)
		return resp_db_error(rs, DB_NO_MEMORY);
	snprintf(text, sizeof(text), "%s%zu problem%s",
	    fs->more ? "more than " : "", fs->n, fs->n == 1 ? "" : "s");
	return problem_write(rs, status, code, text, fs);
}

enum http_status
resp_db_error(struct resp *rs, enum db_err err)
{
	switch (err) {
	case DB_NOT_FOUND:
		return resp_problem(rs, HTTP_NOT_FOUND, "not_found", "no such resource");
	case DB_RETRY:
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable",
		    "other requests are changing the same rows; try again");
	case DB_TIMEOUT:
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable",
		    "the database took too long");
	case DB_NO_MEMORY:
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable",
		    "the server has too little memory for this request");
	case DB_UNAVAILABLE:
	case DB_OUTCOME_UNKNOWN:
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable",
		    "the database is not reachable");
	case DB_DUPLICATE:
	case DB_BAD_REFERENCE:
	case DB_IN_USE:
		return resp_problem(rs, HTTP_CONFLICT, "conflict",
		    "the request conflicts with the stored data");
	case DB_BAD_VALUE:
		return resp_problem(rs, HTTP_UNPROCESSABLE, "validation_failed",
		    "the table does not accept one of the values");
	case DB_OK:
	case DB_BUG:
	case DB_ABORT:
		break;
	}
	return resp_problem(rs, HTTP_INTERNAL, "internal",
	    "internal error; the cause is in the server's log, under the id in `instance`");
}
