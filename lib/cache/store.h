#ifndef BRISK_STORE_H
#define BRISK_STORE_H
/*
 * store - the database and the cache of one thread, joined.
 *
 * Handlers run declared queries (query.h) and write in transactions:
 * store_write() invalidates the cached answers of the tags that a write changes,
 * so that no answer from the cache is older than an acknowledged write.
 * CACHE.md describes the protocol.
 *
 * A store belongs to one thread.  Whoever opened the parts owns them; a store
 * only points to them.
 */
#include <stdint.h>

#include "base/base.h"
#include "cache/query.h"

struct cache;
struct db;
struct external;
struct flights;
struct generations;
struct lru;
struct store_tx;
struct uuid;

struct store {
	struct db	*db;
	struct arena	*arena;		/* of the current request or job */

	/* The cache.  A NULL part is left out; without generations nothing is cached. */
	struct generations *generations;
	struct cache	*cache;		/* memcached */
	struct lru	*lru;		/* L1, shared by the threads of the process */
	struct flights	*flights;	/* single flight; NULL: every miss computes */
	struct external	*external;	/* external writes; NULL: there are none */
	int64_t		 flight_us;	/* how long to wait for an answer another computes */
	int64_t		 external_us;	/* how long to wait for a sweep another runs */

	struct store_tx	*tx;		/* the open transaction; private to store.c */
};

#define STORE_ATTEMPTS	4	/* how often a transaction is tried */

/*
 * Run `run` in a transaction and commit; invalidate the tags.
 *
 * `run` returns DB_OK to commit.  Any other result rolls back and is returned;
 * DB_ABORT means that `run` rolled back on purpose.  After DB_RETRY, or if a
 * statement met a deadlock, everything runs again, up to STORE_ATTEMPTS times,
 * after a short random pause.  So `run` must be repeatable: it changes nothing
 * outside the database that a second run would spoil.
 *
 * The tags are invalidated for every process when the transaction is committed
 * or its outcome is unknown (DB_OUTCOME_UNKNOWN).
 *
 * Nesting: inside another store_write() the transaction is a savepoint of the
 * outer transaction.  If it fails, its changes and tags are taken back, and the
 * outer function may go on.  If it failed for a reason that only a new
 * transaction resolves (DB_RETRY), the outer transaction runs again, whatever
 * the outer function returns, except DB_ABORT.
 */
enum db_err	store_write(struct store *, const struct str *tags, size_t ntags,
		    enum db_err (*run)(struct store *, void *), void *arg) MUSTCHECK;

/*
 * Inside a transaction: invalidate one more tag when it commits.  The tag is
 * copied.  More tags than GENERATION_TAGS invalidate every cached answer.
 */
void		store_invalidate(struct store *, struct str tag);
/* The same for the tag of a row, "orders/ID". */
void		store_invalidate_row(struct store *, const char *table, struct uuid id);

/*
 * Inside a transaction: the tags that it invalidates so far, valid until the
 * next call of store_invalidate().  SIZE_MAX: everything.
 */
size_t		store_invalidated(const struct store *, const struct str **tags);

/*
 * Invalidate now, for a change that is committed already: for example when a
 * stored answer is replayed to a client that did not see the first one.
 */
void		store_invalidate_now(struct store *, const struct str *tags, size_t ntags);

#endif
