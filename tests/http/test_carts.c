/* carts: one for each currency, always at the prices of now. */
#include "buying.h"

#define EVE	"Authorization: Bearer {eve_token}\n" JSON
#define BOB	"Authorization: Bearer {bob_token}\n" JSON
#define ONE	"{'quantity':1}"

static void
test_begin(void)
{
	shop_begin();
	person_new("eve", NULL);
	person_new("bob", NULL);
	(void)person_login("eve");
	(void)person_login("bob");
	stocked("p", 1000, 5);
	stocked("q", 250, 9);
	let("reader", token_of("orders:read orders:write"));
}

static void
test_open(void)
{
	struct reply	 r = ask_with("POST", CARTS, EVE, "{'currency':'EUR'}"), again;

	CHECK_INT("made", r.status, 201);
	let("cart", reply_member(&r, "id"));
	CHECK_TEXT("where", reply_header(&r, "Location"), filled(CART));
	check_members("new", &r, MEMBERS({ "version", "1" }, { "status", "open" },
	    { "subtotal.amount", "0" }, { "subtotal.currency", "EUR" },
	    { "items", "[]" }, { "warnings", "[]" }));
	again = ask_with("POST", CARTS, EVE, "{'currency':'EUR'}");
	CHECK_INT("there is one", again.status, 200);
	CHECK_TEXT("the same", reply_member(&again, "id"), reply_member(&r, "id"));
	CHECK("is nowhere new", reply_header(&again, "Location") == NULL);
	again = ask_with("POST", CARTS, EVE, "{'currency':'JPY'}");
	CHECK_INT("of another currency", again.status, 201);
	again = ask_with("POST", CARTS, BOB, "{'currency':'EUR'}");
	CHECK_INT("of another user", again.status, 201);
	let("bobs", reply_member(&again, "id"));
}

static void
test_refusals(void)
{
	static const struct trial	 t[] = {
		REFUSED("no token", "POST", CARTS, JSON, "{'currency':'EUR'}", 401,
		    "unauthenticated", NULL),
		REFUSED("another scope", "POST", CARTS, POSTED, "{'currency':'EUR'}", 403,
		    "insufficient_scope", NULL),
		REFUSED("nobody's", "POST", CARTS, "Authorization: Bearer {reader}\n" JSON,
		    "{'currency':'EUR'}", 403, "not_a_user", NULL),
		REFUSED("no currency", "POST", CARTS, EVE, "{}", 422, "validation_failed",
		    "#/currency required"),
		REFUSED("none that is", "POST", CARTS, EVE, "{'currency':'EUX'}", 422,
		    "validation_failed", "#/currency invalid_format"),
		REFUSED("more than that", "POST", CARTS, EVE, "{'currency':'EUR','id':1}",
		    422, "validation_failed", "#/id unknown_field"),
		REFUSED("another's", "GET", "/v1/carts/{bobs}", EVE, NULL, 404, "not_found",
		    NULL),
		REFUSED("nothing", "GET", "/v1/carts/" NONE, EVE, NULL, 404, "not_found",
		    NULL),
		REFUSED("no id", "GET", "/v1/carts/mine", EVE, NULL, 404, "not_found", NULL),
		REFUSED("a token of nobody", "GET", CART, "Authorization: Bearer {reader}\n",
		    NULL, 404, "not_found", NULL),
		REFUSED("none at all", "PUT", ITEM, EVE, "{'quantity':0}", 422,
		    "validation_failed", "#/quantity out_of_range"),
		REFUSED("too many", "PUT", ITEM, EVE, "{'quantity':1000}", 422,
		    "validation_failed", "#/quantity out_of_range"),
		REFUSED("a half", "PUT", ITEM, EVE, "{'quantity':1.5}", 422,
		    "validation_failed", "#/quantity not_an_integer"),
		REFUSED("no number", "PUT", ITEM, EVE, "{}", 422, "validation_failed",
		    "#/quantity required"),
		REFUSED("into another's", "PUT", "/v1/carts/{bobs}/items/{p}", EVE, ONE, 404,
		    "not_found", NULL),
		REFUSED("no such product", "PUT", CART "/items/" NONE, EVE, ONE, 404,
		    "not_found", NULL),
		REFUSED("a bad condition", "PUT", ITEM, EVE "If-Match: 1\n", ONE, 400,
		    "invalid_header", NULL),
		REFUSED("an old condition", "PUT", ITEM, EVE "If-Match: \"9-00000000\"\n",
		    ONE, 412, "precondition_failed", NULL),
		REFUSED("what is not in it", "DELETE", ITEM, EVE, NULL, 404, "not_found",
		    NULL),
		REFUSED("from another's", "DELETE", "/v1/carts/{bobs}/items/{p}", EVE, NULL,
		    404, "not_found", NULL),
		REFUSED("give up another's", "DELETE", "/v1/carts/{bobs}", EVE, NULL, 404,
		    "not_found", NULL),
		REFUSED("no such method", "PATCH", CART, EVE, ONE, 405,
		    "method_not_allowed", NULL),
		REFUSED("a parameter", "GET", CART "?fields=id", EVE, NULL, 400,
		    "invalid_parameter", "fields unknown_parameter"),
	};

	TRIALS(t);
}

