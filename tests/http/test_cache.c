/*
 * cache: what memcached does, or has done to it, never shows in an answer.
 * Only the figures tell whether it was asked.
 */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "cached.h"
#include "shop.h"

static const char *const	 results[] = { "hit", "miss", "fill", "bypass" };

/* Requests of one route so far, by how the cache served them. */
struct figures {
	const char	*route;
	long		 n[NELEMS(results)];
};

static void
look(const struct reply *r, void *arg)
{
	struct figures	*f = arg;
	char		 line[160];

	for (size_t i = 0; i < NELEMS(results); i++) {
		const char	*at;

		snprintf(line, sizeof(line), "api_cache_requests_total{service=\"shop\","
		    "route=\"%s\",result=\"%s\"} ", f->route, results[i]);
		at = memmem(r->body.p, r->body.n, line, strlen(line));
		f->n[i] = at == NULL ? 0 : atol(at + strlen(line));
	}
}

static struct figures
figures(const char *route)
{
	struct figures	 f = { .route = route };

	ask_aside("/metrics", BEARER, look, &f);
	return f;
}

/* GET, and how it was served. */
static const char *
served(const char *path, const char *headers, struct reply *r)
{
	const char	*route = strstr(path, PRODUCTS "/") != NULL ? PRODUCTS "/{id}" :
			    strstr(path, PRODUCTS) != NULL ? PRODUCTS :
			    strstr(path, CATEGORIES "/") != NULL ? CATEGORIES "/{id}" :
			    CATEGORIES;
	const struct figures	 before = figures(route);

	*r = ask_get(path, headers);
	for (int tries = 0; tries < 3000; tries++) {
		const struct figures	 after = figures(route);

		for (size_t i = 0; i < NELEMS(results); i++)
			if (after.n[i] != before.n[i])
				return results[i];
		nap(10);
	}
	return "not counted";
}

/* Until the breakers of all threads have closed again, and one answer is kept. */
static void
await_hits(const char *path)
{
	struct reply	 r;
	int		 in_a_row = 0;

	for (int tries = 0; tries < 2000 && in_a_row < 16; tries++) {
		in_a_row = strcmp(served(path, NULL, &r), "hit") == 0 ? in_a_row + 1 : 0;
		if (in_a_row == 0)
			nap(20);
	}
	CHECK("memcached is asked again", in_a_row == 16);
}

static void
begin(void)
{
	shop_clear();
	(void)make("shelf", CATEGORIES, "c1", "{'name':'One','slug':'" MINE "one'}");
	(void)make("product", PRODUCTS, "p", "{'sku':'" MINE "p','name':'v0'," EUR(1)
	    ",'category_ids':['{c1}']}");
	(void)make("product", PRODUCTS, "q", "{'sku':'" MINE "q','name':'q'," EUR(1) "}");
	await_hits(PRODUCTS "/{q}");
}

#define P	PRODUCTS "/{p}"
#define Q	PRODUCTS "/{q}"
#define LIST	PRODUCTS "?sku=" MINE "p"
#define WITH	P "?expand=categories"
#define SHELVES	CATEGORIES "?slug=" MINE "one"

/*
 * Each row is one request after those before; `now` is how it is served, NULL
 * for a write, which is a patch of `path` with `what`.
 */
static const struct {
	const char	*label, *path, *what, *now, *member, *value;
} steps[] = {
	{ "a row", P, NULL, "fill", "name", "v0" },
	{ "again", P, NULL, "hit", "name", "v0" },
	{ "a list", LIST, NULL, "fill", "items.0.name", "v0" },
	{ "again", LIST, NULL, "hit", "items.0.name", "v0" },
	{ "another query is another answer", LIST "&limit=5", NULL, "fill", NULL, NULL },
	{ "expanded", WITH, NULL, "fill", "categories.0.name", "One" },
	{ "again", WITH, NULL, "hit", "categories.0.name", "One" },
	{ "shelves", SHELVES, NULL, "fill", "items.0.name", "One" },
	{ "again", SHELVES, NULL, "hit", "items.0.name", "One" },
	{ "another row", Q, NULL, "hit", "name", "q" },
	{ "a write of the row", P, "{'name':'v1'}", NULL, "name", "v1" },
	{ "the row is stale", P, NULL, "fill", "name", "v1" },
	{ "once", P, NULL, "hit", "name", "v1" },
	{ "the list is stale", LIST, NULL, "fill", "items.0.name", "v1" },
	{ "once", LIST, NULL, "hit", "items.0.name", "v1" },
	{ "the expanded one is stale", WITH, NULL, "fill", "name", "v1" },
	{ "the other row is not", Q, NULL, "hit", "name", "q" },
	{ "nor are the shelves", SHELVES, NULL, "hit", "items.0.name", "One" },
	{ "a write of the shelf", CATEGORIES "/{c1}", "{'name':'Eins'}", NULL, "name",
	  "Eins" },
	{ "the shelves are stale", SHELVES, NULL, "fill", "items.0.name", "Eins" },
	{ "the row is not", P, NULL, "hit", "name", "v1" },
	{ "nor is the list", LIST, NULL, "hit", "items.0.name", "v1" },
	{ "what shows the shelf is", WITH, NULL, "fill", "categories.0.name", "Eins" },
	{ "a write that changes nothing", P, "{'name':'v1'}", NULL, "name", "v1" },
	{ "the row is right", P, NULL, NULL, "name", "v1" },
};

