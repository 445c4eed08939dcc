/* header - status line, headers and body of a response. */
#include <stdio.h>
#include <strings.h>

#include "program/exchange.h"

/* The tags by which a CDN can purge the answer. */
static void
put_surrogate_key(struct exchange *c, struct buf *out)
{
	struct str	 tags[GENERATION_TAGS];
	size_t		 n = exchange_tags(c, tags);

	for (size_t i = 0; i < n; i++)
		buf_fmt(out, "%s%.*s", i == 0 ? "Surrogate-Key: " : " ",
		    STR_ARG(tags[i]));
	if (n > 0)
		buf_puts(out, "\r\n");
}

/* `public` only if the answer is the same for every caller. */
static void
put_cache_control(struct exchange *c, struct buf *out)
{
	const struct route	*r = c->rq.route;
	bool			 shared;

	if (c->rs.refusal == REFUSE_OAUTH)	/* RFC 6749 5.1 */
		buf_puts(out, "Pragma: no-cache\r\n");
	if (c->rs.status >= 400 || r == NULL || r->method != HTTP_GET ||
	    c->rq.method == HTTP_OPTIONS) {
		buf_puts(out, "Cache-Control: no-store\r\n");
		return;
	}
	if (r->cache_control != NULL) {
		buf_fmt(out, "Cache-Control: %s\r\nVary: Accept-Encoding\r\n",
		    r->cache_control);
		return;
	}
	shared = exchange_is_public(c);
	buf_puts(out, shared ? "Cache-Control: public" : "Cache-Control: private");
	if (shared && r->cached.max_age > 0)
		buf_fmt(out, ", max-age=%d", r->cached.max_age);
	else
		buf_puts(out, ", no-cache");
	if (shared && r->cached.s_maxage > 0)
		buf_fmt(out, ", s-maxage=%d", r->cached.s_maxage);
	if (shared && r->cached.stale_while_revalidate > 0)
		buf_fmt(out, ", stale-while-revalidate=%d",
		    r->cached.stale_while_revalidate);
	buf_puts(out, shared ? "\r\nVary: Accept-Encoding\r\n" :
	    "\r\nVary: Accept-Encoding, Authorization\r\n");
	if (shared && r->cached.s_maxage > 0)
		put_surrogate_key(c, out);
}

/* Without printf: this runs several times for each response. */
static void
put_header(struct buf *out, const char *name, struct str value)
{
	buf_puts(out, name);
	buf_str(out, value);
	buf_puts(out, "\r\n");
}

static void
put_validators(struct exchange *c, struct buf *out)
{
	char	 text[32];

	if (c->rs.etag.p != NULL)
		put_header(out, "ETag: ", c->rs.etag);
	if (c->rs.status >= 400)
		return;
	if (c->rs.link.p != NULL)
		put_header(out, "Link: ", c->rs.link);
	if (c->rs.modified.has) {
		stamp_http(c->rs.modified, text);
		put_header(out, "Last-Modified: ", str_of(text));
	}
}

/* A page of HTML has its own policy; any other response must load nothing. */
static struct str
policy_of(const struct exchange *c)
{
	const struct route	*r = c->rq.route;

	if (r != NULL && r->policy != NULL && c->rs.status < 400)
		return str_of(r->policy);
	return STR("default-src 'none'; frame-ancestors 'none'");
}

static void
put_always(struct exchange *c, struct buf *out)
{
	put_header(out, "X-Request-Id: ", str_of(c->rq.id));
	buf_puts(out, "X-Content-Type-Options: nosniff\r\n"
	    "X-Frame-Options: DENY\r\n"
	    "Referrer-Policy: no-referrer\r\n");
	put_header(out, "Content-Security-Policy: ", policy_of(c));
	if (c->rq.origin.https)
		buf_puts(out, "Strict-Transport-Security: max-age=63072000; "
		    "includeSubDomains\r\n");
}

/* Midnight UTC of a day like "2027-01-31". */
static struct stamp
day_stamp(const char *day)
{
	char		 text[32];
	struct stamp	 s = { 0, false };

	snprintf(text, sizeof(text), "%sT00:00:00Z", day);
	(void)!stamp_parse(str_of(text), &s);
	return s;
}

