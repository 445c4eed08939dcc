#ifndef DOMAIN_PAYMENT_H
#define DOMAIN_PAYMENT_H
/*
 * payment - payments of orders and their refunds: rows of `payments`,
 * `payment_attempts` and `refunds`.
 *
 *	processing -> succeeded
 *	processing -> requires_payment_method	declined; the order waits for another
 *	processing -> canceled			on request, or the order was not payable
 *	requires_payment_method -> canceled
 *
 * The program orders uses two parts: the schema, for ?expand=payment
 * (orders.payment_id is the live payment), and payment_refund(), to cancel a paid
 * order.  Everything else belongs to the program payments (payment_private.h).
 *
 * Lock order: a payment before its order.
 */
#include "cache/store.h"

/* The public representation. */
struct payment_method { struct str type; };
struct payment_error { struct str code, decline_code; };

struct payment {
	struct uuid		 id, order_id, user_id;
	struct money		 amount, captured, refunded;
	struct str		 status;
	struct payment_method	*method;
	struct payment_error	*last_error;	/* NULL: none */
	struct stamp		 created_at, updated_at;
};

extern const struct schema payment_schema;

/* A refund, in progress or finished. */
struct refund {
	struct uuid	 id, payment_id;
	struct money	 amount;
	struct str	 status;	/* processing, succeeded, failed */
	struct str	 reason;	/* absent: none */
	struct stamp	 created_at;
};

extern const struct schema refund_schema;

/*
 * Refund r->amount.amount minor units of the payment r->payment_id, or what is left
 * of it if the amount is 0; r->reason may be absent.  Call it in a transaction; it
 * invalidates the payment's cache tags and fills in the rest of `r`.  A job of the
 * program payments then calls the provider and posts to the ledger; when the whole
 * payment is refunded, it sets the order to `refunded`.  DB_ABORT: the payment did
 * not succeed or less is left of it; nothing was changed.
 */
enum db_err	payment_refund(struct store *, struct refund *r) MUSTCHECK;

/* For the .uses of programs that call payment_refund(), with job_add_queries. */
extern const struct query payment_refund_queries[];

#endif
