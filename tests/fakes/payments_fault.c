/*
 * payments_plant - the program payments with a bug: each try asks the provider
 * with a key of its own (ld --wrap).  payments.sh sees that it is noticed.
 */
#include "payment_private.h"

struct str	__wrap_payment_key(const struct payment_row *);

struct str
__wrap_payment_key(const struct payment_row *p)
{
	static _Thread_local char	 key[UUID_LEN + 1];

	(void)p;
	uuid_text(uuid_new(), key);
	return str_of(key);
}
