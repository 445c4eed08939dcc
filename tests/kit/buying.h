#ifndef WIRE_BUYING_H
#define WIRE_BUYING_H
/*
 * buying - from a product on its shelf to an order, for the suites that need some.
 */
#include "people.h"

#define CARTS		"/v1/carts"
#define CART		"/v1/carts/{cart}"
#define ITEM		CART "/items/{p}"
#define ORDERS		"/v1/orders"
#define KEY		"Idempotency-Key: {new}\n"
#define ADDRESS		"{'name':'Ada','line1':'Linden Lane 5','postal_code':'10115'," \
			"'city':'Berlin','country':'DE'}"

/* A Spade at so many cents, with so many pieces: {name} is its id. */
void		 stocked(const char *name, int price, int pieces);

/* An empty cart of whose headers these are: {cart}. */
struct reply	 cart_new(const char *headers);
/* So many of {product} into it; {version} and {total} are its own from now on. */
struct reply	 cart_put(const char *headers, const char *product, int quantity);
/* Look at it: the same. */
struct reply	 cart_look(const char *headers);
/* Buy it as it was looked at: on 201 {order} names it. */
struct reply	 buy(const char *headers);
/* All of this, of one product. */
struct reply	 buy_one(const char *headers, const char *product, int quantity);

/* What the database's root is answered: one number. */
long long	 sql_number(const char *text);

/*
 * How many rows of all stock, orders and moves contradict each other: pieces
 * promised twice, a total that is no sum, an order that holds what it should
 * not.
 */
long long	 stock_wrongs(void);

#endif
