#ifndef BRISK_DB_H
#define BRISK_DB_H
/*
 * db - one connection to MariaDB, its prepared statements and transactions.
 * The only room that knows libmariadb.
 *
 * A `struct db` belongs to one thread.  It connects when first used and again
 * after a loss, and keeps at most DB_MAX_STATEMENTS prepared statements, found by
 * their text, the least recently used closed first.  Text is never put
 * together from what a client sent: every value is bound.
 *
 * Every connection is utf8mb4, UTC, READ COMMITTED, strict, and its statements
 * are bounded in time.  What a query returns lives in the arena it was given.
 * A failure is logged here, once; the caller acts on which it was.
 */
#include "base/arena.h"
#include "shm/connection_budget.h"
#include "schema/value.h"

#define DB_MAX_STATEMENTS	64

enum db_err {
	DB_OK,
	DB_NOT_FOUND,	/* no such row (never from db_query itself) */
	DB_DUPLICATE,	/* a unique key: db_error_detail() names it */
	DB_BAD_REFERENCE,	/* a foreign key names nothing: db_error_detail() is its column */
	DB_IN_USE,	/* a foreign key elsewhere names this row */
	DB_BAD_VALUE,	/* the table does not take a value: db_error_detail() is its column */
	DB_RETRY,	/* deadlock, lock wait, changed snapshot: run the whole transaction again */
	DB_TIMEOUT,	/* over the statement's time: 503 */
	DB_UNAVAILABLE,	/* cannot connect, connection lost, server full: 503 */
	DB_NO_MEMORY,	/* none left here for this request: 503 */
	DB_OUTCOME_UNKNOWN,	/* lost while committing: it may have happened */
	DB_BUG,		/* the statement or a value was wrong: ours, 500 */
	DB_ABORT,	/* never from here: a transaction's own function gave up */
};

struct db_conf {
	const char	*socket, *host, *user, *password, *name;
	int64_t		 port;
	int64_t		 statement_ms;	/* bound on one statement */
	struct connection_budget	*budget;	/* of the installation; NULL: no bound */
	int64_t		 wait_ms;	/* for a place in it */
	bool		 bumps;		/* who writes here makes cached answers stale:
					 * triggers of watched tables need not */
	_Atomic uint32_t *open;		/* counts those that are; NULL: nobody asks */
};

struct db;

/* Rows of values: row r, column c is v[r * columns + c]. */
struct db_rows {
	struct val	*v;
	size_t		 n, columns;
};

/* Once in a process, before threads. */
bool		 db_library_init(void) MUSTCHECK;

/* Does not connect yet.  The conf must outlive it. */
struct db	*db_open(const struct db_conf *) MUSTCHECK;
void		 db_close(struct db *);

/*
 * Between requests: give the connection back when others wait for one, or when
 * it was not used for long.  One that is busy keeps it for a slice of time, so
 * that a crowd does not connect anew for each request.  True: there still is one.
 */
bool		 db_idle(struct db *, bool busy);

/*
 * Does the server answer, on a new connection, within so many milliseconds?
 * That is all this waits.  Gives up the connection there was.
 */
enum db_err	 db_probe(struct db *, int64_t ms) MUSTCHECK;

/* Run a statement that answers rows. */
enum db_err	 db_query(struct db *, struct arena *, struct str sql,
		    const struct val *, size_t nvals, struct db_rows *) MUSTCHECK;

struct db_result {
	uint64_t	 changed;	/* rows matched (CLIENT_FOUND_ROWS) */
	int64_t		 id;		/* made by AUTO_INCREMENT, or 0 */
};

/* Run one that does not.  `done` may be NULL. */
enum db_err	 db_exec(struct db *, struct str sql, const struct val *,
		    size_t nvals, struct db_result *) MUSTCHECK;

/* Inside these a lost connection is DB_UNAVAILABLE (begin: tried once more). */
enum db_err	 db_begin(struct db *) MUSTCHECK;
enum db_err	 db_commit(struct db *) MUSTCHECK;
/*
 * A name of the connection a transaction is open on, and whether the one of
 * such a name is gone, so that nothing it sent can happen any more.  The
 * question ends it, if it is still there: ask again.  False also when the
 * server can not be asked.
 */
uint64_t	 db_writer_id(const struct db *) MUSTCHECK;
bool		 db_writer_gone(struct db *, uint64_t writer) MUSTCHECK;
/* After DB_OUTCOME_UNKNOWN: was that connection seen gone? */
bool		 db_outcome_settled(const struct db *) MUSTCHECK;
/* Never fails for the caller: what can not be rolled back is disconnected. */
void		 db_rollback(struct db *);
/* A point of the transaction to go back to, and back there; the last one counts. */
enum db_err	 db_savepoint(struct db *) MUSTCHECK;
void		 db_rollback_to(struct db *);
/*
 * Did something in the open transaction fail that only a new run of all of it
 * mends?  DB_RETRY, or DB_UNAVAILABLE when its connection is lost: no other statement
 * runs in it any more.  Else DB_OK.
 */
enum db_err	 db_tx_error(const struct db *) MUSTCHECK;

/* Key or column of the last DUPLICATE or REFERENCE; "" if the server told none. */
const char	*db_error_detail(const struct db *);

/* Several statements of plain text at once, for migrations.  Message in db_error_message(). */
enum db_err	 db_script(struct db *, const char *sql) MUSTCHECK;
const char	*db_error_message(const struct db *);
/* The server's or the client library's number of the last failure; 0: ours. */
unsigned	 db_error_code(const struct db *);

/* What a statement would take and answer, for `--check`. */
enum db_type { DB_TYPE_INT, DB_TYPE_NUM, DB_TYPE_DECIMAL, DB_TYPE_TEXT,
	DB_TYPE_BYTES, DB_TYPE_TIME, DB_TYPE_DATE, DB_TYPE_OTHER };

struct db_column {
	const char	*name;
	enum db_type	 type;
	bool		 null, is_unsigned;
	bool		 is_enum;	/* ENUM or SET: sorted by position, not as text */
	unsigned	 decimals;	/* of a second */
	unsigned long	 length;	/* characters of a text, bytes of a binary */
};

struct db_description {
	size_t			 params, ncolumns;
	struct db_column	*columns;	/* from the arena */
};

enum db_err	 db_describe(struct db *, struct arena *, struct str sql,
		    struct db_description *) MUSTCHECK;

/* Counted since db_counts_reset(): for the log line of a request. */
struct db_counts {
	uint64_t	 statements;
	int64_t		 us;
};

void		 db_counts_reset(struct db *);
struct db_counts db_counts(const struct db *);

#endif
