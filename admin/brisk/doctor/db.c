/* doctor/db - the database, with the account of the programs. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"
#include "doctor/doctor.h"
#include "auth/keys.h"
#include "migrate/migrations.h"
#include "cache/store.h"

#define STATEMENT_MS	10000
#define SPARE		5		/* connections for administration */
#define SKEW_MS		5000

/* --- connecting ----------------------------------------------------------- */

static const struct {
	unsigned	 code;
	const char	*cure;
} refusals[] = {
	{ 1045, "correct database_user and database_password, or give the account "
	    "that password" },
	{ 1698, "the account authenticates by system user only: give it a password" },
	{ 1044, "GRANT SELECT, INSERT, UPDATE, DELETE on that database to the "
	    "account" },
	{ 1049, "create it (CREATE DATABASE ... CHARACTER SET utf8mb4), or correct "
	    "database_name" },
	{ 1040, "close connections of other software, or raise the server's "
	    "max_connections" },
	{ 1203, "close other connections of the account, or lower "
	    "database_connections" },
	{ 1226, "close other connections of the account, or lower "
	    "database_connections" },
	{ 2002, "start the database, or correct database_socket or database_host" },
	{ 2003, "start the database, or correct database_host and database_port" },
	{ 2005, "correct database_host" },
};

static const char *
error_advice(unsigned code)
{
	for (size_t i = 0; i < NELEMS(refusals); i++)
		if (refusals[i].code == code)
			return refusals[i].cure;
	return "see the log of the database server";
}

/* Run a query without parameters.  False: it failed, and a finding was added. */
static bool
rows_query(struct doctor *d, const char *sql, struct db_rows *rows)
{
	if (db_query(d->db, admin_arena(), str_of(sql), NULL, 0, rows) == DB_OK)
		return true;
	doctor_wrong(d, error_advice(db_error_code(d->db)), "a query failed: %s",
	    db_error_message(d->db));
	return false;
}

static const char *
val_text(struct val v)
{
	return v.kind == VAL_INT ? admin_fmt("%" PRId64, v.i) :
	    admin_fmt("%.*s", STR_ARG(v.s));
}

void
doctor_reach(struct doctor *d)
{
	const struct db_login	 own = { .user = NULL };
	struct db		*db = admin_db(&d->conf, &own, STATEMENT_MS);
	struct db_rows		 rows;

	if (db == NULL)
		exit(admin_error("no memory"));
	if (db_query(db, admin_arena(), STR("SELECT 1"), NULL, 0, &rows) == DB_OK) {
		d->db = db;
		return;
	}
	doctor_wrong(d, error_advice(db_error_code(db)), "%s", db_error_message(db));
	db_close(db);
}

/* --- its settings --------------------------------------------------------- */

static void
check_version(struct doctor *d, const char *version)
{
	int	 major = 0, minor = 0;

	if (sscanf(version, "%d.%d", &major, &minor) != 2 ||
	    strstr(version, "MariaDB") == NULL)
		doctor_wrong(d, "use MariaDB 10.6 or newer",
		    "the database server is %s, not MariaDB", version);
	else if (major < 10 || (major == 10 && minor < 6))
		doctor_wrong(d, "use MariaDB 10.6 or newer: older versions lack "
		    "SKIP LOCKED", "the database server is %s: too old", version);
}

/* The columns of the query below. */
enum setting { VERSION, SQL_MODE, LOG_BIN, BINLOG_FORMAT, TIME_ZONE,
	SYSTEM_ZONE, INNODB, FLUSH, SETTINGS };

