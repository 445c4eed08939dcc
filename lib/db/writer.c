/*
 * writer - names of connections that write.
 *
 * A connection that lost its client may still be committing.  Its connection
 * number does not identify it, because numbers start again when the server
 * restarts.  So each connection takes a user lock with a random name (GET_LOCK)
 * before its first transaction.  The server releases the lock as its last act
 * for the connection, after everything the connection committed or rolled back.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/log.h"
#include "db/private.h"

#define SETTLE_TRIES	50
#define SETTLE_MS	20

/* The single value of a statement; NULL is -1.  False: the statement failed. */
static bool
read_number(struct db *db, const char *sql, long long *out)
{
	MYSQL_RES	*res;
	MYSQL_ROW	 row;

	if (mysql_query(db->my, sql) != 0 || (res = mysql_store_result(db->my)) == NULL)
		return false;
	row = mysql_fetch_row(res);
	*out = row == NULL || row[0] == NULL ? -1 : strtoll(row[0], NULL, 10);
	mysql_free_result(res);
	return true;
}

bool
db_writer_name(struct db *db)
{
	uint64_t	 name;
	long long	 got;
	char		 sql[64];

	if (db->writer != 0)
		return true;
	do
		if (getrandom(&name, sizeof(name), 0) != (ssize_t)sizeof(name))
			return false;
	while (name == 0);
	snprintf(sql, sizeof(sql), "SELECT GET_LOCK('brisk-%016" PRIx64 "', 0)", name);
	if (!read_number(db, sql, &got) || got != 1)
		return false;
	db->writer = name;
	return true;
}

uint64_t
db_writer_id(const struct db *db)
{
	return db->writer;
}

bool
db_outcome_settled(const struct db *db)
{
	return db->settled;
}

bool
db_writer_gone(struct db *db, uint64_t writer)
{
	long long	 id;
	char		 sql[64];

	db_clear_error(db);
	if (db->in_tx || db_connect(db) != DB_OK)
		return false;
	snprintf(sql, sizeof(sql), "SELECT IS_USED_LOCK('brisk-%016" PRIx64 "')", writer);
	if (!read_number(db, sql, &id)) {
		db_log_error(db, db_fail_my(db, false), str_of(sql));
		return false;
	}
	if (id < 0)
		return true;
	snprintf(sql, sizeof(sql), "KILL CONNECTION %lld", id);
	/* Fails if the connection has ended meanwhile. */
	(void)mysql_query(db->my, sql);
	return false;
}

void
db_writer_wait(struct db *db, uint64_t writer)
{
	int	 i;

	db->settled = false;
	for (i = 0; i < SETTLE_TRIES && !db->settled; i++) {
		if (i > 0)
			(void)poll(NULL, 0, SETTLE_MS);
		db->settled = db_writer_gone(db, writer);
	}
	if (!db->settled)
		log_event(LOG_ERROR, "db", "the connection of a lost COMMIT does not "
		    "end");
}
