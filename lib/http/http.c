/* http - requests from CGI variables, and answers while they are built. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/http.h"

#include "schema/encode.h"
#include "base/log.h"

static const char *const methods[HTTP_METHODS] = {
	[HTTP_OTHER] = "OTHER", [HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD",
	[HTTP_POST] = "POST", [HTTP_PUT] = "PUT", [HTTP_PATCH] = "PATCH",
	[HTTP_DELETE] = "DELETE", [HTTP_OPTIONS] = "OPTIONS",
};

enum http_method
http_method_of(struct str s)
{
	for (enum http_method m = HTTP_GET; m < HTTP_METHODS; m++)
		if (str_is(s, methods[m]))
			return m;
	return HTTP_OTHER;
}

const char *
http_method_name(enum http_method m)
{
	return methods[m];
}

static const struct {
	int		 status;
	const char	*reason;
} reasons[] = {
	{ 200, "OK" }, { 201, "Created" }, { 202, "Accepted" },
	{ 204, "No Content" }, { 304, "Not Modified" }, { 400, "Bad Request" },
	{ 401, "Unauthorized" }, { 402, "Payment Required" }, { 403, "Forbidden" }, { 404, "Not Found" },
	{ 405, "Method Not Allowed" }, { 406, "Not Acceptable" },
	{ 409, "Conflict" }, { 410, "Gone" }, { 411, "Length Required" },
	{ 412, "Precondition Failed" }, { 413, "Content Too Large" },
	{ 415, "Unsupported Media Type" }, { 422, "Unprocessable Content" },
	{ 428, "Precondition Required" }, { 429, "Too Many Requests" },
	{ 500, "Internal Server Error" }, { 501, "Not Implemented" },
	{ 503, "Service Unavailable" },
};

const char *
http_reason(int status)
{
	for (size_t i = 0; i < NELEMS(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Unknown";
}

struct str
req_env(const struct req *rq, const char *name)
{
	size_t	 n = strlen(name);

	for (char *const *e = rq->env; *e != NULL; e++)
		if (**e == *name && strncmp(*e, name, n) == 0 && (*e)[n] == '=')
			return str_of(*e + n + 1);
	return (struct str){ NULL, 0 };
}

/*
 * Cut scheme and host off "http://host/path", the form that proxies get (RFC
 * 9112 3.2.2).
 */
static struct str
origin_form(struct str uri)
{
	struct str	 rest = str_from(uri, str_starts(uri, STR("https://")) ? 8 : 7);

	if (!str_starts(uri, STR("http://")) && !str_starts(uri, STR("https://")))
		return uri;
	(void)str_cut(&rest, '/');
	return rest.p == NULL ? STR("/") :
	    (struct str){ rest.p - 1, rest.n + 1 };
}

static void
take_uri(struct req *rq, struct str uri)
{
	rq->target.uri = uri;
	rq->target.query = uri;
	rq->target.path = str_cut(&rq->target.query, '?');
	if (rq->target.query.p == NULL)
		rq->target.query = STR("");
}

void
req_init(struct req *rq, struct arena *a, char *const *env)
{
	memset(rq, 0, sizeof(*rq));
	rq->arena = a;
	rq->env = env;
	uuid_text(uuid_new(), rq->id);
	rq->method = http_method_of(req_env(rq, "REQUEST_METHOD"));
	take_uri(rq, origin_form(req_env(rq, "REQUEST_URI")));
}

/* The next byte of a path, percent-decoded; -1 at the end. */
static int
path_byte(struct str *s)
{
	char	 hex[3] = "";
	int	 c = s->n == 0 ? -1 : (unsigned char)s->p[0];

	if (c == '%' && s->n > 2 && isxdigit((unsigned char)s->p[1]) &&
	    isxdigit((unsigned char)s->p[2])) {
		memcpy(hex, s->p + 1, 2);
		*s = str_from(*s, 2);
		c = (int)strtol(hex, NULL, 16);
	}
	if (c != -1)
		*s = str_from(*s, 1);
	return c;
}

void
req_strip_base(struct req *rq, const char *base)
{
	struct str	 rest = rq->target.path, prefix = str_of(base);

	rq->target.base = prefix;
	while (prefix.n > 0)
		if (path_byte(&prefix) != path_byte(&rest))
			return;
	if (rest.n == 0 || rest.p[0] == '/')
		take_uri(rq, str_from(rq->target.uri, rq->target.path.n - rest.n));
}

/* A handler that reads another type than its route declares is a bug: stop at once. */
static const void *
input_of_type(const void *input, const char *declared, const char *type)
{
	if (declared != NULL && strcmp(declared, type) == 0)
		return input;
	log_event(LOG_ERROR, "http", "the handler reads %s, but its route declares %s",
	    type, declared == NULL ? "none" : declared);
	abort();
}

const void *
req_input_body(const struct req *rq, const char *type)
{
	return input_of_type(rq->input.body, rq->input.body_type, type);
}

const void *
req_input_keys(const struct req *rq, const char *type)
{
	return input_of_type(rq->input.keys, rq->input.keys_type, type);
}

const void *
req_input_params(const struct req *rq, const char *type)
{
	return input_of_type(rq->input.params, rq->input.params_type, type);
}

/* The next preference of that name, from `*rest` on. */
static bool
next_preference(struct str *rest, const char *name, struct str *given)
{
	while (rest->p != NULL) {
		struct str	 piece = str_cut(rest, ','), key;

		*given = str_cut(&piece, ';');
		key = str_trim(str_cut(given, '='));
		*given = str_trim(*given);
		if (given->n > 1 && given->p[0] == '"')
			*given = (struct str){ given->p + 1, given->n - 2 };
		if (str_is(key, name))
			return true;
	}
	return false;
}

bool
req_preference(const struct req *rq, const char *name, struct str *value)
{
	struct str	 rest = req_env(rq, "HTTP_PREFER");

	return next_preference(&rest, name, value);
}

bool
req_prefers(const struct req *rq, const char *name, const char *value)
{
	struct str	 rest = req_env(rq, "HTTP_PREFER"), given;

	while (next_preference(&rest, name, &given))
		if (str_is(given, value))
			return true;
	return false;
}

void
resp_init(struct resp *rs, const struct req *rq, const char *base_url)
{
	memset(rs, 0, sizeof(*rs));
	rs->arena = rq->arena;
	rs->rq = rq;
	rs->base_url = base_url;
	rs->type = "application/json";
	buf_init(&rs->body, rq->arena);
	buf_init(&rs->headers, rq->arena);
}

void
resp_header(struct resp *rs, const char *name, const char *fmt, ...)
{
	char		 text[4096];
	va_list		 ap;
	int		 n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (int i = 0; i < n && i < (int)sizeof(text); i++)
		if (iscntrl((unsigned char)text[i]))
			n = -1;
	if (n < 0 || n >= (int)sizeof(text)) {
		log_event(LOG_ERROR, "http", "header %s left out: not a header's text",
		    name);
		return;
	}
	buf_fmt(&rs->headers, "%s: %s\r\n", name, text);
}

enum http_status
resp_json(struct resp *rs, enum http_status status)
{
	rs->status = (int)status;
	if (!buf_ok(&rs->body))
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable",
		    "there is not enough memory for this answer");
	return status;
}

enum http_status
resp_object(struct resp *rs, enum http_status status, const struct schema *sh,
    const void *row)
{
	encode_object(&rs->body, sh, row, ENCODE_ALL);
	return resp_json(rs, status);
}
