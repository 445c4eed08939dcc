/* carts: what somebody means to buy, at the prices of now. */
#include <stdio.h>

#include "http/etag.h"
#include "app.h"
#include "cart.h"

struct item {
	struct uuid	 product_id;
	struct str	 sku, name;
	int64_t		 quantity;
	struct money	 unit_price, line_total;
};

struct warning {
	struct uuid	 product_id;
	struct str	 code;
};

struct cart {
	struct uuid	 id;
	int64_t		 version;
	struct str	 status;
	struct list	 items;
	struct money	 subtotal;
	struct list	 warnings;
	struct stamp	 updated_at;
};

struct new_cart {
	struct str	 currency;
};

struct new_item {
	int64_t		 quantity;
};

struct cart_key {
	struct uuid	 id, product_id;
};

#define CHANGED		"412 precondition_failed"

static const struct schema item = SCHEMA("CartItem", struct item,
	FIELD_UUID(struct item, product_id, .doc = "Key of the product"),
	FIELD_STR(struct item, sku, .doc = "Its stock-keeping unit"),
	FIELD_STR(struct item, name, .doc = "Its name"),
	FIELD_INT(struct item, quantity, .min = 1, .max = 999, .doc = "Pieces"),
	FIELD_MONEY(struct item, unit_price, .doc = "Price of one, now"),
	FIELD_MONEY(struct item, line_total, .doc = "Of all of them"));

static const struct schema warning = SCHEMA("CartWarning", struct warning,
	FIELD_UUID(struct warning, product_id, .doc = "Key of the product"),
	FIELD_STR(struct warning, code, .one_of = ENUM("price_changed",
	    "insufficient_stock", "unavailable"), .doc = "What is the matter: the "
	    "price is not that of when its quantity was set, there are fewer pieces, "
	    "or it can not be bought and is not in the subtotal"));

static const struct schema cart = SCHEMA("Cart", struct cart,
	FIELD_UUID(struct cart, id, .flags = FIELD_READONLY, .doc = "Key"),
	FIELD_INT(struct cart, version, .doc = "Counted up by each change; an order "
	    "names it"),
	FIELD_STR(struct cart, status, .one_of = ENUM("open", "ordered"),
	    .doc = "Ordered ones do not change"),
	FIELD_LIST(struct cart, items, .schema = &item, .max = CART_LINES,
	    .doc = "In the order they were added"),
	FIELD_MONEY(struct cart, subtotal, .doc = "Of all that can be bought"),
	FIELD_LIST(struct cart, warnings, .schema = &warning,
	    .doc = "What stands between it and an order"),
	FIELD_STAMP(struct cart, updated_at, .doc = "Last change"));

static const struct schema new_cart = SCHEMA("NewCart", struct new_cart,
	FIELD_STR(struct new_cart, currency, .min = 3, .max = 3,
	    .format = FORMAT_CURRENCY, .doc = "Of all its prices",
	    .example = "\"EUR\""));

static const struct schema new_item = SCHEMA("NewCartItem", struct new_item,
	FIELD_INT(struct new_item, quantity, .min = 1, .max = 999, .doc = "Pieces",
	    .example = "2"));

static const struct schema cart_key = SCHEMA("CartPath", struct cart_key,
	FIELD_UUID(struct cart_key, id, .doc = "Key of a cart"));

static const struct schema item_key = SCHEMA("CartItemPath", struct cart_key,
	FIELD_UUID(struct cart_key, id, .doc = "Key of a cart"),
	FIELD_UUID(struct cart_key, product_id, .doc = "Key of a product"));

/* What the statements bind and answer. */
struct values {
	struct uuid	 cart, product, user;
	struct str	 currency;
	int64_t		 quantity, price;
};

#define CART		FIELD_UUID(struct values, cart, .doc = "Key of a cart")
#define PRODUCT		FIELD_UUID(struct values, product, .doc = "Key of a product")
#define USER		FIELD_UUID(struct values, user, .doc = "Key of a user")
#define CURRENCY	FIELD_STR(struct values, currency, .doc = "ISO 4217")
#define QUANTITY	FIELD_INT(struct values, quantity, .doc = "Pieces")
#define PRICE		FIELD_INT(struct values, price, .doc = "Minor units")

static const struct schema of_user = SCHEMA("CartOfUser", struct values, USER, CURRENCY);
static const struct schema added = SCHEMA("CartAdded", struct values, CART, USER,
	CURRENCY, USER, CURRENCY);
static const struct schema of_product = SCHEMA("CartOfProduct", struct values, PRODUCT);
static const struct schema of_item = SCHEMA("CartOfItem", struct values, CART, PRODUCT);
static const struct schema of_cart = SCHEMA("CartOfCart", struct values, CART);
static const struct schema put = SCHEMA("CartPut", struct values, CART, PRODUCT,
	QUANTITY, PRICE);
