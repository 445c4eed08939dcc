/* resource/statement - build and run one SQL statement. */
#include "db/db.h"
#include "db/row.h"
#include "schema/encode.h"
#include "resource/parent.h"
#include "resource/sql.h"

#define STATEMENT_VALUES	4096

void
statement_init(struct statement *st, struct arena *a)
{
	buf_init(&st->sql, a);
	st->n = 0;
	st->need = ENCODE_ALL;
	st->cap = 32;
	st->v = arena_array(a, struct val, st->cap);
	st->sql.failed = st->v == NULL;
}

bool
statement_ok(const struct statement *st)
{
	return buf_ok(&st->sql);
}

void
statement_bind(struct statement *st, struct val v)
{
	struct val	*more;

	if (st->n == st->cap) {
		more = st->cap > STATEMENT_VALUES ? NULL :
		    arena_array(st->sql.arena, struct val, st->cap * 2);
		if (more == NULL) {
			st->sql.failed = true;
			return;
		}
		memcpy(more, st->v, st->n * sizeof(*more));
		st->v = more;
		st->cap *= 2;
	}
	st->v[st->n++] = v;
}

void
sql_name(struct buf *b, const char *name)
{
	size_t	 run;

	buf_byte(b, '`');
	for (; *name != '\0'; name += run) {
		run = strcspn(name, "`");
		buf_put(b, name, run);
		for (; name[run] == '`'; run++)
			buf_puts(b, "``");
	}
	buf_byte(b, '`');
}

void
sql_in(struct statement *st, const struct val *v, size_t n)
{
	size_t	 padded = 1;

	while (padded < n)
		padded *= 2;
	for (size_t i = 0; i < padded; i++) {
		buf_puts(&st->sql, i == 0 ? "(?" : ",?");
		statement_bind(st, v[i < n ? i : n - 1]);
	}
	buf_byte(&st->sql, ')');
}

bool
sql_is_written(const struct resource *r, const struct field *f, bool update)
{
	bool	 set_here = ((f->flags & FIELD_KEY) && resource_key_is_generated(r)) ||
		    f == resource_owner_field(r) || parent_has_field(r, f);

	if (f->sql != NULL || row_columns(f) == 0)
		return false;
	if (update)
		return !(f->flags & (FIELD_READONLY | FIELD_FIXED | FIELD_KEY));
	return !(f->flags & FIELD_READONLY) || set_here;
}

void
statement_bind_field(struct statement *st, const struct field *f, const void *row)
{
	struct val	 v[2];

	if (!row_bind(f, row, st->sql.arena, v))
		st->sql.failed = true;
	for (size_t c = 0; c < row_columns(f) && buf_ok(&st->sql); c++)
		statement_bind(st, v[c]);
}

bool
statement_val_same(const struct val *x, const struct val *y)
{
	return x->kind == y->kind && x->i == y->i && x->d == y->d && str_eq(x->s, y->s);
}

bool
statement_field_same(const struct field *f, struct arena *a, const void *x, const void *y)
{
	struct val	 vx[2], vy[2];

	if (!row_bind(f, x, a, vx) || !row_bind(f, y, a, vy))
		return false;
	for (size_t c = 0; c < row_columns(f); c++)
		if (!statement_val_same(&vx[c], &vy[c]))
			return false;
	return true;
}

enum db_err
statement_run(struct store *st, struct statement *sql, struct db_result *done)
{
	if (!statement_ok(sql))
		return DB_NO_MEMORY;
	return db_exec(st->db, buf_view(&sql->sql), sql->v, sql->n, done);
}
