#ifndef BRISK_IDEM_H
#define BRISK_IDEM_H
/*
 * idem - idempotency keys: a request that is repeated with the same key has its effect
 * once and gets the first response again.
 *
 * The header is Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-06): an
 * RFC 8941 string, or a bare token, of 1 to 255 characters A-Z a-z 0-9 . _ : -
 * The scope of a key is the OAuth client, the subject, the method and the path; without
 * a token it is the client's address instead of client and subject.  A key is kept for
 * 48 hours.
 *
 * The key, the effect, queued jobs and the stored response are committed in one
 * transaction: the function of the route runs inside it (store_write()), so a crash
 * leaves everything or nothing.  A route needs no code for this, only a rule in its
 * table:
 *
 *	{ HTTP_POST, "/v1/orders", .idempotency = IDEM_REQUIRED, ... }
 *
 * The function may run several times, like any function of store_write(), and must not
 * call other services: that is the work of a job.  If its own store_write() fails, its
 * writes are rolled back, and the response that it makes then is stored like any other.
 * Responses with status 2xx, 402, 404, 409 and 422 are stored.  With any other status
 * the transaction is rolled back, the key included.
 */
#include "auth/auth.h"
#include "shm/outcome.h"

enum idem_rule {
	IDEM_DEFAULT,		/* POST: the key is optional; other methods ignore it */
	IDEM_REQUIRED,		/* 400 idempotency_key_missing without one */
	IDEM_NONE		/* keys are ignored: the response has a secret, or refusals have effects */
};

/*
 * Check the header: 0, or 400 if it is malformed or missing where the rule requires
 * it.  `rule` is route_idempotency() of the route.
 */
enum http_status idem_header(struct req *, struct resp *, enum idem_rule) MUSTCHECK;

/* Does the request have a key that the rule accepts? */
bool		 idem_wanted(const struct req *, enum idem_rule) MUSTCHECK;

/*
 * Answer with the stored response (and Idempotent-Replayed: true); with 409 while the
 * first request is still running; with 422 if the first request had another body.
 * Otherwise call `run` and store its response.
 */
enum http_status idem_run(struct req *, struct resp *,
		    enum http_status (*run)(struct req *, struct resp *),
		    enum idem_result *) MUSTCHECK;

/* The statements, for --check and for database grants. */
extern const struct query idem_queries[];

#endif
