/* scope - the OAuth scopes of this API, and lists of scopes. */
#include "crypto/scope.h"

const struct scope scope_table[] = {
	{ "users:read",		"Read your own account" },
	{ "users:write",	"Change your own account" },
	{ "users:admin",	"Read and change all accounts and their roles" },
	{ "products:write",	"Create, change and delete products and shelves" },
	{ "orders:read",	"Read your own carts and orders" },
	{ "orders:write",	"Change carts, place and cancel orders" },
	{ "ledger:read",	"Read ledger accounts, transfers and balances" },
	{ "ledger:write",	"Open ledger accounts and make transfers" },
	{ "payments:write",	"Make and refund payments" },
	{ "feed:read",		"Read feeds and followers" },
	{ "feed:write",		"Post, follow and react" },
	{ "devices:read",	"Read devices and their readings" },
	{ "devices:write",	"Register and change devices" },
	{ "readings:write",	"Send readings as a device" },
	{ "ops:read",		"Read metrics, jobs and detailed health" },
	{ "ops:admin",		"Retry jobs, clear caches, change grants" },
	{ NULL, NULL },
};

bool
scope_exists(struct str name)
{
	for (const struct scope *s = scope_table; s->name != NULL; s++)
		if (str_is(name, s->name))
			return true;
	return false;
}

bool
scope_has(struct str list, struct str one)
{
	while (one.n > 0 && list.p != NULL)
		if (str_eq(str_cut(&list, ' '), one))
			return true;
	return false;
}

bool
scope_is_subset(struct str some, struct str all)
{
	while (some.p != NULL) {
		struct str	 one = str_cut(&some, ' ');

		if (one.n > 0 && !scope_has(all, one))
			return false;
	}
	return true;
}

bool
scope_intersect(struct arena *a, struct str x, struct str y, struct str *out)
{
	struct buf	 b;

	buf_init(&b, a);
	buf_puts(&b, "");
	while (x.p != NULL) {
		struct str	 one = str_cut(&x, ' ');

		if (!scope_has(y, one) || scope_has(buf_view(&b), one))
			continue;
		if (b.n > 0)
			buf_byte(&b, ' ');
		buf_str(&b, one);
	}
	*out = buf_view(&b);
	return buf_ok(&b);
}
