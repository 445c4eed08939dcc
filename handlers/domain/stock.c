/* stock - rows of `stock` and `stock_moves`. */
#include <stdlib.h>

#include "stock.h"

#include "base/log.h"

/* A change of more products invalidates one tag for all rows, not one for each row. */
#define MAX_TAGS	8

/* Parameters of the statements. */
struct values {
	struct uuid	 id;
	int64_t		 n;
	struct stamp	 at;
};

/* A row of stock_moves. */
struct move {
	struct uuid	 product_id, ref;
	int64_t		 on_hand, reserved;
	struct str	 cause, note;
};

#define ID	FIELD_UUID(struct values, id, .doc = "Key of a product")
#define N	FIELD_INT(struct values, n, .doc = "Number of pieces")
#define AT	FIELD_STAMP(struct values, at, .doc = "Time")

static const struct schema by_id = SCHEMA("StockKey", struct values, ID);
static const struct schema count = SCHEMA("StockCount", struct values, N);
static const struct schema once = SCHEMA("StockOnce", struct values, N, ID);
static const struct schema guarded = SCHEMA("StockGuarded", struct values, N, ID, N);
static const struct schema twice = SCHEMA("StockTwice", struct values, N, N, ID, N);
static const struct schema adjusted = SCHEMA("StockAdjusted", struct values, N, AT);

static const struct schema move = SCHEMA("StockMove", struct move,
	FIELD_UUID(struct move, product_id, .doc = "Key of a product"),
	FIELD_INT(struct move, on_hand, .doc = "Change of the pieces on hand"),
	FIELD_INT(struct move, reserved, .doc = "Change of the reserved pieces"),
	FIELD_STR(struct move, cause, .doc = "Cause of the move"),
	FIELD_UUID(struct move, ref, .doc = "Key of the order or adjustment"),
	FIELD_STR(struct move, note, .flags = FIELD_OPTIONAL, .doc = "Free text"));

enum { RESERVE, RELEASE, SELL, RETURN, MOVE, AVAILABLE, ROW, ADJUST, AFTER };

const struct query stock_queries[] = {
	[RESERVE] = { "UPDATE stock SET reserved = reserved + ? WHERE product_id = ?"
	    " AND on_hand - reserved >= ?", .in = &guarded },
	[RELEASE] = { "UPDATE stock SET reserved = reserved - ? WHERE product_id = ?"
	    " AND reserved >= ?", .in = &guarded },
	[SELL] = { "UPDATE stock SET reserved = reserved - ?, on_hand = on_hand - ?"
	    " WHERE product_id = ? AND reserved >= ?", .in = &twice },
	[RETURN] = { "UPDATE stock SET on_hand = on_hand + ? WHERE product_id = ?",
	    .in = &once },
	[MOVE] = { "INSERT INTO stock_moves (product_id, delta_on_hand, delta_reserved,"
	    " cause, ref_id, note) VALUES (?, ?, ?, ?, ?, ?)", .in = &move },
	[AVAILABLE] = { "SELECT on_hand - reserved FROM stock WHERE product_id = ?",
	    .in = &by_id, .out = &count },
	[ROW] = { "INSERT INTO stock (product_id) SELECT id FROM products WHERE id = ?"
	    " AND status <> 'archived' ON DUPLICATE KEY UPDATE on_hand = on_hand",
	    .in = &by_id },
	[ADJUST] = { "UPDATE stock SET on_hand = on_hand + ? WHERE product_id = ?"
	    " AND on_hand - reserved >= - ?", .in = &guarded },
	[AFTER] = { "SELECT on_hand, CURRENT_TIMESTAMP(3) FROM stock"
	    " WHERE product_id = ?", .in = &by_id, .out = &adjusted },
	{ NULL, NULL, NULL },
};

/* The effect of a kind of change on a row, and the cause that its move records. */
static const struct kind {
	int		 update;	/* index into stock_queries */
	const char	*cause;
	int		 on_hand, reserved;	/* factors of the quantity */
} reserve_kind = { RESERVE, "order.reserve", 0, 1 },
  release_kind = { RELEASE, "order.release", 0, -1 },
  sell_kind = { SELL, "order.sell", -1, -1 },
  return_kind = { RETURN, "order.return", 1, 0 };

static int
line_compare(const void *a, const void *b)
{
	const struct stock_line	*x = a, *y = b;

	return memcmp(&x->product_id, &y->product_id, sizeof(x->product_id));
}

