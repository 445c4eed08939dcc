/* test_net - parsing addresses and networks, and membership in a list of networks. */
#include "base/net.h"
#include "test.h"

static const struct {
	const char	*text, *subscriber;	/* NULL: not an address */
} addresses[] = {
	{ "127.0.0.1", "127.0.0.1" }, { "0.0.0.0", "0.0.0.0" },
	{ "255.255.255.255", "255.255.255.255" },
	{ "::ffff:10.0.0.1", "10.0.0.1" }, { "::1", "::/64" },
	{ "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64" },
	{ "2001:DB8:1:2::", "2001:db8:1:2::/64" }, { "::", "::/64" },
	{ "2001:db8:ffff:ffff:ffff:ffff:255.255.255.255", "2001:db8:ffff:ffff::/64" },
	{ "", NULL }, { " 10.0.0.1", NULL }, { "10.0.0.1 ", NULL }, { "10.0.0", NULL },
	{ "10.0.0.256", NULL }, { "010.0.0.1", NULL }, { "10.0.0.1:80", NULL },
	{ "[::1]", NULL }, { "fe80::1%eth0", NULL }, { "::1/64", NULL }, { "1", NULL },
	{ "localhost", NULL }, { "unknown", NULL }, { ":::", NULL }, { "1::2::3", NULL },
	{ "0x7f.0.0.1", NULL }, { "10.0.0.1.", NULL },
	{ "1111:2222:3333:4444:5555:6666:7777:8888:9999", NULL },
	{ "0000000000000000000000000000000000000000000000000000000000001", NULL },
};

static void
test_addresses(void)
{
	for (size_t i = 0; i < NELEMS(addresses); i++) {
		struct net_address	 a;
		char			 text[NET_TEXT];
		bool			 is = net_parse(str_of(addresses[i].text), &a);

		CHECK_INT(addresses[i].text, is, addresses[i].subscriber != NULL);
		if (!is)
			continue;
		net_quota_key(&a, text);
		CHECK_TEXT(addresses[i].text, text, addresses[i].subscriber);
	}
	CHECK("a NUL in it", !net_parse((struct str){ "10.0.0.1\0.5", 11 },
	    &(struct net_address){ { 0 } }));
}

static const struct {
	const char	*list;
	bool		 valid;
} lists[] = {
	{ "", true }, { "127.0.0.1", true }, { "127.0.0.0/8", true }, { "0.0.0.0/0", true },
	{ "10.0.0.0/8, 192.0.2.7 ,2001:db8::/32", true }, { "::/0", true },
	{ "10.0.0.1/32", true }, { "::1/128", true }, { "192.0.2.128/25", true },
	{ "127.0.0.1/8", false }, { "10.0.0.0/33", false }, { "::/129", false },
	{ "10.0.0.0/", false }, { "10.0.0.0/-1", false }, { "10.0.0.0/8/8", false },
	{ "10.0.0.0/x", false }, { "10.0.0.0/0008", false }, { "proxy.example", false },
	{ "10.0.0.0/8;::1", false }, { "/8", false }, { "*", false },
	{ "2001:db8::1/64", false }, { "192.0.2.129/25", false },
};

static void
test_lists(void)
{
	for (size_t i = 0; i < NELEMS(lists); i++)
		CHECK_INT(lists[i].list, net_list_valid(str_of(lists[i].list)),
		    lists[i].valid);
}

static const struct {
	const char	*list, *who;
	bool		 listed;
} members[] = {
	{ "10.0.0.0/8", "10.255.0.1", true }, { "10.0.0.0/8", "11.0.0.0", false },
	{ "10.0.0.0/8", "::ffff:10.1.1.1", true }, { "10.0.0.0/8", "::a00:1", false },
	{ "192.0.2.128/25", "192.0.2.128", true }, { "192.0.2.128/25", "192.0.2.127", false },
	{ "192.0.2.7", "192.0.2.7", true }, { "192.0.2.7", "192.0.2.6", false },
	{ "0.0.0.0/0", "1.2.3.4", true }, { "0.0.0.0/0", "::1", false },
	{ "::/0", "::1", true }, { "2001:db8::/33", "2001:db8:7fff::1", true },
	{ "2001:db8::/33", "2001:db8:8000::1", false },
	{ "::1 10.0.0.1,10.0.0.2", "10.0.0.2", true }, { "", "10.0.0.2", false },
};

static void
test_members(void)
{
	for (size_t i = 0; i < NELEMS(members); i++) {
		struct net_address	 a;

		CHECK(members[i].who, net_parse(str_of(members[i].who), &a));
		CHECK_INT(members[i].list, net_list_contains(str_of(members[i].list), &a),
		    members[i].listed);
	}
}

TESTS(net, { "addresses", test_addresses }, { "lists", test_lists },
    { "who is in one", test_members })
