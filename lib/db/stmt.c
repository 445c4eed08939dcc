#include <stdlib.h>
#include <strings.h>
#include "base/hash.h"
#include "base/clock.h"
#include "db/private.h"

#define CHAR_BYTES	4		/* the server gives the length of a text in bytes */

void
db_stmt_drop(struct db *db, struct db_stmt *st)
{
	if (st->h == NULL)
		return;
	mysql_stmt_close(st->h);
	free(st->sql);
	free(st->out);
	*st = (struct db_stmt){ 0 };
	db->hash[st - db->stmt] = 0;
}

/*
 * The server has forgotten the statement or wants it prepared anew, and has
 * run nothing: MariaDB's 1243 and 1615.
 */
static bool
stale(const struct db *db)
{
	return db->code == 1243 || db->code == 1615;
}

static struct db_stmt *
find(struct db *db, struct str sql, uint64_t hash)
{
	size_t	 i;

	for (i = 0; i < DB_MAX_STATEMENTS; i++)
		if (db->hash[i] == hash && db->stmt[i].h != NULL &&
		    db->stmt[i].n == sql.n &&
		    memcmp(db->stmt[i].sql, sql.p, sql.n) == 0)
			return &db->stmt[i];
	return NULL;
}

/* A free place, made by closing the least recently used one if there is none. */
static struct db_stmt *
place(struct db *db)
{
	struct db_stmt	*oldest = &db->stmt[0];
	size_t		 i;

	for (i = 0; i < DB_MAX_STATEMENTS; i++) {
		if (db->stmt[i].h == NULL)
			return &db->stmt[i];
		if (db->stmt[i].used < oldest->used)
			oldest = &db->stmt[i];
	}
	db_stmt_drop(db, oldest);
	return oldest;
}

static enum db_err
prepare(struct db *db, struct str sql, uint64_t hash, struct db_stmt **out)
{
	struct db_stmt	*st = place(db);
	char		*copy = malloc(sql.n + 1);
	enum db_err	 err;

	if (copy == NULL || (st->h = mysql_stmt_init(db->my)) == NULL) {
		free(copy);
		return db_fail_memory(db, "out of memory");
	}
	memcpy(copy, sql.p, sql.n);
	st->sql = copy;
	st->n = sql.n;
	db->hash[st - db->stmt] = hash;
	if (mysql_stmt_prepare(st->h, sql.p, sql.n) != 0) {
		err = db_fail_stmt(db, st, false);
		db_stmt_drop(db, st);
		return err;
	}
	*out = st;
	return DB_OK;
}

static enum db_err
statement(struct db *db, struct str sql, struct db_stmt **out)
{
	uint64_t	 hash = hash_str(sql);
	enum db_err	 err;

	if ((err = db_connect(db)) != DB_OK)
		return err;
	if ((*out = find(db, sql, hash)) == NULL)
		err = prepare(db, sql, hash, out);
	if (err == DB_OK)
		(*out)->used = ++db->tick;
	return err;
}

/* What is to be run. */
struct exchange {
	struct str		 sql;
	const struct val	*v;
	size_t			 n;
};

static enum db_err
execute(struct db *db, const struct exchange *c, struct db_stmt **st)
{
	enum db_err	 err;

	if ((err = statement(db, c->sql, st)) != DB_OK ||
	    (err = db_bind(db, *st, c->v, c->n)) != DB_OK)
		return err;
	if (mysql_stmt_execute((*st)->h) == 0)
		return DB_OK;
	err = db_fail_stmt(db, *st, true);
	if (stale(db))
		db_stmt_drop(db, *st);
	return err;
}

static enum db_err
query(struct db *db, const struct exchange *c, struct arena *a, struct db_rows *rows)
{
	struct db_stmt	*st;
	enum db_err	 err;

	if ((err = execute(db, c, &st)) != DB_OK)
		return err;
	if ((err = db_bind_columns(db, st)) == DB_OK)
		return db_fetch(db, st, a, rows);
	db_disconnect(db);		/* the rows are still on their way */
	return err;
}

static enum db_err
exec(struct db *db, const struct exchange *c, struct db_result *done)
{
	struct db_stmt	*st;
	enum db_err	 err;
	int		 rc;

	if ((err = execute(db, c, &st)) != DB_OK)
		return err;
	/* Rows nobody wants, up to their end: an error may stand there. */
	while (mysql_stmt_field_count(st->h) != 0 &&
	    (rc = mysql_stmt_fetch(st->h)) != MYSQL_NO_DATA)
		if (rc == 1)
			return db_fail_stmt(db, st, true);
	done->changed = mysql_stmt_affected_rows(st->h);
	done->id = (int64_t)mysql_stmt_insert_id(st->h);
	return DB_OK;
}

