/*
 * checkout: the transaction of POST /v1/orders and nothing else: what a careful
 * C author would get from the database with the very statements of the handler,
 * the idempotency key and the queued job among them, one connection a thread.
 *
 *	checkout SOCKET THREADS SECONDS CARTS	carts a second
 *	checkout --steps			the statements, a line each
 *
 * CARTS is a file of lines "CART USER VERSION TOTAL PRODUCT QUANTITY PRICE SKU
 * [PRODUCT QUANTITY PRICE SKU]", ids as hexadecimal; each is taken once.
 */
#include <err.h>
#include <mysql.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define THREADS_MOST	256
#define LINES		2
#define VALUES		16	/* of one statement */
#define ID		16

/* What a statement binds, by letter. */
struct line {
	unsigned char	 product[ID];
	long long	 quantity, price, total;
	char		 sku[65];
};

struct cart {
	unsigned char	 id[ID], user[ID];
	long long	 version, total;
	struct line	 line[LINES];
};

struct step {
	const char	*sql, *values;
	bool		 each;		/* once a line */
};

static const struct step steps[] = {
	{ NULL, NULL, false }
};
