/* resource_rows - the rows a write touches. */
#include "schema/encode.h"
#include "resource/private.h"

bool
is_written(const struct resource *r, const struct field *f, bool update)
{
	bool	 ours = ((f->flags & FIELD_KEY) && key_is_ours(r)) ||
		    f == owner_field(r) || is_within(r, f);

	if (f->sql != NULL || row_width(f) == 0)
		return false;
	if (update)
		return !(f->flags & (FIELD_READONLY | FIELD_FIXED | FIELD_KEY));
	return !(f->flags & FIELD_READONLY) || ours;
}

static void
bind_field(struct statement *st, const struct field *f, const void *row)
{
	struct val	 v[2];

	if (!row_vals(f, row, st->sql.arena, v))
		st->sql.failed = true;
	for (size_t c = 0; c < row_width(f) && buf_ok(&st->sql); c++)
		statement_bind(st, v[c]);
}

char
sql_columns(struct statement *st, const struct resource *r, char before)
{
	for (const struct field *f = r->shape->fields; f->name != NULL; f++)
		for (size_t c = 0; is_written(r, f, false) && c < row_width(f); c++) {
			buf_byte(&st->sql, before);
			sql_name(&st->sql, row_column(f, c));
			before = ',';
		}
	return before;
}

char
sql_values(struct statement *st, const struct resource *r, const void *row, char before)
{
	for (const struct field *f = r->shape->fields; f->name != NULL; f++) {
		if (!is_written(r, f, false))
			continue;
		for (size_t c = 0; c < row_width(f); c++, before = ',') {
			buf_byte(&st->sql, before);
			buf_byte(&st->sql, '?');
		}
		bind_field(st, f, row);
	}
	return before;
}

void
sql_insert(struct statement *st, const struct resource *r, const char *rows, size_t n)
{
	buf_puts(&st->sql, "INSERT INTO ");
	sql_name(&st->sql, r->table);
	buf_byte(&st->sql, ' ');
	buf_puts(&st->sql, sql_columns(st, r, '(') == '(' ? "() VALUES " : ") VALUES ");
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_byte(&st->sql, ',');
		buf_puts(&st->sql, sql_values(st, r, rows + i * r->shape->size, '(') ==
		    '(' ? "()" : ")");
	}
}

bool
val_same(const struct val *x, const struct val *y)
{
	return x->kind == y->kind && x->i == y->i && x->d == y->d && str_eq(x->s, y->s);
}

bool
field_same(const struct field *f, struct arena *a, const void *x, const void *y)
{
	struct val	 vx[2], vy[2];

	if (!row_vals(f, x, a, vx) || !row_vals(f, y, a, vy))
		return false;
	for (size_t c = 0; c < row_width(f); c++)
		if (!val_same(&vx[c], &vy[c]))
			return false;
	return true;
}

/*
 * Only what differs is set: an old table's values may be finer than a field
 * shows them, or such that the table would not take them again.
 */
void
sql_update(struct statement *st, const struct resource *r, const void *row,
    const void *old)
{
	const char	*before = " t SET t.";

	buf_puts(&st->sql, "UPDATE ");
	sql_name(&st->sql, r->table);
	for (const struct field *f = r->shape->fields; f->name != NULL; f++) {
		if (!is_written(r, f, true) ||
		    (old != NULL && field_same(f, st->sql.arena, row, old)))
			continue;
		for (size_t c = 0; c < row_width(f); c++, before = ",t.") {
			buf_puts(&st->sql, before);
			sql_name(&st->sql, row_column(f, c));
			buf_puts(&st->sql, "=?");
		}
		bind_field(st, f, row);
	}
	if (r->version != NULL) {
		buf_puts(&st->sql, before);
		sql_name(&st->sql, r->version);
		buf_puts(&st->sql, "=t.");
		sql_name(&st->sql, r->version);
		buf_puts(&st->sql, "+1");
	}
	buf_puts(&st->sql, " WHERE ");
	sql_key(st, r, row);
}

void
sql_lock(struct statement *st, const struct resource *r, const void *key,
    const struct sight *s)
{
	sql_select(st, r, ENCODE_ALL, COLUMNS_BASE);
	sql_from(st, r, COLUMNS_BASE, NULL);
	buf_puts(&st->sql, " WHERE ");
	sql_key(st, r, key);
	if (r->kept != NULL || r->listed != NULL)
		buf_fmt(&st->sql, " AND (%s)", r->kept != NULL ? r->kept : r->listed);
	sql_sight(st, r, s);
	buf_puts(&st->sql, " FOR UPDATE");
}

