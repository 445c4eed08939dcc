/*
 * step - the steps of a request.  Their order is part of the API: the first step
 * that refuses makes the response.  A step returns 0 to go on, or the status.
 */
#include <strings.h>

#include "http/accept.h"
#include "http/etag.h"
#include "program/exchange.h"
#include "route/client.h"

static enum http_status
step_ready(struct exchange *c)
{
	if (atomic_load_explicit(&c->p->stopped, memory_order_relaxed))
		return resp_problem(&c->rs, HTTP_UNAVAILABLE, "unavailable",
		    "an administrator stopped this program; try again later");
	if (c->p->broken == NULL)
		return 0;
	return resp_problem(&c->rs, HTTP_UNAVAILABLE, "unavailable",
	    "this program is not configured correctly; see its log");
}

static enum http_status
step_method(struct exchange *c)
{
	if (c->rq.method != HTTP_OTHER)
		return 0;
	return resp_problem(&c->rs, HTTP_NOT_IMPLEMENTED, "not_implemented",
	    "unknown request method");
}

static void
put_allow_header(struct exchange *c, unsigned allow)
{
	struct buf	 b;

	buf_init(&b, c->rq.arena);
	route_allow(&b, allow);
	if (buf_ok(&b))
		resp_header(&c->rs, "Allow", "%s", b.p);
}

static enum http_status
step_route(struct exchange *c)
{
	struct route_match	 m = { NULL, NULL, 0 };

	if (route_parse_path(&c->rq))
		m = route_match(c->p->routes, c->p->nroutes, &c->rq);
	if (m.allow == 0)
		return resp_problem(&c->rs, HTTP_NOT_FOUND, "not_found",
		    "no such resource");
	c->rq.route = m.route;
	c->rs.refusal = m.other->refusal;
	if (c->rq.method == HTTP_OPTIONS) {
		put_allow_header(c, m.allow);
		exchange_preflight(c, m.allow);
		return (enum http_status)(c->rs.status = HTTP_NO_CONTENT);
	}
	if (m.route != NULL)
		return 0;
	put_allow_header(c, m.allow);
	return resp_problem(&c->rs, HTTP_METHOD_NOT_ALLOWED, "method_not_allowed",
	    "this path does not support the method; see the Allow header");
}

/* A live answer was counted when the client opened it, not each time it is made. */
static enum limit_class
exchange_limit_class(const struct exchange *c)
{
	return exchange_is_live(c) ? LIMIT_NONE : route_limit(c->rq.route);
}

/* Quotas per address, before the token is verified. */
static enum http_status
step_address(struct exchange *c)
{
	enum limit_class	 class = exchange_limit_class(c);

	return limit_is_by_address(class) ?
	    limit_by_address(c->p->shared.limit, class, &c->rq, &c->rs) : 0;
}

/* Requests with an invalid token count as anonymous ones of their address. */
static enum http_status
step_auth(struct exchange *c)
{
	enum http_status	 status = auth_check(&c->rq, &c->rs,
				    &c->p->auth, c->rq.route->scope), limited;
	enum limit_class	 class = route_limit(c->rq.route);

	if (status == 0 || c->rq.user != NULL || class == LIMIT_NONE ||
	    limit_is_by_address(class))
		return status;
	limited = limit_by_address(c->p->shared.limit, LIMIT_PUBLIC, &c->rq, &c->rs);
	return limited != 0 ? limited : status;
}

static enum http_status
step_subject(struct exchange *c)
{
	enum limit_class	 class = exchange_limit_class(c);

	return limit_is_by_address(class) ? 0 :
	    limit_by_subject(c->p->shared.limit, class, &c->rq, &c->rs);
}

static bool
route_takes_body(const struct exchange *c)
{
	const struct route	*r = c->rq.route;

	return r->body != NULL || r->form != NULL || r->op == OP_CREATE ||
	    r->op == OP_PATCH || r->op == OP_PUT;
}

