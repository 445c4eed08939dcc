/* resource/select - read rows with their lists. */
#include "db/db.h"
#include "db/row.h"
#include "schema/encode.h"
#include "resource/change.h"
#include "resource/sql.h"

/* The children's columns, then the key of the row that they belong to. */
void
sql_select_children(struct statement *st, const struct field *f, const struct val *owners,
    size_t n)
{
	const struct resource	 children = lists_child_resource(f);

	sql_select_columns(st, &children, ENCODE_ALL, COLUMNS_ALL);
	buf_puts(&st->sql, ",t.");
	sql_name(&st->sql, f->link->owner);
	sql_from(st, &children, COLUMNS_ALL, NULL);
	buf_puts(&st->sql, " WHERE t.");
	sql_name(&st->sql, f->link->owner);
	buf_puts(&st->sql, " IN ");
	sql_in(st, owners, n);
	buf_puts(&st->sql, " ORDER BY t.");
	sql_name(&st->sql, f->link->owner);
	buf_puts(&st->sql, ",t.");
	sql_name(&st->sql, f->link->place);
}

/* Make rows from..to of the result the list of this row. */
static enum db_err
read_children(const struct field *f, struct arena *a, const struct db_rows *result,
    size_t from, size_t to, void *row)
{
	struct list	*l = field_in(f, row);

	*l = (struct list){ arena_zero(a, to - from + 1, f->schema->size), to - from };
	if (l->items == NULL)
		return DB_NO_MEMORY;
	for (size_t i = 0; i < l->n; i++) {
		const struct val	*v = result->v + (from + i) * result->columns;

		for (const struct field *c = f->schema->fields; c->name != NULL; c++) {
			if (!row_read(c, v, a, list_at(f, l, i)))
				return row_read_error(a, f->schema->name, c);
			v += row_columns(c);
		}
	}
	return DB_OK;
}

/* The key of each row; NULL: no memory. */
static struct val *
keys_of_rows(struct store *st, const struct resource *r, const struct rows *found)
{
	const struct field	*key[MAX_KEY_COLUMNS];
	struct val		*v = arena_array(st->arena, struct val, found->n + 1);

	(void)resource_key_fields(r, key);
	for (size_t i = 0; v != NULL && i < found->n; i++)
		if (!row_bind(key[0], rows_at(r, found, i), st->arena, &v[i]))
			return NULL;
	return v;
}

static enum db_err
select_children(struct store *st, const struct resource *r, const struct field *f,
    const struct rows *found, const struct val *keys)
{
	struct statement	 sql;
	struct db_rows		 result;
	enum db_err		 err;
	size_t			 to;

	statement_init(&sql, st->arena);
	sql_select_children(&sql, f, keys, found->n);
	if (!statement_ok(&sql))
		return DB_NO_MEMORY;
	err = db_query(st->db, st->arena, buf_view(&sql.sql), sql.v, sql.n, &result);
	for (size_t from = 0; err == DB_OK && from < result.n; from = to) {
		const struct val	*owner = &result.v[(from + 1) * result.columns - 1];

		for (to = from + 1; to < result.n && statement_val_same(owner,
		    &result.v[(to + 1) * result.columns - 1]); to++)
			;
		for (size_t i = 0; err == DB_OK && i < found->n; i++)
			if (statement_val_same(&keys[i], owner))
				err = read_children(f, st->arena, &result, from, to,
				    rows_at(r, found, i));
	}
	return err;
}

enum db_err
lists_select_children(struct store *st, const struct resource *r, uint64_t need,
    struct rows *found)
{
	struct val	*keys = NULL;
	enum db_err	 err = DB_OK;

	for (const struct field *f = r->schema->fields; err == DB_OK &&
	    f->name != NULL && found->n > 0; f++, need >>= 1) {
		if (!field_has_children(f) || !(need & 1))
			continue;
		if (keys == NULL && (keys = keys_of_rows(st, r, found)) == NULL)
			return DB_NO_MEMORY;
		err = select_children(st, r, f, found, keys);
	}
	return err;
}

