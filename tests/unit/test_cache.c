#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "cache/cache.h"
#include "base/clock.h"
#include "test.h"

/*
 * Without a server everything is a miss, and quick.  With a real one:
 * tests/db/test_cache_live.c.
 */
#define ASKED		50
#define WAIT_MS		20
#define PAUSE_US	1000000		/* the least of a breaker */

static char	 dir[64], path[80];

static int
silent_server(void)
{
	struct sockaddr_un	 a = { .sun_family = AF_UNIX };
	int			 fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(dir, sizeof(dir), "/tmp/test_cache.XXXXXX");
	if (mkdtemp(dir) == NULL)
		exit(2);
	snprintf(path, sizeof(path), "%s/s", dir);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 || listen(fd, 64) != 0)
		exit(2);
	return fd;
}

static void
test_absent(void)
{
	static const struct {
		const char	*label, *socket;
		bool		 down;		/* at once, without asking */
		uint64_t	 most_faults;
	} cases[] = {
		{ "no cache", NULL, true, 0 },
		{ "no cache, as empty text", "", true, 0 },
		{ "nothing there", "/nonexistent/cache.sock", false, CACHE_MAX_FAILURES },
		{ "no port", "localhost", true, 0 },
		{ "no host", ":11211", true, 0 },
		{ "a port that is none", "localhost:99999", true, 0 },
		{ "a port with a tail", "localhost:11211x", true, 0 },
		{ "a port where nobody listens", "127.0.0.1:1", false, CACHE_MAX_FAILURES },
		{ "the same, IPv6", "[::1]:1", false, CACHE_MAX_FAILURES },
		{ "a server that is hung costs its time once", path, false, 1 },
	};
	struct arena		 a;
	struct cache		*c;
	struct str		 got;
	struct cache_counts	 n;
	int64_t			 start;
	uint64_t		 pauses;	/* that were over meanwhile */
	size_t			 i, k;
	int			 fd = silent_server();

	if (!arena_init(&a, (size_t)1 << 20))
		exit(2);
	for (i = 0; i < NELEMS(cases); i++) {
		c = cache_open(cases[i].socket, WAIT_MS, STR("secret"));
		CHECK_INT(cases[i].label, cache_down(c), cases[i].down);
		start = clock_mono_us();
		for (k = 0; k < ASKED; k++) {
			CHECK(cases[i].label, !cache_get(c, &a, STR("k"), &got));
			CHECK_STR(cases[i].label, got, NULL);
			cache_set(c, &a, STR("k"), STR("v"), 60);
		}
		pauses = (uint64_t)(clock_mono_us() - start) / PAUSE_US;
		CHECK("down in the end", cache_down(c) || pauses > 0);
		n = cache_counts(c);
		CHECK_INT("no hits", n.hits, 0);
		CHECK_INT("misses", n.misses, ASKED);
		/* A refusal that takes long on a busy machine counts as a hung server. */
		CHECK(cases[i].label, n.failures >= (cases[i].most_faults > 0) &&
		    n.failures <= cases[i].most_faults + pauses);
		cache_counts_reset(c);
		CHECK_INT("forgotten", cache_counts(c).misses, 0);
		cache_close(c);
	}
	close(fd);
	unlink(path);
	rmdir(dir);
	arena_free(&a);
}

/* After the pause it asks again, once. */
static void
test_breaker(void)
{
	struct arena	 a;
	struct cache	*c = cache_open("/nonexistent/cache.sock", WAIT_MS, STR("secret"));
	struct str	 got;
	int		 i;

	if (!arena_init(&a, (size_t)1 << 20))
		exit(2);
	for (i = 0; i < CACHE_MAX_FAILURES; i++) {
		CHECK("closed", !cache_down(c));
		CHECK("a miss", !cache_get(c, &a, STR("k"), &got));
	}
	CHECK("open", cache_down(c));
	usleep(1300000);
	CHECK("closed again", !cache_down(c));
	CHECK("a miss", !cache_get(c, &a, STR("k"), &got));
	CHECK("one fault opens it", cache_down(c));
	CHECK_INT("faults", cache_counts(c).failures, CACHE_MAX_FAILURES + 1);
	cache_close(c);
	arena_free(&a);
}

/* What one thread found out, the others know; after the pause one tries. */
static void
test_shared(void)
{
	struct cache_breaker	 b = { 0, 0 };
	struct cache	*one = cache_open("/nonexistent/cache.sock", WAIT_MS, STR("secret"));
	struct cache	*two = cache_open("/nonexistent/cache.sock", WAIT_MS, STR("secret"));
	struct arena	 a;
	struct str	 got;
	int		 i;

	if (!arena_init(&a, (size_t)1 << 20))
		exit(2);
	cache_share_breaker(one, &b);
	cache_share_breaker(two, &b);
	for (i = 0; i < CACHE_MAX_FAILURES; i++)
		CHECK("a miss", !cache_get(i % 2 ? one : two, &a, STR("k"), &got));
	CHECK("open for both", cache_down(one) && cache_down(two));
	usleep(1300000);
	CHECK("over for both", !cache_down(one) && !cache_down(two));
	CHECK("one tries", !cache_get(one, &a, STR("k"), &got));
	CHECK("the other does not", cache_down(two));
	CHECK_INT("faults", cache_counts(one).failures + cache_counts(two).failures,
	    CACHE_MAX_FAILURES + 1);
	cache_close(one);
	cache_close(two);
	arena_free(&a);
}

static void
test_none(void)
{
	struct arena	 a;
	struct str	 got = STR("x");

	if (!arena_init(&a, (size_t)1 << 20))
		exit(2);
	CHECK("a miss", !cache_get(NULL, &a, STR("k"), &got));
	CHECK_STR("nothing", got, NULL);
	cache_set(NULL, &a, STR("k"), STR("v"), 60);
	CHECK("down", cache_down(NULL));
	CHECK_INT("counts", cache_counts(NULL).misses, 0);
	cache_close(NULL);
	arena_free(&a);
}

TESTS(cache,
    { "a server that is not there, or hung", test_absent },
    { "the breaker closes after a while", test_breaker },
    { "threads share one", test_shared },
    { "no cache at all", test_none })
