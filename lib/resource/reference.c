/*
 * resource/reference - a write may only refer to rows that the caller owns; a row of
 * another user counts as one that does not exist.
 *
 * The rows are locked until the end of the transaction, so that their owner cannot
 * change before the write is committed.
 */
#include "db/db.h"
#include "db/row.h"
#include "resource/reference.h"
#include "resource/sql.h"

#define MAX_REFERENCES	256

/* In a tree of owned rows the parent must belong to the caller, too. */
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

/* One key that the change refers to, and its place. */
struct reference {
	struct val	 v;
	size_t		 item, element;
};

/* A field that refers to owned rows: `by` is `f` itself, its item, or a field of its elements. */
struct reference_field {
	const struct field	*f, *by;
	struct owned		 owned;
};

static size_t
count_references(const struct reference_field *rf, const void *row)
{
	return rf->f->kind == FIELD_KIND_LIST ?
	    ((const struct list *)field_at(rf->f, row))->n : 1;
}

/* Read one key, VAL_NULL if there is none; false: no memory. */
static bool
read_reference(const struct reference_field *rf, const void *row, size_t element, struct arena *a,
    struct val *out)
{
	const void	*base = rf->f->kind == FIELD_KIND_LIST ?
			    list_at(rf->f, field_at(rf->f, row), element) : row;
	struct val	 pair[2];
	bool		 ok = row_bind(rf->by, base, a, pair);

	*out = pair[0];
	return ok;
}

/* The keys that the rows refer to by this field, without those of `old`. */
static struct reference *
collect_references(struct change *c, const struct reference_field *rf, const void *old, size_t *n)
{
	struct arena	*a = c->rq->arena;
	size_t		 most = 0, before = old == NULL ? 0 : count_references(rf, old);
	struct reference	*list;
	struct val	 was;

	*n = 0;
	for (size_t i = 0; i < c->n; i++)
		most += count_references(rf, change_row(c, i));
	list = arena_array(a, struct reference, most + 1);
	for (size_t i = 0; list != NULL && i < c->n; i++)
		for (size_t j = 0; j < count_references(rf, change_row(c, i)); j++) {
			struct reference	*at = &list[*n];
			bool		 kept;

			*at = (struct reference){ .item = i, .element = j };
			if (!read_reference(rf, change_row(c, i), j, a, &at->v))
				return NULL;
			kept = at->v.kind == VAL_NULL;
			for (size_t k = 0; !kept && k < before; k++)
				kept = read_reference(rf, old, k, a, &was) &&
				    statement_val_same(&was, &at->v);
			*n += !kept;
		}
	return list;
}

static void
report_reference(struct change *c, const struct reference_field *rf, const struct reference *at)
{
	const char	*member = rf->f->name;

	if (rf->f->kind == FIELD_KIND_LIST)
		member = arena_fmt(c->rq->arena, "%s/%zu%s%s", rf->f->name, at->element,
		    rf->f->schema != NULL ? "/" : "", rf->by->name);
	fault_add(&c->fs, change_pointer(c, at->item, member), "reference_not_found",
	    "refers to a row that does not exist");
}

static enum db_err
check_references(struct store *st, struct change *c, const struct reference_field *rf,
    const struct reference *list, size_t n)
{
	struct val		 v[MAX_REFERENCES];
	struct statement	 sql;
	struct db_rows		 got;
	enum db_err		 err;

	for (size_t i = 0; i < n; i++)
		v[i] = list[i].v;
	statement_init(&sql, st->arena);
	sql_select_references(&sql, &rf->owned, v, n, &c->view.visibility.user);
	if (!statement_ok(&sql))
		return DB_NO_MEMORY;
	err = db_query(st->db, st->arena, buf_view(&sql.sql), sql.v, sql.n, &got);
	for (size_t i = 0; err == DB_OK && i < n; i++) {
		size_t	 j = 0;

		while (j < got.n && !statement_val_same(&got.v[j], &v[i]))
			j++;
		if (j == got.n)
			report_reference(c, rf, &list[i]);
	}
	return err;
}

static enum db_err
check_reference_field(struct store *st, struct change *c,
    const struct reference_field *rf, const void *old)
{
	enum db_err	 err = DB_OK;
	struct reference	*list;
	size_t		 n, span;

	if (rf->owned.others != NULL && auth_has_scope(c->rq->user, rf->owned.others))
		return DB_OK;
	if ((list = collect_references(c, rf, old, &n)) == NULL)
		return DB_NO_MEMORY;
	for (size_t i = 0; err == DB_OK && i < n; i += span) {
		span = n - i < MAX_REFERENCES ? n - i : MAX_REFERENCES;
		err = check_references(st, c, rf, list + i, span);
	}
	return err;
}

enum db_err
reference_check(struct store *st, struct change *c, const void *old)
{
	enum db_err	 err = DB_OK;

	for (const struct field *f = c->r->schema->fields; err == DB_OK &&
	    f->name != NULL; f++) {
		struct reference_field	 rf = { f, f->kind == FIELD_KIND_LIST ? f->item : f,
				    { NULL, NULL, NULL, NULL } };

		if (reference_of_field(c->r, f, &rf.owned))
			err = check_reference_field(st, c, &rf, old);
		for (rf.by = field_has_children(f) ? f->schema->fields : f;
		    err == DB_OK && rf.by != f && rf.by->name != NULL; rf.by++)
			if (reference_of_field(c->r, rf.by, &rf.owned))
				err = check_reference_field(st, c, &rf, old);
	}
	return err;
}
