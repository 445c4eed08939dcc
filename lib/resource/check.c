/*
 * resource/check - prepare every statement that a declaration can produce (--check).
 *
 * Each filter with one and with two values, all filters together, each sort on its
 * first and on a later page, the count, the get, and the writes.  The columns of each
 * SELECT are compared with the schema.
 */
#include "db/db.h"
#include "db/row.h"
#include "schema/encode.h"
#include "resource/reference.h"
#include "resource/sql.h"

struct check {
	struct store		*st;		/* NULL: pass each statement to `each` */
	const struct resource	*r;
	struct buf		*errors;
	size_t			*n;
	void			(*each)(void *, struct str sql);
	void			*arg;
	struct arena		 arena;		/* of one statement */
};

static void
report(struct check *k, const struct statement *sql, const char *why)
{
	buf_fmt(k->errors, "%s: %s\n    %.*s\n", k->r->path, why,
	    STR_ARG(buf_view(&sql->sql)));
}

/* Compare the columns of sql_select() with the fields. */
static void
check_columns(struct check *k, const struct schema *sh, const struct statement *sql,
    const struct db_description *plan)
{
	const char	*wrong;
	size_t		 at = 0;

	for (const struct field *f = sh->fields; f->name != NULL; f++)
		for (size_t c = 0; c < sql_select_width(f) && at < plan->ncolumns; c++, at++)
			if (f->link == NULL && !(f->flags & FIELD_HEAVY) &&
			    (wrong = row_mismatch(f, c, &plan->columns[at])) != NULL)
				report(k, sql, wrong);
}

static void
begin_statement(struct check *k, struct statement *sql)
{
	arena_reset(&k->arena);
	statement_init(sql, &k->arena);
}

/* Prepare the statement; `answers`: the schema of its rows, NULL: not compared. */
static void
check_statement(struct check *k, struct statement *sql, const struct schema *answers)
{
	struct db_description	 plan;

	if (k->st == NULL) {
		k->each(k->arg, buf_view(&sql->sql));
		return;
	}
	++*k->n;
	if (!statement_ok(sql)) {
		report(k, sql, "has more than 4096 values, or memory is short");
		return;
	}
	if (db_describe(k->st->db, &k->arena, buf_view(&sql->sql), &plan) != DB_OK)
		report(k, sql, db_error_message(k->st->db));
	else if (plan.params != sql->n)
		report(k, sql, "has a number of `?` that differs from the number of bound values");
	else if (answers != NULL)
		check_columns(k, answers, sql, &plan);
}

/* Does the resource have one of these operations? */
static bool
has_operation(const struct resource *r, unsigned any)
{
	return r->operations == 0 || (r->operations & any);
}

/* Add a filter with n values to the query. */
static void
add_filter(struct list_query *q, const struct filter *f, struct val *v, size_t n)
{
	q->filter[q->nfilters++] = (struct filter_value){ f, v, n };
}

static void
check_pages(struct check *k, struct list_query *q)
{
	struct statement	 sql;
	struct sort_column		 by[MAX_SORT_COLUMNS];
	size_t			 n = sort_columns(k->r, q->sort, by);

	begin_statement(k, &sql);
	sql_list(&sql, k->r, q);
	check_statement(k, &sql, k->r->schema);
	q->after = true;
	for (size_t i = 0; i < n; i++)
		q->last[i] = VAL_OF_INT(1);
	begin_statement(k, &sql);
	sql_list(&sql, k->r, q);
	check_statement(k, &sql, k->r->schema);
	if (by[0].nullable) {
		q->last[0] = (struct val){ .kind = VAL_NULL };
		begin_statement(k, &sql);
		sql_list(&sql, k->r, q);
		check_statement(k, &sql, k->r->schema);
	}
	q->after = false;
	begin_statement(k, &sql);
	sql_count(&sql, k->r, q);
	check_statement(k, &sql, NULL);
}

