#ifndef BRISK_QUERY_H
#define BRISK_QUERY_H
/*
 * query - declared statements, whose parameters and rows are structs.
 *
 *	static const struct query by_site = {
 *		"SELECT id, name FROM plants WHERE site_id = ?",
 *		.in = &site, .out = &plant };
 *
 * Each field of `in` binds one parameter (two for money), in order.  Each
 * field of `out` reads one column (two for money), in order.  `--check` prepares
 * every declared query against the database and compares the types.
 *
 * Results live in the arena of the store, which the owner of the request or job
 * resets.  Every function returns DB_NO_MEMORY when that arena is exhausted,
 * and otherwise what the database reported.
 */
#include "base/base.h"
#include "db/error.h"
#include "schema/field.h"

struct store;

struct query {
	const char		*sql;		/* NULL ends a table of queries */
	const struct schema	*in, *out;	/* NULL: no parameters, no rows */
};

/* All rows, as an array of `n` structs of the schema `out`. */
enum db_err	query_all(struct store *, const struct query *, const void *in,
		    void **rows, size_t *n) MUSTCHECK;
/* The same, with the rows in `arena` instead of the arena of the store. */
enum db_err	query_all_into(struct store *, struct arena *, const struct query *,
		    const void *in, void **rows, size_t *n) MUSTCHECK;
/* The first row; DB_NOT_FOUND if there is none. */
enum db_err	query_one(struct store *, const struct query *, const void *in,
		    void *row) MUSTCHECK;
/* A statement without rows.  `result` may be NULL. */
enum db_err	query_exec(struct store *, const struct query *, const void *in,
		    struct db_result *result) MUSTCHECK;

/*
 * Insert `n` structs.  The statement ends with "VALUES (?,?)"; it is repeated
 * with 64, 32, ... 1 rows, which bounds the number of prepared statements.
 */
enum db_err	query_insert(struct store *, const struct query *, const void *rows,
		    size_t n) MUSTCHECK;

#endif
