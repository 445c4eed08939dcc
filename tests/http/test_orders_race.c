/* orders: many buyers at the same time: carts, stock, prices, expiry. */
#include <stdatomic.h>
#include <time.h>

#include "orders_kit.h"

#define BUYERS	32
#define ONE_CART 32

static struct {
	char		 token[2048], id[40];
	int		 status[4];
	int		 tries, sold, lost;
} buyer[BUYERS];
static char		 carts[40], versions[16], totals[24], product_id[40];

static void
buyers_begin(void)
{
	for (size_t i = 0; i < BUYERS; i++) {
		person_new("one", NULL);
		(void)person_login("one");
		snprintf(buyer[i].token, sizeof(buyer[i].token), "%s", filled("{one_token}"));
	}
}

static void
test_begin(void)
{
	shop_begin();
	stocked("q", 250, 10);
}

static void
buy_same(size_t i)
{
	let("one_token", buyer[0].token);
	let("cart", carts);
	let("version", versions);
	let("total", totals);
	buyer[i].status[0] = buy("Authorization: Bearer {one_token}\n" JSON).status;
}

/* A cart becomes one order at most (S3). */
static void
test_one_cart(void)
{
	int	 good = 0, conflict = 0;

	buyers_begin();
	let("one_token", buyer[0].token);
	(void)cart_new("Authorization: Bearer {one_token}\n" JSON);
	(void)cart_put("Authorization: Bearer {one_token}\n" JSON, "q", 1);
	snprintf(carts, sizeof(carts), "%s", filled("{cart}"));
	snprintf(versions, sizeof(versions), "%s", filled("{version}"));
	snprintf(totals, sizeof(totals), "%s", filled("{total}"));
	at_once(ONE_CART, buy_same);
	for (size_t i = 0; i < ONE_CART; i++) {
		good += buyer[i].status[0] == 201;
		conflict += buyer[i].status[0] == 409;
	}
	CHECK_INT("one order", good, 1);
	CHECK_INT("all others are told", conflict, ONE_CART - 1);
	CHECK_INT("nothing contradicts", stock_wrongs(), 0);
}

#define MINE_IS	"Authorization: Bearer {me}\n" JSON

/* 500 purchases of one piece by 32 at a time: until all are gone, and then some. */
static void
buy_in_sale(size_t i)
{
	let("me", buyer[i].token);
	let("sale", product_id);
	buyer[i].sold = buyer[i].lost = 0;
	for (buyer[i].tries = 0; buyer[i].tries < 500 / BUYERS + 1; buyer[i].tries++) {
		struct reply	 r = buy_one(MINE_IS, "sale", 1);

		for (int again = 0; r.status == 503 && again < 20; again++)
			r = buy(MINE_IS);
		buyer[i].sold += r.status == 201;
		buyer[i].lost += r.status == 409;
	}
	(void)ask_with("DELETE", CART, MINE_IS, NULL);
}

static void
test_sale(void)
{
	int	 tries = 0, sold = 0, lost = 0;

	stocked("sale", 700, 100);
	snprintf(product_id, sizeof(product_id), "%s", filled("{sale}"));
	at_once(BUYERS, buy_in_sale);
	for (size_t i = 0; i < BUYERS; i++) {
		tries += buyer[i].tries;
		sold += buyer[i].sold;
		lost += buyer[i].lost;
	}
	CHECK("so many tried", tries >= 500);
	CHECK_INT("all are sold, and no more", sold, 100);
	CHECK_INT("the rest were told", lost, tries - 100);
	CHECK_INT("as many orders", sql_number(filled("SELECT COUNT(*) FROM order_lines"
	    " WHERE product_id = UNHEX(REPLACE('{sale}', '-', ''))")), 100);
	CHECK_INT("all promised", on_hand(STOCK_OF("reserved", "sale")), 100);
	CHECK_INT("none available", on_hand(STOCK_OF("on_hand - reserved", "sale")), 0);
	CHECK_INT("nothing contradicts", stock_wrongs(), 0);
}

/* Each checker sees a row that is wrong. */
static void
test_planted(void)
{
	static const struct { const char *label, *plant, *mend; } t[] = {
		{ "a move that did not happen", "INSERT INTO stock_moves (product_id,"
		  " delta_reserved, cause, ref_id) VALUES (UNHEX(REPLACE('{sale}','-','')), 1,"
		  " 'planted', UNHEX(REPLACE('{sale}','-','')))",
		  "DELETE FROM stock_moves WHERE cause = 'planted'" },
		{ "pieces promised to nobody", "UPDATE stock SET reserved = reserved - 1"
		  " WHERE product_id = UNHEX(REPLACE('{sale}','-',''))",
		  "UPDATE stock SET reserved = reserved + 1"
		  " WHERE product_id = UNHEX(REPLACE('{sale}','-',''))" },
		{ "pieces promised twice", "SET check_constraint_checks = 0; UPDATE stock SET"
		  " reserved = reserved + 1 WHERE product_id = UNHEX(REPLACE('{sale}','-',''))",
		  "UPDATE stock SET reserved = reserved - 1 WHERE product_id ="
		  " UNHEX(REPLACE('{sale}','-','')); SET check_constraint_checks = 1" },
		{ "a total that is no sum", "UPDATE orders SET total = total + 1 WHERE cart_id ="
		  " UNHEX(REPLACE('{planted}','-',''))", "UPDATE orders SET total = total - 1"
		  " WHERE cart_id = UNHEX(REPLACE('{planted}','-',''))" },
		{ "a cart that is still open", "UPDATE carts SET status = 'open', open_key = id"
		  " WHERE id = UNHEX(REPLACE('{planted}','-',''))", "UPDATE carts SET"
		  " status = 'ordered', open_key = NULL"
		  " WHERE id = UNHEX(REPLACE('{planted}','-',''))" },
	};

	let("planted", carts);
	for (size_t i = 0; i < NELEMS(t); i++) {
		sql(t[i].plant);
		CHECK(t[i].label, stock_wrongs() > 0);
		sql(t[i].mend);
		CHECK_INT("mended", stock_wrongs(), 0);
	}
}

