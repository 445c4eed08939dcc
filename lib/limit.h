#ifndef BRISK_LIMIT_H
#define BRISK_LIMIT_H
/*
 * limit - how often somebody may ask: quotas, exact over all processes of an
 * installation.
 *
 * A quota is a class (a row of limit_classes[]: name, how many, per how many
 * seconds; the configuration changes both numbers) and belongs to a subject:
 * an address, a user, a client, an account.  Its state is one word, the
 * theoretical arrival time of GCRA (burst = quota), in a mapped file beside the
 * full key; a request takes it with one compare-and-swap, so of any number at
 * the same time exactly the quota passes.  A refused request takes nothing.
 *
 * Every answer of a limited route says where it stands (draft-ietf-httpapi-
 * ratelimit-headers): RateLimit-Policy and RateLimit; a 429 also Retry-After.
 */
#include "auth.h"

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
	int64_t	 quota, window;		/* seconds */
	int64_t	 remaining;
	int64_t	 reset;			/* seconds until there is one more, or all */
	bool	 passed;
};

/* Take one of `cost` for this subject at `now_ms`. */
void		 limit_take(struct limit *, enum limit_class, int64_t quota,
		    int64_t window, struct str subject, int64_t cost,
		    int64_t now_ms, struct limit_state *);

/*
 * The address of the client: REMOTE_ADDR, or, where that is one of the
 * configured proxies, the last address of X-Forwarded-For that is none.
 */
struct str	 limit_address(const struct req *) MUSTCHECK;

/*
 * The steps of a request: before the token is judged, and after it.  0, or the
 * 429 that is already in the answer.
 */
enum http_status limit_by_address(struct limit *, enum limit_class,
		    const struct req *, struct resp *) MUSTCHECK;
enum http_status limit_by_subject(struct limit *, enum limit_class,
		    const struct req *, struct resp *) MUSTCHECK;

#endif
