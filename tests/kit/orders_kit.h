#ifndef BRISK_TEST_ORDERS_KIT_H
#define BRISK_TEST_ORDERS_KIT_H
/* orders_kit - paths of an order, and the stock of a product. */
#include "buying.h"

#define ROOT	"Authorization: Bearer {root}\n" JSON
#define ORDER	ORDERS "/{order}"
#define CANCEL	ORDER "/cancellation"

#define STOCK_OF(what, id)						\
	"SELECT " what " FROM stock WHERE product_id ="			\
	" UNHEX(REPLACE('{" id "}', '-', ''))"

/* The number that a statement such as STOCK_OF(...) selects. */
static inline long long
on_hand(const char *sql_text)
{
	return sql_number(filled(sql_text));
}

#endif