static enum http_status
step_size(struct exchange *c)
{
	size_t	 max_body = c->rq.route->max_body != 0 ? c->rq.route->max_body :
		    ROUTE_BODY;

	if (c->rq.route->resource != NULL)
		max_body = resource_max_body(&c->rq);
	if (c->rq.body.over || c->rq.body.bytes.n > max_body)
		return resp_problem(&c->rs, HTTP_TOO_LARGE, "body_too_large",
		    "the body must have at most %zu bytes", max_body);
	if (c->rq.body.cut)
		return resp_problem(&c->rs, HTTP_BAD_REQUEST, "incomplete_body",
		    "the body is shorter than its Content-Length");
	if (c->rq.body.bytes.n > 0 && !route_takes_body(c))
		return resp_problem(&c->rs, HTTP_BAD_REQUEST, "unexpected_body",
		    "this request must not have a body");
	return 0;
}

/* Is a Content-Type `type`, alone or with charset=utf-8? */
static bool
is_type(struct str header, const char *type)
{
	struct str	 rest = header, base = str_cut(&rest, ';');

	while (base.n > 0 && base.p[base.n - 1] == ' ')
		base.n--;
	if (base.n != strlen(type) || strncasecmp(base.p, type, base.n) != 0)
		return false;
	while (rest.n > 0 && rest.p[0] == ' ')
		rest = str_from(rest, 1);
	return rest.n == 0 ||
	    (rest.n == 13 && strncasecmp(rest.p, "charset=utf-8", 13) == 0) ||
	    (rest.n == 15 && strncasecmp(rest.p, "charset=\"utf-8\"", 15) == 0);
}

static enum http_status
step_content(struct exchange *c)
{
	bool		 patch = c->rq.method == HTTP_PATCH;
	const char	*type = route_body_type(c->rq.route);
	struct str	 coding = req_env(&c->rq, "HTTP_CONTENT_ENCODING");

	if (!route_takes_body(c) || c->rq.body.bytes.n == 0)
		return 0;
	if (coding.n > 0 && !(coding.n == 8 && strncasecmp(coding.p, "identity", 8) == 0)) {
		resp_header(&c->rs, "Accept-Encoding", "identity");
		return resp_problem(&c->rs, HTTP_UNSUPPORTED,
		    "unsupported_media_type", "the body must not have a Content-Encoding");
	}
	if (is_type(req_env(&c->rq, "CONTENT_TYPE"), type))
		return 0;
	resp_header(&c->rs, patch ? "Accept-Patch" : "Accept-Post", "%s", type);
	return resp_problem(&c->rs, HTTP_UNSUPPORTED, "unsupported_media_type",
	    "the body must be %s", type);
}

static enum http_status
step_accept(struct exchange *c)
{
	const char	*type = c->rq.route->answer_type;
	struct str	 accept = req_env(&c->rq, "HTTP_ACCEPT"), rest, base;

	rest = str_of(type != NULL ? type : "application/json");
	base = str_cut(&rest, ';');
	if (accept.n == 0 || accept_allows(accept, base))
		return 0;
	return resp_problem(&c->rs, HTTP_NOT_ACCEPTABLE, "not_acceptable",
	    "this resource is available as %.*s only", STR_ARG(base));
}

/* The schema of routes without parameters: it refuses every parameter. */
static const struct schema no_params = { .name = "Nothing", .size = 1,
	.fields = (const struct field[]){ { .name = NULL } } };

static enum http_status
step_query(struct exchange *c)
{
	const struct schema	*sh = c->rq.route->params;
	struct faults		 fs;
	void			*out;

	if (c->rq.route->resource != NULL)
		return resource_query(&c->rq, &c->rs);
	faults_init(&fs, c->rq.arena);
	sh = sh != NULL ? sh : &no_params;
	if ((out = arena_zero(c->rq.arena, 1, sh->size)) == NULL) {
		fs.failed = true;
	} else if (decode_query(sh, c->rq.target.query, out, &fs)) {
		c->rq.input.params = out;
		c->rq.input.params_type = sh->type;
	}
	if (fs.n == 0 && !fs.failed)
		return 0;
	return resp_faults(&c->rs, HTTP_BAD_REQUEST, "invalid_parameter", &fs);
}

