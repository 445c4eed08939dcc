/* openapi/response_header - response headers as components. */
#include "openapi/response.h"
#include "openapi/scalar.h"

static const struct {
	enum header	 bit;
	const char	*name, *component;
	struct scalar	 schema;
	const char	*doc;
} headers[] = {
	{ HEADER_ETAG, "ETag", "ETag", { .type = "string" },
	  "The version of the resource, for If-None-Match and If-Match" },
	{ HEADER_MODIFIED, "Last-Modified", "LastModified", { .type = "string" },
	  "When the row was last changed, to the second" },
	{ HEADER_CACHE, "Cache-Control", "CacheControl", { .type = "string" },
	  "Who may cache the response, and for how long" },
	{ HEADER_LOCATION, "Location", "Location",
	  { .type = "string", .format = "uri-reference" },
	  "The path of the new resource" },
	{ HEADER_LINK, "Link", "Link", { .type = "string" },
	  "The next page (RFC 8288), if there is one" },
	{ HEADER_ALLOW, "Allow", "Allow", { .type = "string" },
	  "The methods of this path" },
	{ HEADER_RETRY, "Retry-After", "RetryAfter",
	  { .type = "integer", .bounded = true, .min = 0 },
	  "Seconds to wait before the next attempt" },
	{ HEADER_CHALLENGE, "WWW-Authenticate", "WWWAuthenticate", { .type = "string" },
	  "What is wrong with the token (RFC 6750)" },
	{ HEADER_TAKES, "Accept-Patch", "AcceptPatch", { .type = "string" },
	  "The content type that PATCH accepts" },
	{ HEADER_TAKES, "Accept-Post", "AcceptPost", { .type = "string" },
	  "The content type that POST and PUT accept" },
	{ HEADER_APPLIED, "Preference-Applied", "PreferenceApplied", { .type = "string" },
	  "The preference that was applied" },
	{ HEADER_REPLAYED, "Idempotent-Replayed", "IdempotentReplayed",
	  { .type = "string", .only = "true" },
	  "Present if the Idempotency-Key was used before: this is the stored response" },
	{ HEADER_LIMIT, "RateLimit-Policy", "RateLimitPolicy",
	  { .type = "string", .example = "\"write\";q=120;w=60" },
	  "The quota: q requests in w seconds" },
	{ HEADER_LIMIT, "RateLimit", "RateLimit",
	  { .type = "string", .example = "\"write\";r=117;t=2" },
	  "r requests remain; in t seconds the quota is full again or, if r is 0, the next "
	  "request is possible" },
	{ HEADER_DEPRECATED, "Deprecation", "Deprecation", { .type = "string" },
	  "Since when the operation is deprecated (RFC 9745)" },
	{ HEADER_SUNSET, "Sunset", "Sunset", { .type = "string" },
	  "When the operation will be removed (RFC 8594)" },
	{ HEADER_REQUEST_ID, "X-Request-Id", "RequestId",
	  { .type = "string", .format = "uuid" }, "The id of this request in the log" },
};

void
response_headers(struct document *d, unsigned bits)
{
	json_open(d->out, "headers", '{');
	for (size_t i = 0; i < NELEMS(headers); i++) {
		if (((bits | d->common_headers | HEADER_REQUEST_ID) & headers[i].bit) == 0)
			continue;
		json_open(d->out, headers[i].name, '{');
		json_fmt(d->out, "$ref", "#/components/headers/%s",
		    headers[i].component);
		json_close(d->out, "}");
	}
	json_close(d->out, "}");
}

void
response_headers_all(struct document *d)
{
	json_open(d->out, "headers", '{');
	for (size_t i = 0; i < NELEMS(headers); i++) {
		json_open(d->out, headers[i].component, '{');
		json_text(d->out, "description", headers[i].doc);
		scalar_print(d, "schema", &headers[i].schema);
		json_close(d->out, "}");
	}
	json_close(d->out, "}");
}
