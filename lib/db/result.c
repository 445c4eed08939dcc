#include <inttypes.h>
#include <stdlib.h>

#include "db/private.h"

#define BINARY_CHARSET	63
#define KEEP_ROWS	8192		/* values whose memory is kept between queries */

/*
 * A fetch stores numbers and times in the struct db_column_buf of their column.
 * Text is fetched with an empty buffer first, which reports its length, and then
 * directly into the arena.
 */

static enum val_kind
text_kind(const MYSQL_FIELD *f)
{
	return f->charsetnr == BINARY_CHARSET && f->type != MYSQL_TYPE_JSON ?
	    VAL_BYTES : VAL_TEXT;
}

enum val_kind
db_value_kind(const MYSQL_FIELD *f)
{
	switch (f->type) {
	case MYSQL_TYPE_TINY:
	case MYSQL_TYPE_SHORT:
	case MYSQL_TYPE_INT24:
	case MYSQL_TYPE_LONG:
	case MYSQL_TYPE_LONGLONG:
	case MYSQL_TYPE_YEAR:
	case MYSQL_TYPE_BIT:
		return VAL_INT;
	case MYSQL_TYPE_FLOAT:
	case MYSQL_TYPE_DOUBLE:
		return VAL_NUM;
	case MYSQL_TYPE_DECIMAL:
	case MYSQL_TYPE_NEWDECIMAL:
		return VAL_DECIMAL;
	case MYSQL_TYPE_DATETIME:
	case MYSQL_TYPE_TIMESTAMP:
		return VAL_STAMP;
	case MYSQL_TYPE_DATE:
	case MYSQL_TYPE_NEWDATE:
	case MYSQL_TYPE_TIME:
		return VAL_TEXT;
	case MYSQL_TYPE_NULL:
		return VAL_NULL;
	default:
		return text_kind(f);
	}
}

static void
bind_column(MYSQL_BIND *b, struct db_column_buf *o, const MYSQL_FIELD *f)
{
	*o = (struct db_column_buf){ .kind = db_value_kind(f), .type = f->type,
	    .flags = f->flags, .charset = f->charsetnr };
	*b = (MYSQL_BIND){ .buffer = &o->u, .length = &o->length,
	    .is_null = &o->null, .error = &o->error,
	    .buffer_type = MYSQL_TYPE_STRING };
	if (o->type == MYSQL_TYPE_BIT) {
		b->buffer_type = MYSQL_TYPE_BLOB;
		b->buffer_length = sizeof(o->u.bit);
	} else if (o->kind == VAL_INT) {
		b->buffer_type = MYSQL_TYPE_LONGLONG;
		b->is_unsigned = (f->flags & UNSIGNED_FLAG) != 0;
	} else if (o->kind == VAL_NUM) {
		b->buffer_type = MYSQL_TYPE_DOUBLE;
	} else if (o->kind == VAL_STAMP) {
		b->buffer_type = MYSQL_TYPE_DATETIME;
		b->buffer_length = sizeof(o->u.t);
	} else if (o->kind == VAL_BYTES) {
		b->buffer_type = MYSQL_TYPE_BLOB;
	}
}

/* Another process may have altered the table meanwhile. */
static bool
columns_same(const struct db_stmt *st, const MYSQL_FIELD *f, size_t n)
{
	size_t	 i;

	if (st->out == NULL || st->ncolumns != n)
		return false;
	for (i = 0; i < n; i++)
		if (st->out[i].type != f[i].type || st->out[i].flags != f[i].flags ||
		    st->out[i].charset != f[i].charsetnr)
			return false;
	return true;
}

static bool
bind_columns(struct db_stmt *st, const MYSQL_FIELD *f, size_t n)
{
	MYSQL_BIND	*b = calloc(n, sizeof(*b));
	struct db_column_buf	*out = realloc(st->out, n * sizeof(*out));
	size_t		 i;
	bool		 ok = b != NULL && out != NULL;

	if (out != NULL)
		st->out = out;
	for (i = 0; ok && i < n; i++)
		bind_column(&b[i], &out[i], &f[i]);
	st->ncolumns = n;
	ok = ok && mysql_stmt_bind_result(st->h, b) == 0;
	free(b);
	return ok;
}

/* Binds only if the columns changed since the last run. */
enum db_err
db_bind_columns(struct db *db, struct db_stmt *st)
{
	MYSQL_RES	*meta = mysql_stmt_result_metadata(st->h);
	size_t		 n;
	bool		 ok;

	if (meta == NULL && mysql_stmt_field_count(st->h) > 0)
		return db_fail_memory(db, "out of memory");
	if (meta == NULL)
		return db_fail_bug(db, "the statement returns no rows");
	n = mysql_num_fields(meta);
	ok = columns_same(st, mysql_fetch_fields(meta), n) ||
	    bind_columns(st, mysql_fetch_fields(meta), n);
	mysql_free_result(meta);
	return ok ? DB_OK : db_fail_memory(db, "no memory for the columns");
}

