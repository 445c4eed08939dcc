/* store - declared queries, writes that make answers stale, finished answers. */
#include <stdlib.h>
#include <time.h>

#include "store.h"

#include "crypto.h"
#include "log.h"

/* Values of a struct's fields, in order, for a statement's marks. */
static bool
bind_shape(struct arena *a, const struct shape *sh, const void *in,
    struct val **vals, size_t *n)
{
	*n = 0;
	*vals = NULL;
	if (sh == NULL)
		return true;
	*vals = arena_array(a, struct val, 2 * shape_count(sh));
	for (const struct field *f = sh->fields; *vals != NULL && f->name != NULL; f++) {
		if (!row_vals(f, in, a, *vals + *n))
			return false;
		*n += row_width(f);
	}
	return *vals != NULL;
}

static bool
take_shape(struct arena *a, const struct shape *sh, const struct val *v, void *out)
{
	for (const struct field *f = sh->fields; f->name != NULL; f++) {
		if (row_width(f) > 0 && !row_take(f, v, a, out)) {
			log_event(LOG_ERROR, "store",
			    "column of %s.%s does not fit its field",
			    sh->name, f->name);
			return false;
		}
		v += row_width(f);
	}
	return true;
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
	if (!bind_shape(st->arena, q->in, in, &vals, &nvals))
		return DB_MEMORY;
	err = db_query(st->db, st->arena, str_of(q->sql), vals, nvals, &got);
	if (err != DB_OK)
		return err;
	if ((*rows = arena_zero(st->arena, got.n + 1, q->out->size)) == NULL)
		return DB_MEMORY;
	for (; *n < got.n; ++*n)
		if (!take_shape(st->arena, q->out, got.v + *n * got.columns,
		    (char *)*rows + *n * q->out->size))
			return DB_BUG;
	return DB_OK;
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
		return DB_NONE;
	memcpy(row, rows, q->out->size);
	return DB_OK;
}

enum db_err
query_run(struct store *st, const struct query *q, const void *in,
    struct db_done *done)
{
	struct val	*vals;
	size_t		 nvals;

	if (!bind_shape(st->arena, q->in, in, &vals, &nvals))
		return DB_MEMORY;
	return db_exec(st->db, str_of(q->sql), vals, nvals, done);
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

static enum db_err
run_once(struct store *st, enum db_err (*run)(struct store *, void *), void *arg)
{
	enum db_err	 err = db_begin(st->db);

	if (err != DB_OK)
		return err;
	if ((err = run(st, arg)) == DB_OK)
		return db_commit(st->db);
	db_rollback(st->db);
	return err;
}

enum db_err
store_write(struct store *st, const struct str *tags, size_t ntags,
    enum db_err (*run)(struct store *, void *), void *arg)
{
	struct gen_mark	 mark = { .n = 0 };
	enum db_err	 err = DB_AGAIN;
	bool		 many = st->gen != NULL && !gen_mark(st->gen, tags, ntags, &mark);

	if (st->gen != NULL)
		gen_raise(st->gen, &mark);
	for (int i = 0; i < STORE_RUNS && err == DB_AGAIN; i++) {
		if (i > 0)
			pause_a_little();
		err = run_once(st, run, arg);
	}
	if (st->gen != NULL) {
		gen_lower(st->gen, &mark, err == DB_OK || err == DB_UNKNOWN);
		if (many && (err == DB_OK || err == DB_UNKNOWN))
			gen_bump_all(st->gen);
	}
	return err;
}

static const char *const outcome_names[] = {
	[STORE_NONE] = "none", [STORE_BYPASS] = "bypass", [STORE_MISS] = "miss",
	[STORE_HIT] = "hit", [STORE_FILL] = "fill",
};

const char *
store_outcome_name(enum store_outcome o)
{
	return outcome_names[o];
}
