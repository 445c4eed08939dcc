/*
 * resource_check - every statement a declaration can make, prepared.
 *
 * Each filter alone with one and with two values, each order on its first and
 * on a later page, all filters together in each order, the count, the get, and
 * the writes.  What a SELECT answers is compared with the schema.
 */
#include "db/db.h"
#include "db/row.h"
#include "schema/encode.h"
#include "resource/reference.h"
#include "resource/sql.h"

struct check {
	struct store		*st;		/* NULL: each statement goes to `each` */
	const struct resource	*r;
	struct buf		*told;
	size_t			*n;
	void			(*each)(void *, struct str sql);
	void			*arg;
	struct arena		 arena;		/* of one statement */
};

static void
tell(struct check *k, const struct statement *sql, const char *why)
{
	buf_fmt(k->told, "%s: %s\n    %.*s\n", k->r->path, why,
	    STR_ARG(buf_view(&sql->sql)));
}

/* The columns of sql_select(), one by one. */
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
				tell(k, sql, wrong);
}

static void
begin(struct check *k, struct statement *sql)
{
	arena_reset(&k->arena);
	statement_init(sql, &k->arena);
}

/* Prepare it; `answers` is the schema its rows should have. */
static void
try(struct check *k, struct statement *sql, const struct schema *answers)
{
	struct db_description	 plan;

	if (k->st == NULL) {
		k->each(k->arg, buf_view(&sql->sql));
		return;
	}
	++*k->n;
	if (!statement_ok(sql)) {
		tell(k, sql, "is too long");
		return;
	}
	if (db_describe(k->st->db, &k->arena, buf_view(&sql->sql), &plan) != DB_OK)
		tell(k, sql, db_error_message(k->st->db));
	else if (plan.params != sql->n)
		tell(k, sql, "has another number of values than it binds");
	else if (answers != NULL)
		check_columns(k, answers, sql, &plan);
}

/* Is there such an operation on it? */
static bool
is_done(const struct resource *r, unsigned any)
{
	return r->operations == 0 || (r->operations & any);
}

/* Filter i, asked for with n values. */
static void
ask(struct list_query *w, const struct filter *f, struct val *v, size_t n)
{
	w->given[w->ngiven++] = (struct filter_value){ f, v, n };
}

static void
try_rows(struct check *k, struct list_query *w)
{
	struct statement	 sql;
	struct sort_column		 by[MAX_SORT_COLUMNS];
	size_t			 n = sort_columns(k->r, w->order, by);

	begin(k, &sql);
	sql_list(&sql, k->r, w);
	try(k, &sql, k->r->schema);
	w->after = true;
	for (size_t i = 0; i < n; i++)
		w->last[i] = VAL_OF_INT(1);
	begin(k, &sql);
	sql_list(&sql, k->r, w);
	try(k, &sql, k->r->schema);
	if (by[0].nullable) {
		w->last[0] = (struct val){ .kind = VAL_NULL };
		begin(k, &sql);
		sql_list(&sql, k->r, w);
		try(k, &sql, k->r->schema);
	}
	w->after = false;
	begin(k, &sql);
	sql_count(&sql, k->r, w);
	try(k, &sql, NULL);
}

/* Where rows belong to users: one's own, and everybody's. */
static void
try_list(struct check *k, struct list_query *w)
{
	w->sight.rows = false;
	try_rows(k, w);
	if (!resource_is_owned(k->r))
		return;
	w->sight.rows = w->sight.members = true;
	try_rows(k, w);
}

/* That an index of words is lacking shows only in the plan. */
static void
plan_search(struct check *k, const struct filter *f)
{
	struct val		 word = VAL_OF_STR(STR("word"));
	struct list_query		 w = { .limit = 1 };
	struct statement	 sql;
	struct db_rows		 plan;

	begin(k, &sql);
	buf_puts(&sql.sql, "EXPLAIN ");
	ask(&w, f, &word, 1);
	sql_list(&sql, k->r, &w);
	++*k->n;
	if (!statement_ok(&sql))
		tell(k, &sql, "is too long");
	else if (db_query(k->st->db, &k->arena, buf_view(&sql.sql), sql.v, sql.n,
	    &plan) != DB_OK)
		tell(k, &sql, db_error_message(k->st->db));
}

