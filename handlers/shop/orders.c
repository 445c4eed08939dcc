/* orders: the orders of users, from checkout to payment, cancellation or expiry. */
#include "app.h"
#include "address.h"
#include "cart.h"
#include "base/clock.h"
#include "job/job.h"
#include "order.h"
#include "payment.h"
#include "schema/json.h"
#include "stock.h"

struct line {
	struct uuid	 product_id;
	struct str	 sku, name;
	struct money	 unit_price;
	int64_t		 quantity;
	struct money	 line_total;
};

struct order_row {
	struct uuid	 id;
	int64_t		 number;
	struct uuid	 user_id, cart_id, payment_id;
	struct str	 status;
	struct money	 total;
	struct list	 lines;
	struct address	*shipping_address;
	struct str	 note, reason;
	struct stamp	 expires_at, created_at, updated_at;
};

struct checkout {
	struct uuid	 cart_id;
	int64_t		 cart_version;
	struct money	 expected_total;
	struct address	*shipping_address;
	struct str	 note;
};

struct cancellation {
	struct str	 reason;
};

struct order_key {
	struct uuid	 id;
};

#define STATES	ENUM("pending_payment", "paid", "fulfilled", "completed",	\
	"cancelled", "expired", "refunded")
#define EUROS	"{\"amount\":3998,\"currency\":\"EUR\"}"

static const struct schema line = SCHEMA("OrderLine", struct line,
	FIELD_UUID(struct line, product_id, .doc = "Key of the product"),
	FIELD_STR(struct line, sku, .doc = "Stock-keeping unit at the time of the order"),
	FIELD_STR(struct line, name, .doc = "Name at the time of the order"),
	FIELD_MONEY(struct line, unit_price, .column = "unit_price",
	    .doc = "Price of one piece at the time of the order"),
	FIELD_INT(struct line, quantity, .doc = "Number of pieces"),
	FIELD_MONEY(struct line, line_total, .column = "line_total",
	    .doc = "Unit price times quantity"));

static const struct schema order = SCHEMA("Order", struct order_row,
	FIELD_UUID(struct order_row, id, .flags = FIELD_KEY | FIELD_READONLY, .doc = "Key"),
	FIELD_INT(struct order_row, number, .flags = FIELD_READONLY,
	    .doc = "Order number; numbers increase, with gaps"),
	FIELD_UUID(struct order_row, user_id, .flags = FIELD_READONLY,
	    .doc = "Key of the buyer"),
	FIELD_UUID(struct order_row, cart_id, .flags = FIELD_READONLY,
	    .doc = "Key of the cart that was ordered"),
	FIELD_UUID(struct order_row, payment_id, .flags = FIELD_READONLY | FIELD_OPTIONAL,
	    .doc = "Key of the latest payment of the order"),
	FIELD_STR(struct order_row, status, .flags = FIELD_READONLY, .one_of = STATES,
	    .doc = "pending_payment -> paid -> fulfilled -> completed; "
	    "pending_payment -> cancelled or expired; paid -> refunded"),
	FIELD_MONEY(struct order_row, total, .column = "total", .flags = FIELD_READONLY,
	    .doc = "Sum of all lines"),
	FIELD_LIST(struct order_row, lines, .flags = FIELD_DETAIL, .schema = &line,
	    .link = CHILDREN("order_lines", "order_id", "line_no"),
	    .doc = "Items, copied from the cart at checkout"),
	FIELD_OBJECT(struct order_row, shipping_address, struct address, .column = "address",
	    .flags = FIELD_READONLY, .schema = &address, .doc = "Delivery address"),
	FIELD_STR(struct order_row, note, .flags = FIELD_READONLY | FIELD_OPTIONAL,
	    .doc = "Note of the buyer"),
	FIELD_STR(struct order_row, reason, .flags = FIELD_READONLY | FIELD_OPTIONAL,
	    .doc = "Reason of the cancellation"),
	FIELD_STAMP(struct order_row, expires_at, .flags = FIELD_READONLY,
	    .doc = "An order that is unpaid at this time expires and releases its stock"),
	FIELD_STAMP(struct order_row, created_at, .flags = FIELD_READONLY,
	    .doc = "Time of the checkout"),
	FIELD_STAMP(struct order_row, updated_at, .flags = FIELD_READONLY,
	    .doc = "Time of the last change"));

