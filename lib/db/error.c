#include <errmsg.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"
#include "db/private.h"

/* Errors by number (errmsg-utf8.txt of MariaDB); all others are DB_BUG. */
static const struct {
	unsigned	 code;
	enum db_err	 err;
	bool		 gone;		/* the connection cannot be used any more */
} kinds[] = {
	{ 1020, DB_RETRY, false },		/* record has changed since last read */
	{ 1021, DB_UNAVAILABLE, false },		/* disk full */
	{ 1028, DB_TIMEOUT, false },		/* sort aborted */
	{ 1040, DB_UNAVAILABLE, true },		/* too many connections */
	{ 1047, DB_UNAVAILABLE, true },		/* Galera: not in the primary component */
	{ 1048, DB_BAD_VALUE, false },		/* NULL in a NOT NULL column */
	{ 1053, DB_UNAVAILABLE, true },		/* shutdown in progress */
	{ 1062, DB_DUPLICATE, false },
	{ 1114, DB_UNAVAILABLE, false },		/* table is full */
	{ 1153, DB_BUG, true },			/* packet too large: the server disconnects */
	{ 1180, DB_UNAVAILABLE, true },		/* Galera: error during commit */
	{ 1203, DB_UNAVAILABLE, true },		/* over max_user_connections */
	{ 1205, DB_RETRY, false },		/* lock wait timeout */
	{ 1213, DB_RETRY, false },		/* deadlock */
	{ 1216, DB_BAD_REFERENCE, false },
	{ 1217, DB_IN_USE, false },
	{ 1226, DB_UNAVAILABLE, true },		/* over a limit of the user */
	{ 1264, DB_BAD_VALUE, false },		/* out of range */
	{ 1265, DB_BAD_VALUE, false },		/* not in the ENUM */
	{ 1267, DB_BAD_VALUE, false },		/* not in the character set of the column */
	{ 1292, DB_BAD_VALUE, false },		/* invalid time */
	{ 1317, DB_TIMEOUT, false },		/* KILL QUERY */
	{ 1366, DB_BAD_VALUE, false },		/* not in the character set, or no number */
	{ 1406, DB_BAD_VALUE, false },		/* too long */
	{ 1451, DB_IN_USE, false },
	{ 1452, DB_BAD_REFERENCE, false },
	{ 1461, DB_UNAVAILABLE, false },		/* too many prepared statements in the server */
	{ 1586, DB_DUPLICATE, false },
	{ 1927, DB_UNAVAILABLE, true },		/* connection was killed */
	{ 1969, DB_TIMEOUT, false },		/* max_statement_time */
	{ 3024, DB_TIMEOUT, false },		/* max_execution_time */
	{ 3819, DB_BAD_VALUE, false },		/* MySQL: a CHECK */
	{ 4025, DB_BAD_VALUE, false },		/* a CHECK */
	{ 4031, DB_UNAVAILABLE, true },		/* MySQL: idle for too long */
	{ CR_OUT_OF_MEMORY, DB_NO_MEMORY, true },
	{ CR_CONNECTION_ERROR, DB_UNAVAILABLE, true },
	{ CR_CONN_HOST_ERROR, DB_UNAVAILABLE, true },
	{ CR_UNKNOWN_HOST, DB_UNAVAILABLE, true },
	{ CR_SERVER_GONE_ERROR, DB_UNAVAILABLE, true },
	{ CR_SERVER_LOST, DB_UNAVAILABLE, true },
	{ CR_SERVER_LOST_EXTENDED, DB_UNAVAILABLE, true },
	{ CR_NEW_STMT_METADATA, DB_RETRY, true },	/* columns were added or dropped */
};

/* Messages of these errors name columns and constraints, never values. */
static const unsigned	 without_values[] = { 1048, 1054, 1142, 1143, 1146, 1264, 1364,
	1406, 3819, 4025 };

bool
db_connection_lost(const struct db *db)
{
	switch (db->code) {
	case CR_OUT_OF_MEMORY:		/* an answer may be half read */
	case CR_SERVER_GONE_ERROR:
	case CR_SERVER_LOST:
	case CR_SERVER_LOST_EXTENDED:
	case CR_NEW_STMT_METADATA:
	case 1053:
	case 1927:
	case 4031:
		return true;
	default:
		return false;
	}
}

void
db_clear_error(struct db *db)
{
	db->code = 0;
	db->sent = db->quiet = false;
	db->detail[0] = db->message[0] = '\0';
}

static void
record_error(struct db *db, unsigned code, bool sent)
{
	db->code = code;
	db->sent = sent;
	db->quiet = false;
	db->detail[0] = '\0';
}

/* Set the detail to the text between the last `open` and the next `end`. */
static void
detail_between(struct db *db, const char *open, char end)
{
	const char	*p, *at = NULL, *stop;
	size_t		 n;

	for (p = db->message; (p = strstr(p, open)) != NULL; p += strlen(open))
		at = p + strlen(open);
	if (at == NULL || (stop = strchr(at, end)) == NULL)
		return;
	n = (size_t)(stop - at);
	if (n >= sizeof(db->detail))
		return;
	memcpy(db->detail, at, n);
	db->detail[n] = '\0';
}

