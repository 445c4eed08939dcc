/* money_buyer - carts, checkouts, payments, and who sells. */
#include <stdlib.h>
#include <string.h>

#include "money.h"

#define PRICE		1500
#define ON_HAND		200
#define POLLS		60	/* of a payment, 100 to 400 ms apart */
#define ROUNDS		5	/* of a checkout whose prices moved meanwhile */
#define LINES		3

/* --- what is sold ------------------------------------------------------------------ */

/* More or fewer of it. */
static bool
stock_move(struct client *c, const char *product, int delta, struct said *s)
{
	char	 path[96], body[128], key[48];

	key_new(c, key);
	snprintf(path, sizeof(path), "/v1/products/%s/stock-adjustments", product);
	snprintf(body, sizeof(body), "{\"delta\":%d,\"reason\":\"%s\",\"note\":\"%s\"}",
	    delta, delta < 0 ? "damaged" : "received", key);
	return ask_surely(c, &(const struct deed){ "stock", "POST", path, body, .key = key,
	    .token = shop_token, .mutants = true }, s) && s->status == 201;
}

bool
product_make(struct client *c, int on_hand, char id[40])
{
	char		 body[512], key[48];
	struct said	 s;

	key_new(c, key);
	snprintf(body, sizeof(body), "{\"sku\":\"money-%s\",\"name\":\"money\","
	    "\"price\":{\"amount\":%d,\"currency\":\"EUR\"}}", key, PRICE);
	if (ask_surely(c, &(const struct deed){ "product", "POST", "/v1/products", body,
	    .key = key, .token = shop_token }, &s) && s.status == 201 &&
	    member(s.body, "id", id, 40) && stock_move(c, id, on_hand, &s))
		return true;
	printf("FAIL: no product with stock: %d %.300s\n", s.status, s.body);
	return false;
}

bool
shop_make(struct client *c)
{
	for (int i = 0; i < PRODUCTS; i++)
		if (!product_make(c, ON_HAND, all->product[i]))
			return false;
	return true;
}

/* --- a cart ------------------------------------------------------------------------ */

static bool
cart_take(struct cart *cart, const struct said *s)
{
	cart->version = number_of(s->body, "version");
	cart->total = number_of(s->body, "subtotal.amount");
	return s->status / 100 == 2 && member(s->body, "id", cart->id, sizeof(cart->id));
}

bool
cart_open(struct client *c, struct cart *cart)
{
	struct said	 s;
	char		 key[48];

	key_new(c, key);
	return ask_surely(c, &(const struct deed){ "cart", "POST", "/v1/carts",
	    "{\"currency\":\"EUR\"}", .key = key, .mutants = true }, &s) &&
	    cart_take(cart, &s);
}

bool
cart_put(struct client *c, struct cart *cart, const char *product, int quantity)
{
	char		 path[160], body[64];
	struct said	 s;

	snprintf(path, sizeof(path), "/v1/carts/%s/items/%s", cart->id, product);
	snprintf(body, sizeof(body), "{\"quantity\":%d}", quantity);
	return ask_surely(c, &(const struct deed){ .kind = "item", .method = "PUT",
	    .path = path, .body = body }, &s) &&
	    cart_take(cart, &s);
}

static bool
cart_look(struct client *c, struct cart *cart)
{
	char		 path[96];
	struct said	 s;

	snprintf(path, sizeof(path), "/v1/carts/%s", cart->id);
	return look(c, "read_cart", path, &s) == 200 && cart_take(cart, &s);
}

/* Some may lie in it from a checkout that did not succeed. */
static bool
fill(struct client *c, struct cart *cart)
{
	size_t	 first = any(c, PRODUCTS), n = 1 + any(c, LINES);

	for (size_t i = 0; i < n; i++)
		if (!cart_put(c, cart, all->product[(first + i * 7) % PRODUCTS],
		    1 + (int)any(c, 3)))
			return false;
	return true;
}

