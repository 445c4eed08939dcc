/* stock - the rows of stock and of stock_moves. */
#include <stdlib.h>

#include "stock.h"

#include "base/log.h"

/* More products than this make the tag of all stale, not one for each. */
#define MAX_TAGS	8

/* What the statements bind. */
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
#define N	FIELD_INT(struct values, n, .doc = "Pieces")
#define AT	FIELD_STAMP(struct values, at, .doc = "When")

static const struct schema by_id = SCHEMA("StockKey", struct values, ID);
static const struct schema count = SCHEMA("StockCount", struct values, N);
static const struct schema once = SCHEMA("StockOnce", struct values, N, ID);
static const struct schema guarded = SCHEMA("StockGuarded", struct values, N, ID, N);
static const struct schema twice = SCHEMA("StockTwice", struct values, N, N, ID, N);
static const struct schema adjusted = SCHEMA("StockAdjusted", struct values, N, AT);

static const struct schema move = SCHEMA("StockMove", struct move,
	FIELD_UUID(struct move, product_id, .doc = "Of which product"),
	FIELD_INT(struct move, on_hand, .doc = "Pieces more on hand"),
	FIELD_INT(struct move, reserved, .doc = "Pieces more reserved"),
	FIELD_STR(struct move, cause, .doc = "Why"),
	FIELD_UUID(struct move, ref, .doc = "The order or adjustment behind it"),
	FIELD_STR(struct move, note, .flags = FIELD_OPTIONAL, .doc = "A word about it"));

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

/* What one kind of change does to a row, and why it says it did. */
static const struct kind {
	int		 update;	/* which query */
	const char	*cause;
	int		 on_hand, reserved;	/* times the quantity */
} reserve = { RESERVE, "order.reserve", 0, 1 },
  release = { RELEASE, "order.release", 0, -1 },
  sell = { SELL, "order.sell", -1, -1 },
  give_back = { RETURN, "order.return", 1, 0 };

static int
by_product(const void *a, const void *b)
{
	const struct stock_line	*x = a, *y = b;

	return memcmp(&x->product_id, &y->product_id, sizeof(x->product_id));
}

/* Of one row, of many, and of who looks at any. */
static void
lines_stale(struct store *st, const struct stock_change *c)
{
	store_invalidate(st, STR("stock"));
	if (c->n > MAX_TAGS)
		store_invalidate(st, STR("stock/*"));
	for (size_t i = 0; i < c->n && c->n <= MAX_TAGS; i++)
		store_invalidate_row(st, "stock", c->lines[i].product_id);
}

static enum db_err
note_moves(struct store *st, const struct stock_change *c, const struct kind *k)
{
	struct move	*moves = arena_array(st->arena, struct move, c->n + 1);

	if (moves == NULL)
		return DB_NO_MEMORY;
	for (size_t i = 0; i < c->n; i++)
		moves[i] = (struct move){ .product_id = c->lines[i].product_id,
		    .on_hand = k->on_hand * c->lines[i].quantity,
		    .reserved = k->reserved * c->lines[i].quantity,
		    .cause = str_of(k->cause), .ref = c->ref };
	lines_stale(st, c);
	return query_insert(st, &stock_queries[MOVE], moves, c->n);
}

/* How many there are of what there is too little of. */
static enum db_err
tell_shorts(struct store *st, struct stock_change *c)
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

/* All rows are tried, so that all that is too little is told at once. */
static enum db_err
change(struct store *st, struct stock_change *c, const struct kind *k)
{
	bool		 some_short = false;
	struct db_result	 done;
	enum db_err	 err;

	qsort(c->lines, c->n, sizeof(*c->lines), by_product);
	for (size_t i = 0; i < c->n; i++) {
		const struct values	 v = { .id = c->lines[i].product_id,
					    .n = c->lines[i].quantity };

		err = query_exec(st, &stock_queries[k->update], &v, &done);
		if (err != DB_OK)
			return err;
		c->lines[i].is_short = done.affected == 0;
		some_short |= c->lines[i].is_short;
	}
	return some_short ? tell_shorts(st, c) : note_moves(st, c, k);
}

enum db_err
stock_reserve(struct store *st, struct stock_change *c)
{
	return change(st, c, &reserve);
}

/* What an order holds is there: that it is not is our own fault. */
static enum db_err
change_held(struct store *st, struct stock_change *c, const struct kind *k)
{
	enum db_err	 err = change(st, c, k);

	if (err != DB_ABORT)
		return err;
	log_event(LOG_ERROR, "stock", "%s: an order holds what is not there", k->cause);
	return DB_BUG;
}

enum db_err
stock_release(struct store *st, struct stock_change *c)
{
	return change_held(st, c, &release);
}

enum db_err
stock_sell(struct store *st, struct stock_change *c)
{
	return change_held(st, c, &sell);
}

enum db_err
stock_return(struct store *st, struct stock_change *c)
{
	return change_held(st, c, &give_back);
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
