#ifndef BRISK_STORE_H
#define BRISK_STORE_H
/*
 * store - database and cache together: the only room that knows both.
 *
 * A `struct store` belongs to a thread; its arena is the current request's.
 * Queries are declared:
 *
 *	static const struct query by_site = {
 *		"SELECT id, name FROM plants WHERE site_id = ?",
 *		.in = &site, .out = &plant };
 *
 * Writes run in store_write(): a function that can run again, between raising
 * and bumping the generations of the tags it changes, so that no answer from
 * the cache is older than an acknowledged write.
 */
#include "cache/cache.h"
#include "cache/flight.h"
#include "cache/generation.h"
#include "cache/lru.h"
#include "db/row.h"
#include "cache/external.h"

/* A transaction around others. */
struct store_around {
	bool		 within;	/* one of them is under way */
	bool		 again;		/* one of them wants all to be run again */
};

struct store {
	struct db	*db;
	struct cache	*cache;		/* NULL: none */
	struct local	*local;		/* the process's; NULL: none */
	struct fill	*fill;		/* NULL: nobody waits for another's answer */
	struct gen	*gen;		/* NULL: nothing is cached */
	struct watch	*watch;		/* NULL: nobody else writes */
	struct arena	*arena;
	struct store_around *around;	/* NULL: no store_around() is under way */
	int64_t		 fill_us;	/* an answer that is made is waited for so long, */
	int64_t		 wait_us;	/* and another's sweep */
	struct str	 stale[GENERATION_TAGS + 1]; /* by store_invalidate(), in this transaction */
	size_t		 nstale;
};

/*
 * At the begin of each request: once a second, what dead writers left is
 * finished.  False: the process's files were replaced, it should end.
 */
bool		store_tick(struct store *) MUSTCHECK;

/*
 * Before an answer of these tags may come from a cache: what others had
 * committed a second ago is stale.  Sweeps if need be, outside any transaction.
 * False: it could not be; serve nothing from a cache.
 */
bool		store_sweep_external(struct store *, const struct str *tags, size_t n)
		    MUSTCHECK;

/* A statement, what it binds, and what a row of it looks like. */
struct query {
	const char		*sql;
	const struct schema	*in, *out;	/* NULL: none */
};

/* All rows, as an array of structs in the arena. */
enum db_err	query_all(struct store *, const struct query *, const void *in,
		    void **rows, size_t *n) MUSTCHECK;
/* The first row, or DB_NOT_FOUND. */
enum db_err	query_one(struct store *, const struct query *, const void *in,
		    void *row) MUSTCHECK;
/* A statement without rows; `done` may be NULL. */
enum db_err	query_exec(struct store *, const struct query *, const void *in,
		    struct db_result *done) MUSTCHECK;

/*
 * An INSERT that ends with "VALUES (?,?)", of `n` structs in as few statements
 * as there can be.
 */
enum db_err	query_insert(struct store *, const struct query *, const void *rows,
		    size_t n) MUSTCHECK;

#define STORE_ATTEMPTS	4	/* a transaction is tried this often */

/*
 * BEGIN, `run`, COMMIT; on DB_RETRY all of it again, after a short random
 * pause.  `run` returns DB_OK to commit, DB_ABORT to leave without (then that
 * is returned), anything else to roll back.  The tags are stale afterwards for
 * every process, also when the outcome is unknown.
 */
enum db_err	store_write(struct store *, const struct str *tags, size_t ntags,
		    enum db_err (*run)(struct store *, void *), void *arg) MUSTCHECK;

/*
 * Inside a transaction: one more tag that is stale after it, for those who find
 * out there what they change.  More than GENERATION_TAGS in all make everything stale.
 */
void		store_invalidate(struct store *, struct str tag);
/* "orders/ID" */
void		store_invalidate_row(struct store *, const char *table, struct uuid id);

/*
 * One transaction around all that `run` does: a store_write() within it is a
 * savepoint, its tags are kept, and nothing is committed before `run` returned
 * DB_OK.  Where a part of it met what only a new try of all can mend, all of it
 * is run again, whatever `run` took that for, unless it returns DB_ABORT.
 */
enum db_err	store_around(struct store *, enum db_err (*run)(struct store *, void *),
		    void *arg) MUSTCHECK;

/*
 * An answer of a write is given once more (an idempotency key came again): who
 * gets it knows of the write, so what is older is stale, too.
 */
void		store_invalidate_now(struct store *, const struct str *tags, size_t ntags);

/* What the cache asks of the database by itself; ends with NULL. */
extern const char *const store_statements[];

/* A finished answer, as the cache holds it. */
struct answer {
	int		 status;
	struct str	 type, etag, link, body;
	struct stamp	 modified;
};

enum store_outcome {
	STORE_NONE,
	STORE_BYPASS,	/* nothing to be cached by, now */
	STORE_MISS,	/* make it, then store_put() or store_abandon() */
	STORE_HIT,	/* from memcached */
	STORE_FILLED,	/* it was made, and kept */
	STORE_LRU_HIT,	/* from the process itself */
	STORE_WAITED	/* made by another meanwhile */
};

const char	*store_outcome_name(enum store_outcome);
/* Is there an answer? */
bool		 store_outcome_found(enum store_outcome);

/* One answer, looked for. */
struct lookup {
	struct str		 key;
	struct str		 tags[GENERATION_TAGS];
	size_t			 ntags;
	bool			 unshared;	/* not into what neighbours may read */
	struct generation_snapshot		 mark;		/* before the query that is to come */
	struct flight_slot	 turn;
	bool			 mine;		/* the turn is */
};

/*
 * Look for it; if somebody makes it just now, wait for that.  Not inside a
 * transaction.  After STORE_MISS one of store_put(), store_abandon() follows.
 */
enum store_outcome store_get(struct store *, struct lookup *, struct answer *)
		    MUSTCHECK;
void		 store_put(struct store *, struct lookup *,
		    const struct answer *, int64_t ttl_seconds);
void		 store_abandon(struct store *, struct lookup *);

#endif
