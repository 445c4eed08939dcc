#ifndef DOMAIN_STOCK_H
#define DOMAIN_STOCK_H
/*
 * stock - pieces on hand, and pieces reserved for orders.
 *
 * Only these functions write the tables `stock` and `stock_moves`.  Each must be
 * called in a transaction and invalidates the cache tags of the stock.  A change is
 * a guarded UPDATE, so no piece is reserved twice, and inserts a row into
 * `stock_moves`.  A cause is recorded once for an order: a repetition is
 * DB_DUPLICATE.
 *
 * Lock order: a cart or an order before its stock; rows of stock by product key.
 * The functions sort the lines by product key, in place.
 */
#include "cache/store.h"

/* A product occurs at most once in a change. */
struct stock_line {
	struct uuid	 product_id;
	int64_t		 quantity;
	int64_t		 available;	/* out: pieces available, if is_short */
	bool		 is_short;	/* out: fewer than `quantity` are available */
};

struct stock_change {
	struct uuid		 ref;		/* key of the order */
	struct stock_line	*lines;
	size_t			 n;
};

/*
 * Reserve the pieces.  DB_ABORT: some lines are short and marked; the caller must
 * roll back, which also releases the other lines.
 */
enum db_err	stock_reserve(struct store *, struct stock_change *) MUSTCHECK;
/* Release reserved pieces; or remove them from the stock as sold. */
enum db_err	stock_release(struct store *, struct stock_change *) MUSTCHECK;
enum db_err	stock_sell(struct store *, struct stock_change *) MUSTCHECK;
/* Return sold pieces to the stock. */
enum db_err	stock_return(struct store *, struct stock_change *) MUSTCHECK;

/* A change of the pieces on hand that has no order. */
struct stock_adjustment {
	struct uuid	 id, product_id;
	int64_t		 delta;
	struct str	 reason;	/* recorded as the cause of the move */
	struct str	 note;		/* absent: none */
	int64_t		 after;		/* out: pieces on hand after the change */
	struct stamp	 at;		/* out: time of the change */
};

/*
 * Adjust the pieces on hand.  DB_ABORT: fewer than the reserved pieces would be left,
 * or the number is out of range; DB_NOT_FOUND: no such product.
 */
enum db_err	stock_adjust(struct store *, struct stock_adjustment *) MUSTCHECK;

/* The statements, for --check; a NULL .sql ends the array. */
extern const struct query stock_queries[];

#endif
