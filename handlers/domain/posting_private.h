#ifndef POSTING_PRIVATE_H
#define POSTING_PRIVATE_H
/*
 * posting_private - what the parts of posting share.
 *
 *	posting.c		may it be; accounts and entries
 *	posting_row.c		rows of transactions
 *	posting_account.c	accounts by their code
 *	posting_sql.c		statements
 */
#include "posting.h"

/* What a kind does to the sums, and what becomes of whom it concerns. */
struct posting_kind {
	const char	*name;
	int		 posted, pending;	/* times the amount */
	const char	*status;		/* of its own row; NULL: it has none */
	const char	*resolved;		/* of the pending one; NULL: there is none */
	const char	*reason;		/* of that */
};

/* An account as it is locked. */
struct posting_balances {
	struct uuid	 id;
	struct str	 currency, kind, constraint_kind;
	int64_t		 debits_posted, credits_posted, debits_pending, credits_pending;
};

/* An entry on its way: what it adds to the sums of its account. */
struct posting_move {
	struct uuid	 account_id;
	int64_t		 line_no, direction, amount, balance_after;
	int64_t		 debits_posted, credits_posted, debits_pending, credits_pending;
};

/* A posting under way. */
struct posting_work {
	struct posting			*p;
	const struct posting_kind	*kind;
	struct posting_move		*moves;		/* by account */
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

/* Its moves; DB_BUG when it is none that can be posted. */
enum db_err	 posting_begin(struct store *, struct posting *,
		    struct posting_work *) MUSTCHECK;
/* Its row, new or queued, and that of the one it resolves, as they are now. */
enum db_err	 posting_row_insert(struct store *, const struct posting_work *) MUSTCHECK;
enum db_err	 posting_row_resolved(struct store *, const struct posting_work *) MUSTCHECK;
/* Of the same source and kind: DB_NOT_FOUND, or p->before and p->id. */
enum db_err	 posting_row_existing(struct store *, struct posting *) MUSTCHECK;

#endif
