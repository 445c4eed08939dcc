/* limit_http - quotas of requests and their response headers. */
#include "route/limit.h"

#include "base/clock.h"
#include "base/net.h"
#include "schema/json.h"

static const struct {
	const char	*name;
	size_t		 rate;		/* in struct conf */
	bool		 by_address;
} classes[LIMIT_CLASSES] = {
	[LIMIT_AUTH] = { "auth", offsetof(struct conf, limit_auth), true },
	[LIMIT_PUBLIC] = { "public", offsetof(struct conf, limit_public), true },
	[LIMIT_READ] = { "read", offsetof(struct conf, limit_read), false },
	[LIMIT_WRITE] = { "write", offsetof(struct conf, limit_write), false },
	[LIMIT_COSTLY] = { "costly", offsetof(struct conf, limit_costly), false },
	[LIMIT_INGEST] = { "ingest", offsetof(struct conf, limit_ingest), false },
	[LIMIT_STREAM] = { "stream", offsetof(struct conf, limit_stream), false },
};

bool
limit_is_by_address(enum limit_class class)
{
	return classes[class].by_address;
}

/* RateLimit-Policy: "write";q=120;w=60, RateLimit: "write";r=117;t=2 */
static void
put_headers(struct buf *out, const char *name, struct conf_rate rate,
    const struct limit_state *st)
{
	buf_puts(out, "RateLimit-Policy: \"");
	buf_puts(out, name);
	buf_puts(out, "\";q=");
	buf_int(out, rate.many);
	buf_puts(out, ";w=");
	buf_int(out, rate.seconds);
	buf_puts(out, "\r\nRateLimit: \"");
	buf_puts(out, name);
	buf_puts(out, "\";r=");
	buf_int(out, st->remaining);
	buf_puts(out, ";t=");
	buf_int(out, st->reset);
	buf_puts(out, "\r\n");
}

static enum http_status
quota_exceeded(struct resp *rs, const char *name, const struct limit_state *st)
{
	struct buf	 members;

	buf_init(&members, rs->arena);
	json_open(&members, "violated-policies", '[');
	json_text(&members, NULL, name);
	json_close(&members, "]");
	rs->members = buf_ok(&members) ? buf_view(&members) : (struct str){ NULL, 0 };
	resp_header(rs, "Retry-After", "%lld", (long long)st->reset);
	return resp_problem(rs, HTTP_TOO_MANY, "quota_exceeded",
	    "try again in %lld seconds", (long long)st->reset);
}

static enum http_status
consume_one(struct limit *l, enum limit_class class, struct str subject,
    const struct req *rq, struct resp *rs)
{
	const char		*conf = (const char *)rq->conf;
	struct conf_rate	 rate;
	struct limit_state	 st;

	memcpy(&rate, conf + classes[class].rate, sizeof(rate));
	if (rate.many == 0)
		return 0;
	limit_take(l, class, rate, subject, 1, clock_now_ms(), &st);
	put_headers(&rs->headers, classes[class].name, rate, &st);
	return st.allowed ? 0 : quota_exceeded(rs, classes[class].name, &st);
}

enum http_status
limit_by_address(struct limit *l, enum limit_class class, const struct req *rq,
    struct resp *rs)
{
	char			 text[NET_TEXT];
	struct net_address	 a;

	if (l == NULL || classes[class].name == NULL)
		return 0;
	if (!net_parse(rq->origin.address, &a))
		return consume_one(l, class, rq->origin.address, rq, rs);
	net_quota_key(&a, text);
	return consume_one(l, class, str_of(text), rq, rs);
}

enum http_status
limit_by_subject(struct limit *l, enum limit_class class, const struct req *rq,
    struct resp *rs)
{
	if (l == NULL || classes[class].name == NULL)
		return 0;
	if (rq->user == NULL)
		return limit_by_address(l, class, rq, rs);
	return consume_one(l, class, rq->user->sub, rq, rs);
}