static const struct schema open_cart = SCHEMA("CartOpen", struct values, CART);
static const struct schema priced = SCHEMA("CartPriced", struct values, PRICE, CURRENCY);
static const struct schema there = SCHEMA("CartThere", struct values, QUANTITY, PRICE);
static const struct schema counted = SCHEMA("CartCounted", struct values, QUANTITY);

static const struct query find_open = {
	"SELECT id FROM carts WHERE open_key = CONCAT(?, ?)",
	.in = &of_user, .out = &open_cart };
static const struct query add_cart = {
	"INSERT INTO carts (id, user_id, currency, open_key)"
	" VALUES (?, ?, ?, CONCAT(?, ?))", .in = &added };
static const struct query product_price = {
	"SELECT price_amount, currency FROM products WHERE id = ? AND status = 'active'",
	.in = &of_product, .out = &priced };
static const struct query find_item = {
	"SELECT quantity, price_seen FROM cart_items WHERE cart_id = ? AND product_id = ?",
	.in = &of_item, .out = &there };
static const struct query count_items = {
	"SELECT COUNT(*) FROM cart_items WHERE cart_id = ?",
	.in = &of_cart, .out = &counted };
static const struct query put_item = {
	"INSERT INTO cart_items (cart_id, product_id, quantity, price_seen)"
	" VALUES (?, ?, ?, ?) ON DUPLICATE KEY UPDATE quantity = VALUES(quantity),"
	" price_seen = VALUES(price_seen)", .in = &put };
static const struct query remove_item = {
	"DELETE FROM cart_items WHERE cart_id = ? AND product_id = ?", .in = &of_item };

/* --- how one looks ------------------------------------------------------------ */

static struct money
times(struct money price, int64_t n)
{
	price.amount *= n;
	return price;
}

static void
put_line(struct cart *c, const struct cart_line *l)
{
	struct item	*to = (struct item *)c->items.items + c->items.n++;

	*to = (struct item){ .product_id = l->product_id, .sku = l->sku,
	    .name = l->name, .quantity = l->quantity, .unit_price = l->price,
	    .line_total = times(l->price, l->quantity) };
	if (l->sellable)
		c->subtotal.amount += to->line_total.amount;
}

static void
warn(struct cart *c, const struct cart_line *l, const char *code)
{
	struct warning	*to = (struct warning *)c->warnings.items + c->warnings.n++;

	*to = (struct warning){ l->product_id, str_of(code) };
}

static void
put_warnings(struct cart *c, const struct cart_line *l)
{
	if (!l->sellable) {
		warn(c, l, "unavailable");
		return;
	}
	if (l->price.amount != l->seen)
		warn(c, l, "price_changed");
	if (l->available < l->quantity)
		warn(c, l, "insufficient_stock");
}

static struct str
version_text(struct arena *a, const struct cart_state *c)
{
	char	*text = arena_fmt(a, "%lld", (long long)c->version);

	return text == NULL ? STR("0") : str_of(text);
}

/* The cart as it is now, with its prices, into the answer. */
static enum db_err
show(struct req *rq, struct resp *rs, const struct cart_state *held,
    enum http_status good)
{
	struct cart		 c = { .id = held->id, .version = held->version,
				    .status = held->status, .updated_at = held->updated_at };
	struct cart_line	*lines;
	size_t			 n;
	enum db_err		 err = cart_lines(rq->store, held, &lines, &n);

	if (err != DB_OK)
		return err;
	c.items.items = arena_array(rq->arena, struct item, n + 1);
	c.warnings.items = arena_array(rq->arena, struct warning, 2 * n + 1);
	if (c.items.items == NULL || c.warnings.items == NULL)
		return DB_NO_MEMORY;
	memcpy(c.subtotal.currency, held->currency.p, 3);
	for (size_t i = 0; i < n; i++) {
		put_line(&c, &lines[i]);
		if (str_is(held->status, "open"))
			put_warnings(&c, &lines[i]);
	}
	buf_init(&rs->body, rq->arena);
	if (resp_object(rs, good, &cart, &c) == good)
		resp_etag(rs, version_text(rq->arena, held));
	return DB_OK;
}

static enum http_status
cart_get(struct req *rq, struct resp *rs)
{
	const struct cart_key	*k = rq->keys;
	struct cart_state	 held;
	enum db_err		 err = cart_find(rq->store, k->id, rq->user->id, &held);

	if (err == DB_OK)
		err = show(rq, rs, &held, HTTP_OK);
	return err == DB_OK ? HTTP_OK : resp_db_error(rs, err);
}

/* --- changes ------------------------------------------------------------------ */

/* One on its way: `status` of the answer, or of a refusal found in the transaction. */
struct change {
	struct req		*rq;
	struct resp		*rs;
	struct cart_state	 held;
	struct values		 v;
	enum http_status	 status;
};

