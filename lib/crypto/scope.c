/* scope - the table of scopes. */
#include "crypto/scope.h"

const struct scope scope_table[] = {
	{ "users:read",		"See one's own account" },
	{ "users:write",	"Change one's own account" },
	{ "users:admin",	"See and change every account and its roles" },
	{ "products:write",	"Add, change and remove products and shelves" },
	{ "orders:read",	"See one's own carts and orders" },
	{ "orders:write",	"Fill carts, place and cancel orders" },
	{ "ledger:read",	"See accounts, transfers and balances" },
	{ "ledger:write",	"Open accounts and make transfers" },
	{ "payments:write",	"Pay and refund" },
	{ "feed:read",		"Read feeds and followers" },
	{ "feed:write",		"Post, follow and react" },
	{ "devices:read",	"See devices and their readings" },
	{ "devices:write",	"Register and change devices" },
	{ "readings:write",	"Send readings, as a device" },
	{ "ops:read",		"See metrics, jobs and health in full" },
	{ "ops:admin",		"Retry jobs, empty caches, change grants" },
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

static bool
is_in(struct str list, struct str one)
{
	while (list.p != NULL)
		if (str_eq(str_cut(&list, ' '), one))
			return true;
	return false;
}

bool
scope_is_subset(struct str some, struct str all)
{
	while (some.p != NULL) {
		struct str	 one = str_cut(&some, ' ');

		if (one.n > 0 && !is_in(all, one))
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

		if (one.n == 0 || !is_in(y, one) || is_in(buf_view(&b), one))
			continue;
		if (b.n > 0)
			buf_byte(&b, ' ');
		buf_str(&b, one);
	}
	*out = buf_view(&b);
	return buf_ok(&b);
}
