#include <pthread.h>
#include <unistd.h>
#include "base/log.h"
#include "db/db.h"
#include "order.h"
#include "stock.h"
#include "test.h"

/*
 * Stock and the ends of orders, against the MariaDB of TEST_DB_SOCKET, as root:
 * many threads, and tables without the constraints that would mend a fault.
 */

#define THREADS		8
#define ROUNDS		40
#define PRODUCTS	5
#define PIECES		60
#define ORDERS		(THREADS * ROUNDS)

static struct db_conf	 conf = { .user = "root", .statement_ms = 10000 };
static char		 name[48];
static struct uuid	 product[PRODUCTS], order_id[ORDERS];
static bool		 placed[ORDERS];
static int		 ended[ORDERS];
static int		 broken;	/* writes that ended as none should */
static pthread_barrier_t line_up;

static const char	 tables[] =
    "CREATE TABLE products (id BINARY(16) PRIMARY KEY, status VARCHAR(24) NOT NULL"
    " DEFAULT 'active');"
    "CREATE TABLE stock (product_id BINARY(16) PRIMARY KEY, on_hand INT NOT NULL DEFAULT 0,"
    " reserved INT NOT NULL DEFAULT 0);"
    "CREATE TABLE stock_moves (id BIGINT AUTO_INCREMENT PRIMARY KEY,"
    " product_id BINARY(16) NOT NULL, delta_on_hand INT NOT NULL,"
    " delta_reserved INT NOT NULL, cause VARCHAR(24) NOT NULL, ref_id BINARY(16) NOT NULL,"
    " note VARCHAR(200));"
    "CREATE TABLE orders (id BINARY(16) PRIMARY KEY, status VARCHAR(24) NOT NULL,"
    " version INT NOT NULL DEFAULT 1);"
    "CREATE TABLE order_lines (order_id BINARY(16), product_id BINARY(16), quantity INT,"
    " PRIMARY KEY (order_id, product_id))";

struct worker {
	struct store	 st;
	struct arena	 a;
	size_t		 i;
	unsigned	 seed;
};

static void
worker_begin(struct worker *w, size_t i)
{
	*w = (struct worker){ .i = i, .seed = (unsigned)i + 1 };
	if (!arena_init(&w->a, (size_t)4 << 20) || (w->st.db = db_open(&conf)) == NULL)
		exit(2);
	w->st.arena = &w->a;
}

static void
worker_end(struct worker *w)
{
	db_close(w->st.db);
	arena_free(&w->a);
}

static int64_t
number(struct worker *w, const char *text)
{
	struct db_rows	 rows;
	enum db_err	 err = db_query(w->st.db, &w->a, str_of(text), NULL, 0, &rows);

	CHECK_INT(text, err, DB_OK);
	return err == DB_OK && rows.n == 1 ? rows.v[0].i : -1;
}

static void
run_text(struct worker *w, const char *text)
{
	CHECK(text, db_script(w->st.db, text) == DB_OK);
}

/* Each counts rows that must not be. */
static int64_t
wrongs(struct worker *w)
{
	static const char *const	 all[] = {
		"SELECT COUNT(*) FROM stock WHERE reserved < 0 OR reserved > on_hand",
		"SELECT COUNT(*) FROM (SELECT s.product_id FROM stock s LEFT JOIN stock_moves m"
		" ON m.product_id = s.product_id GROUP BY s.product_id, s.on_hand, s.reserved"
		" HAVING s.on_hand <> COALESCE(SUM(m.delta_on_hand), 0)"
		" OR s.reserved <> COALESCE(SUM(m.delta_reserved), 0)) t",
		"SELECT COUNT(*) FROM (SELECT s.product_id FROM stock s LEFT JOIN (SELECT"
		" l.product_id, l.quantity FROM order_lines l JOIN orders o ON o.id = l.order_id"
		" AND o.status = 'pending_payment') l ON l.product_id = s.product_id"
		" GROUP BY s.product_id, s.reserved"
		" HAVING s.reserved <> COALESCE(SUM(l.quantity), 0)) t",
		"SELECT COUNT(*) FROM (SELECT s.product_id FROM stock s LEFT JOIN (SELECT"
		" l.product_id, l.quantity FROM order_lines l JOIN orders o ON o.id = l.order_id"
		" AND o.status = 'paid') l ON l.product_id = s.product_id"
		" GROUP BY s.product_id, s.on_hand"
		" HAVING s.on_hand + COALESCE(SUM(l.quantity), 0) <> 60) t",
	};
	int64_t				 n = 0;

	for (size_t i = 0; i < NELEMS(all); i++)
		n += number(w, all[i]);
	return n;
}

