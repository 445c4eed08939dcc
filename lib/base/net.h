#ifndef BRISK_NET_H
#define BRISK_NET_H
/*
 * net - addresses of hosts, and lists of networks.
 *
 * An address is text without port, brackets, zone or name.  An IPv4 address is
 * stored as the IPv4-mapped IPv6 address, so "10.0.0.1" and "::ffff:10.0.0.1" are
 * the same host.
 *
 * The elements of a list are separated by spaces or commas:
 * "10.0.0.0/8 192.0.2.7 2001:db8::/32".
 */
#include "base/base.h"

#define NET_TEXT	64	/* bytes of an address or network as text, NUL included */

struct net_address {
	uint8_t	 b[16];		/* IPv6, network byte order */
};

/* False if the text is not an address. */
bool	 net_parse(struct str, struct net_address *) MUSTCHECK;
bool	 net_is_loopback(const struct net_address *);

/* Is each element an address, or a network whose host bits are 0? */
bool	 net_list_valid(struct str list) MUSTCHECK;
/* Is the address in one of the networks of a valid list? */
bool	 net_list_contains(struct str list, const struct net_address *) MUSTCHECK;

/*
 * The subject of a rate limit: an IPv4 address, or the /64 of an IPv6 address,
 * because one customer of a provider has at least a /64.
 */
void	 net_quota_key(const struct net_address *, char out[NET_TEXT]);

#endif
