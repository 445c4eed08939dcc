#ifndef SHARED_STOCK_H
#define SHARED_STOCK_H
/*
 * stock - pieces on hand, and those of them that are promised to orders.
 *
 * These functions alone write the tables stock and stock_moves.  Each belongs
 * inside the caller's transaction, and what it makes stale is noted with that
 * transaction's tags.  Every change is a guarded UPDATE, so pieces are never
 * promised twice, and leaves its row in stock_moves, where one cause of one
 * order counts once: done a second time it is DB_DUPLICATE.
 *
 * Rows of stock are locked in the order of the products' ids, which is how
 * lines are sorted here (in place), whoever asks; who locks a cart or an order
 * does that before.
 */
#include "cache/store.h"

/* One product is in a change at most once. */
struct stock_line {
	struct uuid	 product_id;
	int64_t		 quantity;
	int64_t		 available;	/* told by stock_reserve() of what there is too little of */
	bool		 is_short;	/* there is */
};

struct stock_change {
	struct uuid		 ref;		/* the order */
	struct stock_line	*lines;
	size_t			 n;
};

/*
 * Promise them.  DB_ABORT: of some there are too few, each of them told; what was
 * promised of the others is to be taken back with the transaction.
 */
enum db_err	stock_reserve(struct store *, struct stock_change *) MUSTCHECK;
/* What was promised is free again; or is sold, and leaves the shelf. */
enum db_err	stock_release(struct store *, struct stock_change *) MUSTCHECK;
enum db_err	stock_sell(struct store *, struct stock_change *) MUSTCHECK;
/* What was sold comes back. */
enum db_err	stock_return(struct store *, struct stock_change *) MUSTCHECK;

/* What happened to the pieces besides orders. */
struct stock_adjustment {
	struct uuid	 id, product_id;
	int64_t		 delta;
	struct str	 reason;	/* the cause of its move */
	struct str	 note;		/* absent: none */
	int64_t		 after;		/* told: pieces on hand now */
	struct stamp	 at;		/* told */
};

/*
 * DB_ABORT: fewer would be there than are promised, or more than can be counted;
 * DB_NOT_FOUND: no such product.  Nothing was changed then.
 */
enum db_err	stock_adjust(struct store *, struct stock_adjustment *) MUSTCHECK;

/* For --check: ends with a NULL .sql. */
extern const struct query stock_queries[];

#endif
