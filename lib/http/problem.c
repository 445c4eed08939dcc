/* http_problem - refusals: RFC 9457 problems, or errors of RFC 6749. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "http/http.h"

#include "base/log.h"

const struct problem problem_table[] = {
	{ "malformed_json", HTTP_BAD_REQUEST, "The body is not JSON",
	    "The text is no JSON by RFC 8259: a comma too many, a comment, "
	    "single quotes, a byte order mark. `detail` names the first byte "
	    "that does not fit." },
	{ "duplicate_key", HTTP_BAD_REQUEST, "A member is named twice",
	    "A JSON object names a member twice, and readers would disagree on "
	    "which one counts. Send it once." },
	{ "invalid_utf8", HTTP_BAD_REQUEST, "The body is not UTF-8",
	    "JSON between systems is UTF-8 (RFC 8259, section 8.1). `detail` "
	    "names the first byte that is none." },
	{ "too_deep", HTTP_BAD_REQUEST, "The body is nested too deeply",
	    "Arrays and objects may lie in each other up to 16 levels." },
	{ "unexpected_body", HTTP_BAD_REQUEST, "This method takes no body",
	    "GET, HEAD and DELETE carry nothing here; parameters go into the "
	    "query." },
	{ "incomplete_body", HTTP_BAD_REQUEST, "The body ended too early",
	    "The connection ended before Content-Length bytes had come. Send the "
	    "request again." },
	{ "invalid_parameter", HTTP_BAD_REQUEST, "The query is not valid",
	    "A parameter is unknown, repeated or has a value it can not have; "
	    "`errors` names each. The document lists those an operation knows." },
	{ "invalid_header", HTTP_BAD_REQUEST, "A header is not valid",
	    "A header can not be read: entity tags stand in double quotes, and "
	    "lists are separated by commas." },
	{ "idempotency_key_missing", HTTP_BAD_REQUEST, "Idempotency-Key is needed",
	    "What this does must not happen twice. Send a header Idempotency-Key, a "
	    "new one for each new effect, and the same one again when you repeat a "
	    "request because its answer was lost." },
	{ "invalid_request", HTTP_BAD_REQUEST, "The request is not valid",
	    "The Authorization header, or another part of the request, does not "
	    "have its form." },
	{ "unauthenticated", HTTP_UNAUTHORIZED, "A token is needed",
	    "Send `Authorization: Bearer TOKEN`. POST /oauth2/token gives out "
	    "tokens." },
	{ "invalid_token", HTTP_UNAUTHORIZED, "The token is not valid",
	    "It has expired, was taken back, or was not made for this API. Get a "
	    "new one with the refresh token or by logging in." },
	{ "not_a_user", HTTP_FORBIDDEN, "Only a user can do this",
	    "What is made here belongs to a user, and the token was made for "
	    "none: for a client, or by an administrator's command." },
	{ "insufficient_scope", HTTP_FORBIDDEN, "The token does not permit this",
	    "WWW-Authenticate names the scope that is missing. Whoever made the "
	    "token, or an administrator, can grant it." },
	{ "not_found", HTTP_NOT_FOUND, "Nothing is here",
	    "There is no such path or no such thing, or it belongs to somebody "
	    "else; the answer does not tell which." },
	{ "method_not_allowed", HTTP_METHOD_NOT_ALLOWED, "Not with this method",
	    "Allow lists the methods of this path." },
	{ "not_acceptable", HTTP_NOT_ACCEPTABLE, "There is only JSON here",
	    "Accept leaves out the one type that there is. Leave the header out, "
	    "or add application/json." },
	{ "conflict", HTTP_CONFLICT, "It conflicts with what is there",
	    "Another request changed the same thing at the same time. Read it "
	    "anew, then decide." },
	{ "already_exists", HTTP_CONFLICT, "There is one with this key",
	    "A thing with this key is there already. Change that one, or choose "
	    "another key." },
	{ "in_use", HTTP_CONFLICT, "Something else refers to it",
	    "Something else refers to it. Remove or change that first." },
	{ "idempotency_in_progress", HTTP_CONFLICT, "The first one is still running",
	    "A request with this Idempotency-Key is being worked on. Wait as "
	    "Retry-After says, then send the same request again: it is given the "
	    "answer of the first." },
	{ "precondition_failed", HTTP_PRECONDITION_FAILED, "It was changed meanwhile",
	    "If-Match names another version than there is. Read it again: the "
	    "ETag of this answer is that of today." },
	{ "body_too_large", HTTP_TOO_LARGE, "The body is too large",
	    "`detail` tells how many bytes the body may have. Send large sets in "
	    "several requests." },
	{ "unsupported_media_type", HTTP_UNSUPPORTED, "Not this kind of content",
	    "The body has another type or coding than the operation takes; "
	    "Accept-Post or Accept-Patch tells which." },
	{ "validation_failed", HTTP_UNPROCESSABLE, "The request is not valid",
	    "The JSON can be read, but its values do not fit. `errors` names "
	    "every fault with the place of its value; correct all and send it "
	    "again." },
	{ "idempotency_key_reused", HTTP_UNPROCESSABLE, "This key was sent before",
	    "The Idempotency-Key was sent within the last 48 hours with another "
	    "body. Each new effect needs a key of its own." },
	{ "precondition_required", HTTP_PRECONDITION_REQUIRED, "If-Match is needed",
	    "Changes must say which version they change: send the ETag that you "
	    "read as If-Match." },
	{ "quota_exceeded", HTTP_TOO_MANY,
	    "Request cannot be satisfied as assigned quota has been exceeded",
	    "More requests in a row than the quota in `RateLimit-Policy` allows. "
	    "`Retry-After` says after how many seconds there is one again; "
	    "`RateLimit`, on every answer, shows what is left. Refused requests "
	    "do not count." },
	{ "internal", HTTP_INTERNAL, "Something went wrong here",
	    "A fault on this side. It is logged with the id in `instance`; tell "
	    "that to whoever runs this API." },
	{ "not_implemented", HTTP_NOT_IMPLEMENTED, "This method is not known",
	    "The method is none that is known here." },
	{ "unavailable", HTTP_UNAVAILABLE, "Not now",
	    "Too much to do, or the database is away. Wait as Retry-After says, "
	    "then send the same request again." },
	{ NULL, 0, NULL, NULL },
};

/* Types of the registry of RFC 9457 4.2; all others are pages of ours. */
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

