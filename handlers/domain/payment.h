#ifndef SHARED_PAYMENT_H
#define SHARED_PAYMENT_H
/*
 * payment - what an order is paid with, and what is given back of it: rows of
 * `payments`, `payment_attempts` and `refunds`.
 *
 *	processing -> succeeded
 *	processing -> requires_payment_method	declined: the order waits for another
 *	processing -> canceled			asked for, or the order was gone
 *	requires_payment_method -> canceled
 *
 * Orders need two things of it: the schema, for ?expand=payment (orders.payment_id
 * names the live one), and payment_refund(), for what was paid and is cancelled.
 * The rest is the program payments' (payment_private.h).
 *
 * Lock a payment before its order.
 */
#include "cache/store.h"

/* As everybody is shown it. */
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

/* One of what was given back, or is on its way. */
struct refund {
	struct uuid	 id, payment_id;
	struct money	 amount;
	struct str	 status;	/* processing, succeeded, failed */
	struct str	 reason;	/* absent: none */
	struct stamp	 created_at;
};

extern const struct schema refund_schema;

/*
 * Give so much of it back: r->payment_id says of which payment, r->amount.amount
 * how much, 0 the rest; r->reason may be absent.  Inside a transaction; what is
 * stale then is noted with its tags.  A job of the program payments asks the
 * provider, posts it to the ledger, and when all is given back the order is
 * refunded.  DB_ABORT: it is not paid, or less than that is left; nothing was
 * changed.
 */
enum db_err	payment_refund(struct store *, struct refund *r) MUSTCHECK;

/* For .uses of who calls payment_refund(), with job_add_queries beside it. */
extern const struct query payment_refund_queries[];

#endif
