#ifndef DOMAIN_ORDER_H
#define DOMAIN_ORDER_H
/*
 * order - the transitions of an order after checkout.
 *
 *	pending_payment -> paid -> fulfilled -> completed
 *	pending_payment -> cancelled, expired
 *	paid -> refunded
 *
 * A transition is one guarded UPDATE of the order and the move of its stock, inside
 * the caller's transaction.  `*done` is true exactly once for each transition of an
 * order.  If the order has another status, nothing is changed, `*done` is false and
 * the result is DB_OK: the transaction may go on, for example to refund a payment
 * that came too late.  The functions invalidate the cache tags of the orders and of
 * the stock.
 *
 * Lock order: a payment before its order, an order before its stock.
 */
#include "cache/store.h"

/* For .problems of orders and payments: one text for all documents. */
#define ORDER_STATE	"409 invalid_state The status of the order or payment does not "	\
	"allow this."

struct order_state {
	struct uuid	 id, user_id;
	struct uuid	 payment_id;	/* of the live payment; nil: none */
	struct str	 status;
	struct money	 total;
	struct stamp	 expires_at;
};

/* Read an order without locking it.  DB_NOT_FOUND: there is none. */
enum db_err	order_find(struct store *, struct uuid id, struct order_state *) MUSTCHECK;

/* The same, and lock its row until the transaction ends. */
enum db_err	order_lock(struct store *, struct uuid id, struct order_state *) MUSTCHECK;

/* Set its live payment; nil: none. */
enum db_err	order_payment(struct store *, struct uuid id, struct uuid payment) MUSTCHECK;

/* pending_payment -> paid; its reserved pieces are sold. */
enum db_err	order_paid(struct store *, struct uuid id, bool *done) MUSTCHECK;

/* paid -> refunded; its pieces return to the stock. */
enum db_err	order_refunded(struct store *, struct uuid id, bool *done) MUSTCHECK;

/* pending_payment -> cancelled or expired; its reservation is released. */
enum db_err	order_cancelled(struct store *, struct uuid id, bool *done) MUSTCHECK;
enum db_err	order_expired(struct store *, struct uuid id, bool *done) MUSTCHECK;

/* Count the orders of a user that are unpaid, or paid and not sent. */
enum db_err	order_count_open(struct store *, struct uuid user, int64_t *n) MUSTCHECK;
extern const struct query order_open_queries[];

/* The statements, for --check, together with stock_queries; a NULL .sql ends the array. */
extern const struct query order_queries[];

#endif
