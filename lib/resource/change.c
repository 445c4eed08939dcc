/* resource/change - the rows that a write creates or changes. */
#include "db/db.h"
#include "schema/encode.h"
#include "resource/change.h"
#include "resource/sql.h"

static enum db_err
insert_rows(struct store *st, struct change *c, size_t from, size_t n)
{
	const struct field	*key[MAX_KEY_COLUMNS];
	struct statement	 sql;
	struct db_result		 done;
	enum db_err		 err;

	if (c->exists != NULL && c->exists[from])
		return DB_OK;			/* a merge with changed rows inserts one by one */
	statement_init(&sql, st->arena);
	sql_insert(&sql, c->r, change_row(c, from), n);
	if ((err = statement_run(st, &sql, &done)) != DB_OK)
		return err;
	c->created += n;
	if (resource_key_is_auto_increment(c->r)) {
		(void)resource_key_fields(c->r, key);
		*(int64_t *)field_in(key[0], change_row(c, from)) = done.insert_id;
	}
	return DB_OK;
}

static void
report_insert_fault(struct store *st, struct change *c, enum db_err err, size_t i)
{
	change_constraint_fault(c, c->r, err, db_error_detail(st->db), change_pointer(c, i, NULL));
}

/*
 * AUTO_INCREMENT keys are read after each single INSERT.  A merge that also changes
 * rows inserts one by one, to skip those.
 */
enum db_err
change_insert_rows(struct store *st, struct change *c)
{
	const struct field	*key[MAX_KEY_COLUMNS];
	bool			 mixed = false;

	(void)resource_key_fields(c->r, key);
	for (size_t i = 0; i < c->n; i++) {
		bool	 exists = c->exists != NULL && c->exists[i];

		mixed |= exists;
		if (resource_key_is_generated(c->r) && !exists)
			*(struct uuid *)field_in(key[0], change_row(c, i)) = uuid_new();
	}
	return change_in_batches(st, c, c->n,
	    mixed || resource_key_is_auto_increment(c->r) ? 1 : INSERT_AT_ONCE,
	    insert_rows, report_insert_fault);
}

static bool
columns_same(const struct resource *r, struct arena *a, const void *x, const void *y)
{
	for (const struct field *f = r->schema->fields; f->name != NULL; f++)
		if (sql_is_written(r, f, true) && !statement_field_same(f, a, x, y))
			return false;
	return true;
}

bool
change_row_same(const struct resource *r, struct arena *a, const void *x, const void *y)
{
	for (const struct field *f = r->schema->fields; f->name != NULL; f++)
		if (field_has_children(f) ? !lists_children_same(f, a, x, y) :
		    f->link != NULL && !lists_link_same(f, x, y))
			return false;
	return columns_same(r, a, x, y);
}

const void *
rows_find_key(const struct resource *r, struct arena *a, const struct rows *in,
    const void *like)
{
	const struct field	*key[MAX_KEY_COLUMNS];
	size_t			 n = resource_key_fields(r, key), same;

	for (size_t i = 0; i < in->n; i++) {
		const void	*row = rows_at(r, in, i);

		for (same = 0; same < n && statement_field_same(key[same], a, row, like); same++)
			;
		if (same == n)
			return row;
	}
	return NULL;
}

void
change_keep_readonly(const struct change *c, void *now, const void *old)
{
	const struct field	*owner = resource_owner_field(c->r);
	bool			 locked = c->r->owner == NULL &&
				    !c->view.visibility.private_members;

	for (const struct field *f = c->r->schema->fields; f->name != NULL; f++)
		if ((f->flags & (FIELD_READONLY | FIELD_KEY)) ||
		    (locked && (f->flags & FIELD_PRIVATE)) ||
		    (f == owner && !field_has(f, now)))
			memcpy(field_in(f, now), field_at(f, old), field_size(f));
}

static void
set_owner(const struct field *f, const struct val *me, void *row)
{
	if (f->kind == FIELD_KIND_STR)
		*(struct str *)field_in(f, row) = me->s;
	else
		memcpy(field_in(f, row), me->s.p, sizeof(struct uuid));
}

/* An administrator may send the owner, or leave out an optional one. */
enum db_err
change_set_owner(struct change *c)
{
	const struct field	*f = resource_owner_field(c->r);
	const struct visibility	*s = &c->view.visibility;

	for (size_t i = 0; f != NULL && !(f->flags & FIELD_KEY) && i < c->n; i++) {
		void	*row = change_row(c, i);

		if (field_has(f, row) || (c->exists != NULL && c->exists[i]))
			continue;
		if (s->user.kind != VAL_NULL) {
			set_owner(f, &s->user, row);
		} else if (!s->private_members || !(f->flags & FIELD_OPTIONAL)) {
			c->status = resp_problem(c->rs, HTTP_FORBIDDEN, "not_a_user",
			    "only a user can own the row, and the token belongs to no user");
			return DB_ABORT;
		}
	}
	return DB_OK;
}

enum db_err
change_update_row(struct store *st, struct change *c, size_t i, const void *old)
{
	struct statement	 sql;
	enum db_err		 err;

	if (c->r->version == NULL && columns_same(c->r, st->arena, old, change_row(c, i)))
		return lists_update(st, c, i, old);
	statement_init(&sql, st->arena);
	sql_update(&sql, c->r, change_row(c, i), old);
	err = statement_run(st, &sql, NULL);
	if (change_is_constraint(err)) {
		change_constraint_fault(c, c->r, err, db_error_detail(st->db),
		    change_pointer(c, i, NULL));
		return DB_OK;
	}
	return err == DB_OK ? lists_update(st, c, i, old) : err;
}

enum db_err
change_lock_row(struct store *st, const struct change *c, struct rows *out)
{
	struct statement	 sql;
	enum db_err		 err;

	statement_init(&sql, st->arena);
	sql_lock(&sql, c->r, c->rq->input.keys, &c->view.visibility);
	if ((err = rows_select(st, c->r, &sql, out)) != DB_OK)
		return err == DB_BAD_VALUE ? DB_NOT_FOUND : err;
	return out->n == 0 ? DB_NOT_FOUND : DB_OK;
}
