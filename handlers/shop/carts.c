/* carts: the carts of users, at current prices. */
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
	FIELD_STR(struct item, sku, .doc = "Stock-keeping unit of the product"),
	FIELD_STR(struct item, name, .doc = "Name of the product"),
	FIELD_INT(struct item, quantity, .min = 1, .max = 999, .doc = "Number of pieces"),
	FIELD_MONEY(struct item, unit_price, .doc = "Current price of one piece"),
	FIELD_MONEY(struct item, line_total, .doc = "Unit price times quantity"));

static const struct schema warning = SCHEMA("CartWarning", struct warning,
	FIELD_UUID(struct warning, product_id, .doc = "Key of the product"),
	FIELD_STR(struct warning, code, .one_of = ENUM("price_changed",
	    "insufficient_stock", "unavailable"), .doc = "price_changed: the price "
	    "differs from the price when the quantity was set; insufficient_stock: "
	    "fewer pieces are available; unavailable: the product is not for sale and "
	    "not part of the subtotal"));

static const struct schema cart = SCHEMA("Cart", struct cart,
	FIELD_UUID(struct cart, id, .flags = FIELD_READONLY, .doc = "Key"),
	FIELD_INT(struct cart, version, .doc = "Incremented by each change; an order "
	    "must name the current version"),
	FIELD_STR(struct cart, status, .one_of = ENUM("open", "ordered"),
	    .doc = "An ordered cart cannot be changed"),
	FIELD_LIST(struct cart, items, .schema = &item, .max = CART_LINES,
	    .doc = "Items in the order in which they were added"),
	FIELD_MONEY(struct cart, subtotal, .doc = "Sum of the items that are for sale"),
	FIELD_LIST(struct cart, warnings, .schema = &warning,
	    .doc = "Reasons why an order of this cart would differ or be refused"),
	FIELD_STAMP(struct cart, updated_at, .doc = "Time of the last change"));

static const struct schema new_cart = SCHEMA("NewCart", struct new_cart,
	FIELD_STR(struct new_cart, currency, .min = 3, .max = 3,
	    .format = FORMAT_CURRENCY, .doc = "Currency of all prices of the cart",
	    .example = "\"EUR\""));

static const struct schema new_item = SCHEMA("NewCartItem", struct new_item,
	FIELD_INT(struct new_item, quantity, .min = 1, .max = 999, .doc = "Number of pieces",
	    .example = "2"));

static const struct schema cart_key = SCHEMA("CartPath", struct cart_key,
	FIELD_UUID(struct cart_key, id, .doc = "Key of a cart"));

static const struct schema item_key = SCHEMA("CartItemPath", struct cart_key,
	FIELD_UUID(struct cart_key, id, .doc = "Key of a cart"),
	FIELD_UUID(struct cart_key, product_id, .doc = "Key of a product"));

/* Parameters and results of the statements. */
struct values {
	struct uuid	 cart, product, user;
	struct str	 currency;
	int64_t		 quantity, price;
};

#define CART		FIELD_UUID(struct values, cart, .doc = "Key of a cart")
#define PRODUCT		FIELD_UUID(struct values, product, .doc = "Key of a product")
#define USER		FIELD_UUID(struct values, user, .doc = "Key of a user")
#define CURRENCY	FIELD_STR(struct values, currency, .doc = "ISO 4217")
#define QUANTITY	FIELD_INT(struct values, quantity, .doc = "Number of pieces")
#define PRICE		FIELD_INT(struct values, price, .doc = "Minor units")

static const struct schema of_user = SCHEMA("CartOfUser", struct values, USER, CURRENCY);
static const struct schema add_values = SCHEMA("CartAdded", struct values, CART, USER,
	CURRENCY, USER, CURRENCY);
static const struct schema of_product = SCHEMA("CartOfProduct", struct values, PRODUCT);
static const struct schema of_item = SCHEMA("CartOfItem", struct values, CART, PRODUCT);
static const struct schema of_cart = SCHEMA("CartOfCart", struct values, CART);
static const struct schema put_values = SCHEMA("CartPut", struct values, CART, PRODUCT,
	QUANTITY, PRICE);
static const struct schema open_cart = SCHEMA("CartOpen", struct values, CART);
static const struct schema price_values = SCHEMA("CartPriced", struct values, PRICE, CURRENCY);
static const struct schema item_values = SCHEMA("CartThere", struct values, QUANTITY, PRICE);
static const struct schema count_values = SCHEMA("CartCounted", struct values, QUANTITY);