/* Invalidate lists, and each row or all rows. */
static void
stock_invalidate(struct store *st, const struct stock_change *c)
{
	store_invalidate(st, STR("stock"));
	if (c->n > MAX_TAGS)
		store_invalidate(st, STR("stock/*"));
	for (size_t i = 0; i < c->n && c->n <= MAX_TAGS; i++)
		store_invalidate_row(st, "stock", c->lines[i].product_id);
}

static enum db_err
moves_insert(struct store *st, const struct stock_change *c, const struct kind *k)
{
	struct move	*moves = arena_array(st->arena, struct move, c->n + 1);

	if (moves == NULL)
		return DB_NO_MEMORY;
	for (size_t i = 0; i < c->n; i++)
		moves[i] = (struct move){ .product_id = c->lines[i].product_id,
		    .on_hand = k->on_hand * c->lines[i].quantity,
		    .reserved = k->reserved * c->lines[i].quantity,
		    .cause = str_of(k->cause), .ref = c->ref };
	stock_invalidate(st, c);
	return query_insert(st, &stock_queries[MOVE], moves, c->n);
}

/* Read the available pieces of each short line.  DB_ABORT on success. */
static enum db_err
shortages_read(struct store *st, struct stock_change *c)
{
	enum db_err	 err = DB_OK;

	for (size_t i = 0; err == DB_OK && i < c->n; i++) {
		const struct values	 v = { .id = c->lines[i].product_id };
		struct values		 got = { .n = 0 };

		if (!c->lines[i].is_short)
			continue;
		err = query_one(st, &stock_queries[AVAILABLE], &v, &got);
		c->lines[i].available = got.n;
		if (err == DB_NOT_FOUND)
			err = DB_OK;
	}
	return err == DB_OK ? DB_ABORT : err;
}

/* Update every row, also after a shortage, so that all shortages are reported. */
static enum db_err
stock_update(struct store *st, struct stock_change *c, const struct kind *k)
{
	bool		 some_short = false;
	struct db_result	 done;
	enum db_err	 err;

	qsort(c->lines, c->n, sizeof(*c->lines), line_compare);
	for (size_t i = 0; i < c->n; i++) {
		const struct values	 v = { .id = c->lines[i].product_id,
					    .n = c->lines[i].quantity };

		err = query_exec(st, &stock_queries[k->update], &v, &done);
		if (err != DB_OK)
			return err;
		c->lines[i].is_short = done.affected == 0;
		some_short |= c->lines[i].is_short;
	}
	return some_short ? shortages_read(st, c) : moves_insert(st, c, k);
}

enum db_err
stock_reserve(struct store *st, struct stock_change *c)
{
	return stock_update(st, c, &reserve_kind);
}

/* An order's pieces are reserved: a shortage here is a bug. */
static enum db_err
stock_update_reserved(struct store *st, struct stock_change *c, const struct kind *k)
{
	enum db_err	 err = stock_update(st, c, k);

	if (err != DB_ABORT)
		return err;
	log_event(LOG_ERROR, "stock", "%s: the pieces of an order are not reserved", k->cause);
	return DB_BUG;
}

enum db_err
stock_release(struct store *st, struct stock_change *c)
{
	return stock_update_reserved(st, c, &release_kind);
}

enum db_err
stock_sell(struct store *st, struct stock_change *c)
{
	return stock_update_reserved(st, c, &sell_kind);
}

enum db_err
stock_return(struct store *st, struct stock_change *c)
{
	return stock_update_reserved(st, c, &return_kind);
}

enum db_err
stock_adjust(struct store *st, struct stock_adjustment *a)
{
	const struct values	 v = { .id = a->product_id, .n = a->delta };
	const struct move	 m = { .product_id = a->product_id, .ref = a->id,
				    .on_hand = a->delta, .cause = a->reason,
				    .note = a->note };
	struct values		 got = { .n = 0 };
	struct db_result		 done = { 0, 0 };
	enum db_err		 err;

	err = query_exec(st, &stock_queries[ROW], &v, &done);
	if (err != DB_OK || done.affected == 0)
		return err == DB_OK ? DB_NOT_FOUND : err;
	err = query_exec(st, &stock_queries[ADJUST], &v, &done);
	if (err != DB_OK || done.affected == 0)
		return err == DB_OK ? DB_ABORT : err;
	if ((err = query_one(st, &stock_queries[AFTER], &v, &got)) != DB_OK)
		return err;
	a->after = got.n;
	a->at = got.at;
	store_invalidate(st, STR("stock"));
	store_invalidate_row(st, "stock", a->product_id);
	return query_exec(st, &stock_queries[MOVE], &m, NULL);
}
