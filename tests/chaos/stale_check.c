/* stale_check - what a write leaves cached; memcached hung, or tampered with. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "stale.h"

#define WRITES		100
#define SLOW_US		170000	/* an answer that waited for cache_wait_ms, 200 here */
#define HUNG_US		3000000
/* One of a hundred may be slow for other reasons. */
#define BREAKER_US	1000000	/* least time between two such waits in a process */

/* Everything that is asked for more than once below, into every L1 there may
 * be: workers take connections as they like. */
static void
warm(struct http *h, const char *const *paths, size_t n)
{
	for (int round = 0; round < 12; round++)
		for (size_t i = 0; i < n; i++)
			(void)path_read(h, paths[i]);
}

static bool
say(const char *what, const char *figures, bool ok)
{
	printf("  %s: %s\n", what, figures);
	if (!ok)
		printf("FAIL: %s: %s\n", what, figures);
	fflush(stdout);
	return ok;
}

/* Writes to products; answers that read categories alone stay. */
static bool
other_table(struct http *h)
{
	static const char	*const paths[] = { "/v1/categories?limit=20",
		"/v1/categories?limit=20&sort=-updated_at", "/v1/categories?limit=3" };
	struct ratio		 before, after;
	char			 text[128];
	size_t			 bad = 0;

	warm(h, paths, 3);
	if (!ratio_now(h, "/v1/categories", &before))
		return say("another table", "no figures", false);
	for (size_t i = 0; i < WRITES; i++) {
		bad += row_write(h, i % PRODUCTS) != 200;
		bad += path_read(h, paths[i % 3]) != 200;
	}
	if (!ratio_now(h, "/v1/categories", &after))
		return say("another table", "no figures", false);
	snprintf(text, sizeof(text), "hits %.3f of %d reads of categories between %d "
	    "writes of products, %zu not 200", ratio_since(&before, &after), WRITES,
	    WRITES, bad);
	return say("writing another table", text, bad == 0 &&
	    after.all - before.all == WRITES && after.hits - before.hits == WRITES);
}

/* Writes to one row; the answers of the other rows stay. */
static bool
other_rows(struct http *h)
{
	char		 path[PRODUCTS][96], text[128];
	const char	*paths[PRODUCTS];
	struct ratio	 before, after;
	size_t		 bad = 0, reads = 0;

	for (size_t i = 0; i < PRODUCTS; i++) {
		row_path(i, path[i]);
		paths[i] = path[i];
	}
	warm(h, paths, PRODUCTS);
	if (!ratio_now(h, "/v1/products/{id}", &before))
		return say("other rows", "no figures", false);
	for (size_t i = 0; i < PRODUCTS; i++) {
		bad += row_write(h, 42) != 200;
		if (i == 42)
			continue;
		bad += path_read(h, path[i]) != 200;
		reads++;
	}
	if (!ratio_now(h, "/v1/products/{id}", &after))
		return say("other rows", "no figures", false);
	snprintf(text, sizeof(text), "%zu hits of %zu reads of other rows, %zu not 200",
	    (size_t)(after.hits - before.hits), reads, bad);
	return say("writing row 42", text, bad == 0 && after.hits - before.hits == reads);
}

bool
check_isolation(struct http *h)
{
	bool	 table = other_table(h), rows = other_rows(h);

	return table && rows;
}

/* Answers that nobody has asked for before, so that every cache is asked. */
static int64_t
new_answer(struct http *h, unsigned n, int *status)
{
	char		 path[96];
	struct answer	 a;

	snprintf(path, sizeof(path), "/v1/categories?limit=%u&slug=hung-%llx-%u",
	    1 + n % 5, (unsigned long long)now_us(), n);
	a = http_ask(h, "GET", path, NULL, NULL);
	*status = a.status;
	return a.us;
}

bool
check_hung(struct http *h)
{
	size_t		 slow = 0, bad = 0, n = 0;
	size_t		 processes = hand_count(WORKERS);
	size_t		 most = processes * (HUNG_US / BREAKER_US + 1);
	int64_t		 until, us, worst = 0;
	int		 status;
	char		 text[160];

	if (!store_signal(STORE_CACHE, SIGSTOP))
		return say("memcached hung", "it can not be stopped", false);
	for (until = now_us() + HUNG_US; now_us() < until; n++) {
		us = new_answer(h, (unsigned)n, &status);
		slow += us > SLOW_US;
		worst = us > worst ? us : worst;
		bad += status != 200;
	}
	(void)store_signal(STORE_CACHE, SIGCONT);
	snprintf(text, sizeof(text), "%zu of %zu answers waited (at most %zu may: %zu "
	    "processes, %d s), the longest %.1f ms, %zu not 200", slow, n, most,
	    processes, HUNG_US / 1000000, (double)worst / 1000, bad);
	pause_ms(1500);
	return say("memcached hung", text, bad == 0 && slow <= most + n / 100 && n > 100);
}

/* Every row once, each as new as anybody knows. */
static size_t
read_all(struct http *h)
{
	char	 path[96];
	size_t	 bad = 0;

	for (size_t i = 0; i < ROWS; i++) {
		row_path(i, path);
		bad += path_read(h, path) != 200;
	}
	bad += path_read(h, "/v1/products?limit=20") != 200;
	return bad + (path_read(h, "/v1/categories?limit=20") != 200);
}

bool
check_neighbour(struct http *h)
{
	static const char	*const names[MC_TAMPERS] = {
		[MC_BACK] = "old entries put back", [MC_SWAP] = "entries swapped",
		[MC_RUBBISH] = "rubbish", [MC_SHORT] = "entries cut short",
		[MC_EMPTY] = "nothing" };
	bool			 ok = true;
	char			 text[128];

	for (enum tamper how = 0; how < MC_TAMPERS; how++) {
		uint64_t		 stale = atomic_load(&all->stale_acked) +
					    atomic_load(&all->stale_seen);
		size_t			 bad = read_all(h), put;
		struct mc_entries	*e = mc_save();

		for (size_t i = 0; i < ROWS; i++)
			bad += row_write(h, i) != 200;
		bad += read_all(h);
		put = mc_put(e, how);
		bad += read_all(h) + read_all(h);
		stale = atomic_load(&all->stale_acked) +
		    atomic_load(&all->stale_seen) - stale;
		snprintf(text, sizeof(text), "%zu of %zu put, %zu not 200, %llu stale",
		    put, mc_count(e), bad, (unsigned long long)stale);
		ok &= say(names[how], text, bad == 0 && stale == 0 && put > ROWS);
		mc_forget(e);
	}
	return ok;
}