static const struct query find_open = {
	"SELECT id FROM carts WHERE open_key = CONCAT(?, ?)",
	.in = &of_user, .out = &open_cart };
static const struct query add_cart = {
	"INSERT INTO carts (id, user_id, currency, open_key)"
	" VALUES (?, ?, ?, CONCAT(?, ?))", .in = &add_values };
static const struct query product_price = {
	"SELECT price_amount, currency FROM products WHERE id = ? AND status = 'active'",
	.in = &of_product, .out = &price_values };
static const struct query find_item = {
	"SELECT quantity, price_seen FROM cart_items WHERE cart_id = ? AND product_id = ?",
	.in = &of_item, .out = &item_values };
static const struct query count_items = {
	"SELECT COUNT(*) FROM cart_items WHERE cart_id = ?",
	.in = &of_cart, .out = &count_values };
static const struct query put_item = {
	"INSERT INTO cart_items (cart_id, product_id, quantity, price_seen)"
	" VALUES (?, ?, ?, ?) ON DUPLICATE KEY UPDATE quantity = VALUES(quantity),"
	" price_seen = VALUES(price_seen)", .in = &put_values };
static const struct query remove_item = {
	"DELETE FROM cart_items WHERE cart_id = ? AND product_id = ?", .in = &of_item };

/* --- the answer --------------------------------------------------------------- */

static struct money
money_times(struct money price, int64_t n)
{
	price.amount *= n;
	return price;
}

static void
cart_add_line(struct cart *c, const struct cart_line *l)
{
	struct item	*to = (struct item *)c->items.items + c->items.n++;

	*to = (struct item){ .product_id = l->product_id, .sku = l->sku,
	    .name = l->name, .quantity = l->quantity, .unit_price = l->price,
	    .line_total = money_times(l->price, l->quantity) };
	if (l->sellable)
		c->subtotal.amount += to->line_total.amount;
}

static void
cart_warn(struct cart *c, const struct cart_line *l, const char *code)
{
	struct warning	*to = (struct warning *)c->warnings.items + c->warnings.n++;

	*to = (struct warning){ l->product_id, str_of(code) };
}

static void
cart_add_warnings(struct cart *c, const struct cart_line *l)
{
	if (!l->sellable) {
		cart_warn(c, l, "unavailable");
		return;
	}
	if (l->price.amount != l->seen)
		cart_warn(c, l, "price_changed");
	if (l->available < l->quantity)
		cart_warn(c, l, "insufficient_stock");
}

static struct str
version_text(struct arena *a, const struct cart_state *c)
{
	char	*text = arena_fmt(a, "%lld", (long long)c->version);

	return text == NULL ? STR("0") : str_of(text);
}

/* Answer with the cart and its current prices. */
static enum db_err
cart_answer(struct req *rq, struct resp *rs, const struct cart_state *state,
    enum http_status good)
{
	struct cart		 c = { .id = state->id, .version = state->version,
				    .status = state->status, .updated_at = state->updated_at };
	struct cart_line	*lines;
	size_t			 n;
	enum db_err		 err = cart_lines(rq->store, state, &lines, &n);

	if (err != DB_OK)
		return err;
	c.items.items = arena_array(rq->arena, struct item, n + 1);
	c.warnings.items = arena_array(rq->arena, struct warning, 2 * n + 1);
	if (c.items.items == NULL || c.warnings.items == NULL)
		return DB_NO_MEMORY;
	memcpy(c.subtotal.currency, state->currency.p, 3);
	for (size_t i = 0; i < n; i++) {
		cart_add_line(&c, &lines[i]);
		if (str_is(state->status, "open"))
			cart_add_warnings(&c, &lines[i]);
	}
	buf_init(&rs->body, rq->arena);
	if (resp_object(rs, good, &cart, &c) == good)
		resp_etag(rs, version_text(rq->arena, state));
	return DB_OK;
}

static enum http_status
cart_get(struct req *rq, struct resp *rs)
{
	const struct cart_key	*k = KEYS(rq, struct cart_key);
	struct cart_state	 state;
	enum db_err		 err = cart_find(rq->store, k->id, rq->user->id, &state);

	if (err == DB_OK)
		err = cart_answer(rq, rs, &state, HTTP_OK);
	return err == DB_OK ? HTTP_OK : resp_db_error(rs, err);
}

/* --- changes ------------------------------------------------------------------ */

/* A change in progress.  `status` is that of the answer, or of a refusal that was
 * found inside the transaction. */
