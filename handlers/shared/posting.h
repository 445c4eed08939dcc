#ifndef POSTING_H
#define POSTING_H
/*
 * posting - money that moves between accounts of the ledger, in a transaction
 * of the caller's own: queued transactions are posted so, and payments.
 *
 *	struct posting_entry sale[] = {
 *		{ .account_id = wallet, .direction = POSTING_DEBIT, .amount = 1999 },
 *		{ .account_id = sales, .direction = POSTING_CREDIT, .amount = 1999 } };
 *	struct posting p = { .kind = POSTING_TRANSFER, .currency = STR("EUR"),
 *	    .entries = sale, .n = 2, .source = STR("payment"), .source_id = payment };
 *
 *	err = posting_post(st, &p);
 *
 * Debits and credits of one posting are equal, in one currency, and an account
 * stands in it once: who calls has seen to that, and it is DB_BUG otherwise.
 * Inside store_write(), job_write() or store_around(), with posting_tags().
 *
 * What can not be is refused before anything is written: DB_STOP, and
 * p->refusal says why.  The transaction goes on if the caller wants it to;
 * accounts that were looked at stay locked, in the order of their ids.
 *
 * The same source, source_id and kind is posted once: then DB_OK with p->before,
 * and p->id is that of the first.
 */
#include "store.h"

#define POSTING_ENTRIES	50		/* most of one posting */
#define POSTING_TAGS	(POSTING_ENTRIES + 4)

/* Kinds of transactions, as they stand in their table. */
#define POSTING_TRANSFER	"transfer"	/* moved at once */
#define POSTING_PENDING		"pending"	/* reserved, to be resolved */
#define POSTING_POST		"post_pending"	/* what was reserved is moved */
#define POSTING_VOID		"void_pending"	/* it is given back */

enum posting_direction { POSTING_DEBIT = -1, POSTING_CREDIT = 1 };

struct posting_entry {
	struct uuid	 account_id;
	int64_t		 direction;		/* enum posting_direction */
	int64_t		 amount;		/* minor units, above 0 */
};

enum posting_refusal {
	POSTING_FINE,
	POSTING_FUNDS,		/* an account's constraint: "insufficient_funds" */
	POSTING_NO_ACCOUNT,	/* "account_not_found" */
	POSTING_CURRENCY,	/* an account has another: "currency_mismatch" */
	POSTING_RANGE,		/* a sum would be over 2^53-1: "balance_out_of_range" */
	POSTING_NOT_PENDING,	/* pending_id names nothing that is: "not_pending" */
	POSTING_RESOLVED	/* it was posted or voided before: "already_resolved" */
};

struct posting {
	struct uuid		 id;		/* of the transaction; nil: a new one */
	const char		*kind;
	struct str		 currency;
	struct posting_entry	*entries;	/* are sorted by account; POST and VOID: none, */
	size_t			 n;
	struct uuid		 pending_id;	/* but which one they resolve */
	struct str		 source;	/* "payment": what it is for, at most 24 bytes */
	struct uuid		 source_id;
	struct str		 reference;	/* absent: none */
	bool			 before;	/* answered: it had been posted */
	enum posting_refusal	 refusal;	/* answered with DB_STOP */
};

enum db_err	 posting_post(struct store *, struct posting *) MUSTCHECK;

/* What a refusal is called, as a transaction's `reason`; NULL: none. */
const char	*posting_reason(enum posting_refusal);

/* What its answers show: "transactions", "accounts", "accounts/ID"...  How many. */
size_t		 posting_tags(const struct posting *, struct arena *,
		    struct str tags[POSTING_TAGS]);

/*
 * An account by its code, made if it is not there: "shop:sales:eur".  Inside a
 * transaction.  DB_STOP: there is one, of another currency, kind or owner.
 */
struct posting_account {
	struct str	 code;			/* [a-z0-9:._-]{1,64} */
	struct str	 currency;
	const char	*kind;			/* "asset", "liability", "income"... */
	const char	*constraint;		/* NULL: "none"; "no_debit_balance"... */
	struct uuid	 owner_id;		/* nil: nobody's */
};

enum db_err	 posting_account(struct store *, const struct posting_account *,
		    struct uuid *id) MUSTCHECK;

/* Its statements, for .uses. */
extern const struct query posting_queries[];

#endif
