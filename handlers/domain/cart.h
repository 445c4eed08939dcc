#ifndef DOMAIN_CART_H
#define DOMAIN_CART_H
/*
 * cart - rows of `carts` and `cart_items`.
 *
 * A cart stores no prices: each read takes the current prices of the products, and
 * only an order copies them.  An item stores the price that was current when its
 * quantity was set, so that a read can report a changed price.
 *
 * Lock order: the cart before its stock.  Results come from the arena of the store.
 * Functions return DB_OK or the error of the database.
 */
#include "cache/store.h"

#define CART_LINES	100

/* For the .problems of a route. */
#define CART_CLOSED	"409 cart_closed The cart was ordered. Create another cart."

struct cart_state {
	struct uuid	 id;
	struct str	 currency, status;	/* "open", "ordered", "abandoned" */
	int64_t		 version;
	struct stamp	 updated_at;
};

/* An item, joined with its product. */
struct cart_line {
	struct uuid	 product_id;
	struct str	 sku, name;
	int64_t		 quantity;
	struct money	 price;		/* of one piece */
	int64_t		 seen;		/* price when the quantity was set, minor units */
	bool		 sellable;	/* for sale, and in the cart's currency */
	int64_t		 available;	/* pieces on hand and not reserved */
};

/* Find a cart of this user.  DB_NOT_FOUND: there is none, or it is abandoned. */
enum db_err	cart_find(struct store *, struct uuid id, struct uuid user,
		    struct cart_state *) MUSTCHECK;
/* The same, and lock its row until the transaction ends. */
enum db_err	cart_lock(struct store *, struct uuid id, struct uuid user,
		    struct cart_state *) MUSTCHECK;

/* The items in the order in which they were added. */
enum db_err	cart_lines(struct store *, const struct cart_state *,
		    struct cart_line **, size_t *n) MUSTCHECK;

/* In a transaction, for a locked cart: increment its version, in `c` too, and
 * invalidate its cache entries. */
enum db_err	cart_touch(struct store *, struct cart_state *) MUSTCHECK;
/* The same, and set the status: "ordered" or "abandoned". */
enum db_err	cart_close(struct store *, struct cart_state *, const char *status) MUSTCHECK;

/* The statements, for --check; a NULL .sql ends the array. */
extern const struct query cart_queries[];

#endif