/* A statement that may run twice without harm. */
static bool
reads(struct str sql)
{
	static const char	*const words[] = { "SELECT", "WITH", "SHOW", "EXPLAIN",
				    "VALUES", "(SELECT" };
	size_t			 i, n;

	for (i = 0; i < NELEMS(words); i++) {
		n = strlen(words[i]);
		if (sql.n > n && strncasecmp(sql.p, words[i], n) == 0)
			return true;
	}
	return false;
}

/* Once more, on a fresh connection: nothing was changed by the first attempt. */
static bool
again(const struct db *db, struct str sql)
{
	if (stale(db))
		return true;
	return !db->in_tx && db_connection_lost(db) && (!db->sent || reads(sql));
}

static void
counted(struct db *db, int64_t start)
{
	db->last_us = clock_mono_us();
	db->counts.statements++;
	db->counts.us += db->last_us - start;
}

enum db_err
db_query(struct db *db, struct arena *a, struct str sql, const struct val *v,
    size_t n, struct db_rows *rows)
{
	struct exchange	 c = { sql, v, n };
	int64_t		 start = clock_mono_us();
	enum db_err	 err;

	db_clear_error(db);
	*rows = (struct db_rows){ 0 };
	err = query(db, &c, a, rows);
	if (err != DB_OK && again(db, sql))
		err = query(db, &c, a, rows);
	counted(db, start);
	db_log_error(db, err, sql);
	return err;
}

enum db_err
db_exec(struct db *db, struct str sql, const struct val *v, size_t n,
    struct db_result *done)
{
	struct exchange	 c = { sql, v, n };
	int64_t		 start = clock_mono_us();
	struct db_result	 unused;
	enum db_err	 err;

	db_clear_error(db);
	if (done == NULL)
		done = &unused;
	*done = (struct db_result){ 0 };
	err = exec(db, &c, done);
	if (err != DB_OK && again(db, sql))
		err = exec(db, &c, done);
	counted(db, start);
	db_log_error(db, err, sql);
	return err;
}

static enum db_type
type_of(const MYSQL_FIELD *f)
{
	switch (f->type) {
	case MYSQL_TYPE_DATE:
	case MYSQL_TYPE_NEWDATE:
		return DB_TYPE_DATE;
	case MYSQL_TYPE_TIME:
	case MYSQL_TYPE_GEOMETRY:
		return DB_TYPE_OTHER;
	default:
		break;
	}
	switch (db_value_kind(f)) {
	case VAL_INT:
		return DB_TYPE_INT;
	case VAL_NUM:
		return DB_TYPE_NUM;
	case VAL_DECIMAL:
		return DB_TYPE_DECIMAL;
	case VAL_TEXT:
		return DB_TYPE_TEXT;
	case VAL_BYTES:
		return DB_TYPE_BYTES;
	case VAL_STAMP:
		return DB_TYPE_TIME;
	case VAL_NULL:
		break;
	}
	return DB_TYPE_OTHER;
}

static bool
describe_column(struct arena *a, const MYSQL_FIELD *f, struct db_column *c)
{
	c->name = arena_copy(a, str_of(f->name)).p;
	c->type = type_of(f);
	c->null = (f->flags & NOT_NULL_FLAG) == 0;
	c->is_unsigned = (f->flags & UNSIGNED_FLAG) != 0;
	c->is_enum = (f->flags & (ENUM_FLAG | SET_FLAG)) != 0;
	c->decimals = c->type == DB_TYPE_TIME ? f->decimals : 0;
	c->length = c->type == DB_TYPE_TEXT ? f->length / CHAR_BYTES : f->length;
	return c->name != NULL;
}

static bool
describe(struct db_stmt *st, struct arena *a, struct db_description *plan)
{
	MYSQL_RES	*meta = mysql_stmt_result_metadata(st->h);
	size_t		 i;
	bool		 ok;

	*plan = (struct db_description){ .params = mysql_stmt_param_count(st->h) };
	if (meta == NULL)
		return mysql_stmt_field_count(st->h) == 0;
	plan->ncolumns = mysql_num_fields(meta);
	plan->columns = arena_array(a, struct db_column, plan->ncolumns);
	ok = plan->columns != NULL;
	for (i = 0; ok && i < plan->ncolumns; i++)
		ok = describe_column(a, &mysql_fetch_fields(meta)[i], &plan->columns[i]);
	mysql_free_result(meta);
	return ok;
}

enum db_err
db_describe(struct db *db, struct arena *a, struct str sql, struct db_description *plan)
{
	struct db_stmt	*st;
	enum db_err	 err;

	db_clear_error(db);
	err = statement(db, sql, &st);
	if (err != DB_OK && again(db, sql))
		err = statement(db, sql, &st);
	if (err == DB_OK && !describe(st, a, plan))
		err = db_fail_bug(db, "no memory to describe it");
	db_log_error(db, err, sql);
	return err;
}
