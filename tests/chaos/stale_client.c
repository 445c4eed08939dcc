/* stale_client - what a client asks, and how answers are judged. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stale.h"

#define MAX_TOLD	10	/* stale reads that are described */
#define MAKE_TRIES	50
/* The newest of ours, without those that live_and_die(). */
#define PRICE		2000
#define LISTED		"/v1/products?price_min=2000"

/* Everybody's versions at one moment. */
struct floors {
	uint32_t	 acked[ROWS], seen[ROWS];
};

struct client {
	struct http	*h;
	unsigned	 seed, made;
};

void
row_path(size_t row, char path[96])
{
	snprintf(path, 96, "/v1/%s/%s", row < PRODUCTS ? "products" : "categories",
	    all->row[row].id);
}

void
row_name(size_t row, uint32_t version, char name[32])
{
	if (row < PRODUCTS)
		snprintf(name, 32, "p%zu.v%u.%x", row, version, all->run);
	else
		snprintf(name, 32, "c%zu.v%u.%x", row - PRODUCTS, version, all->run);
}

static void
raise_to(_Atomic uint32_t *at, uint32_t version)
{
	uint32_t	 was = atomic_load(at);

	while (was < version && !atomic_compare_exchange_weak(at, &was, version))
		;
}

static struct floors
floors_now(void)
{
	struct floors	 f;

	for (size_t i = 0; i < ROWS; i++) {
		f.acked[i] = atomic_load(&all->row[i].acked);
		f.seen[i] = atomic_load(&all->row[i].seen);
	}
	return f;
}

static void
tell_stale(const char *path, const struct answer *a, size_t row, uint32_t shown,
    const struct floors *f)
{
	if (atomic_load(&all->stale_acked) + atomic_load(&all->stale_seen) <= MAX_TOLD)
		printf("  STALE: %s (%s, status %d) shows row %zu at version %u; "
		    "before it was asked for %u was acknowledged, %u seen\n", path,
		    a->id, a->status, row, shown, f->acked[row], f->seen[row]);
	fflush(stdout);
}

static void
judge(const char *path, const struct answer *a, size_t row, uint32_t shown,
    const struct floors *f)
{
	if (shown < f->acked[row])
		atomic_fetch_add(&all->stale_acked, 1);
	else if (shown < f->seen[row])
		atomic_fetch_add(&all->stale_seen, 1);
	else {
		raise_to(&all->row[row].seen, shown);
		return;
	}
	tell_stale(path, a, row, shown, f);
}

/* `"name":"p12.v38.7f3a"` at `p`: which row of this run, at which version? */
static bool
parse_name(const char *p, size_t *row, uint32_t *version)
{
	char		 kind, end;
	unsigned	 n, v, run;

	if (sscanf(p, "\"name\":\"%c%u.v%u.%x%c", &kind, &n, &v, &run, &end) != 5 ||
	    end != '"' || run != all->run || (kind != 'p' && kind != 'c') ||
	    n >= (kind == 'p' ? PRODUCTS : CATEGORIES))
		return false;
	*row = kind == 'p' ? n : PRODUCTS + n;
	*version = v;
	return true;
}

static size_t
judge_body(const char *path, const struct answer *a, const struct floors *f)
{
	const char	*p = a->body;
	size_t		 row, n = 0;
	uint32_t	 version;

	for (; (p = strstr(p, "\"name\":\"")) != NULL; p++)
		if (parse_name(p, &row, &version)) {
			judge(path, a, row, version, f);
			n++;
		}
	return n;
}

static void
count(const struct answer *a)
{
	atomic_fetch_add(&all->status[a->status], 1);
	atomic_fetch_add(&all->done, 1);
	/* The web server's own, for a worker that died, has no id. */
	if (a->status == 500 && a->id[0] != '\0')
		atomic_fetch_add(&all->bugs, 1);
}

