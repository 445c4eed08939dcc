/* resource_link - lists from link tables, and expansions of references. */
#include "db/row.h"
#include "schema/encode.h"
#include "resource/change.h"
#include "resource/expand.h"
#include "resource/sql.h"

static const struct field *
other_key(const struct schema *sh)
{
	const struct field	*f = sh->fields;

	while (f->name != NULL && !(f->flags & FIELD_KEY))
		f++;
	return f;
}

/* Whose private members nobody sees, unless they say whose rows they are. */
struct resource
expand_resource(const struct expand *ex)
{
	return (struct resource){ .table = ex->table, .schema = ex->schema,
	    .owner = ex->owner, .read = SCOPE_OWN,
	    .admin_scope = ex->owner == NULL ? "" : ex->admin_scope };
}

void
sql_expand(struct statement *st, const struct expand *ex, const struct visibility *s,
    const struct val *v, size_t n)
{
	const struct resource	 theirs = expand_resource(ex);

	sql_select_by(st, &theirs, other_key(ex->schema), v, n);
	sql_where_visible(st, &theirs, s);
}

/* All keys that the rows' field names, each once at most as often as given. */
static struct val *
wanted_keys(struct store *st, const struct resource *r, const struct field *f,
    const struct rows *found, size_t *n)
{
	size_t		 most = 0;
	struct val	*v, pair[2];

	*n = 0;
	for (size_t i = 0; i < found->n; i++)
		most += f->kind == FIELD_KIND_LIST ?
		    ((struct list *)field_in(f, rows_at(r, found, i)))->n : 1;
	v = arena_array(st->arena, struct val, most + 1);
	for (size_t i = 0; v != NULL && i < found->n; i++) {
		void		*row = rows_at(r, found, i);
		struct list	*l = field_in(f, row);
		size_t		 many = f->kind == FIELD_KIND_LIST ? l->n :
				    field_has(f, row);

		for (size_t j = 0; j < many; j++) {
			bool	 ok = f->kind == FIELD_KIND_LIST ?
				    row_bind(f->item, (char *)l->items +
				    j * field_size(f->item), st->arena, pair) :
				    row_bind(f, row, st->arena, pair);

			if (!ok)
				return NULL;
			v[(*n)++] = pair[0];
		}
	}
	return v;
}

static enum db_err
expand_one(const struct req *rq, const struct rows *found, struct expansion *out)
{
	struct store		*st = rq->store;
	const struct resource	*r = rq->route->resource;
	const struct resource	 theirs = expand_resource(out->ex);
	const struct field	*f = schema_find(r->schema, str_of(out->ex->field));
	struct statement	 sql;
	struct rows		 got = { .n = 0 };
	size_t			 n;
	struct val		*v = wanted_keys(st, r, f, found, &n);
	enum db_err		 err;

	out->n = 0;
	visibility_init(&theirs, rq, false, &out->sight);
	if (v == NULL || n == 0)
		return v == NULL ? DB_NO_MEMORY : DB_OK;
	statement_init(&sql, st->arena);
	sql_expand(&sql, out->ex, &out->sight, v, n);
	err = rows_select(st, &theirs, &sql, &got);
	out->rows = got.rows;
	out->n = got.n;
	return err;
}

enum db_err
expand_find(const struct req *rq, unsigned expand, const struct rows *found,
    struct expansion **out, size_t *n)
{
	const struct resource	*r = rq->route->resource;
	enum db_err		 err = DB_OK;

	*n = 0;
	if (expand == 0)
		return DB_OK;
	if ((*out = arena_array(rq->arena, struct expansion, 32)) == NULL)
		return DB_NO_MEMORY;
	for (size_t i = 0; err == DB_OK && r->expands[i].name != NULL; i++)
		if (expand & 1u << i) {
			(*out)[*n].ex = &r->expands[i];
			err = expand_one(rq, found, &(*out)[(*n)++]);
		}
	return err;
}

static const void *
find_expanded(const struct expansion *e, const struct field *f, const void *key)
{
	const struct field	*theirs = other_key(e->ex->schema);

	for (size_t i = 0; i < e->n; i++) {
		const char	*row = e->rows + i * e->ex->schema->size;

		if (memcmp(field_at(theirs, row), key, field_size(f)) == 0)
			return row;
	}
	return NULL;
}

static void
encode_one(struct buf *b, const struct expansion *e, const void *row)
{
	const struct resource	 theirs = expand_resource(e->ex);

	encode_object(b, e->ex->schema, row,
	    visibility_members(&theirs, &e->sight, row, ENCODE_ALL));
}

static void
encode_many(struct buf *b, const struct expansion *e, const struct field *f,
    const struct list *l)
{
	const char	*before = "[";

	for (size_t i = 0; i < l->n; i++) {
		const void	*row = find_expanded(e, f->item,
				    (char *)l->items + i * field_size(f->item));

		if (row == NULL)
			continue;
		buf_puts(b, before);
		encode_one(b, e, row);
		before = ",";
	}
	buf_puts(b, *before == '[' ? "[]" : "]");
}

void
expand_encode(struct buf *b, const struct resource *r, const struct expansion *e,
    size_t n, const void *row)
{
	for (size_t i = 0; i < n; i++) {
		const struct field	*f = schema_find(r->schema,
					    str_of(e[i].ex->field));
		const void		*one;

		if (f->kind == FIELD_KIND_LIST) {
			buf_fmt(b, ",\"%s\":", e[i].ex->name);
			encode_many(b, &e[i], f, field_at(f, row));
		} else if (field_has(f, row) && (one = find_expanded(&e[i], f,
		    field_at(f, row))) != NULL) {
			buf_fmt(b, ",\"%s\":", e[i].ex->name);
			encode_one(b, &e[i], one);
		}
	}
}
