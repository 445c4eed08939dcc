/* app_answer - from the cache or the handler; conditions; headers. */
#include <stdio.h>

#include "app_private.h"
#include "crypto.h"
#include "log.h"

/* Only answers that are the same for all who may ask are shared. */
static bool
is_cached(const struct call *c)
{
	const struct route	*r = c->rq.route;

	return r->cached.ttl > 0 && r->method == HTTP_GET &&
	    strcmp(r->scope, SCOPE_NONE) == 0;
}

static const char *
view_of(const struct call *c)
{
	return c->rq.route->resource != NULL ? resource_view(&c->rq) : "";
}

/* "products/{id}" with what the path says for id. */
static struct str
fill_tag(const struct call *c, const char *tag)
{
	struct str	 rest = str_of(tag), key;
	struct buf	 b;

	buf_init(&b, c->rq.arena);
	buf_str(&b, str_cut(&rest, '{'));
	if (rest.p != NULL) {
		key = str_cut(&rest, '}');
		key = arena_copy(c->rq.arena, key);
		buf_str(&b, key.p == NULL ? key : route_key(&c->rq, key.p));
		buf_str(&b, rest);
	}
	return buf_ok(&b) ? buf_view(&b) : str_of(tag);
}

static size_t
tags_of(const struct call *c, struct str tags[GEN_TAGS])
{
	const char *const	*reads = c->rq.route->reads;
	size_t			 n = 0;

	if (c->rq.route->resource != NULL)
		return resource_tags(&c->rq, tags);
	for (; reads != NULL && reads[n] != NULL && n < GEN_TAGS; n++)
		tags[n] = fill_tag(c, reads[n]);
	return n;
}

/* What was asked, of which build of the tables, seen by whom. */
static struct str
cache_key(const struct call *c)
{
	struct buf	 b;

	buf_init(&b, c->rq.arena);
	buf_puts(&b, c->p->stamp);
	buf_byte(&b, ' ');
	buf_puts(&b, view_of(c));
	buf_byte(&b, ' ');
	buf_str(&b, c->rq.uri);
	return buf_ok(&b) ? buf_view(&b) : (struct str){ NULL, 0 };
}

static enum http_status
from_cache(struct call *c, const struct answer *a)
{
	c->rs.etag = a->etag;
	c->rs.link = a->link;
	c->rs.modified = a->modified;
	buf_init(&c->rs.body, c->rq.arena);
	buf_str(&c->rs.body, a->body);
	return resp_json(&c->rs, (enum http_status)a->status);
}

/* Lists and plain routes: a weak tag of the bytes. */
static void
weak_etag(struct call *c)
{
	uint8_t		 digest[SHA256_LEN];
	struct buf	 b;

	if (!buf_ok(&c->rs.body) || !crypto_sha256(buf_view(&c->rs.body), digest))
		return;
	buf_init(&b, c->rq.arena);
	buf_puts(&b, "W/\"");
	buf_hex(&b, digest, 8);
	buf_byte(&b, '"');
	if (buf_ok(&b))
		c->rs.etag = buf_view(&b);
}

static enum http_status
run_handler(struct call *c)
{
	enum http_status	 status = c->rq.route->run(&c->rq, &c->rs);

	if (status == HTTP_OK && c->rq.route->method == HTTP_GET &&
	    c->rs.etag.p == NULL)
		weak_etag(c);
	return status;
}

static int64_t
ttl_of(const struct call *c)
{
	int64_t	 ttl = c->rq.route->cached.ttl, most = c->rq.conf->cache_ttl_max;

	return ttl < most ? ttl : most;
}

static enum http_status
run_and_keep(struct call *c, struct lookup *l)
{
	enum http_status	 status = run_handler(c);
	const struct answer	 a = { .status = (int)status,
	    .type = str_of(c->rs.type), .etag = c->rs.etag, .link = c->rs.link,
	    .body = buf_view(&c->rs.body), .modified = c->rs.modified };

	if (status != HTTP_OK || !buf_ok(&c->rs.body)) {
		store_leave(&c->t->store, l);
		return status;
	}
	store_keep(&c->t->store, l, &a, ttl_of(c));
	c->outcome = STORE_FILL;
	return status;
}

