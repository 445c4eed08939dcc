/*
 * answer - the last step: an answer from the cache or from the handler, and
 * conditional GETs.
 */

#include "base/log.h"
#include "cache/store_answer.h"
#include "crypto/crypto.h"
#include "http/etag.h"
#include "program/exchange.h"

static bool
is_cached(const struct exchange *c)
{
	return c->rq.route->cached.ttl > 0 && c->rq.route->method == HTTP_GET;
}

static bool
is_anonymous(const struct route *r)
{
	return strcmp(r->scope, SCOPE_NONE) == 0;
}

/*
 * The handler of a plain route may use everything in the token, so callers share
 * an answer only if subject, client and scopes are equal.
 */
const char *
exchange_variant(const struct exchange *c)
{
	const struct route	*r = c->rq.route;
	const struct user	*u = c->rq.user;

	if (r->resource != NULL)
		return resource_variant(&c->rq);
	if (u == NULL || (is_anonymous(r) && !r->cached.by_user))
		return "";
	return arena_fmt(c->rq.arena, "u%zu:%.*s %zu:%.*s %zu:%.*s", u->sub.n,
	    STR_ARG(u->sub), u->client_id.n, STR_ARG(u->client_id), u->scope.n,
	    STR_ARG(u->scope));
}

bool
exchange_is_public(const struct exchange *c)
{
	const struct route	*r = c->rq.route;

	return r->resource != NULL ? resource_is_public(&c->rq) :
	    is_anonymous(r) && !r->cached.by_user;
}

size_t
exchange_tags(const struct exchange *c, struct str tags[GENERATION_TAGS])
{
	const char *const	*reads = c->rq.route->reads;
	size_t			 n = 0;

	if (c->rq.route->resource != NULL)
		return resource_tags(&c->rq, tags);
	for (; reads != NULL && reads[n] != NULL && n < GENERATION_TAGS; n++)
		tags[n] = route_tag(&c->rq, reads[n]);
	return n;
}

/* Build of the declarations, variant of the caller, URI. */
static struct str
cache_key(const struct exchange *c, const char *view)
{
	struct buf	 b;

	buf_init(&b, c->rq.arena);
	buf_puts(&b, c->p->stamp);
	buf_byte(&b, ' ');
	buf_puts(&b, view);
	buf_byte(&b, ' ');
	buf_str(&b, c->rq.target.uri);
	return buf_ok(&b) ? buf_view(&b) : (struct str){ NULL, 0 };
}

static enum http_status
respond_from_cache(struct exchange *c, const struct store_answer *a)
{
	c->rs.etag = a->etag;
	c->rs.link = a->link;
	c->rs.modified = a->modified;
	buf_init(&c->rs.body, c->rq.arena);
	buf_str(&c->rs.body, a->body);
	return resp_json(&c->rs, (enum http_status)a->status);
}

/* Answers without a version of their row: a weak tag, the hash of the body. */
static void
weak_etag(struct exchange *c)
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
run_handler(struct exchange *c)
{
	struct req		 anonymous, *rq = &c->rq;
	enum http_status	 status;

	/* An answer that every client will get must not depend on this client's user. */
	if (is_cached(c) && rq->route->resource == NULL && exchange_is_public(c)) {
		anonymous = c->rq;
		anonymous.user = NULL;
		rq = &anonymous;
	}
	if (idem_wanted(rq, route_idempotency(rq->route)))
		status = idem_run(rq, &c->rs, rq->route->run, &c->idem);
	else
		status = rq->route->run(rq, &c->rs);
	if (status == HTTP_OK && c->rq.route->method == HTTP_GET &&
	    c->rs.etag.p == NULL)
		weak_etag(c);
	return status;
}

static int64_t
cache_ttl(const struct exchange *c)
{
	int64_t	 ttl = c->rq.route->cached.ttl, max = c->rq.conf->cache_ttl_max;

	return ttl < max ? ttl : max;
}

static enum http_status
run_and_cache(struct exchange *c, struct store_lookup *l)
{
	enum http_status	 status = run_handler(c);
	const struct store_answer	 a = { .status = (int)status,
	    .type = str_of(c->rs.type), .etag = c->rs.etag, .link = c->rs.link,
	    .body = buf_view(&c->rs.body), .modified = c->rs.modified };

	if (status != HTTP_OK || !buf_ok(&c->rs.body)) {
		store_abandon(&c->t->store, l);
		return status;
	}
	store_put(&c->t->store, l, &a, cache_ttl(c));
	c->outcome = CACHE_FILL;
	return status;
}

/* If-None-Match, else If-Modified-Since (RFC 9110 13.2.2). */
static bool
is_not_modified(const struct exchange *c)
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
exchange_respond(struct exchange *c)
{
	struct store_lookup		 l;
	struct store_answer		 a;
	const char		*view;
	enum http_status	 status;

	exchange_snapshot(c);
	if (is_cached(c) && (view = exchange_variant(c)) != NULL &&
	    (l.key = cache_key(c, view)).p != NULL) {
		l.ntags = exchange_tags(c, l.tags);
		l.is_private = view[0] != '\0';
		c->outcome = store_get(&c->t->store, &l, &a);
	}
	if (store_found(c->outcome))
		status = respond_from_cache(c, &a);
	else if (c->outcome == CACHE_MISS)
		status = run_and_cache(c, &l);
	else
		status = run_handler(c);
	if (status == HTTP_OK && c->rq.route->method == HTTP_GET && is_not_modified(c))
		return HTTP_NOT_MODIFIED;
	return status;
}
