#ifndef BRISK_DB_ERROR_H
#define BRISK_DB_ERROR_H
/*
 * error - what a statement or a transaction returns.  A header of its own, so
 * that code which only passes results on does not include the connection.
 */
#include <stdint.h>

enum db_err {
	DB_OK,
	DB_NOT_FOUND,	/* no such row; returned by query_one(), never by db_query() */
	DB_DUPLICATE,	/* violates a unique key: db_error_detail() is the key */
	DB_BAD_REFERENCE, /* the referenced row does not exist: the detail is the column */
	DB_IN_USE,	/* another row references this row */
	DB_BAD_VALUE,	/* the column cannot hold the value: the detail is the column */
	DB_RETRY,	/* deadlock, lock timeout, changed snapshot: run the transaction again */
	DB_TIMEOUT,	/* the statement exceeded its time: 503 */
	DB_UNAVAILABLE,	/* cannot connect, connection lost, server full: 503 */
	DB_NO_MEMORY,	/* this process is out of memory for the request: 503 */
	DB_OUTCOME_UNKNOWN, /* connection lost during COMMIT: it may be committed */
	DB_BUG,		/* the statement or a value is wrong, which is our fault: 500 */
	DB_ABORT,	/* returned by the function of a transaction to roll back on purpose */
};

/* What a statement without rows did. */
struct db_result {
	uint64_t	 affected;	/* rows matched (CLIENT_FOUND_ROWS) */
	int64_t		 insert_id;	/* AUTO_INCREMENT value, or 0 */
};

#endif
