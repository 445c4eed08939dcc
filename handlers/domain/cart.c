/* cart - rows of `carts`, and their items joined with the current products. */
#include "cart.h"

/* Parameters of the statements. */
struct values {
	struct uuid	 id, user;
	struct str	 text;
};

#define ID	FIELD_UUID(struct values, id, .doc = "Key of a cart")
#define USER	FIELD_UUID(struct values, user, .doc = "Key of the owner")
#define TEXT	FIELD_STR(struct values, text, .doc = "Status or currency")

static const struct schema by_id = SCHEMA("CartKey", struct values, ID);
static const struct schema by_user = SCHEMA("CartOf", struct values, ID, USER);
static const struct schema with_text = SCHEMA("CartWith", struct values, TEXT, ID);

static const struct schema cart_state = SCHEMA("CartHeld", struct cart_state,
	FIELD_UUID(struct cart_state, id, .doc = "Key"),
	FIELD_STR(struct cart_state, currency, .doc = "Currency of all prices"),
	FIELD_STR(struct cart_state, status, .doc = "Status of the cart"),
	FIELD_INT(struct cart_state, version, .doc = "Incremented by each change"),
	FIELD_STAMP(struct cart_state, updated_at, .doc = "Time of the last change"));

static const struct schema line = SCHEMA("CartLine", struct cart_line,
	FIELD_UUID(struct cart_line, product_id, .doc = "Key of a product"),
	FIELD_STR(struct cart_line, sku, .doc = "Stock-keeping unit"),
	FIELD_STR(struct cart_line, name, .doc = "Name shown to buyers"),
	FIELD_INT(struct cart_line, quantity, .doc = "Number of pieces"),
	FIELD_MONEY(struct cart_line, price, .doc = "Current price of one piece"),
	FIELD_INT(struct cart_line, seen, .doc = "Price when the quantity was set"),
	FIELD_BOOL(struct cart_line, sellable, .doc = "Whether it is for sale"),
	FIELD_INT(struct cart_line, available, .doc = "Pieces on hand and not reserved"));

enum { FIND, HOLD, LINES, TOUCH, CLOSE };

#define CART_SQL							\
	"SELECT id, currency, status, version, updated_at FROM carts"	\
	" WHERE id = ? AND user_id = ? AND status <> 'abandoned'"

const struct query cart_queries[] = {
	[FIND] = { CART_SQL, .in = &by_user, .out = &cart_state },
	[HOLD] = { CART_SQL " FOR UPDATE", .in = &by_user, .out = &cart_state },
	[LINES] = { "SELECT i.product_id, p.sku, p.name, i.quantity, p.price_amount,"
	    " p.currency, i.price_seen, p.status = 'active' AND p.currency = ?,"
	    " COALESCE(s.on_hand - s.reserved, 0) FROM cart_items i"
	    " JOIN products p ON p.id = i.product_id"
	    " LEFT JOIN stock s ON s.product_id = i.product_id"
	    " WHERE i.cart_id = ? ORDER BY i.added_at, i.product_id",
	    .in = &with_text, .out = &line },
	[TOUCH] = { "UPDATE carts SET version = version + 1 WHERE id = ?",
	    .in = &by_id },
	[CLOSE] = { "UPDATE carts SET status = ?, open_key = NULL,"
	    " version = version + 1 WHERE id = ?", .in = &with_text },
	{ NULL, NULL, NULL },
};

static enum db_err
cart_select(struct store *st, int which, struct uuid id, struct uuid user,
    struct cart_state *out)
{
	const struct values	 v = { .id = id, .user = user };

	return query_one(st, &cart_queries[which], &v, out);
}

enum db_err
cart_find(struct store *st, struct uuid id, struct uuid user, struct cart_state *out)
{
	return cart_select(st, FIND, id, user, out);
}

enum db_err
cart_lock(struct store *st, struct uuid id, struct uuid user, struct cart_state *out)
{
	return cart_select(st, HOLD, id, user, out);
}

enum db_err
cart_lines(struct store *st, const struct cart_state *c, struct cart_line **out, size_t *n)
{
	const struct values	 v = { .id = c->id, .text = c->currency };
	void			*rows;
	enum db_err		 err = query_all(st, &cart_queries[LINES], &v, &rows, n);

	*out = rows;
	return err;
}

enum db_err
cart_touch(struct store *st, struct cart_state *c)
{
	const struct values	 v = { .id = c->id };

	c->version++;
	store_invalidate_row(st, "carts", c->id);
	return query_exec(st, &cart_queries[TOUCH], &v, NULL);
}

enum db_err
cart_close(struct store *st, struct cart_state *c, const char *status)
{
	const struct values	 v = { .id = c->id, .text = str_of(status) };

	c->version++;
	c->status = v.text;
	store_invalidate_row(st, "carts", c->id);
	return query_exec(st, &cart_queries[CLOSE], &v, NULL);
}
