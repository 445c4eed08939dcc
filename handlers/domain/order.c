/* order - the transitions of an order after checkout. */
#include "order.h"

#include "stock.h"

/* Parameters of the statements. */
struct values {
	struct uuid	 id, payment;
	struct str	 was, now;
	int64_t		 n;
};

#define ID	FIELD_UUID(struct values, id, .doc = "Key of an order")

static const struct schema by_id = SCHEMA("OrderKey", struct values, ID);

static const struct schema with_payment = SCHEMA("OrderPayment", struct values,
	FIELD_UUID(struct values, payment, .flags = FIELD_OPTIONAL,
	    .doc = "Key of a payment"), ID);

static const struct schema with_step = SCHEMA("OrderStep", struct values,
	FIELD_STR(struct values, now, .doc = "New status"), ID,
	FIELD_STR(struct values, was, .doc = "Status that the order must have"));

static const struct schema order_state = SCHEMA("OrderHeld", struct order_state,
	FIELD_UUID(struct order_state, id, .doc = "Key"),
	FIELD_UUID(struct order_state, user_id, .doc = "Key of the buyer"),
	FIELD_UUID(struct order_state, payment_id, .flags = FIELD_OPTIONAL,
	    .doc = "Key of the live payment"),
	FIELD_STR(struct order_state, status, .doc = "Status"),
	FIELD_MONEY(struct order_state, total, .doc = "Sum of all lines"),
	FIELD_STAMP(struct order_state, expires_at, .doc = "Time at which it expires if unpaid"));

static const struct schema line = SCHEMA("OrderPieces", struct stock_line,
	FIELD_UUID(struct stock_line, product_id, .doc = "Key of a product"),
	FIELD_INT(struct stock_line, quantity, .doc = "Number of pieces"));

#define HELD	"SELECT id, user_id, payment_id, status, total, currency, expires_at"	\
	" FROM orders WHERE id = ?"

enum { FIND, HOLD, PAYMENT, STEP, PIECES };

const struct query order_queries[] = {
	[FIND] = { HELD, .in = &by_id, .out = &order_state },
	[HOLD] = { HELD " FOR UPDATE", .in = &by_id, .out = &order_state },
	[PAYMENT] = { "UPDATE orders SET payment_id = ?, version = version + 1"
	    " WHERE id = ?", .in = &with_payment },
	[STEP] = { "UPDATE orders SET status = ?, version = version + 1"
	    " WHERE id = ? AND status = ?", .in = &with_step },
	[PIECES] = { "SELECT product_id, quantity FROM order_lines WHERE order_id = ?",
	    .in = &by_id, .out = &line },
	{ NULL, NULL, NULL },
};

static const struct schema count = SCHEMA("OrderCount", struct values,
	FIELD_INT(struct values, n, .doc = "Number of orders"));

const struct query order_open_queries[] = {
	{ "SELECT COUNT(*) FROM orders WHERE user_id = ?"
	  " AND status IN ('pending_payment', 'paid')", .in = &by_id, .out = &count },
	{ NULL, NULL, NULL },
};

static void
order_invalidate(struct store *st, struct uuid order)
{
	store_invalidate(st, STR("orders"));
	store_invalidate_row(st, "orders", order);
}

enum db_err
order_find(struct store *st, struct uuid id, struct order_state *out)
{
	const struct values	 v = { .id = id };

	return query_one(st, &order_queries[FIND], &v, out);
}

enum db_err
order_lock(struct store *st, struct uuid id, struct order_state *out)
{
	const struct values	 v = { .id = id };

	return query_one(st, &order_queries[HOLD], &v, out);
}

enum db_err
order_payment(struct store *st, struct uuid id, struct uuid payment)
{
	const struct values	 v = { .id = id, .payment = payment };

	order_invalidate(st, id);
	return query_exec(st, &order_queries[PAYMENT], &v, NULL);
}

/*
 * Change the status, if it is `was`, then move the stock.  The UPDATE locks the
 * order's row before any row of the stock.
 */
static enum db_err
order_transition(struct store *st, struct uuid id, const char *was, const char *now,
    enum db_err (*move)(struct store *, struct stock_change *), bool *out)
{
	const struct values	 v = { .id = id, .was = str_of(was), .now = str_of(now) };
	struct stock_change	 c = { .ref = id };
	struct db_result		 done = { 0, 0 };
	void			*lines;
	enum db_err		 err;

	*out = false;
	err = query_exec(st, &order_queries[STEP], &v, &done);
	if (err != DB_OK || done.affected == 0)
		return err;
	order_invalidate(st, id);
	if ((err = query_all(st, &order_queries[PIECES], &v, &lines, &c.n)) != DB_OK)
		return err;
	c.lines = lines;
	err = move(st, &c);
	*out = err == DB_OK;
	return err;
}

enum db_err
order_paid(struct store *st, struct uuid id, bool *done)
{
	return order_transition(st, id, "pending_payment", "paid", stock_sell, done);
}

enum db_err
order_refunded(struct store *st, struct uuid id, bool *done)
{
	return order_transition(st, id, "paid", "refunded", stock_return, done);
}

enum db_err
order_cancelled(struct store *st, struct uuid id, bool *done)
{
	return order_transition(st, id, "pending_payment", "cancelled", stock_release, done);
}

enum db_err
order_expired(struct store *st, struct uuid id, bool *done)
{
	return order_transition(st, id, "pending_payment", "expired", stock_release, done);
}

enum db_err
order_count_open(struct store *st, struct uuid user, int64_t *n)
{
	const struct values	 v = { .id = user };
	struct values		 got = { .n = 0 };
	enum db_err		 err = query_one(st, order_open_queries, &v, &got);

	*n = got.n;
	return err;
}
