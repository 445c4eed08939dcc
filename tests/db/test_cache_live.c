#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "cache/cache.h"
#include "test.h"

/* Against the memcached of TEST_CACHE_SOCKET, a path. */

#define WAIT_MS	5000	/* it is there, however busy the machine */

static const char	*sock;
static struct arena	 arena;
static char		 prefix[32];	/* keys of this run */

static void
start(void)
{
	sock = getenv("TEST_CACHE_SOCKET");
	if (sock == NULL || sock[0] == '\0') {
		fprintf(stderr, "cache_live: TEST_CACHE_SOCKET is not set\n");
		exit(2);
	}
	snprintf(prefix, sizeof(prefix), "test %ld/", (long)getpid());
	if (!arena_init(&arena, (size_t)16 << 20))
		exit(2);
}

static struct str
key_of(const char *name)
{
	return str_of(arena_fmt(&arena, "%s%s", prefix, name));
}

static struct str
filled(size_t n)
{
	char	*p = arena_alloc(&arena, n + 1);
	size_t	 i;

	for (i = 0; p != NULL && i < n; i++)
		p[i] = (char)(i * 7);
	return (struct str){ p, n };
}

static void
test_round_trip(void)
{
	static const struct {
		const char	*label, *key;
		size_t		 size;
		int64_t		 ttl;
		bool		 kept;
	} cases[] = {
		{ "small", "a", 5, 60, true },
		{ "empty", "b", 0, 60, true },
		{ "the empty key", "", 3, 60, true },
		{ "a key with spaces, newlines and letters", "x y\r\nget z \303\244", 3, 60, true },
		{ "large", "large", 300000, 60, true },
		{ "the largest", "largest", CACHE_MAX_VALUE, 60, true },
		{ "one more byte", "larger", CACHE_MAX_VALUE + 1, 60, false },
		{ "longer than 30 days", "long", 3, 86400 * 365, true },
		{ "no time to live", "dead", 3, 0, false },
		{ "less than none", "deader", 3, -1, false },
	};
	struct cache	*c;
	struct str	 got, v;
	size_t		 i;

	start();
	c = cache_open(sock, WAIT_MS, STR("secret"));
	for (i = 0; i < NELEMS(cases); i++) {
		arena_reset(&arena);
		v = filled(cases[i].size);
		CHECK("not there yet", !cache_get(c, &arena, key_of(cases[i].key), &got));
		cache_set(c, &arena, key_of(cases[i].key), v, cases[i].ttl);
		CHECK_INT(cases[i].label, cache_get(c, &arena, key_of(cases[i].key), &got),
		    cases[i].kept);
		CHECK(cases[i].label, !cases[i].kept || str_eq(got, v));
	}
	CHECK("still up", !cache_down(c));
	CHECK_INT("no faults", cache_counts(c).failures, 0);
	CHECK_INT("hits", cache_counts(c).hits, 7);
	CHECK_INT("misses", cache_counts(c).misses, NELEMS(cases) + 3);
	cache_close(c);
	arena_free(&arena);
}

static void
test_expires(void)
{
	struct cache	*c;
	struct str	 got;

	start();
	c = cache_open(sock, WAIT_MS, STR("secret"));
	cache_set(c, &arena, key_of("brief"), STR("v"), 1);
	CHECK("at once", cache_get(c, &arena, key_of("brief"), &got));
	sleep(3);
	CHECK("later", !cache_get(c, &arena, key_of("brief"), &got));
	cache_close(c);
	arena_free(&arena);
}

static bool
complete(const char *answer, size_t n)
{
	static const char	*const ends[] = { "END\r\n", "STORED\r\n" };
	size_t			 i;

	for (i = 0; i < NELEMS(ends); i++)
		if (str_ends((struct str){ answer, n }, str_of(ends[i])))
			return true;
	return false;
}

