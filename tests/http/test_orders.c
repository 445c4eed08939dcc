/* orders: from a cart to what was bought, and to its end; stock through all of it. */
#include <time.h>

#include "orders_kit.h"

#define EVE	"Authorization: Bearer {eve_token}\n" JSON
#define BOB	"Authorization: Bearer {bob_token}\n" JSON
#define ADJUST	"/v1/products/{p}/stock-adjustments"
#define BODY(more)							\
	"{'cart_id':'{cart}','cart_version':{version},'expected_total':"	\
	"{'amount':{total},'currency':'EUR'},'shipping_address':" ADDRESS more "}"
#define TO(m, v)							\
	"{'cart_id':'{cart}','cart_version':1,'expected_total':{'amount':0,"	\
	"'currency':'EUR'},'shipping_address':{'name':'A','line1':'B','" m "':" v "}}"

static void
test_begin(void)
{
	shop_begin();
	person_new("eve", NULL);
	person_new("bob", NULL);
	(void)person_login("eve");
	(void)person_login("bob");
	let("root", token_of("users:admin"));
	let("reader", token_of("orders:read orders:write"));
	stocked("p", 1000, 10);
	stocked("q", 250, 10);
}

/* --- stock -------------------------------------------------------------------- */

static void
test_adjustments(void)
{
	static const struct trial	 t[] = {
		REFUSED("no token", "POST", ADJUST, JSON, "{}", 401, "unauthenticated", NULL),
		REFUSED("a buyer", "POST", ADJUST, EVE KEY, "{}", 403, "insufficient_scope",
		    NULL),
		REFUSED("no key", "POST", ADJUST, POSTED, "{'delta':1,'reason':'received'}",
		    400, "idempotency_key_missing", NULL),
		REFUSED("nothing", "POST", ADJUST, POSTED KEY, "{}", 422,
		    "validation_failed", "#/delta required, #/reason required"),
		REFUSED("none", "POST", ADJUST, POSTED KEY, "{'delta':0,'reason':'received'}",
		    422, "validation_failed", "#/delta out_of_range"),
		REFUSED("too many", "POST", ADJUST, POSTED KEY,
		    "{'delta':1000001,'reason':'received'}", 422, "validation_failed",
		    "#/delta out_of_range"),
		REFUSED("too few", "POST", ADJUST, POSTED KEY,
		    "{'delta':-1000001,'reason':'received'}", 422, "validation_failed",
		    "#/delta out_of_range"),
		REFUSED("no such reason", "POST", ADJUST, POSTED KEY,
		    "{'delta':1,'reason':'found'}", 422, "validation_failed",
		    "#/reason invalid_value"),
		REFUSED("what is told", "POST", ADJUST, POSTED KEY,
		    "{'delta':1,'reason':'received','stock_after':5}", 422,
		    "validation_failed", "#/stock_after read_only_field"),
		REFUSED("no such product", "POST", NOBODY "/stock-adjustments", POSTED KEY,
		    "{'delta':1,'reason':'received'}", 404, "not_found", NULL),
		REFUSED("more than there are", "POST", ADJUST, POSTED KEY,
		    "{'delta':-11,'reason':'damaged'}", 409, "stock_would_be_negative", NULL),
	};
	struct reply	 r;

	TRIALS(t);
	let("key", filled("adjust-{p}"));
	for (int i = 0; i < 2; i++) {
		r = ask_with("POST", ADJUST, POSTED "Idempotency-Key: {key}\n",
		    "{'delta':-3,'reason':'damaged','note':'frost'}");
		CHECK_INT("taken away", r.status, 201);
		check_members("once", &r, MEMBERS({ "delta", "-3" }, { "reason", "damaged" },
		    { "note", "frost" }, { "stock_after", "7" }));
	}
	CHECK_INT("is noted once", sql_number(filled("SELECT COUNT(*) FROM stock_moves"
	    " WHERE cause = 'damaged' AND delta_on_hand = -3 AND note = 'frost'"
	    " AND product_id = UNHEX(REPLACE('{p}', '-', ''))")), 1);
	r = ask_get("/v1/products/{p}", NULL);
	CHECK_TEXT("and seen", reply_member(&r, "available"), "7");
	r = ask_with("POST", ADJUST, POSTED KEY, "{'delta':3,'reason':'correction'}");
	check_members("put back", &r, MEMBERS({ "stock_after", "10" }));
	CHECK_INT("nothing contradicts", stock_wrongs(), 0);
}

