/* store - declared queries, writes that make answers stale, finished answers. */
#include <stdlib.h>
#include <time.h>

#include "cache/store.h"

#include "crypto/crypto.h"

/* Values of a struct's fields, in order, for a statement's marks. */
static bool
bind_schema(struct arena *a, const struct schema *sh, const void *in,
    struct val **vals, size_t *n)
{
	*n = 0;
	*vals = NULL;
	if (sh == NULL)
		return true;
	*vals = arena_array(a, struct val, 2 * schema_count(sh));
	for (const struct field *f = sh->fields; *vals != NULL && f->name != NULL; f++) {
		if (!row_bind(f, in, a, *vals + *n))
			return false;
		*n += row_columns(f);
	}
	return *vals != NULL;
}

static enum db_err
take_schema(struct arena *a, const struct schema *sh, const struct val *v, void *out)
{
	for (const struct field *f = sh->fields; f->name != NULL; f++) {
		if (row_columns(f) > 0 && !row_read(f, v, a, out))
			return row_read_error(a, sh->name, f);
		v += row_columns(f);
	}
	return DB_OK;
}

enum db_err
query_all(struct store *st, const struct query *q, const void *in,
    void **rows, size_t *n)
{
	struct val	*vals;
	size_t		 nvals;
	struct db_rows	 got;
	enum db_err	 err;

	*n = 0;
	*rows = NULL;
	if (!bind_schema(st->arena, q->in, in, &vals, &nvals))
		return DB_NO_MEMORY;
	err = db_query(st->db, st->arena, str_of(q->sql), vals, nvals, &got);
	if (err != DB_OK)
		return err;
	if ((*rows = arena_zero(st->arena, got.n + 1, q->out->size)) == NULL)
		return DB_NO_MEMORY;
	for (; err == DB_OK && *n < got.n; ++*n)
		err = take_schema(st->arena, q->out, got.v + *n * got.columns,
		    (char *)*rows + *n * q->out->size);
	return err;
}

enum db_err
query_one(struct store *st, const struct query *q, const void *in, void *row)
{
	void		*rows;
	size_t		 n;
	enum db_err	 err = query_all(st, q, in, &rows, &n);

	if (err != DB_OK)
		return err;
	if (n == 0)
		return DB_NOT_FOUND;
	memcpy(row, rows, q->out->size);
	return DB_OK;
}

enum db_err
query_exec(struct store *st, const struct query *q, const void *in,
    struct db_result *done)
{
	struct val	*vals;
	size_t		 nvals;

	if (!bind_schema(st->arena, q->in, in, &vals, &nvals))
		return DB_NO_MEMORY;
	return db_exec(st->db, str_of(q->sql), vals, nvals, done);
}

#define INSERT_AT_ONCE	64	/* 1, 2, 4 ... 64, so that there are few texts */

static enum db_err
insert_some(struct store *st, const struct query *q, const char *rows, size_t n)
{
	const char	*row = strrchr(q->sql, '(');
	struct val	*all = NULL, *vals;
	size_t		 each;
	struct buf	 sql;

	buf_init(&sql, st->arena);
	buf_puts(&sql, q->sql);
	for (size_t i = 0; i < n; i++) {
		if (!bind_schema(st->arena, q->in, rows + i * q->in->size, &vals, &each))
			return DB_NO_MEMORY;
		if (i == 0 && (all = arena_array(st->arena, struct val, n * each)) == NULL)
			return DB_NO_MEMORY;
		memcpy(all + i * each, vals, each * sizeof(*all));
		if (i > 0)
			buf_fmt(&sql, ",%s", row);
	}
	return buf_ok(&sql) ? db_exec(st->db, buf_view(&sql), all, n * each, NULL) :
	    DB_NO_MEMORY;
}

enum db_err
query_insert(struct store *st, const struct query *q, const void *rows, size_t n)
{
	enum db_err	 err = DB_OK;
	size_t		 span;

	for (size_t from = 0; err == DB_OK && from < n; from += span) {
		for (span = INSERT_AT_ONCE; span > n - from; span /= 2)
			;
		err = insert_some(st, q, (const char *)rows + from * q->in->size, span);
	}
	return err;
}

/* A random pause of 5 to 50 ms, so that two who collided do not again. */
static void
pause_a_little(void)
{
	uint16_t	 r = 0;

	if (!crypto_random(&r, sizeof(r)))
		r = 0;
	nanosleep(&(struct timespec){ 0, (5 + r % 46) * 1000000L }, NULL);
}

/* In a transaction around others it outlives its caller's memory. */
void
store_invalidate(struct store *st, struct str tag)
{
	for (size_t i = 0; i < st->nstale; i++)
		if (str_eq(st->stale[i], tag))
			return;
	if (st->around != NULL && (tag = arena_copy(st->arena, tag)).p == NULL)
		st->nstale = NELEMS(st->stale);
	if (st->nstale < NELEMS(st->stale))
		st->stale[st->nstale++] = tag;
}

