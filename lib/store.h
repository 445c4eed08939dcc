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
#include "cache.h"
#include "gen.h"
#include "row.h"

struct store {
	struct db	*db;
	struct cache	*cache;		/* NULL: none */
	struct gen	*gen;		/* NULL: nothing is cached */
	struct arena	*arena;
};

/* A statement, what it binds, and what a row of it looks like. */
struct query {
	const char		*sql;
	const struct shape	*in, *out;	/* NULL: none */
};

/* All rows, as an array of structs in the arena. */
enum db_err	query_all(struct store *, const struct query *, const void *in,
		    void **rows, size_t *n) MUSTCHECK;
/* The first row, or DB_NONE. */
enum db_err	query_one(struct store *, const struct query *, const void *in,
		    void *row) MUSTCHECK;
/* A statement without rows; `done` may be NULL. */
enum db_err	query_run(struct store *, const struct query *, const void *in,
		    struct db_done *done) MUSTCHECK;

#define STORE_RUNS	4	/* a transaction is tried this often */

/*
 * BEGIN, `run`, COMMIT; on DB_AGAIN all of it again, after a short random
 * pause.  `run` returns DB_OK to commit, DB_STOP to leave without (then that
 * is returned), anything else to roll back.  The tags are stale afterwards for
 * every process, also when the outcome is unknown.
 */
enum db_err	store_write(struct store *, const struct str *tags, size_t ntags,
		    enum db_err (*run)(struct store *, void *), void *arg) MUSTCHECK;

/* A finished answer, as the cache holds it. */
struct answer {
	int		 status;
	struct str	 type, etag, link, body;
	struct stamp	 modified;
};

enum store_outcome { STORE_NONE, STORE_BYPASS, STORE_MISS, STORE_HIT, STORE_FILL };

const char	*store_outcome_name(enum store_outcome);

/*
 * Look `key` up.  On a miss `mark` holds the generations of the tags as they
 * were before the query that is to come, for store_keep().
 */
enum store_outcome store_find(struct store *, struct str key,
		    const struct str *tags, size_t ntags, struct gen_mark *,
		    struct answer *) MUSTCHECK;
void		store_keep(struct store *, struct str key, const struct gen_mark *,
		    const struct answer *, int64_t ttl_seconds);

#endif
