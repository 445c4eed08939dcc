/* resource/batch - merges, and the response to a batch. */
#include "db/row.h"
#include "schema/encode.h"
#include "schema/json.h"
#include "resource/change.h"
#include "resource/sql.h"

/* ... WHERE t.`sku` IN (...) FOR UPDATE */
void
sql_select_merge_rows(struct statement *st, const struct resource *r, const struct visibility *s,
    const struct val *v, size_t n)
{
	const struct field	*by = schema_find(r->schema, str_of(r->merge_by));

	sql_select(st, r, ENCODE_ALL, COLUMNS_BASE);
	sql_from(st, r, COLUMNS_BASE, NULL);
	buf_puts(&st->sql, " WHERE t.");
	sql_name(&st->sql, field_column(by));
	buf_puts(&st->sql, " IN ");
	sql_in(st, v, n);
	sql_where_visible(st, r, s);
	buf_puts(&st->sql, " FOR UPDATE");
}

static enum db_err
select_merge_rows(struct store *st, struct change *c, const struct field *by,
    struct rows *out)
{
	struct statement	 sql;
	struct val		*v = arena_array(st->arena, struct val, c->n), pair[2];

	for (size_t i = 0; v != NULL && i < c->n; i++) {
		if (!row_bind(by, change_row(c, i), st->arena, pair))
			return DB_NO_MEMORY;
		v[i] = pair[0];
	}
	if (v == NULL)
		return DB_NO_MEMORY;
	statement_init(&sql, st->arena);
	sql_select_merge_rows(&sql, c->r, &c->view.visibility, v, c->n);
	return rows_select(st, c->r, &sql, out);
}

static bool
same_text(const struct field *f, const void *a, const void *b)
{
	return str_eq(*(const struct str *)field_at(f, a),
	    *(const struct str *)field_at(f, b));
}

static enum db_err
match_rows(struct store *st, struct change *c, struct rows *out)
{
	const struct field	*by = schema_find(c->r->schema, str_of(c->r->merge_by));
	enum db_err		 err = select_merge_rows(st, c, by, out);

	c->exists = arena_array(st->arena, bool, c->n);
	c->unchanged = arena_array(st->arena, bool, c->n);
	if (c->exists == NULL || c->unchanged == NULL)
		return DB_NO_MEMORY;
	for (size_t i = 0; err == DB_OK && i < out->n; i++)
		for (size_t j = 0; j < c->n; j++)
			if (!c->exists[j] &&
			    same_text(by, rows_at(c->r, out, i), change_row(c, j))) {
				change_keep_readonly(c, change_row(c, j), rows_at(c->r, out, i));
				c->exists[j] = true;
				break;
			}
	return err;
}

/* Rows with these keys, in any order. */
static enum db_err
select_by_keys(struct store *st, const struct resource *r, const char *rows,
    size_t n, struct rows *out)
{
	const struct field	*key[MAX_KEY_COLUMNS];
	struct statement	 sql;
	struct val		*v = arena_array(st->arena, struct val, n + 1), pair[2];

	(void)resource_key_fields(r, key);
	for (size_t i = 0; v != NULL && i < n; i++) {
		if (!row_bind(key[0], rows + i * r->schema->size, st->arena, pair))
			return DB_NO_MEMORY;
		v[i] = pair[0];
	}
	if (v == NULL)
		return DB_NO_MEMORY;
	statement_init(&sql, st->arena);
	sql_select_by(&sql, r, key[0], v, n);
	return rows_select(st, r, &sql, out);
}

/* One row by its key of any number of columns. */
static enum db_err
select_by_key(struct store *st, const struct resource *r, const char *row,
    struct rows *out)
{
	struct statement	 sql;

	statement_init(&sql, st->arena);
	sql_select(&sql, r, ENCODE_ALL, COLUMNS_ALL);
	sql_from(&sql, r, COLUMNS_ALL, NULL);
	buf_puts(&sql.sql, " WHERE ");
	sql_key(&sql, r, row);
	return rows_select(st, r, &sql, out);
}

/* A part of the response, to bound the number of values of one IN. */
static enum db_err
batch_page(struct store *st, struct change *c, size_t from, size_t n)
{
	struct rows	 found;
	enum db_err	 err = n == 1 ?
			    select_by_key(st, c->r, change_row(c, from), &found) :
			    select_by_keys(st, c->r, change_row(c, from), n, &found);

	for (size_t i = from; err == DB_OK && i < from + n; i++) {
		const void	*row = rows_find_key(c->r, st->arena, &found,
				    change_row(c, i));

		if (row == NULL)
			return DB_NO_MEMORY;
		json_item(&c->rs->body);
		rows_encode(&c->rs->body, c->r, &c->view, NULL, 0, row);
	}
	return err;
}

#define BATCH_PAGE	128

enum db_err
change_batch_response(struct store *st, struct change *c)
{
	const struct field	*key[MAX_KEY_COLUMNS];
	size_t			 page = resource_key_fields(c->r, key) == 1 ? BATCH_PAGE : 1;
	enum db_err		 err = DB_OK;

	buf_init(&c->rs->body, c->rq->arena);
	json_open(&c->rs->body, NULL, '{');
	json_open(&c->rs->body, "items", '[');
	for (size_t i = 0; err == DB_OK && i < c->n; i += page)
		err = batch_page(st, c, i, c->n - i < page ? c->n - i : page);
	json_close(&c->rs->body, "]}");
	return err;
}

enum db_err
change_merge_rows(struct store *st, struct change *c)
{
	struct rows	 old;
	enum db_err	 err = match_rows(st, c, &old);

	for (size_t i = 0; err == DB_OK && i < c->n; i++) {
		const void	*was = c->exists[i] ?
				    rows_find_key(c->r, st->arena, &old,
				    change_row(c, i)) : NULL;

		c->unchanged[i] = was != NULL &&
		    change_row_same(c->r, st->arena, was, change_row(c, i));
		if (was != NULL && !c->unchanged[i])
			err = change_update_row(st, c, i, was);
	}
	return err;
}