void
store_invalidate_row(struct store *st, const char *table, struct uuid id)
{
	char	 text[UUID_LEN + 1], *tag;

	uuid_text(id, text);
	if ((tag = arena_fmt(st->arena, "%s/%s", table, text)) == NULL)
		st->nstale = NELEMS(st->stale);		/* everything */
	else
		store_invalidate(st, str_of(tag));
}

/*
 * COMMIT between raising and bumping.  Where the outcome is unknown and its
 * connection still there, COMMIT may yet happen: the marks stay.
 */
static enum db_err
commit(struct store *st)
{
	struct generation_write	*e;
	enum db_err		 err;

	if (st->gen == NULL || generation_remote(st->gen))
		return db_commit(st->db);
	if ((e = generation_begin_write(st->gen, st->stale, st->nstale, db_writer_id(st->db))) == NULL) {
		db_rollback(st->db);
		return DB_UNAVAILABLE;
	}
	err = db_commit(st->db);
	if (err == DB_OUTCOME_UNKNOWN && !db_outcome_settled(st->db))
		generation_leave_pending(st->gen, e);
	else
		generation_end_write(st->gen, e, err == DB_OK || err == DB_OUTCOME_UNKNOWN);
	return err;
}

static void
wait_until_grown(const struct gen *g)
{
	int64_t	 us = g == NULL ? 0 : generation_young_us(g);

	if (us > 0)
		nanosleep(&(struct timespec){ us / 1000000, us % 1000000 * 1000 }, NULL);
}

/* What a transaction is to do. */
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

static enum db_err
transact(struct store *st, const struct work *w)
{
	enum db_err	 err = DB_RETRY;

	wait_until_grown(st->gen);
	for (int i = 0; i < STORE_ATTEMPTS && err == DB_RETRY; i++) {
		if (i > 0)
			pause_a_little();
		if ((err = db_begin(st->db)) != DB_OK)
			continue;
		st->nstale = 0;
		err = run_work(st, w);
		if (err != DB_ABORT && db_tx_error(st->db) != DB_OK)
			err = db_tx_error(st->db);
		if (err == DB_OK)
			err = commit(st);
		else
			db_rollback(st->db);
	}
	return err;
}

/* A write in a transaction around it. */
static enum db_err
write_within(struct store *st, const struct work *w)
{
	struct store_around	*a = st->around;
	size_t			 n = st->nstale;
	enum db_err		 err;

	if (a->within)
		return db_begin(st->db);	/* which tells the fault */
	if ((err = db_savepoint(st->db)) != DB_OK)
		return err;
	a->within = true;
	err = run_work(st, w);
	a->within = false;
	a->again |= err == DB_RETRY;
	if (err != DB_OK) {
		db_rollback_to(st->db);
		st->nstale = n;
	}
	return err;
}

enum db_err
store_write(struct store *st, const struct str *tags, size_t ntags,
    enum db_err (*run)(struct store *, void *), void *arg)
{
	const struct work	 w = { run, arg, tags, ntags };

	return st->around != NULL ? write_within(st, &w) : transact(st, &w);
}

/* Around others. */
struct whole {
	struct store_around	 around;
	enum db_err		 (*run)(struct store *, void *);
	void			*arg;
};

static enum db_err
whole_run(struct store *st, void *arg)
{
	struct whole	*w = arg;
	enum db_err	 err;

	w->around = (struct store_around){ .within = false };
	st->around = &w->around;
	err = w->run(st, w->arg);
	st->around = NULL;
	return err != DB_ABORT && w->around.again ? DB_RETRY : err;
}

enum db_err
store_around(struct store *st, enum db_err (*run)(struct store *, void *), void *arg)
{
	struct whole		 whole = { .run = run, .arg = arg };
	const struct work	 w = { whole_run, &whole, NULL, 0 };

	return transact(st, &w);
}

void
store_invalidate_now(struct store *st, const struct str *tags, size_t ntags)
{
	if (st->gen != NULL)
		generation_invalidate(st->gen, tags, ntags);
}

static bool
ended(void *db, uint64_t writer)
{
	return db_writer_gone(db, writer);
}

bool
store_tick(struct store *st)
{
	if (st->gen == NULL || !generation_sweep_due(st->gen))
		return true;
	if (generation_replaced(st->gen))
		return false;
	if (!generation_remote(st->gen))
		generation_sweep(st->gen, ended, st->db);
	return true;
}

static const struct {
	const char	*name;
	bool		 found;
} outcomes[] = {
	[STORE_NONE] = { "none", false }, [STORE_BYPASS] = { "bypass", false },
	[STORE_MISS] = { "miss", false }, [STORE_HIT] = { "hit", true },
	[STORE_FILLED] = { "fill", false }, [STORE_LRU_HIT] = { "local", true },
	[STORE_WAITED] = { "wait", true },
};

const char *
store_outcome_name(enum store_outcome o)
{
	return outcomes[o].name;
}

bool
store_outcome_found(enum store_outcome o)
{
	return outcomes[o].found;
}