/* Of owned rows: the list of the own rows, and the list of all rows. */
static void
check_list_as(struct check *k, struct list_query *q)
{
	q->visibility.all_rows = false;
	check_pages(k, q);
	if (!resource_is_owned(k->r))
		return;
	q->visibility.all_rows = q->visibility.private_members = true;
	check_pages(k, q);
}

/* A missing FULLTEXT index is reported by EXPLAIN, not when the statement is prepared. */
static void
check_search_index(struct check *k, const struct filter *f)
{
	struct val		 word = VAL_OF_STR(STR("word"));
	struct list_query		 q = { .limit = 1 };
	struct statement	 sql;
	struct db_rows		 plan;

	begin_statement(k, &sql);
	buf_puts(&sql.sql, "EXPLAIN ");
	add_filter(&q, f, &word, 1);
	sql_list(&sql, k->r, &q);
	++*k->n;
	if (!statement_ok(&sql))
		report(k, &sql, "has more than 4096 values, or memory is short");
	else if (db_query(k->st->db, &k->arena, buf_view(&sql.sql), sql.v, sql.n,
	    &plan) != DB_OK)
		report(k, &sql, db_error_message(k->st->db));
}

static void
check_filters(struct check *k, size_t sort)
{
	struct val	 two[2] = { VAL_OF_INT(1), VAL_OF_INT(1) };
	struct list_query	 all = { .show = ENCODE_ALL, .need = ENCODE_ALL, .limit = 1, .sort = sort };

	for (const struct filter *f = k->r->filters; f != NULL && f->name != NULL; f++) {
		struct list_query	 one = { .show = ENCODE_ALL, .need = ENCODE_ALL, .limit = 1, .sort = sort };

		add_filter(&one, f, two, 1);
		check_list_as(k, &one);
		add_filter(&all, f, two, 1);
		if (f->kind == FILTER_SEARCH && sort == 0 && k->st != NULL)
			check_search_index(k, f);
		if (f->kind != FILTER_EQUAL)
			continue;
		one.filter[0].n = 2;
		check_list_as(k, &one);
	}
	if (all.nfilters > 1)
		check_list_as(k, &all);
}

static void
check_lists(struct check *k)
{
	size_t	 sort = 0;

	do {
		struct list_query	 plain = { .show = ENCODE_ALL, .need = ENCODE_ALL,
				    .limit = 1, .sort = sort };

		check_list_as(k, &plain);
		plain.show = plain.need = 0;
		check_list_as(k, &plain);
		check_filters(k, sort);
	} while (k->r->sorts != NULL && k->r->sorts[++sort].by != NULL);
}

/* Why a cursor cannot hold values of this column; NULL: it can. */
static const char *
sort_misfit(const struct field *f, const struct db_column *c)
{
	bool	 says_null = f->def == NULL && (f->opt || ((f->flags & FIELD_OPTIONAL) &&
		    f->kind != FIELD_KIND_INT && f->kind != FIELD_KIND_NUM &&
		    f->kind != FIELD_KIND_BOOL));

	if (c->is_enum)
		return "cannot be a sort: an ENUM is sorted by position; use a VARCHAR";
	if (c->decimals > 3)
		return "cannot be a sort: its column is finer than a millisecond; use DATETIME(3)";
	if (c->null && !says_null)
		return "cannot be a sort: its column may be NULL but its field may not; "
		    "make the column NOT NULL or the field optional";
	return NULL;
}

static void
check_sort_column(struct check *k, const struct sort_column *by, const struct statement *sql,
    const struct db_description *plan)
{
	const char	*wrong;
	size_t		 at = 0;

	for (const struct field *f = k->r->schema->fields; f != by->field; f++)
		at += sql_select_width(f);
	if (at < plan->ncolumns &&
	    (wrong = sort_misfit(by->field, &plan->columns[at])) != NULL) {
		buf_fmt(k->errors, "%s: ", by->field->name);
		report(k, sql, wrong);
	}
}

