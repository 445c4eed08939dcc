/* doctor_db - the database, as the programs' account finds it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"
#include "doctor/doctor.h"
#include "auth/keys.h"
#include "migrate/migrations.h"
#include "cache/store.h"

#define STATEMENT_MS	10000
#define SPARE		5		/* connections for an admin, and others */
#define SKEW_MS		5000

/* --- reaching it ---------------------------------------------------------- */

static const struct {
	unsigned	 code;
	const char	*cure;
} refusals[] = {
	{ 1045, "correct database_user and database_password, or give the account "
	    "that password" },
	{ 1698, "this account is known by the system user alone: give it a password" },
	{ 1044, "GRANT SELECT, INSERT, UPDATE, DELETE on that database to the "
	    "account" },
	{ 1049, "create it (CREATE DATABASE ... CHARACTER SET utf8mb4), or correct "
	    "database_name" },
	{ 1040, "close what holds them, or raise the server's max_connections" },
	{ 1203, "close what holds them, or lower database_connections" },
	{ 1226, "close what holds them, or lower database_connections" },
	{ 2002, "start the database, or correct database_socket or database_host" },
	{ 2003, "start the database, or correct database_host and database_port" },
	{ 2005, "correct database_host" },
};

static const char *
cure_of(unsigned code)
{
	for (size_t i = 0; i < NELEMS(refusals); i++)
		if (refusals[i].code == code)
			return refusals[i].cure;
	return "see the database's own log";
}

/* All rows of a query without values; false, and told, when it fails. */
static bool
ask(struct doctor *d, const char *sql, struct db_rows *rows)
{
	if (db_query(d->db, admin_arena(), str_of(sql), NULL, 0, rows) == DB_OK)
		return true;
	doctor_wrong(d, cure_of(db_error_code(d->db)), "the database: %s",
	    db_error_message(d->db));
	return false;
}

static const char *
text_of(struct val v)
{
	return v.kind == VAL_INT ? admin_fmt("%" PRId64, v.i) :
	    admin_fmt("%.*s", STR_ARG(v.s));
}

void
doctor_reach(struct doctor *d)
{
	const struct account	 own = { .user = NULL };
	struct db		*db = admin_db(&d->conf, &own, STATEMENT_MS);
	struct db_rows		 rows;

	if (db == NULL)
		exit(admin_error("no memory"));
	if (db_query(db, admin_arena(), STR("SELECT 1"), NULL, 0, &rows) == DB_OK) {
		d->db = db;
		return;
	}
	doctor_wrong(d, cure_of(db_error_code(db)), "%s", db_error_message(db));
	db_close(db);
}

/* --- how it is set up ----------------------------------------------------- */

static void
look_at_version(struct doctor *d, const char *version)
{
	int	 major = 0, minor = 0;

	if (sscanf(version, "%d.%d", &major, &minor) != 2 ||
	    strstr(version, "MariaDB") == NULL)
		doctor_wrong(d, "use MariaDB 10.6 or newer",
		    "the database is %s, no MariaDB", version);
	else if (major < 10 || (major == 10 && minor < 6))
		doctor_wrong(d, "use MariaDB 10.6 or newer: older ones lack "
		    "SKIP LOCKED", "the database is %s: too old", version);
}

/* What one answer of the server's settings has to be. */
enum setting { VERSION, SQL_MODE, LOG_BIN, BINLOG_FORMAT, TIME_ZONE,
	SYSTEM_ZONE, INNODB, FLUSH, SETTINGS };

static void
look_at_settings(struct doctor *d, const char *const v[SETTINGS])
{
	const char	*zone = strcmp(v[TIME_ZONE], "SYSTEM") == 0 ?
			    v[SYSTEM_ZONE] : v[TIME_ZONE];

	look_at_version(d, v[VERSION]);
	if (strstr(v[SQL_MODE], "STRICT_ALL_TABLES") == NULL &&
	    strstr(v[SQL_MODE], "STRICT_TRANS_TABLES") == NULL)
		doctor_note(d, "set sql_mode = STRICT_ALL_TABLES,... in the server",
		    "the server is not strict: ours are, but what others write is "
		    "cut to fit");
	if (strcmp(v[LOG_BIN], "0") != 0 && strcmp(v[BINLOG_FORMAT], "STATEMENT") == 0)
		doctor_wrong(d, "set binlog_format = ROW (or MIXED) in the server",
		    "its binary log is in STATEMENT format: writes at READ COMMITTED "
		    "are refused");
	if (strcmp(zone, "UTC") != 0 && strcmp(zone, "+00:00") != 0 &&
	    strcmp(zone, "GMT") != 0)
		doctor_note(d, "set default-time-zone = +00:00 in the server",
		    "the server's time zone is %s: ours is UTC, but NOW() of others "
		    "is not", zone);
	if (strcmp(v[INNODB], "YES") != 0 && strcmp(v[INNODB], "DEFAULT") != 0)
		doctor_wrong(d, "switch InnoDB on in the server",
		    "the server has no InnoDB: no transactions");
	if (strcmp(v[FLUSH], "1") != 0)
		doctor_note(d, "set innodb_flush_log_at_trx_commit = 1 in the server",
		    "after a crash of the machine, writes that were acknowledged may "
		    "be lost");
}