void
sql_remove(struct statement *st, const struct resource *r, const void *key)
{
	if (r->retire == NULL) {
		buf_puts(&st->sql, "DELETE t FROM ");
		sql_name(&st->sql, r->table);
		buf_puts(&st->sql, " t WHERE ");
	} else {
		buf_puts(&st->sql, "UPDATE ");
		sql_name(&st->sql, r->table);
		buf_fmt(&st->sql, " t SET %s", r->retire);
		if (r->version != NULL)
			buf_fmt(&st->sql, ",t.`%s`=t.`%s`+1", r->version, r->version);
		buf_puts(&st->sql, " WHERE ");
	}
	sql_key(st, r, key);
}

enum db_err
statement_run(struct store *st, struct statement *sql, struct db_done *done)
{
	if (!statement_ok(sql))
		return DB_MEMORY;
	return db_exec(st->db, buf_view(&sql->sql), sql->v, sql->n, done);
}

/* The unique field that an index of this name is on. */
static const struct field *
field_of_index(const struct resource *r, const char *index)
{
	for (const struct field *f = r->shape->fields; f->name != NULL; f++)
		if ((f->flags & FIELD_UNIQUE) && strcmp(field_column(f), index) == 0)
			return f;
	return NULL;
}

static const struct field *
field_of_column(const struct resource *r, const char *column)
{
	for (const struct field *f = r->shape->fields; f->name != NULL; f++)
		if (row_width(f) == 1 && strcmp(field_column(f), column) == 0)
			return f;
	return NULL;
}

/* "#/items/7/sku", or "#/sku" of a single one. */
const char *
item_pointer(const struct change *c, size_t item, const char *member)
{
	const char	*slash = member == NULL ? "" : "/";
	char		*p;

	if (member == NULL)
		member = "";
	p = c->batch ? arena_fmt(c->rq->arena, "#/items/%zu%s%s",
	    c->first + item, slash, member) :
	    arena_fmt(c->rq->arena, "#%s%s", slash, member);
	return p == NULL ? "#" : p;
}

void
constraint_fault(struct change *c, const struct resource *r, enum db_err err,
    const char *detail, const char *at)
{
	const struct field	*f = err == DB_DUPLICATE ? field_of_index(r, detail) :
				    field_of_column(r, detail);
	const char		*code = "conflict";

	if (f != NULL && (at = arena_fmt(c->rq->arena, "%s/%s", at, f->name)) == NULL)
		at = "#";
	if (err == DB_REFERENCE || err == DB_VALUE) {
		fault_at(&c->fs, at, err == DB_VALUE ? "invalid_value" :
		    "reference_not_found", err == DB_VALUE ?
		    "is not what the table takes" : "names nothing that is there");
		return;
	}
	if (f != NULL && (code = arena_fmt(c->rq->arena, "%s_taken", f->name)) == NULL)
		code = "conflict";
	else if (f == NULL && strcmp(detail, "PRIMARY") == 0)
		code = "already_exists";
	fault_at(&c->fs, at, code, "is there already");
}

static bool
is_constraint(enum db_err err)
{
	return err == DB_DUPLICATE || err == DB_REFERENCE || err == DB_VALUE;
}

enum db_err
in_spans(struct store *st, struct change *c, size_t n, size_t most,
    enum db_err (*insert)(struct store *, struct change *, size_t from, size_t n),
    void (*fault)(struct store *, struct change *, enum db_err, size_t i))
{
	size_t		 span;
	enum db_err	 err;

	for (size_t from = 0; from < n; from += span) {
		for (span = most; span > n - from; span /= 2)
			;
		err = insert(st, c, from, span);
		if (err != DB_OK && !is_constraint(err))
			return err;
		if (err != DB_OK && span == 1)
			fault(st, c, err, from);
		for (size_t i = 0; err != DB_OK && span > 1 && i < span; i++) {
			enum db_err	 one = insert(st, c, from + i, 1);

			if (is_constraint(one))
				fault(st, c, one, from + i);
			else if (one != DB_OK)
				return one;
		}
	}
	return DB_OK;
}

static enum db_err
insert_some(struct store *st, struct change *c, size_t from, size_t n)
{
	const struct field	*key[KEY_COLUMNS];
	struct statement	 sql;
	struct db_done		 done;
	enum db_err		 err;

	if (c->there != NULL && c->there[from])
		return DB_OK;			/* merges insert one by one */
	statement_init(&sql, st->arena);
	sql_insert(&sql, c->r, change_row(c, from), n);
	if ((err = statement_run(st, &sql, &done)) != DB_OK)
		return err;
	c->created += n;
	if (key_is_counted(c->r)) {
		(void)key_fields(c->r, key);
		*(int64_t *)field_in(key[0], change_row(c, from)) = done.id;
	}
	return DB_OK;
}

