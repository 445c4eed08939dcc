#ifndef POSTING_H
#define POSTING_H
/*
 * posting - money that moves between accounts of the ledger, in a transaction
 * of the caller's own: queued transactions are posted so, and payments.
 *
 *	struct posting_entry sale[] = {
 *		{ wallet, POSTING_DEBIT, 1999 }, { sales, POSTING_CREDIT, 1999 } };
 *	struct posting p = { .kind = POSTING_TRANSFER, .currency = STR("EUR"),
 *	    .entries = { sale, 2 }, .source = STR("payment"), .source_id = payment };
 *
 *	err = posting_post(st, &p);
 *
 * Debits and credits of one posting are equal, in one currency, and an account
 * stands in it once: who calls has seen to that, and it is DB_BUG otherwise.
 * Inside store_write() or job_write(); what its answers show is
 * stale by itself.
 *
 * What can not be is refused before anything is written: DB_ABORT, and
 * p->refusal says why.  The transaction goes on if the caller wants it to;
 * accounts that were looked at stay locked, in the order of their ids.
 *
 * The same source, source_id and kind is posted once: then DB_OK with p->before,
 * and p->id is that of the first.
 *
 * An account's balance grows with debits when it is an asset or an expense, and
 * with credits when it is a liability, equity or income.
 */
#include "cache/store.h"

#define POSTING_ENTRIES	50		/* most of one posting */

/* Kinds, as they stand in the table of transactions; the last is in none. */
#define POSTING_TRANSFER	"transfer"	/* moved at once */
#define POSTING_PENDING		"pending"	/* reserved, to be resolved */
#define POSTING_POST		"post_pending"	/* what was reserved is moved */
#define POSTING_VOID		"void_pending"	/* it is given back */
#define POSTING_TIMEOUT		"timeout"	/* the same, as its time is over */

#define POSTING_DEBIT	STR("debit")
#define POSTING_CREDIT	STR("credit")

struct posting_entry {
	struct uuid	 account_id;
	struct str	 direction;
	int64_t		 amount;		/* minor units, above 0 */
};

extern const struct schema posting_entry_schema;

enum posting_refusal {
	POSTING_OK,
	POSTING_FUNDS,		/* an account's constraint: "insufficient_funds" */
	POSTING_NO_ACCOUNT,	/* "account_not_found" */
	POSTING_CURRENCY,	/* an account has another: "currency_mismatch" */
	POSTING_RANGE,		/* a sum would be over 2^53-1: "balance_out_of_range" */
	POSTING_NOT_PENDING,	/* pending_id names nothing that is: "not_pending" */
	POSTING_RESOLVED	/* it was posted or voided before: "already_resolved" */
};

struct posting {
	struct uuid	 id;		/* of the transaction; nil: a new one */
	const char	*kind;
	struct str	 currency;
	struct list	 entries;	/* of struct posting_entry */
	struct uuid	 pending_id;	/* POST, VOID, TIMEOUT: which one they resolve */
	struct str	 source;	/* "payment": what it is for, at most 24 bytes */
	struct uuid	 source_id;
	struct str	 reference;	/* absent: none */
	struct json	 metadata;	/* absent: none */
	struct stamp	 timeout_at;	/* of a queued PENDING one; absent: never */
	bool		 queued;	/* its row is there, locked by the caller */
	bool		 before;	/* answered: it had been posted */
	enum posting_refusal refusal;	/* answered with DB_ABORT */
};

enum db_err	 posting_post(struct store *, struct posting *) MUSTCHECK;

/*
 * Not now: its row, "queued", and a job for the program `transactions`, which
 * will post or reject it.
 */
enum db_err	 posting_queue(struct store *, struct posting *) MUSTCHECK;

/*
 * For those that resolve one: currency and entries of p->pending_id, which are
 * never changed, so that they can be read before the transaction begins.
 * DB_NOT_FOUND: it is no transaction of kind POSTING_PENDING.
 */
enum db_err	 posting_pending(struct store *, struct posting *p) MUSTCHECK;

/* What a refusal is called, as a transaction's `reason`; NULL: none. */
const char	*posting_error_code(enum posting_refusal);

/*
 * An account by its code, made if it is not there: a->id answers it.  Inside a
 * transaction.  DB_ABORT: there is one, of another currency, kind or owner.
 *
 *	struct posting_account sales = { .code = STR("shop:sales:eur"),
 *	    .currency = STR("EUR"), .kind = STR("income") };
 */
struct posting_account {
	struct uuid	 id;
	struct str	 code;			/* [a-z0-9:._-]{1,64} */
	struct str	 currency, kind;	/* "EUR", "liability" */
	struct str	 constraint;		/* absent: "none"; "no_debit_balance"... */
	struct uuid	 owner_id;		/* nil: nobody's */
};

enum db_err	 posting_account(struct store *, struct posting_account *a) MUSTCHECK;

/*
 * What that program does: inside job_write(), post or reject one that is queued
 * still; give back what is pending still.
 */
struct posting_job {
	struct uuid	 id;
};

#define POSTING_JOB_POST	"transaction.post"
#define POSTING_JOB_TIMEOUT	"transaction.timeout"

extern const struct schema posting_job_schema;
enum db_err	 posting_settle(struct store *, struct uuid) MUSTCHECK;
enum db_err	 posting_timeout(struct store *, struct uuid) MUSTCHECK;

/* Its statements, for .uses; with those of jobs (job.h) where it is queued. */
extern const struct query posting_queries[];

#endif