static const struct schema checkout = SCHEMA("Checkout", struct checkout,
	FIELD_UUID(struct checkout, cart_id, .doc = "Key of one of your open carts"),
	FIELD_INT(struct checkout, cart_version, .min = 1, .max = 4294967295,
	    .doc = "Version of the cart that the buyer saw", .example = "3"),
	FIELD_MONEY(struct checkout, expected_total, .min = 0, .max = INT_SAFE,
	    .doc = "Subtotal of the cart that the buyer saw", .example = EUROS),
	FIELD_OBJECT(struct checkout, shipping_address, struct address,
	    .schema = &address, .doc = "Delivery address"),
	FIELD_STR(struct checkout, note, .max = 500,
	    .flags = FIELD_OPTIONAL | FIELD_MULTILINE, .doc = "Note to the seller"));

static const struct schema cancellation = SCHEMA("Cancellation", struct cancellation,
	FIELD_STR(struct cancellation, reason, .max = 200, .flags = FIELD_OPTIONAL,
	    .doc = "Reason of the cancellation", .example = "\"Ordered twice\""));

static const struct schema order_key = SCHEMA("OrderPath", struct order_key,
	FIELD_UUID(struct order_key, id, .doc = "Key of an order"));

static const struct resource orders = {
	.path = "/v1/orders", .table = "orders", .schema = &order, .operations = OPS_READ,
	.read = "orders:read", .owner = "user_id", .admin_scope = "users:admin",
	.version = "version", .modified = "updated_at",
	.filters = FILTERS(FILTER_BY("status"), FILTER_BY("user_id"),
	    FILTER_ON("created_from", FILTER_MIN, "created_at"),
	    FILTER_ON("created_to", FILTER_MAX, "created_at")),
	.sorts = SORTS(SORT_ON("-created_at", "by_user"),
	    SORT_ON("created_at", "by_user")),
	.expands = EXPANDS({ .name = "payment", .field = "payment_id",
	    .table = "payments", .schema = &payment_schema, .owner = "user_id",
	    .admin_scope = "users:admin" }),
	.doc = "Orders of the user; with users:admin, of all users",
};

/* Rows as they are inserted. */
struct row {
	struct uuid	 id, user_id, cart_id;
	struct money	 total;
	struct address	*address;
	struct str	 note;
	struct stamp	 expires_at;
};

struct line_row {
	struct uuid	 order_id, product_id;
	int64_t		 line_no, quantity, line_total;
	struct str	 sku, name;
	struct money	 unit_price;
};

struct cancel_values {
	struct uuid	 id;
	struct str	 reason;
};

static const struct schema row = SCHEMA("OrderRow", struct row,
	FIELD_UUID(struct row, id, .doc = "Key"),
	FIELD_UUID(struct row, user_id, .doc = "Key of the buyer"),
	FIELD_UUID(struct row, cart_id, .doc = "Key of the cart"),
	FIELD_MONEY(struct row, total, .doc = "Sum of all lines"),
	FIELD_OBJECT(struct row, address, struct address, .schema = &address,
	    .doc = "Delivery address"),
	FIELD_STR(struct row, note, .flags = FIELD_OPTIONAL, .doc = "Note of the buyer"),
	FIELD_STAMP(struct row, expires_at, .doc = "Time at which it expires if unpaid"));

static const struct schema line_row = SCHEMA("OrderLineRow", struct line_row,
	FIELD_UUID(struct line_row, order_id, .doc = "Key of the order"),
	FIELD_INT(struct line_row, line_no, .doc = "Position in the order, from 1"),
	FIELD_UUID(struct line_row, product_id, .doc = "Key of the product"),
	FIELD_STR(struct line_row, sku, .doc = "Stock-keeping unit"),
	FIELD_STR(struct line_row, name, .doc = "Name"),
	FIELD_MONEY(struct line_row, unit_price, .doc = "Price of one piece"),
	FIELD_INT(struct line_row, quantity, .doc = "Number of pieces"),
	FIELD_INT(struct line_row, line_total, .doc = "Minor units"));