static enum http_status
step_keys(struct exchange *c)
{
	const struct schema	*sh = c->rq.route->keys;
	struct faults		 fs;
	void			*out;

	if (c->rq.route->resource != NULL)
		return resource_key(&c->rq, &c->rs);
	if (sh == NULL)
		return 0;
	faults_init(&fs, c->rq.arena);
	if ((out = arena_zero(c->rq.arena, 1, sh->size)) == NULL)
		return resp_db_error(&c->rs, DB_NO_MEMORY);
	for (const struct field *f = sh->fields; f->name != NULL; f++)
		if (!decode_text(f, str_of(f->name), route_key(&c->rq, f->name), out, &fs))
			return resp_problem(&c->rs, HTTP_NOT_FOUND, "not_found",
			    "no such resource");
	c->rq.input.keys = out;
	c->rq.input.keys_type = sh->type;
	return 0;
}

static enum http_status
step_condition(struct exchange *c)
{
	struct str		 tags = req_env(&c->rq, "HTTP_IF_NONE_MATCH");
	enum http_status	 status;

	if (tags.p != NULL && !route_takes_body(c) && !etag_valid(tags))
		return resp_problem(&c->rs, HTTP_BAD_REQUEST, "invalid_header",
		    "If-None-Match must be `*` or a list of entity tags");
	status = idem_header(&c->rq, &c->rs, route_idempotency(c->rq.route));
	return status != 0 || c->rq.route->resource == NULL ? status :
	    resource_condition(&c->rq, &c->rs);
}

static enum http_status
parse_body(struct exchange *c)
{
	struct doc		*doc;
	struct json_check_result	 r = decode_parse(c->rq.arena, c->rq.body.bytes, &doc);

	c->rq.body.json = doc;
	if (r.fault == JSON_OK)
		return 0;
	if (r.fault == JSON_NO_MEMORY)
		return resp_db_error(&c->rs, DB_NO_MEMORY);
	return resp_problem(&c->rs, HTTP_BAD_REQUEST, json_check_code(r.fault),
	    "at byte %zu", r.offset);
}

static enum http_status
set_input(struct exchange *c, const struct schema *sh, void *out)
{
	c->rq.input.body = out;
	c->rq.input.body_type = sh->type;
	return 0;
}

static enum http_status
step_form(struct exchange *c)
{
	const struct schema	*sh = c->rq.route->form;
	struct faults		 fs;
	void			*out;

	faults_init(&fs, c->rq.arena);
	if ((out = arena_zero(c->rq.arena, 1, sh->size)) == NULL)
		return resp_db_error(&c->rs, DB_NO_MEMORY);
	if (!decode_form(sh, c->rq.body.bytes, out, &fs))
		return resp_faults(&c->rs, HTTP_BAD_REQUEST, "invalid_request", &fs);
	return set_input(c, sh, out);
}

static enum http_status
step_body(struct exchange *c)
{
	const struct schema	*sh = c->rq.route->body;
	enum http_status	 status;
	struct faults		 fs;
	void			*out;

	if (!route_takes_body(c))
		return 0;
	if (c->rq.route->form != NULL)
		return step_form(c);
	if ((status = parse_body(c)) != 0)
		return status;
	if (c->rq.route->resource != NULL)
		return resource_body(&c->rq, &c->rs);
	faults_init(&fs, c->rq.arena);
	if ((out = arena_zero(c->rq.arena, 1, sh->size)) == NULL)
		return resp_db_error(&c->rs, DB_NO_MEMORY);
	if (!decode_object(sh, c->rq.body.json, DECODE_WHOLE, "#", out, NULL, &fs))
		return resp_faults(&c->rs, HTTP_UNPROCESSABLE, "validation_failed", &fs);
	return set_input(c, sh, out);
}

static enum http_status
step_client(struct exchange *c)
{
	if (strcmp(c->rq.route->scope, SCOPE_CLIENT) != 0)
		return 0;
	return client_check(&c->rq, &c->rs);
}

static enum http_status (*const steps[])(struct exchange *) = {
	step_ready, step_method, step_route, step_address, step_auth, step_subject,
	step_size, step_content, step_accept, step_query, step_keys, step_condition,
	step_body, step_client, exchange_respond,
};

void
exchange_run(struct exchange *c)
{
	enum http_status	 status = 0;

	for (size_t i = 0; i < NELEMS(steps) && status == 0; i++)
		status = steps[i](c);
	c->rs.status = (int)status;
}
