/* net - addresses of hosts, and lists of networks. */
#include <arpa/inet.h>
#include <stdio.h>

#include "base/net.h"

static const uint8_t	 mapped[12] = { [10] = 0xff, [11] = 0xff };

static bool
is_ipv4(const struct net_address *a)
{
	return memcmp(a->b, mapped, sizeof(mapped)) == 0;
}

bool
net_parse(struct str s, struct net_address *a)
{
	char	 text[INET6_ADDRSTRLEN];

	if (s.n == 0 || s.n >= sizeof(text) || memchr(s.p, '\0', s.n) != NULL)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	memcpy(a->b, mapped, sizeof(mapped));
	return inet_pton(AF_INET, text, a->b + sizeof(mapped)) == 1 ||
	    inet_pton(AF_INET6, text, a->b) == 1;
}

bool
net_is_loopback(const struct net_address *a)
{
	static const struct net_address	 one = { { [15] = 1 } };

	return is_ipv4(a) ? a->b[12] == 127 : memcmp(a, &one, sizeof(one)) == 0;
}

/* "8" of "10.0.0.0/8", counted in IPv6's bits; -1: not a length. */
static int
prefix_bits(struct str s, const struct net_address *a)
{
	int	 most = is_ipv4(a) ? 32 : 128, bits = 0;

	if (s.p == NULL)
		return 128;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9' || i == 3)
			return -1;
		bits = bits * 10 + (s.p[i] - '0');
	}
	return s.n == 0 || bits > most ? -1 : 128 - most + bits;
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
no_bits_behind(const struct net_address *a, int bits)
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

	while ((one = str_word(&list)).p != NULL) {
		struct str	 address = str_cut(&one, '/');
		int		 bits;

		if (!net_parse(address, &a) || (bits = prefix_bits(one, &a)) < 0 ||
		    !no_bits_behind(&a, bits))
			return false;
	}
	return true;
}

bool
net_listed(struct str list, const struct net_address *who)
{
	struct net_address	 a;
	struct str		 one;

	while ((one = str_word(&list)).p != NULL) {
		struct str	 address = str_cut(&one, '/');

		if (net_parse(address, &a) && same_prefix(&a, who, prefix_bits(one, &a)))
			return true;
	}
	return false;
}

void
net_subscriber(const struct net_address *a, char out[NET_TEXT])
{
	struct net_address	 net = { { 0 } };

	if (is_ipv4(a)) {
		(void)inet_ntop(AF_INET, a->b + sizeof(mapped), out, NET_TEXT);
		return;
	}
	memcpy(net.b, a->b, 8);
	(void)inet_ntop(AF_INET6, net.b, out, NET_TEXT);
	strcat(out, "/64");
}
