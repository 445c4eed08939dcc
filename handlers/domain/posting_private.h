#ifndef DOMAIN_POSTING_PRIVATE_H
#define DOMAIN_POSTING_PRIVATE_H
/*
 * posting_private - shared by the files of posting.
 *
 *	posting.c		checks; accounts and entries
 *	posting_row.c		rows of transactions
 *	posting_account.c	accounts by their code
 *	posting_sql.c		statements
 */
#include "posting.h"

/* The effect of a kind on the sums of the accounts and on the rows. */
struct posting_kind {
	const char	*name;
	int		 posted, pending;	/* factors of the amount */
	const char	*status;		/* new status of its row; NULL: no row */
	const char	*resolved;		/* of the pending row; NULL: no such row */
	const char	*reason;		/* of the pending row */
};

/* A locked account. */
struct posting_balances {
	struct uuid	 id;
	struct str	 currency, kind, constraint_kind;
	int64_t		 debits_posted, credits_posted, debits_pending, credits_pending;
};

/* An entry, and what it adds to the sums of its account. */
struct posting_move {
	struct uuid	 account_id;
	int64_t		 line_no, direction, amount, balance_after;
	int64_t		 debits_posted, credits_posted, debits_pending, credits_pending;
};

/* A posting in progress. */
struct posting_work {
	struct posting			*p;
	const struct posting_kind	*kind;
	struct posting_move		*moves;		/* sorted by account */
	size_t				 n;
};

struct posting_moves {
	struct uuid	 transaction_id;
	struct list	 moves;
};

struct posting_touched {
	struct uuid	 transaction_id, account_id;
};

/* A row of transactions. */
struct posting_row {
	struct uuid	 id, pending_id, resolves, source_id;
	struct str	 kind, status, currency, reference, source, reason;
	struct list	 entries;
	struct json	 metadata;
	struct stamp	 timeout_at;
};

enum posting_query {
	POSTING_LOCK_ACCOUNTS, POSTING_ADD_ENTRIES, POSTING_CHANGE_SUMS,
	POSTING_ADD_ROW, POSTING_ADD_TOUCHED, POSTING_CHANGE_ROW, POSTING_LOCK_ROW,
	POSTING_FIND_SOURCE, POSTING_FIND_PENDING, POSTING_FIND_ACCOUNT,
	POSTING_ADD_ACCOUNT
};

static inline enum db_err
posting_run(struct store *st, enum posting_query query, const void *in)
{
	return query_exec(st, &posting_queries[query], in, NULL);
}

/* Compute the moves.  DB_BUG: the posting violates the rules of posting.h. */
enum db_err	 posting_begin(struct store *, struct posting *,
		    struct posting_work *) MUSTCHECK;
/* Insert or update the row of the posting; update the row that it resolves. */
enum db_err	 posting_row_insert(struct store *, const struct posting_work *) MUSTCHECK;
enum db_err	 posting_row_resolved(struct store *, const struct posting_work *) MUSTCHECK;
/* Find a transaction with the same source and kind: sets p->already_posted and p->id. */
enum db_err	 posting_row_existing(struct store *, struct posting *) MUSTCHECK;

#endif
