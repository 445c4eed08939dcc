#include <libmemcached/memcached.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "cache/cache.h"
#include "crypto/crypto.h"

#define PAUSE_US	1000000		/* the breaker stays open for this long, */
#define JITTER_US	250000		/* plus a random part of this */
#define MAX_TTL	2592000		/* seconds; memcached takes more for a date */
#define KEY_BYTES	20		/* of the key hash; sent as hex */
#define MAC_LEN		16
#define LEN_BYTES	8

struct cache {
	memcached_st		*mc;		/* NULL: connected at the next use */
	char			*host;		/* a path if port is 0 */
	in_port_t		 port;
	int64_t			 wait_ms;
	uint8_t			 key_secret[SHA256_LEN], mac_secret[SHA256_LEN];
	struct cache_breaker		*breaker;
	struct cache_breaker		 own_breaker;
	bool			 trying;	/* tests the server while the breaker is open */
	int64_t			 started_us;
	struct cache_counts	 counts;
};

/* Two keys from one secret, so that no hash of a key is also a MAC. */
static bool
derive_secrets(struct cache *c, struct str secret)
{
	return crypto_hmac(secret, STR("cache key"), c->key_secret) &&
	    crypto_hmac(secret, STR("cache value"), c->mac_secret);
}

/* "host:port", "[::1]:port" or a path. */
static bool
parse_socket(struct cache *c, const char *socket)
{
	const char	*colon = strrchr(socket, ':');
	char		*end = NULL;
	long		 port;

	if (strchr(socket, '/') != NULL)
		return (c->host = strdup(socket)) != NULL;
	if (colon == NULL || colon == socket)
		return false;
	port = strtol(colon + 1, &end, 10);
	if (*end != '\0' || end == colon + 1 || port < 1 || port > UINT16_MAX)
		return false;
	c->port = (in_port_t)port;
	if (socket[0] == '[' && colon[-1] == ']')
		c->host = strndup(socket + 1, (size_t)(colon - socket) - 2);
	else
		c->host = strndup(socket, (size_t)(colon - socket));
	return c->host != NULL;
}

struct cache *
cache_open(const char *socket, int64_t wait_ms, struct str secret)
{
	struct cache	*c = calloc(1, sizeof(*c));
	bool		 some = socket != NULL && socket[0] != '\0';

	if (c == NULL || !derive_secrets(c, secret)) {
		log_event(LOG_ERROR, "cache", "out of memory");
		free(c);
		return NULL;
	}
	c->wait_ms = wait_ms;
	c->breaker = &c->own_breaker;
	if (some && !parse_socket(c, socket))
		log_event(LOG_ERROR, "cache",
		    "cache_socket is no path and no host:port; memcached is not used: %s", socket);
	return c;
}

static void
disconnect(struct cache *c)
{
	if (c->mc != NULL)
		memcached_free(c->mc);
	c->mc = NULL;
}

void
cache_close(struct cache *c)
{
	if (c == NULL)
		return;
	disconnect(c);
	free(c->host);
	free(c);
}

static bool
set_behavior(memcached_st *mc, uint64_t wait_ms)
{
	const struct {
		memcached_behavior_t	 behavior;
		uint64_t		 value;
	} behaviors[] = {
		{ MEMCACHED_BEHAVIOR_TCP_NODELAY, 1 },
		{ MEMCACHED_BEHAVIOR_CONNECT_TIMEOUT, wait_ms },
		{ MEMCACHED_BEHAVIOR_POLL_TIMEOUT, wait_ms },
		{ MEMCACHED_BEHAVIOR_SND_TIMEOUT, wait_ms * 1000 },
		{ MEMCACHED_BEHAVIOR_RCV_TIMEOUT, wait_ms * 1000 },
	};
	size_t	 i;

	for (i = 0; i < NELEMS(behaviors); i++)
		if (memcached_behavior_set(mc, behaviors[i].behavior,
		    behaviors[i].value) != MEMCACHED_SUCCESS)
			return false;
	return true;
}