struct change {
	struct req		*rq;
	struct resp		*rs;
	struct cart_state	 state;
	struct values		 v;
	enum http_status	 status;
};

static struct change
change_of(struct req *rq, struct resp *rs)
{
	/* POST /v1/carts has no key in its path. */
	const struct cart_key	*k = rq->route->keys == NULL ? NULL :
				    KEYS(rq, struct cart_key);

	return (struct change){ .rq = rq, .rs = rs, .status = HTTP_OK,
	    .v = { .user = rq->user->id, .cart = k == NULL ? (struct uuid){ { 0 } } : k->id,
	    .product = k == NULL ? (struct uuid){ { 0 } } : k->product_id } };
}

static enum db_err
change_refuse(struct change *c, enum http_status status)
{
	c->status = status;
	return DB_ABORT;
}

static enum http_status
change_run(struct change *c, enum db_err (*run)(struct store *, void *))
{
	enum db_err	 err = store_write(c->rq->store, NULL, 0, run, c);

	return err == DB_OK || err == DB_ABORT ? c->status : resp_db_error(c->rs, err);
}

/* Lock the cart; refuse it if it is not open or not the version of If-Match. */
static enum db_err
cart_lock_open(struct store *st, struct change *c)
{
	struct str	 given = req_env(c->rq, "HTTP_IF_MATCH");
	enum db_err	 err = cart_lock(st, c->v.cart, c->v.user, &c->state);

	c->status = HTTP_OK;
	if (err != DB_OK)
		return err;
	if (given.p != NULL && etag_if_match(given,
	    version_text(st->arena, &c->state)) != ETAG_YES)
		return change_refuse(c, resp_problem(c->rs, HTTP_PRECONDITION_FAILED,
		    "precondition_failed", "the cart was changed; read it again"));
	if (!str_is(c->state.status, "open"))
		return change_refuse(c, resp_problem(c->rs, HTTP_CONFLICT, "cart_closed",
		    "the cart was ordered; create another cart"));
	return DB_OK;
}

/* 0, or the refusal of a malformed If-Match. */
static enum http_status
if_match_check(struct req *rq, struct resp *rs)
{
	struct str	 given = req_env(rq, "HTTP_IF_MATCH");

	return given.p == NULL || etag_valid(given) ? 0 :
	    resp_problem(rs, HTTP_BAD_REQUEST, "invalid_header",
	    "If-Match must be * or a list of entity tags");
}

/* Find the user's open cart of this currency, or create one.  A concurrent request
 * may create it first: then the transaction is retried and finds it. */
static enum db_err
cart_open_tx(struct store *st, void *arg)
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
		err = cart_find(st, c->v.cart, c->v.user, &c->state);
	return err == DB_OK ? cart_answer(c->rq, c->rs, &c->state, c->status) : err;
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
		    "the token must belong to a user: only a user can own a cart");
	c.v.currency = in->currency;
	if ((status = change_run(&c, cart_open_tx)) == HTTP_CREATED) {
		uuid_text(c.v.cart, id);
		resp_header(rs, "Location", "%.*s/v1/carts/%s", STR_ARG(rq->target.base), id);
	}
	return status;
}

/* Read the price of a product that is for sale; refuse another currency. */
static enum db_err
product_price_read(struct store *st, struct change *c)
{
	struct values	 got;
	struct faults	 fs;
	enum db_err	 err = query_one(st, &product_price, &c->v, &got);

	if (err != DB_OK)
		return err;
	c->v.price = got.price;
	if (str_eq(got.currency, c->state.currency))
		return DB_OK;
	faults_init(&fs, c->rq->arena);
	fault_add(&fs, "#", "currency_mismatch",
	    "the product is sold in %.*s, but the cart is in %.*s",
	    STR_ARG(got.currency), STR_ARG(c->state.currency));
	return change_refuse(c, resp_faults(c->rs, HTTP_UNPROCESSABLE, "validation_failed", &fs));
}

/* Refuse a new item of a full cart.  `*same`: the item needs no change. */
static enum db_err
cart_check_room(struct store *st, struct change *c, bool *same)
{
	struct values	 got = { .quantity = 0 };
	enum db_err	 err = query_one(st, &find_item, &c->v, &got);

	*same = err == DB_OK && got.quantity == c->v.quantity && got.price == c->v.price;
	if (err != DB_NOT_FOUND)
		return err;
	c->status = HTTP_CREATED;
	err = query_one(st, &count_items, &c->v, &got);
	return err != DB_OK || got.quantity < CART_LINES ? err :
	    change_refuse(c, resp_problem(c->rs, HTTP_CONFLICT, "cart_full",
	    "a cart has at most %d items", CART_LINES));
}

