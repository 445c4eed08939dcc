/*
 * resource/lists - lists in tables of their own: link tables and children.
 *
 * Children (the lines of an order) of all rows of a response are read with one
 * statement.  They are written by position: an unchanged element stays, any other is
 * deleted and inserted again.  All deletions come first, so that a unique value may
 * move from one position to another.
 */
#include <stdio.h>

#include "db/db.h"
#include "db/row.h"
#include "schema/encode.h"
#include "resource/change.h"
#include "resource/sql.h"

/* The old and the new list of a row, and the positions of the old elements. */
struct list_diff {
	const struct field	*f;
	const struct list	*old, *now;
	struct val		*positions, *deleted;
	size_t			 ndeleted;
};

/* Members that the client cannot set do not count. */
static bool
is_same_child(const struct field *f, struct arena *a, const void *x, const void *y)
{
	const struct resource	 children = lists_child_resource(f);

	for (const struct field *c = f->schema->fields; c->name != NULL; c++)
		if (sql_is_written(&children, c, false) && !(c->flags & FIELD_READONLY) &&
		    !statement_field_same(c, a, x, y))
			return false;
	return true;
}

bool
lists_children_same(const struct field *f, struct arena *a, const void *x, const void *y)
{
	const struct list	*lx = field_at(f, x), *ly = field_at(f, y);

	if (lx->n != ly->n)
		return false;
	for (size_t i = 0; i < lx->n; i++)
		if (!is_same_child(f, a, list_at(f, lx, i), list_at(f, ly, i)))
			return false;
	return true;
}

/* Positions need not be contiguous: other programs may have written the rows. */
void
sql_select_positions(struct statement *st, const struct field *f, const struct val *owner)
{
	buf_puts(&st->sql, "SELECT ");
	sql_name(&st->sql, f->link->place);
	buf_puts(&st->sql, " FROM ");
	sql_name(&st->sql, f->link->table);
	buf_puts(&st->sql, " WHERE ");
	sql_name(&st->sql, f->link->owner);
	buf_puts(&st->sql, "=? ORDER BY ");
	sql_name(&st->sql, f->link->place);
	buf_puts(&st->sql, " FOR UPDATE");
	statement_bind(st, *owner);
}

void
sql_delete_children(struct statement *st, const struct field *f,
    const struct val *owner, const struct val *positions, size_t n)
{
	sql_delete_links(st, f, owner);
	buf_puts(&st->sql, " AND ");
	sql_name(&st->sql, f->link->place);
	buf_puts(&st->sql, " IN ");
	sql_in(st, positions, n);
}

static enum db_err
select_positions(struct store *st, struct list_diff *d, const struct val *owner)
{
	struct statement	 sql;
	struct db_rows		 got;
	enum db_err		 err;

	statement_init(&sql, st->arena);
	sql_select_positions(&sql, d->f, owner);
	if (!statement_ok(&sql))
		return DB_NO_MEMORY;
	err = db_query(st->db, st->arena, buf_view(&sql.sql), sql.v, sql.n, &got);
	if (err == DB_OK && got.n != d->old->n)
		return DB_RETRY;		/* another transaction has changed them */
	d->positions = got.v;
	return err;
}

/* Collect the positions to delete and the elements to insert; returns how many. */
static size_t
compare_children(struct store *st, struct change *c, struct list_diff *d, const struct val *owner)
{
	size_t	 was = d->old->n, n = 0;
	int64_t	 last = was == 0 ? 0 : d->positions[was - 1].i;

	for (size_t i = 0; i < was || i < d->now->n; i++) {
		if (i < was && i < d->now->n && is_same_child(d->f, st->arena,
		    list_at(d->f, d->old, i), list_at(d->f, d->now, i)))
			continue;
		if (i < was)
			d->deleted[d->ndeleted++] = d->positions[i];
		if (i >= d->now->n)
			continue;
		c->list_rows[n] = list_row_of(d->f, d->now, i);
		c->list_rows[n].owner = *owner;
		c->list_rows[n++].position = i < was ? d->positions[i].i :
		    last + (int64_t)(i - was) + 1;
	}
	return n;
}

