/* migrate/database - the state of migrations in the database, and running a part. */
#include <stdio.h>
#include "migrate/migrations.h"

#define MAX_MESSAGE	500	/* bytes kept of a message */
#define LOCK_SECONDS	30

static const char *const tables[] = {
	/* As dbmate creates it. */
	"CREATE TABLE IF NOT EXISTS schema_migrations ("
	" version VARCHAR(128) PRIMARY KEY"
	") CHARACTER SET latin1 COLLATE latin1_bin",
	"CREATE TABLE IF NOT EXISTS brisk_migrations ("
	" version VARCHAR(128) CHARACTER SET latin1 COLLATE latin1_bin"
	"  NOT NULL PRIMARY KEY,"
	" service VARCHAR(64) NOT NULL,"
	" checksum BINARY(32) NOT NULL,"
	" state ENUM('running', 'applied', 'failed') NOT NULL,"
	" message VARCHAR(500) NOT NULL DEFAULT '',"
	" applied_at DATETIME(3) NULL"
	") CHARACTER SET utf8mb4",
};

enum { KNOWN, MARK, NOTE, FORGET, FORGET_DBMATE, APPLIED, APPLIED_DBMATE,
	THERE, LOCK, LOCKED, STATEMENTS };

static const char *const sql[STATEMENTS] = {
	[KNOWN] = "SELECT version, state, checksum, message, COALESCE("
	    "DATE_FORMAT(applied_at, '%Y-%m-%d %H:%i:%s'), '')"
	    " FROM brisk_migrations UNION ALL"
	    " SELECT version, 'applied', NULL, '', '' FROM schema_migrations"
	    " WHERE version NOT IN (SELECT version FROM brisk_migrations)",
	[MARK] = "INSERT INTO brisk_migrations (version, service, checksum,"
	    " state) VALUES (?, ?, ?, 'running') ON DUPLICATE KEY UPDATE"
	    " checksum = VALUES(checksum), state = 'running', message = ''",
	[NOTE] = "UPDATE brisk_migrations SET state = 'failed', message = ?"
	    " WHERE version = ?",
	[FORGET] = "DELETE FROM brisk_migrations WHERE version = ?",
	[FORGET_DBMATE] = "DELETE FROM schema_migrations WHERE version = ?",
	[APPLIED] = "UPDATE brisk_migrations SET state = 'applied',"
	    " message = '', applied_at = UTC_TIMESTAMP(3) WHERE version = ?",
	[APPLIED_DBMATE] = "INSERT IGNORE INTO schema_migrations (version)"
	    " VALUES (?)",
	[THERE] = "SELECT COUNT(*) FROM information_schema.tables"
	    " WHERE table_schema = DATABASE() AND table_name IN"
	    " ('schema_migrations', 'brisk_migrations')",
	[LOCK] = "SELECT GET_LOCK(CONCAT('brisk_migrate_', DATABASE()), ?)",
	[LOCKED] = "SELECT IS_USED_LOCK(CONCAT('brisk_migrate_', DATABASE()))"
	    " = CONNECTION_ID()",
};

static enum db_err
migration_exec(struct db *db, int which, const struct val *v, size_t n)
{
	return db_exec(db, str_of(sql[which]), v, n, NULL);
}

static bool
migration_query(struct db *db, int which, const struct val *v, size_t n,
    struct db_rows *rows)
{
	return db_query(db, admin_arena(), str_of(sql[which]), v, n, rows) ==
	    DB_OK;
}

/* Query a number.  -1, reported: the query failed. */
static int64_t
number_query(struct db *db, int which, const struct val *v, size_t n)
{
	struct db_rows	 rows;

	if (migration_query(db, which, v, n, &rows))
		return rows.n == 1 && rows.v[0].kind == VAL_INT ? rows.v[0].i : 0;
	(void)admin_error("the database: %s", db_error_message(db));
	return -1;
}

bool
migrations_tables(struct db *db)
{
	for (size_t i = 0; i < NELEMS(tables); i++)
		if (db_exec(db, str_of(tables[i]), NULL, 0, NULL) != DB_OK)
			return admin_error_false("cannot create the tables of migrations: %s",
			    db_error_message(db));
	return true;
}

bool
migrations_lock(struct db *db)
{
	const struct val	 seconds = VAL_OF_INT(LOCK_SECONDS);

	const int64_t		 got = number_query(db, LOCK, &seconds, 1);

	if (got == 0)
		(void)admin_error("another `brisk migrate` is running on this database");
	return got == 1;
}

static const char *
val_text(struct val v)
{
	const char	*p = arena_copy(admin_arena(), v.s).p;

	return p == NULL ? "" : p;
}

