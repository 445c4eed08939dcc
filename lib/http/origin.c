/* origin - the client's address and protocol behind trusted proxies, and the trace id. */
#include <strings.h>

#include "http/req.h"
#include "base/net.h"

/* Cut the last element off a comma-separated list. */
static struct str
cut_last_element(struct str *rest)
{
	const char	*at = rest->n == 0 ? NULL : memrchr(rest->p, ',', rest->n);
	struct str	 piece = *rest;

	if (at == NULL) {
		*rest = (struct str){ NULL, 0 };
		return str_trim(piece);
	}
	rest->n = (size_t)(at - rest->p);
	return str_trim(str_from(piece, rest->n + 1));
}

/*
 * Each proxy appends the address of its peer.  The client is therefore the last
 * address that is not a trusted proxy; addresses before it may be forged.  A
 * header that cannot be parsed is ignored.
 */
static struct str
forwarded_for(const struct req *rq, struct str direct)
{
	struct str		 trusted = str_of(rq->conf->trusted_proxies);
	struct str		 rest = req_env(rq, "HTTP_X_FORWARDED_FOR");
	struct str		 one = direct;
	struct net_address	 a;

	while (rest.p != NULL) {
		one = cut_last_element(&rest);
		if (!net_parse(one, &a))
			return direct;
		if (!net_list_contains(trusted, &a))
			break;
	}
	return one;
}

static bool
equals_ignore_case(struct str s, const char *word)
{
	return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

/*
 * The trace id of a W3C traceparent of version 00: "00-" 32 hex "-" 16 hex "-"
 * 2 hex, in lower case; both ids must not be zero.  Absent: not well-formed.
 */
static struct str
traceparent_id(struct str s)
{
	static const char	 zeros[] = "00000000000000000000000000000000";
	struct str		 id;

	if (s.n != 55 || !str_starts(s, STR("00-")) || s.p[35] != '-' || s.p[52] != '-')
		return (struct str){ NULL, 0 };
	id = (struct str){ s.p + 3, TRACE_LEN };
	for (size_t i = 3; i < s.n; i++)
		if (i != 35 && i != 52 && !(s.p[i] >= '0' && s.p[i] <= '9') &&
		    !(s.p[i] >= 'a' && s.p[i] <= 'f'))
			return (struct str){ NULL, 0 };
	if (memcmp(id.p, zeros, TRACE_LEN) == 0 || memcmp(s.p + 36, zeros, 16) == 0)
		return (struct str){ NULL, 0 };
	return id;
}

/* The client's trace id, or the digits of the request's id. */
static void
set_trace(struct req *rq)
{
	struct str	 given = traceparent_id(req_env(rq, "HTTP_TRACEPARENT"));
	size_t		 n = 0;

	for (const char *p = rq->id; given.p == NULL && *p != '\0'; p++)
		if (*p != '-')
			rq->trace[n++] = *p;
	if (given.p != NULL)
		memcpy(rq->trace, given.p, TRACE_LEN);
}

void
req_set_origin(struct req *rq)
{
	struct str		 direct = req_env(rq, "REMOTE_ADDR");
	struct str		 https = req_env(rq, "HTTPS");
	struct net_address	 a;
	bool			 proxy;

	proxy = net_parse(direct, &a) &&
	    net_list_contains(str_of(rq->conf->trusted_proxies), &a);
	rq->origin.address = proxy ? forwarded_for(rq, direct) : direct;
	rq->origin.https = equals_ignore_case(https, "on") || equals_ignore_case(https, "1") || (proxy &&
	    equals_ignore_case(req_env(rq, "HTTP_X_FORWARDED_PROTO"), "https"));
	rq->origin.local = net_parse(rq->origin.address, &a) && net_is_loopback(&a) &&
	    (proxy || req_env(rq, "HTTP_X_FORWARDED_FOR").p == NULL);
	set_trace(rq);
}
