/*
 * resource/tree - rows below rows of the same table.
 *
 * The check locks the ancestors of a row from the bottom up.  Two moves that would
 * make a cycle together wait for each other: the second one sees the first, or the
 * server ends it as a deadlock and it is retried.
 */
#include "db/db.h"
#include "db/row.h"
#include "resource/sql.h"
#include "resource/tree.h"

static const struct field *
tree_parent_field(const struct resource *r)
{
	return schema_find(r->schema, str_of(r->tree.parent));
}

/* SELECT t.`parent_id` FROM `categories` t WHERE t.`id`=? FOR UPDATE */
void
sql_select_tree_parent(struct statement *st, const struct resource *r, const struct val *id)
{
	const struct field	*key[MAX_KEY_COLUMNS];

	(void)resource_key_fields(r, key);
	buf_puts(&st->sql, "SELECT t.");
	sql_name(&st->sql, field_column(tree_parent_field(r)));
	sql_from(st, r, COLUMNS_BASE, NULL);
	buf_puts(&st->sql, " WHERE t.");
	sql_name(&st->sql, field_column(key[0]));
	buf_puts(&st->sql, "=? FOR UPDATE");
	statement_bind(st, *id);
}

/* The levels of the tree below a row, the row included; at most .depth + 1. */
void
sql_select_height(struct statement *st, const struct resource *r, const struct val *id)
{
	const struct field	*key[MAX_KEY_COLUMNS];
	const char		*k, *p;

	(void)resource_key_fields(r, key);
	k = field_column(key[0]);
	p = field_column(tree_parent_field(r));
	buf_fmt(&st->sql, "WITH RECURSIVE below (id, level) AS (SELECT t.`%s`, 1 "
	    "FROM `%s` t WHERE t.`%s`=? UNION ALL SELECT t.`%s`, b.level+1 FROM "
	    "`%s` t JOIN below b ON t.`%s`=b.id WHERE b.level<=%d) "
	    "SELECT MAX(level) FROM below", k, r->table, k, k, r->table, p,
	    r->tree.depth);
	statement_bind(st, *id);
}

static enum db_err
query_value(struct store *st, struct statement *sql, struct val *out)
{
	struct db_rows	 got;
	enum db_err	 err;

	if (!statement_ok(sql))
		return DB_NO_MEMORY;
	err = db_query(st->db, st->arena, buf_view(&sql->sql), sql->v, sql->n, &got);
	if (err == DB_OK && got.n == 0)
		return DB_NOT_FOUND;
	if (err == DB_OK)
		*out = got.v[0];
	return err;
}

/* Count the levels from `at` to the root, and look for `self` among them. */
static enum db_err
walk_up(struct store *st, const struct resource *r, struct val at,
    const struct val *self, int *levels, bool *cycle)
{
	enum db_err	 err = DB_OK;

	*levels = 0;
	*cycle = false;
	while (at.kind != VAL_NULL && *levels <= r->tree.depth) {
		struct statement	 sql;

		if (self != NULL && statement_val_same(&at, self)) {
			*cycle = true;
			return DB_OK;
		}
		statement_init(&sql, st->arena);
		sql_select_tree_parent(&sql, r, &at);
		if ((err = query_value(st, &sql, &at)) == DB_NOT_FOUND)
			return DB_OK;		/* the foreign key will refuse it */
		if (err != DB_OK)
			return err;
		++*levels;
	}
	return DB_OK;
}

static enum db_err
query_height(struct store *st, const struct resource *r, const struct val *self,
    int *height)
{
	struct statement	 sql;
	struct val		 got = { .kind = VAL_NULL };
	enum db_err		 err;

	statement_init(&sql, st->arena);
	sql_select_height(&sql, r, self);
	err = query_value(st, &sql, &got);
	*height = got.kind == VAL_INT ? (int)got.i : 1;
	return err;
}

enum db_err
tree_check(struct store *st, struct change *c, size_t item, const void *old,
    const void *now)
{
	const struct field	*key[MAX_KEY_COLUMNS], *parent;
	struct val		 self[2], up[2];
	int			 levels, height = 1;
	bool			 cycle;
	enum db_err		 err;

	if (c->r->tree.parent == NULL)
		return DB_OK;
	parent = tree_parent_field(c->r);
	(void)resource_key_fields(c->r, key);
	if (!row_bind(parent, now, st->arena, up) ||
	    (old != NULL && !row_bind(key[0], old, st->arena, self)))
		return DB_NO_MEMORY;
	err = walk_up(st, c->r, up[0], old == NULL ? NULL : self, &levels, &cycle);
	if (err == DB_OK && old != NULL && !cycle && up[0].kind != VAL_NULL)
		err = query_height(st, c->r, self, &height);
	if (err != DB_OK)
		return err;
	if (cycle) {
		c->status = resp_problem(c->rs, HTTP_CONFLICT, "cycle",
		    "the row would become its own ancestor");
		return DB_ABORT;
	}
	if (levels + height > c->r->tree.depth)
		fault_add(&c->fs, change_pointer(c, item, parent->name), "out_of_range",
		    "the tree is at most %d levels deep", c->r->tree.depth);
	return DB_OK;
}