int
path_read(struct http *h, const char *path)
{
	struct floors	 f = floors_now();
	struct answer	 a = http_ask(h, "GET", path, NULL, NULL);

	count(&a);
	atomic_fetch_add(&all->reads, 1);
	if (a.status == 200 && judge_body(path, &a, &f) == 0)
		atomic_fetch_add(&all->odd, 1);
	return a.status;
}

/* Once for the tag, once more with it: 304 says that it is the newest. */
static void
read_twice(struct client *c, const char *path)
{
	struct floors	 f = floors_now();
	struct answer	 a = http_ask(c->h, "GET", path, NULL, NULL);
	char		 etag[128];
	size_t		 row;
	uint32_t	 version;
	const char	*name = strstr(a.body, "\"name\":\"");

	count(&a);
	atomic_fetch_add(&all->reads, 2);
	if (a.status != 200 || name == NULL || !parse_name(name, &row, &version))
		return;
	judge_body(path, &a, &f);
	snprintf(etag, sizeof(etag), "%s", a.etag);
	f = floors_now();
	a = http_ask(c->h, "GET", path, etag, NULL);
	count(&a);
	if (a.status == 304)
		judge(path, &a, row, version, &f);
	else if (a.status == 200)
		judge_body(path, &a, &f);
}

int
row_write(struct http *h, size_t row)
{
	uint32_t	 version = atomic_load(&all->row[row].acked);
	uint32_t	 seen = atomic_load(&all->row[row].seen), shown;
	char		 path[96], name[32], match[32], body[64];
	struct answer	 a;

	version = seen > version ? seen : version;
	row_path(row, path);
	row_name(row, version + 1, name);
	snprintf(match, sizeof(match), "\"%u-0\"", version);
	snprintf(body, sizeof(body), "{\"name\":\"%s\"}", name);
	a = http_ask(h, "PATCH", path, match, body);
	count(&a);
	atomic_fetch_add(&all->writes, 1);
	if (a.status == 200)
		raise_to(&all->row[row].acked, version + 1);
	else if (a.status == 412 && sscanf(a.etag, "\"%u-", &shown) == 1)
		raise_to(&all->row[row].seen, shown);
	return a.status;
}

static bool
take_id(const char *body, char id[40])
{
	const char	*at = strstr(body, "\"id\":\"");

	return at != NULL && sscanf(at, "\"id\":\"%36[0-9a-f-]\"", id) == 1;
}

static struct answer
make_product(struct http *h, const char *name, const char *sku, size_t shelf,
    int price)
{
	char	 body[512];

	snprintf(body, sizeof(body), "{\"sku\":\"%s\",\"name\":\"%s\",\"price\":"
	    "{\"amount\":%d,\"currency\":\"EUR\"},\"category_ids\":[\"%s\",\"%s\"]}",
	    sku, name, price, all->row[PRODUCTS + shelf % CATEGORIES].id,
	    all->row[PRODUCTS + (shelf + 1) % CATEGORIES].id);
	return http_ask(h, "POST", "/v1/products", NULL, body);
}

static struct answer
make_row(struct http *h, size_t row)
{
	char	 mark[64], body[256];

	snprintf(mark, sizeof(mark), "stale-%lx-%ld-%zu", (unsigned long)now_us(),
	    (long)getpid(), row);
	if (row < PRODUCTS)
		return make_product(h, "new", mark, row, PRICE);
	snprintf(body, sizeof(body), "{\"name\":\"new\",\"slug\":\"%s\"}", mark);
	return http_ask(h, "POST", "/v1/categories", NULL, body);
}

/*
 * Who makes one may be killed: then it is there or not, and another is made.
 * So it is only named once its id is known.
 */
static bool
row_begin(struct http *h, size_t row)
{
	struct answer	 a = make_row(h, row);
	int		 tries;

	for (tries = 0; a.status != 201 && tries < MAKE_TRIES; tries++) {
		pause_ms(50);
		a = make_row(h, row);
	}
	if (a.status != 201 || !take_id(a.body, all->row[row].id)) {
		printf("FAIL: a row can not be made: status %d, %.300s\n", a.status,
		    a.body);
		return false;
	}
	atomic_store(&all->row[row].acked, 1);
	for (tries = 0; row_write(h, row) != 200 && tries < MAKE_TRIES; tries++)
		pause_ms(50);
	return tries < MAKE_TRIES;
}

