/* cart - the rows of carts, and their items with the products of now. */
#include "cart.h"

/* What the statements bind. */
struct values {
	struct uuid	 id, user;
	struct str	 text;
};

#define ID	FIELD_UUID(struct values, id, .doc = "Key of a cart")
#define USER	FIELD_UUID(struct values, user, .doc = "Whose it is")
#define TEXT	FIELD_STR(struct values, text, .doc = "Status or currency")

static const struct schema by_id = SCHEMA("CartKey", struct values, ID);
static const struct schema by_user = SCHEMA("CartOf", struct values, ID, USER);
static const struct schema with_text = SCHEMA("CartWith", struct values, TEXT, ID);

static const struct schema held = SCHEMA("CartHeld", struct cart_state,
	FIELD_UUID(struct cart_state, id, .doc = "Key"),
	FIELD_STR(struct cart_state, currency, .doc = "Of all its prices"),
	FIELD_STR(struct cart_state, status, .doc = "Its state"),
	FIELD_INT(struct cart_state, version, .doc = "Counted up by each change"),
	FIELD_STAMP(struct cart_state, updated_at, .doc = "Last change"));

static const struct schema line = SCHEMA("CartLine", struct cart_line,
	FIELD_UUID(struct cart_line, product_id, .doc = "Key of a product"),
	FIELD_STR(struct cart_line, sku, .doc = "Stock-keeping unit"),
	FIELD_STR(struct cart_line, name, .doc = "Shown to buyers"),
	FIELD_INT(struct cart_line, quantity, .doc = "Pieces"),
	FIELD_MONEY(struct cart_line, price, .doc = "Price of one"),
	FIELD_INT(struct cart_line, seen, .doc = "The same as it was seen"),
	FIELD_BOOL(struct cart_line, sellable, .doc = "Can it be bought?"),
	FIELD_INT(struct cart_line, available, .doc = "Pieces that there are"));

enum { FIND, HOLD, LINES, TOUCH, CLOSE };

#define CART_SQL							\
	"SELECT id, currency, status, version, updated_at FROM carts"	\
	" WHERE id = ? AND user_id = ? AND status <> 'abandoned'"

const struct query cart_queries[] = {
	[FIND] = { CART_SQL, .in = &by_user, .out = &held },
	[HOLD] = { CART_SQL " FOR UPDATE", .in = &by_user, .out = &held },
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
find(struct store *st, int which, struct uuid id, struct uuid user,
    struct cart_state *out)
{
	const struct values	 v = { .id = id, .user = user };

	return query_one(st, &cart_queries[which], &v, out);
}

enum db_err
cart_find(struct store *st, struct uuid id, struct uuid user, struct cart_state *out)
{
	return find(st, FIND, id, user, out);
}

enum db_err
cart_lock(struct store *st, struct uuid id, struct uuid user, struct cart_state *out)
{
	return find(st, HOLD, id, user, out);
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
