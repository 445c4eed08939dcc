/* resource_link - lists kept in link tables, and expansions of references. */
#include "encode.h"
#include "resource_private.h"

/* The first key field of each row, as values to look for. */
static struct val *
owner_vals(struct store *st, const struct field *key, const struct resource *r,
    const struct found *f)
{
	struct val	*v = arena_array(st->arena, struct val, f->n + 1);

	for (size_t i = 0; v != NULL && i < f->n; i++)
		if (!row_vals(key, found_row(r, f, i), st->arena, &v[i]))
			return NULL;
	return v;
}

static bool
same_val(const struct val *a, const struct val *b)
{
	return a->kind == b->kind && a->i == b->i && str_eq(a->s, b->s);
}

void
sql_links(struct statement *st, const struct field *f, const struct val *v, size_t n)
{
	buf_puts(&st->sql, "SELECT ");
	sql_name(&st->sql, f->link->owner);
	buf_byte(&st->sql, ',');
	sql_name(&st->sql, f->link->other);
	buf_puts(&st->sql, " FROM ");
	sql_name(&st->sql, f->link->table);
	buf_puts(&st->sql, " WHERE ");
	sql_name(&st->sql, f->link->owner);
	buf_puts(&st->sql, " IN ");
	sql_in(st, v, n);
	buf_puts(&st->sql, " ORDER BY 1,2");
}

/* The rows of one owner, as its list. */
static bool
take_links(struct store *st, const struct field *f, const struct db_rows *got,
    const struct val *owner, struct list *out)
{
	size_t	 size = field_size(f->item), n = 0;

	for (size_t i = 0; i < got->n; i++)
		n += same_val(&got->v[i * 2], owner);
	*out = (struct list){ arena_zero(st->arena, n + 1, size), 0 };
	for (size_t i = 0; out->items != NULL && i < got->n; i++)
		if (same_val(&got->v[i * 2], owner) && !row_take(f->item,
		    &got->v[i * 2 + 1], st->arena,
		    (char *)out->items + out->n++ * size))
			return false;
	return out->items != NULL;
}

static enum db_err
fill_one(struct store *st, const struct resource *r, const struct field *f,
    const struct val *owners, struct found *found)
{
	struct statement	 sql;
	struct db_rows		 got;
	enum db_err		 err;

	statement_init(&sql, st->arena);
	sql_links(&sql, f, owners, found->n);
	if (!statement_ok(&sql))
		return DB_BUG;
	err = db_query(st->db, st->arena, buf_view(&sql.sql), sql.v, sql.n, &got);
	for (size_t i = 0; err == DB_OK && i < found->n; i++)
		if (!take_links(st, f, &got, &owners[i],
		    field_in(f, found_row(r, found, i))))
			err = DB_BUG;
	return err;
}

enum db_err
links_fill(struct store *st, const struct resource *r, uint64_t show,
    struct found *found)
{
	const struct field	*key[KEY_COLUMNS];
	struct val		*owners = NULL;
	enum db_err		 err = DB_OK;

	(void)key_fields(r, key);
	for (const struct field *f = r->shape->fields; err == DB_OK &&
	    f->name != NULL && found->n > 0; f++, show >>= 1) {
		if (f->link == NULL || !(show & 1))
			continue;
		if (owners == NULL &&
		    (owners = owner_vals(st, key[0], r, found)) == NULL)
			return DB_BUG;
		err = fill_one(st, r, f, owners, found);
	}
	return err;
}

static const struct field *
other_key(const struct shape *sh)
{
	const struct field	*f = sh->fields;

	while (f->name != NULL && !(f->flags & FIELD_KEY))
		f++;
	return f;
}

void
sql_expand(struct statement *st, const struct expand *ex, const struct val *v,
    size_t n)
{
	const struct resource	 theirs = { .table = ex->table, .shape = ex->shape };

	sql_rows(st, &theirs, other_key(ex->shape), v, n);
}

