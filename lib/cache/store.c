#include <time.h>

#include "base/arena.h"
#include "cache/generation.h"
#include "cache/store.h"
#include "crypto/crypto.h"
#include "db/db.h"
#include "schema/value.h"

#define PAUSE_MIN_MS	5
#define PAUSE_SPREAD_MS	46

/* The open transaction of a store. */
struct store_tx {
	unsigned	 depth;		/* savepoints inside it */
	bool		 retry;		/* a nested write failed with DB_RETRY */
	struct str	 tags[GENERATION_TAGS + 1]; /* full: everything is invalidated */
	size_t		 ntags;
};

/* A random pause, so that two transactions that collided do not collide again. */
static void
pause_before_retry(void)
{
	uint16_t	 r = 0;

	if (!crypto_random(&r, sizeof(r)))
		r = 0;
	nanosleep(&(struct timespec){ .tv_nsec =
	    (PAUSE_MIN_MS + r % PAUSE_SPREAD_MS) * 1000000L }, NULL);
}

/* The memory of a nested write may be gone at COMMIT, so the tag is copied. */
void
store_invalidate(struct store *st, struct str tag)
{
	struct store_tx	*tx = st->tx;

	if (tx == NULL || tx->ntags == NELEMS(tx->tags))
		return;
	for (size_t i = 0; i < tx->ntags; i++)
		if (str_eq(tx->tags[i], tag))
			return;
	if ((tag = arena_copy(st->arena, tag)).p == NULL)
		tx->ntags = NELEMS(tx->tags);
	else
		tx->tags[tx->ntags++] = tag;
}

void
store_invalidate_row(struct store *st, const char *table, struct uuid id)
{
	char	 text[UUID_LEN + 1], *tag;

	uuid_text(id, text);
	if ((tag = arena_fmt(st->arena, "%s/%s", table, text)) != NULL)
		store_invalidate(st, str_of(tag));
	else if (st->tx != NULL)
		st->tx->ntags = NELEMS(st->tx->tags);
}

size_t
store_invalidated(const struct store *st, const struct str **tags)
{
	const struct store_tx	*tx = st->tx;

	*tags = tx == NULL ? NULL : tx->tags;
	return tx == NULL ? 0 : tx->ntags <= GENERATION_TAGS ? tx->ntags : SIZE_MAX;
}

/*
 * COMMIT between raising and bumping the cells.  If the outcome is unknown and
 * the connection still exists, the server may commit later: the cells stay
 * raised.
 */
static enum db_err
commit_and_invalidate(struct store *st, const struct store_tx *tx)
{
	struct generation_write	*w;
	enum db_err		 err;

	if (st->generations == NULL || generation_remote(st->generations))
		return db_commit(st->db);
	w = generation_begin_write(st->generations, tx->tags, tx->ntags,
	    db_writer_id(st->db));
	if (w == NULL) {
		db_rollback(st->db);
		return DB_UNAVAILABLE;
	}
	err = db_commit(st->db);
	if (err == DB_OUTCOME_UNKNOWN && !db_outcome_settled(st->db))
		generation_leave_pending(st->generations, w);
	else
		generation_end_write(st->generations, w,
		    err == DB_OK || err == DB_OUTCOME_UNKNOWN);
	return err;
}

/* A new generation file may not be written yet. */
static void
wait_for_file(const struct generations *g)
{
	int64_t	 us = g == NULL ? 0 : generation_young_us(g);

	if (us > 0)
		nanosleep(&(struct timespec){ us / 1000000, us % 1000000 * 1000 }, NULL);
}

/* The arguments of store_write(). */
struct work {
	enum db_err		 (*run)(struct store *, void *);
	void			*arg;
	const struct str	*tags;
	size_t			 ntags;
};

static enum db_err
run_work(struct store *st, const struct work *w)
{
	for (size_t i = 0; i < w->ntags; i++)
		store_invalidate(st, w->tags[i]);
	return w->run(st, w->arg);
}

/* One try: BEGIN, the work, COMMIT or ROLLBACK. */
static enum db_err
try_transaction(struct store *st, const struct work *w)
{
	struct store_tx	 tx = { .depth = 0 };
	enum db_err	 err;

	if ((err = db_begin(st->db)) != DB_OK)
		return err;
	st->tx = &tx;
	err = run_work(st, w);
	st->tx = NULL;
	if (err != DB_ABORT && tx.retry)
		err = DB_RETRY;
	if (err != DB_ABORT && db_tx_error(st->db) != DB_OK)
		err = db_tx_error(st->db);
	if (err == DB_OK)
		return commit_and_invalidate(st, &tx);
	db_rollback(st->db);
	return err;
}

static enum db_err
outer_write(struct store *st, const struct work *w)
{
	enum db_err	 err = DB_RETRY;

	wait_for_file(st->generations);
	for (int i = 0; i < STORE_ATTEMPTS && err == DB_RETRY; i++) {
		if (i > 0)
			pause_before_retry();
		err = try_transaction(st, w);
	}
	return err;
}

static enum db_err
nested_write(struct store *st, const struct work *w)
{
	struct store_tx	*tx = st->tx;
	size_t		 ntags = tx->ntags;
	enum db_err	 err;

	if ((err = db_savepoint(st->db, tx->depth)) != DB_OK)
		return err;
	tx->depth++;
	err = run_work(st, w);
	tx->depth--;
	tx->retry |= err == DB_RETRY;
	if (err != DB_OK) {
		db_rollback_to(st->db, tx->depth);
		tx->ntags = ntags;
	}
	return err;
}

enum db_err
store_write(struct store *st, const struct str *tags, size_t ntags,
    enum db_err (*run)(struct store *, void *), void *arg)
{
	const struct work	 w = { run, arg, tags, ntags };

	return st->tx != NULL ? nested_write(st, &w) : outer_write(st, &w);
}

void
store_invalidate_now(struct store *st, const struct str *tags, size_t ntags)
{
	if (st->generations != NULL)
		generation_invalidate(st->generations, tags, ntags);
}
