/* resource_link_write - the rows of link tables that a write makes. */
#include <stdio.h>

#include "resource_private.h"

/* The same elements, in any order. */
bool
links_same(const struct field *f, const void *x, const void *y)
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

/* One row of a link table, and whose element it is. */
struct linked {
	const struct field	*f;
	size_t			 item, element;
	struct val		 owner, other;
};

/* Values are still to be bound, two for each. */
void
sql_links_insert(struct statement *st, const struct field *f, size_t n)
{
	buf_puts(&st->sql, "INSERT INTO ");
	sql_name(&st->sql, f->link->table);
	buf_puts(&st->sql, " (");
	sql_name(&st->sql, f->link->owner);
	buf_byte(&st->sql, ',');
	sql_name(&st->sql, f->link->other);
	buf_puts(&st->sql, ") VALUES ");
	for (size_t i = 0; i < n; i++)
		buf_puts(&st->sql, i > 0 ? ",(?,?)" : "(?,?)");
}

static enum db_err
links_some(struct store *st, struct change *c, size_t from, size_t n)
{
	const struct linked	*at = c->linked + from;
	struct statement	 sql;

	statement_init(&sql, st->arena);
	sql_links_insert(&sql, at->f, n);
	for (size_t i = 0; i < n; i++) {
		statement_bind(&sql, at[i].owner);
		statement_bind(&sql, at[i].other);
	}
	return statement_run(st, &sql, NULL);
}

static void
links_fault(struct store *st, struct change *c, enum db_err err, size_t i)
{
	const struct linked	*at = &c->linked[i];
	char			 member[96];

	(void)st;
	snprintf(member, sizeof(member), "%s/%zu", at->f->name, at->element);
	fault_at(&c->fs, item_pointer(c, at->item, member),
	    err == DB_REFERENCE ? "reference_not_found" : "invalid_value",
	    "names nothing that is there");
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
links_of_field(struct store *st, struct change *c, const struct field *f)
{
	const struct field	*key[KEY_COLUMNS];
	size_t			 most = count_links(c, f), n = 0;

	(void)key_fields(c->r, key);
	c->linked = arena_array(st->arena, struct linked, most + 1);
	if (c->linked == NULL)
		return DB_MEMORY;
	for (size_t i = 0; i < c->n; i++) {
		struct list	*l = field_in(f, change_row(c, i));

		if (c->there != NULL && c->there[i])
			continue;		/* row_update() saw to it */
		for (size_t j = 0; j < l->n; j++, n++) {
			struct linked	*at = &c->linked[n];

			*at = (struct linked){ .f = f, .item = i, .element = j };
			if (!row_vals(key[0], change_row(c, i), st->arena, &at->owner) ||
			    !row_vals(f->item, (char *)l->items + j * field_size(f->item),
			    st->arena, &at->other))
				return DB_MEMORY;
		}
	}
	return in_spans(st, c, n, INSERT_AT_ONCE, links_some, links_fault);
}

enum db_err
links_insert(struct store *st, struct change *c)
{
	enum db_err	 err = DB_OK;

	for (const struct field *f = c->r->shape->fields; err == DB_OK &&
	    f->name != NULL; f++)
		if (f->link != NULL)
			err = links_of_field(st, c, f);
	return err;
}

void
sql_links_remove(struct statement *st, const struct field *f, const struct val *owner)
{
	buf_puts(&st->sql, "DELETE FROM ");
	sql_name(&st->sql, f->link->table);
	buf_puts(&st->sql, " WHERE ");
	sql_name(&st->sql, f->link->owner);
	buf_puts(&st->sql, "=?");
	statement_bind(st, *owner);
}

/* Lists that differ are written anew. */
enum db_err
links_update(struct store *st, struct change *c, size_t i, const void *old)
{
	const struct field	*key[KEY_COLUMNS];
	struct change		 one = *c;
	struct val		 owner[2];
	enum db_err		 err = DB_OK;

	(void)key_fields(c->r, key);
	one.rows = change_row(c, i);
	one.n = 1;
	one.first = i;
	one.there = NULL;
	for (const struct field *f = c->r->shape->fields; err == DB_OK &&
	    f->name != NULL; f++) {
		struct statement	 sql;

		if (f->link == NULL || links_same(f, old, one.rows))
			continue;
		if (!row_vals(key[0], one.rows, st->arena, owner))
			return DB_MEMORY;
		statement_init(&sql, st->arena);
		sql_links_remove(&sql, f, owner);
		if ((err = statement_run(st, &sql, NULL)) == DB_OK)
			err = links_of_field(st, &one, f);
	}
	c->fs = one.fs;
	return err;
}