static void
insert_fault(struct store *st, struct change *c, enum db_err err, size_t i)
{
	constraint_fault(c, c->r, err, db_detail(st->db), item_pointer(c, i, NULL));
}

/* Keys made by the table are learnt one by one; so are rows of a mixed merge. */
enum db_err
rows_insert(struct store *st, struct change *c)
{
	const struct field	*key[KEY_COLUMNS];
	bool			 mixed = false;

	(void)key_fields(c->r, key);
	for (size_t i = 0; i < c->n; i++) {
		bool	 there = c->there != NULL && c->there[i];

		mixed |= there;
		if (key_is_ours(c->r) && !there)
			*(struct uuid *)field_in(key[0], change_row(c, i)) = uuid_new();
	}
	return in_spans(st, c, c->n, mixed || key_is_counted(c->r) ? 1 : INSERT_AT_ONCE,
	    insert_some, insert_fault);
}

static bool
columns_same(const struct resource *r, struct arena *a, const void *x, const void *y)
{
	for (const struct field *f = r->shape->fields; f->name != NULL; f++)
		if (is_written(r, f, true) && !field_same(f, a, x, y))
			return false;
	return true;
}

bool
row_same(const struct resource *r, struct arena *a, const void *x, const void *y)
{
	for (const struct field *f = r->shape->fields; f->name != NULL; f++)
		if (field_has_children(f) ? !children_same(f, a, x, y) :
		    f->link != NULL && !links_same(f, x, y))
			return false;
	return columns_same(r, a, x, y);
}

const void *
row_of_key(const struct resource *r, struct arena *a, const struct found *in,
    const void *like)
{
	const struct field	*key[KEY_COLUMNS];
	size_t			 n = key_fields(r, key), same;

	for (size_t i = 0; i < in->n; i++) {
		const void	*row = found_row(r, in, i);

		for (same = 0; same < n && field_same(key[same], a, row, like); same++)
			;
		if (same == n)
			return row;
	}
	return NULL;
}

void
row_keep(const struct change *c, void *now, const void *old)
{
	const struct field	*owner = owner_field(c->r);
	bool			 barred = c->r->owner == NULL &&
				    !c->whole.sight.members;

	for (const struct field *f = c->r->shape->fields; f->name != NULL; f++)
		if ((f->flags & (FIELD_READONLY | FIELD_KEY)) ||
		    (barred && (f->flags & FIELD_PRIVATE)) ||
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

/* Who sees all may also make rows for others, or, where it is optional, nobody. */
enum db_err
rows_own(struct change *c)
{
	const struct field	*f = owner_field(c->r);
	const struct sight	*s = &c->whole.sight;

	for (size_t i = 0; f != NULL && !(f->flags & FIELD_KEY) && i < c->n; i++) {
		void	*row = change_row(c, i);

		if (field_has(f, row) || (c->there != NULL && c->there[i]))
			continue;
		if (s->me.kind != VAL_NULL) {
			set_owner(f, &s->me, row);
		} else if (!s->members || !(f->flags & FIELD_OPTIONAL)) {
			c->status = resp_problem(c->rs, HTTP_FORBIDDEN, "not_a_user",
			    "only a user can own one, and the token is of none");
			return DB_STOP;
		}
	}
	return DB_OK;
}

enum db_err
row_update(struct store *st, struct change *c, size_t i, const void *old)
{
	struct statement	 sql;
	enum db_err		 err;

	if (c->r->version == NULL && columns_same(c->r, st->arena, old, change_row(c, i)))
		return links_update(st, c, i, old);
	statement_init(&sql, st->arena);
	sql_update(&sql, c->r, change_row(c, i), old);
	err = statement_run(st, &sql, NULL);
	if (is_constraint(err)) {
		constraint_fault(c, c->r, err, db_detail(st->db),
		    item_pointer(c, i, NULL));
		return DB_OK;
	}
	return err == DB_OK ? links_update(st, c, i, old) : err;
}

enum db_err
row_lock(struct store *st, const struct change *c, struct found *out)
{
	struct statement	 sql;
	enum db_err		 err;

	statement_init(&sql, st->arena);
	sql_lock(&sql, c->r, c->rq->keys, &c->whole.sight);
	if ((err = rows_find(st, c->r, &sql, out)) != DB_OK)
		return err == DB_VALUE ? DB_NONE : err;
	return out->n == 0 ? DB_NONE : DB_OK;
}