static void
test_items(void)
{
	struct reply	 r = cart_put(EVE, "p", 2);

	CHECK_INT("new", r.status, 201);
	check_members("one line", &r, MEMBERS({ "version", "2" },
	    { "items.0.product_id", "{p}" }, { "items.0.name", "Spade" },
	    { "items.0.quantity", "2" }, { "items.0.unit_price.amount", "1000" },
	    { "items.0.line_total.amount", "2000" }, { "subtotal.amount", "2000" }));
	let("etag", reply_header(&r, "ETag"));
	r = cart_put(EVE, "p", 2);
	CHECK_INT("the same", r.status, 200);
	CHECK_TEXT("is no change", reply_header(&r, "ETag"), filled("{etag}"));
	r = cart_put(EVE "If-Match: {etag}\n", "q", 4);
	CHECK_INT("another, as it was seen", r.status, 201);
	check_members("two lines", &r, MEMBERS({ "version", "3" },
	    { "items.1.product_id", "{q}" }, { "subtotal.amount", "3000" }));
	r = cart_put(EVE "If-Match: {etag}\n", "q", 5);
	CHECK_INT("as it was seen before that", r.status, 412);
	r = cart_put(EVE, "q", 1);
	CHECK_INT("fewer", r.status, 200);
	check_members("fewer", &r, MEMBERS({ "version", "4" }, { "subtotal.amount", "2250" }));
	r = cart_look(EVE);
	check_members("looked at", &r, MEMBERS({ "version", "4" }, { "warnings", "[]" }));
	let("etag", reply_header(&r, "ETag"));
	CHECK_INT("unchanged", ask_get(CART, EVE "If-None-Match: {etag}\n").status, 304);
	r = ask_with("DELETE", CART "/items/{q}", EVE, NULL);
	CHECK_INT("none of it", r.status, 200);
	check_members("one again", &r, MEMBERS({ "version", "5" }, { "subtotal.amount", "2000" }));
	CHECK_INT("is not there twice", ask_with("DELETE", CART "/items/{q}", EVE, NULL).status,
	    404);
}

/* A write of another's, or a sale, is seen at the next look. */
static void
test_warnings(void)
{
	struct reply	 r;

	r = ask_with("PATCH", "/v1/products/{p}", PATCHED,
	    "{'price':{'amount':1100,'currency':'EUR'}}");
	CHECK_INT("dearer", r.status, 200);
	r = cart_look(EVE);
	check_members("priced now", &r, MEMBERS({ "subtotal.amount", "2200" },
	    { "warnings.0.code", "price_changed" }, { "warnings.0.product_id", "{p}" }));
	r = cart_put(EVE, "p", 6);
	check_members("that price is seen, and so many there are not", &r, MEMBERS(
	    { "subtotal.amount", "6600" }, { "warnings.0.code", "insufficient_stock" },
	    { "warnings.1.code", NULL }));
	r = ask_with("POST", "/v1/products/{p}/stock-adjustments", POSTED KEY,
	    "{'delta':1,'reason':'received'}");
	CHECK_INT("one more", r.status, 201);
	r = cart_look(EVE);
	check_members("enough", &r, MEMBERS({ "warnings", "[]" }));
	r = ask_with("PATCH", "/v1/products/{p}", PATCHED, "{'status':'draft'}");
	CHECK_INT("not for sale", r.status, 200);
	r = cart_look(EVE);
	check_members("in the cart still", &r, MEMBERS({ "items.0.quantity", "6" },
	    { "subtotal.amount", "0" }, { "warnings.0.code", "unavailable" },
	    { "warnings.1.code", NULL }));
	CHECK_INT("and not to be put there", cart_put(EVE, "p", 1).status, 404);
	r = ask_with("PATCH", "/v1/products/{p}", PATCHED, "{'status':'active',"
	    "'price':{'amount':9,'currency':'USD'}}");
	CHECK_INT("for dollars", r.status, 200);
	r = cart_put(EVE, "p", 1);
	check_problem("another currency", &r, 422, "validation_failed");
	CHECK_TEXT("is told", reply_errors(&r), "# currency_mismatch");
	r = cart_look(EVE);
	check_members("is not for this cart", &r, MEMBERS(
	    { "warnings.0.code", "unavailable" }));
	r = ask_with("DELETE", ITEM, EVE, NULL);
	CHECK_INT("can be taken out", r.status, 200);
}

