#ifndef SHARED_CART_H
#define SHARED_CART_H
/*
 * cart - what somebody means to buy: rows of `carts` and `cart_items`.
 *
 * A cart has no prices of its own: they are those of the products at each look,
 * and only an order copies them.  Beside each item stands the price that its
 * buyer saw when saying how many, so that a look can tell that it changed.
 *
 * Lock a cart before its stock.
 */
#include "cache/store.h"

#define CART_LINES	100

/* As a route's problem. */
#define CART_CLOSED	"409 cart_closed The cart has become an order. Begin another one."

struct cart_state {
	struct uuid	 id;
	struct str	 currency, status;	/* "open" */
	int64_t		 version;
	struct stamp	 updated_at;
};

/* An item and its product, now. */
struct cart_line {
	struct uuid	 product_id;
	struct str	 sku, name;
	int64_t		 quantity;
	struct money	 price;		/* of one */
	int64_t		 seen;		/* as the buyer saw it */
	bool		 sellable;	/* it is for sale, in the cart's currency */
	int64_t		 available;	/* pieces */
};

/* This user's, not an abandoned one; DB_NOT_FOUND. */
enum db_err	cart_find(struct store *, struct uuid id, struct uuid user,
		    struct cart_state *) MUSTCHECK;
/* The same, its row locked until the transaction ends. */
enum db_err	cart_lock(struct store *, struct uuid id, struct uuid user,
		    struct cart_state *) MUSTCHECK;

/* In the order they were added; an array of the arena. */
enum db_err	cart_lines(struct store *, const struct cart_state *,
		    struct cart_line **, size_t *n) MUSTCHECK;

/* Inside, held: it was changed.  The version in `c` is the next one. */
enum db_err	cart_touch(struct store *, struct cart_state *) MUSTCHECK;
/* Inside, held: it is open no more, but `status`: ordered, abandoned. */
enum db_err	cart_close(struct store *, struct cart_state *, const char *status) MUSTCHECK;

/* For --check: ends with a NULL .sql. */
extern const struct query cart_queries[];

#endif