static struct migration *
find(struct migrations *ms, struct str version)
{
	for (size_t i = 0; i < ms->n; i++)
		if (str_is(version, ms->v[i].version))
			return &ms->v[i];
	return NULL;
}

/* One row: version, state, checksum, message, time. */
static void
state_take(struct migration *m, const struct val *row)
{
	m->message = val_text(row[3]);
	m->at = val_text(row[4]);
	if (str_is(row[1].s, "failed"))
		m->state = MIGRATION_FAILED;
	else if (str_is(row[1].s, "running"))
		m->state = MIGRATION_RUNNING;
	else if (m->file[0] == '\0')
		m->state = MIGRATION_MISSING;
	else if (row[2].kind != VAL_NULL && !str_eq(row[2].s,
	    (struct str){ (const char *)m->sum, SHA256_LEN }))
		m->state = MIGRATION_CHANGED;
	else
		m->state = MIGRATION_APPLIED;
}

bool
migrations_states(struct migrations *ms, struct db *db)
{
	struct db_rows	 rows;
	struct migration *m;
	int64_t		 there = number_query(db, THERE, NULL, 0);

	if (there < 2)
		return there >= 0;
	if (!migration_query(db, KNOWN, NULL, 0, &rows))
		return admin_error_false("cannot read the applied migrations: %s",
		    db_error_message(db));
	for (size_t r = 0; r < rows.n; r++) {
		const struct val	*row = &rows.v[r * rows.columns];

		m = find(ms, row[0].s);
		if (m == NULL && (m = migrations_add(ms)) == NULL)
			return false;
		if (m->version == NULL)
			*m = (struct migration){ .version = val_text(row[0]),
			    .service = "", .file = "", .on = true };
		state_take(m, row);
	}
	return true;
}

/* A message, truncated to the size of its column, at the end of a character. */
static struct str
message_cut(const char *message)
{
	struct str	 s = str_of(message);

	if (s.n <= MAX_MESSAGE)
		return s;
	for (s.n = MAX_MESSAGE; s.n > 0 && (s.p[s.n] & 0xc0) == 0x80;)
		s.n--;
	return s;
}

static bool
migration_fail(struct migration *m, struct db *db, const char *during)
{
	const char	*why = db_error_message(db);
	const char	*text = arena_fmt(admin_arena(), "%s%s", during,
			    why[0] == '\0' ? "the database does not answer" : why);
	struct val	 v[2];

	m->state = MIGRATION_FAILED;
	m->message = text == NULL ? "no memory" : text;
	v[0] = VAL_OF_STR(message_cut(m->message));
	v[1] = VAL_OF_STR(str_of(m->version));
	db_rollback(db);
	if (migration_exec(db, NOTE, v, 2) != DB_OK)
		(void)admin_error("%s: cannot record the failure in the database",
		    m->version);
	return false;
}

/* Run the statements, then record the result, in one transaction unless `bare`. */
static enum db_err
part_run(const struct migration *m, struct db *db, const struct migration_part *p,
    const int then[2])
{
	const struct val	 version = VAL_OF_STR(str_of(m->version));
	enum db_err		 err = DB_OK;

	if (!p->bare)
		err = db_begin(db);
	if (err == DB_OK)
		err = db_script(db, p->sql);
	for (int i = 0; i < 2 && err == DB_OK; i++)
		err = migration_exec(db, then[i], &version, 1);
	if (err == DB_OK && !p->bare)
		err = db_commit(db);
	return err;
}

static bool
still_ours(struct migration *m, struct db *db)
{
	if (number_query(db, LOCKED, NULL, 0) == 1)
		return true;
	m->message = "the connection was lost, and with it the lock";
	return false;
}

bool
migration_up(struct migration *m, struct db *db)
{
	static const int	 then[2] = { APPLIED, APPLIED_DBMATE };
	const struct val	 v[3] = { VAL_OF_STR(str_of(m->version)),
		VAL_OF_STR(str_of(m->service)), { .kind = VAL_BYTES,
		.s = { (const char *)m->sum, SHA256_LEN } } };

	if (!still_ours(m, db))
		return false;
	if (migration_exec(db, MARK, v, 3) != DB_OK ||
	    part_run(m, db, &m->up, then) != DB_OK)
		return migration_fail(m, db, "");
	m->state = MIGRATION_APPLIED;
	return true;
}

bool
migration_down(struct migration *m, struct db *db)
{
	static const int	 then[2] = { FORGET, FORGET_DBMATE };

	if (!still_ours(m, db))
		return false;
	if (part_run(m, db, &m->down, then) != DB_OK)
		return migration_fail(m, db, "going down: ");
	m->state = MIGRATION_PENDING;
	return true;
}
