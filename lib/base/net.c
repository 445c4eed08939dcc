/* net - addresses of hosts, and lists of networks. */
#include <arpa/inet.h>
#include <stdio.h>

#include "base/net.h"

static const uint8_t	 ipv4_prefix[12] = { [10] = 0xff, [11] = 0xff };

static bool
is_ipv4(const struct net_address *a)
{
	return memcmp(a->b, ipv4_prefix, sizeof(ipv4_prefix)) == 0;
}

bool
net_parse(struct str s, struct net_address *a)
{
	char	 text[INET6_ADDRSTRLEN];

	if (s.n == 0 || s.n >= sizeof(text) || memchr(s.p, '\0', s.n) != NULL)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	memcpy(a->b, ipv4_prefix, sizeof(ipv4_prefix));
	return inet_pton(AF_INET, text, a->b + sizeof(ipv4_prefix)) == 1 ||
	    inet_pton(AF_INET6, text, a->b) == 1;
}

bool
net_is_loopback(const struct net_address *a)
{
	static const struct net_address	 one = { { [15] = 1 } };

	return is_ipv4(a) ? a->b[12] == 127 : memcmp(a, &one, sizeof(one)) == 0;
}

/* The prefix length ("8" in "10.0.0.0/8") in bits of IPv6; -1 if it is invalid. */
static int
prefix_bits(struct str s, const struct net_address *a)
{
	int	 max = is_ipv4(a) ? 32 : 128, bits = 0;

	if (s.p == NULL)
		return 128;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9' || i == 3)
			return -1;
		bits = bits * 10 + (s.p[i] - '0');
	}
	return s.n == 0 || bits > max ? -1 : 128 - max + bits;
}

static bool
same_prefix(const struct net_address *a, const struct net_address *b, int bits)
{
	size_t	 bytes = (size_t)bits / 8;
	int	 rest = bits % 8;

	return memcmp(a, b, bytes) == 0 &&
	    (rest == 0 || (a->b[bytes] ^ b->b[bytes]) >> (8 - rest) == 0);
}

static bool
host_bits_are_zero(const struct net_address *a, int bits)
{
	for (int i = bits; i < 128; i++)
		if (a->b[i / 8] & 0x80 >> i % 8)
			return false;
	return true;
}

bool
net_list_valid(struct str list)
{
	struct net_address	 a;
	struct str		 one;

	while ((one = str_next_word(&list)).p != NULL) {
		struct str	 text = str_cut(&one, '/');
		int		 bits;

		if (!net_parse(text, &a) || (bits = prefix_bits(one, &a)) < 0 ||
		    !host_bits_are_zero(&a, bits))
			return false;
	}
	return true;
}

bool
net_list_contains(struct str list, const struct net_address *address)
{
	struct net_address	 a;
	struct str		 one;

	while ((one = str_next_word(&list)).p != NULL) {
		struct str	 text = str_cut(&one, '/');

		if (net_parse(text, &a) && same_prefix(&a, address, prefix_bits(one, &a)))
			return true;
	}
	return false;
}

void
net_quota_key(const struct net_address *a, char out[NET_TEXT])
{
	struct net_address	 net = { { 0 } };

	if (is_ipv4(a)) {
		(void)inet_ntop(AF_INET, a->b + sizeof(ipv4_prefix), out, NET_TEXT);
		return;
	}
	memcpy(net.b, a->b, 8);
	(void)inet_ntop(AF_INET6, net.b, out, NET_TEXT);
	strcat(out, "/64");
}