static void
check_filters(struct check *k, size_t order)
{
	struct val	 two[2] = { VAL_OF_INT(1), VAL_OF_INT(1) };
	struct list_query	 all = { .show = ENCODE_ALL, .need = ENCODE_ALL, .limit = 1, .order = order };

	for (const struct filter *f = k->r->filters; f != NULL && f->name != NULL; f++) {
		struct list_query	 one = { .show = ENCODE_ALL, .need = ENCODE_ALL, .limit = 1, .order = order };

		ask(&one, f, two, 1);
		try_list(k, &one);
		ask(&all, f, two, 1);
		if (f->kind == FILTER_SEARCH && order == 0 && k->st != NULL)
			plan_search(k, f);
		if (f->kind != FILTER_EQUAL)
			continue;
		one.given[0].n = 2;
		try_list(k, &one);
	}
	if (all.ngiven > 1)
		try_list(k, &all);
}

static void
check_lists(struct check *k)
{
	size_t	 order = 0;

	do {
		struct list_query	 plain = { .show = ENCODE_ALL, .need = ENCODE_ALL,
				    .limit = 1, .order = order };

		try_list(k, &plain);
		plain.show = plain.need = 0;
		try_list(k, &plain);
		check_filters(k, order);
	} while (k->r->sorts != NULL && k->r->sorts[++order].by != NULL);
}

/* Why a page can not go on behind a value of this column; NULL: it can. */
static const char *
order_misfit(const struct field *f, const struct db_column *c)
{
	bool	 says_null = f->def == NULL && (f->opt || ((f->flags & FIELD_OPTIONAL) &&
		    f->kind != FIELD_KIND_INT && f->kind != FIELD_KIND_NUM &&
		    f->kind != FIELD_KIND_BOOL));

	if (c->is_enum)
		return "is no order: an ENUM is sorted by position, not as text";
	if (c->decimals > 3)
		return "is no order: its column is finer than a millisecond";
	if (c->null && !says_null)
		return "is no order: its column may be NULL, and its field can not say so";
	return NULL;
}

static void
check_order(struct check *k, const struct sort_column *by, const struct statement *sql,
    const struct db_description *plan)
{
	const char	*wrong;
	size_t		 at = 0;

	for (const struct field *f = k->r->schema->fields; f != by->field; f++)
		at += sql_select_width(f);
	if (at < plan->ncolumns &&
	    (wrong = order_misfit(by->field, &plan->columns[at])) != NULL) {
		buf_fmt(k->told, "%s: ", by->field->name);
		tell(k, sql, wrong);
	}
}

/* What comes after the first page depends on what the cursor can hold. */
static void
check_orders(struct check *k)
{
	struct list_query		 w = { .show = ENCODE_ALL, .need = ENCODE_ALL, .limit = 1 };
	struct sort_column		 by[MAX_SORT_COLUMNS];
	struct statement	 sql;
	struct db_description		 plan;

	do {
		size_t	 n = sort_columns(k->r, w.order, by);

		begin(k, &sql);
		sql_list(&sql, k->r, &w);
		if (!statement_ok(&sql) || db_describe(k->st->db, &k->arena,
		    buf_view(&sql.sql), &plan) != DB_OK)
			continue;
		for (size_t i = 0; i < n; i++)
			check_order(k, &by[i], &sql, &plan);
	} while (k->r->sorts != NULL && k->r->sorts[++w.order].by != NULL);
}

/* The rows of a list, and what is written of it. */
static void
check_list(struct check *k, const struct field *f)
{
	const struct resource	 theirs = lists_child_resource(f);
	struct val		 one = VAL_OF_INT(1);
	struct list_row		 l = { .f = f, .owner = one };
	struct statement	 sql;

	if (f->schema != NULL) {
		begin(k, &sql);
		sql_select_children(&sql, f, &one, 1);
		try(k, &sql, theirs.schema);
	}
	if (!is_done(k->r, OPS_CREATE | OPS_UPDATE | OPS_DELETE))
		return;
	begin(k, &sql);
	sql_delete_links(&sql, f, &one);
	try(k, &sql, NULL);
	begin(k, &sql);
	l.what = arena_zero(&k->arena, 1, f->schema != NULL ? f->schema->size :
	    field_size(f->item));
	if (l.what != NULL)
		sql_insert_links(&sql, &l, 1);
	try(k, &sql, NULL);
	if (f->schema == NULL || !is_done(k->r, OPS_CREATE | OPS_UPDATE))
		return;
	begin(k, &sql);
	sql_select_positions(&sql, f, &one);
	try(k, &sql, NULL);
	begin(k, &sql);
	sql_delete_children(&sql, f, &one, &one, 1);
	try(k, &sql, NULL);
}

