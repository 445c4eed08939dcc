/*
 * store_sweep - finish the writes of dead processes; invalidate what external
 * writers changed.
 *
 * Triggers record external changes in the table cache_changes.  A record becomes
 * visible when its writer commits, together with the change.  So a sweep reads
 * the records, invalidates their tags, then deletes exactly these records.  If
 * the sweeper dies in between, the next sweep repeats it: a needless miss.
 * Records are never deleted as a range of ids: a transaction with a lower id may
 * commit later.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "cache/external.h"
#include "cache/generation.h"
#include "cache/store_sweep.h"
#include "db/db.h"

#define MAX_RECORDS	1024	/* of one read; a power of two, and a literal for the SQL */
#define MAX_READS	16	/* of one sweep */

#define QUOTE(x)	#x
#define NUMBER(x)	QUOTE(x)

#define TABLES_EXIST_SQL						\
	"SELECT COUNT(*) FROM information_schema.tables WHERE "		\
	"table_schema = DATABASE() AND table_name IN "			\
	"('cache_watches', 'cache_changes')"
/* The list of watched tables (id 0) and the first records, in one round trip. */
#define READ_SQL							\
	"SELECT CAST(0 AS UNSIGNED), tag_name, NULL FROM cache_watches "	\
	"UNION ALL (SELECT id, tag_name, row_key FROM cache_changes LIMIT " \
	NUMBER(MAX_RECORDS) ")"

#define DELETE_SQL	"DELETE FROM cache_changes WHERE id IN (?"

const char *const store_sweep_statements[] = { READ_SQL, DELETE_SQL ")", NULL };

/* If the tables do not exist yet, nothing is watched. */
static enum db_err
read_changes(struct store *st, struct db_rows *rows)
{
	enum db_err	 err;

	if (!external_tables_known(st->external)) {
		err = db_query(st->db, st->arena, STR(TABLES_EXIST_SQL), NULL, 0, rows);
		if (err != DB_OK || rows->n != 1 || rows->v[0].i < 2) {
			rows->n = 0;
			return err;
		}
	}
	return db_query(st->db, st->arena, STR(READ_SQL), NULL, 0, rows);
}

static bool
is_record(const struct db_rows *rows, size_t i)
{
	return rows->v[i * rows->columns].i != 0;
}

static bool
set_watched_tables(struct store *st, const struct db_rows *rows)
{
	struct str	*tables = arena_array(st->arena, struct str, rows->n + 1);
	size_t		 n = 0;

	if (tables == NULL)
		return false;
	for (size_t i = 0; i < rows->n; i++)
		if (!is_record(rows, i))
			tables[n++] = rows->v[i * rows->columns + 1].s;
	external_set_tables(st->external, tables, n);
	return true;
}

/* A record names a table and a row; without a row it invalidates everything. */
static bool
invalidate_record(struct store *st, const struct val *record)
{
	struct str	 tags[2] = { record[1].s };
	const char	*row;

	if (record[2].kind == VAL_NULL) {
		generation_invalidate_all(st->generations);
		return true;
	}
	row = arena_fmt(st->arena, "%.*s/%.*s", STR_ARG(record[1].s),
	    STR_ARG(record[2].s));
	tags[1] = str_of(row);
	generation_invalidate(st->generations, tags, 2);
	return row != NULL;
}

/* A full read may have left out more records that are committed. */
static bool
invalidate_records(struct store *st, const struct db_rows *rows, size_t nrecords)
{
	if (nrecords == MAX_RECORDS) {
		generation_invalidate_all(st->generations);
		return true;
	}
	for (size_t i = 0; i < rows->n; i++)
		if (is_record(rows, i) &&
		    !invalidate_record(st, &rows->v[i * rows->columns]))
			return false;
	return true;
}

/* The number of parameters is a power of two, to bound the number of statements. */
static enum db_err
delete_records(struct store *st, const struct db_rows *rows, size_t nrecords)
{
	struct val	*ids = arena_array(st->arena, struct val, MAX_RECORDS);
	struct buf	 sql;
	size_t		 n = 0, params;

	buf_init(&sql, st->arena);
	buf_puts(&sql, DELETE_SQL);
	for (size_t i = 0; ids != NULL && i < rows->n; i++)
		if (is_record(rows, i))
			ids[n++] = rows->v[i * rows->columns];
	for (params = 1; params < nrecords; params *= 2)
		;
	for (size_t i = 1; i < params; i++)
		buf_puts(&sql, ",?");
	buf_byte(&sql, ')');
	if (ids == NULL || !buf_ok(&sql))
		return DB_NO_MEMORY;
	for (; n < params; n++)
		ids[n] = ids[0];
	return db_exec(st->db, buf_view(&sql), ids, params, NULL);
}

static size_t
count_records(const struct db_rows *rows)
{
	size_t	 n = 0;

	for (size_t i = 0; i < rows->n; i++)
		n += is_record(rows, i);
	return n;
}

/* True: what was committed before is invalidated, even if a DELETE failed. */
static bool
sweep_external(struct store *st)
{
	struct db_rows	 rows;
	size_t		 n;

	for (int i = 0; i < MAX_READS; i++) {
		if (read_changes(st, &rows) != DB_OK)
			return i > 0;
		n = count_records(&rows);
		if (!invalidate_records(st, &rows, n) || !set_watched_tables(st, &rows))
			return false;
		if (n == 0 || delete_records(st, &rows, n) != DB_OK || n < MAX_RECORDS)
			return true;
	}
	return true;
}

bool
store_sweep_external(struct store *st, const struct str *tags, size_t n)
{
	bool	 done;

	if (!external_sweep_due(st->external, tags, n))
		return true;
	switch (external_begin_sweep(st->external, st->external_us)) {
	case EXTERNAL_SWEPT:
		return true;
	case EXTERNAL_BUSY:
		return false;
	case EXTERNAL_SWEEP:
		break;
	}
	done = sweep_external(st);
	external_end_sweep(st->external, done);
	return done;
}

static bool
writer_gone(void *db, uint64_t writer)
{
	return db_writer_gone(db, writer);
}

bool
store_sweep_dead(struct store *st)
{
	if (st->generations == NULL || !generation_sweep_due(st->generations))
		return true;
	if (generation_replaced(st->generations))
		return false;
	if (!generation_remote(st->generations))
		generation_sweep(st->generations, writer_gone, st->db);
	return true;
}
