/* order - the steps of an order after it was placed. */
#include "order.h"

#include "stock.h"

/* What the statements bind. */
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
	FIELD_STR(struct values, now, .doc = "The state that comes"), ID,
	FIELD_STR(struct values, was, .doc = "The state that it must have"));

static const struct schema held = SCHEMA("OrderHeld", struct order_state,
	FIELD_UUID(struct order_state, id, .doc = "Key"),
	FIELD_UUID(struct order_state, user_id, .doc = "Whose it is"),
	FIELD_UUID(struct order_state, payment_id, .flags = FIELD_OPTIONAL,
	    .doc = "The live payment"),
	FIELD_STR(struct order_state, status, .doc = "Its state"),
	FIELD_MONEY(struct order_state, total, .doc = "What it costs"),
	FIELD_STAMP(struct order_state, expires_at, .doc = "When it ends unpaid"));

static const struct schema line = SCHEMA("OrderPieces", struct stock_line,
	FIELD_UUID(struct stock_line, product_id, .doc = "Key of a product"),
	FIELD_INT(struct stock_line, quantity, .doc = "Pieces"));

#define HELD	"SELECT id, user_id, payment_id, status, total, currency, expires_at"	\
	" FROM orders WHERE id = ?"

enum { FIND, HOLD, PAYMENT, STEP, PIECES };

const struct query order_queries[] = {
	[FIND] = { HELD, .in = &by_id, .out = &held },
	[HOLD] = { HELD " FOR UPDATE", .in = &by_id, .out = &held },
	[PAYMENT] = { "UPDATE orders SET payment_id = ?, version = version + 1"
	    " WHERE id = ?", .in = &with_payment },
	[STEP] = { "UPDATE orders SET status = ?, version = version + 1"
	    " WHERE id = ? AND status = ?", .in = &with_step },
	[PIECES] = { "SELECT product_id, quantity FROM order_lines WHERE order_id = ?",
	    .in = &by_id, .out = &line },
	{ NULL, NULL, NULL },
};

static const struct schema count = SCHEMA("OrderCount", struct values,
	FIELD_INT(struct values, n, .doc = "How many"));

const struct query order_open_queries[] = {
	{ "SELECT COUNT(*) FROM orders WHERE user_id = ?"
	  " AND status IN ('pending_payment', 'paid')", .in = &by_id, .out = &count },
	{ NULL, NULL, NULL },
};

static void
make_stale(struct store *st, struct uuid order)
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

	make_stale(st, id);
	return query_exec(st, &order_queries[PAYMENT], &v, NULL);
}

/* The state, then the pieces; the row is locked by the first of both. */
static enum db_err
step(struct store *st, struct uuid id, const char *was, const char *now,
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
	make_stale(st, id);
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
	return step(st, id, "pending_payment", "paid", stock_sell, done);
}

enum db_err
order_refunded(struct store *st, struct uuid id, bool *done)
{
	return step(st, id, "paid", "refunded", stock_return, done);
}

enum db_err
order_cancelled(struct store *st, struct uuid id, bool *done)
{
	return step(st, id, "pending_payment", "cancelled", stock_release, done);
}

enum db_err
order_expired(struct store *st, struct uuid id, bool *done)
{
	return step(st, id, "pending_payment", "expired", stock_release, done);
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
