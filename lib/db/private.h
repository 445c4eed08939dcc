#ifndef BRISK_DB_PRIVATE_H
#define BRISK_DB_PRIVATE_H
/*
 * private - shared by the parts of the room:
 *
 *	db.c		connection
 *	stmt.c		prepared statements
 *	tx.c		transactions
 *	writer.c	names of connections
 *	probe.c		is the server there?
 *	bind.c		values in
 *	result.c	rows out
 *	error.c		failures
 */
#include <mysql.h>

#include "db/db.h"

/* Receives one column of a fetched row. */
struct db_column_buf {
	enum val_kind		 kind;
	enum enum_field_types	 type;
	unsigned		 flags, charset;
	union {
		int64_t		 i;
		double		 d;
		MYSQL_TIME	 t;
		uint8_t		 bit[8];
	} u;
	unsigned long		 length;
	my_bool			 null, error;
};

struct db_stmt {
	MYSQL_STMT	*h;		/* NULL: the slot is free */
	char		*sql;
	size_t		 n;		/* bytes of sql */
	uint64_t	 used;		/* db->tick at the last use */
	size_t		 ncolumns;
	struct db_column_buf	*out;
};

struct db {
	const struct db_conf	*conf;
	MYSQL			*my;		/* NULL: not connected */
	struct connection_seat	 seat;		/* held while connected */
	bool			 counted;	/* in conf->open_connections */
	bool			 in_tx;
	bool			 must_retry;	/* the transaction, after a deadlock */
	uint64_t		 writer;	/* random name of the connection; 0: none yet */
	bool			 settled;	/* the connection of the last DB_OUTCOME_UNKNOWN is gone */
	int64_t			 not_before_us;	/* do not connect before */
	int64_t			 last_us;	/* last use of the connection */
	int64_t			 since_us;	/* start of the connection */
	struct db_counts	 counts;

	/* Statements.  Their hashes are an array of their own, for a fast search. */
	uint64_t		 hash[DB_MAX_STATEMENTS];
	struct db_stmt		 stmt[DB_MAX_STATEMENTS];
	uint64_t		 tick;

	/* Reused by all statements: parameters, and rows while they are fetched. */
	MYSQL_BIND		*bind;
	MYSQL_TIME		*time;
	size_t			 nbind;
	struct val		*row;
	size_t			 nrow;

	/* The last failure. */
	unsigned		 code;		/* of server or library; 0: our own */
	bool			 sent;		/* the values were sent: the statement may have run */
	bool			 quiet;		/* logged already */
	char			 detail[65];
	char			 message[512];
};

/* writer.c: name the connection, once; wait until a connection is gone. */
bool		 db_writer_name(struct db *) MUSTCHECK;
void		 db_writer_wait(struct db *, uint64_t writer);

/* db.c: connect if there is no connection; in a transaction: db_tx_error(). */
enum db_err	 db_connect(struct db *) MUSTCHECK;
void		 db_disconnect(struct db *);

/* error.c: record a failure, and close a connection that it made unusable. */
enum db_err	 db_fail(struct db *, unsigned code, const char *message, bool sent);
enum db_err	 db_fail_my(struct db *, bool sent);
enum db_err	 db_fail_stmt(struct db *, const struct db_stmt *, bool sent);
enum db_err	 db_fail_bug(struct db *, const char *, ...) PRINTF(2, 3);
enum db_err	 db_fail_memory(struct db *, const char *what);
void		 db_clear_error(struct db *);
/* Log the recorded failure, at a level that depends on its kind. */
void		 db_log_error(struct db *, enum db_err, struct str sql);
/* May the same statement succeed on a new connection? */
bool		 db_connection_lost(const struct db *);

/* stmt.c */
void		 db_stmt_drop(struct db *, struct db_stmt *);

/* bind.c */
enum db_err	 db_bind(struct db *, struct db_stmt *, const struct val *, size_t n)
		    MUSTCHECK;
int64_t		 db_time_ms(const MYSQL_TIME *);

/* result.c: rows of an executed statement. */
enum val_kind	 db_value_kind(const MYSQL_FIELD *);
enum db_err	 db_bind_columns(struct db *, struct db_stmt *) MUSTCHECK;
enum db_err	 db_fetch(struct db *, struct db_stmt *, struct arena *,
		    struct db_rows *) MUSTCHECK;

#endif