static void
in_threads(void *(*run)(void *))
{
	struct worker	 w[THREADS];
	pthread_t	 t[THREADS];

	if (pthread_barrier_init(&line_up, NULL, THREADS) != 0)
		exit(2);
	for (size_t i = 0; i < THREADS; i++) {
		worker_begin(&w[i], i);
		if (pthread_create(&t[i], NULL, run, &w[i]) != 0)
			exit(2);
	}
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(t[i], NULL);
		worker_end(&w[i]);
	}
	pthread_barrier_destroy(&line_up);
}

static void
test_begin(void)
{
	struct worker	 w;
	char		 text[256];

	if ((conf.socket = getenv("TEST_DB_SOCKET")) == NULL || !db_library_init()) {
		fprintf(stderr, "stock: TEST_DB_SOCKET is not set\n");
		exit(2);
	}
	log_init("test", (enum log_level)0);
	snprintf(name, sizeof(name), "test_stock_%ld", (long)getpid());
	snprintf(text, sizeof(text), "CREATE OR REPLACE DATABASE %s; USE %s", name, name);
	worker_begin(&w, 0);
	run_text(&w, text);
	run_text(&w, tables);
	worker_end(&w);
	conf.name = name;
}

/* --- adjustments ---------------------------------------------------------------- */

static enum db_err
adjust_run(struct store *st, void *arg)
{
	return stock_adjust(st, arg);
}

static enum db_err
adjust(struct worker *w, struct uuid id, int64_t delta, int64_t *after)
{
	struct stock_adjustment	 a = { .id = uuid_new(), .product_id = id, .delta = delta,
				    .reason = STR("received") };
	enum db_err		 err = store_write(&w->st, NULL, 0, adjust_run, &a);

	*after = a.after;
	return err;
}

static void
test_adjust(void)
{
	struct worker	 w;
	int64_t		 after;
	char		 text[160], id[UUID_LEN + 1];

	worker_begin(&w, 0);
	for (size_t i = 0; i < PRODUCTS; i++) {
		product[i] = uuid_new();
		uuid_text(product[i], id);
		snprintf(text, sizeof(text), "INSERT INTO products (id) VALUES"
		    " (UNHEX(REPLACE('%s', '-', '')))", id);
		run_text(&w, text);
		CHECK_INT("received", adjust(&w, product[i], PIECES + 1, &after), DB_OK);
		CHECK_INT("all", after, PIECES + 1);
		CHECK_INT("taken away", adjust(&w, product[i], -1, &after), DB_OK);
		CHECK_INT("the rest", after, PIECES);
		CHECK_INT("too many", adjust(&w, product[i], -PIECES - 1, &after), DB_ABORT);
	}
	CHECK_INT("nothing of that", adjust(&w, uuid_new(), 1, &after), DB_NOT_FOUND);
	CHECK_INT("nothing contradicts", wrongs(&w), 0);
	worker_end(&w);
}

/* --- a sale --------------------------------------------------------------------- */

struct place {
	struct worker	*w;
	size_t		 order;
};

/* One to three products, in any order, one to three pieces of each. */
static size_t
choose(struct worker *w, struct stock_line lines[3])
{
	size_t	 first = (size_t)rand_r(&w->seed) % PRODUCTS;
	size_t	 n = 1 + (size_t)rand_r(&w->seed) % 3;

	for (size_t i = 0; i < n; i++)
		lines[i] = (struct stock_line){ .quantity = 1 + rand_r(&w->seed) % 3,
		    .product_id = product[(first + i * 2) % PRODUCTS] };
	return n;
}

static enum db_err
place_run(struct store *st, void *arg)
{
	struct place		*p = arg;
	struct stock_line	 lines[3];
	struct stock_change	 c = { .ref = order_id[p->order], .lines = lines,
				    .n = choose(p->w, lines) };
	struct val		 v[3] = { VAL_OF_UUID(&order_id[p->order]) };
	enum db_err		 err = stock_reserve(st, &c);

	if (err == DB_OK)
		err = db_exec(st->db, STR("INSERT INTO orders (id, status) VALUES"
		    " (?, 'pending_payment')"), v, 1, NULL);
	for (size_t i = 0; err == DB_OK && i < c.n; i++) {
		v[1] = VAL_OF_UUID(&lines[i].product_id);
		v[2] = VAL_OF_INT(lines[i].quantity);
		err = db_exec(st->db, STR("INSERT INTO order_lines VALUES (?, ?, ?)"), v, 3,
		    NULL);
	}
	return err;
}

