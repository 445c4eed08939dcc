#ifndef BRISK_LIMIT_H
#define BRISK_LIMIT_H
/*
 * limit - how often somebody may ask: quotas, exact over all processes of an
 * installation.
 *
 * A quota is a class (its numbers are options: limit_write = 120/60) and
 * belongs to a subject: an address, a user, a client, a device.  Its state is
 * one word, the theoretical arrival time of GCRA (burst = quota), in a mapped
 * file beside the full key; a request takes with one compare-and-swap, so of
 * any number at the same time exactly the quota passes.  A refused request
 * takes nothing.
 *
 * Each class has its own places, found by the subject's hash, and subjects are
 * told apart by their whole name.  A subject that is new in a full row of
 * places takes over the place of the one with the least debt, and that debt:
 * so nobody ever gets more than the quota, a busy subject keeps its place, and
 * a new one is only held up where every other in the row is at its limit.  Who
 * dies while it takes a place leaves one that the next finds and uses; who is
 * stopped just then is waited for half a second, and then new subjects of that
 * row share one quota until it goes on.
 *
 * Every answer of a limited route says where its subject stands (draft-ietf-
 * httpapi-ratelimit-headers): RateLimit-Policy and RateLimit; a 429 also
 * Retry-After.
 */
#include "auth/auth.h"

enum limit_class {
	LIMIT_DEFAULT,		/* by method and scope: READ, PUBLIC or WRITE */
	LIMIT_NONE,
	LIMIT_AUTH,		/* A: logins and registrations, by address */
	LIMIT_PUBLIC,		/* P: reads without a token, by address */
	LIMIT_READ,		/* R: by subject */
	LIMIT_WRITE,		/* W: by subject */
	LIMIT_COSTLY,		/* H: checkout, payment, transaction, by subject */
	LIMIT_INGEST,		/* I: by device */
	LIMIT_STREAM,		/* S: opened streams, by subject */
	LIMIT_CLASSES
};

struct limit;			/* the mapped file */

/* NULL and a log line when it can not be: then nothing is limited. */
struct limit	*limit_open(const char *path) MUSTCHECK;
void		 limit_close(struct limit *);

/* What one subject has left. */
struct limit_state {
	bool	 passed;
	int64_t	 remaining;
	int64_t	 reset;		/* seconds until there is one again; or, with some left, all */
};

/* Take `cost` from the rate of this subject at `now_ms`. */
void		 limit_take(struct limit *, enum limit_class, struct conf_rate,
		    struct str subject, int64_t cost, int64_t now_ms,
		    struct limit_state *);

/* Is its subject an address, so that it can be judged before the token? */
bool		 limit_is_by_address(enum limit_class);

/*
 * Take one for the request and say so in the answer's headers: 0, or the 429
 * that is in the answer.  The subject is the client's address; or the user,
 * and the address where there is none.
 */
enum http_status limit_by_address(struct limit *, enum limit_class,
		    const struct req *, struct resp *) MUSTCHECK;
enum http_status limit_by_subject(struct limit *, enum limit_class,
		    const struct req *, struct resp *) MUSTCHECK;

#endif