static const struct schema cancel_values = SCHEMA("OrderEnding", struct cancel_values,
	FIELD_STR(struct cancel_values, reason, .flags = FIELD_OPTIONAL, .doc = "Reason"),
	FIELD_UUID(struct cancel_values, id, .doc = "Key of an order"));

static const struct schema order_ref = SCHEMA("OrderReference", struct order_key,
	FIELD_UUID(struct order_key, id, .doc = "Key of an order"));

static const struct query add_order = {
	"INSERT INTO orders (id, user_id, cart_id, total, currency, address, note,"
	" expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", .in = &row };
static const struct query add_lines = {
	"INSERT INTO order_lines (order_id, line_no, product_id, sku, name, unit_price,"
	" currency, quantity, line_total) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", .in = &line_row };
static const struct query add_reason = {
	"UPDATE orders SET reason = ? WHERE id = ?", .in = &cancel_values };

/* --- checkout ----------------------------------------------------------------- */

/* A checkout in progress.  A retry of the transaction overwrites all of it. */
struct checkout_work {
	struct req		*rq;
	struct resp		*rs;
	const struct checkout	*in;
	struct cart_state	 cart;
	struct cart_line	*lines;
	size_t			 n;
	struct row		 order;
	enum http_status	 status;	/* of a refusal */
};

static enum db_err
checkout_refuse(struct checkout_work *b, const char *code, const char *why)
{
	b->status = resp_problem(b->rs, HTTP_CONFLICT, code, "%s", why);
	return DB_ABORT;
}

/* Lock the cart; refuse it unless it is the version that the buyer saw. */
static enum db_err
checkout_lock_cart(struct store *st, struct checkout_work *b)
{
	struct faults	 fs;
	enum db_err	 err = cart_lock(st, b->in->cart_id, b->rq->user->id, &b->cart);

	if (err == DB_NOT_FOUND) {
		faults_init(&fs, b->rq->arena);
		fault_add(&fs, "#/cart_id", "reference_not_found",
		    "must be the key of a cart of yours");
		b->status = resp_faults(b->rs, HTTP_UNPROCESSABLE, "validation_failed",
		    &fs);
		return DB_ABORT;
	}
	if (err != DB_OK)
		return err;
	if (!str_is(b->cart.status, "open"))
		return checkout_refuse(b, "cart_closed", "the cart was ordered already");
	return b->cart.version == b->in->cart_version ? DB_OK :
	    checkout_refuse(b, "cart_changed",
	    "the cart was changed after it was read; read it again");
}

/* Compute the total at current prices; refuse it unless it is the expected total. */
static enum db_err
checkout_price(struct store *st, struct checkout_work *b)
{
	struct money	*total = &b->order.total;
	enum db_err	 err = cart_lines(st, &b->cart, &b->lines, &b->n);

	if (err != DB_OK)
		return err;
	if (b->n == 0)
		return checkout_refuse(b, "cart_empty", "the cart has no items");
	memcpy(total->currency, b->cart.currency.p, 3);
	total->amount = 0;
	for (size_t i = 0; i < b->n; i++) {
		if (!b->lines[i].sellable)
			return checkout_refuse(b, "cart_changed",
			    "a product of the cart is no longer for sale");
		total->amount += b->lines[i].price.amount * b->lines[i].quantity;
	}
	return total->amount == b->in->expected_total.amount &&
	    strcmp(total->currency, b->in->expected_total.currency) == 0 ? DB_OK :
	    checkout_refuse(b, "price_changed",
	    "the total differs from expected_total; read the cart again");
}

static void
shortage_print(struct buf *b, const struct stock_line *l)
{
	char	 id[UUID_LEN + 1];

	uuid_text(l->product_id, id);
	json_open(b, NULL, '{');
	json_text(b, "code", "out_of_stock");
	json_fmt(b, "detail", "only %lld available", (long long)l->available);
	json_text(b, "product_id", id);
	json_int(b, "available", l->available);
	json_close(b, "}");
}