/* If-None-Match, else If-Modified-Since (RFC 9110 13.2.2). */
static bool
is_unchanged(const struct call *c)
{
	struct str	 none = req_env(&c->rq, "HTTP_IF_NONE_MATCH");
	struct str	 since = req_env(&c->rq, "HTTP_IF_MODIFIED_SINCE");
	struct stamp	 t;

	if (none.p != NULL)
		return c->rs.etag.p != NULL && etag_none_match(none, c->rs.etag);
	return since.p != NULL && c->rs.modified.has && stamp_parse_http(since, &t) &&
	    c->rs.modified.ms / 1000 <= t.ms / 1000;
}

enum http_status
call_answer(struct call *c)
{
	struct lookup		 l;
	struct answer		 a;
	enum http_status	 status;

	if (is_cached(c) && (l.key = cache_key(c)).p != NULL) {
		l.ntags = tags_of(c, l.tags);
		l.unshared = view_of(c)[0] != '\0';
		c->outcome = store_find(&c->t->store, &l, &a);
	}
	if (store_found(c->outcome))
		status = from_cache(c, &a);
	else if (c->outcome == STORE_MISS)
		status = run_and_keep(c, &l);
	else
		status = run_handler(c);
	if (status == HTTP_OK && c->rq.route->method == HTTP_GET && is_unchanged(c))
		return HTTP_NOT_MODIFIED;
	return status;
}

/* The tags by which a cache in front of us can be told what is stale. */
static void
put_surrogate_key(struct call *c, struct buf *out)
{
	struct str	 tags[GEN_TAGS];
	size_t		 n = tags_of(c, tags);

	for (size_t i = 0; i < n; i++)
		buf_fmt(out, "%s%.*s", i == 0 ? "Surrogate-Key: " : " ",
		    STR_ARG(tags[i]));
	if (n > 0)
		buf_puts(out, "\r\n");
}

/* public only where nobody's rights changed what is shown. */
static void
put_cache_control(struct call *c, struct buf *out)
{
	const struct route	*r = c->rq.route;
	bool			 shared;

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
	shared = strcmp(r->scope, SCOPE_NONE) == 0 && view_of(c)[0] == '\0';
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
	buf_puts(out, "\r\nVary: Accept-Encoding\r\n");
	if (shared && r->cached.s_maxage > 0)
		put_surrogate_key(c, out);
}

/* One header of every answer: without printf, for there are many. */
static void
put_header(struct buf *out, const char *name, struct str value)
{
	buf_puts(out, name);
	buf_str(out, value);
	buf_puts(out, "\r\n");
}

static void
put_validators(struct call *c, struct buf *out)
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

/* A page says what it may load; an answer that is none may load nothing. */
static struct str
policy_of(const struct call *c)
{
	const struct route	*r = c->rq.route;

	if (r != NULL && r->policy != NULL && c->rs.status < 400)
		return str_of(r->policy);
	return STR("default-src 'none'; frame-ancestors 'none'");
}

/* What every answer carries; the web server may add its own. */
static void
put_always(struct call *c, struct buf *out)
{
	put_header(out, "X-Request-Id: ", str_of(c->rq.id));
	buf_puts(out, "X-Content-Type-Options: nosniff\r\n"
	    "X-Frame-Options: DENY\r\n"
	    "Referrer-Policy: no-referrer\r\n");
	put_header(out, "Content-Security-Policy: ", policy_of(c));
	if (req_env(&c->rq, "HTTPS").n > 0)
		buf_puts(out, "Strict-Transport-Security: max-age=63072000; "
		    "includeSubDomains\r\n");
}

void
call_write(struct call *c, struct buf *out)
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
	put_always(c, out);
	buf_str(out, buf_view(&c->rs.headers));
	buf_puts(out, "\r\n");
	if (!bodyless && c->rq.method != HTTP_HEAD)
		buf_str(out, buf_view(&c->rs.body));
}
