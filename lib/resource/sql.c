/*
 * resource/sql - SELECT statements.
 *
 * To bound the number of prepared statements, equal requests make equal text:
 * filters stand in the order of the declaration, and the values of an IN are padded
 * to 1, 2, 4, 8...
 */
#include "db/row.h"
#include "schema/encode.h"
#include "resource/parent.h"
#include "resource/sql.h"

/* t.`column`, or the declared expression. */
static void
sql_field(struct buf *b, const struct field *f, size_t c)
{
	if (f->sql != NULL) {
		buf_fmt(b, "(%s)", f->sql);
		return;
	}
	buf_puts(b, "t.");
	sql_name(b, row_column_name(f, c));
}

size_t
sql_select_width(const struct field *f)
{
	return f->link != NULL && f->item != NULL ? 1 : row_columns(f);
}

/*
 * The keys in a link list as one column, so that a row is read together with its
 * lists: UUIDs without separator, numbers with commas.
 */
static void
sql_link_list(struct statement *st, const struct resource *r, const struct field *f)
{
	const struct field	*key[MAX_KEY_COLUMNS];

	(void)resource_key_fields(r, key);
	buf_puts(&st->sql, "(SELECT GROUP_CONCAT(l.");
	sql_name(&st->sql, f->link->other);
	buf_puts(&st->sql, " ORDER BY l.");
	sql_name(&st->sql, f->link->other);
	buf_puts(&st->sql, f->item->kind == FIELD_KIND_UUID ? " SEPARATOR '') FROM " :
	    " SEPARATOR ',') FROM ");
	sql_name(&st->sql, f->link->table);
	buf_puts(&st->sql, " l WHERE l.");
	sql_name(&st->sql, f->link->owner);
	buf_byte(&st->sql, '=');
	sql_field(&st->sql, key[0], 0);
	buf_byte(&st->sql, ')');
}

/*
 * May the column be read as NULL?  A row without .version needs every column for its
 * hash.
 */
static bool
is_left_out(const struct resource *r, const struct field *f, bool wanted,
    enum sql_columns which)
{
	if ((f->sql != NULL && which == COLUMNS_BASE) ||
	    (f->link != NULL && (f->flags & FIELD_HIDDEN)))
		return true;
	if (wanted)
		return false;
	return f->link != NULL || ((f->flags & FIELD_HEAVY) && r->version != NULL);
}

void
sql_select_columns(struct statement *st, const struct resource *r, uint64_t need,
    enum sql_columns which)
{
	struct buf	*b = &st->sql;
	const char	*before = "SELECT ";

	st->need = need;
	for (const struct field *f = r->schema->fields; f->name != NULL; f++, need >>= 1)
		for (size_t c = 0; c < sql_select_width(f); c++, before = ",") {
			buf_puts(b, before);
			if (is_left_out(r, f, need & 1, which))
				buf_puts(b, "NULL");
			else if (f->link != NULL)
				sql_link_list(st, r, f);
			else
				sql_field(b, f, c);
		}
}

void
sql_select(struct statement *st, const struct resource *r, uint64_t need,
    enum sql_columns which)
{
	struct buf	*b = &st->sql;

	sql_select_columns(st, r, need, which);
	if (r->version != NULL) {
		buf_puts(b, ",t.");
		sql_name(b, r->version);
	}
}

void
sql_from(struct statement *st, const struct resource *r, enum sql_columns which,
    const char *index)
{
	buf_puts(&st->sql, " FROM ");
	sql_name(&st->sql, r->table);
	buf_puts(&st->sql, " t");
	if (index != NULL) {
		buf_puts(&st->sql, " FORCE INDEX (");
		sql_name(&st->sql, index);
		buf_byte(&st->sql, ')');
	}
	if (r->join != NULL && which == COLUMNS_ALL)
		buf_fmt(&st->sql, " %s", r->join);
}

void
sql_key(struct statement *st, const struct resource *r, const void *row)
{
	const struct field	*key[MAX_KEY_COLUMNS];
	size_t			 n = resource_key_fields(r, key);
	struct val		 v[2];

	for (size_t i = 0; i < n; i++) {
		if (!row_bind(key[i], row, st->sql.arena, v))
			st->sql.failed = true;
		buf_puts(&st->sql, i > 0 ? " AND " : "");
		sql_field(&st->sql, key[i], 0);
		buf_puts(&st->sql, "=?");
		statement_bind(st, v[0]);
	}
}

static void
sql_filter_link(struct statement *st, const struct resource *r,
    const struct field *f, const struct filter_value *g)
{
	const struct field	*key[MAX_KEY_COLUMNS];

	(void)resource_key_fields(r, key);
	buf_puts(&st->sql, "EXISTS (SELECT 1 FROM ");
	sql_name(&st->sql, f->link->table);
	buf_puts(&st->sql, " l WHERE l.");
	sql_name(&st->sql, f->link->owner);
	buf_byte(&st->sql, '=');
	sql_field(&st->sql, key[0], 0);
	buf_puts(&st->sql, " AND l.");
	sql_name(&st->sql, f->link->other);
	buf_puts(&st->sql, " IN ");
	sql_in(st, g->v, g->n);
	buf_byte(&st->sql, ')');
}

