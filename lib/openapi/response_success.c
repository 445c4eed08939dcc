/* openapi/response_success - the successful responses of an operation. */
#include <stdlib.h>

#include "openapi/response.h"
#include "openapi/scalar.h"
#include "openapi/schema.h"

static bool
is_json(const struct route *rt)
{
	return rt->answer_type == NULL ||
	    str_starts(str_of(rt->answer_type), STR("application/json"));
}

static void
open_success(struct document *d, int status, const char *doc, unsigned headers)
{
	response_open(d, status);
	json_text(d->out, "description", doc);
	response_headers(d, headers);
}

/* Describe the event stream form of the 200 response of a GET. */
static void
print_event_stream(struct document *d, const struct route *rt)
{
	if (!route_is_live(rt))
		return;
	json_open(d->out, "text/event-stream", '{');
	scalar_print(d, "schema", &(struct scalar){ .type = "string",
	    .doc = "One event now and one after each change: `event: change`, `id` is the "
	    "ETag, `data` the JSON. The last event is `gone` (no longer visible) or "
	    "`expired` (the token has expired)" });
	json_close(d->out, "}");
}

/* The content of a response, of one schema, and its end. */
static void
close_success(struct document *d, const struct route *rt, enum openapi_form form)
{
	json_open(d->out, "content", '{');
	json_open(d->out, "application/json", '{');
	openapi_schema_ref_as(d, "schema", rt->resource->schema, rt->resource, form);
	json_close(d->out, "}");
	print_event_stream(d, rt);
	json_close(d->out, "}}");
}

static void
print_created(struct document *d, const struct route *rt)
{
	const struct resource	*r = rt->resource;
	unsigned		 merged = r->merge_by != NULL ? HEADER_APPLIED : 0;

	if (r->merge_by != NULL) {
		open_success(d, HTTP_OK, "A batch that changed rows and created none", merged);
		close_success(d, rt, FORM_ITEMS);
	}
	open_success(d, HTTP_CREATED, "The new row, or the rows of the batch in the order of the request",
	    HEADER_LOCATION | HEADER_ETAG | merged);
	json_open(d->out, "content", '{');
	json_open(d->out, "application/json", '{');
	json_open(d->out, "schema", '{');
	json_open(d->out, "anyOf", '[');
	openapi_schema_ref_as(d, NULL, r->schema, r, FORM_SHOWN);
	openapi_schema_ref_as(d, NULL, r->schema, r, FORM_ITEMS);
	json_close(d->out, "]}}}}");
}

static void
print_resource(struct document *d, const struct route *rt)
{
	const struct resource	*r = rt->resource;
	unsigned		 row = HEADER_ETAG |
				    (r->modified != NULL ? HEADER_MODIFIED : 0);

	switch (rt->op) {
	case OP_LIST:
		open_success(d, HTTP_OK, "A page",
		    HEADER_ETAG | HEADER_LINK | HEADER_CACHE | HEADER_APPLIED);
		close_success(d, rt, FORM_LIST);
		response_not_modified(d);
		break;
	case OP_CREATE:
		print_created(d, rt);
		break;
	case OP_GET:
		open_success(d, HTTP_OK, "The row",
		    row | HEADER_CACHE | HEADER_APPLIED);
		close_success(d, rt, r->expands != NULL ? FORM_EXPANDED : FORM_SHOWN);
		response_not_modified(d);
		break;
	case OP_PATCH:
	case OP_PUT:
		open_success(d, HTTP_OK, "The row after the change", row);
		close_success(d, rt, FORM_SHOWN);
		break;
	case OP_DELETE:
		open_success(d, HTTP_NO_CONTENT, "Deleted", 0);
		json_close(d->out, "}");
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
base_type(struct document *d, const struct route *rt)
{
	struct str	 rest = str_of(rt->answer_type != NULL ? rt->answer_type :
			    "application/json"), base = str_cut(&rest, ';');

	base = arena_copy(d->out->arena, base);
	return base.p == NULL ? "application/json" : base.p;
}

static void
print_plain(struct document *d, const struct route *rt, int status)
{
	open_success(d, status, http_reason(status), plain_headers(rt, status));
	if (status != HTTP_NO_CONTENT) {
		json_open(d->out, "content", '{');
		json_open(d->out, base_type(d, rt), '{');
		if (rt->answer != NULL)
			openapi_schema_ref_as(d, "schema", rt->answer, NULL, FORM_SHOWN);
		else
			scalar_print(d, "schema", &(struct scalar){
			    .type = is_json(rt) ? "object" : "string" });
		json_close(d->out, "}");
		print_event_stream(d, rt);
		json_close(d->out, "}");
	}
	json_close(d->out, "}");
}

/* .problems may also name successful statuses: "202". */
static void
print_own(struct document *d, const struct route *rt)
{
	const char *const	*s = rt->problems;
	bool			 named = false;

	for (; s != NULL && *s != NULL; s++)
		if (atoi(*s) < 300) {
			print_plain(d, rt, atoi(*s));
			named = true;
		}
	if (!named)
		print_plain(d, rt, plain_status(rt));
	if (is_cached(rt))
		response_not_modified(d);
}

void
response_success(struct document *d, const struct route *rt)
{
	unsigned	 saved = d->common_headers;

	if ((openapi_traits(rt) & TRAIT_IDEM) != 0)
		d->common_headers |= HEADER_REPLAYED;
	if (rt->op == OP_NONE)
		print_own(d, rt);
	else
		print_resource(d, rt);
	d->common_headers = saved;
}