static void
check_links(struct check *k)
{
	const struct visibility	 none = { .rows = false };
	struct val		 one = VAL_OF_INT(1);
	struct statement	 sql;

	for (const struct field *f = k->r->schema->fields; f->name != NULL; f++)
		if (f->link != NULL)
			check_list(k, f);
	for (const struct expand *e = k->r->expands; e != NULL && e->name != NULL; e++) {
		begin(k, &sql);
		sql_expand(&sql, e, &none, &one, 1);
		try(k, &sql, e->schema);
	}
}

static void
check_gets(struct check *k, const void *row)
{
	struct list_query		 w = { .show = ENCODE_ALL, .need = ENCODE_ALL, .limit = 1 };
	struct statement	 sql;

	for (int i = 0; i < 4; i++) {
		w.sight.kept = i & 1;
		w.sight.rows = i & 2;
		begin(k, &sql);
		sql_get(&sql, k->r, &w, row);
		try(k, &sql, k->r->schema);
	}
	if (!is_done(k->r, OPS_UPDATE | OPS_DELETE))
		return;
	begin(k, &sql);
	sql_lock(&sql, k->r, row, &w.sight);
	try(k, &sql, NULL);
	w.sight.rows = false;
	begin(k, &sql);
	sql_lock(&sql, k->r, row, &w.sight);
	try(k, &sql, NULL);
}

/* The row that others hang on, of all and of one's own. */
static void
check_above(struct check *k)
{
	struct list_query		 w = { .limit = 1 };
	struct statement	 sql;
	const void		*key;

	if (k->r->parent == NULL)
		return;
	for (int i = 0; i < 4; i++) {
		w.sight.kept = i & 1;
		w.sight.rows = i & 2;
		begin(k, &sql);
		key = arena_zero(&k->arena, 1, k->r->parent->schema->size);
		if (key != NULL)
			sql_get(&sql, k->r->parent, &w, key);
		try(k, &sql, NULL);
	}
}

/* References to rows of users, of a row and of its children. */
static void
check_refers(struct check *k, const struct schema *sh)
{
	struct val		 one = VAL_OF_INT(1);
	struct statement	 sql;
	struct owned		 o;

	if (!is_done(k->r, OPS_CREATE | OPS_UPDATE))
		return;
	for (const struct field *f = sh->fields; f->name != NULL; f++) {
		if (field_has_children(f))
			check_refers(k, f->schema);
		if (!reference_of_field(k->r, f, &o))
			continue;
		begin(k, &sql);
		sql_select_references(&sql, &o, &one, 1, &one);
		try(k, &sql, NULL);
	}
}

/* Those, and the rows of a merge. */
static void
check_finds(struct check *k)
{
	const struct visibility	 own = { .rows = false };
	struct val		 one = VAL_OF_INT(1);
	struct statement	 sql;

	check_refers(k, k->r->schema);
	check_above(k);
	if (k->r->merge_by == NULL)
		return;
	begin(k, &sql);
	sql_select_merge_rows(&sql, k->r, &own, &one, 1);
	try(k, &sql, NULL);
}

static void
check_writes(struct check *k, const void *row)
{
	struct val		 one = VAL_OF_INT(1);
	struct statement	 sql;

	if (is_done(k->r, OPS_CREATE)) {
		begin(k, &sql);
		sql_insert(&sql, k->r, row, 1);
		try(k, &sql, NULL);
	}
	if (is_done(k->r, OPS_UPDATE)) {
		begin(k, &sql);
		sql_update(&sql, k->r, row, NULL);
		try(k, &sql, NULL);
	}
	if (is_done(k->r, OPS_DELETE)) {
		begin(k, &sql);
		sql_delete(&sql, k->r, row);
		try(k, &sql, NULL);
	}
	if (k->r->tree.parent == NULL || !is_done(k->r, OPS_CREATE | OPS_UPDATE))
		return;
	begin(k, &sql);
	sql_select_tree_parent(&sql, k->r, &one);
	try(k, &sql, NULL);
	begin(k, &sql);
	sql_select_height(&sql, k->r, &one);
	try(k, &sql, NULL);
}

static void
check_all(struct check *k, const void *row)
{
	check_lists(k);
	check_gets(k, row);
	check_writes(k, row);
	check_finds(k);
	check_links(k);
}

bool
resource_check(struct store *st, const struct resource *r, struct buf *told,
    size_t *n)
{
	struct check	 k = { .st = st, .r = r, .told = told, .n = n };
	void		*row = arena_zero(st->arena, 1, r->schema->size);
	size_t		 before = told->n;

	if (row == NULL || !arena_init(&k.arena, (size_t)8 << 20))
		return false;
	check_orders(&k);
	check_all(&k, row);
	arena_free(&k.arena);
	return buf_ok(told) && told->n == before;
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