bool
cart_empty(struct client *c, struct cart *cart)
{
	char		 path[160], product[40];
	struct said	 s;

	snprintf(path, sizeof(path), "/v1/carts/%s", cart->id);
	if (look(c, "read_cart", path, &s) != 200)
		return false;
	while (member(s.body, "items.0.product_id", product, sizeof(product))) {
		snprintf(path, sizeof(path), "/v1/carts/%s/items/%s", cart->id, product);
		if (!ask_surely(c, &(const struct deed){ .kind = "item",
		    .method = "DELETE", .path = path }, &s) || s.status != 200)
			return false;
	}
	return cart_take(cart, &s);
}

/* --- an order ------------------------------------------------------------------------ */

void
order_text(const struct cart *cart, const char *note, char body[1024])
{
	snprintf(body, 1024, "{\"cart_id\":\"%s\",\"cart_version\":%lld,"
	    "\"expected_total\":{\"amount\":%lld,\"currency\":\"EUR\"},"
	    "\"shipping_address\":{\"name\":\"A Buyer\",\"line1\":\"Wide Way 1\","
	    "\"postal_code\":\"10115\",\"city\":\"Berlin\",\"country\":\"DE\"},"
	    "\"note\":\"%s\"}", cart->id, cart->version, cart->total, note);
}

static bool
checkout(struct client *c, struct cart *cart, char order[40])
{
	char		 body[1024], key[48];
	struct said	 s;

	for (int i = 0; i < ROUNDS; i++) {
		key_new(c, key);
		order_text(cart, key, body);
		if (!ask_surely(c, &(const struct deed){ "order", "POST", "/v1/orders", body,
		    .key = key, .mutants = true }, &s))
			return false;
		if (s.status == 201)
			return member(s.body, "id", order, 40);
		if (code_is(&s, "out_of_stock"))
			(void)cart_empty(c, cart);
		if (!code_is(&s, "price_changed") && !code_is(&s, "cart_changed"))
			return false;
		if (!cart_look(c, cart))
			return false;
	}
	return false;
}

/* States in the order an order goes through them. */
static int
rank(const char *status)
{
	static const char *const names[] = { "pending_payment", "paid", "fulfilled",
	    "completed", "cancelled", "expired", "refunded" };

	for (int i = 0; i < (int)(sizeof(names) / sizeof(names[0])); i++)
		if (strcmp(names[i], status) == 0)
			return i;
	return -1;
}

/* What was seen once is never taken back. */
static void
order_look(struct client *c, const char *order, int *seen)
{
	char		 path[96], status[32];
	struct said	 s;
	int		 now;

	snprintf(path, sizeof(path), "/v1/orders/%s", order);
	if (look(c, "read_order", path, &s) == 404)
		odd("order %s is gone", order);
	if (s.status != 200)
		return;
	now = member(s.body, "status", status, sizeof(status)) ? rank(status) : -1;
	if (now < *seen)
		odd("order %s is %s, and was further", order, status);
	else
		*seen = now;
}

/* --- paying ---------------------------------------------------------------------------- */

bool
order_pay(struct client *c, const char *order, const char *method, char payment[40])
{
	char		 body[256], key[48];
	struct said	 s;

	key_new(c, key);
	snprintf(body, sizeof(body), "{\"order_id\":\"%s\",\"method\":{\"type\":\"%s\","
	    "\"token\":\"%s\"}}", order, method,
	    strcmp(method, "wallet") == 0 ? c->wallet : key);
	return ask_surely(c, &(const struct deed){ "payment", "POST", "/v1/payments", body,
	    .key = key, .mutants = true }, &s) && s.status == 202 &&
	    member(s.body, "id", payment, 40);
}

static void
cancel(struct client *c, const char *order)
{
	char		 path[96], key[48], body[96];
	struct said	 s;

	key_new(c, key);
	snprintf(path, sizeof(path), "/v1/orders/%s/cancellation", order);
	snprintf(body, sizeof(body), "{\"reason\":\"%s\"}", key);
	(void)ask_surely(c, &(const struct deed){ "cancellation", "POST", path, body,
	    .key = key, .mutants = true }, &s);
}

static void
cancel_payment(struct client *c, const char *payment)
{
	char		 path[96], key[48];
	struct said	 s;

	key_new(c, key);
	snprintf(path, sizeof(path), "/v1/payments/%s/cancellation", payment);
	(void)ask_surely(c, &(const struct deed){ .kind = "payment_cancel",
	    .method = "POST", .path = path, .key = key }, &s);
}