static void
test_steps(void)
{
	struct reply	 r;
	const char	*how;

	begin();
	for (size_t i = 0; i < NELEMS(steps); i++) {
		if (steps[i].what != NULL) {
			r = ask_with("PATCH", steps[i].path, PATCHED, steps[i].what);
		} else {
			how = served(steps[i].path, NULL, &r);
			if (steps[i].now != NULL)
				CHECK_TEXT(steps[i].label, how, steps[i].now);
		}
		CHECK_INT(steps[i].label, r.status, 200);
		if (steps[i].member != NULL)
			check_members(steps[i].label, &r,
			    MEMBERS({ steps[i].member, steps[i].value }));
	}
	shop_end();
}

static void
test_kept(void)
{
	struct reply	 first, r;

	begin();
	CHECK_TEXT("filled", served(P, NULL, &first), "fill");
	CHECK_TEXT("kept", served(P, NULL, &r), "hit");
	CHECK("the same bytes", str_eq(first.body, r.body));
	CHECK_TEXT("the same ETag", reply_header(&r, "ETag"), reply_header(&first, "ETag"));
	CHECK_TEXT("and time", reply_header(&r, "Last-Modified"),
	    reply_header(&first, "Last-Modified"));
	CHECK_TEXT("and rules", reply_header(&r, "Cache-Control"), "public, no-cache");
	let("etag", reply_header(&first, "ETag"));
	CHECK_TEXT("unchanged", served(P, "If-None-Match: {etag}\n", &r), "hit");
	CHECK_INT("unchanged", r.status, 304);
	CHECK_INT("no body", r.body.n, 0);
	CHECK_TEXT("a writer's view", served(P, BEARER, &r), "fill");
	CHECK_TEXT("is its own", reply_header(&r, "Cache-Control"), "private, no-cache");
	CHECK_TEXT("the public one", served(P, NULL, &r), "hit");
	CHECK_TEXT("stays so", reply_header(&r, "Cache-Control"), "public, no-cache");
	(void)served(PRODUCTS "?limit=2", NULL, &first);
	CHECK_TEXT("a page", served(PRODUCTS "?limit=2", NULL, &r), "hit");
	CHECK_TEXT("with its link", reply_header(&r, "Link"), reply_header(&first, "Link"));
	CHECK_TEXT("nobody", served(NOBODY, NULL, &r), "miss");
	CHECK_TEXT("is not kept", served(NOBODY, NULL, &r), "miss");
	CHECK_INT("nobody", r.status, 404);
	shop_end();
}

/* Write v<i> to the product, and read it back by every way there is. */
static void
check_truth(const char *label, int i)
{
	char		 patch[64], value[32];
	struct reply	 r;

	snprintf(value, sizeof(value), "v%d", i);
	snprintf(patch, sizeof(patch), "{'name':'%s'}", value);
	r = ask_with("PATCH", P, PATCHED, patch);
	CHECK_INT(label, r.status, 200);
	for (int j = 0; j < 6; j++) {
		r = ask_get(P, NULL);
		CHECK_INT(label, r.status, 200);
		check_members(label, &r, MEMBERS({ "name", value }));
		r = ask_get(LIST, NULL);
		check_members(label, &r, MEMBERS({ "items.0.name", value }));
	}
	r = ask_with("PATCH", CATEGORIES "/{c1}", PATCHED, patch);
	CHECK_INT(label, r.status, 200);
	r = ask_get(WITH, NULL);
	check_members(label, &r, MEMBERS({ "categories.0.name", value }));
	r = ask_get(SHELVES, NULL);
	check_members(label, &r, MEMBERS({ "items.0.name", value }));
	CHECK_INT(label, get_status(Q), 200);
	CHECK_INT(label, get_status(NOBODY), 404);
}

static void
test_killed(void)
{
	begin();
	check_truth("before", 1);
	memcached_signal(SIGKILL);
	check_truth("killed", 2);
	(void)unlink(getenv("TEST_CACHE_SOCKET"));
	for (int i = 3; i < 6; i++)
		check_truth("absent", i);
	memcached_start();
	for (int i = 6; i < 9; i++)
		check_truth("there again", i);
	await_hits(Q);
	memcached_signal(SIGKILL);
	memcached_start();
	check_truth("restarted, empty", 9);
	await_hits(Q);
	shop_end();
}