/* --- checkout ----------------------------------------------------------------- */

static void
test_refusals(void)
{
	static const struct trial	 t[] = {
		REFUSED("no token", "POST", ORDERS, JSON, "{}", 401, "unauthenticated", NULL),
		REFUSED("another scope", "POST", ORDERS, POSTED KEY, "{}", 403,
		    "insufficient_scope", NULL),
		REFUSED("no key", "POST", ORDERS, EVE, BODY(""), 400,
		    "idempotency_key_missing", NULL),
		REFUSED("nothing", "POST", ORDERS, EVE KEY, "{}", 422, "validation_failed",
		    "#/cart_id required, #/cart_version required, #/expected_total required, "
		    "#/shipping_address required"),
		REFUSED("half an address", "POST", ORDERS, EVE KEY, TO("country", "'UK'"), 422,
		    "validation_failed", "#/shipping_address/country invalid_format, "
		    "#/shipping_address/postal_code required, "
		    "#/shipping_address/city required"),
		REFUSED("no such cart", "POST", ORDERS, EVE KEY, "{'cart_id':'" NONE "',"
		    "'cart_version':1,'expected_total':{'amount':0,'currency':'EUR'},"
		    "'shipping_address':" ADDRESS "}", 422, "validation_failed",
		    "#/cart_id reference_not_found"),
		REFUSED("another's cart", "POST", ORDERS, BOB KEY, BODY(""), 422,
		    "validation_failed", "#/cart_id reference_not_found"),
		REFUSED("nobody's", "POST", ORDERS, "Authorization: Bearer {reader}\n" JSON KEY,
		    BODY(""), 422, "validation_failed", "#/cart_id reference_not_found"),
		REFUSED("an empty cart", "POST", ORDERS, EVE KEY, BODY(""), 409, "cart_empty",
		    NULL),
		REFUSED("a status", "POST", ORDERS, EVE KEY, BODY(",'status':'paid'"), 422,
		    "validation_failed", "#/status unknown_field"),
		REFUSED("another's order", "GET", ORDERS "/" NONE, EVE, NULL, 404,
		    "not_found", NULL),
		REFUSED("to change one", "PATCH", ORDERS "/" NONE, EVE, "{}", 405,
		    "method_not_allowed", NULL),
		REFUSED("cancel none", "POST", ORDERS "/" NONE "/cancellation", EVE KEY, "{}",
		    404, "not_found", NULL),
		REFUSED("cancel without a key", "POST", ORDERS "/" NONE "/cancellation", EVE,
		    "{}", 400, "idempotency_key_missing", NULL),
		REFUSED("no such status", "GET", ORDERS "?status=lost", EVE, NULL, 400,
		    "invalid_parameter", NULL),
	};

	(void)cart_new(EVE);
	(void)cart_look(EVE);
	TRIALS(t);
}

