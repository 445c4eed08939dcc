/* keys_outside - the keys of an outside OpenID provider. */
#include "keys_private.h"

bool
outside_open(const struct conf *cf, struct outside **out)
{
	(void)cf;
	*out = NULL;
	return true;
}

void
outside_close(struct outside *o)
{
	(void)o;
}

bool
outside_take(struct outside *o, struct arena *a, bool unknown,
    struct token_keys *keys, void **held)
{
	(void)o;
	(void)a;
	(void)unknown;
	(void)keys;
	*held = NULL;
	return false;
}

void
outside_leave(struct outside *o, void *held)
{
	(void)o;
	(void)held;
}