enum db_err
lists_update_children(struct store *st, struct change *c, const struct field *f,
    const struct val *owner, const void *old)
{
	struct list_diff	 d = { .f = f, .old = field_at(f, old),
				    .now = field_at(f, c->rows) };
	struct statement	 sql;
	enum db_err		 err;
	size_t			 n;

	if (lists_children_same(f, st->arena, old, c->rows))
		return DB_OK;
	if ((err = select_positions(st, &d, owner)) != DB_OK)
		return err;
	d.deleted = arena_array(st->arena, struct val, d.old->n + 1);
	c->list_rows = arena_array(st->arena, struct list_row, d.now->n + 1);
	if (d.deleted == NULL || c->list_rows == NULL)
		return DB_NO_MEMORY;
	n = compare_children(st, c, &d, owner);
	if (d.ndeleted > 0) {
		statement_init(&sql, st->arena);
		sql_delete_children(&sql, f, owner, d.deleted, d.ndeleted);
		if ((err = statement_run(st, &sql, NULL)) != DB_OK)
			return err;
	}
	return lists_write(st, c, n);
}

/* A link list has no order. */
bool
lists_link_same(const struct field *f, const void *x, const void *y)
{
	const struct list	*lx = field_at(f, x), *ly = field_at(f, y);
	size_t			 size = field_size(f->item), j;

	if (lx->n != ly->n)
		return false;
	for (size_t i = 0; i < lx->n; i++) {
		for (j = 0; j < ly->n && memcmp((char *)lx->items + i * size,
		    (char *)ly->items + j * size, size) != 0; j++)
			;
		if (j == ly->n)
			return false;
	}
	return true;
}

static void
put_link_columns(struct statement *st, const struct field *f)
{
	const struct resource	 children = lists_child_resource(f);

	buf_puts(&st->sql, " (");
	sql_name(&st->sql, f->link->owner);
	buf_byte(&st->sql, ',');
	sql_name(&st->sql, f->schema != NULL ? f->link->place : f->link->other);
	if (f->schema != NULL)
		(void)sql_columns(st, &children, ',');
	buf_puts(&st->sql, ") VALUES ");
}

static void
put_link_values(struct statement *st, const struct list_row *l)
{
	const struct resource	 children = lists_child_resource(l->f);
	struct val		 other[2] = { VAL_OF_INT(l->position) };

	if (l->f->item != NULL && !row_bind(l->f->item, l->value, st->sql.arena, other))
		st->sql.failed = true;
	buf_puts(&st->sql, "(?,?");
	statement_bind(st, l->owner);
	statement_bind(st, other[0]);
	if (l->f->schema != NULL)
		(void)sql_values(st, &children, l->value, ',');
	buf_byte(&st->sql, ')');
}

void
sql_insert_links(struct statement *st, const struct list_row *l, size_t n)
{
	buf_puts(&st->sql, "INSERT INTO ");
	sql_name(&st->sql, l->f->link->table);
	put_link_columns(st, l->f);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_byte(&st->sql, ',');
		put_link_values(st, &l[i]);
	}
}

static enum db_err
insert_links(struct store *st, struct change *c, size_t from, size_t n)
{
	struct statement	 sql;

	statement_init(&sql, st->arena);
	sql_insert_links(&sql, c->list_rows + from, n);
	return statement_run(st, &sql, NULL);
}

static void
report_link_fault(struct store *st, struct change *c, enum db_err err, size_t i)
{
	const struct list_row	*at = &c->list_rows[i];
	const struct resource	 children = lists_child_resource(at->f);
	char			 member[96];

	snprintf(member, sizeof(member), "%s/%zu", at->f->name, at->element);
	if (at->f->schema != NULL)
		change_constraint_fault(c, &children, err, db_error_detail(st->db),
		    change_pointer(c, at->item, member));
	else
		fault_add(&c->fs, change_pointer(c, at->item, member),
		    err == DB_BAD_REFERENCE ? "reference_not_found" : "invalid_value",
		    "refers to a row that does not exist");
}