static void
check_settings(struct doctor *d, const char *const v[SETTINGS])
{
	const char	*zone = strcmp(v[TIME_ZONE], "SYSTEM") == 0 ?
			    v[SYSTEM_ZONE] : v[TIME_ZONE];

	check_version(d, v[VERSION]);
	if (strstr(v[SQL_MODE], "STRICT_ALL_TABLES") == NULL &&
	    strstr(v[SQL_MODE], "STRICT_TRANS_TABLES") == NULL)
		doctor_note(d, "set sql_mode = STRICT_ALL_TABLES,... in the server",
		    "the server is not strict: our sessions are, but values that other "
		    "software writes may be truncated");
	if (strcmp(v[LOG_BIN], "0") != 0 && strcmp(v[BINLOG_FORMAT], "STATEMENT") == 0)
		doctor_wrong(d, "set binlog_format = ROW (or MIXED) in the server",
		    "the binary log is in STATEMENT format: the server refuses writes at "
		    "READ COMMITTED");
	if (strcmp(zone, "UTC") != 0 && strcmp(zone, "+00:00") != 0 &&
	    strcmp(zone, "GMT") != 0)
		doctor_note(d, "set default-time-zone = +00:00 in the server",
		    "the server's time zone is %s: our sessions use UTC, but NOW() in "
		    "sessions of other software does not", zone);
	if (strcmp(v[INNODB], "YES") != 0 && strcmp(v[INNODB], "DEFAULT") != 0)
		doctor_wrong(d, "switch InnoDB on in the server",
		    "the server has no InnoDB: no transactions");
	if (strcmp(v[FLUSH], "1") != 0)
		doctor_note(d, "set innodb_flush_log_at_trx_commit = 1 in the server",
		    "acknowledged writes may be lost if the machine crashes");
}

void
doctor_server(struct doctor *d)
{
	const char	*v[SETTINGS];
	struct db_rows	 rows;

	if (!rows_query(d, "SELECT VERSION(), @@GLOBAL.sql_mode, @@GLOBAL.log_bin,"
	    " @@GLOBAL.binlog_format, @@GLOBAL.time_zone, @@system_time_zone,"
	    " COALESCE((SELECT support FROM information_schema.engines"
	    " WHERE engine = 'InnoDB'), 'NO'),"
	    " @@GLOBAL.innodb_flush_log_at_trx_commit", &rows) || rows.n != 1)
		return;
	for (size_t i = 0; i < SETTINGS; i++)
		v[i] = val_text(rows.v[i]);
	check_settings(d, v);
}

void
doctor_connections(struct doctor *d)
{
	int64_t		 budget = d->conf.database_connections, account, server;
	const char	*lower;
	struct db_rows	 rows;

	if (!rows_query(d, "SELECT @@SESSION.max_user_connections, @@GLOBAL.max_connections",
	    &rows) || rows.n != 1)
		return;
	account = rows.v[0].i;
	server = rows.v[1].i;
	if (account > 0 && (budget == 0 || account < budget)) {
		lower = admin_fmt("set database_connections = %" PRId64, account);
		doctor_wrong(d, lower, "this account may open %" PRId64
		    " connections, but the programs may open %s", account,
		    budget == 0 ? "any number" : "more");
	}
	if (server < budget + SPARE) {
		lower = admin_fmt("raise max_connections in the server, or set "
		    "database_connections = %" PRId64, server > 2 * SPARE ?
		    server - SPARE : server / 2);
		doctor_wrong(d, lower, "the server accepts %" PRId64 " connections in "
		    "total, but the programs may open %" PRId64, server, budget);
	}
}

void
doctor_db_clock(struct doctor *d)
{
	struct db_rows	 rows;
	int64_t		 skew;

	if (!rows_query(d, "SELECT UTC_TIMESTAMP(3)", &rows) || rows.n != 1)
		return;
	skew = rows.v[0].i - clock_now_ms();
	if (skew > SKEW_MS || skew < -SKEW_MS)
		doctor_wrong(d, "set both clocks by NTP: tokens and timestamps depend on "
		    "them", "the database's clock is %" PRId64 " s %s this machine's",
		    (skew < 0 ? -skew : skew) / 1000, skew < 0 ? "behind" : "ahead of");
}

