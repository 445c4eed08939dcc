/* db_tx - transactions: begun, committed, taken back in whole or to a point. */
#include "base/clock.h"
#include "db/private.h"

enum db_err
db_tx_error(const struct db *db)
{
	if (!db->in_tx)
		return DB_OK;
	return db->spoilt ? DB_RETRY : db->my == NULL ? DB_UNAVAILABLE : DB_OK;
}

/* One statement without values or rows, as text. */
static enum db_err
say(struct db *db, const char *sql)
{
	int64_t		 start = clock_mono_us();
	bool		 ok = mysql_query(db->my, sql) == 0;

	db->last_us = clock_mono_us();
	db->counts.statements++;
	db->counts.us += db->last_us - start;
	return ok ? DB_OK : db_fail_my(db, true);
}

/* Without an error of the server's own it was memory, here or there. */
static enum db_err
nameless(struct db *db)
{
	if (mysql_errno(db->my) != 0)
		return db_fail_my(db, false);
	db_disconnect(db);
	return db_fail_memory(db, "no memory for the connection's name");
}

enum db_err
db_begin(struct db *db)
{
	enum db_err	 err;
	int		 tries;

	db_clear_error(db);
	if (db->in_tx) {
		err = db_fail_bug(db, "a transaction is open already");
		db_log_error(db, err, STR("START TRANSACTION"));
		return err;
	}
	for (tries = 0; tries < 2; tries++) {
		if ((err = db_connect(db)) == DB_OK && !db_writer_name(db))
			err = nameless(db);
		if (err == DB_OK)
			err = say(db, "START TRANSACTION");
		if (err == DB_OK || !db_connection_lost(db))
			break;
	}
	db->in_tx = err == DB_OK;
	db->spoilt = false;
	db_log_error(db, err, STR("START TRANSACTION"));
	return err;
}

/* Failures of COMMIT that leave open whether it happened. */
static bool
unknown(const struct db *db, enum db_err err)
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
	err = say(db, "COMMIT");
	db->in_tx = false;
	if (err == DB_OK)
		return err;
	if (unknown(db, err))
		err = DB_OUTCOME_UNKNOWN;
	db_log_error(db, err, STR("COMMIT"));
	/* Whatever the server holds of it, it ends with the connection. */
	db_disconnect(db);
	if (err == DB_OUTCOME_UNKNOWN)
		db_writer_wait(db, writer);
	return err;
}

void
db_rollback(struct db *db)
{
	if (db->in_tx && db->my != NULL && say(db, "ROLLBACK") != DB_OK)
		db_disconnect(db);
	db->in_tx = false;
}

enum db_err
db_savepoint(struct db *db)
{
	enum db_err	 err;

	db_clear_error(db);
	if (!db->in_tx)
		err = db_fail_bug(db, "no transaction is open");
	else if ((err = db_connect(db)) == DB_OK)
		err = say(db, "SAVEPOINT here");
	db_log_error(db, err, STR("SAVEPOINT"));
	return err;
}

/* The caller may still ask what failed: that is kept. */
void
db_rollback_to(struct db *db)
{
	if (db->in_tx && db_tx_error(db) == DB_OK &&
	    say(db, "ROLLBACK TO SAVEPOINT here") != DB_OK)
		db_disconnect(db);
}
