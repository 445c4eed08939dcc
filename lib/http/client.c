/* http/client - the origin of a request: address, HTTPS, trace id. */
#include <strings.h>

#include "http/http.h"
#include "base/net.h"

/* Cut the last element off a list header. */
static struct str
last_of(struct str *rest)
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
 * Each proxy appends the address it received the request from. The last address
 * that is not a trusted proxy is the client; addresses before it are not
 * trusted. Returns `direct` if the chain cannot be read.
 */
static struct str
forwarded_for(const struct req *rq, struct str direct)
{
	struct str		 trusted = str_of(rq->conf->trusted_proxies);
	struct str		 rest = req_env(rq, "HTTP_X_FORWARDED_FOR");
	struct str		 one = direct;
	struct net_address	 a;

	while (rest.p != NULL) {
		one = last_of(&rest);
		if (!net_parse(one, &a))
			return direct;
		if (!net_list_contains(trusted, &a))
			break;
	}
	return one;
}

static bool
is_word(struct str s, const char *word)
{
	return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

/*
 * The trace id of a W3C traceparent, version 00, or absent: "00-" 32 hex "-" 16
 * hex "-" 2 hex, lower case, ids not all zero.
 */
static struct str
trace_of(struct str s)
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

/* A new trace id has the digits of the request id. */
static void
set_trace(struct req *rq)
{
	struct str	 given = trace_of(req_env(rq, "HTTP_TRACEPARENT"));
	size_t		 n = 0;

	for (const char *p = rq->id; given.p == NULL && *p != '\0'; p++)
		if (*p != '-')
			rq->trace[n++] = *p;
	if (given.p != NULL)
		memcpy(rq->trace, given.p, TRACE_LEN);
}

void
req_set_client(struct req *rq)
{
	struct str		 direct = req_env(rq, "REMOTE_ADDR");
	struct str		 https = req_env(rq, "HTTPS");
	struct net_address	 a;
	bool			 proxy;

	proxy = net_parse(direct, &a) &&
	    net_list_contains(str_of(rq->conf->trusted_proxies), &a);
	rq->origin.address = proxy ? forwarded_for(rq, direct) : direct;
	rq->origin.https = is_word(https, "on") || is_word(https, "1") || (proxy &&
	    is_word(req_env(rq, "HTTP_X_FORWARDED_PROTO"), "https"));
	rq->origin.local = net_parse(rq->origin.address, &a) && net_is_loopback(&a) &&
	    (proxy || req_env(rq, "HTTP_X_FORWARDED_FOR").p == NULL);
	set_trace(rq);
}
