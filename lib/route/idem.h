#ifndef BRISK_IDEM_H
#define BRISK_IDEM_H
/*
 * idem - idempotency keys: a request that is repeated with its key has its
 * effect once, and is answered the same again.
 *
 * The header is Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-06):
 * an RFC 8941 string, or a bare token of 1 to 255 of A-Z a-z 0-9 . _ : -
 * A key belongs to client, subject, method and path; of a request without a
 * token, to the client's address.  It is kept 48 hours.
 *
 * Key, effect, queued jobs and stored answer are one transaction: the function
 * of a route runs inside it (store_write()), whatever it writes, and a crash
 * leaves all of it or nothing.  So a route needs no code for this, only what
 * its table says:
 *
 *	{ HTTP_POST, "/v1/orders", .idempotency = IDEM_REQUIRED, ... }
 *
 * Such a function can run again, as that of store_write() can, and does not
 * call others outside: that is a job's work.  Its store_write() that fails is
 * taken back, and the answer it then makes is kept like any other.  Kept are
 * 2xx and 402, 404, 409, 422.  Any other status leaves no key, and nothing of
 * what was written.
 */
#include "auth/auth.h"
#include "shm/outcome.h"

enum idem_rule {
	IDEM_DEFAULT,		/* of a POST: a key that is sent is kept; else ignored */
	IDEM_REQUIRED,		/* 400 idempotency_key_missing without one */
	IDEM_NONE		/* never: the answer holds a secret, or it counts refusals */
};

/*
 * Is there a header where one is due, and well formed?  0, or the refusal.
 * The rule is the route's: IDEM_NONE where it is no POST or takes a form.
 */
enum http_status idem_header(struct req *, struct resp *, enum idem_rule) MUSTCHECK;

/* A key was sent, and this route keeps it. */
bool		 idem_wanted(const struct req *, enum idem_rule) MUSTCHECK;

/*
 * The stored answer (with Idempotent-Replayed: true), 409 while the first is
 * still running, 422 for another body; else what `run` answers, kept.
 */
enum http_status idem_run(struct req *, struct resp *,
		    enum http_status (*run)(struct req *, struct resp *),
		    enum idem_result *) MUSTCHECK;

/* Its statements, for --check and the grants of programs that have such routes. */
extern const struct query idem_queries[];

#endif
