/*
 * resource_children - rows that are part of a row: an order's lines.
 *
 * They are read with one more statement for all rows of an answer, and written
 * by their place in the list: what stands there is left alone, or taken away
 * and written anew.  First all is taken away that is to go, so that a unique
 * value may move from one place to another.
 */
#include "schema/encode.h"
#include "resource/private.h"

struct resource
child_resource(const struct field *f)
{
	return (struct resource){ .table = f->link->table, .shape = f->shape };
}

/* Their columns, then whose they are. */
void
sql_children(struct statement *st, const struct field *f, const struct val *owners,
    size_t n)
{
	struct resource	 theirs = child_resource(f);

	theirs.version = f->link->owner;	/* the column behind the shape's */
	sql_select(st, &theirs, ENCODE_ALL, COLUMNS_ALL);
	sql_from(st, &theirs, COLUMNS_ALL, NULL);
	buf_puts(&st->sql, " WHERE t.");
	sql_name(&st->sql, f->link->owner);
	buf_puts(&st->sql, " IN ");
	sql_in(st, owners, n);
	buf_puts(&st->sql, " ORDER BY t.");
	sql_name(&st->sql, f->link->owner);
	buf_puts(&st->sql, ",t.");
	sql_name(&st->sql, f->link->place);
}

/* Rows from..to of the result are the list of this row. */
static enum db_err
take_children(const struct field *f, struct arena *a, const struct db_rows *got,
    size_t from, size_t to, void *row)
{
	struct list	*l = field_in(f, row);

	*l = (struct list){ arena_zero(a, to - from + 1, f->shape->size), to - from };
	if (l->items == NULL)
		return DB_MEMORY;
	for (size_t i = 0; i < l->n; i++) {
		const struct val	*v = got->v + (from + i) * got->columns;

		for (const struct field *c = f->shape->fields; c->name != NULL; c++) {
			if (!row_take(c, v, a, list_at(f, l, i)))
				return row_wrong(a, f->shape->name, c);
			v += row_width(c);
		}
	}
	return DB_OK;
}

/* The keys of all these rows. */
static struct val *
keys_of(struct store *st, const struct resource *r, const struct found *found)
{
	const struct field	*key[KEY_COLUMNS];
	struct val		*v = arena_array(st->arena, struct val, found->n + 1);

	(void)key_fields(r, key);
	for (size_t i = 0; v != NULL && i < found->n; i++)
		if (!row_vals(key[0], found_row(r, found, i), st->arena, &v[i]))
			return NULL;
	return v;
}

static enum db_err
find_children(struct store *st, const struct resource *r, const struct field *f,
    const struct found *found, const struct val *keys)
{
	struct statement	 sql;
	struct db_rows		 got;
	enum db_err		 err;
	size_t			 to;

	statement_init(&sql, st->arena);
	sql_children(&sql, f, keys, found->n);
	if (!statement_ok(&sql))
		return DB_MEMORY;
	err = db_query(st->db, st->arena, buf_view(&sql.sql), sql.v, sql.n, &got);
	for (size_t from = 0; err == DB_OK && from < got.n; from = to) {
		const struct val	*owner = &got.v[(from + 1) * got.columns - 1];

		for (to = from + 1; to < got.n && val_same(owner,
		    &got.v[(to + 1) * got.columns - 1]); to++)
			;
		for (size_t i = 0; err == DB_OK && i < found->n; i++)
			if (val_same(&keys[i], owner))
				err = take_children(f, st->arena, &got, from, to,
				    found_row(r, found, i));
	}
	return err;
}

enum db_err
children_find(struct store *st, const struct resource *r, uint64_t need,
    struct found *found)
{
	struct val	*keys = NULL;
	enum db_err	 err = DB_OK;

	for (const struct field *f = r->shape->fields; err == DB_OK &&
	    f->name != NULL && found->n > 0; f++, need >>= 1) {
		if (!field_has_children(f) || !(need & 1))
			continue;
		if (keys == NULL && (keys = keys_of(st, r, found)) == NULL)
			return DB_MEMORY;
		err = find_children(st, r, f, found, keys);
	}
	return err;
}

