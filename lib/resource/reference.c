/*
 * resource_refer - what a write names must be the caller's: another user's row
 * is answered as one that is not there.
 *
 * The rows named are locked until the write's end, so they do not become
 * somebody else's meanwhile.
 */
#include "db/db.h"
#include "db/row.h"
#include "resource/reference.h"
#include "resource/sql.h"

#define REFER_AT_ONCE	256

/* The rows above in a tree belong to the same users. */
bool
reference_of_field(const struct resource *r, const struct field *f, struct owned *out)
{
	const struct field	*key[MAX_KEY_COLUMNS];
	const struct field	*item = f->kind == FIELD_KIND_LIST ? f->item : f;

	if (item != NULL && item->owned != NULL) {
		*out = *item->owned;
		return true;
	}
	if (r->owner == NULL || r->tree.parent == NULL ||
	    f != schema_find(r->schema, str_of(r->tree.parent)))
		return false;
	(void)resource_key_fields(r, key);
	*out = (struct owned){ r->table, field_column(key[0]),
	    field_column(resource_owner_field(r)), r->admin_scope };
	return true;
}

/* SELECT `id` FROM `carts` WHERE `id` IN (...) AND `user_id`=? LOCK IN SHARE MODE */
void
sql_select_references(struct statement *st, const struct owned *o, const struct val *v,
    size_t n, const struct val *me)
{
	buf_puts(&st->sql, "SELECT ");
	sql_name(&st->sql, o->key);
	buf_puts(&st->sql, " FROM ");
	sql_name(&st->sql, o->table);
	buf_puts(&st->sql, " WHERE ");
	sql_name(&st->sql, o->key);
	buf_puts(&st->sql, " IN ");
	sql_in(st, v, n);
	buf_puts(&st->sql, " AND BINARY ");
	sql_name(&st->sql, o->owner);
	buf_puts(&st->sql, "=? LOCK IN SHARE MODE");
	statement_bind(st, *me);
}

/* One key that is named, and where. */
struct named {
	struct val	 v;
	size_t		 item, element;
};

/* What names: a field of the row, or of the elements of its list `f`. */
struct naming {
	const struct field	*f, *by;
	struct owned		 owned;
};

static size_t
count_named(const struct naming *w, const void *row)
{
	return w->f->kind == FIELD_KIND_LIST ?
	    ((const struct list *)field_at(w->f, row))->n : 1;
}

/* False: no memory.  NULL where it names nothing. */
static bool
take_named(const struct naming *w, const void *row, size_t element, struct arena *a,
    struct val *out)
{
	const void	*base = w->f->kind == FIELD_KIND_LIST ?
			    list_at(w->f, field_at(w->f, row), element) : row;
	struct val	 pair[2];
	bool		 ok = row_bind(w->by, base, a, pair);

	*out = pair[0];
	return ok;
}

/* All that the rows name by this field, but for what `old` does. */
static struct named *
find_named(struct change *c, const struct naming *w, const void *old, size_t *n)
{
	struct arena	*a = c->rq->arena;
	size_t		 most = 0, before = old == NULL ? 0 : count_named(w, old);
	struct named	*list;
	struct val	 was;

	*n = 0;
	for (size_t i = 0; i < c->n; i++)
		most += count_named(w, change_row(c, i));
	list = arena_array(a, struct named, most + 1);
	for (size_t i = 0; list != NULL && i < c->n; i++)
		for (size_t j = 0; j < count_named(w, change_row(c, i)); j++) {
			struct named	*at = &list[*n];
			bool		 kept;

			*at = (struct named){ .item = i, .element = j };
			if (!take_named(w, change_row(c, i), j, a, &at->v))
				return NULL;
			kept = at->v.kind == VAL_NULL;
			for (size_t k = 0; !kept && k < before; k++)
				kept = take_named(w, old, k, a, &was) &&
				    change_val_same(&was, &at->v);
			*n += !kept;
		}
	return list;
}

static void
fault_named(struct change *c, const struct naming *w, const struct named *at)
{
	const char	*member = w->f->name;

	if (w->f->kind == FIELD_KIND_LIST)
		member = arena_fmt(c->rq->arena, "%s/%zu%s%s", w->f->name, at->element,
		    w->f->schema != NULL ? "/" : "", w->by->name);
	fault_add(&c->fs, change_pointer(c, at->item, member), "reference_not_found",
	    "refers to a row that does not exist");
}

static enum db_err
check_some(struct store *st, struct change *c, const struct naming *w,
    const struct named *list, size_t n)
{
	struct val		 v[REFER_AT_ONCE];
	struct statement	 sql;
	struct db_rows		 got;
	enum db_err		 err;

	for (size_t i = 0; i < n; i++)
		v[i] = list[i].v;
	statement_init(&sql, st->arena);
	sql_select_references(&sql, &w->owned, v, n, &c->whole.sight.me);
	if (!statement_ok(&sql))
		return DB_NO_MEMORY;
	err = db_query(st->db, st->arena, buf_view(&sql.sql), sql.v, sql.n, &got);
	for (size_t i = 0; err == DB_OK && i < n; i++) {
		size_t	 j = 0;

		while (j < got.n && !change_val_same(&got.v[j], &v[i]))
			j++;
		if (j == got.n)
			fault_named(c, w, &list[i]);
	}
	return err;
}

static enum db_err
check_named(struct store *st, struct change *c, const struct naming *w, const void *old)
{
	enum db_err	 err = DB_OK;
	struct named	*list;
	size_t		 n, span;

	if (w->owned.others != NULL && auth_has_scope(c->rq->user, w->owned.others))
		return DB_OK;
	if ((list = find_named(c, w, old, &n)) == NULL)
		return DB_NO_MEMORY;
	for (size_t i = 0; err == DB_OK && i < n; i += span) {
		span = n - i < REFER_AT_ONCE ? n - i : REFER_AT_ONCE;
		err = check_some(st, c, w, list + i, span);
	}
	return err;
}

enum db_err
reference_check(struct store *st, struct change *c, const void *old)
{
	enum db_err	 err = DB_OK;

	for (const struct field *f = c->r->schema->fields; err == DB_OK &&
	    f->name != NULL; f++) {
		struct naming	 w = { f, f->kind == FIELD_KIND_LIST ? f->item : f,
				    { NULL, NULL, NULL, NULL } };

		if (reference_of_field(c->r, f, &w.owned))
			err = check_named(st, c, &w, old);
		for (w.by = field_has_children(f) ? f->schema->fields : f;
		    err == DB_OK && w.by != f && w.by->name != NULL; w.by++)
			if (reference_of_field(c->r, w.by, &w.owned))
				err = check_named(st, c, &w, old);
	}
	return err;
}
