#ifndef BRISK_DB_H
#define BRISK_DB_H
/*
 * db - one connection to MariaDB, with prepared statements and transactions.
 * Only this room knows libmariadb.
 *
 * A `struct db` belongs to one thread.  It connects at its first use, and again
 * after a lost connection.  It keeps at most DB_MAX_STATEMENTS prepared
 * statements, found by their text, and closes the least recently used one first.
 * SQL text is never built from what a client sent: every value is bound.
 *
 * Every session uses utf8mb4, UTC, READ COMMITTED and strict mode, and bounds the
 * time of its statements.  Result rows live in the arena that the caller passes.
 * A failure is logged here, once; the caller acts on its enum db_err.
 */
#include "base/arena.h"
#include "db/error.h"
#include "schema/value.h"
#include "shm/connection_budget.h"

#define DB_MAX_STATEMENTS	64

struct db_conf {
	const char	*socket, *host, *user, *password, *name;
	int64_t		 port;
	int64_t		 statement_ms;	/* bound of one statement; 0: none */
	struct connection_budget	*budget;	/* connections of the installation; NULL: no bound */
	int64_t		 wait_ms;	/* for a free connection in it */
	bool		 invalidates;	/* the session invalidates cached answers itself: triggers
					 * of watched tables ignore its writes */
	_Atomic uint32_t *open_connections; /* counts open connections; may be NULL */
};

struct db;

/* Rows of values: row r, column c is v[r * columns + c]. */
struct db_rows {
	struct val	*v;
	size_t		 n, columns;
};

/* Initialize the client library, once in a process, before threads. */
bool		 db_library_init(void) MUSTCHECK;

/* Does not connect yet.  The configuration must outlive it.  NULL: no memory. */
struct db	*db_open(const struct db_conf *) MUSTCHECK;
void		 db_close(struct db *);

/*
 * Between requests: close the connection if other processes wait for one, or if
 * it is unused for long.  A busy connection is kept for a slice of time, so that
 * waiting processes do not reconnect for every request.  Returns whether the
 * connection is still open.
 */
bool		 db_idle(struct db *, bool busy);

/*
 * Does the server answer a new connection within `ms` milliseconds?  Never
 * takes longer.  Closes the existing connection.
 */
enum db_err	 db_probe(struct db *, int64_t ms) MUSTCHECK;

/* --- statements ------------------------------------------------------------- */

/* Run a statement that returns rows. */
enum db_err	 db_query(struct db *, struct arena *, struct str sql,
		    const struct val *, size_t nvals, struct db_rows *) MUSTCHECK;

/* Run a statement without rows.  `result` may be NULL. */
enum db_err	 db_exec(struct db *, struct str sql, const struct val *,
		    size_t nvals, struct db_result *result) MUSTCHECK;

/* Key or column of the last DB_DUPLICATE, DB_BAD_REFERENCE or DB_BAD_VALUE; or "". */
const char	*db_error_detail(const struct db *);
/* Message and number of the last failure; number 0: not from server or library. */
const char	*db_error_message(const struct db *);
unsigned	 db_error_code(const struct db *);

/* Run several statements of plain text, for migrations. */
enum db_err	 db_script(struct db *, const char *sql) MUSTCHECK;

/* --- transactions ----------------------------------------------------------- */

/*
 * Begin and commit.  In a transaction a lost connection is DB_UNAVAILABLE;
 * db_begin() reconnects once.
 */
enum db_err	 db_begin(struct db *) MUSTCHECK;
enum db_err	 db_commit(struct db *) MUSTCHECK;
/* Cannot fail: a connection that cannot roll back is closed. */
void		 db_rollback(struct db *);

/*
 * Set savepoint `level`, and roll back to it.  Setting a level again replaces
 * the savepoint.
 */
enum db_err	 db_savepoint(struct db *, unsigned level) MUSTCHECK;
void		 db_rollback_to(struct db *, unsigned level);

/*
 * Must the whole transaction run again?  DB_RETRY after a deadlock,
 * DB_UNAVAILABLE if its connection is lost; no other statement runs in it then.
 * Otherwise DB_OK.
 */
enum db_err	 db_tx_error(const struct db *) MUSTCHECK;

/*
 * The random name of the connection of the open transaction, and whether the
 * connection of that name is gone, so that nothing it sent can be committed any
 * more.  db_writer_gone() kills the connection if it still exists: call it
 * again.  False also if the server cannot be reached.
 */
uint64_t	 db_writer_id(const struct db *) MUSTCHECK;
bool		 db_writer_gone(struct db *, uint64_t writer) MUSTCHECK;
/* After DB_OUTCOME_UNKNOWN: is that connection gone, and so the outcome final? */
bool		 db_outcome_settled(const struct db *) MUSTCHECK;

/* --- descriptions, for `--check` -------------------------------------------- */

enum db_type { DB_TYPE_INT, DB_TYPE_NUM, DB_TYPE_DECIMAL, DB_TYPE_TEXT,
	DB_TYPE_BYTES, DB_TYPE_TIME, DB_TYPE_DATE, DB_TYPE_OTHER };

struct db_column {
	const char	*name;
	enum db_type	 type;
	bool		 null, is_unsigned;
	bool		 is_enum;	/* ENUM or SET: sorts by position, not as text */
	unsigned	 decimals;	/* fractional digits of a second */
	unsigned long	 length;	/* characters of text, bytes of binary data */
};

/* What a statement binds and returns. */
struct db_description {
	size_t			 params, ncolumns;
	struct db_column	*columns;	/* in the arena */
};

/* Prepare the statement, without running it. */
enum db_err	 db_describe(struct db *, struct arena *, struct str sql,
		    struct db_description *) MUSTCHECK;

/* Since db_counts_reset(), for the log line of a request. */
struct db_counts {
	uint64_t	 statements;
	int64_t		 us;
};

void		 db_counts_reset(struct db *);
struct db_counts db_counts(const struct db *);

#endif