/* All of it, or a part. */
static void
refund(struct client *c, const char *payment, long long amount)
{
	char		 path[96], key[48], body[96];
	struct said	 s;

	key_new(c, key);
	snprintf(path, sizeof(path), "/v1/payments/%s/refunds", payment);
	snprintf(body, sizeof(body), "{\"amount\":%lld,\"reason\":\"%s\"}", amount, key);
	(void)ask_surely(c, &(const struct deed){ "refund", "POST", path, body,
	    .key = key, .token = ledger_token, .mutants = true }, &s);
}

long long
payment_await(struct client *c, const char *payment)
{
	char		 path[96], status[32] = "";
	struct said	 s;

	snprintf(path, sizeof(path), "/v1/payments/%s", payment);
	for (int i = 0; i < POLLS && !atomic_load(&all->stop); i++) {
		if (look(c, "read_payment", path, &s) == 200 &&
		    member(s.body, "status", status, sizeof(status)) &&
		    strcmp(status, "processing") != 0)
			break;
		pause_ms(100 + (int)any(c, 300));
	}
	return strcmp(status, "succeeded") == 0 ? number_of(s.body, "amount.amount") : 0;
}

/* With whatever may come between. */
static void
settle(struct client *c, const char *order, int *seen)
{
	char		 payment[40], again[40];
	long long	 paid;

	if (!order_pay(c, order, option("CARDS", 0) != 0 && any(c, 2) == 0 ?
	    "card_test" : "wallet", payment))
		return;
	switch (any(c, 10)) {
	case 0:
		cancel(c, order);
		break;
	case 1:
		(void)order_pay(c, order, "wallet", again);
		break;
	case 2:
		cancel_payment(c, payment);
		break;
	}
	paid = payment_await(c, payment);
	order_look(c, order, seen);
	if (paid <= 0)
		return;
	switch (any(c, 8)) {
	case 0:
		refund(c, payment, paid);
		break;
	case 1:
		refund(c, payment, (paid + 1) / 2);
		refund(c, payment, paid / 2 + 1);
		break;
	case 2:
		cancel(c, order);
		break;
	}
	order_look(c, order, seen);
}

static void
buy(struct client *c)
{
	struct cart	 cart;
	char		 order[40];
	int		 seen = 0;

	if (!cart_open(c, &cart) || !fill(c, &cart) || !checkout(c, &cart, order))
		return;
	order_look(c, order, &seen);
	switch (any(c, 8)) {
	case 0:
		cancel(c, order);
		break;
	case 1:			/* left; it expires */
		return;
	case 2:			/* when it is just about to */
		pause_ms((int)(option("ORDER_SECONDS", 10) * 1000) - 300 +
		    (int)any(c, 600));
		settle(c, order, &seen);
		break;
	default:
		settle(c, order, &seen);
	}
	order_look(c, order, &seen);
}

void
buyer_run(struct client *c)
{
	while (!atomic_load(&all->stop))
		buy(c);
}

/* --- who sells --------------------------------------------------------------------------- */

/* Prices move all the time: a buyer pays the one he saw, or is told. */
static void
reprice(struct client *c, size_t i)
{
	char		 path[96], body[96];
	struct said	 s;

	snprintf(path, sizeof(path), "/v1/products/%s", all->product[i]);
	snprintf(body, sizeof(body), "{\"price\":{\"amount\":%zu,\"currency\":\"EUR\"}}",
	    PRICE + any(c, 1000));
	(void)ask_surely(c, &(const struct deed){ "price", "PATCH", path, body,
	    .match = "*", .token = shop_token }, &s);
}

void
merchant_run(struct client *c)
{
	struct said	 s;

	while (!atomic_load(&all->stop)) {
		/* Half of the products keep their price. */
		reprice(c, any(c, PRODUCTS / 2));
		(void)stock_move(c, all->product[any(c, PRODUCTS)],
		    any(c, 4) == 0 ? -3 : 12, &s);
		pause_ms(150);
	}
}