/* The tests' own is patient, so that a busy machine is not taken for this. */
static void
impatient(bool on)
{
	CHECK("memcached is waited for", option("cache_wait_ms", on ? "20" : NULL));
}

static void
test_hung(void)
{
	begin();
	impatient(true);
	check_truth("before", 1);
	memcached_signal(SIGSTOP);
	for (int i = 2; i < 8; i++)
		check_truth("hung", i);
	nap(1500);
	check_truth("hung, asked once more", 8);
	memcached_signal(SIGCONT);
	for (int i = 9; i < 14; i++)
		check_truth("goes on: late answers are not taken", i);
	impatient(false);
	await_hits(Q);
	check_truth("at ease", 14);
	shop_end();
}

#define KEYS	64
#define VALUE	(64 << 10)

struct entry {
	char	 key[64];
	char	*value;
	size_t	 n;
};

static struct entry	 entries[KEYS];
static size_t		 nentries;

static void
read_value(int fd, struct entry *e)
{
	char	 ask_for[80], *at;
	char	*got = malloc(VALUE);
	size_t	 n;

	e->n = 0;
	e->value = got;
	if (got == NULL)
		return;
	n = (size_t)snprintf(ask_for, sizeof(ask_for), "get %s\r\n", e->key);
	(void)memcached_ask(fd, ask_for, n, "END\r\n", got, VALUE);
	if ((at = strstr(got, "\r\n")) == NULL ||
	    sscanf(got, "VALUE %*s %*u %zu", &e->n) != 1)
		return;
	memmove(got, at + 2, e->n);
}

static void
read_entries(int fd)
{
	static char	 dump[64 << 10];
	char		*at = dump;

	nentries = 0;
	(void)memcached_ask(fd, "lru_crawler metadump all\r\n", 26, "END\r\n", dump,
	    sizeof(dump));
	for (; nentries < KEYS && (at = strstr(at, "key=")) != NULL; at++)
		if (sscanf(at, "key=%63s", entries[nentries].key) == 1)
			nentries++;
	for (size_t i = 0; i < nentries; i++)
		read_value(fd, &entries[i]);
}

static void
put_value(int fd, const char *key, const char *value, size_t n)
{
	char	 head[128], answer[64];
	int	 len = snprintf(head, sizeof(head), "set %s 0 60 %zu\r\n", key, n);

	CHECK("sent", write(fd, head, (size_t)len) == len && (n == 0 ||
	    write(fd, value, n) == (ssize_t)n));
	(void)memcached_ask(fd, "\r\n", 2, "\r\n", answer, sizeof(answer));
	CHECK_TEXT("stored", answer, "STORED\r\n");
}

/* What is done to an entry; false: it stays as it is. */
enum rubbish { EMPTY, SHORT, NOISE, CUT, LONGER, FIRST_BIT, MIDDLE_BIT, LAST_BIT,
	ANOTHERS, HUGE_NOISE, RUBBISH };

static const char *const	 rubbish_names[RUBBISH] = {
	[EMPTY] = "empty", [SHORT] = "shorter than a MAC", [NOISE] = "noise",
	[CUT] = "cut by a byte", [LONGER] = "longer by a byte",
	[FIRST_BIT] = "a bit of the MAC", [MIDDLE_BIT] = "a bit within",
	[LAST_BIT] = "the last bit", [ANOTHERS] = "another key's", [HUGE_NOISE] = "huge",
};

static void
spoil(int fd, enum rubbish what, size_t i)
{
	static char		 noise[900 << 10];
	const struct entry	*e = &entries[i];
	const struct entry	*other = &entries[(i + 1) % nentries];
	char			*copy = malloc(e->n + 1);

	if (copy == NULL || e->n < 16) {
		free(copy);
		return;
	}
	memcpy(copy, e->value, e->n);
	copy[e->n] = 'x';
	memset(noise, 0x5a, sizeof(noise));
	if (what >= FIRST_BIT && what <= LAST_BIT)
		copy[what == FIRST_BIT ? 0 : what == LAST_BIT ? e->n - 1 : e->n / 2] ^= 1;
	if (what == EMPTY)
		put_value(fd, e->key, "", 0);
	else if (what == SHORT)
		put_value(fd, e->key, copy, 15);
	else if (what == NOISE || what == HUGE_NOISE)
		put_value(fd, e->key, noise, what == NOISE ? e->n : sizeof(noise));
	else if (what == ANOTHERS)
		put_value(fd, e->key, other->value, other->n);
	else
		put_value(fd, e->key, copy, what == CUT ? e->n - 1 :
		    what == LONGER ? e->n + 1 : e->n);
	free(copy);
}