static void
test_full(void)
{
	char		 body[256 * 101];
	size_t		 n = 0;
	struct reply	 r;

	n += (size_t)snprintf(body, sizeof(body), "{'items':[");
	for (int i = 0; i < 101; i++)
		n += (size_t)snprintf(body + n, sizeof(body) - n, "%s{'sku':'" MINE "full-%d',"
		    "'name':'Full','price':{'amount':1,'currency':'EUR'}}",
		    i > 0 ? "," : "", i);
	(void)snprintf(body + n, sizeof(body) - n, "]}");
	r = ask_with("POST", PRODUCTS, POSTED, body);
	CHECK_INT("products", r.status, 201);
	sql("INSERT INTO cart_items (cart_id, product_id, quantity, price_seen)"
	    " SELECT UNHEX(REPLACE('{cart}', '-', '')), id, 1, 1 FROM products"
	    " WHERE sku LIKE '" MINE "full-%' ORDER BY sku LIMIT 99");
	r = cart_put(EVE, "q", 1);
	CHECK_INT("the last that goes in", r.status, 201);
	check_members("all of them", &r, MEMBERS({ "subtotal.amount", "349" }));
	sql("UPDATE products SET id = UNHEX(REPLACE('" NONE "', '-', ''))"
	    " WHERE sku = '" MINE "full-99'");
	r = ask_with("PUT", CART "/items/" NONE, EVE, ONE);
	check_problem("one too many", &r, 409, "cart_full");
	CHECK_INT("others can still change", cart_put(EVE, "q", 3).status, 200);
}

static void
test_given_up(void)
{
	CHECK_INT("given up", ask_with("DELETE", CART, EVE, NULL).status, 204);
	CHECK_INT("and not again", ask_with("DELETE", CART, EVE, NULL).status, 404);
	CHECK_INT("nor seen", ask_get(CART, EVE).status, 404);
	CHECK_INT("nor filled", cart_put(EVE, "q", 1).status, 404);
	let("was", filled("{cart}"));
	CHECK_INT("a new one", cart_new(EVE).status, 201);
	CHECK("another", strcmp(filled("{was}"), filled("{cart}")) != 0);
}

static void
test_closed(void)
{
	struct reply	 r = buy_one(EVE, "q", 1);

	CHECK_INT("bought", r.status, 201);
	r = cart_look(EVE);
	check_members("is seen", &r, MEMBERS({ "status", "ordered" },
	    { "items.0.product_id", "{q}" }));
	r = cart_put(EVE, "q", 2);
	check_problem("and not changed", &r, 409, "cart_closed");
	r = ask_with("DELETE", CART "/items/{q}", EVE, NULL);
	check_problem("nor emptied", &r, 409, "cart_closed");
	r = ask_with("DELETE", CART, EVE, NULL);
	check_problem("nor given up", &r, 409, "cart_closed");
}

#define MANY	16

static char	 token[4096];
static char	 ids[MANY][40];
static int	 made[MANY];

static void
begin_one(size_t i)
{
	struct reply	 r;

	let("mine", token);
	r = ask_with("POST", CARTS, "Authorization: Bearer {mine}\n" JSON,
	    "{'currency':'CHF'}");
	made[i] = r.status;
	snprintf(ids[i], sizeof(ids[i]), "%s", reply_member(&r, "id"));
}

static void
fill_one(size_t i)
{
	char	 body[32];

	let("mine", token);
	let("cart", ids[0]);
	let("p", ids[1]);
	snprintf(body, sizeof(body), "{'quantity':%zu}", i + 1);
	made[i] = ask_with("PUT", ITEM, "Authorization: Bearer {mine}\n" JSON, body).status;
}

/* However many begin one at the same time, it is one; no change of it is lost. */
static void
test_at_once(void)
{
	int	 created = 0, wrong = 0, before;

	snprintf(token, sizeof(token), "%s", filled("{eve_token}"));
	at_once(MANY, begin_one);
	for (size_t i = 0; i < MANY; i++) {
		created += made[i] == 201;
		wrong += (made[i] != 201 && made[i] != 200) || strcmp(ids[i], ids[0]) != 0;
	}
	CHECK_INT("one made it", created, 1);
	CHECK_INT("all have it", wrong, 0);
	(void)cart_new(BOB);
	(void)cart_look(BOB);
	snprintf(token, sizeof(token), "%s", filled("{bob_token}"));
	snprintf(ids[0], sizeof(ids[0]), "%s", filled("{cart}"));
	snprintf(ids[1], sizeof(ids[1]), "%s", filled("{q}"));
	at_once(MANY, fill_one);
	for (size_t i = 0; i < MANY; i++)
		wrong += made[i] != 201 && made[i] != 200;
	CHECK_INT("all were well", wrong, 0);
	before = atoi(filled("{version}"));
	(void)cart_look(BOB);
	CHECK_INT("each counted", atoi(filled("{version}")), before + MANY);
}

static void
test_end(void)
{
	shop_end();
}

TESTS(carts,
    { "people and products", test_begin },
    { "one for each currency", test_open },
    { "what is refused", test_refusals },
    { "lines", test_items },
    { "what stands in its way", test_warnings },
    { "no more than a hundred lines", test_full },
    { "given up", test_given_up },
    { "ordered ones stay as they are", test_closed },
    { "all at once", test_at_once },
    { "and away", test_end })