/* --- the tables ----------------------------------------------------------- */

static bool
migrations_load(struct doctor *d, struct migrations *all)
{
	const char	*dir = admin_path("migrations");

	*all = (struct migrations){ .n = 0 };
	if (dir == NULL) {
		doctor_note(d, "install the folder migrations beside the programs",
		    "there is no folder of migrations");
		return false;
	}
	if (migrations_read(all, dir, &d->conf))
		return true;
	doctor_wrong(d, "correct the file", "the migrations in %s cannot be read", dir);
	return false;
}

static const char *
state_text(const struct migration *m)
{
	switch (m->state) {
	case MIGRATION_PENDING:
		return m->on ? "was not applied" : NULL;
	case MIGRATION_CHANGED:
		return "was changed after it was applied";
	case MIGRATION_MISSING:
		return "was applied, but its file is missing";
	case MIGRATION_RUNNING:
		return "was interrupted";
	case MIGRATION_FAILED:
		return "failed";
	case MIGRATION_APPLIED:
	case MIGRATION_STATES:
		break;
	}
	return NULL;
}

void
doctor_migrations(struct doctor *d)
{
	struct migrations	 all;
	const char		*state;

	if (!migrations_load(d, &all))
		return;
	if (!migrations_states(&all, d->db)) {
		doctor_wrong(d, "GRANT SELECT on brisk_migrations and "
		    "schema_migrations", "the state of the migrations cannot be read");
		return;
	}
	for (size_t i = 0; i < all.n; i++)
		if ((state = state_text(&all.v[i])) != NULL)
			doctor_wrong(d, all.v[i].state == MIGRATION_PENDING ?
			    "brisk migrate up" : "see `brisk migrate status`",
			    "%s %s", all.v[i].file[0] == '\0' ? all.v[i].version :
			    all.v[i].file, state);
}

/* Is it a table of our migrations?  The database may hold other tables, too. */
static bool
table_is_ours(const struct migrations *all, struct str table)
{
	const char	*made = admin_fmt("CREATE TABLE %.*s ", STR_ARG(table));

	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].up.sql != NULL && strstr(all->v[i].up.sql, made) != NULL)
			return true;
	return false;
}

static void
table_finding(struct doctor *d, bool ours, const char *cure, const char *what)
{
	if (ours)
		doctor_wrong(d, cure, "%s", what);
	else
		doctor_note(d, cure, "%s; it is not a table of this API", what);
}

/* VERB `table` [SET `column` = `column`] REST */
static const struct {
	const char	*name, *verb, *rest;
	bool		 set;
} verbs[] = {
	{ "SELECT", "SELECT 1 FROM ", " WHERE 1 = 0", false },
	{ "INSERT", "INSERT INTO ", " () VALUES ()", false },
	{ "UPDATE", "UPDATE ", " WHERE 1 = 0", true },
	{ "DELETE", "DELETE FROM ", " WHERE 1 = 0", false },
};

/* May the account run such a statement?  The server checks it when it is prepared;
 * nothing is executed. */
static bool
statement_allowed(struct doctor *d, size_t verb, struct str table, struct str column)
{
	struct buf	 sql;
	struct db_description	 plan;
	unsigned	 code;

	buf_init(&sql, admin_arena());
	buf_fmt(&sql, "%s`%.*s`", verbs[verb].verb, STR_ARG(table));
	if (verbs[verb].set)
		buf_fmt(&sql, " SET `%.*s` = `%.*s`", STR_ARG(column),
		    STR_ARG(column));
	buf_puts(&sql, verbs[verb].rest);
	if (!buf_ok(&sql) || db_describe(d->db, admin_arena(), buf_view(&sql),
	    &plan) == DB_OK)
		return true;
	code = db_error_code(d->db);
	return code != 1142 && code != 1143 && code != 1044;
}