/* What somebody else sets does not make a child another one. */
static bool
child_same(const struct field *f, struct arena *a, const void *x, const void *y)
{
	const struct resource	 theirs = child_resource(f);

	for (const struct field *c = f->shape->fields; c->name != NULL; c++)
		if (is_written(&theirs, c, false) && !(c->flags & FIELD_READONLY) &&
		    !field_same(c, a, x, y))
			return false;
	return true;
}

bool
children_same(const struct field *f, struct arena *a, const void *x, const void *y)
{
	const struct list	*lx = field_at(f, x), *ly = field_at(f, y);

	if (lx->n != ly->n)
		return false;
	for (size_t i = 0; i < lx->n; i++)
		if (!child_same(f, a, list_at(f, lx, i), list_at(f, ly, i)))
			return false;
	return true;
}

/* Whoever wrote them, they may stand at any numbers. */
void
sql_places(struct statement *st, const struct field *f, const struct val *owner)
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
sql_children_remove(struct statement *st, const struct field *f,
    const struct val *owner, const struct val *places, size_t n)
{
	sql_links_remove(st, f, owner);
	buf_puts(&st->sql, " AND ");
	sql_name(&st->sql, f->link->place);
	buf_puts(&st->sql, " IN ");
	sql_in(st, places, n);
}

/* Two lists, and where the old one's elements stand. */
struct differing {
	const struct field	*f;
	const struct list	*old, *now;
	struct val		*places, *gone;
	size_t			 ngone;
};

static enum db_err
find_places(struct store *st, struct differing *d, const struct val *owner)
{
	struct statement	 sql;
	struct db_rows		 got;
	enum db_err		 err;

	statement_init(&sql, st->arena);
	sql_places(&sql, d->f, owner);
	if (!statement_ok(&sql))
		return DB_MEMORY;
	err = db_query(st->db, st->arena, buf_view(&sql.sql), sql.v, sql.n, &got);
	if (err == DB_OK && got.n != d->old->n)
		return DB_AGAIN;		/* somebody else wrote them meanwhile */
	d->places = got.v;
	return err;
}

/* Those that are not as they were go; what is to be there is noted. */
static size_t
compare(struct store *st, struct change *c, struct differing *d, const struct val *owner)
{
	size_t	 was = d->old->n, n = 0;
	int64_t	 last = was == 0 ? 0 : d->places[was - 1].i;

	for (size_t i = 0; i < was || i < d->now->n; i++) {
		if (i < was && i < d->now->n && child_same(d->f, st->arena,
		    list_at(d->f, d->old, i), list_at(d->f, d->now, i)))
			continue;
		if (i < was)
			d->gone[d->ngone++] = d->places[i];
		if (i >= d->now->n)
			continue;
		c->linked[n] = linked_to(d->f, d->now, i);
		c->linked[n].owner = *owner;
		c->linked[n++].place = i < was ? d->places[i].i :
		    last + (int64_t)(i - was) + 1;
	}
	return n;
}

enum db_err
children_update(struct store *st, struct change *c, const struct field *f,
    const struct val *owner, const void *old)
{
	struct differing	 d = { .f = f, .old = field_at(f, old),
				    .now = field_at(f, c->rows) };
	struct statement	 sql;
	enum db_err		 err;
	size_t			 n;

	if (children_same(f, st->arena, old, c->rows))
		return DB_OK;
	if ((err = find_places(st, &d, owner)) != DB_OK)
		return err;
	d.gone = arena_array(st->arena, struct val, d.old->n + 1);
	c->linked = arena_array(st->arena, struct linked, d.now->n + 1);
	if (d.gone == NULL || c->linked == NULL)
		return DB_MEMORY;
	n = compare(st, c, &d, owner);
	if (d.ngone > 0) {
		statement_init(&sql, st->arena);
		sql_children_remove(&sql, f, owner, d.gone, d.ngone);
		if ((err = statement_run(st, &sql, NULL)) != DB_OK)
			return err;
	}
	return links_write(st, c, n);
}
