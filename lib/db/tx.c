#include <stdio.h>

#include "base/clock.h"
#include "db/private.h"

enum db_err
db_tx_error(const struct db *db)
{
	if (!db->in_tx)
		return DB_OK;
	return db->must_retry ? DB_RETRY : db->my == NULL ? DB_UNAVAILABLE : DB_OK;
}

/* Run one statement without parameters or rows, as text. */
static enum db_err
run_text(struct db *db, const char *sql)
{
	int64_t		 start = clock_mono_us();
	bool		 ok = mysql_query(db->my, sql) == 0;

	db->last_us = clock_mono_us();
	db->counts.statements++;
	db->counts.us += db->last_us - start;
	return ok ? DB_OK : db_fail_my(db, true);
}

/* An error without a number means that the client or the server had no memory. */
static enum db_err
name_failed(struct db *db)
{
	if (mysql_errno(db->my) != 0)
		return db_fail_my(db, false);
	db_disconnect(db);
	return db_fail_memory(db, "no memory for the name of the connection");
}

enum db_err
db_begin(struct db *db)
{
	enum db_err	 err;
	int		 tries;

	db_clear_error(db);
	if (db->in_tx) {
		err = db_fail_bug(db, "a transaction is already open");
		db_log_error(db, err, STR("START TRANSACTION"));
		return err;
	}
	for (tries = 0; tries < 2; tries++) {
		if ((err = db_connect(db)) == DB_OK && !db_writer_name(db))
			err = name_failed(db);
		if (err == DB_OK)
			err = run_text(db, "START TRANSACTION");
		if (err == DB_OK || !db_connection_lost(db))
			break;
	}
	db->in_tx = err == DB_OK;
	db->must_retry = false;
	db_log_error(db, err, STR("START TRANSACTION"));
	return err;
}

/*
 * Failures of COMMIT after which the transaction may be committed.  1180: error
 * during COMMIT (Galera).
 */
static bool
is_outcome_unknown(const struct db *db, enum db_err err)
{
	return db_connection_lost(db) || err == DB_TIMEOUT || db->code == 1180 ||
	    (err == DB_BUG && db->my == NULL);
}

enum db_err
db_commit(struct db *db)
{
	enum db_err	 err;
	uint64_t	 writer;

	db_clear_error(db);
	if (!db->in_tx)
		err = db_fail_bug(db, "no transaction is open");
	else
		err = db_connect(db);
	if (err != DB_OK) {
		db_log_error(db, err, STR("COMMIT"));
		db_rollback(db);
		return err;
	}
	writer = db->writer;
	err = run_text(db, "COMMIT");
	db->in_tx = false;
	if (err == DB_OK)
		return err;
	if (is_outcome_unknown(db, err))
		err = DB_OUTCOME_UNKNOWN;
	db_log_error(db, err, STR("COMMIT"));
	/* The server rolls back what is still open when the connection ends. */
	db_disconnect(db);
	if (err == DB_OUTCOME_UNKNOWN)
		db_writer_wait(db, writer);
	return err;
}

void
db_rollback(struct db *db)
{
	if (db->in_tx && db->my != NULL && run_text(db, "ROLLBACK") != DB_OK)
		db_disconnect(db);
	db->in_tx = false;
}

static const char *
savepoint_text(char sql[40], const char *verb, unsigned level)
{
	(void)snprintf(sql, 40, "%s level_%u", verb, level);
	return sql;
}

enum db_err
db_savepoint(struct db *db, unsigned level)
{
	enum db_err	 err;
	char		 sql[40];

	db_clear_error(db);
	if (!db->in_tx)
		err = db_fail_bug(db, "no transaction is open");
	else if ((err = db_connect(db)) == DB_OK)
		err = run_text(db, savepoint_text(sql, "SAVEPOINT", level));
	db_log_error(db, err, STR("SAVEPOINT"));
	return err;
}

/* Keeps the recorded failure: the caller may still read db_error_detail(). */
void
db_rollback_to(struct db *db, unsigned level)
{
	char	 sql[40];

	if (db->in_tx && db_tx_error(db) == DB_OK &&
	    run_text(db, savepoint_text(sql, "ROLLBACK TO SAVEPOINT", level)) != DB_OK)
		db_disconnect(db);
}