static bool
connect_server(struct cache *c)
{
	memcached_return_t	 rc;

	if ((c->mc = memcached_create(NULL)) == NULL)
		return false;
	rc = c->port == 0 ? memcached_server_add_unix_socket(c->mc, c->host) :
	    memcached_server_add(c->mc, c->host, c->port);
	if (rc == MEMCACHED_SUCCESS && set_behavior(c->mc, (uint64_t)c->wait_ms))
		return true;
	disconnect(c);
	return false;
}

void
cache_share_breaker(struct cache *c, struct cache_breaker *b)
{
	c->breaker = b;
}

bool
cache_is_private(const struct cache *c)
{
	return c != NULL && c->host != NULL && c->port == 0;
}

bool
cache_down(const struct cache *c)
{
	int64_t	 until;

	if (c == NULL || c->host == NULL)
		return true;
	until = atomic_load_explicit(&c->breaker->open_until_us, memory_order_relaxed);
	return until != 0 && !c->trying && clock_mono_us() < until;
}

/* Did the call take half of its timeout or more? */
static bool
was_slow(const struct cache *c)
{
	return clock_mono_us() - c->started_us >= c->wait_ms * 1000 / 2;
}

/*
 * A failed connection is not used again: a late answer must not be taken for the
 * answer of the next call.
 */
static void
note_failure(struct cache *c, const char *why)
{
	struct cache_breaker	*b = c->breaker;
	uint32_t	 r = 0;

	disconnect(c);
	c->trying = false;
	c->counts.failures++;
	if (atomic_fetch_add(&b->failures, 1) + 1 < CACHE_MAX_FAILURES && !was_slow(c))
		return;
	if (!crypto_random(&r, sizeof(r)))
		r = 0;
	if (atomic_exchange(&b->open_until_us,
	    clock_mono_us() + PAUSE_US + r % JITTER_US) == 0)
		log_event(LOG_WARN, "cache", "memcached is not used for a while: %s", why);
}

static void
note_success(struct cache *c)
{
	c->trying = false;
	if (atomic_load_explicit(&c->breaker->failures, memory_order_relaxed) != 0)
		atomic_store(&c->breaker->failures, 0);
	if (atomic_load_explicit(&c->breaker->open_until_us, memory_order_relaxed) != 0 &&
	    atomic_exchange(&c->breaker->open_until_us, 0) != 0)
		log_event(LOG_INFO, "cache", "memcached answers again");
}

/* An answer of the server, even a refusal, means that it works. */
static bool
is_answer(memcached_return_t rc)
{
	switch (rc) {
	case MEMCACHED_SUCCESS:
	case MEMCACHED_STORED:
	case MEMCACHED_NOTSTORED:
	case MEMCACHED_NOTFOUND:
	case MEMCACHED_E2BIG:
	case MEMCACHED_SERVER_ERROR:
	case MEMCACHED_SERVER_MEMORY_ALLOCATION_FAILURE:
		return true;
	default:
		return false;
	}
}

static void
note_result(struct cache *c, memcached_return_t rc)
{
	if (is_answer(rc))
		note_success(c);
	else
		note_failure(c, memcached_strerror(c->mc, rc));
}

/* After the pause one caller tries the server; the others go on without it. */
static bool
may_try(struct cache *c)
{
	int64_t	 until = atomic_load(&c->breaker->open_until_us);

	if (until == 0 || c->trying)
		return true;
	if (clock_mono_us() < until)
		return false;
	c->trying = atomic_compare_exchange_strong(&c->breaker->open_until_us,
	    &until, clock_mono_us() + PAUSE_US);
	return c->trying;
}

static bool
is_ready(struct cache *c)
{
	if (cache_down(c) || !may_try(c))
		return false;
	c->started_us = clock_mono_us();
	if (c->mc != NULL || connect_server(c))
		return true;
	note_failure(c, "cannot create a client");
	return false;
}

static bool
hash_key(const struct cache *c, struct str key, char hex[2 * KEY_BYTES + 1])
{
	static const char	 digits[] = "0123456789abcdef";
	uint8_t			 h[SHA256_LEN];
	size_t			 i;

	if (!crypto_hmac((struct str){ (const char *)c->key_secret, SHA256_LEN }, key, h))
		return false;
	for (i = 0; i < KEY_BYTES; i++) {
		hex[2 * i] = digits[h[i] >> 4];
		hex[2 * i + 1] = digits[h[i] & 15];
	}
	hex[2 * KEY_BYTES] = '\0';
	return true;
}