static void
test_checkout(void)
{
	struct reply	 r;

	(void)cart_put(EVE, "p", 2);
	(void)cart_put(EVE, "q", 3);
	r = buy(EVE);
	CHECK_INT("bought", r.status, 201);
	CHECK_TEXT("where", reply_header(&r, "Location"), filled(ORDER));
	CHECK("as what", reply_header(&r, "ETag") != NULL);
	check_members("bought", &r, MEMBERS({ "status", "pending_payment" },
	    { "user_id", "{eve_id}" }, { "cart_id", "{cart}" }, { "total.amount", "2750" },
	    { "total.currency", "EUR" }, { "lines.0.product_id", "{p}" },
	    { "lines.0.unit_price.amount", "1000" }, { "lines.0.quantity", "2" },
	    { "lines.0.line_total.amount", "2000" }, { "lines.1.line_total.amount", "750" },
	    { "lines.1.name", "Spade" }, { "shipping_address.country", "DE" },
	    { "shipping_address.line2", NULL }, { "note", NULL }, { "payment_id", NULL }));
	CHECK_INT("kept for 15 minutes", sql_number(filled("SELECT CAST(ROUND(TIMESTAMPDIFF("
	    "MICROSECOND, created_at, expires_at) / 10000000) AS SIGNED) FROM orders"
	    " WHERE id = UNHEX(REPLACE('{order}', '-', ''))")), 90);
	CHECK_INT("promised", on_hand(STOCK_OF("reserved", "p")), 2);
	CHECK_INT("not sold", on_hand(STOCK_OF("on_hand", "p")), 10);
	r = ask_get("/v1/products/{p}", NULL);
	CHECK_TEXT("and not to be bought", reply_member(&r, "available"), "8");
	CHECK_INT("its end is queued", sql_number(filled("SELECT COUNT(*) FROM jobs j"
	    " JOIN orders o ON j.payload LIKE '%{order}%' AND j.run_at = o.expires_at"
	    " WHERE j.kind = 'order.expire' AND j.state = 'ready'")), 1);
	r = ask_with("PATCH", "/v1/products/{p}", PATCHED,
	    "{'name':'Shovel','price':{'amount':5,'currency':'EUR'}}");
	CHECK_INT("another price", r.status, 200);
	r = ask_get(ORDER, EVE);
	check_members("is none of the order", &r, MEMBERS({ "lines.0.name", "Spade" },
	    { "lines.0.unit_price.amount", "1000" }, { "total.amount", "2750" }));
	r = buy(EVE);
	check_problem("a cart once", &r, 409, "cart_closed");
	CHECK_INT("nothing contradicts", stock_wrongs(), 0);
	r = ask_with("PATCH", "/v1/products/{p}", PATCHED,
	    "{'name':'Spade','price':{'amount':1000,'currency':'EUR'}}");
}

/* Who may see it, and how lists show it. */
static void
test_seen(void)
{
	struct reply	 r = ask_get(ORDER, BOB);

	check_problem("another's", &r, 404, "not_found");
	CHECK_INT("nobody's", ask_get(ORDER, "Authorization: Bearer {reader}\n").status, 404);
	CHECK_INT("nobody", ask_get(ORDER, NULL).status, 401);
	r = ask_get(ORDER, ROOT);
	CHECK_TEXT("an admin sees it", reply_member(&r, "id"), filled("{order}"));
	r = ask_get(ORDERS "?status=pending_payment,paid", EVE);
	CHECK_TEXT("in a list", reply_member(&r, "items.0.id"), filled("{order}"));
	CHECK("without lines", !reply_holds(&r, "\"lines\""));
	r = ask_get(ORDERS "?fields=id,lines", EVE);
	CHECK_TEXT("but where they are asked for",
	    reply_member(&r, "items.0.lines.1.quantity"), "3");
	r = ask_get(ORDERS "?status=paid", EVE);
	CHECK_TEXT("not of another state", reply_member(&r, "items"), "[]");
	r = ask_get(ORDERS "?created_from=2100-01-01T00:00:00Z", EVE);
	CHECK_TEXT("nor of another time", reply_member(&r, "items"), "[]");
	r = ask_get(ORDERS, BOB);
	CHECK_TEXT("nor of another", reply_member(&r, "items"), "[]");
	r = ask_get(ORDERS "?user_id={eve_id}", BOB);
	CHECK_TEXT("whoever is asked for", reply_member(&r, "items"), "[]");
	r = ask_get(ORDERS "?user_id={eve_id}", ROOT);
	CHECK_TEXT("but by an admin", reply_member(&r, "items.0.id"), filled("{order}"));
	r = ask_get(ORDERS "?user_id={bob_id}", ROOT);
	CHECK_TEXT("who asks for another", reply_member(&r, "items"), "[]");
}