/* Later pages need cursors that hold the values of the sort columns. */
static void
check_sorts(struct check *k)
{
	struct list_query		 q = { .show = ENCODE_ALL, .need = ENCODE_ALL, .limit = 1 };
	struct sort_column		 by[MAX_SORT_COLUMNS];
	struct statement	 sql;
	struct db_description		 plan;

	do {
		size_t	 n = sort_columns(k->r, q.sort, by);

		begin_statement(k, &sql);
		sql_list(&sql, k->r, &q);
		if (!statement_ok(&sql) || db_describe(k->st->db, &k->arena,
		    buf_view(&sql.sql), &plan) != DB_OK)
			continue;
		for (size_t i = 0; i < n; i++)
			check_sort_column(k, &by[i], &sql, &plan);
	} while (k->r->sorts != NULL && k->r->sorts[++q.sort].by != NULL);
}

/* The statements of one list: select, insert, delete. */
static void
check_list_table(struct check *k, const struct field *f)
{
	const struct resource	 children = lists_child_resource(f);
	struct val		 one = VAL_OF_INT(1);
	struct list_row		 l = { .f = f, .owner = one };
	struct statement	 sql;

	if (f->schema != NULL) {
		begin_statement(k, &sql);
		sql_select_children(&sql, f, &one, 1);
		check_statement(k, &sql, children.schema);
	}
	if (!has_operation(k->r, OPS_CREATE | OPS_UPDATE | OPS_DELETE))
		return;
	begin_statement(k, &sql);
	sql_delete_links(&sql, f, &one);
	check_statement(k, &sql, NULL);
	begin_statement(k, &sql);
	l.value = arena_zero(&k->arena, 1, f->schema != NULL ? f->schema->size :
	    field_size(f->item));
	if (l.value != NULL)
		sql_insert_links(&sql, &l, 1);
	check_statement(k, &sql, NULL);
	if (f->schema == NULL || !has_operation(k->r, OPS_CREATE | OPS_UPDATE))
		return;
	begin_statement(k, &sql);
	sql_select_positions(&sql, f, &one);
	check_statement(k, &sql, NULL);
	begin_statement(k, &sql);
	sql_delete_children(&sql, f, &one, &one, 1);
	check_statement(k, &sql, NULL);
}

static void
check_links(struct check *k)
{
	const struct visibility	 none = { .all_rows = false };
	struct val		 one = VAL_OF_INT(1);
	struct statement	 sql;

	for (const struct field *f = k->r->schema->fields; f->name != NULL; f++)
		if (f->link != NULL)
			check_list_table(k, f);
	for (const struct expand *e = k->r->expands; e != NULL && e->name != NULL; e++) {
		begin_statement(k, &sql);
		sql_expand(&sql, e, &none, &one, 1);
		check_statement(k, &sql, e->schema);
	}
}

static void
check_gets(struct check *k, const void *row)
{
	struct list_query		 q = { .show = ENCODE_ALL, .need = ENCODE_ALL, .limit = 1 };
	struct statement	 sql;

	for (int i = 0; i < 4; i++) {
		q.visibility.hidden_rows = i & 1;
		q.visibility.all_rows = i & 2;
		begin_statement(k, &sql);
		sql_get(&sql, k->r, &q, row);
		check_statement(k, &sql, k->r->schema);
	}
	if (!has_operation(k->r, OPS_UPDATE | OPS_DELETE))
		return;
	begin_statement(k, &sql);
	sql_lock(&sql, k->r, row, &q.visibility);
	check_statement(k, &sql, NULL);
	q.visibility.all_rows = false;
	begin_statement(k, &sql);
	sql_lock(&sql, k->r, row, &q.visibility);
	check_statement(k, &sql, NULL);
}