static void *
place_orders(void *arg)
{
	struct worker	*w = arg;
	struct place	 p = { .w = w };
	enum db_err	 err;

	pthread_barrier_wait(&line_up);
	for (size_t i = 0; i < ROUNDS; i++) {
		p.order = w->i * ROUNDS + i;
		order_id[p.order] = uuid_new();
		do {
			arena_reset(&w->a);
			err = store_write(&w->st, NULL, 0, place_run, &p);
		} while (err == DB_RETRY);
		placed[p.order] = err == DB_OK;
		if (err != DB_OK && err != DB_ABORT)
			__atomic_fetch_add(&broken, 1, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

static void
test_sale(void)
{
	struct worker	 w;
	size_t		 good = 0;

	in_threads(place_orders);
	for (size_t i = 0; i < ORDERS; i++)
		good += placed[i];
	CHECK_INT("all were answered", broken, 0);
	CHECK("some were placed", good > 0);
	CHECK("and some were not", good < ORDERS);
	worker_begin(&w, 0);
	CHECK_INT("nothing contradicts", wrongs(&w), 0);
	worker_end(&w);
}

/* --- their ends ----------------------------------------------------------------- */

struct ending {
	enum db_err	(*step)(struct store *, struct uuid, bool *);
	struct uuid	 id;
	bool		 done;
};

static enum db_err
end_run(struct store *st, void *arg)
{
	struct ending	*e = arg;

	return e->step(st, e->id, &e->done);
}

static void
end_all(struct worker *w, enum db_err (*step)(struct store *, struct uuid, bool *), int n)
{
	enum db_err	 err;

	for (size_t i = 0; i < ORDERS; i++) {
		struct ending	 e = { step, order_id[i], false };

		if (!placed[i])
			continue;
		do {
			arena_reset(&w->a);
			err = store_write(&w->st, NULL, 0, end_run, &e);
		} while (err == DB_RETRY);
		if (err != DB_OK)
			__atomic_fetch_add(&broken, 1, __ATOMIC_SEQ_CST);
		else if (e.done)
			__atomic_fetch_add(&ended[i], n, __ATOMIC_SEQ_CST);
	}
}

/* All threads end all orders, each in its way. */
static void *
end_orders(void *arg)
{
	static enum db_err	(*const steps[])(struct store *, struct uuid, bool *) = {
		order_paid, order_cancelled, order_expired, order_paid };
	struct worker		*w = arg;

	pthread_barrier_wait(&line_up);
	end_all(w, steps[w->i % NELEMS(steps)], 1);
	return NULL;
}

static void *
refund_orders(void *arg)
{
	pthread_barrier_wait(&line_up);
	end_all(arg, order_refunded, 100);
	return NULL;
}

static void
test_ends(void)
{
	struct worker	 w;
	int		 wrong = 0;

	in_threads(end_orders);
	for (size_t i = 0; i < ORDERS; i++)
		wrong += ended[i] != placed[i];
	CHECK_INT("all were answered", broken, 0);
	CHECK_INT("each has one end", wrong, 0);
	worker_begin(&w, 0);
	CHECK_INT("nothing contradicts", wrongs(&w), 0);
	CHECK("some were paid",
	    number(&w, "SELECT COUNT(*) FROM orders WHERE status = 'paid'") > 0);
	in_threads(refund_orders);
	for (size_t i = 0; i < ORDERS; i++)
		wrong += ended[i] > 101;
	CHECK_INT("each is given back once", wrong, 0);
	CHECK_INT("all are on the shelf again", number(&w,
	    "SELECT COUNT(*) FROM stock WHERE on_hand = 60 AND reserved = 0"), PRODUCTS);
	CHECK_INT("none is paid",
	    number(&w, "SELECT COUNT(*) FROM orders WHERE status = 'paid'"), 0);
	CHECK_INT("still nothing contradicts", wrongs(&w), 0);
	worker_end(&w);
}

static void
test_end(void)
{
	struct worker	 w;
	char		 text[96];

	worker_begin(&w, 0);
	snprintf(text, sizeof(text), "DROP DATABASE %s", name);
	run_text(&w, text);
	worker_end(&w);
}

TESTS(stock,
    { "tables", test_begin },
    { "adjustments", test_adjust },
    { "a sale", test_sale },
    { "the ends of orders", test_ends },
    { "and away", test_end })