void
doctor_server(struct doctor *d)
{
	const char	*v[SETTINGS];
	struct db_rows	 rows;

	if (!ask(d, "SELECT VERSION(), @@GLOBAL.sql_mode, @@GLOBAL.log_bin,"
	    " @@GLOBAL.binlog_format, @@GLOBAL.time_zone, @@system_time_zone,"
	    " COALESCE((SELECT support FROM information_schema.engines"
	    " WHERE engine = 'InnoDB'), 'NO'),"
	    " @@GLOBAL.innodb_flush_log_at_trx_commit", &rows) || rows.n != 1)
		return;
	for (size_t i = 0; i < SETTINGS; i++)
		v[i] = text_of(rows.v[i]);
	look_at_settings(d, v);
}

void
doctor_connections(struct doctor *d)
{
	int64_t		 budget = d->conf.database_connections, account, server;
	const char	*lower;
	struct db_rows	 rows;

	if (!ask(d, "SELECT @@SESSION.max_user_connections, @@GLOBAL.max_connections",
	    &rows) || rows.n != 1)
		return;
	account = rows.v[0].i;
	server = rows.v[1].i;
	if (account > 0 && (budget == 0 || account < budget)) {
		lower = admin_fmt("set database_connections = %" PRId64, account);
		doctor_wrong(d, lower, "this account may open %" PRId64
		    " connections, the programs would open %s", account,
		    budget == 0 ? "any number" : "more");
	}
	if (server < budget + SPARE) {
		lower = admin_fmt("raise max_connections in the server, or set "
		    "database_connections = %" PRId64, server > 2 * SPARE ?
		    server - SPARE : server / 2);
		doctor_wrong(d, lower, "the server takes %" PRId64 " connections of "
		    "all, the programs may open %" PRId64, server, budget);
	}
}

void
doctor_db_clock(struct doctor *d)
{
	struct db_rows	 rows;
	int64_t		 skew;

	if (!ask(d, "SELECT UTC_TIMESTAMP(3)", &rows) || rows.n != 1)
		return;
	skew = rows.v[0].i - clock_now_ms();
	if (skew > SKEW_MS || skew < -SKEW_MS)
		doctor_wrong(d, "set both by NTP: tokens and times of rows depend on "
		    "them", "the database's clock is %" PRId64 " s %s this machine's",
		    (skew < 0 ? -skew : skew) / 1000, skew < 0 ? "behind" : "before");
}

/* --- the tables ----------------------------------------------------------- */

static bool
changes_read(struct doctor *d, struct migrations *all)
{
	const char	*dir = admin_path("migrations");

	*all = (struct migrations){ .n = 0 };
	if (dir == NULL) {
		doctor_note(d, "install them beside the programs",
		    "no folder of migrations is found");
		return false;
	}
	if (migrations_read(all, dir, &d->conf))
		return true;
	doctor_wrong(d, "mend the file", "the migrations of %s can not be read", dir);
	return false;
}