/* Refuse with 409: `errors` lists each product with too few pieces. */
static enum db_err
checkout_refuse_stock(struct checkout_work *b, const struct stock_change *c)
{
	struct buf	 more;

	buf_init(&more, b->rq->arena);
	json_open(&more, "errors", '[');
	for (size_t i = 0; i < c->n; i++)
		if (c->lines[i].is_short)
			shortage_print(&more, &c->lines[i]);
	json_close(&more, "]");
	if (!buf_ok(&more))
		return DB_NO_MEMORY;
	b->rs->members = buf_view(&more);
	return checkout_refuse(b, "out_of_stock", "fewer pieces are available than ordered");
}

static enum db_err
checkout_reserve(struct store *st, struct checkout_work *b)
{
	struct stock_change	 c = { .ref = b->order.id, .n = b->n,
				    .lines = arena_array(st->arena, struct stock_line, b->n) };
	enum db_err		 err;

	if (c.lines == NULL)
		return DB_NO_MEMORY;
	for (size_t i = 0; i < b->n; i++) {
		c.lines[i].product_id = b->lines[i].product_id;
		c.lines[i].quantity = b->lines[i].quantity;
	}
	err = stock_reserve(st, &c);
	return err == DB_ABORT ? checkout_refuse_stock(b, &c) : err;
}

static enum db_err
checkout_insert(struct store *st, struct checkout_work *b)
{
	struct line_row	*rows = arena_array(st->arena, struct line_row, b->n);
	enum db_err	 err;

	if (rows == NULL)
		return DB_NO_MEMORY;
	for (size_t i = 0; i < b->n; i++) {
		const struct cart_line	*l = &b->lines[i];

		rows[i] = (struct line_row){ .order_id = b->order.id,
		    .line_no = (int64_t)i + 1, .product_id = l->product_id,
		    .sku = l->sku, .name = l->name, .unit_price = l->price,
		    .quantity = l->quantity, .line_total = l->price.amount * l->quantity };
	}
	if ((err = query_exec(st, &add_order, &b->order, NULL)) != DB_OK)
		return err;
	return query_insert(st, &add_lines, rows, b->n);
}

static enum db_err
checkout_queue_expiry(struct store *st, const struct checkout_work *b)
{
	const struct order_key	 key = { b->order.id };

	return job_add(st, &(struct job_spec){ .queue = "orders", .kind = "order.expire",
	    .schema = &order_ref, .payload = &key, .run_at = b->order.expires_at });
}

static enum db_err
checkout_tx(struct store *st, void *arg)
{
	struct checkout_work	*b = arg;
	enum db_err	 err = checkout_lock_cart(st, b);

	b->rs->members = (struct str){ NULL, 0 };
	b->order.expires_at = (struct stamp){ clock_now_ms() +
	    b->rq->conf->order_seconds * 1000, true };
	if (err == DB_OK)
		err = checkout_price(st, b);
	if (err == DB_OK)
		err = checkout_reserve(st, b);
	if (err == DB_OK)
		err = checkout_insert(st, b);
	if (err == DB_OK)
		err = cart_close(st, &b->cart, "ordered");
	return err == DB_OK ? checkout_queue_expiry(st, b) : err;
}

static enum http_status
order_answer(struct req *rq, struct resp *rs, struct uuid id, enum http_status good)
{
	const struct order_row	 key = { .id = id };
	char			 text[UUID_LEN + 1];
	enum http_status	 status = resource_respond(rq, rs, &orders, &key, good);

	uuid_text(id, text);
	if (status == good)
		resp_header(rs, "Location", "%.*s/v1/orders/%s", STR_ARG(rq->target.base), text);
	return status;
}

static enum http_status
order_post(struct req *rq, struct resp *rs)
{
	const struct checkout	*in = BODY(rq, struct checkout);
	const struct str	 tags[] = { STR("orders") };
	struct checkout_work		 b = { .rq = rq, .rs = rs, .in = in };
	enum db_err		 err;

	b.order = (struct row){ .id = uuid_new(), .user_id = rq->user->id,
	    .cart_id = in->cart_id, .address = in->shipping_address, .note = in->note };
	err = store_write(rq->store, tags, NELEMS(tags), checkout_tx, &b);
	if (err == DB_ABORT)
		return b.status;
	return err == DB_OK ? order_answer(rq, rs, b.order.id, HTTP_CREATED) : resp_db_error(rs, err);
}

/* --- expiry and cancellation --------------------------------------------------- */

