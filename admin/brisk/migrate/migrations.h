#ifndef BRISK_MIGRATIONS_H
#define BRISK_MIGRATIONS_H
/*
 * migrations - the changes of the tables: files in dbmate's format, and what
 * the database knows of them.
 *
 * DIR/core/ comes first, then the folders of the services by name, in each the
 * files by name.  The version is the folder and the digits that the file's
 * name begins with: core/0001.  The database holds two tables: dbmate's
 * schema_migrations, and brisk_migrations, which also tells a change that was
 * begun and never ended, one that failed and why, and which text was applied.
 */
#include "admin.h"
#include "crypto/crypto.h"

enum migration_state {
	MIGRATION_PENDING,
	MIGRATION_APPLIED,
	MIGRATION_CHANGED,	/* applied, but the file is another since */
	MIGRATION_MISSING,	/* applied, but there is no file */
	MIGRATION_RUNNING,	/* begun and never ended */
	MIGRATION_FAILED,
	MIGRATION_STATES
};

/* One direction: its statements, "" when there are none. */
struct migration_part {
	const char	*sql;
	bool		 bare;		/* not in a transaction */
};

struct migration {
	const char	*version, *service;
	const char	*file;		/* below DIR; "" when missing */
	uint8_t		 sum[SHA256_LEN];
	struct migration_part up, down;
	bool		 on;		/* its service is */
	/* What the database knows. */
	enum migration_state state;
	const char	*at, *message;
};

struct migrations {
	struct migration *v;
	size_t		 n, cap;
};

/* Read the files; false, and told, when one can not be used. */
bool	migrations_read(struct migrations *, const char *dir,
	    const struct conf *) MUSTCHECK;

/* A zeroed one more, at the end; NULL, and told, without memory. */
struct migration *migrations_add(struct migrations *) MUSTCHECK;

/* Make the two tables where they are missing. */
bool	migrations_tables(struct db *) MUSTCHECK;

/* Fill in what the database knows; missing ones are added at the end. */
bool	migrations_states(struct migrations *, struct db *) MUSTCHECK;

/*
 * Run one of its parts and note how it ended.  False: it failed, `message`
 * says why, and so does the database if it could be told.
 */
bool	migration_up(struct migration *, struct db *) MUSTCHECK;
/* Only where there is a `down`. */
bool	migration_down(struct migration *, struct db *) MUSTCHECK;

/* One at a time.  False, and told, when another is at work. */
bool	migrations_lock(struct db *) MUSTCHECK;

#endif
