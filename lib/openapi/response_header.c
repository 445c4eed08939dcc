/* openapi_header - headers of answers, as components. */
#include "openapi/private.h"

static const struct {
	enum header	 bit;
	const char	*name, *component, *schema, *doc;
} headers[] = {
	{ HEADER_ETAG, "ETag", "ETag", "{\"type\":\"string\"}",
	  "Names this state; goes back in If-None-Match and If-Match" },
	{ HEADER_MODIFIED, "Last-Modified", "LastModified", "{\"type\":\"string\"}",
	  "When the row changed last, to the second" },
	{ HEADER_CACHE, "Cache-Control", "CacheControl", "{\"type\":\"string\"}",
	  "Who may keep the answer, and for how long" },
	{ HEADER_LOCATION, "Location", "Location",
	  "{\"type\":\"string\",\"format\":\"uri-reference\"}",
	  "Path of what was made" },
	{ HEADER_LINK, "Link", "Link", "{\"type\":\"string\"}",
	  "The next page (RFC 8288), where there is one" },
	{ HEADER_ALLOW, "Allow", "Allow", "{\"type\":\"string\"}",
	  "The methods of this path" },
	{ HEADER_RETRY, "Retry-After", "RetryAfter",
	  "{\"type\":\"integer\",\"minimum\":0}", "Seconds to wait" },
	{ HEADER_CHALLENGE, "WWW-Authenticate", "WWWAuthenticate",
	  "{\"type\":\"string\"}", "What is wrong with the token (RFC 6750)" },
	{ HEADER_TAKES, "Accept-Patch", "AcceptPatch", "{\"type\":\"string\"}",
	  "The content type that PATCH takes" },
	{ HEADER_TAKES, "Accept-Post", "AcceptPost", "{\"type\":\"string\"}",
	  "The content type that POST and PUT take" },
	{ HEADER_APPLIED, "Preference-Applied", "PreferenceApplied",
	  "{\"type\":\"string\"}", "The preference that was followed" },
	{ HEADER_REPLAYED, "Idempotent-Replayed", "IdempotentReplayed",
	  "{\"type\":\"string\",\"enum\":[\"true\"]}",
	  "There when the Idempotency-Key was sent before: this is that answer" },
	{ HEADER_LIMIT, "RateLimit-Policy", "RateLimitPolicy",
	  "{\"type\":\"string\",\"examples\":[\"\\\"write\\\";q=120;w=60\"]}",
	  "The quota: q requests in w seconds" },
	{ HEADER_LIMIT, "RateLimit", "RateLimit",
	  "{\"type\":\"string\",\"examples\":[\"\\\"write\\\";r=117;t=2\"]}",
	  "r requests are left; in t seconds there is one again, or all are" },
	{ HEADER_DEPRECATED, "Deprecation", "Deprecation", "{\"type\":\"string\"}",
	  "Since when it should not be used any more (RFC 9745)" },
	{ HEADER_SUNSET, "Sunset", "Sunset", "{\"type\":\"string\"}",
	  "When it ends (RFC 8594)" },
	{ HEADER_REQUEST_ID, "X-Request-Id", "RequestId",
	  "{\"type\":\"string\",\"format\":\"uuid\"}", "Names this request in the log" },
};

void
response_headers(struct page *p, unsigned bits)
{
	json_open(p->out, "headers", '{');
	for (size_t i = 0; i < NELEMS(headers); i++) {
		if (((bits | p->every | HEADER_REQUEST_ID) & headers[i].bit) == 0)
			continue;
		json_open(p->out, headers[i].name, '{');
		json_fmt(p->out, "$ref", "#/components/headers/%s",
		    headers[i].component);
		buf_byte(p->out, '}');
	}
	buf_byte(p->out, '}');
}

void
response_headers_all(struct page *p)
{
	json_open(p->out, "headers", '{');
	for (size_t i = 0; i < NELEMS(headers); i++) {
		json_open(p->out, headers[i].component, '{');
		json_text(p->out, "description", headers[i].doc);
		json_raw(p->out, "schema", headers[i].schema);
		buf_byte(p->out, '}');
	}
	buf_byte(p->out, '}');
}
