#ifndef BRISK_LIMIT_H
#define BRISK_LIMIT_H
/*
 * limit - request quotas, exact over all processes of an installation.
 *
 * A quota belongs to a class of routes and a subject: an address, a user, a client or
 * a device.  The options give the numbers: limit_write = 120/60 allows 120 requests in
 * 60 seconds.  The algorithm is GCRA with a burst of the whole quota.  Its state is one
 * word per subject, the theoretical arrival time (TAT), in a file that all processes
 * map.  A request updates the word with one compare-and-swap, so of concurrent requests
 * exactly the quota is allowed.  A refused request consumes nothing.
 *
 * The file is a set-associative table.  The hash of a subject selects a set of slots of
 * its class; within the set, slots are compared by the whole key.  A new subject in a
 * full set takes over the slot with the least debt, and inherits the debt.  So no
 * subject ever gets more than its quota, an active subject keeps its slot, and a new
 * subject is only delayed if every other subject of the set is at its limit.
 *
 * A process that dies while it takes over a slot leaves a usable slot behind.  If a
 * process is stopped at that moment, others wait up to half a second for the set's
 * lock; after that, new subjects of the set share one quota until the process
 * continues.
 *
 * Every response of a limited route has RateLimit-Policy and RateLimit
 * (draft-ietf-httpapi-ratelimit-headers); a 429 also has Retry-After.
 */
#include "auth/auth.h"

enum limit_class {
	LIMIT_DEFAULT,		/* chosen by method and scope: READ, PUBLIC or WRITE */
	LIMIT_NONE,		/* no quota */
	LIMIT_AUTH,		/* logins and registrations, by address */
	LIMIT_PUBLIC,		/* reads without a token, by address */
	LIMIT_READ,		/* reads with a token, by user */
	LIMIT_WRITE,		/* writes, by user */
	LIMIT_COSTLY,		/* checkout, payment, transaction, by user */
	LIMIT_INGEST,		/* measurements, by device */
	LIMIT_STREAM,		/* opened event streams, by user */
	LIMIT_CLASSES
};

struct limit;			/* the mapped file */

/* NULL and a log line if the file cannot be used: nothing is limited then. */
struct limit	*limit_open(const char *path) MUSTCHECK;
void		 limit_close(struct limit *);

/* What a subject has left after a request. */
struct limit_state {
	bool	 allowed;
	int64_t	 remaining;	/* requests */
	int64_t	 reset;		/* seconds until the quota is full; if none remain, until the next request */
};

/* Consume `cost` requests of this subject at `now_ms`, if that many remain. */
void		 limit_take(struct limit *, enum limit_class, struct conf_rate,
		    struct str subject, int64_t cost, int64_t now_ms,
		    struct limit_state *);

/* Is the subject of the class an address?  Then it is checked before the token. */
bool		 limit_is_by_address(enum limit_class);

/*
 * Consume one request and add the headers to the response.  Returns 0, or 429 with
 * the problem in the response.  limit_by_subject() counts by user, without a user by
 * address.  A NULL limit allows everything.
 */
enum http_status limit_by_address(struct limit *, enum limit_class,
		    const struct req *, struct resp *) MUSTCHECK;
enum http_status limit_by_subject(struct limit *, enum limit_class,
		    const struct req *, struct resp *) MUSTCHECK;

#endif