/*
 * A block: room for the MAC, length of the key, key, payload.  Returns its second
 * part, which is what the MAC covers; `*at` is the start of the payload.
 */
static char *
make_block(struct arena *a, struct str key, struct str payload, char **at)
{
	uint64_t	 len = key.n;
	char		*p = arena_alloc(a, MAC_LEN + LEN_BYTES + key.n + payload.n + 1);

	if (p == NULL)
		return NULL;
	memcpy(p + MAC_LEN, &len, LEN_BYTES);
	if (key.n != 0)
		memcpy(p + MAC_LEN + LEN_BYTES, key.p, key.n);
	*at = p + MAC_LEN + LEN_BYTES + key.n;
	if (payload.n != 0)
		memcpy(*at, payload.p, payload.n);
	(*at)[payload.n] = '\0';
	return p + MAC_LEN;
}

static bool
sign(const struct cache *c, const char *from, const char *end, uint8_t out[SHA256_LEN])
{
	return crypto_hmac((struct str){ (const char *)c->mac_secret, SHA256_LEN },
	    (struct str){ from, (size_t)(end - from) }, out);
}

static bool
verify(const struct cache *c, struct arena *a, struct str key, struct str got,
    struct str *value)
{
	struct str	 payload = str_from(got, MAC_LEN);
	uint8_t		 mac[SHA256_LEN];
	char		*from, *at;

	if (payload.p == NULL ||
	    (from = make_block(a, key, payload, &at)) == NULL ||
	    !sign(c, from, at + payload.n, mac) ||
	    !crypto_equal(mac, got.p, MAC_LEN))
		return false;
	*value = (struct str){ at, payload.n };
	return true;
}

static bool
get_value(struct cache *c, struct arena *a, struct str key, struct str *value)
{
	char			 hex[2 * KEY_BYTES + 1];
	memcached_return_t	 rc;
	uint32_t		 flags;
	size_t			 n = 0;
	char			*got;
	bool			 ok;

	if (!is_ready(c) || !hash_key(c, key, hex))
		return false;
	got = memcached_get(c->mc, hex, 2 * KEY_BYTES, &n, &flags, &rc);
	note_result(c, rc);
	ok = got != NULL && verify(c, a, key, (struct str){ got, n }, value);
	free(got);
	return ok;
}

bool
cache_get(struct cache *c, struct arena *a, struct str key, struct str *value)
{
	int64_t	 start = clock_mono_us();
	bool	 hit;

	*value = (struct str){ NULL, 0 };
	if (c == NULL)
		return false;
	hit = get_value(c, a, key, value);
	if (hit)
		c->counts.hits++;
	else
		c->counts.misses++;
	c->counts.us += clock_mono_us() - start;
	return hit;
}

static void
set_value(struct cache *c, struct arena *a, struct str key, struct str value, int64_t ttl)
{
	char		 hex[2 * KEY_BYTES + 1];
	uint8_t		 mac[SHA256_LEN];
	char		*from, *at;

	if (!is_ready(c) || !hash_key(c, key, hex) ||
	    (from = make_block(a, key, value, &at)) == NULL ||
	    !sign(c, from, at + value.n, mac))
		return;
	/* The value that is sent is the MAC followed by the payload. */
	at -= MAC_LEN;
	memcpy(at, mac, MAC_LEN);
	note_result(c, memcached_set(c->mc, hex, 2 * KEY_BYTES, at, MAC_LEN + value.n,
	    (time_t)(ttl > MAX_TTL ? MAX_TTL : ttl), 0));
}

void
cache_set(struct cache *c, struct arena *a, struct str key, struct str value,
    int64_t ttl_seconds)
{
	int64_t	 start = clock_mono_us();

	if (c == NULL || ttl_seconds <= 0 || value.n > CACHE_MAX_VALUE)
		return;
	set_value(c, a, key, value, ttl_seconds);
	c->counts.us += clock_mono_us() - start;
}

void
cache_counts_reset(struct cache *c)
{
	if (c != NULL)
		c->counts = (struct cache_counts){ 0 };
}

struct cache_counts
cache_counts(const struct cache *c)
{
	return c == NULL ? (struct cache_counts){ 0 } : c->counts;
}
