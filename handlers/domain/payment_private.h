#ifndef SHARED_PAYMENT_PRIVATE_H
#define SHARED_PAYMENT_PRIVATE_H
/*
 * payment_private - what the program payments does with the rows of payment.h.
 *
 *	payment.c		rows, and what is given back
 *	payment_settle.c	what a provider's answer changes
 *	payment_job.c		the jobs that ask it
 *
 * Whatever tells how a charge ended (the answer to a job's call, a webhook, the
 * ledger) goes through payment_settle(), inside a transaction: the payment's row
 * is locked, then its order's, and a payment that is not `processing` any more
 * is left alone.  So it counts once, whoever tells it first.
 *
 * A payment has one key at its provider for good.  It is committed before the
 * first call; a worker that finds it there asks again with it.
 */
#include "job/job.h"
#include "payment.h"
#include "provider.h"

/* A row of payments, with what its provider was asked. */
struct paid {
	struct uuid	 id, order_id, user_id;
	struct money	 amount;
	int64_t		 captured, refunded;
	struct str	 type, token_enc, status;
	bool		 stop;			/* its cancellation was asked for */
	struct str	 key, state;		/* of its attempt; absent: none was made */
};

/* A row of refunds, with what is needed to make it. */
struct owed {
	struct uuid	 id, payment_id;
	struct money	 amount;
	int64_t		 taken;			/* of what is left */
	struct str	 status, reason, key;
};

/* The key of a payment or a refund: what each of the jobs is told. */
struct payment_ref {
	struct uuid	 id;
};

extern const struct schema payment_ref;

#define PAYMENT_CHARGE	"payment.charge"
#define PAYMENT_CANCEL	"payment.cancel"
#define PAYMENT_REFUND	"payment.refund"

enum db_err	payment_find(struct store *, struct uuid id, struct paid *) MUSTCHECK;
/* Inside a transaction: its row is locked. */
enum db_err	payment_lock(struct store *, struct uuid id, struct paid *) MUSTCHECK;
/* The payment whose attempt has this key. */
enum db_err	payment_by_key(struct store *, struct str key, struct uuid *id) MUSTCHECK;
enum db_err	refund_find(struct store *, struct uuid id, struct owed *) MUSTCHECK;

/* Inside: a new one, and the job that charges it.  DB_DUPLICATE: there is a live one. */
enum db_err	payment_add(struct store *, const struct paid *) MUSTCHECK;

/* The token, sealed for the row, and back.  False: no memory, another `secret`. */
bool		payment_seal(const struct conf *, struct arena *, struct uuid id,
		    struct str token, struct str *enc) MUSTCHECK;
bool		payment_token(const struct conf *, struct arena *, const struct paid *,
		    struct str *token) MUSTCHECK;

/* Inside, its row held: it is not to be charged, or what was is taken back. */
enum db_err	payment_request_cancel(struct store *, const struct paid *) MUSTCHECK;

/* Inside: answers that show it are stale afterwards; the functions here say so. */
void		payment_invalidate(struct store *, struct uuid id);

/* Inside: a declined one is given up. */
enum db_err	payment_cancel_unpaid(struct store *, struct uuid id) MUSTCHECK;

/*
 * Inside, its row held by payment_lock(), before its provider is asked for the
 * first time: its key, committed with it.
 */
enum db_err	payment_attempt(struct store *, struct paid *) MUSTCHECK;
/* The key to ask with. */
struct str	payment_key(const struct paid *);

/* Inside: how the charge ended. */
enum db_err	payment_settle(struct store *, const struct conf *, struct uuid id,
		    const struct provider_answer *) MUSTCHECK;
/* Inside: how a refund ended. */
enum db_err	payment_settle_refund(struct store *, const struct conf *, struct uuid id,
		    const struct provider_answer *) MUSTCHECK;

/* Inside: the event of this provider was not told before; DB_DUPLICATE: it was. */
enum db_err	payment_event(struct store *, const char *provider, struct str id) MUSTCHECK;

/* Some of the events before that time; `*gone`: how many. */
enum db_err	payment_purge_events(struct store *, struct stamp before, uint64_t *gone)
		    MUSTCHECK;

extern const struct job_kind payment_jobs[];

/* Of these files, for .uses, beside payment_refund_queries. */
extern const struct query payment_queries[], payment_settle_queries[];

#endif
