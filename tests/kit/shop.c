/* shop - what the suites of the catalogue share. */
#include <pthread.h>

#include "db/db.h"
#include "shop.h"

#define THREADS	128

static struct db *
root(void)
{
	static struct db_conf	 conf;
	static struct db	*db;

	if (db != NULL)
		return db;
	conf = (struct db_conf){ .socket = getenv("TEST_DB_SOCKET"), .user = "root",
	    .password = "", .name = "brisk", .statement_ms = 20000 };
	if (conf.socket == NULL || !db_library_init() || (db = db_open(&conf)) == NULL) {
		fprintf(stderr, "TEST_DB_SOCKET names no database\n");
		exit(2);
	}
	return db;
}

void
sql(const char *text)
{
	const char	*all = filled(text);

	CHECK(all, db_script(root(), all) == DB_OK);
}

/* One write by the handlers, so that no answer with the old rows is kept. */
static void
touch(const char *path, const char *body)
{
	struct reply	 r = ask_with("POST", path, POSTED, body);

	CHECK_INT(path, r.status, 201);
	remove_made(&r);
}

void
shop_clear(void)
{
	sql("DELETE FROM orders WHERE id IN (SELECT order_id FROM order_lines"
	    " WHERE sku LIKE '" MINE "%')");
	sql("DELETE m FROM stock_moves m JOIN products p ON p.id = m.product_id"
	    " WHERE p.sku LIKE '" MINE "%'");
	sql("DELETE FROM products WHERE sku LIKE '" MINE "%'");
	sql("SET FOREIGN_KEY_CHECKS=0; DELETE FROM categories WHERE slug LIKE '"
	    MINE "%'; SET FOREIGN_KEY_CHECKS=1");
	touch(PRODUCTS, SPADE(""));
	touch(CATEGORIES, SHELF(""));
}

struct reply
make(const char *label, const char *path, const char *name, const char *body)
{
	struct reply	 r = ask_with("POST", path, POSTED, body);

	CHECK_INT(label, r.status, 201);
	if (r.status != 201)
		printf("    it says: %.*s\n", STR_ARG(r.body));
	let(name, reply_member(&r, "id"));
	return r;
}

void
shop_begin(void)
{
	shop_clear();
	(void)make("shelf", CATEGORIES, "c1", "{'name':'One','slug':'" MINE "one'}");
	(void)make("shelf", CATEGORIES, "c2", "{'name':'Two','slug':'" MINE "two'}");
}

void
shop_end(void)
{
	shop_clear();
	client_end();
}

struct reply
product(const char *more)
{
	char		 body[2048];
	struct reply	 r;

	snprintf(body, sizeof(body),
	    "{'sku':'" MINE "{new}','name':'Spade'," EUR(1999) "%s}", more);
	r = make(more, PRODUCTS, "p", body);
	let("p_etag", reply_header(&r, "ETag"));
	let("p_sku", reply_member(&r, "sku"));
	return r;
}

int
get_status(const char *path)
{
	return ask_get(path, NULL).status;
}

const char *
token_of(const char *scope)
{
	static char	 line[4096];
	char		 command[1024], *word;
	FILE		*f;

	snprintf(command, sizeof(command),
	    "BRISK_CONF=%s/brisk.conf %s/bin/brisk token --scope '%s'",
	    getenv("VAR"), getenv("B"), scope);
	if ((f = popen(command, "r")) == NULL)
		return NULL;
	line[0] = '\0';
	while (fgets(line, sizeof(line), f) != NULL)
		;
	if (pclose(f) != 0)
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	word = strrchr(line, ' ');
	return word == NULL ? line : word + 1;
}

void
check_members(const char *label, const struct reply *r, const struct member *m)
{
	char	 what[256];

	for (; m->path != NULL; m++) {
		snprintf(what, sizeof(what), "%s: %s", label, m->path);
		CHECK_TEXT(what, reply_member(r, m->path),
		    m->value == NULL ? NULL : filled(m->value));
	}
}

void
ids_take(struct ids *ids, const struct reply *r)
{
	static const char	 mark[] = "{\"id\":\"";
	const size_t		 skip = sizeof(mark) - 1;
	struct str		 rest = r->body;
	const char		*at;

	while (ids->n < MAX_IDS &&
	    (at = memmem(rest.p, rest.n, mark, skip)) != NULL) {
		rest = str_from(rest, (size_t)(at - rest.p) + skip);
		if (rest.n < sizeof(ids->id[0]))
			return;
		memcpy(ids->id[ids->n], rest.p, sizeof(ids->id[0]) - 1);
		ids->id[ids->n++][sizeof(ids->id[0]) - 1] = '\0';
	}
}

bool
ids_same(const struct ids *a, const struct ids *b)
{
	return a->n == b->n && memcmp(a->id, b->id, a->n * sizeof(a->id[0])) == 0;
}

size_t
ids_count(const struct ids *ids, const char *id)
{
	size_t	 n = 0;

	for (size_t i = 0; i < ids->n; i++)
		n += strcmp(ids->id[i], id) == 0;
	return n;
}

struct runner {
	pthread_t	 thread;
	size_t		 i;
	void		(*run)(size_t);
};

static void *
begin(void *arg)
{
	const struct runner	*r = arg;

	r->run(r->i);
	client_end();
	return NULL;
}

void
at_once(size_t n, void (*run)(size_t))
{
	struct runner	 r[THREADS];
	size_t		 started = 0;

	for (size_t i = 0; i < n && i < THREADS; i++, started++) {
		r[i] = (struct runner){ .i = i, .run = run };
		if (pthread_create(&r[i].thread, NULL, begin, &r[i]) != 0)
			break;
	}
	CHECK_INT("threads", started, n);
	while (started > 0)
		(void)pthread_join(r[--started].thread, NULL);
}

void
shop_rows(void)
{
	static char	 body[SHOP_ROWS * 256];
	size_t		 n = 0;
	struct reply	 r;

	shop_begin();
	n += (size_t)snprintf(body, sizeof(body), "{'items':[");
	for (int i = 0; i < SHOP_ROWS; i++)
		n += (size_t)snprintf(body + n, sizeof(body) - n, "%s{'sku':'" MINE
		    "%03d','name':'Wirefern %s','price':{'amount':%d,'currency':'EUR'},"
		    "'category_ids':['{c1}'%s]}", i > 0 ? "," : "", i,
		    i % 2 == 0 ? "even" : "odd", i % 7 * 100, i % 3 == 0 ? ",'{c2}'" : "");
	(void)snprintf(body + n, sizeof(body) - n, "]}");
	r = ask_with("POST", PRODUCTS, POSTED, body);
	CHECK_INT("rows", r.status, 201);
	sql("INSERT INTO stock SELECT id, SUBSTRING(sku, 6) % 4, SUBSTRING(sku, 6) % 4 = 3"
	    " FROM products WHERE sku LIKE '" MINE "0%'");
}