/* What is not as the buyer saw it is not bought, and nothing of it is kept. */
static void
test_changed(void)
{
	struct reply	 r;

	(void)cart_new(EVE);
	(void)cart_put(EVE, "p", 1);
	(void)cart_put(EVE, "q", 1);
	let("seen", filled("{version}"));
	(void)cart_put(EVE, "q", 2);
	let("now", filled("{version}"));
	let("version", filled("{seen}"));
	r = buy(EVE);
	check_problem("another version", &r, 409, "cart_changed");
	let("version", filled("{now}"));
	let("total", "1");
	r = buy(EVE);
	check_problem("another total", &r, 409, "price_changed");
	(void)cart_look(EVE);
	r = ask_with("POST", ORDERS, EVE KEY, "{'cart_id':'{cart}','cart_version':{version},"
	    "'expected_total':{'amount':{total},'currency':'USD'},"
	    "'shipping_address':" ADDRESS "}");
	check_problem("another currency", &r, 409, "price_changed");
	r = ask_with("PATCH", "/v1/products/{q}", PATCHED, "{'status':'draft'}");
	CHECK_INT("not for sale", r.status, 200);
	r = buy(EVE);
	check_problem("what can not be bought", &r, 409, "cart_changed");
	r = ask_with("PATCH", "/v1/products/{q}", PATCHED, "{'status':'active'}");
	(void)cart_put(EVE, "p", 9);
	(void)cart_put(EVE, "q", 8);
	r = buy(EVE);
	check_problem("not so many", &r, 409, "out_of_stock");
	check_members("of which", &r, MEMBERS({ "errors.0.product_id", "{p}" },
	    { "errors.0.available", "8" }, { "errors.0.code", "out_of_stock" },
	    { "errors.1.product_id", "{q}" }, { "errors.1.available", "7" },
	    { "errors.2.code", NULL }));
	(void)cart_put(EVE, "p", 8);
	r = buy(EVE);
	check_members("of which one", &r, MEMBERS({ "errors.0.product_id", "{q}" },
	    { "errors.1.code", NULL }));
	CHECK_INT("nothing of it is kept", on_hand(STOCK_OF("reserved", "p")), 2);
	CHECK_INT("nothing contradicts", stock_wrongs(), 0);
	r = cart_look(EVE);
	check_members("and the cart is open", &r, MEMBERS({ "status", "open" }));
	CHECK_INT("given up", ask_with("DELETE", CART, EVE, NULL).status, 204);
	r = buy(EVE);
	check_problem("and no more to be bought", &r, 422, "validation_failed");
}

static void
test_cancelled(void)
{
	struct reply	 r = ask_with("POST", CANCEL, BOB KEY, "{}");

	check_problem("another's", &r, 404, "not_found");
	let("key", filled("cancel-{order}"));
	for (int i = 0; i < 2; i++) {
		r = ask_with("POST", CANCEL, EVE "Idempotency-Key: {key}\n",
		    "{'reason':'too late'}");
		CHECK_INT("cancelled", r.status, 201);
		check_members("once", &r, MEMBERS({ "status", "cancelled" },
		    { "reason", "too late" }, { "id", "{order}" }));
	}
	r = ask_with("POST", CANCEL, EVE KEY, "{}");
	check_problem("not again", &r, 409, "invalid_state");
	r = ask_get(ORDER, EVE);
	check_members("is seen", &r, MEMBERS({ "status", "cancelled" }));
	CHECK_INT("free", on_hand(STOCK_OF("reserved", "p")), 0);
	CHECK_INT("and there", on_hand(STOCK_OF("on_hand", "p")), 10);
	r = buy_one(EVE, "p", 1);
	r = ask_with("POST", CANCEL, ROOT KEY, "{}");
	CHECK_INT("an admin may", r.status, 201);
	CHECK_INT("nothing contradicts", stock_wrongs(), 0);
}

