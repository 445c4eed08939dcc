/* provider - the table of payment providers. */
#include "provider.h"

static const struct provider *const providers[] = { &provider_wallet,
	&provider_card_test };

const struct provider *
provider_find(struct str type)
{
	for (size_t i = 0; i < NELEMS(providers); i++)
		if (str_is(type, providers[i]->name))
			return providers[i];
	return NULL;
}

bool
provider_ready(const struct provider *p, const struct conf *cf)
{
	return p->ready == NULL || p->ready(cf);
}
