/*
 * store_watch - what others changed in watched tables becomes stale.
 *
 * A note of cache_changes is seen once its writer has committed, with what it
 * changed.  So: read the notes, make their tags stale, delete just those notes.
 * Who dies in between leaves them to the next sweep, which does it again: a
 * needless miss.  Never delete up to a number: a transaction that began earlier
 * may commit later.
 */
#include "cache/store.h"
#include "base/buf.h"

#define NOTES		1024		/* of one look; a power of two */
#define LOOKS		16		/* of one sweep */

#define THERE_SQL							\
	"SELECT COUNT(*) FROM information_schema.tables WHERE "		\
	"table_schema = DATABASE() AND table_name IN "			\
	"('cache_watches', 'cache_changes')"
/* The list, and the first notes, in one question. */
#define LOOK_SQL							\
	"SELECT CAST(0 AS UNSIGNED), tag_name, NULL FROM cache_watches "	\
	"UNION ALL (SELECT id, tag_name, row_key FROM cache_changes LIMIT 1024)"

#define FORGET_SQL	"DELETE FROM cache_changes WHERE id IN (?"

const char *const store_statements[] = { LOOK_SQL, FORGET_SQL ")", NULL };

_Static_assert(NOTES == 1024, "as LOOK_SQL has it");

/* Where the tables are not there yet, nothing is watched. */
static enum db_err
look(struct store *st, struct db_rows *rows)
{
	enum db_err	 err;

	if (!external_tables_known(st->watch)) {
		err = db_query(st->db, st->arena, STR(THERE_SQL), NULL, 0, rows);
		if (err != DB_OK || rows->n != 1 || rows->v[0].i < 2) {
			rows->n = 0;
			return err;
		}
	}
	return db_query(st->db, st->arena, STR(LOOK_SQL), NULL, 0, rows);
}

static bool
is_note(const struct db_rows *rows, size_t i)
{
	return rows->v[i * rows->columns].i != 0;
}

static bool
list(struct store *st, const struct db_rows *rows)
{
	struct str	*tables = arena_array(st->arena, struct str, rows->n + 1);
	size_t		 n = 0;

	if (tables == NULL)
		return false;
	for (size_t i = 0; i < rows->n; i++)
		if (!is_note(rows, i))
			tables[n++] = rows->v[i * rows->columns + 1].s;
	external_set_tables(st->watch, tables, n);
	return true;
}

/* Of one note: the table, and the row; where that is not known, everything. */
static bool
make_stale(struct store *st, const struct val *note)
{
	struct str	 tags[2] = { note[1].s };
	const char	*row;

	if (note[2].kind == VAL_NULL) {
		generation_invalidate_all(st->gen);
		return true;
	}
	row = arena_fmt(st->arena, "%.*s/%.*s", STR_ARG(note[1].s), STR_ARG(note[2].s));
	tags[1] = str_of(row);
	generation_invalidate(st->gen, tags, 2);
	return row != NULL;
}

/* Those of a look that was full stand for more that are committed. */
static bool
bump(struct store *st, const struct db_rows *rows, size_t notes)
{
	if (notes == NOTES) {
		generation_invalidate_all(st->gen);
		return true;
	}
	for (size_t i = 0; i < rows->n; i++)
		if (is_note(rows, i) && !make_stale(st, &rows->v[i * rows->columns]))
			return false;
	return true;
}

/* As many marks as a power of two, so that there are few texts. */
static enum db_err
forget(struct store *st, const struct db_rows *rows, size_t notes)
{
	struct val	*ids = arena_array(st->arena, struct val, NOTES);
	struct buf	 sql;
	size_t		 n = 0, marks;

	buf_init(&sql, st->arena);
	buf_puts(&sql, FORGET_SQL);
	for (size_t i = 0; ids != NULL && i < rows->n; i++)
		if (is_note(rows, i))
			ids[n++] = rows->v[i * rows->columns];
	for (marks = 1; marks < notes; marks *= 2)
		;
	for (size_t i = 1; i < marks; i++)
		buf_puts(&sql, ",?");
	buf_byte(&sql, ')');
	if (ids == NULL || !buf_ok(&sql))
		return DB_NO_MEMORY;
	for (; n < marks; n++)
		ids[n] = ids[0];
	return db_exec(st->db, buf_view(&sql), ids, marks, NULL);
}

static size_t
notes_of(const struct db_rows *rows)
{
	size_t	 n = 0;

	for (size_t i = 0; i < rows->n; i++)
		n += is_note(rows, i);
	return n;
}

/* True: what was committed before is stale now, deleted or not. */
static bool
sweep(struct store *st)
{
	struct db_rows	 rows;
	size_t		 notes;

	for (int i = 0; i < LOOKS; i++) {
		if (look(st, &rows) != DB_OK)
			return i > 0;
		notes = notes_of(&rows);
		if (!bump(st, &rows, notes) || !list(st, &rows))
			return false;
		if (notes == 0 || forget(st, &rows, notes) != DB_OK || notes < NOTES)
			return true;
	}
	return true;
}

bool
store_sweep_external(struct store *st, const struct str *tags, size_t n)
{
	bool	 done;

	if (!external_sweep_due(st->watch, tags, n))
		return true;
	switch (external_begin_sweep(st->watch, st->wait_us)) {
	case EXTERNAL_SWEPT:
		return true;
	case EXTERNAL_BUSY:
		return false;
	case EXTERNAL_SWEEP:
		break;
	}
	done = sweep(st);
	external_end_sweep(st->watch, done);
	return done;
}