/* Shelves first: products stand on them. */
bool
rows_make(struct http *h)
{
	for (size_t i = ROWS; i-- > 0; )
		if (!row_begin(h, i))
			return false;
	return true;
}

/* A row comes into being, is there, goes, and is not there. */
static void
live_and_die(struct client *c)
{
	char		 sku[64], id[40], path[96];
	struct answer	 a;

	snprintf(sku, sizeof(sku), "life-%lx-%ld-%u", (unsigned long)now_us(),
	    (long)getpid(), c->made++);
	a = make_product(c->h, "life", sku, c->made, PRICE - 1);
	count(&a);
	atomic_fetch_add(&all->writes, 1);
	if (a.status != 201 || !take_id(a.body, id))
		return;
	snprintf(path, sizeof(path), "/v1/products/%s", id);
	a = http_ask(c->h, "GET", path, NULL, NULL);
	count(&a);
	if (a.status == 404)
		goto stale;
	a = http_ask(c->h, "DELETE", path, "*", NULL);
	count(&a);
	if (a.status != 204)
		return;
	a = http_ask(c->h, "GET", path, NULL, NULL);
	atomic_fetch_add(&all->done, 1);
	if (a.status != 200)
		return;
stale:
	atomic_fetch_add(&all->stale_acked, 1);
	printf("  STALE: %s (%s) answers %d after it was %s\n", path, a.id, a.status,
	    a.status == 404 ? "made" : "deleted");
}

/* --- what is asked, and how often ---------------------------------------------- */

static size_t
any(struct client *c, size_t n)
{
	return (size_t)rand_r(&c->seed) % n;
}

static void
get_product(struct client *c)
{
	char	 path[96];

	row_path(any(c, PRODUCTS), path);
	(void)path_read(c->h, path);
}

static void
get_category(struct client *c)
{
	char	 path[96];

	row_path(PRODUCTS + any(c, CATEGORIES), path);
	(void)path_read(c->h, path);
}

static void
get_twice(struct client *c)
{
	char	 path[96];

	row_path(any(c, ROWS), path);
	read_twice(c, path);
}

static void
get_expanded(struct client *c)
{
	char	 path[96 + 20];

	row_path(any(c, EXPANDED), path);
	strcat(path, "?expand=categories");
	(void)path_read(c->h, path);
}

static void
list_products(struct client *c)
{
	(void)path_read(c->h, any(c, 2) == 0 ? LISTED "&limit=20" :
	    LISTED "&limit=10&expand=categories");
}

static void
list_categories(struct client *c)
{
	(void)path_read(c->h, "/v1/categories?limit=20&sort=-updated_at");
}

static void
write_product(struct client *c)
{
	(void)row_write(c->h, any(c, PRODUCTS));
}

static void
write_category(struct client *c)
{
	(void)row_write(c->h, PRODUCTS + any(c, CATEGORIES));
}

/* Of 1000. */
static const struct {
	unsigned	 share;
	void		(*act)(struct client *);
} acts[] = {
	{ 560, get_product }, { 150, get_category }, { 80, get_twice },
	{ 90, get_expanded }, { 50, list_products }, { 50, list_categories },
	{ 15, write_product }, { 4, write_category }, { 1, live_and_die },
};

static void
act_once(struct client *c)
{
	size_t	 at = any(c, 1000), i;

	for (i = 0; at >= acts[i].share; i++)
		at -= acts[i].share;
	acts[i].act(c);
}

void
client_run(unsigned seed)
{
	struct client	 c = { .h = http_open(), .seed = seed };

	while (!atomic_load(&all->stop)) {
		act_once(&c);
		if (atomic_load(&all->done) >= atomic_load(&all->goal))
			break;
	}
	http_close(c.h);
}