static void
sql_filter_field(struct statement *st, const struct resource *r, const struct filter_value *g)
{
	const struct field	*f = schema_find(r->schema, str_of(g->filter->field));

	if (f->link != NULL) {
		sql_filter_link(st, r, f, g);
		return;
	}
	sql_field(&st->sql, f, 0);
	if (g->filter->kind == FILTER_EQUAL && g->n > 1) {
		buf_puts(&st->sql, " IN ");
		sql_in(st, g->v, g->n);
		return;
	}
	buf_puts(&st->sql, g->filter->kind == FILTER_EQUAL ? "=?" :
	    g->filter->kind == FILTER_MIN ? ">=?" : "<=?");
	statement_bind(st, g->v[0]);
}

/* Cut the next name from "name, description". */
static struct str
next_column(struct str *rest)
{
	struct str	 column = str_cut(rest, ',');

	while (column.n > 0 && column.p[0] == ' ')
		column = str_from(column, 1);
	return column;
}

/* MATCH(t.`name`,t.`description`) AGAINST (? IN BOOLEAN MODE) */
static void
sql_filter_search(struct statement *st, const struct filter_value *g)
{
	struct str	 rest = str_of(g->filter->sql), column;
	const char	*before = "MATCH(";

	while (rest.p != NULL) {
		column = next_column(&rest);
		buf_fmt(&st->sql, "%st.`%.*s`", before, STR_ARG(column));
		before = ",";
	}
	buf_puts(&st->sql, ") AGAINST (? IN BOOLEAN MODE)");
	statement_bind(st, g->v[0]);
}

/* (t.`name` LIKE ? OR t.`description` LIKE ?) */
static void
sql_filter_prefix(struct statement *st, const struct filter_value *g)
{
	struct str	 rest = str_of(g->filter->sql), column;
	const char	*before = "(";

	while (rest.p != NULL) {
		column = next_column(&rest);
		buf_fmt(&st->sql, "%st.`%.*s` LIKE ?", before, STR_ARG(column));
		statement_bind(st, g->v[0]);
		before = " OR ";
	}
	buf_byte(&st->sql, ')');
}

static void
sql_filter(struct statement *st, const struct resource *r, const struct filter_value *g)
{
	switch (g->filter->kind) {
	case FILTER_EQUAL:
	case FILTER_MIN:
	case FILTER_MAX:
		sql_filter_field(st, r, g);
		break;
	case FILTER_SEARCH:
		sql_filter_search(st, g);
		break;
	case FILTER_PREFIX:
		sql_filter_prefix(st, g);
		break;
	case FILTER_IS:
		buf_fmt(&st->sql, "(%s) IS %sTRUE", g->filter->sql,
		    g->v[0].i != 0 ? "" : "NOT ");
		break;
	}
}

/* The condition that a column is beyond the last value; false: no value can be. */
static bool
sql_beyond(struct statement *st, const struct sort_column *by, const struct val *last)
{
	if (last->kind == VAL_NULL) {		/* ascending, NULL comes first */
		if (by->descending)
			return false;
		sql_field(&st->sql, by->field, 0);
		buf_puts(&st->sql, " IS NOT NULL");
		return true;
	}
	buf_byte(&st->sql, '(');
	sql_field(&st->sql, by->field, 0);
	buf_puts(&st->sql, by->descending ? "<?" : ">?");
	statement_bind(st, *last);
	if (by->descending && by->nullable) {
		buf_puts(&st->sql, " OR ");
		sql_field(&st->sql, by->field, 0);
		buf_puts(&st->sql, " IS NULL");
	}
	buf_byte(&st->sql, ')');
	return true;
}

static void
sql_equal(struct statement *st, const struct sort_column *by, const struct val *last)
{
	sql_field(&st->sql, by->field, 0);
	buf_puts(&st->sql, last->kind == VAL_NULL ? " IS NULL AND " : "=? AND ");
	if (last->kind != VAL_NULL)
		statement_bind(st, *last);
}

/* a < ? OR (a = ? AND id < ?), for any number of columns. */
static void
sql_after(struct statement *st, const struct sort_column *by, size_t n,
    const struct list_query *q)
{
	buf_puts(&st->sql, " AND (");
	for (size_t i = 0; i < n; i++) {
		buf_puts(&st->sql, i > 0 ? " OR (" : "(");
		for (size_t j = 0; j < i; j++)
			sql_equal(st, &by[j], &q->last[j]);
		if (!sql_beyond(st, &by[i], &q->last[i]))
			buf_puts(&st->sql, "FALSE");
		buf_byte(&st->sql, ')');
	}
	buf_byte(&st->sql, ')');
}

static void
sql_where(struct statement *st, const struct resource *r, const struct list_query *q)
{
	buf_fmt(&st->sql, " WHERE (%s)", r->visible != NULL ? r->visible : "TRUE");
	for (size_t i = 0; i < q->nfilters; i++) {
		buf_puts(&st->sql, " AND ");
		sql_filter(st, r, &q->filter[i]);
	}
	sql_where_visible(st, r, &q->visibility);
}