static struct change
change_of(struct req *rq, struct resp *rs)
{
	const struct cart_key	*k = rq->keys;

	return (struct change){ .rq = rq, .rs = rs, .status = HTTP_OK,
	    .v = { .user = rq->user->id, .cart = k == NULL ? (struct uuid){ { 0 } } : k->id,
	    .product = k == NULL ? (struct uuid){ { 0 } } : k->product_id } };
}

static enum db_err
refuse(struct change *c, enum http_status status)
{
	c->status = status;
	return DB_ABORT;
}

static enum http_status
changed(struct change *c, enum db_err (*run)(struct store *, void *))
{
	enum db_err	 err = store_write(c->rq->store, NULL, 0, run, c);

	return err == DB_OK || err == DB_ABORT ? c->status : resp_db_error(c->rs, err);
}

/* Locked and open, and as If-Match names it, where that was sent. */
static enum db_err
hold_open(struct store *st, struct change *c)
{
	struct str	 given = req_env(c->rq, "HTTP_IF_MATCH");
	enum db_err	 err = cart_lock(st, c->v.cart, c->v.user, &c->held);

	c->status = HTTP_OK;
	if (err != DB_OK)
		return err;
	if (given.p != NULL && etag_if_match(given,
	    version_text(st->arena, &c->held)) != ETAG_YES)
		return refuse(c, resp_problem(c->rs, HTTP_PRECONDITION_FAILED,
		    "precondition_failed", "it was changed meanwhile"));
	if (!str_is(c->held.status, "open"))
		return refuse(c, resp_problem(c->rs, HTTP_CONFLICT, "cart_closed",
		    "it has become an order"));
	return DB_OK;
}

/* 0, or the refusal of an If-Match that is none. */
static enum http_status
condition(struct req *rq, struct resp *rs)
{
	struct str	 given = req_env(rq, "HTTP_IF_MATCH");

	return given.p == NULL || etag_valid(given) ? 0 :
	    resp_problem(rs, HTTP_BAD_REQUEST, "invalid_header",
	    "If-Match is not a list of entity tags");
}

/* The open one of this currency, or a new one; who else makes it is no matter. */
static enum db_err
open_run(struct store *st, void *arg)
{
	struct change	*c = arg;
	struct values	 got = c->v;
	enum db_err	 err = query_one(st, &find_open, &c->v, &got);

	c->status = HTTP_OK;
	c->v.cart = got.cart;
	if (err == DB_NOT_FOUND) {
		c->v.cart = uuid_new();
		c->status = HTTP_CREATED;
		err = query_exec(st, &add_cart, &c->v, NULL);
	}
	if (err == DB_DUPLICATE)
		return DB_RETRY;
	if (err == DB_OK)
		err = cart_find(st, c->v.cart, c->v.user, &c->held);
	return err == DB_OK ? show(c->rq, c->rs, &c->held, c->status) : err;
}

static enum http_status
cart_open(struct req *rq, struct resp *rs)
{
	const struct new_cart	*in = BODY(rq, struct new_cart);
	struct change		 c = change_of(rq, rs);
	char			 id[UUID_LEN + 1];
	enum http_status	 status;

	if (uuid_is_nil(rq->user->id))
		return resp_problem(rs, HTTP_FORBIDDEN, "not_a_user",
		    "only a user can own a cart, and the token is of none");
	c.v.currency = in->currency;
	if ((status = changed(&c, open_run)) == HTTP_CREATED) {
		uuid_text(c.v.cart, id);
		resp_header(rs, "Location", "%.*s/v1/carts/%s", STR_ARG(rq->base), id);
	}
	return status;
}

/* A product that is for sale, in this currency. */
static enum db_err
take_price(struct store *st, struct change *c)
{
	struct values	 got;
	struct faults	 fs;
	enum db_err	 err = query_one(st, &product_price, &c->v, &got);

	if (err != DB_OK)
		return err;
	c->v.price = got.price;
	if (str_eq(got.currency, c->held.currency))
		return DB_OK;
	faults_init(&fs, c->rq->arena);
	fault_add(&fs, "#", "currency_mismatch", "is sold in %.*s, the cart is in %.*s",
	    STR_ARG(got.currency), STR_ARG(c->held.currency));
	return refuse(c, resp_faults(c->rs, HTTP_UNPROCESSABLE, "validation_failed", &fs));
}

/* Is there room for it, if it is new?  `*same`: there is nothing to change. */
static enum db_err
make_room(struct store *st, struct change *c, bool *same)
{
	struct values	 got = { .quantity = 0 };
	enum db_err	 err = query_one(st, &find_item, &c->v, &got);

	*same = err == DB_OK && got.quantity == c->v.quantity && got.price == c->v.price;
	if (err != DB_NOT_FOUND)
		return err;
	c->status = HTTP_CREATED;
	err = query_one(st, &count_items, &c->v, &got);
	return err != DB_OK || got.quantity < CART_LINES ? err :
	    refuse(c, resp_problem(c->rs, HTTP_CONFLICT, "cart_full",
	    "it has %d lines already", CART_LINES));
}

