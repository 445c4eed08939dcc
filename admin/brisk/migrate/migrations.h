#ifndef BRISK_MIGRATIONS_H
#define BRISK_MIGRATIONS_H
/*
 * migrations - migration files in dbmate's format, and their state in the database.
 *
 * DIR/core/ comes first, then the folders of the services in the order of their names;
 * within a folder, the files in the order of their names.  The version is the folder and
 * the leading digits of the file name: core/0001.  The state is in two tables: dbmate's
 * schema_migrations, and brisk_migrations, which also records interrupted and failed
 * migrations with their error, and a checksum of the applied text.
 */
#include "admin.h"
#include "crypto/crypto.h"

enum migration_state {
	MIGRATION_PENDING,
	MIGRATION_APPLIED,
	MIGRATION_CHANGED,	/* applied, but the file was changed afterwards */
	MIGRATION_MISSING,	/* applied, but the file is missing */
	MIGRATION_RUNNING,	/* interrupted */
	MIGRATION_FAILED,
	MIGRATION_STATES
};

/* One direction: its statements, or "". */
struct migration_part {
	const char	*sql;
	bool		 bare;		/* not in a transaction */
};

struct migration {
	const char	*version, *service;
	const char	*file;		/* below DIR; "" if missing */
	uint8_t		 sum[SHA256_LEN];
	struct migration_part up, down;
	bool		 on;		/* its service is switched on */
	/* From the database. */
	enum migration_state state;
	const char	*at, *message;
};

struct migrations {
	struct migration *v;
	size_t		 n, cap;
};

/* Read the files.  False, reported: a file is invalid. */
bool	migrations_read(struct migrations *, const char *dir,
	    const struct conf *) MUSTCHECK;

/* Append a zeroed migration.  NULL, reported: no memory. */
struct migration *migrations_add(struct migrations *) MUSTCHECK;

/* Create the two tables unless they exist. */
bool	migrations_tables(struct db *) MUSTCHECK;

/* Read the states; migrations without a file are appended. */
bool	migrations_states(struct migrations *, struct db *) MUSTCHECK;

/*
 * Run a part and record the result.  False: it failed; `message` is the error, which is
 * also recorded if the database answers.
 */
bool	migration_up(struct migration *, struct db *) MUSTCHECK;
/* Requires a `down` part. */
bool	migration_down(struct migration *, struct db *) MUSTCHECK;

/* Acquire the lock of the database.  False, reported: another process holds it. */
bool	migrations_lock(struct db *) MUSTCHECK;

#endif