/* "for key 'email'"; MySQL says 'users.email'. */
static void
detail_key(struct db *db)
{
	const char	*dot;

	detail_between(db, "for key '", '\'');
	if ((dot = strrchr(db->detail, '.')) != NULL)
		memmove(db->detail, dot + 1, strlen(dot + 1) + 1);
}

/*
 * "for column `db`.`t`.`n` at row 1", after the value; or "for column 'n' at row
 * 1", "Column 'n' cannot be null".  The message of a CHECK names no column.
 */
static void
detail_column(struct db *db)
{
	const char	*p = NULL, *end, *at = db->message;

	while ((at = strstr(at, " for column `")) != NULL)
		p = at += 12;
	if (p == NULL || (end = strstr(p, "` at row ")) == NULL) {
		detail_between(db, "olumn '", '\'');
		return;
	}
	for (at = p; (at = strstr(at, "`.`")) != NULL && at < end; )
		p = at += 3;
	snprintf(db->detail, sizeof(db->detail), "%.*s", (int)(end - p), p);
}

/* The server has no room for statements: close all of ours. */
static void
close_statements(struct db *db)
{
	size_t	 i;

	for (i = 0; i < DB_MAX_STATEMENTS; i++)
		db_stmt_drop(db, &db->stmt[i]);
}

enum db_err
db_fail(struct db *db, unsigned code, const char *message, bool sent)
{
	enum db_err	 err = DB_BUG;
	bool		 gone;
	size_t		 i;

	if (code == 0) {		/* the library does not always set a code */
		code = CR_OUT_OF_MEMORY;
		message = "no memory for the client library";
	}
	gone = code >= CR_MIN_ERROR && code <= CR_MAX_ERROR;
	/* The message may be in the handle that is closed below. */
	snprintf(db->message, sizeof(db->message), "%s", message);
	record_error(db, code, sent);
	for (i = 0; i < NELEMS(kinds); i++)
		if (kinds[i].code == code) {
			err = kinds[i].err;
			gone = kinds[i].gone;
		}
	db->must_retry |= db->in_tx && err == DB_RETRY;
	if (err == DB_DUPLICATE)
		detail_key(db);
	else if (err == DB_BAD_REFERENCE)
		detail_between(db, "FOREIGN KEY (`", '`');
	else if (err == DB_BAD_VALUE)
		detail_column(db);
	if (gone)
		db_disconnect(db);
	else if (code == 1461)
		close_statements(db);
	return err;
}

enum db_err
db_fail_my(struct db *db, bool sent)
{
	return db_fail(db, mysql_errno(db->my), mysql_error(db->my), sent);
}

enum db_err
db_fail_bug(struct db *db, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(db->message, sizeof(db->message), fmt, ap);
	va_end(ap);
	record_error(db, 0, false);
	return DB_BUG;
}

enum db_err
db_fail_memory(struct db *db, const char *what)
{
	(void)db_fail_bug(db, "%s", what);
	return DB_NO_MEMORY;
}

enum db_err
db_fail_stmt(struct db *db, const struct db_stmt *st, bool sent)
{
	unsigned	 code = mysql_stmt_errno(st->h);

	/* Some failures of a fetch are recorded in the connection only. */
	if (code == 0)
		return db_fail_my(db, sent);
	return db_fail(db, code, mysql_stmt_error(st->h), sent);
}

/*
 * Length of the part of the message that may be logged: the part before any
 * value of a client.
 */
static int
loggable(const struct db *db)
{
	size_t	 i;

	if (!db->sent)
		return (int)strlen(db->message);
	for (i = 0; i < NELEMS(without_values); i++)
		if (without_values[i] == db->code)
			return (int)strlen(db->message);
	return (int)strcspn(db->message, "'");
}

static enum log_level
level_for(enum db_err err)
{
	switch (err) {
	case DB_UNAVAILABLE:
	case DB_NO_MEMORY:
	case DB_OUTCOME_UNKNOWN:
	case DB_BUG:
		return LOG_ERROR;
	case DB_TIMEOUT:
	case DB_BAD_VALUE:
		return LOG_WARN;
	case DB_RETRY:
		return LOG_INFO;
	case DB_OK:
	case DB_NOT_FOUND:
	case DB_DUPLICATE:
	case DB_BAD_REFERENCE:
	case DB_IN_USE:
	case DB_ABORT:
		break;
	}
	return LOG_DEBUG;
}

void
db_log_error(struct db *db, enum db_err err, struct str sql)
{
	if (err == DB_OK || db->quiet)
		return;
	log_event(level_for(err), "db", "%.*s (%u) in: %.*s", loggable(db),
	    db->message, db->code, STR_ARG(sql));
}