static enum db_err
item_put_tx(struct store *st, void *arg)
{
	struct change	*c = arg;
	bool		 same = false;
	enum db_err	 err = cart_lock_open(st, c);

	if (err == DB_OK)
		err = product_price_read(st, c);
	if (err == DB_OK)
		err = cart_check_room(st, c, &same);
	if (err == DB_OK && !same)
		err = query_exec(st, &put_item, &c->v, NULL);
	if (err == DB_OK && !same)
		err = cart_touch(st, &c->state);
	if (err == DB_OK)
		err = cart_find(st, c->v.cart, c->v.user, &c->state);
	return err == DB_OK ? cart_answer(c->rq, c->rs, &c->state, c->status) : err;
}

static enum http_status
item_put(struct req *rq, struct resp *rs)
{
	const struct new_item	*in = BODY(rq, struct new_item);
	struct change		 c = change_of(rq, rs);
	enum http_status	 status = if_match_check(rq, rs);

	c.v.quantity = in->quantity;
	return status != 0 ? status : change_run(&c, item_put_tx);
}

static enum db_err
item_delete_tx(struct store *st, void *arg)
{
	struct change	*c = arg;
	struct db_result	 done = { 0, 0 };
	enum db_err	 err = cart_lock_open(st, c);

	if (err == DB_OK)
		err = query_exec(st, &remove_item, &c->v, &done);
	if (err == DB_OK && done.affected == 0)
		err = DB_NOT_FOUND;
	if (err == DB_OK)
		err = cart_touch(st, &c->state);
	if (err == DB_OK)
		err = cart_find(st, c->v.cart, c->v.user, &c->state);
	return err == DB_OK ? cart_answer(c->rq, c->rs, &c->state, HTTP_OK) : err;
}

static enum http_status
item_delete(struct req *rq, struct resp *rs)
{
	struct change		 c = change_of(rq, rs);
	enum http_status	 status = if_match_check(rq, rs);

	return status != 0 ? status : change_run(&c, item_delete_tx);
}

static enum db_err
cart_abandon_tx(struct store *st, void *arg)
{
	struct change	*c = arg;
	enum db_err	 err = cart_lock_open(st, c);

	return err != DB_OK ? err : cart_close(st, &c->state, "abandoned");
}

static enum http_status
cart_delete(struct req *rq, struct resp *rs)
{
	struct change		 c = change_of(rq, rs);
	enum http_status	 status = if_match_check(rq, rs);

	if (status == 0)
		status = change_run(&c, cart_abandon_tx);
	return status == HTTP_OK ? resp_json(rs, HTTP_NO_CONTENT) : status;
}

static const struct route routes[] = {
	{ .method = HTTP_POST, .path = "/v1/carts", .scope = "orders:write",
	  .run = cart_open, .body = &new_cart, .answer = &cart,
	  .problems = PROBLEMS("201", "200",
	  "403 not_a_user A cart belongs to a user, and the token does not."),
	  .doc = "Create a cart (at most one open cart per currency)" },
	{ .method = HTTP_GET, .path = "/v1/carts/{id}", .scope = "orders:read",
	  .run = cart_get, .keys = &cart_key, .answer = &cart,
	  .reads = TAGS("carts/{id}", "products", "stock"),
	  .doc = "Get one of your carts, at current prices" },
	{ .method = HTTP_DELETE, .path = "/v1/carts/{id}", .scope = "orders:write",
	  .run = cart_delete, .keys = &cart_key, .problems = PROBLEMS(CART_CLOSED, CHANGED),
	  .doc = "Delete the cart" },
	{ .method = HTTP_PUT, .path = "/v1/carts/{id}/items/{product_id}",
	  .scope = "orders:write", .run = item_put, .keys = &item_key,
	  .body = &new_item, .answer = &cart,
	  .problems = PROBLEMS("201", "200", CART_CLOSED, CHANGED,
	  "409 cart_full A cart has at most 100 items."),
	  .doc = "Set the quantity of a product in the cart" },
	{ .method = HTTP_DELETE, .path = "/v1/carts/{id}/items/{product_id}",
	  .scope = "orders:write", .run = item_delete, .keys = &item_key,
	  .answer = &cart, .problems = PROBLEMS(CART_CLOSED, CHANGED),
	  .doc = "Remove a product from the cart" },
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
