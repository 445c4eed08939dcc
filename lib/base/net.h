#ifndef BRISK_NET_H
#define BRISK_NET_H
/*
 * net - addresses of hosts, and lists of networks.
 *
 * Only text that is an address and nothing else is one: no port, no brackets,
 * no zone, no name.  IPv4 is kept as the IPv6 that it maps to, so that
 * "10.0.0.1" and "::ffff:10.0.0.1" are the same host.
 *
 * A list has spaces or commas between: "10.0.0.0/8 192.0.2.7 2001:db8::/32".
 */
#include "base/base.h"

#define NET_TEXT	64

struct net_address {
	uint8_t	 b[16];
};

bool	 net_parse(struct str, struct net_address *) MUSTCHECK;
bool	 net_is_loopback(const struct net_address *);

/* Is each of the list an address or a network, without bits behind its length? */
bool	 net_list_valid(struct str list) MUSTCHECK;
/* Does one of them hold the address? */
bool	 net_listed(struct str list, const struct net_address *) MUSTCHECK;

/*
 * Whom a quota of addresses holds: an IPv4 address; of IPv6 its /64, for that
 * is what one subscriber has.
 */
void	 net_subscriber(const struct net_address *, char out[NET_TEXT]);

#endif