static const char *
state_told(const struct migration *m)
{
	switch (m->state) {
	case MIGRATION_PENDING:
		return m->on ? "was not applied" : NULL;
	case MIGRATION_CHANGED:
		return "was changed after it was applied";
	case MIGRATION_MISSING:
		return "was applied, and its file is missing";
	case MIGRATION_RUNNING:
		return "was cut off";
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
	const char		*told;

	if (!changes_read(d, &all))
		return;
	if (!migrations_states(&all, d->db)) {
		doctor_wrong(d, "GRANT SELECT on brisk_migrations and "
		    "schema_migrations", "what was applied can not be read");
		return;
	}
	for (size_t i = 0; i < all.n; i++)
		if ((told = state_told(&all.v[i])) != NULL)
			doctor_wrong(d, all.v[i].state == MIGRATION_PENDING ?
			    "brisk migrate up" : "see `brisk migrate status`",
			    "%s %s", all.v[i].file[0] == '\0' ? all.v[i].version :
			    all.v[i].file, told);
}

/* One that our migrations make: others may lie beside them. */
static bool
is_ours(const struct migrations *all, struct str table)
{
	const char	*made = admin_fmt("CREATE TABLE %.*s ", STR_ARG(table));

	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].up.sql != NULL && strstr(all->v[i].up.sql, made) != NULL)
			return true;
	return false;
}

static void
about_tables(struct doctor *d, bool ours, const char *cure, const char *what)
{
	if (ours)
		doctor_wrong(d, cure, "%s", what);
	else
		doctor_note(d, cure, "%s; no table of ours", what);
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

/* Preparing asks the server whether it may be; nothing is run. */
static bool
may(struct doctor *d, size_t verb, struct str table, struct str column)
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
look_at_grants(struct doctor *d, const struct migrations *all,
    const struct val row[2])
{
	struct buf	 lacks;

	buf_init(&lacks, admin_arena());
	for (size_t i = 0; i < NELEMS(verbs); i++)
		if (!may(d, i, row[0].s, row[1].s))
			buf_fmt(&lacks, "%s%s", lacks.n > 0 ? ", " : "", verbs[i].name);
	if (lacks.n > 0 && buf_ok(&lacks))
		about_tables(d, is_ours(all, row[0].s), admin_fmt("GRANT %s ON "
		    "`%s`.`%.*s` to the account %s", lacks.p, d->conf.database_name,
		    STR_ARG(row[0].s), d->conf.database_user),
		    admin_fmt("it may not %s on %.*s", lacks.p, STR_ARG(row[0].s)));
}

/* A table that an account may not touch at all is not even shown to it. */
static void
look_at_hidden(struct doctor *d, const struct db_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		if (str_is(rows->v[2 * i].s, "jobs"))
			return;
	doctor_wrong(d, admin_fmt("`brisk migrate up`, and GRANT SELECT, INSERT, "
	    "UPDATE, DELETE ON `%s`.* to the account %s", d->conf.database_name,
	    d->conf.database_user), "the tables are not there, or not to be seen by "
	    "the programs' account");
}

void
doctor_grants(struct doctor *d)
{
	struct migrations	 all;
	struct db_rows		 rows;

	if (!ask(d, "SELECT t.table_name, MIN(c.column_name)"
	    " FROM information_schema.tables t JOIN information_schema.columns c"
	    " ON c.table_schema = t.table_schema AND c.table_name = t.table_name"
	    " WHERE t.table_schema = DATABASE() AND t.table_type = 'BASE TABLE'"
	    " AND c.extra NOT LIKE '%GENERATED%' GROUP BY t.table_name", &rows))
		return;
	look_at_hidden(d, &rows);
	if (changes_read(d, &all))
		for (size_t i = 0; i < rows.n; i++)
			look_at_grants(d, &all, &rows.v[2 * i]);
}

void
doctor_engines(struct doctor *d)
{
	struct migrations	 all;
	struct db_rows		 rows;

	if (!ask(d, "SELECT table_name, engine FROM information_schema.tables"
	    " WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'"
	    " AND engine <> 'InnoDB'", &rows) || rows.n == 0 ||
	    !changes_read(d, &all))
		return;
	for (size_t i = 0; i < rows.n; i++)
		about_tables(d, is_ours(&all, rows.v[2 * i].s),
		    admin_fmt("ALTER TABLE `%.*s` ENGINE = InnoDB",
		    STR_ARG(rows.v[2 * i].s)),
		    admin_fmt("%.*s is %.*s: no transactions",
		    STR_ARG(rows.v[2 * i].s), STR_ARG(rows.v[2 * i + 1].s)));
}

/* A token that says and permits nothing, behind the header's name. */
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
		doctor_wrong(d, "`brisk key rotate --now`, twice, or the secret of before",
		    "the keys that sign tokens were sealed under another `secret`");
		break;
	default:
		doctor_wrong(d, "`brisk migrate up`; see \"database\"",
		    "no token can be signed: %s", db_error_message(d->db));
	}
}
