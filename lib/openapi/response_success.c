/* openapi_success - what an operation answers when all is well. */
#include <stdlib.h>

#include "openapi/private.h"

static bool
is_json(const struct route *rt)
{
	return rt->answer_type == NULL ||
	    str_starts(str_of(rt->answer_type), STR("application/json"));
}

static void
open_answer(struct page *p, int status, const char *says, unsigned headers)
{
	json_fmt(p->out, NULL, "%d", status);
	buf_puts(p->out, ":{");
	json_text(p->out, "description", says);
	response_headers(p, headers);
}

/* Beside one answer: all that come, while somebody listens. */
static void
print_live(struct page *p, const struct route *rt)
{
	if (route_is_live(rt))
		json_raw(p->out, "text/event-stream", "{\"schema\":{\"type\":\"string\","
		    "\"description\":\"The answer, and again each time it changed: "
		    "`id` is its ETag, `event: change`, `data` its JSON; then `gone` or "
		    "`expired`\"}}");
}

/* One schema as the content, and the end of the answer. */
static void
close_answer(struct page *p, const struct route *rt, enum openapi_form form)
{
	json_raw(p->out, NULL, "\"content\":{\"application/json\":{");
	openapi_schema_ref_as(p, "schema", rt->resource->schema, rt->resource, form);
	buf_byte(p->out, '}');
	print_live(p, rt);
	buf_puts(p->out, "}}");
}

static void
print_created(struct page *p, const struct route *rt)
{
	const struct resource	*r = rt->resource;
	unsigned		 merged = r->merge_by != NULL ? HEADER_APPLIED : 0;

	if (r->merge_by != NULL) {
		open_answer(p, HTTP_OK, "A batch that only changed rows", merged);
		close_answer(p, rt, FORM_ITEMS);
	}
	open_answer(p, HTTP_CREATED, "Made: the one, or the batch in its order",
	    HEADER_LOCATION | HEADER_ETAG | merged);
	json_raw(p->out, NULL,
	    "\"content\":{\"application/json\":{\"schema\":{\"anyOf\":[");
	openapi_schema_ref_as(p, NULL, r->schema, r, FORM_SHOWN);
	openapi_schema_ref_as(p, NULL, r->schema, r, FORM_ITEMS);
	buf_puts(p->out, "]}}}}");
}

static void
print_resource(struct page *p, const struct route *rt)
{
	const struct resource	*r = rt->resource;
	unsigned		 row = HEADER_ETAG |
				    (r->modified != NULL ? HEADER_MODIFIED : 0);

	switch (rt->op) {
	case OP_LIST:
		open_answer(p, HTTP_OK, "A page",
		    HEADER_ETAG | HEADER_LINK | HEADER_CACHE | HEADER_APPLIED);
		close_answer(p, rt, FORM_LIST);
		response_not_modified(p);
		break;
	case OP_CREATE:
		print_created(p, rt);
		break;
	case OP_GET:
		open_answer(p, HTTP_OK, "The row",
		    row | HEADER_CACHE | HEADER_APPLIED);
		close_answer(p, rt, r->expands != NULL ? FORM_EXPANDED : FORM_SHOWN);
		response_not_modified(p);
		break;
	case OP_PATCH:
	case OP_PUT:
		open_answer(p, HTTP_OK, "The row as it is now", row);
		close_answer(p, rt, FORM_SHOWN);
		break;
	case OP_DELETE:
		open_answer(p, HTTP_NO_CONTENT, "Gone", 0);
		buf_byte(p->out, '}');
		break;
	case OP_NONE:
		break;
	}
}

static int
plain_status(const struct route *rt)
{
	if (rt->answer == NULL && rt->answer_type == NULL)
		return HTTP_NO_CONTENT;
	return rt->method == HTTP_POST ? HTTP_CREATED : HTTP_OK;
}

static bool
is_cached(const struct route *rt)
{
	return rt->method == HTTP_GET && (rt->reads != NULL ||
	    rt->cached.ttl > 0 || rt->cached.max_age > 0 || rt->cached.s_maxage > 0);
}

static unsigned
plain_headers(const struct route *rt, int status)
{
	if (is_cached(rt))
		return HEADER_ETAG | HEADER_CACHE |
		    (route_is_live(rt) ? HEADER_APPLIED : 0);
	if (status == HTTP_ACCEPTED)
		return HEADER_LOCATION | HEADER_RETRY;
	return status == HTTP_CREATED && rt->method == HTTP_POST ? HEADER_LOCATION : 0;
}

/* The media type without its parameters. */
static const char *
base_type(struct page *p, const struct route *rt)
{
	struct str	 rest = str_of(rt->answer_type != NULL ? rt->answer_type :
			    "application/json"), base = str_cut(&rest, ';');

	base = arena_copy(p->out->arena, base);
	return base.p == NULL ? "application/json" : base.p;
}

static void
print_plain(struct page *p, const struct route *rt, int status)
{
	open_answer(p, status, http_reason(status), plain_headers(rt, status));
	if (status != HTTP_NO_CONTENT) {
		json_open(p->out, "content", '{');
		json_open(p->out, base_type(p, rt), '{');
		if (rt->answer != NULL)
			openapi_schema_ref_as(p, "schema", rt->answer, NULL, FORM_SHOWN);
		else
			json_raw(p->out, "schema", is_json(rt) ?
			    "{\"type\":\"object\"}" : "{\"type\":\"string\"}");
		buf_byte(p->out, '}');
		print_live(p, rt);
		buf_byte(p->out, '}');
	}
	buf_byte(p->out, '}');
}

/* A route's own list may name what it answers beside refusals: "202". */
static void
print_own(struct page *p, const struct route *rt)
{
	const char *const	*s = rt->problems;
	bool			 named = false;

	for (; s != NULL && *s != NULL; s++)
		if (atoi(*s) < 300) {
			print_plain(p, rt, atoi(*s));
			named = true;
		}
	if (!named)
		print_plain(p, rt, plain_status(rt));
	if (is_cached(rt))
		response_not_modified(p);
}

void
response_success(struct page *p, const struct route *rt)
{
	unsigned	 every = p->every;

	if ((openapi_traits(rt) & TRAIT_IDEM) != 0)
		p->every |= HEADER_REPLAYED;
	if (rt->op == OP_NONE)
		print_own(p, rt);
	else
		print_resource(p, rt);
	p->every = every;
}
