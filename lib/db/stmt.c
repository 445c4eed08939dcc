#include <stdlib.h>
#include <strings.h>

#include "base/clock.h"
#include "base/hash.h"
#include "db/private.h"

#define CHAR_BYTES	4		/* the server reports the length of text in bytes */

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
 * The statement did not run and must be prepared again: 1243 (unknown prepared
 * statement) and 1615 (needs to be re-prepared).
 */
static bool
must_prepare_again(const struct db *db)
{
	return db->code == 1243 || db->code == 1615;
}

static struct db_stmt *
find_statement(struct db *db, struct str sql, uint64_t hash)
{
	size_t	 i;

	for (i = 0; i < DB_MAX_STATEMENTS; i++)
		if (db->hash[i] == hash && db->stmt[i].h != NULL &&
		    db->stmt[i].n == sql.n &&
		    memcmp(db->stmt[i].sql, sql.p, sql.n) == 0)
			return &db->stmt[i];
	return NULL;
}

/* A free slot; if there is none, close the least recently used statement. */
static struct db_stmt *
free_slot(struct db *db)
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
	struct db_stmt	*st = free_slot(db);
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
get_statement(struct db *db, struct str sql, struct db_stmt **out)
{
	uint64_t	 hash = hash_str(sql);
	enum db_err	 err;

	if ((err = db_connect(db)) != DB_OK)
		return err;
	if ((*out = find_statement(db, sql, hash)) == NULL)
		err = prepare(db, sql, hash, out);
	if (err == DB_OK)
		(*out)->used = ++db->tick;
	return err;
}

/* A statement with its values. */
struct exchange {
	struct str		 sql;
	const struct val	*v;
	size_t			 n;
};

static enum db_err
execute(struct db *db, const struct exchange *c, struct db_stmt **st)
{
	enum db_err	 err;

	if ((err = get_statement(db, c->sql, st)) != DB_OK ||
	    (err = db_bind(db, *st, c->v, c->n)) != DB_OK)
		return err;
	if (mysql_stmt_execute((*st)->h) == 0)
		return DB_OK;
	err = db_fail_stmt(db, *st, true);
	if (must_prepare_again(db))
		db_stmt_drop(db, *st);
	return err;
}

static enum db_err
execute_with_rows(struct db *db, const struct exchange *c, struct arena *a,
    struct db_rows *rows)
{
	struct db_stmt	*st;
	enum db_err	 err;

	if ((err = execute(db, c, &st)) != DB_OK)
		return err;
	if ((err = db_bind_columns(db, st)) == DB_OK)
		return db_fetch(db, st, a, rows);
	db_disconnect(db);		/* unread rows are in the connection */
	return err;
}

static enum db_err
execute_without_rows(struct db *db, const struct exchange *c, struct db_result *result)
{
	struct db_stmt	*st;
	enum db_err	 err;
	int		 rc;

	if ((err = execute(db, c, &st)) != DB_OK)
		return err;
	/* Skip rows up to their end, because an error may follow them. */
	while (mysql_stmt_field_count(st->h) != 0 &&
	    (rc = mysql_stmt_fetch(st->h)) != MYSQL_NO_DATA)
		if (rc == 1)
			return db_fail_stmt(db, st, true);
	result->affected = mysql_stmt_affected_rows(st->h);
	result->insert_id = (int64_t)mysql_stmt_insert_id(st->h);
	return DB_OK;
}

/* Does the statement only read, so that it may run twice? */
static bool
is_read(struct str sql)
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

/* May it run again, on a new connection?  Only if the first run changed nothing. */
static bool
may_run_again(const struct db *db, struct str sql)
{
	if (must_prepare_again(db))
		return true;
	return !db->in_tx && db_connection_lost(db) && (!db->sent || is_read(sql));
}

static void
count_statement(struct db *db, int64_t start)
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
	err = execute_with_rows(db, &c, a, rows);
	if (err != DB_OK && may_run_again(db, sql))
		err = execute_with_rows(db, &c, a, rows);
	count_statement(db, start);
	db_log_error(db, err, sql);
	return err;
}

enum db_err
db_exec(struct db *db, struct str sql, const struct val *v, size_t n,
    struct db_result *result)
{
	struct exchange	 c = { sql, v, n };
	int64_t		 start = clock_mono_us();
	struct db_result	 unused;
	enum db_err	 err;

	db_clear_error(db);
	if (result == NULL)
		result = &unused;
	*result = (struct db_result){ 0 };
	err = execute_without_rows(db, &c, result);
	if (err != DB_OK && may_run_again(db, sql))
		err = execute_without_rows(db, &c, result);
	count_statement(db, start);
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
describe(struct db_stmt *st, struct arena *a, struct db_description *out)
{
	MYSQL_RES	*meta = mysql_stmt_result_metadata(st->h);
	size_t		 i;
	bool		 ok;

	*out = (struct db_description){ .params = mysql_stmt_param_count(st->h) };
	if (meta == NULL)
		return mysql_stmt_field_count(st->h) == 0;
	out->ncolumns = mysql_num_fields(meta);
	out->columns = arena_array(a, struct db_column, out->ncolumns);
	ok = out->columns != NULL;
	for (i = 0; ok && i < out->ncolumns; i++)
		ok = describe_column(a, &mysql_fetch_fields(meta)[i], &out->columns[i]);
	mysql_free_result(meta);
	return ok;
}

enum db_err
db_describe(struct db *db, struct arena *a, struct str sql, struct db_description *out)
{
	struct db_stmt	*st;
	enum db_err	 err;

	db_clear_error(db);
	err = get_statement(db, sql, &st);
	if (err != DB_OK && may_run_again(db, sql))
		err = get_statement(db, sql, &st);
	if (err == DB_OK && !describe(st, a, out))
		err = db_fail_bug(db, "no memory for the description");
	db_log_error(db, err, sql);
	return err;
}