static enum db_err
put_run(struct store *st, void *arg)
{
	struct change	*c = arg;
	bool		 same = false;
	enum db_err	 err = hold_open(st, c);

	if (err == DB_OK)
		err = take_price(st, c);
	if (err == DB_OK)
		err = make_room(st, c, &same);
	if (err == DB_OK && !same)
		err = query_exec(st, &put_item, &c->v, NULL);
	if (err == DB_OK && !same)
		err = cart_touch(st, &c->held);
	if (err == DB_OK)
		err = cart_find(st, c->v.cart, c->v.user, &c->held);
	return err == DB_OK ? show(c->rq, c->rs, &c->held, c->status) : err;
}

static enum http_status
item_put(struct req *rq, struct resp *rs)
{
	const struct new_item	*in = BODY(rq, struct new_item);
	struct change		 c = change_of(rq, rs);
	enum http_status	 status = condition(rq, rs);

	c.v.quantity = in->quantity;
	return status != 0 ? status : changed(&c, put_run);
}

static enum db_err
remove_run(struct store *st, void *arg)
{
	struct change	*c = arg;
	struct db_result	 done = { 0, 0 };
	enum db_err	 err = hold_open(st, c);

	if (err == DB_OK)
		err = query_exec(st, &remove_item, &c->v, &done);
	if (err == DB_OK && done.affected == 0)
		err = DB_NOT_FOUND;
	if (err == DB_OK)
		err = cart_touch(st, &c->held);
	if (err == DB_OK)
		err = cart_find(st, c->v.cart, c->v.user, &c->held);
	return err == DB_OK ? show(c->rq, c->rs, &c->held, HTTP_OK) : err;
}

static enum http_status
item_delete(struct req *rq, struct resp *rs)
{
	struct change		 c = change_of(rq, rs);
	enum http_status	 status = condition(rq, rs);

	return status != 0 ? status : changed(&c, remove_run);
}

static enum db_err
abandon_run(struct store *st, void *arg)
{
	struct change	*c = arg;
	enum db_err	 err = hold_open(st, c);

	return err != DB_OK ? err : cart_close(st, &c->held, "abandoned");
}

static enum http_status
cart_delete(struct req *rq, struct resp *rs)
{
	struct change		 c = change_of(rq, rs);
	enum http_status	 status = condition(rq, rs);

	if (status == 0)
		status = changed(&c, abandon_run);
	return status == HTTP_OK ? resp_json(rs, HTTP_NO_CONTENT) : status;
}

static const struct route routes[] = {
	{ .method = HTTP_POST, .path = "/v1/carts", .scope = "orders:write",
	  .run = cart_open, .body = &new_cart, .answer = &cart,
	  .problems = PROBLEMS("201", "200",
	  "403 not_a_user A cart belongs to a user, and the token is of none."),
	  .doc = "Begin a cart; there is one open one for each currency" },
	{ .method = HTTP_GET, .path = "/v1/carts/{id}", .scope = "orders:read",
	  .run = cart_get, .keys = &cart_key, .answer = &cart,
	  .reads = TAGS("carts/{id}", "products", "stock"),
	  .doc = "One's cart, at the prices of now" },
	{ .method = HTTP_DELETE, .path = "/v1/carts/{id}", .scope = "orders:write",
	  .run = cart_delete, .keys = &cart_key, .problems = PROBLEMS(CART_CLOSED, CHANGED),
	  .doc = "Give it up" },
	{ .method = HTTP_PUT, .path = "/v1/carts/{id}/items/{product_id}",
	  .scope = "orders:write", .run = item_put, .keys = &item_key,
	  .body = &new_item, .answer = &cart,
	  .problems = PROBLEMS("201", "200", CART_CLOSED, CHANGED,
	  "409 cart_full A cart has 100 lines at most."),
	  .doc = "So many of a product, at its price of now; with If-Match, if the "
	  "cart is still that one" },
	{ .method = HTTP_DELETE, .path = "/v1/carts/{id}/items/{product_id}",
	  .scope = "orders:write", .run = item_delete, .keys = &item_key,
	  .answer = &cart, .problems = PROBLEMS(CART_CLOSED, CHANGED),
	  .doc = "None of it any more" },
	{ .path = NULL },
};

int
main(int argc, char **argv)
{
	return app_main(argc, argv, APP("carts", .service = "shop", .routes = routes,
	    .queries = QUERIES(&find_open, &add_cart, &product_price, &find_item,
	    &count_items, &put_item, &remove_item),
	    .uses = USES(cart_queries)));
}