/* A plain client of the text protocol, as a neighbour would use. */
static void
neighbour(const char *ask, size_t n, char *answer, size_t size)
{
	struct sockaddr_un	 a = { .sun_family = AF_UNIX };
	int			 fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t			 got = 0;
	ssize_t			 r = 1;

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", sock);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    write(fd, ask, n) != (ssize_t)n)
		exit(2);
	while (r > 0 && !complete(answer, got)) {
		r = read(fd, answer + got, size - 1 - got);
		got += r > 0 ? (size_t)r : 0;
	}
	answer[got] = '\0';
	close(fd);
}

static char	 before[1 << 20], after[1 << 20];

static void
list(char *all, size_t size)
{
	neighbour("lru_crawler metadump all\r\n", 26, all, size);
}

/* The item that is in the second list alone. */
static bool
find_entry(char name[64])
{
	const char	*p = after;
	char		 line[64];

	while ((p = strstr(p, "key=")) != NULL) {
		snprintf(line, sizeof(line), "%.*s", (int)strcspn(p, " "), p);
		if (strstr(before, line) == NULL) {
			snprintf(name, 64, "%s", line + strlen("key="));
			return true;
		}
		p++;
	}
	return false;
}

#define SIZE	1237	/* of the payload */

static void
test_forged(void)
{
	static const struct {
		const char	*label;
		size_t		 at, n;		/* flip byte `at` of the first `n` */
		bool		 flip, good;
	} cases[] = {
		{ "put back as it was", 0, SIZE + 16, false, true },
		{ "the MAC changed", 3, SIZE + 16, true, false },
		{ "the payload changed", 16, SIZE + 16, true, false },
		{ "the last byte changed", SIZE + 15, SIZE + 16, true, false },
		{ "cut short", 0, SIZE + 15, false, false },
		{ "the MAC alone", 0, 16, false, false },
		{ "less than a MAC", 0, 15, false, false },
		{ "nothing", 0, 0, false, false },
	};
	char		 name[64] = "", put[SIZE + 200], answer[SIZE + 200], *value;
	struct cache	*c;
	struct str	 got;
	size_t		 i;
	int		 n;

	start();
	c = cache_open(sock, WAIT_MS, STR("secret"));
	list(before, sizeof(before));
	cache_set(c, &arena, key_of("forged"), filled(SIZE), 60);
	list(after, sizeof(after));
	CHECK("the entry is found", find_entry(name));
	CHECK("under a hash", strlen(name) == 40 && strspn(name, "0123456789abcdef") == 40);
	n = snprintf(put, sizeof(put), "get %s\r\n", name);
	neighbour(put, (size_t)n, answer, sizeof(answer));
	if ((value = strchr(answer, '\n')) == NULL)
		exit(2);
	value++;
	for (i = 0; i < NELEMS(cases); i++) {
		n = snprintf(put, sizeof(put), "set %s 0 60 %zu\r\n", name, cases[i].n);
		memcpy(put + n, value, cases[i].n);
		put[(size_t)n + cases[i].at] ^= (char)cases[i].flip;
		memcpy(put + n + cases[i].n, "\r\n", 2);
		neighbour(put, (size_t)n + cases[i].n + 2, (char[64]){ 0 }, 64);
		CHECK_INT(cases[i].label, cache_get(c, &arena, key_of("forged"), &got),
		    cases[i].good);
	}
	CHECK_INT("none of them a fault", cache_counts(c).failures, 0);
	cache_close(c);
	arena_free(&arena);
}

static void
test_secrets(void)
{
	struct cache	*one, *two;
	struct str	 got;

	start();
	one = cache_open(sock, WAIT_MS, STR("one"));
	two = cache_open(sock, WAIT_MS, STR("two"));
	cache_set(one, &arena, key_of("s"), STR("v"), 60);
	CHECK("with its secret", cache_get(one, &arena, key_of("s"), &got));
	CHECK("with another", !cache_get(two, &arena, key_of("s"), &got));
	cache_close(one);
	cache_close(two);
	arena_free(&arena);
}

TESTS(cache_live,
    { "what is set can be got", test_round_trip },
    { "for as long as it lives", test_expires },
    { "a neighbour's hand is seen", test_forged },
    { "another secret is another cache", test_secrets })