enum db_err
lists_write(struct store *st, struct change *c, size_t n)
{
	return change_in_batches(st, c, n, INSERT_AT_ONCE, insert_links, report_link_fault);
}

/* A child's UUID key is generated here. */
struct list_row
list_row_of(const struct field *f, const struct list *l, size_t element)
{
	const struct resource	 children = lists_child_resource(f);
	const struct field	*key[MAX_KEY_COLUMNS];
	void			*value = list_at(f, l, element);

	if (f->schema != NULL && resource_key_is_generated(&children)) {
		(void)resource_key_fields(&children, key);
		*(struct uuid *)field_in(key[0], value) = uuid_new();
	}
	return (struct list_row){ .f = f, .element = element, .value = value,
	    .position = (int64_t)element + 1 };
}

static size_t
count_links(const struct change *c, const struct field *f)
{
	size_t	 n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += ((struct list *)field_in(f, change_row(c, i)))->n;
	return n;
}

static enum db_err
insert_field_links(struct store *st, struct change *c, const struct field *f)
{
	const struct field	*key[MAX_KEY_COLUMNS];
	size_t			 most = count_links(c, f), n = 0;
	struct val		 owner[2];

	(void)resource_key_fields(c->r, key);
	c->list_rows = arena_array(st->arena, struct list_row, most + 1);
	if (c->list_rows == NULL)
		return DB_NO_MEMORY;
	for (size_t i = 0; i < c->n; i++) {
		struct list	*l = field_in(f, change_row(c, i));

		if (c->exists != NULL && c->exists[i])
			continue;		/* change_update_row() has written it */
		if (!row_bind(key[0], change_row(c, i), st->arena, owner))
			return DB_NO_MEMORY;
		for (size_t j = 0; j < l->n; j++, n++) {
			c->list_rows[n] = list_row_of(f, l, j);
			c->list_rows[n].item = i;
			c->list_rows[n].owner = owner[0];
		}
	}
	return lists_write(st, c, n);
}

enum db_err
lists_insert(struct store *st, struct change *c)
{
	enum db_err	 err = DB_OK;

	for (const struct field *f = c->r->schema->fields; err == DB_OK &&
	    f->name != NULL; f++)
		if (f->link != NULL)
			err = insert_field_links(st, c, f);
	return err;
}

/* Replace a link list that differs. */
static enum db_err
replace_links(struct store *st, struct change *c, const struct field *f,
    const struct val *owner)
{
	struct statement	 sql;
	enum db_err		 err;

	statement_init(&sql, st->arena);
	sql_delete_links(&sql, f, owner);
	err = statement_run(st, &sql, NULL);
	return err == DB_OK ? insert_field_links(st, c, f) : err;
}

enum db_err
lists_update(struct store *st, struct change *c, size_t i, const void *old)
{
	const struct field	*key[MAX_KEY_COLUMNS];
	struct change		 one = *c;
	struct val		 owner[2];
	enum db_err		 err = DB_OK;

	(void)resource_key_fields(c->r, key);
	one.rows = change_row(c, i);
	one.n = 1;
	one.first = i;
	one.exists = NULL;
	if (!row_bind(key[0], one.rows, st->arena, owner))
		return DB_NO_MEMORY;
	for (const struct field *f = c->r->schema->fields; err == DB_OK &&
	    f->name != NULL; f++) {
		if (field_has_children(f))
			err = lists_update_children(st, &one, f, owner, old);
		else if (f->link != NULL && !lists_link_same(f, old, one.rows))
			err = replace_links(st, &one, f, owner);
	}
	c->fs = one.fs;
	return err;
}
