/* resource/expand - ?expand=: the rows that the rows of a page refer to. */
#include "db/row.h"
#include "schema/encode.h"
#include "schema/json.h"
#include "resource/change.h"
#include "resource/expand.h"
#include "resource/sql.h"

static const struct field *
target_key(const struct schema *sh)
{
	const struct field	*f = sh->fields;

	while (f->name != NULL && !(f->flags & FIELD_KEY))
		f++;
	return f;
}

struct resource
expand_resource(const struct expand *ex)
{
	return (struct resource){ .table = ex->table, .schema = ex->schema,
	    .owner = ex->owner };
}

void
sql_expand(struct statement *st, const struct expand *ex, const struct visibility *s,
    const struct val *v, size_t n)
{
	const struct resource	 target = expand_resource(ex);

	sql_select_by(st, &target, target_key(ex->schema), v, n);
	sql_where_visible(st, &target, s);
}

/* The keys that field `f` of these rows refers to; a key may be repeated. */
static struct val *
referenced_keys(struct store *st, const struct resource *r, const struct field *f,
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
read_expansion(const struct req *rq, const struct rows *found, struct expansion *out)
{
	struct store		*st = rq->store;
	const struct resource	*r = rq->route->resource;
	const struct resource	 target = expand_resource(out->ex);
	const struct field	*f = schema_find(r->schema, str_of(out->ex->field));
	struct statement	 sql;
	struct rows		 got = { .n = 0 };
	size_t			 n;
	struct val		*v = referenced_keys(st, r, f, found, &n);
	enum db_err		 err;

	out->n = 0;
	visibility_of_expansion(out->ex, rq, &out->visibility);
	if (v == NULL || n == 0)
		return v == NULL ? DB_NO_MEMORY : DB_OK;
	statement_init(&sql, st->arena);
	sql_expand(&sql, out->ex, &out->visibility, v, n);
	err = rows_select(st, &target, &sql, &got);
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
			err = read_expansion(rq, found, &(*out)[(*n)++]);
		}
	return err;
}

static const void *
find_expanded(const struct expansion *e, const struct field *f, const void *key)
{
	const struct field	*target = target_key(e->ex->schema);

	for (size_t i = 0; i < e->n; i++) {
		const char	*row = e->rows + i * e->ex->schema->size;

		if (memcmp(field_at(target, row), key, field_size(f)) == 0)
			return row;
	}
	return NULL;
}

static void
encode_target(struct buf *b, const struct expansion *e, const void *row)
{
	const struct resource	 target = expand_resource(e->ex);

	encode_object(b, e->ex->schema, row,
	    visibility_members(&target, &e->visibility, row, ENCODE_ALL));
}

static void
encode_targets(struct buf *b, const struct expansion *e, const struct field *f,
    const struct list *l)
{
	json_open(b, e->ex->name, '[');
	for (size_t i = 0; i < l->n; i++) {
		const void	*row = find_expanded(e, f->item,
				    (char *)l->items + i * field_size(f->item));

		if (row == NULL)
			continue;
		json_item(b);
		encode_target(b, e, row);
	}
	json_close(b, "]");
}

void
expand_encode(struct buf *b, const struct resource *r, const struct expansion *e,
    size_t n, const void *row)
{
	for (size_t i = 0; i < n; i++) {
		const struct field	*f = schema_find(r->schema,
					    str_of(e[i].ex->field));
		const void		*target;

		if (f->kind == FIELD_KIND_LIST) {
			encode_targets(b, &e[i], f, field_at(f, row));
		} else if (field_has(f, row) && (target = find_expanded(&e[i], f,
		    field_at(f, row))) != NULL) {
			json_key(b, e[i].ex->name);
			encode_target(b, &e[i], target);
		}
	}
}
