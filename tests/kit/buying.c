/* buying - from a product on its shelf to an order. */
#include "buying.h"

#include "db/db.h"

void
stocked(const char *name, int price, int pieces)
{
	char		 body[512];
	struct reply	 r;

	snprintf(body, sizeof(body), "{'sku':'" MINE "{new}','name':'Spade','price':"
	    "{'amount':%d,'currency':'EUR'}}", price);
	r = make("a product", PRODUCTS, name, body);
	let("stocked", reply_member(&r, "id"));
	if (pieces == 0)
		return;
	snprintf(body, sizeof(body), "{'delta':%d,'reason':'received'}", pieces);
	r = ask_with("POST", "/v1/products/{stocked}/stock-adjustments", POSTED KEY, body);
	CHECK_INT("is on its shelf", r.status, 201);
}

struct reply
cart_new(const char *headers)
{
	struct reply	 r = ask_with("POST", CARTS, filled(headers), "{'currency':'EUR'}");

	CHECK("a cart", r.status == 201 || r.status == 200);
	let("cart", reply_member(&r, "id"));
	return r;
}

static void
seen(const struct reply *r)
{
	let("version", reply_member(r, "version"));
	let("total", reply_member(r, "subtotal.amount"));
}

struct reply
cart_put(const char *headers, const char *product, int quantity)
{
	char		 body[64], path[128];
	struct reply	 r;

	snprintf(body, sizeof(body), "{'quantity':%d}", quantity);
	snprintf(path, sizeof(path), CART "/items/{%s}", product);
	r = ask_with("PUT", path, headers, body);
	seen(&r);
	return r;
}

struct reply
cart_look(const char *headers)
{
	struct reply	 r = ask_get(CART, headers);

	seen(&r);
	return r;
}

struct reply
buy(const char *headers)
{
	struct reply	 r;
	char		 lines[4096];

	snprintf(lines, sizeof(lines), "%s" KEY, headers);
	r = ask_with("POST", ORDERS, lines, "{'cart_id':'{cart}','cart_version':{version},"
	    "'expected_total':{'amount':{total},'currency':'EUR'},"
	    "'shipping_address':" ADDRESS "}");
	if (r.status == 201)
		let("order", reply_member(&r, "id"));
	return r;
}

struct reply
buy_one(const char *headers, const char *product, int quantity)
{
	(void)cart_new(headers);
	(void)cart_put(headers, product, quantity);
	return buy(headers);
}

long long
sql_number(const char *text)
{
	static struct db_conf	 conf;
	static struct db	*db;
	struct arena		 a;
	struct db_rows		 rows = { .n = 0 };
	long long		 n = -1;

	if (db == NULL) {
		conf = (struct db_conf){ .socket = getenv("TEST_DB_SOCKET"), .user = "root",
		    .password = "", .name = "brisk", .statement_ms = 20000 };
		if (!db_library_init() || (db = db_open(&conf)) == NULL)
			exit(2);
	}
	if (!arena_init(&a, (size_t)1 << 20))
		exit(2);
	CHECK(text, db_query(db, &a, str_of(text), NULL, 0, &rows) == DB_OK && rows.n == 1);
	if (rows.n == 1)
		n = rows.v[0].i;
	arena_free(&a);
	return n;
}

/* Each counts rows that must not be. */
static const char *const	 wrongs[] = {
	"SELECT COUNT(*) FROM stock WHERE reserved < 0 OR on_hand < reserved",
	"SELECT COUNT(*) FROM (SELECT s.product_id FROM stock s"
	" JOIN products p ON p.id = s.product_id AND p.sku LIKE '" MINE "%'"
	" LEFT JOIN stock_moves m ON m.product_id = s.product_id"
	" GROUP BY s.product_id, s.on_hand, s.reserved"
	" HAVING s.on_hand <> COALESCE(SUM(m.delta_on_hand), 0)"
	" OR s.reserved <> COALESCE(SUM(m.delta_reserved), 0)) t",
	"SELECT COUNT(*) FROM (SELECT s.product_id FROM stock s"
	" JOIN products p ON p.id = s.product_id AND p.sku LIKE '" MINE "%'"
	" LEFT JOIN (SELECT l.product_id, l.quantity FROM order_lines l"
	" JOIN orders o ON o.id = l.order_id AND o.status = 'pending_payment') l"
	" ON l.product_id = s.product_id GROUP BY s.product_id, s.reserved"
	" HAVING s.reserved <> COALESCE(SUM(l.quantity), 0)) t",
	"SELECT COUNT(*) FROM (SELECT o.id FROM orders o"
	" LEFT JOIN order_lines l ON l.order_id = o.id GROUP BY o.id, o.total"
	" HAVING o.total <> COALESCE(SUM(l.line_total), -1)) t",
	"SELECT COUNT(*) FROM orders o JOIN carts c ON c.id = o.cart_id"
	" WHERE c.status <> 'ordered' OR c.user_id <> o.user_id",
};

long long
stock_wrongs(void)
{
	long long	 n = 0;

	for (size_t i = 0; i < NELEMS(wrongs); i++)
		n += sql_number(wrongs[i]);
	return n;
}
