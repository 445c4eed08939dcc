/* resource/dml - INSERT, UPDATE and DELETE statements. */
#include "db/row.h"
#include "schema/encode.h"
#include "resource/change.h"
#include "resource/sql.h"

char
sql_columns(struct statement *st, const struct resource *r, char before)
{
	for (const struct field *f = r->schema->fields; f->name != NULL; f++)
		for (size_t c = 0; sql_is_written(r, f, false) && c < row_columns(f); c++) {
			buf_byte(&st->sql, before);
			sql_name(&st->sql, row_column_name(f, c));
			before = ',';
		}
	return before;
}

char
sql_values(struct statement *st, const struct resource *r, const void *row, char before)
{
	for (const struct field *f = r->schema->fields; f->name != NULL; f++) {
		if (!sql_is_written(r, f, false))
			continue;
		for (size_t c = 0; c < row_columns(f); c++, before = ',') {
			buf_byte(&st->sql, before);
			buf_byte(&st->sql, '?');
		}
		statement_bind_field(st, f, row);
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
		buf_puts(&st->sql, sql_values(st, r, rows + i * r->schema->size, '(') ==
		    '(' ? "()" : ")");
	}
}

/*
 * Set only what differs: a column may hold more precise values than the field, or
 * values that the table would no longer accept.
 */
void
sql_update(struct statement *st, const struct resource *r, const void *row,
    const void *old)
{
	const char	*before = " t SET t.";

	buf_puts(&st->sql, "UPDATE ");
	sql_name(&st->sql, r->table);
	for (const struct field *f = r->schema->fields; f->name != NULL; f++) {
		if (!sql_is_written(r, f, true) ||
		    (old != NULL && statement_field_same(f, st->sql.arena, row, old)))
			continue;
		for (size_t c = 0; c < row_columns(f); c++, before = ",t.") {
			buf_puts(&st->sql, before);
			sql_name(&st->sql, row_column_name(f, c));
			buf_puts(&st->sql, "=?");
		}
		statement_bind_field(st, f, row);
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
    const struct visibility *s)
{
	sql_select(st, r, ENCODE_ALL, COLUMNS_BASE);
	sql_from(st, r, COLUMNS_BASE, NULL);
	buf_puts(&st->sql, " WHERE ");
	sql_key(st, r, key);
	if (r->visible_to_writers != NULL || r->visible != NULL)
		buf_fmt(&st->sql, " AND (%s)",
		    r->visible_to_writers != NULL ? r->visible_to_writers : r->visible);
	sql_where_visible(st, r, s);
	buf_puts(&st->sql, " FOR UPDATE");
}

void
sql_delete(struct statement *st, const struct resource *r, const void *key)
{
	if (r->soft_delete == NULL) {
		buf_puts(&st->sql, "DELETE t FROM ");
		sql_name(&st->sql, r->table);
		buf_puts(&st->sql, " t WHERE ");
	} else {
		buf_puts(&st->sql, "UPDATE ");
		sql_name(&st->sql, r->table);
		buf_fmt(&st->sql, " t SET %s", r->soft_delete);
		if (r->version != NULL)
			buf_fmt(&st->sql, ",t.`%s`=t.`%s`+1", r->version, r->version);
		buf_puts(&st->sql, " WHERE ");
	}
	sql_key(st, r, key);
}

void
sql_delete_links(struct statement *st, const struct field *f, const struct val *owner)
{
	buf_puts(&st->sql, "DELETE FROM ");
	sql_name(&st->sql, f->link->table);
	buf_puts(&st->sql, " WHERE ");
	sql_name(&st->sql, f->link->owner);
	buf_puts(&st->sql, "=?");
	statement_bind(st, *owner);
}