static void
test_rubbish(void)
{
	static const char *const	 paths[] = { P, LIST, WITH, SHELVES, Q };
	struct reply			 r, before[NELEMS(paths)];
	int				 fd;
	char				 answer[64];

	begin();
	fd = memcached_connect();
	for (enum rubbish what = 0; what < RUBBISH; what++) {
		(void)memcached_ask(fd, "flush_all\r\n", 11, "\r\n", answer, sizeof(answer));
		for (size_t i = 0; i < NELEMS(paths); i++)
			before[i] = ask_get(paths[i], NULL);
		for (size_t i = 0; i < NELEMS(paths); i++)
			CHECK_TEXT("kept", served(paths[i], NULL, &r), "hit");
		read_entries(fd);
		CHECK("their entries are found", nentries >= NELEMS(paths));
		for (size_t i = 0; i < nentries; i++)
			spoil(fd, what, i);
		for (size_t i = 0; i < nentries; i++)
			free(entries[i].value);
		for (size_t i = 0; i < NELEMS(paths); i++) {
			CHECK_TEXT(rubbish_names[what], served(paths[i], NULL, &r), "fill");
			CHECK_INT(rubbish_names[what], r.status, 200);
			CHECK("the right bytes", str_eq(r.body, before[i].body));
			CHECK_TEXT("the right ETag", reply_header(&r, "ETag"),
			    reply_header(&before[i], "ETag"));
		}
	}
	(void)close(fd);
	shop_end();
}

static char	 keys[4][37];
static char	 wrong[4][256];

/* Each writes its own product and must read what it wrote, whoever answers. */
static void
write_and_read(size_t i)
{
	char		 path[64], list[64], body[64], name[32];
	struct reply	 r;

	wrong[i][0] = '\0';
	snprintf(path, sizeof(path), PRODUCTS "/%s", keys[i]);
	snprintf(list, sizeof(list), PRODUCTS "?sku=" MINE "w%zu", i);
	for (int round = 0; round < 60 && wrong[i][0] == '\0'; round++) {
		snprintf(name, sizeof(name), "\"name\":\"w%d\"", round);
		snprintf(body, sizeof(body), "{'name':'w%d'}", round);
		r = ask_with("PATCH", path, PATCHED, body);
		if (r.status != 200)
			snprintf(wrong[i], sizeof(wrong[i]), "patch %d", r.status);
		for (int j = 0; j < 3 && wrong[i][0] == '\0'; j++) {
			r = ask_get(j == 1 ? list : path, NULL);
			if (r.status != 200 || !reply_holds(&r, name))
				snprintf(wrong[i], sizeof(wrong[i]), "round %d read %d: %d %.*s",
				    round, j, r.status, (int)(r.body.n < 150 ? r.body.n : 150),
				    r.body.p);
		}
	}
}

/* The fifth treats memcached badly meanwhile. */
static void
write_or_kill(size_t i)
{
	if (i < 4) {
		write_and_read(i);
		return;
	}
	for (int round = 0; round < 3; round++) {
		nap(50);
		(void)kill(memcached_pid(), SIGSTOP);
		nap(150);
		(void)kill(memcached_pid(), SIGCONT);
	}
}

static void
all_write(size_t n)
{
	struct reply	 r;
	char		 body[160];

	begin();
	for (size_t i = 0; i < 4; i++) {
		snprintf(body, sizeof(body), "{'sku':'" MINE "w%zu','name':'w'," EUR(1) "}", i);
		r = make("product", PRODUCTS, "w", body);
		snprintf(keys[i], sizeof(keys[i]), "%s", reply_member(&r, "id"));
	}
	at_once(n, write_or_kill);
	for (size_t i = 0; i < 4; i++)
		CHECK_TEXT("own writes are read", wrong[i], "");
}

static void
test_own_writes(void)
{
	all_write(4);
	shop_end();
}

static void
test_own_writes_hung(void)
{
	impatient(true);
	all_write(5);
	impatient(false);
	await_hits(Q);
	shop_end();
}

/* Else nothing below would ask memcached. */
static void
test_only_memcached(void)
{
	CHECK("the programs keep nothing themselves", option("cache_lru_bytes", "0"));
}

static void
test_again(void)
{
	CHECK("the programs keep answers again", option("cache_lru_bytes", NULL));
}

TESTS(cache, { "only memcached", test_only_memcached }, { "steps", test_steps }, { "what is kept", test_kept },
    { "own writes", test_own_writes }, { "rubbish", test_rubbish },
    { "hung", test_hung }, { "own writes while it hangs", test_own_writes_hung },
    { "killed", test_killed }, { "again", test_again })
