/* http_problem - refusals as RFC 9457 problems. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "http.h"

#include "log.h"

const struct problem problems[] = {
	{ "malformed_json", HTTP_BAD_REQUEST, "The body is not JSON" },
	{ "duplicate_key", HTTP_BAD_REQUEST, "A member is named twice" },
	{ "invalid_utf8", HTTP_BAD_REQUEST, "The body is not UTF-8" },
	{ "too_deep", HTTP_BAD_REQUEST, "The body is nested too deeply" },
	{ "unexpected_body", HTTP_BAD_REQUEST, "This method takes no body" },
	{ "incomplete_body", HTTP_BAD_REQUEST, "The body ended too early" },
	{ "invalid_parameter", HTTP_BAD_REQUEST, "The query is not valid" },
	{ "invalid_header", HTTP_BAD_REQUEST, "A header is not valid" },
	{ "invalid_request", HTTP_BAD_REQUEST, "The request is not valid" },
	{ "unauthenticated", HTTP_UNAUTHORIZED, "A token is needed" },
	{ "invalid_token", HTTP_UNAUTHORIZED, "The token is not valid" },
	{ "insufficient_scope", HTTP_FORBIDDEN, "The token does not permit this" },
	{ "not_found", HTTP_NOT_FOUND, "Nothing is here" },
	{ "method_not_allowed", HTTP_METHOD_NOT_ALLOWED, "Not with this method" },
	{ "not_acceptable", HTTP_NOT_ACCEPTABLE, "There is only JSON here" },
	{ "conflict", HTTP_CONFLICT, "It conflicts with what is there" },
	{ "already_exists", HTTP_CONFLICT, "There is one with this key" },
	{ "in_use", HTTP_CONFLICT, "Something else refers to it" },
	{ "precondition_failed", HTTP_PRECONDITION_FAILED, "It was changed meanwhile" },
	{ "body_too_large", HTTP_TOO_LARGE, "The body is too large" },
	{ "unsupported_media_type", HTTP_UNSUPPORTED, "Not this kind of content" },
	{ "validation_failed", HTTP_UNPROCESSABLE, "The request is not valid" },
	{ "precondition_required", HTTP_PRECONDITION_REQUIRED, "If-Match is needed" },
	{ "internal", HTTP_INTERNAL, "Something went wrong here" },
	{ "not_implemented", HTTP_NOT_IMPLEMENTED, "This method is not known" },
	{ "unavailable", HTTP_UNAVAILABLE, "Not now" },
	{ NULL, 0, NULL },
};

/* Titles never vary: codes of resources and handlers make their own. */
struct str
problem_title(struct arena *a, const char *code)
{
	struct str	 title = arena_copy(a, str_of(code));
	char		*p;

	for (const struct problem *at = problems; at->code != NULL; at++)
		if (strcmp(at->code, code) == 0)
			return str_of(at->title);
	if (title.p == NULL || (p = arena_alloc(a, title.n + 1)) == NULL)
		return STR("Refused");
	for (size_t i = 0; i < title.n; i++)
		p[i] = title.p[i] == '_' ? ' ' : title.p[i];
	p[0] = (char)toupper((unsigned char)p[0]);
	return (struct str){ p, title.n };
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
	buf_fmt(b, "{\"type\":\"%s/problems/", base_url);
	for (; *code != '\0'; code++)
		buf_byte(b, *code == '_' ? '-' : *code);
	buf_byte(b, '"');
}

static enum http_status
problem_write(struct resp *rs, enum http_status status, const char *code,
    const char *detail, const struct faults *fs)
{
	struct buf	*b = &rs->body;

	buf_init(b, rs->arena);
	rs->status = (int)status;
	rs->type = "application/problem+json";
	rs->code = code;
	rs->cache_control = NULL;
	put_type(b, rs->base_url, code);
	buf_puts(b, ",\"title\":");
	buf_json(b, problem_title(rs->arena, code));
	buf_fmt(b, ",\"status\":%d,\"code\":\"%s\",\"detail\":", (int)status, code);
	buf_json(b, str_of(detail));
	buf_fmt(b, ",\"instance\":\"urn:uuid:%s\"", rs->rq->id);
	if (fs != NULL)
		put_faults(b, fs);
	buf_byte(b, '}');
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
		return resp_db(rs, DB_MEMORY);
	snprintf(text, sizeof(text), "%s%zu problem%s",
	    fs->more ? "more than " : "", fs->n, fs->n == 1 ? "" : "s");
	return problem_write(rs, status, code, text, fs);
}

enum http_status
resp_db(struct resp *rs, enum db_err err)
{
	switch (err) {
	case DB_NONE:
		return resp_problem(rs, HTTP_NOT_FOUND, "not_found", "nothing is here");
	case DB_AGAIN:
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable",
		    "others change the same rows; try again");
	case DB_SLOW:
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable",
		    "the database took too long");
	case DB_MEMORY:
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable",
		    "there is not enough memory for this request");
	case DB_DOWN:
	case DB_UNKNOWN:
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable",
		    "the database can not be reached");
	case DB_DUPLICATE:
	case DB_REFERENCE:
	case DB_IN_USE:
		return resp_problem(rs, HTTP_CONFLICT, "conflict",
		    "it conflicts with what is there");
	case DB_VALUE:
		return resp_problem(rs, HTTP_UNPROCESSABLE, "validation_failed",
		    "the table does not take one of the values");
	case DB_OK:
	case DB_BUG:
	case DB_STOP:
		break;
	}
	return resp_problem(rs, HTTP_INTERNAL, "internal",
	    "the reason is in the log under this instance");
}