static enum db_err
order_expire_tx(struct store *st, void *arg)
{
	const struct order_key	*k = arg;
	bool			 done;

	return order_expired(st, k->id, &done);
}

static enum job_outcome
order_expire_job(struct job *j)
{
	struct order_key	 key = *(const struct order_key *)j->input;

	return job_outcome_of(j, job_write(j, NULL, 0, order_expire_tx, &key));
}

/* A cancellation in progress. */
struct cancel_work {
	struct req		*rq;
	struct cancel_values		 v;
	bool			 done;
};

/* Refund what is left of the payment.  DB_ABORT: nothing is left. */
static enum db_err
order_refund(struct store *st, const struct order_state *state, struct cancel_work *e)
{
	struct refund	 all = { .payment_id = state->payment_id, .reason = e->v.reason };
	enum db_err	 err = payment_refund(st, &all);

	e->done = err == DB_OK;
	return err;
}

static enum db_err
order_cancel_tx(struct store *st, void *arg)
{
	struct cancel_work	*e = arg;
	struct order_state	 state;
	enum db_err		 err = order_find(st, e->v.id, &state);

	e->done = false;
	if (err == DB_OK && !uuid_eq(state.user_id, e->rq->user->id) &&
	    !auth_has_scope(e->rq->user, orders.admin_scope))
		err = DB_NOT_FOUND;
	if (err == DB_OK && str_is(state.status, "paid"))
		err = order_refund(st, &state, e);
	else if (err == DB_OK)
		err = order_cancelled(st, e->v.id, &e->done);
	if (err == DB_OK && !e->done)
		return DB_ABORT;
	return err == DB_OK ? query_exec(st, &add_reason, &e->v, NULL) : err;
}

static enum http_status
cancellation_post(struct req *rq, struct resp *rs)
{
	const struct order_key	*k = KEYS(rq, struct order_key);
	struct cancel_work	 e = { .rq = rq, .v = { k->id,
				    BODY(rq, struct cancellation)->reason } };
	enum db_err		 err = store_write(rq->store, NULL, 0, order_cancel_tx, &e);

	if (err == DB_ABORT)
		return resp_problem(rs, HTTP_CONFLICT, "invalid_state",
		    "an order that is shipped, cancelled, expired or refunded "
		    "cannot be cancelled");
	return err == DB_OK ? order_answer(rq, rs, k->id, HTTP_CREATED) : resp_db_error(rs, err);
}

static const struct route routes[] = {
	{ .method = HTTP_POST, .path = "/v1/orders", .scope = "orders:write",
	  .run = order_post, .body = &checkout, .answer = &order,
	  .idempotency = IDEM_REQUIRED, .limit = LIMIT_COSTLY,
	  .problems = PROBLEMS("409 out_of_stock Fewer pieces are available than ordered: "
	  "`errors` lists each such product with its `available` pieces.",
	  "409 cart_changed The cart was changed, or a product is no longer for sale. Read "
	  "the cart again.",
	  "409 price_changed The total differs from `expected_total`. Read the cart again.",
	  CART_CLOSED,
	  "409 cart_empty The cart has no items."),
	  .doc = "Order a cart; its pieces are reserved until `expires_at`" },
	{ .method = HTTP_POST, .path = "/v1/orders/{id}/cancellation",
	  .scope = "orders:write users:admin", .run = cancellation_post, .keys = &order_key,
	  .body = &cancellation, .answer = &order, .idempotency = IDEM_REQUIRED,
	  .limit = LIMIT_COSTLY,
	  .problems = PROBLEMS(ORDER_STATE),
	  .doc = "Cancel an order: release its stock and refund its payment, after which "
	  "it is `refunded`" },
	{ .path = NULL },
};

static const struct job_kind kinds[] = {
	{ "order.expire", &order_ref, order_expire_job, .doc = "Expire an unpaid order and release its stock" },
	{ .name = NULL },
};

int
main(int argc, char **argv)
{
	return app_main(argc, argv, APP("orders", .service = "shop", .routes = routes,
	    .resources = RESOURCES(&orders), .jobs = kinds,
	    .queries = QUERIES(&add_order, &add_lines, &add_reason),
	    .uses = USES(cart_queries, order_queries, stock_queries,
	    payment_refund_queries)));
}