static enum db_err
read_row(struct store *st, const struct resource *r, const struct val *v, void *row)
{
	for (const struct field *f = r->schema->fields; f->name != NULL; f++) {
		bool	 ok = field_has_children(f) || (f->link != NULL ?
			    lists_read_link(f, v, st->arena, row) :
			    row_read(f, v, st->arena, row));

		if (!ok)
			return row_read_error(st->arena, r->table, f);
		v += sql_select_width(f);
	}
	return DB_OK;
}

/* The version of a row without .version: a hash of its members `of`. */
static struct str
hash_version(const struct resource *r, struct arena *a, const void *row, uint64_t of)
{
	uint8_t		 digest[SHA256_LEN];
	struct buf	 b, hex;

	buf_init(&b, a);
	buf_init(&hex, a);
	for (const struct field *f = r->schema->fields; f->name != NULL; f++, of >>= 1)
		if ((of & 1) && f->sql == NULL && (row_columns(f) > 0 ||
		    field_has_children(f)) && field_has(f, row)) {
			buf_puts(&b, f->name);
			buf_byte(&b, ':');
			encode_value(&b, f, row);
			buf_byte(&b, '\n');
		}
	if (!buf_ok(&b) || !crypto_sha256(buf_view(&b), digest))
		return STR("0");
	buf_byte(&hex, 'h');
	buf_hex(&hex, digest, 8);
	return buf_ok(&hex) ? buf_view(&hex) : STR("0");
}

struct str
rows_version(const struct resource *r, struct arena *a, const void *row,
    const struct val *version, uint64_t of)
{
	char	*text;

	if (r->version == NULL)
		return hash_version(r, a, row, of);
	text = arena_fmt(a, "%lld", (long long)version->i);
	return text == NULL ? STR("0") : str_of(text);
}

enum db_err
rows_select(struct store *st, const struct resource *r, struct statement *sql,
    struct rows *out)
{
	struct db_rows	 result;
	enum db_err	 err;

	*out = (struct rows){ .n = 0 };
	if (!statement_ok(sql))
		return DB_NO_MEMORY;
	err = db_query(st->db, st->arena, buf_view(&sql->sql), sql->v, sql->n, &result);
	if (err != DB_OK)
		return err;
	out->rows = arena_zero(st->arena, result.n + 1, r->schema->size);
	out->versions = arena_array(st->arena, struct str, result.n + 1);
	if (out->rows == NULL || out->versions == NULL)
		return DB_NO_MEMORY;
	for (; out->n < result.n; out->n++) {
		const struct val	*v = result.v + out->n * result.columns;
		void			*row = rows_at(r, out, out->n);

		if ((err = read_row(st, r, v, row)) != DB_OK)
			return err;
	}
	/* A hash needs the children, too. */
	err = lists_select_children(st, r, r->version == NULL ? ENCODE_ALL : sql->need, out);
	for (size_t i = 0; err == DB_OK && i < out->n; i++)
		out->versions[i] = rows_version(r, st->arena, rows_at(r, out, i),
		    &result.v[(i + 1) * result.columns - 1], ENCODE_ALL);
	return err;
}

bool
lists_read_link(const struct field *f, const struct val *v, struct arena *a, void *row)
{
	struct list	*out = field_in(f, row);
	size_t		 size = field_size(f->item), n = 0, most;
	struct str	 rest = v->s;

	most = f->item->kind == FIELD_KIND_UUID ? rest.n / size : rest.n;
	*out = (struct list){ arena_zero(a, most + 1, size), 0 };
	if (out->items == NULL)
		return false;
	if (f->item->kind == FIELD_KIND_UUID) {
		memcpy(out->items, rest.n == 0 ? "" : rest.p, most * size);
		out->n = most;
		return rest.n % size == 0;
	}
	while (rest.n > 0) {
		struct val	 one = { .kind = VAL_TEXT, .s = str_cut(&rest, ',') };

		if (!row_read(f->item, &one, a, (char *)out->items + n++ * size))
			return false;
	}
	out->n = n;
	return true;
}