/* Check the statement that reads the parent row, for each kind of caller. */
static void
check_parent(struct check *k)
{
	struct list_query		 q = { .limit = 1 };
	struct statement	 sql;
	const void		*key;

	if (k->r->parent == NULL)
		return;
	for (int i = 0; i < 4; i++) {
		q.visibility.hidden_rows = i & 1;
		q.visibility.all_rows = i & 2;
		begin_statement(k, &sql);
		key = arena_zero(&k->arena, 1, k->r->parent->schema->size);
		if (key != NULL)
			sql_get(&sql, k->r->parent, &q, key);
		check_statement(k, &sql, NULL);
	}
}

/* References to owned rows, from a row and from its children. */
static void
check_references(struct check *k, const struct schema *sh)
{
	struct val		 one = VAL_OF_INT(1);
	struct statement	 sql;
	struct owned		 o;

	if (!has_operation(k->r, OPS_CREATE | OPS_UPDATE))
		return;
	for (const struct field *f = sh->fields; f->name != NULL; f++) {
		if (field_has_children(f))
			check_references(k, f->schema);
		if (!reference_of_field(k->r, f, &o))
			continue;
		begin_statement(k, &sql);
		sql_select_references(&sql, &o, &one, 1, &one);
		check_statement(k, &sql, NULL);
	}
}

/* Rows that a write looks up: references, the parent, rows of a merge. */
static void
check_lookups(struct check *k)
{
	const struct visibility	 own = { .all_rows = false };
	struct val		 one = VAL_OF_INT(1);
	struct statement	 sql;

	check_references(k, k->r->schema);
	check_parent(k);
	if (k->r->merge_by == NULL)
		return;
	begin_statement(k, &sql);
	sql_select_merge_rows(&sql, k->r, &own, &one, 1);
	check_statement(k, &sql, NULL);
}

static void
check_writes(struct check *k, const void *row)
{
	struct val		 one = VAL_OF_INT(1);
	struct statement	 sql;

	if (has_operation(k->r, OPS_CREATE)) {
		begin_statement(k, &sql);
		sql_insert(&sql, k->r, row, 1);
		check_statement(k, &sql, NULL);
	}
	if (has_operation(k->r, OPS_UPDATE)) {
		begin_statement(k, &sql);
		sql_update(&sql, k->r, row, NULL);
		check_statement(k, &sql, NULL);
	}
	if (has_operation(k->r, OPS_DELETE)) {
		begin_statement(k, &sql);
		sql_delete(&sql, k->r, row);
		check_statement(k, &sql, NULL);
	}
	if (k->r->tree.parent == NULL || !has_operation(k->r, OPS_CREATE | OPS_UPDATE))
		return;
	begin_statement(k, &sql);
	sql_select_tree_parent(&sql, k->r, &one);
	check_statement(k, &sql, NULL);
	begin_statement(k, &sql);
	sql_select_height(&sql, k->r, &one);
	check_statement(k, &sql, NULL);
}

static void
check_all(struct check *k, const void *row)
{
	check_lists(k);
	check_gets(k, row);
	check_writes(k, row);
	check_lookups(k);
	check_links(k);
}

bool
resource_check(struct store *st, const struct resource *r, struct buf *errors,
    size_t *n)
{
	struct check	 k = { .st = st, .r = r, .errors = errors, .n = n };
	void		*row = arena_zero(st->arena, 1, r->schema->size);
	size_t		 before = errors->n;

	if (row == NULL || !arena_init(&k.arena, (size_t)8 << 20))
		return false;
	check_sorts(&k);
	check_all(&k, row);
	arena_free(&k.arena);
	return buf_ok(errors) && errors->n == before;
}

bool
resource_statements(const struct resource *r, struct arena *a,
    void (*each)(void *, struct str sql), void *arg)
{
	struct check	 k = { .r = r, .each = each, .arg = arg };
	void		*row = arena_zero(a, 1, r->schema->size);

	if (row == NULL || !arena_init(&k.arena, (size_t)8 << 20))
		return false;
	check_all(&k, row);
	arena_free(&k.arena);
	return true;
}