/*
 * The index of the sort, unless a filter may have a better one.  For owned rows the
 * index begins with the owner, so it does not serve a list of every owner's rows.
 */
static const char *
list_index(const struct resource *r, const struct list_query *q)
{
	if (r->owner != NULL && q->visibility.private_members && strcmp(r->read, SCOPE_NONE) != 0)
		return NULL;
	for (size_t i = 0; i < q->nfilters; i++)
		if (q->filter[i].filter->kind != FILTER_IS)
			return NULL;
	return r->sorts == NULL ? NULL : r->sorts[q->sort].index;
}

void
sql_list(struct statement *st, const struct resource *r, const struct list_query *q)
{
	struct sort_column	 by[MAX_SORT_COLUMNS];
	size_t		 n = sort_columns(r, q->sort, by);

	sql_select(st, r, q->need, COLUMNS_ALL);
	sql_from(st, r, COLUMNS_ALL, list_index(r, q));
	sql_where(st, r, q);
	if (q->after)
		sql_after(st, by, n, q);
	for (size_t i = 0; i < n; i++) {
		buf_puts(&st->sql, i == 0 ? " ORDER BY " : ",");
		sql_field(&st->sql, by[i].field, 0);
		buf_puts(&st->sql, by[i].descending ? " DESC" : "");
	}
	buf_puts(&st->sql, " LIMIT ?");
	statement_bind(st, VAL_OF_INT(q->limit + 1));
}

void
sql_count(struct statement *st, const struct resource *r, const struct list_query *q)
{
	buf_puts(&st->sql, "SELECT COUNT(*)");
	sql_from(st, r, COLUMNS_ALL, NULL);
	sql_where(st, r, q);
}

/* Rows that everybody sees and, for writers, hidden rows; of owned rows only their own. */
static void
sql_where_shown(struct statement *st, const struct resource *r, const struct visibility *s)
{
	const struct visibility	 own = { .user = s->user };
	const char		*seen = s->hidden_rows ? r->visible_to_writers : r->visible;

	if (s->hidden_rows && s->all_rows && !s->private_members && r->owner != NULL &&
	    r->visible != NULL) {
		buf_fmt(&st->sql, " AND ((%s) OR ((%s)", r->visible,
		    r->visible_to_writers != NULL ? r->visible_to_writers : "TRUE");
		sql_where_visible(st, r, &own);
		buf_puts(&st->sql, "))");
	} else if (seen != NULL) {
		buf_fmt(&st->sql, " AND (%s)", seen);
	}
}

void
sql_get(struct statement *st, const struct resource *r, const struct list_query *q,
    const void *key)
{
	sql_select(st, r, q->need, COLUMNS_ALL);
	sql_from(st, r, COLUMNS_ALL, NULL);
	buf_puts(&st->sql, " WHERE ");
	sql_key(st, r, key);
	sql_where_shown(st, r, &q->visibility);
	sql_where_visible(st, r, &q->visibility);
}

void
sql_select_by(struct statement *st, const struct resource *r, const struct field *f,
    const struct val *v, size_t n)
{
	sql_select(st, r, ENCODE_ALL, COLUMNS_ALL);
	sql_from(st, r, COLUMNS_ALL, NULL);
	buf_puts(&st->sql, " WHERE ");
	sql_field(&st->sql, f, 0);
	buf_puts(&st->sql, " IN ");
	sql_in(st, v, n);
}

void
sql_where_parent(struct statement *st, const struct resource *r, const struct visibility *s)
{
	const struct field	*fields[MAX_KEY_COLUMNS];
	struct val		 v[2] = { VAL_OF_INT(1) };
	size_t			 n = parent_fields(r, fields);

	for (size_t i = 0; i < n; i++) {
		buf_puts(&st->sql, " AND t.");
		sql_name(&st->sql, field_column(fields[i]));
		buf_puts(&st->sql, "=?");
		if (s->parent_row != NULL && !row_bind(fields[i], s->parent_row, st->sql.arena, v))
			st->sql.failed = true;
		statement_bind(st, v[0]);
	}
}

void
sql_where_visible(struct statement *st, const struct resource *r, const struct visibility *s)
{
	const struct field	*owner = resource_owner_field(r);

	sql_where_parent(st, r, s);
	if (!resource_is_owned(r) || s->all_rows)
		return;
	if (r->owner_sql != NULL) {
		buf_fmt(&st->sql, " AND (%s)", r->owner_sql);
		statement_bind(st, s->user);
		return;
	}
	buf_puts(&st->sql, " AND t.");
	sql_name(&st->sql, field_column(owner));
	buf_puts(&st->sql, "=?");
	statement_bind(st, s->user);
	if (owner->kind != FIELD_KIND_STR)
		return;
	buf_puts(&st->sql, " AND BINARY t.");	/* the collation may equate different subjects */
	sql_name(&st->sql, field_column(owner));
	buf_puts(&st->sql, "=?");
	statement_bind(st, s->user);
}
