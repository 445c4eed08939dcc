#include <errmsg.h>
#include <stdarg.h>
#include <stdio.h>
#include "db/private.h"
#include "base/log.h"

/* Server errors by number (MariaDB's errmsg-utf8.txt); everything else is BUG. */
static const struct {
	unsigned	 code;
	enum db_err	 err;
	bool		 gone;		/* the connection is of no more use */
} kinds[] = {
	{ 1020, DB_RETRY, false },		/* record has changed since last read */
	{ 1021, DB_UNAVAILABLE, false },		/* disk full */
	{ 1028, DB_TIMEOUT, false },		/* sort aborted */
	{ 1040, DB_UNAVAILABLE, true },		/* too many connections */
	{ 1047, DB_UNAVAILABLE, true },		/* Galera: not in the primary component */
	{ 1048, DB_BAD_VALUE, false },		/* null in a column that takes none */
	{ 1053, DB_UNAVAILABLE, true },		/* shutdown in progress */
	{ 1062, DB_DUPLICATE, false },
	{ 1114, DB_UNAVAILABLE, false },		/* table is full */
	{ 1153, DB_BUG, true },			/* packet too large: the server hangs up */
	{ 1180, DB_UNAVAILABLE, true },		/* Galera: error during commit */
	{ 1203, DB_UNAVAILABLE, true },		/* over max_user_connections */
	{ 1205, DB_RETRY, false },		/* lock wait */
	{ 1213, DB_RETRY, false },		/* deadlock */
	{ 1216, DB_BAD_REFERENCE, false },
	{ 1217, DB_IN_USE, false },
	{ 1226, DB_UNAVAILABLE, true },		/* over a limit of the user */
	{ 1264, DB_BAD_VALUE, false },		/* out of range */
	{ 1265, DB_BAD_VALUE, false },		/* not in the ENUM */
	{ 1267, DB_BAD_VALUE, false },		/* not in the column's character set */
	{ 1292, DB_BAD_VALUE, false },		/* no such time */
	{ 1317, DB_TIMEOUT, false },		/* KILL QUERY */
	{ 1366, DB_BAD_VALUE, false },		/* not in its character set, no number */
	{ 1406, DB_BAD_VALUE, false },		/* too long */
	{ 1451, DB_IN_USE, false },
	{ 1452, DB_BAD_REFERENCE, false },
	{ 1461, DB_UNAVAILABLE, false },		/* the server's prepared statements */
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

/* Their messages name columns and constraints, never a value. */
static const unsigned	 no_values[] = { 1048, 1054, 1142, 1143, 1146, 1264, 1364,
	1406, 3819, 4025 };

bool
db_connection_lost(const struct db *db)
{
	switch (db->code) {
	case CR_OUT_OF_MEMORY:		/* perhaps with half of an answer read */
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
note(struct db *db, unsigned code, bool sent)
{
	db->code = code;
	db->sent = sent;
	db->quiet = false;
	db->detail[0] = '\0';
}

/* What stands between the last `open` and the next `end`. */
static void
detail(struct db *db, const char *open, char end)
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

	detail(db, "for key '", '\'');
	if ((dot = strrchr(db->detail, '.')) != NULL)
		memmove(db->detail, dot + 1, strlen(dot + 1) + 1);
}

/*
 * "for column `db`.`t`.`n` at row 1", behind the value it tells; or "for column
 * 'n' at row 1", "Column 'n' cannot be null".  Of a CHECK: nothing.
 */
static void
detail_column(struct db *db)
{
	const char	*p = NULL, *end, *at = db->message;

	while ((at = strstr(at, " for column `")) != NULL)
		p = at += 12;
	if (p == NULL || (end = strstr(p, "` at row ")) == NULL) {
		detail(db, "olumn '", '\'');
		return;
	}
	for (at = p; (at = strstr(at, "`.`")) != NULL && at < end; )
		p = at += 3;
	snprintf(db->detail, sizeof(db->detail), "%.*s", (int)(end - p), p);
}

/* Others on this server need room for statements: give all of ours back. */
static void
drop_all(struct db *db)
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

	if (code == 0) {		/* the library does not always say so */
		code = CR_OUT_OF_MEMORY;
		message = "no memory for the client library";
	}
	gone = code >= CR_MIN_ERROR && code <= CR_MAX_ERROR;
	/* The message may lie in the handle that goes away below. */
	snprintf(db->message, sizeof(db->message), "%s", message);
	note(db, code, sent);
	for (i = 0; i < NELEMS(kinds); i++)
		if (kinds[i].code == code) {
			err = kinds[i].err;
			gone = kinds[i].gone;
		}
	db->spoilt |= db->in_tx && err == DB_RETRY;
	if (err == DB_DUPLICATE)
		detail_key(db);
	else if (err == DB_BAD_REFERENCE)
		detail(db, "FOREIGN KEY (`", '`');
	else if (err == DB_BAD_VALUE)
		detail_column(db);
	if (gone)
		db_disconnect(db);
	else if (code == 1461)
		drop_all(db);
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
	note(db, 0, false);
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

	/* Some of what a fetch meets is noted in the connection alone. */
	if (code == 0)
		return db_fail_my(db, sent);
	return db_fail(db, code, mysql_stmt_error(st->h), sent);
}

/* Bytes of the message that may stand in a log: no value a client sent. */
static int
loggable(const struct db *db)
{
	size_t	 i;

	if (!db->sent)
		return (int)strlen(db->message);
	for (i = 0; i < NELEMS(no_values); i++)
		if (no_values[i] == db->code)
			return (int)strlen(db->message);
	return (int)strcspn(db->message, "'");
}

static enum log_level
loudness(enum db_err err)
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
	log_event(loudness(err), "db", "%.*s (%u) in: %.*s", loggable(db),
	    db->message, db->code, STR_ARG(sql));
}
