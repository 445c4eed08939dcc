#ifndef BRISK_DB_PRIVATE_H
#define BRISK_DB_PRIVATE_H
/*
 * db_private - what the parts of db share: db.c (connection), db_tx.c
 * (transactions), db_stmt.c (statements and their runs), db_writer_id.c (names of
 * connections), db_probe.c (is the server there), db_bind.c (values in), db_row.c
 * (rows out), db_error.c (what went wrong).  For these only.
 */
#include <mysql.h>
#include "db/db.h"

/* Where one column of a fetched row lands. */
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
	MYSQL_STMT	*h;		/* NULL: a free place */
	char		*sql;
	size_t		 n;		/* bytes of it */
	uint64_t	 used;		/* tick of the last use */
	size_t		 ncolumns;
	struct db_column_buf	*out;
};

struct db {
	const struct db_conf	*conf;
	MYSQL			*my;		/* NULL: not connected */
	struct connection_seat	 seat;		/* taken while there is a connection */
	bool			 counted;	/* in conf->open */
	bool			 in_tx;
	bool			 spoilt;	/* it must be run again, all of it */
	uint64_t		 writer;	/* name of the connection; 0: none yet */
	bool			 settled;	/* the one of the last DB_OUTCOME_UNKNOWN is gone */
	int64_t			 not_before_us;	/* no attempt to connect until then */
	int64_t			 last_us;	/* the connection was last used */
	int64_t			 since_us;	/* and made */
	struct db_counts	 counts;

	/* Statements; their hashes apart, so that a search reads one array. */
	uint64_t		 hash[DB_MAX_STATEMENTS];
	struct db_stmt		 stmt[DB_MAX_STATEMENTS];
	uint64_t		 tick;

	/* Kept between statements: binding, and rows before their number is known. */
	MYSQL_BIND		*bind;
	MYSQL_TIME		*time;
	size_t			 nbind;
	struct val		*row;
	size_t			 nrow;

	/* Of the last failure. */
	unsigned		 code;		/* the server's or client's; 0: ours */
	bool			 sent;		/* values had been sent: it may have run */
	bool			 quiet;		/* told before: not again */
	char			 detail[65];
	char			 message[512];
};

/* db_writer_id.c: name the connection, once; wait for the end of one. */
bool		 db_writer_name(struct db *) MUSTCHECK;
void		 db_writer_wait(struct db *, uint64_t writer);

/* db.c: a live connection, made if need be; never inside a transaction. */
enum db_err	 db_connect(struct db *) MUSTCHECK;
void		 db_disconnect(struct db *);

/* db_error.c: note a failure, and end a connection that it made unusable. */
enum db_err	 db_fail(struct db *, unsigned code, const char *message, bool sent);
enum db_err	 db_fail_my(struct db *, bool sent);
enum db_err	 db_fail_stmt(struct db *, const struct db_stmt *, bool sent);
enum db_err	 db_fail_bug(struct db *, const char *, ...) PRINTF(2, 3);
enum db_err	 db_fail_memory(struct db *, const char *what);
void		 db_clear_error(struct db *);
/* Log the noted failure, as loud as its kind deserves. */
void		 db_log_error(struct db *, enum db_err, struct str sql);
/* Would the same succeed on a new connection?  Its loss, mostly. */
bool		 db_connection_lost(const struct db *);

/* db_stmt.c */
void		 db_stmt_drop(struct db *, struct db_stmt *);

/* db_bind.c: values on their way in. */
enum db_err	 db_bind(struct db *, struct db_stmt *, const struct val *, size_t n)
		    MUSTCHECK;
int64_t		 db_time_ms(const MYSQL_TIME *);

/* db_row.c: rows on their way out, once executed. */
enum val_kind	 db_value_kind(const MYSQL_FIELD *);
enum db_err	 db_bind_columns(struct db *, struct db_stmt *) MUSTCHECK;
enum db_err	 db_fetch(struct db *, struct db_stmt *, struct arena *,
		    struct db_rows *) MUSTCHECK;

#endif