/* Is it in this state within so many seconds? */
static bool
becomes(const char *state)
{
	struct reply	 r = { .status = 0 };

	for (int i = 0; i < 300; i++) {
		r = ask_get(ORDER, EVE);
		if (reply_member(&r, "status") != NULL &&
		    strcmp(reply_member(&r, "status"), state) == 0)
			return true;
		nanosleep(&(struct timespec){ 0, 100000000 }, NULL);
	}
	return false;
}

#define NOW_DUE	"UPDATE jobs SET run_at = '2026-01-01' WHERE kind = 'order.expire'"	\
		" AND payload LIKE '%{order}%'"

static void
test_expired(void)
{
	struct reply	 r = buy_one(EVE, "p", 3);

	CHECK_INT("bought", r.status, 201);
	CHECK_INT("promised", on_hand(STOCK_OF("reserved", "p")), 3);
	sql(NOW_DUE);
	CHECK("is over in time", becomes("expired"));
	CHECK_INT("free", on_hand(STOCK_OF("reserved", "p")), 0);
	r = ask_with("POST", CANCEL, EVE KEY, "{}");
	check_problem("not to be cancelled", &r, 409, "invalid_state");
	r = buy_one(EVE, "p", 1);
	sql("UPDATE orders SET status = 'paid' WHERE id = UNHEX(REPLACE('{order}', '-', ''));"
	    " UPDATE stock SET on_hand = on_hand - 1, reserved = reserved - 1"
	    " WHERE product_id = UNHEX(REPLACE('{p}', '-', ''));"
	    " INSERT INTO stock_moves (product_id, delta_on_hand, delta_reserved, cause,"
	    " ref_id) VALUES (UNHEX(REPLACE('{p}', '-', '')), -1, -1, 'order.sell',"
	    " UNHEX(REPLACE('{order}', '-', '')))");
	sql(NOW_DUE);
	for (int i = 0; i < 300 && sql_number(filled("SELECT COUNT(*) FROM jobs"
	    " WHERE payload LIKE '%{order}%' AND state = 'ready'")) > 0; i++)
		nanosleep(&(struct timespec){ 0, 100000000 }, NULL);
	CHECK_INT("what is paid stays", sql_number(filled("SELECT COUNT(*) FROM orders WHERE"
	    " id = UNHEX(REPLACE('{order}', '-', '')) AND status = 'paid'")), 1);
	CHECK_INT("nothing contradicts", stock_wrongs(), 0);
}

/* Who still gets something stays. */
static void
test_user_stays(void)
{
	struct reply	 r;

	person_new("one", NULL);
	(void)person_login("one");
	r = ask_with("DELETE", USERS "/{one_id}", ROOT ANY, NULL);
	CHECK_INT("who never bought goes", r.status, 204);
	person_new("one", NULL);
	(void)person_login("one");
	r = buy_one("Authorization: Bearer {one_token}\n" JSON, "q", 1);
	CHECK_INT("bought", r.status, 201);
	r = ask_with("DELETE", USERS "/{one_id}", ROOT ANY, NULL);
	check_problem("not while it is open", &r, 409, "has_open_orders");
	r = ask_with("POST", CANCEL, ROOT KEY, "{}");
	CHECK_INT("cancelled", r.status, 201);
	r = ask_with("DELETE", USERS "/{one_id}", ROOT ANY, NULL);
	CHECK_INT("gone", r.status, 204);
}

static void
test_end(void)
{
	shop_end();
}

TESTS(orders,
    { "people and products", test_begin },
    { "stock adjustments", test_adjustments },
    { "what is refused", test_refusals },
    { "from a cart to an order", test_checkout },
    { "who sees it", test_seen },
    { "what is not as it was seen", test_changed },
    { "cancelled", test_cancelled },
    { "expired", test_expired },
    { "who has open orders stays", test_user_stays },
    { "and away", test_end })
