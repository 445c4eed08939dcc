/* resource_batch - many rows at once: those that are there, and the answer. */
#include "schema/encode.h"
#include "resource/private.h"

/* ... WHERE t.`sku` IN (...) FOR UPDATE */
void
sql_twins(struct statement *st, const struct resource *r, const struct sight *s,
    const struct val *v, size_t n)
{
	const struct field	*by = shape_find(r->shape, str_of(r->merge_by));

	sql_select(st, r, ENCODE_ALL, COLUMNS_BASE);
	sql_from(st, r, COLUMNS_BASE, NULL);
	buf_puts(&st->sql, " WHERE t.");
	sql_name(&st->sql, field_column(by));
	buf_puts(&st->sql, " IN ");
	sql_in(st, v, n);
	sql_sight(st, r, s);
	buf_puts(&st->sql, " FOR UPDATE");
}

static enum db_err
find_twins(struct store *st, struct change *c, const struct field *by,
    struct found *out)
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
	sql_twins(&sql, c->r, &c->whole.sight, v, c->n);
	return rows_find(st, c->r, &sql, out);
}

static bool
same_text(const struct field *f, const void *a, const void *b)
{
	return str_eq(*(const struct str *)field_at(f, a),
	    *(const struct str *)field_at(f, b));
}

static enum db_err
rows_match(struct store *st, struct change *c, struct found *out)
{
	const struct field	*by = shape_find(c->r->shape, str_of(c->r->merge_by));
	enum db_err		 err = find_twins(st, c, by, out);

	c->there = arena_array(st->arena, bool, c->n);
	c->same = arena_array(st->arena, bool, c->n);
	if (c->there == NULL || c->same == NULL)
		return DB_NO_MEMORY;
	for (size_t i = 0; err == DB_OK && i < out->n; i++)
		for (size_t j = 0; j < c->n; j++)
			if (!c->there[j] &&
			    same_text(by, found_row(c->r, out, i), change_row(c, j))) {
				row_keep(c, change_row(c, j), found_row(c->r, out, i));
				c->there[j] = true;
				break;
			}
	return err;
}

/* Rows by their keys, in any order. */
static enum db_err
find_by_keys(struct store *st, const struct resource *r, const char *rows,
    size_t n, struct found *out)
{
	const struct field	*key[KEY_COLUMNS];
	struct statement	 sql;
	struct val		*v = arena_array(st->arena, struct val, n + 1), pair[2];

	(void)key_fields(r, key);
	for (size_t i = 0; v != NULL && i < n; i++) {
		if (!row_bind(key[0], rows + i * r->shape->size, st->arena, pair))
			return DB_NO_MEMORY;
		v[i] = pair[0];
	}
	if (v == NULL)
		return DB_NO_MEMORY;
	statement_init(&sql, st->arena);
	sql_rows(&sql, r, key[0], v, n);
	return rows_find(st, r, &sql, out);
}

/* By a key of several columns: one row. */
static enum db_err
find_by_key(struct store *st, const struct resource *r, const char *row,
    struct found *out)
{
	struct statement	 sql;

	statement_init(&sql, st->arena);
	sql_select(&sql, r, ENCODE_ALL, COLUMNS_ALL);
	sql_from(&sql, r, COLUMNS_ALL, NULL);
	buf_puts(&sql.sql, " WHERE ");
	sql_key(&sql, r, row);
	return rows_find(st, r, &sql, out);
}

/* A page of a batch's answer; the rows asked for at once are bounded. */
static enum db_err
batch_page(struct store *st, struct change *c, size_t from, size_t n)
{
	struct found	 found;
	enum db_err	 err = n == 1 ?
			    find_by_key(st, c->r, change_row(c, from), &found) :
			    find_by_keys(st, c->r, change_row(c, from), n, &found);

	for (size_t i = from; err == DB_OK && i < from + n; i++) {
		const void	*row = row_of_key(c->r, st->arena, &found,
				    change_row(c, i));

		if (row == NULL)
			return DB_NO_MEMORY;
		if (i > 0)
			buf_byte(&c->rs->body, ',');
		item_encode(&c->rs->body, c->r, &c->whole, NULL, 0, row);
	}
	return err;
}

#define BATCH_PAGE	128

enum db_err
batch_answer(struct store *st, struct change *c)
{
	const struct field	*key[KEY_COLUMNS];
	size_t			 page = key_fields(c->r, key) == 1 ? BATCH_PAGE : 1;
	enum db_err		 err = DB_OK;

	buf_init(&c->rs->body, c->rq->arena);
	buf_puts(&c->rs->body, "{\"items\":[");
	for (size_t i = 0; err == DB_OK && i < c->n; i += page)
		err = batch_page(st, c, i, c->n - i < page ? c->n - i : page);
	buf_puts(&c->rs->body, "]}");
	return err;
}

/* Rows of a merge that are there already get their new values. */
enum db_err
merge_rows(struct store *st, struct change *c)
{
	struct found	 old;
	enum db_err	 err = rows_match(st, c, &old);

	for (size_t i = 0; err == DB_OK && i < c->n; i++) {
		const void	*was = c->there[i] ?
				    row_of_key(c->r, st->arena, &old,
				    change_row(c, i)) : NULL;

		c->same[i] = was != NULL &&
		    row_same(c->r, st->arena, was, change_row(c, i));
		if (was != NULL && !c->same[i])
			err = row_update(st, c, i, was);
	}
	return err;
}