static bool
read_text(struct db_stmt *st, struct arena *a, unsigned c, struct val *v)
{
	struct db_column_buf	*o = &st->out[c];
	char		*p = arena_alloc(a, o->length + 1);
	my_bool		 null, error;
	unsigned long	 length;
	MYSQL_BIND	 b = { .buffer = p, .buffer_length = o->length + 1,
			    .buffer_type = o->kind == VAL_BYTES ? MYSQL_TYPE_BLOB :
			    MYSQL_TYPE_STRING,
			    .length = &length, .is_null = &null, .error = &error };

	if (p == NULL)
		return false;
	v->s = (struct str){ p, o->length };
	if (o->length != 0 && mysql_stmt_fetch_column(st->h, &b, c, 0) != 0)
		return false;
	p[o->length] = '\0';
	return true;
}

/* A value above INT64_MAX becomes a DECIMAL, to stay exact. */
static bool
read_int(const struct db_column_buf *o, struct arena *a, struct val *v)
{
	uint64_t	 u = (uint64_t)o->u.i;
	size_t		 i;

	if (o->type == MYSQL_TYPE_BIT)
		for (i = u = 0; i < o->length && i < sizeof(o->u.bit); i++)
			u = u << 8 | o->u.bit[i];
	v->i = (int64_t)u;
	if (v->i >= 0 || ((o->flags & UNSIGNED_FLAG) == 0 && o->type != MYSQL_TYPE_BIT))
		return true;
	v->kind = VAL_DECIMAL;
	v->i = 0;
	v->s = str_of(arena_fmt(a, "%" PRIu64, u));
	return v->s.p != NULL;
}

/* A DATE such as '2020-00-00', which is no date. */
static bool
is_zero_day(const struct db_column_buf *o, struct str s)
{
	return o->type == MYSQL_TYPE_DATE && s.n == 10 &&
	    (memcmp(s.p + 5, "00", 2) == 0 || memcmp(s.p + 8, "00", 2) == 0);
}

static bool
read_column(struct db_stmt *st, struct arena *a, unsigned c, struct val *v)
{
	const struct db_column_buf	*o = &st->out[c];

	*v = (struct val){ .kind = o->null ? VAL_NULL : o->kind };
	switch (v->kind) {
	case VAL_NULL:
		return true;
	case VAL_INT:
		return read_int(o, a, v);
	case VAL_NUM:
		v->d = o->u.d;
		return true;
	case VAL_STAMP:
		/* '0000-00-00', from before strict mode, is no time. */
		if (o->u.t.month == 0 || o->u.t.day == 0)
			v->kind = VAL_NULL;
		else
			v->i = db_time_ms(&o->u.t);
		return true;
	case VAL_TEXT:
		if (!read_text(st, a, c, v))
			return false;
		if (is_zero_day(o, v->s))
			*v = (struct val){ .kind = VAL_NULL };
		return true;
	case VAL_BYTES:
	case VAL_DECIMAL:
		return read_text(st, a, c, v);
	}
	return false;
}

static bool
grow_rows(struct db *db, struct arena *a, size_t want)
{
	size_t		 n = want < 64 ? 64 : want * 2;
	struct val	*row;

	if (want <= db->nrow)
		return true;
	/* Do not read more than the arena can hold in the end. */
	if (want > a->max / sizeof(*row) ||
	    (row = realloc(db->row, n * sizeof(*row))) == NULL)
		return false;
	db->row = row;
	db->nrow = n;
	return true;
}

static bool
read_row(struct db *db, struct db_stmt *st, struct arena *a, struct db_rows *rows)
{
	size_t		 at = rows->n * st->ncolumns;
	unsigned	 c;

	if (!grow_rows(db, a, at + st->ncolumns))
		return false;
	for (c = 0; c < st->ncolumns; c++)
		if (!read_column(st, a, c, &db->row[at + c]))
			return false;
	rows->n++;
	return true;
}

static bool
keep_rows(struct db *db, struct arena *a, struct db_rows *rows)
{
	size_t	 n = rows->n * rows->columns;

	if (n != 0) {
		if ((rows->v = arena_alloc(a, n * sizeof(*rows->v))) == NULL)
			return false;
		memcpy(rows->v, db->row, n * sizeof(*rows->v));
	}
	if (db->nrow > KEEP_ROWS) {
		free(db->row);
		db->row = NULL;
		db->nrow = 0;
	}
	return true;
}

/* Reads all rows: afterwards the connection must be empty. */
enum db_err
db_fetch(struct db *db, struct db_stmt *st, struct arena *a, struct db_rows *rows)
{
	enum db_err	 err;
	int		 rc;

	*rows = (struct db_rows){ .columns = st->ncolumns };
	while ((rc = mysql_stmt_fetch(st->h)) == 0 || rc == MYSQL_DATA_TRUNCATED)
		if (!read_row(db, st, a, rows))
			break;
	if (rc == 1)
		return db_fail_stmt(db, st, true);
	if (rc == MYSQL_NO_DATA && keep_rows(db, a, rows))
		return DB_OK;
	err = db_fail_memory(db, "the rows do not fit the memory of the request");
	if (mysql_stmt_free_result(st->h) != 0)
		db_disconnect(db);
	return err;
}