static void
check_grants(struct doctor *d, const struct migrations *all,
    const struct val row[2])
{
	struct buf	 lacks;

	buf_init(&lacks, admin_arena());
	for (size_t i = 0; i < NELEMS(verbs); i++)
		if (!statement_allowed(d, i, row[0].s, row[1].s))
			buf_fmt(&lacks, "%s%s", lacks.n > 0 ? ", " : "", verbs[i].name);
	if (lacks.n > 0 && buf_ok(&lacks))
		table_finding(d, table_is_ours(all, row[0].s), admin_fmt("GRANT %s ON "
		    "`%s`.`%.*s` to the account %s", lacks.p, d->conf.database_name,
		    STR_ARG(row[0].s), d->conf.database_user),
		    admin_fmt("the account may not %s on %.*s", lacks.p,
		    STR_ARG(row[0].s)));
}

/* The server hides tables on which an account has no rights. */
static void
check_visible(struct doctor *d, const struct db_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		if (str_is(rows->v[2 * i].s, "jobs"))
			return;
	doctor_wrong(d, admin_fmt("`brisk migrate up`, and GRANT SELECT, INSERT, "
	    "UPDATE, DELETE ON `%s`.* to the account %s", d->conf.database_name,
	    d->conf.database_user), "the tables do not exist, or the account of the "
	    "programs has no rights on them");
}

void
doctor_grants(struct doctor *d)
{
	struct migrations	 all;
	struct db_rows		 rows;

	if (!rows_query(d, "SELECT t.table_name, MIN(c.column_name)"
	    " FROM information_schema.tables t JOIN information_schema.columns c"
	    " ON c.table_schema = t.table_schema AND c.table_name = t.table_name"
	    " WHERE t.table_schema = DATABASE() AND t.table_type = 'BASE TABLE'"
	    " AND c.extra NOT LIKE '%GENERATED%' GROUP BY t.table_name", &rows))
		return;
	check_visible(d, &rows);
	if (migrations_load(d, &all))
		for (size_t i = 0; i < rows.n; i++)
			check_grants(d, &all, &rows.v[2 * i]);
}

void
doctor_engines(struct doctor *d)
{
	struct migrations	 all;
	struct db_rows		 rows;

	if (!rows_query(d, "SELECT table_name, engine FROM information_schema.tables"
	    " WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'"
	    " AND engine <> 'InnoDB'", &rows) || rows.n == 0 ||
	    !migrations_load(d, &all))
		return;
	for (size_t i = 0; i < rows.n; i++)
		table_finding(d, table_is_ours(&all, rows.v[2 * i].s),
		    admin_fmt("ALTER TABLE `%.*s` ENGINE = InnoDB",
		    STR_ARG(rows.v[2 * i].s)),
		    admin_fmt("%.*s is %.*s: no transactions",
		    STR_ARG(rows.v[2 * i].s), STR_ARG(rows.v[2 * i + 1].s)));
}

/* Issue a token without scopes, as an Authorization header. */
enum db_err
doctor_issue_token(struct doctor *d, struct buf *b)
{
	struct store	 st = { .db = d->db, .arena = admin_arena() };
	struct token	 t = { .sub = STR("doctor"), .scope = STR("") };

	buf_init(b, admin_arena());
	buf_puts(b, "Authorization: Bearer ");
	return admin_issue_token(&d->conf, &st, &t, 30, b);
}

void
doctor_token(struct doctor *d)
{
	struct buf	 b;

	switch (doctor_issue_token(d, &b)) {
	case DB_OK:
		break;
	case DB_ABORT:
		doctor_wrong(d, "run `brisk key rotate --now` twice, or restore the previous "
		    "secret", "the keys that sign tokens were sealed with another `secret`");
		break;
	default:
		doctor_wrong(d, "`brisk migrate up`; see \"database\"",
		    "cannot sign a token: %s", db_error_message(d->db));
	}
}
