#ifndef DOMAIN_POSTING_H
#define DOMAIN_POSTING_H
/*
 * posting - moves money between accounts of the ledger, in the caller's database
 * transaction.  The ledger's queue and the payments use it.
 *
 *	struct posting_entry sale[] = {
 *		{ wallet, POSTING_DEBIT, 1999 }, { sales, POSTING_CREDIT, 1999 } };
 *	struct posting p = { .kind = POSTING_TRANSFER, .currency = STR("EUR"),
 *	    .entries = { sale, 2 }, .source = STR("payment"), .source_id = payment };
 *
 *	err = posting_post(st, &p);
 *
 * In a posting the sums of debits and credits are equal, all entries have one
 * currency, and an account occurs once.  The caller must ensure this; otherwise the
 * result is DB_BUG.  Call it inside store_write() or job_write(); it invalidates the
 * cache tags of transactions and accounts.
 *
 * A refusal (DB_ABORT, p->refusal is the reason) happens before anything is written,
 * so the caller may continue its transaction.  The accounts stay locked, in the order
 * of their keys.
 *
 * A source, source_id and kind is posted once.  A repetition returns DB_OK with
 * p->already_posted, and p->id is the key of the first transaction.
 *
 * The balance of an asset or expense account grows with debits, that of a liability,
 * equity or income account with credits.
 */
#include "cache/store.h"

#define POSTING_ENTRIES	50		/* maximum of one posting */

/* Kinds, as in transactions.kind; POSTING_TIMEOUT writes no row of its own. */
#define POSTING_TRANSFER	"transfer"	/* moves the money at once */
#define POSTING_PENDING		"pending"	/* reserves the money */
#define POSTING_POST		"post_pending"	/* moves the reserved money */
#define POSTING_VOID		"void_pending"	/* releases the reserved money */
#define POSTING_TIMEOUT		"timeout"	/* the same, after its timeout */

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
	POSTING_FUNDS,		/* "insufficient_funds": the posting violates a constraint on the balance */
	POSTING_NO_ACCOUNT,	/* "account_not_found" */
	POSTING_CURRENCY,	/* "currency_mismatch": of an account and the posting */
	POSTING_RANGE,		/* "balance_out_of_range": a sum exceeds 2^53-1 */
	POSTING_NOT_PENDING,	/* "not_pending": pending_id is no pending transaction */
	POSTING_RESOLVED	/* "already_resolved": posted or voided before */
};

struct posting {
	struct uuid	 id;		/* key of the transaction; nil: a new one */
	const char	*kind;
	struct str	 currency;
	struct list	 entries;	/* of struct posting_entry */
	struct uuid	 pending_id;	/* POST, VOID, TIMEOUT: the transaction to resolve */
	struct str	 source;	/* reason, "payment"; at most 24 bytes */
	struct uuid	 source_id;
	struct str	 reference;	/* absent: none */
	struct json	 metadata;	/* absent: none */
	struct stamp	 timeout_at;	/* of a queued PENDING; absent: never */
	bool		 queued;	/* its row exists, locked by the caller */
	bool		 already_posted; /* out: this source was posted before */
	enum posting_refusal refusal;	/* out, with DB_ABORT */
};

/* Post it now. */
enum db_err	 posting_post(struct store *, struct posting *) MUSTCHECK;

/* Insert its row with the status "queued", and queue a job of the program
 * `transactions` that posts or rejects it. */
enum db_err	 posting_queue(struct store *, struct posting *) MUSTCHECK;

/*
 * For POST, VOID and TIMEOUT: read currency and entries of p->pending_id.  They never
 * change, so this may be called before the database transaction begins.
 * DB_NOT_FOUND: p->pending_id is no transaction of kind POSTING_PENDING.
 */
enum db_err	 posting_pending(struct store *, struct posting *p) MUSTCHECK;

/* The code of a refusal, as in transactions.reason; NULL for POSTING_OK. */
const char	*posting_error_code(enum posting_refusal);

/*
 * In a transaction: find an account by its code, or create it; sets a->id.  DB_ABORT:
 * the account exists with another currency, kind, constraint or owner.
 *
 *	struct posting_account sales = { .code = STR("shop:sales:eur"),
 *	    .currency = STR("EUR"), .kind = STR("income") };
 */
struct posting_account {
	struct uuid	 id;
	struct str	 code;			/* [a-z0-9:._-]{1,64} */
	struct str	 currency, kind;	/* "EUR", "liability" */
	struct str	 constraint;		/* absent: "none"; "no_debit_balance"... */
	struct uuid	 owner_id;		/* nil: no owner */
};

enum db_err	 posting_account(struct store *, struct posting_account *a) MUSTCHECK;

/*
 * The jobs of the program `transactions`, inside job_write(): post or reject a
 * transaction that is still queued; void a transaction that is still pending.
 */
struct posting_job {
	struct uuid	 id;
};

#define POSTING_JOB_POST	"transaction.post"
#define POSTING_JOB_TIMEOUT	"transaction.timeout"

extern const struct schema posting_job_schema;
enum db_err	 posting_settle(struct store *, struct uuid) MUSTCHECK;
enum db_err	 posting_timeout(struct store *, struct uuid) MUSTCHECK;

/* The statements, for .uses; posting_queue() also needs job_add_queries. */
extern const struct query posting_queries[];

#endif
