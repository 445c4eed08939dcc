#ifndef SHARED_ORDER_H
#define SHARED_ORDER_H
/*
 * order - what becomes of an order after it was placed.
 *
 *	pending_payment -> paid -> fulfilled -> completed
 *	pending_payment -> cancelled, expired
 *	paid -> refunded
 *
 * Each step is one guarded UPDATE and the stock that goes with it, inside the
 * caller's transaction: whoever comes first has the order's row, and the others
 * find a state that is not theirs to change.  So `*done` is true exactly once
 * for each step of an order; false, and nothing was changed: the state was
 * another one, and the transaction may go on (a payment that came too late is
 * given back there).  What is stale then (orders, stock) is noted with the
 * transaction's tags.
 *
 * Lock a payment before its order, an order before its stock.
 */
#include "cache/store.h"

/* Of orders and their payments: the same words in all documents. */
#define ORDER_STATE	"409 invalid_state It is over, or on its way: in the state it "	\
	"has, this can not be done."

struct order_state {
	struct uuid	 id, user_id;
	struct uuid	 payment_id;	/* the live one; nil: none */
	struct str	 status;
	struct money	 total;
	struct stamp	 expires_at;
};

/* The order as it just is; DB_NOT_FOUND. */
enum db_err	order_find(struct store *, struct uuid id, struct order_state *) MUSTCHECK;

/* The same, its row locked until the transaction ends. */
enum db_err	order_lock(struct store *, struct uuid id, struct order_state *) MUSTCHECK;

/* Its live payment is this one; nil: none is. */
enum db_err	order_payment(struct store *, struct uuid id, struct uuid payment) MUSTCHECK;

/* pending_payment -> paid: its pieces are sold. */
enum db_err	order_paid(struct store *, struct uuid id, bool *done) MUSTCHECK;

/* paid -> refunded: its pieces are on the shelf again. */
enum db_err	order_refunded(struct store *, struct uuid id, bool *done) MUSTCHECK;

/* pending_payment -> cancelled or expired: its pieces are free again. */
enum db_err	order_cancelled(struct store *, struct uuid id, bool *done) MUSTCHECK;
enum db_err	order_expired(struct store *, struct uuid id, bool *done) MUSTCHECK;

/* Orders of this user that wait for money, or for being sent. */
enum db_err	order_count_open(struct store *, struct uuid user, int64_t *n) MUSTCHECK;
extern const struct query order_open_queries[];

/* For --check, with stock_queries beside it: ends with a NULL .sql. */
extern const struct query order_queries[];

#endif
