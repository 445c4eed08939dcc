#include "base/arena.h"
#include "base/buf.h"
#include "cache/store.h"
#include "db/db.h"
#include "db/row.h"

#define MAX_ROWS_AT_ONCE	64	/* of one INSERT; a power of two */

/* The values of the fields, in order, for the parameters of a statement. */
static bool
bind_fields(struct arena *a, const struct schema *sh, const void *in,
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
read_fields(struct arena *a, const struct schema *sh, const struct val *v, void *out)
{
	for (const struct field *f = sh->fields; f->name != NULL; f++) {
		if (row_columns(f) > 0 && !row_read(f, v, a, out))
			return row_read_error(a, sh->name, f);
		v += row_columns(f);
	}
	return DB_OK;
}

enum db_err
query_all_into(struct store *st, struct arena *a, const struct query *q,
    const void *in, void **rows, size_t *n)
{
	struct val	*vals;
	size_t		 nvals;
	struct db_rows	 got;
	enum db_err	 err;

	*n = 0;
	*rows = NULL;
	if (!bind_fields(st->arena, q->in, in, &vals, &nvals))
		return DB_NO_MEMORY;
	err = db_query(st->db, a, str_of(q->sql), vals, nvals, &got);
	if (err != DB_OK)
		return err;
	if ((*rows = arena_zero(a, got.n + 1, q->out->size)) == NULL)
		return DB_NO_MEMORY;
	for (; err == DB_OK && *n < got.n; ++*n)
		err = read_fields(a, q->out, got.v + *n * got.columns,
		    (char *)*rows + *n * q->out->size);
	return err;
}

enum db_err
query_all(struct store *st, const struct query *q, const void *in,
    void **rows, size_t *n)
{
	return query_all_into(st, st->arena, q, in, rows, n);
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
    struct db_result *result)
{
	struct val	*vals;
	size_t		 nvals;

	if (!bind_fields(st->arena, q->in, in, &vals, &nvals))
		return DB_NO_MEMORY;
	return db_exec(st->db, str_of(q->sql), vals, nvals, result);
}

/* One INSERT of `n` rows: the last parenthesis of the statement is repeated. */
static enum db_err
insert_rows(struct store *st, const struct query *q, const char *rows, size_t n)
{
	const char	*row = strrchr(q->sql, '(');
	struct val	*all = NULL, *vals;
	size_t		 each;
	struct buf	 sql;

	buf_init(&sql, st->arena);
	buf_puts(&sql, q->sql);
	for (size_t i = 0; i < n; i++) {
		if (!bind_fields(st->arena, q->in, rows + i * q->in->size, &vals, &each))
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
		for (span = MAX_ROWS_AT_ONCE; span > n - from; span /= 2)
			;
		err = insert_rows(st, q, (const char *)rows + from * q->in->size, span);
	}
	return err;
}