/* Deprecation (RFC 9745) and Sunset (RFC 8594). */
static void
put_retirement(struct buf *out, const struct route *r)
{
	char	 text[32];

	if (r == NULL || r->deprecated == NULL)
		return;
	buf_puts(out, "Deprecation: @");
	buf_int(out, day_stamp(r->deprecated).ms / 1000);
	buf_puts(out, "\r\n");
	if (r->sunset == NULL)
		return;
	stamp_http(day_stamp(r->sunset), text);
	put_header(out, "Sunset: ", str_of(text));
}

/* The request's Origin, if cors_origins lists it; else p is NULL. */
static struct str
allowed_origin(const struct exchange *c)
{
	struct str	 list = str_of(c->rq.conf->cors_origins), one;
	struct str	 origin = req_env(&c->rq, "HTTP_ORIGIN");

	while (origin.n > 0 && (one = str_next_word(&list)).p != NULL)
		if (str_eq(one, origin))
			return one;
	return (struct str){ NULL, 0 };
}

/*
 * Scripts send tokens in the Authorization header, so no response needs
 * Access-Control-Allow-Credentials.
 */
static void
put_cors(struct exchange *c, struct buf *out)
{
	struct str	 origin;

	if (c->rq.conf->cors_origins[0] == '\0')
		return;
	buf_puts(out, "Vary: Origin\r\n");
	if ((origin = allowed_origin(c)).p == NULL)
		return;
	put_header(out, "Access-Control-Allow-Origin: ", origin);
	buf_puts(out, "Access-Control-Expose-Headers: ETag, Link, Location, RateLimit, "
	    "RateLimit-Policy, Retry-After, X-Request-Id, Idempotent-Replayed\r\n");
}

void
exchange_common_headers(struct exchange *c, struct buf *out)
{
	put_always(c, out);
	put_cors(c, out);
}

/* Request headers that a script may send, without those that need no permission. */
static const char	 sendable[] = "Authorization, Content-Type, If-Match, "
	"If-None-Match, If-Modified-Since, Idempotency-Key, Prefer, Traceparent, "
	"Tracestate, X-Request-Id, Last-Event-ID";

static bool
all_sendable(struct str asked)
{
	struct str	 name, list, one;

	while ((name = str_next_word(&asked)).p != NULL) {
		list = STR(sendable);
		while ((one = str_next_word(&list)).p != NULL && (one.n != name.n ||
		    strncasecmp(one.p, name.p, one.n) != 0))
			;
		if (one.p == NULL)
			return false;
	}
	return true;
}

void
exchange_preflight(struct exchange *c, unsigned allow)
{
	struct str		 method = req_env(&c->rq,
				    "HTTP_ACCESS_CONTROL_REQUEST_METHOD");
	struct str		 headers = req_env(&c->rq,
				    "HTTP_ACCESS_CONTROL_REQUEST_HEADERS");
	enum http_method	 m = http_method_of(method);
	struct buf		*out = &c->rs.headers;

	if (m == HTTP_HEAD)
		m = HTTP_GET;
	if (allowed_origin(c).p == NULL || m == HTTP_OTHER ||
	    !(allow & 1u << m) || !all_sendable(headers))
		return;
	buf_puts(out, "Access-Control-Allow-Methods: ");
	route_allow(out, allow);
	buf_puts(out, "\r\nAccess-Control-Allow-Headers: ");
	buf_puts(out, sendable);
	buf_puts(out, "\r\nAccess-Control-Max-Age: 7200\r\n");
}

void
exchange_write(struct exchange *c, struct buf *out)
{
	bool	 bodyless = c->rs.status == HTTP_NO_CONTENT ||
		    c->rs.status == HTTP_NOT_MODIFIED;

	buf_puts(out, "Status: ");
	buf_int(out, c->rs.status);
	put_header(out, " ", str_of(http_reason(c->rs.status)));
	if (!bodyless) {
		put_header(out, "Content-Type: ", str_of(c->rs.type));
		buf_puts(out, "Content-Length: ");
		buf_int(out, (int64_t)c->rs.body.n);
		buf_puts(out, "\r\n");
	}
	put_cache_control(c, out);
	put_validators(c, out);
	exchange_common_headers(c, out);
	exchange_put_snapshot(c, out);
	put_retirement(out, c->rq.route);
	buf_str(out, buf_view(&c->rs.headers));
	buf_puts(out, "\r\n");
	if (!bodyless && c->rq.method != HTTP_HEAD)
		buf_str(out, buf_view(&c->rs.body));
}