/* Titles never vary: codes of resources and handlers make their own. */
struct str
problem_title(struct arena *a, struct str code)
{
	const struct problem	*known = problem_find(code);
	char			*p;

	if (known != NULL)
		return str_of(known->title);
	if ((p = arena_alloc(a, code.n + 1)) == NULL)
		return STR("Refused");
	for (size_t i = 0; i < code.n; i++)
		p[i] = code.p[i] == '_' ? ' ' : code.p[i];
	p[0] = (char)toupper((unsigned char)p[0]);
	return (struct str){ p, code.n };
}

static void
put_member(struct buf *b, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buf_fmt(b, "\"%s\":", name);
	buf_json(b, str_of(value));
	buf_byte(b, ',');
}

static void
put_faults(struct buf *b, const struct faults *fs)
{
	buf_puts(b, ",\"errors\":[");
	for (size_t i = 0; i < fs->n; i++) {
		const struct fault	*f = &fs->v[i];

		buf_puts(b, i > 0 ? ",{" : "{");
		put_member(b, "pointer", f->pointer);
		put_member(b, "parameter", f->parameter);
		put_member(b, "header", f->header);
		put_member(b, "code", f->code);
		buf_puts(b, "\"detail\":");
		buf_json(b, str_of(f->detail));
		buf_byte(b, '}');
	}
	buf_byte(b, ']');
}

/* The problem's page: its code in kebab-case below the base. */
static void
put_type(struct buf *b, const char *base_url, const char *code)
{
	for (size_t i = 0; i < NELEMS(registered); i++)
		if (strcmp(registered[i].code, code) == 0) {
			buf_fmt(b, "{\"type\":\"%s\"", registered[i].type);
			return;
		}
	buf_fmt(b, "{\"type\":\"%s/problems/", base_url);
	for (; *code != '\0'; code++)
		buf_byte(b, *code == '_' ? '-' : *code);
	buf_byte(b, '"');
}

static void
put_problem(struct resp *rs, enum http_status status, const char *code,
    const char *detail, const struct faults *fs)
{
	struct buf	*b = &rs->body;

	rs->type = "application/problem+json";
	put_type(b, rs->base_url, code);
	buf_puts(b, ",\"title\":");
	buf_json(b, problem_title(rs->arena, str_of(code)));
	buf_fmt(b, ",\"status\":%d,\"code\":\"%s\",\"detail\":", (int)status, code);
	buf_json(b, str_of(detail));
	buf_fmt(b, ",\"instance\":\"urn:uuid:%s\"", rs->rq->id);
	if (fs != NULL)
		put_faults(b, fs);
	if (rs->members.n > 0) {
		buf_byte(b, ',');
		buf_str(b, rs->members);
	}
	buf_byte(b, '}');
}

/* RFC 6749 5.2 has its own words; they are the codes of those who refuse so. */
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

/* A description has neither quotes nor anything beyond ASCII. */
static void
put_description(struct buf *b, const char *text)
{
	for (; *text != '\0'; text++)
		buf_byte(b, *text < ' ' || *text > '~' || *text == '"' ||
		    *text == '\\' ? '\'' : *text);
}

static void
put_oauth(struct resp *rs, enum http_status status, const char *code,
    const char *detail, const struct faults *fs)
{
	struct buf	*b = &rs->body;

	rs->type = "application/json";
	buf_fmt(b, "{\"error\":\"%s\",\"error_description\":\"",
	    problem_oauth_code((int)status, code));
	if (fs == NULL || fs->n == 0)
		put_description(b, detail);
	for (size_t i = 0; fs != NULL && i < fs->n; i++) {
		const struct fault	*f = &fs->v[i];

		buf_puts(b, i > 0 ? ", " : "");
		put_description(b, f->parameter != NULL ? f->parameter : "?");
		buf_byte(b, ' ');
		put_description(b, f->detail);
	}
	buf_puts(b, "\"}");
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
		return resp_problem(rs, HTTP_NOT_FOUND, "not_found", "nothing is here");
	case DB_RETRY:
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable",
		    "others change the same rows; try again");
	case DB_TIMEOUT:
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable",
		    "the database took too long");
	case DB_NO_MEMORY:
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable",
		    "there is not enough memory for this request");
	case DB_UNAVAILABLE:
	case DB_OUTCOME_UNKNOWN:
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable",
		    "the database can not be reached");
	case DB_DUPLICATE:
	case DB_BAD_REFERENCE:
	case DB_IN_USE:
		return resp_problem(rs, HTTP_CONFLICT, "conflict",
		    "it conflicts with what is there");
	case DB_BAD_VALUE:
		return resp_problem(rs, HTTP_UNPROCESSABLE, "validation_failed",
		    "the table does not take one of the values");
	case DB_OK:
	case DB_BUG:
	case DB_ABORT:
		break;
	}
	return resp_problem(rs, HTTP_INTERNAL, "internal",
	    "the reason is in the log under this instance");
}