static atomic_bool	 stop;
static atomic_int	 dear;

/* Thread 0 changes the price all the time; the others buy what they saw (S5). */
static void
buy_or_reprice(size_t i)
{
	char	 body[96];

	let("me", buyer[i].token);
	let("sale", product_id);
	for (int n = 0; i == 0 && !stop; n++) {
		snprintf(body, sizeof(body), "{'price':{'amount':%d,'currency':'EUR'}}",
		    700 + n % 2 * 50);
		dear += ask_with("PATCH", "/v1/products/{sale}", PATCHED, body).status == 200;
	}
	buyer[i].sold = buyer[i].lost = buyer[i].tries = 0;
	for (int n = 0; i > 0 && n < 24; n++) {
		struct reply	 r = buy_one(MINE_IS, "sale", 1);
		const char	*paid = reply_member(&r, "lines.0.unit_price.amount");

		buyer[i].tries++;
		if (r.status == 201)
			buyer[i].sold += paid != NULL && strcmp(paid, filled("{total}")) == 0;
		else
			buyer[i].lost += r.status == 409 &&
			    reply_holds(&r, "\"price_changed\"");
	}
	if (i == 1)
		stop = true;
	if (i > 0)
		(void)ask_with("DELETE", CART, MINE_IS, NULL);
}

static void
test_price_changes(void)
{
	int	 tries = 0, good = 0, changed = 0;

	stocked("sale", 700, 1000);
	snprintf(product_id, sizeof(product_id), "%s", filled("{sale}"));
	at_once(8, buy_or_reprice);
	for (size_t i = 1; i < 8; i++) {
		tries += buyer[i].tries;
		good += buyer[i].sold;
		changed += buyer[i].lost;
	}
	CHECK("the price changed", dear > 1);
	CHECK("and some bought", good > 0);
	CHECK_INT("each at the price that was seen, or not at all", good + changed, tries);
	CHECK_INT("nothing contradicts", stock_wrongs(), 0);
}

static void
end_one(size_t i)
{
	let("me", buyer[i].token);
	let("order", buyer[i].id);
	buyer[i].status[0] = ask_with("POST", CANCEL, MINE_IS KEY, "{}").status;
}

/* Cancelled and expired at the same time: one of both, once (S4). */
static void
test_races(void)
{
	int	 cancelled = 0, conflict = 0;

	for (size_t i = 0; i < BUYERS; i++) {
		let("me", buyer[i].token);
		CHECK_INT("bought", buy_one(MINE_IS, "sale", 1).status, 201);
		snprintf(buyer[i].id, sizeof(buyer[i].id), "%s", filled("{order}"));
	}
	sql("UPDATE jobs SET run_at = '2026-01-01' WHERE kind = 'order.expire'"
	    " AND state = 'ready'");
	at_once(BUYERS, end_one);
	for (size_t i = 0; i < BUYERS; i++) {
		cancelled += buyer[i].status[0] == 201;
		conflict += buyer[i].status[0] == 409;
	}
	CHECK_INT("each was answered", cancelled + conflict, BUYERS);
	for (int i = 0; i < 300 && sql_number("SELECT COUNT(*) FROM jobs WHERE"
	    " kind = 'order.expire' AND state IN ('ready', 'running')"
	    " AND run_at < NOW(3)") > 0; i++)
		nanosleep(&(struct timespec){ 0, 100000000 }, NULL);
	CHECK_INT("no piece is promised any more", on_hand(STOCK_OF("reserved", "sale")), 0);
	CHECK_INT("as many are cancelled as were told", sql_number(filled(
	    "SELECT COUNT(*) FROM orders o JOIN order_lines l ON l.order_id = o.id"
	    " WHERE o.status = 'cancelled' AND l.product_id ="
	    " UNHEX(REPLACE('{sale}', '-', ''))")), cancelled);
	CHECK_INT("nothing contradicts", stock_wrongs(), 0);
}

static void
test_end(void)
{
	shop_end();
}

TESTS(orders_race,
    { "people and products", test_begin },
    { "one cart, many at once", test_one_cart },
    { "a sale", test_sale },
    { "wrong rows are seen", test_planted },
    { "prices that change", test_price_changes },
    { "cancelled while it expires", test_races },
    { "and away", test_end })