/* All keys that the rows' field names, each once at most as often as given. */
static struct val *
wanted_keys(struct store *st, const struct resource *r, const struct field *f,
    const struct found *found, size_t *n)
{
	size_t		 most = 0;
	struct val	*v, pair[2];

	*n = 0;
	for (size_t i = 0; i < found->n; i++)
		most += f->kind == FIELD_KIND_LIST ?
		    ((struct list *)field_in(f, found_row(r, found, i)))->n : 1;
	v = arena_array(st->arena, struct val, most + 1);
	for (size_t i = 0; v != NULL && i < found->n; i++) {
		void		*row = found_row(r, found, i);
		struct list	*l = field_in(f, row);
		size_t		 many = f->kind == FIELD_KIND_LIST ? l->n :
				    field_has(f, row);

		for (size_t j = 0; j < many; j++) {
			bool	 ok = f->kind == FIELD_KIND_LIST ?
				    row_vals(f->item, (char *)l->items +
				    j * field_size(f->item), st->arena, pair) :
				    row_vals(f, row, st->arena, pair);

			if (!ok)
				return NULL;
			v[(*n)++] = pair[0];
		}
	}
	return v;
}

static enum db_err
expand_one(struct store *st, const struct resource *r, const struct found *found,
    struct expanded *out)
{
	const struct resource	 theirs = { .table = out->ex->table,
				    .shape = out->ex->shape };
	const struct field	*f = shape_find(r->shape, str_of(out->ex->field));
	struct statement	 sql;
	struct found		 got = { .n = 0 };
	size_t			 n;
	struct val		*v = wanted_keys(st, r, f, found, &n);
	enum db_err		 err;

	out->n = 0;
	if (v == NULL || n == 0)
		return v == NULL ? DB_BUG : DB_OK;
	statement_init(&sql, st->arena);
	sql_expand(&sql, out->ex, v, n);
	err = rows_find(st, &theirs, &sql, &got);
	out->rows = got.rows;
	out->n = got.n;
	return err;
}

enum db_err
expand_find(struct store *st, const struct resource *r, unsigned expand,
    const struct found *found, struct expanded **out, size_t *n)
{
	enum db_err	 err = DB_OK;

	*n = 0;
	if (expand == 0)
		return DB_OK;
	if ((*out = arena_array(st->arena, struct expanded, 32)) == NULL)
		return DB_BUG;
	for (size_t i = 0; err == DB_OK && r->expands[i].name != NULL; i++)
		if (expand & 1u << i) {
			(*out)[*n].ex = &r->expands[i];
			err = expand_one(st, r, found, &(*out)[(*n)++]);
		}
	return err;
}

static const void *
find_expanded(const struct expanded *e, const struct field *f, const void *key)
{
	const struct field	*theirs = other_key(e->ex->shape);

	for (size_t i = 0; i < e->n; i++) {
		const char	*row = e->rows + i * e->ex->shape->size;

		if (memcmp(field_at(theirs, row), key, field_size(f)) == 0)
			return row;
	}
	return NULL;
}

static void
encode_many(struct buf *b, const struct expanded *e, const struct field *f,
    const struct list *l)
{
	const char	*before = "[";

	for (size_t i = 0; i < l->n; i++) {
		const void	*row = find_expanded(e, f->item,
				    (char *)l->items + i * field_size(f->item));

		if (row == NULL)
			continue;
		buf_puts(b, before);
		encode_object(b, e->ex->shape, row, ENCODE_ALL);
		before = ",";
	}
	buf_puts(b, *before == '[' ? "[]" : "]");
}

void
expand_encode(struct buf *b, const struct resource *r, const struct expanded *e,
    size_t n, const void *row)
{
	for (size_t i = 0; i < n; i++) {
		const struct field	*f = shape_find(r->shape,
					    str_of(e[i].ex->field));
		const void		*one;

		if (f->kind == FIELD_KIND_LIST) {
			buf_fmt(b, ",\"%s\":", e[i].ex->name);
			encode_many(b, &e[i], f, field_at(f, row));
		} else if (field_has(f, row) && (one = find_expanded(&e[i], f,
		    field_at(f, row))) != NULL) {
			buf_fmt(b, ",\"%s\":", e[i].ex->name);
			encode_object(b, e[i].ex->shape, one, ENCODE_ALL);
		}
	}
}
