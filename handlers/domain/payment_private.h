#ifndef DOMAIN_PAYMENT_PRIVATE_H
#define DOMAIN_PAYMENT_PRIVATE_H
/*
 * payment_private - the rows of payment.h, as the program payments changes them.
 *
 *	payment.c		rows and refunds
 *	payment_settle.c	the effects of a provider's answer
 *	payment_job.c		the jobs that call the provider
 *
 * Every result of a charge (the answer to a job's call, a webhook, the ledger) goes
 * through payment_settle(), in a transaction: it locks the payment, then its order,
 * and ignores a payment that is no longer `processing`.  So a charge is settled
 * once, whichever report arrives first.
 *
 * A payment has one idempotency key at its provider, for its whole life.  The key
 * is committed before the first call; a worker that finds a committed key repeats
 * the call with it.
 *
 * "In a transaction" below: the caller has begun it, and retries it on DB_RETRY.
 */
#include "job/job.h"
#include "payment.h"
#include "provider.h"

/* A row of payments, joined with its attempt. */
struct payment_row {
	struct uuid	 id, order_id, user_id;
	struct money	 amount;
	int64_t		 captured, refunded;
	struct str	 type, token_enc, status;
	bool		 stop;			/* its cancellation was requested */
	struct str	 key, state;		/* of its attempt; absent: none */
};

/* A row of refunds. */
struct refund_row {
	struct uuid	 id, payment_id;
	struct money	 amount;
	int64_t		 taken;			/* added to payments.refunded, minor units */
	struct str	 status, reason, key;
};

/* The key of a payment or a refund: the payload of the jobs. */
struct payment_ref {
	struct uuid	 id;
};

extern const struct schema payment_ref;

#define PAYMENT_CHARGE	"payment.charge"
#define PAYMENT_CANCEL	"payment.cancel"
#define PAYMENT_REFUND	"payment.refund"

enum db_err	payment_find(struct store *, struct uuid id, struct payment_row *) MUSTCHECK;
/* In a transaction: read the row and lock it. */
enum db_err	payment_lock(struct store *, struct uuid id, struct payment_row *) MUSTCHECK;
/* Find the payment whose attempt has this key. */
enum db_err	payment_by_key(struct store *, struct str key, struct uuid *id) MUSTCHECK;
enum db_err	refund_find(struct store *, struct uuid id, struct refund_row *) MUSTCHECK;

/* In a transaction: insert a payment and queue its charge.  DB_DUPLICATE: the order
 * has a live payment. */
enum db_err	payment_add(struct store *, const struct payment_row *) MUSTCHECK;

/* Seal the token for its row, and unseal it.  False: no memory, or `secret` changed. */
bool		payment_seal(const struct conf *, struct arena *, struct uuid id,
		    struct str token, struct str *enc) MUSTCHECK;
bool		payment_token(const struct conf *, struct arena *, const struct payment_row *,
		    struct str *token) MUSTCHECK;

/* In a transaction, for a locked payment: queue a job that prevents the charge, or
 * reverts it. */
enum db_err	payment_request_cancel(struct store *, const struct payment_row *) MUSTCHECK;

/* In a transaction: invalidate the cache tags of the payment.  The functions that
 * change a payment call it. */
void		payment_invalidate(struct store *, struct uuid id);

/* In a transaction: cancel a declined payment. */
enum db_err	payment_cancel_unpaid(struct store *, struct uuid id) MUSTCHECK;

/*
 * In a transaction, for a locked payment, before the first call to its provider:
 * insert its attempt with a new key.
 */
enum db_err	payment_attempt(struct store *, struct payment_row *) MUSTCHECK;
/* The idempotency key for calls to the provider. */
struct str	payment_key(const struct payment_row *);

/* In a transaction: apply the result of a charge. */
enum db_err	payment_settle(struct store *, const struct conf *, struct uuid id,
		    const struct provider_answer *) MUSTCHECK;
/* In a transaction: apply the result of a refund. */
enum db_err	payment_settle_refund(struct store *, const struct conf *, struct uuid id,
		    const struct provider_answer *) MUSTCHECK;

/* In a transaction: record a provider's event.  DB_DUPLICATE: it was recorded before. */
enum db_err	payment_event(struct store *, const char *provider, struct str id) MUSTCHECK;

/* Delete a batch of events before that time; `*gone`: how many. */
enum db_err	payment_purge_events(struct store *, struct stamp before, uint64_t *gone)
		    MUSTCHECK;

extern const struct job_kind payment_jobs[];

/* For .uses, with payment_refund_queries. */
extern const struct query payment_queries[], payment_settle_queries[];

#endif
