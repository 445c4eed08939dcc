#ifndef BRISK_RESOURCE_CHANGE_H
#define BRISK_RESOURCE_CHANGE_H
/*
 * change - a write while it runs: the rows it creates or changes, in one
 * transaction.  Private to the room.
 */
#include "resource/lists.h"

#define INSERT_AT_ONCE	64	/* rows of one INSERT: 1, 2, 4 ... 64 */

/* The body of a create: one row or a batch; rq->input.body. */
struct batch {
	void	*rows;
	size_t	 n;
};

struct change {
	struct req		*rq;
	struct resp		*rs;
	const struct resource	*r;
	struct list_query	 view;		/* of the response: every member the caller may see */
	char			*rows;		/* rows to create, or the row with its new values */
	size_t			 n;
	bool			 batch, merge;
	bool			*exists;	/* merge: row i exists already; NULL: not a merge */
	bool			*unchanged;	/* merge: row i exists with the same values */
	size_t			 created;
	size_t			 first;		/* index in the batch of rows[0], for pointers */
	struct list_row		*list_rows;	/* rows to insert for one list field */
	struct faults		 fs;
	enum http_status	 status;	/* of a refusal found in the transaction */
};

static inline void *
change_row(const struct change *c, size_t i)
{
	return c->rows + i * c->r->schema->size;
}

/* Does the request's body hold a batch? */
bool		 resource_is_batch(const struct req *);
/* "#/items/7/sku" of a batch, "#/sku" of one row. */
const char	*change_pointer(const struct change *, size_t item, const char *member);

/*
 * Insert `n` elements in statements of `most`, most / 2, ... 1 of them, to bound
 * the number of statements.  When a constraint refuses a statement, its elements
 * are tried one by one: `fault` reports the bad ones, the others go on.
 */
enum db_err	 change_in_batches(struct store *, struct change *, size_t n, size_t most,
		    enum db_err (*insert)(struct store *, struct change *,
			size_t from, size_t n),
		    void (*fault)(struct store *, struct change *, enum db_err,
			size_t i)) MUSTCHECK;

/* Insert the rows that do not exist yet; constraint faults go to c->fs. */
enum db_err	 change_insert_rows(struct store *, struct change *) MUSTCHECK;
/* Write row i and its lists where they differ from `old`. */
enum db_err	 change_update_row(struct store *, struct change *, size_t i,
		    const void *old) MUSTCHECK;
/* Read and lock the row of the request's key; DB_NOT_FOUND. */
enum db_err	 change_lock_row(struct store *, const struct change *, struct rows *)
		    MUSTCHECK;
/* Make the caller the owner of new rows; DB_ABORT: the caller can own nothing. */
enum db_err	 change_set_owner(struct change *) MUSTCHECK;
/* Give the rows of a merge that exist their new values. */
enum db_err	 change_merge_rows(struct store *, struct change *) MUSTCHECK;
/* Answer with the rows as they are now, in the order of the batch. */
enum db_err	 change_batch_response(struct store *, struct change *) MUSTCHECK;
/* Copy from `old` what the caller may not set, and the owner unless it was sent. */
void		 change_keep_readonly(const struct change *, void *now, const void *old);

/* Do two rows have the same values, as far as a change may write them? */
bool		 change_row_same(const struct resource *, struct arena *, const void *,
		    const void *);

/* Did a constraint, or the type of a column, refuse a value? */
bool		 change_is_constraint(enum db_err);
/* Report that refusal as a fault at pointer `at`. */
void		 change_constraint_fault(struct change *, const struct resource *, enum db_err,
		    const char *detail, const char *at);

/* Write each row to the audit log; `verb` is "create", "update" or "delete". */
enum db_err	 change_audit(struct store *, const struct change *,
		    const char *verb) MUSTCHECK;

#endif
