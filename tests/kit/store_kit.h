#ifndef BRISK_TEST_STORE_KIT_H
#define BRISK_TEST_STORE_KIT_H
/* store_kit - a store on the MariaDB of TEST_DB_SOCKET, as root. */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include "cache/cache.h"
#include "cache/flight.h"
#include "cache/lru.h"
#include "cache/store_answer.h"
#include "cache/store_sweep.h"
#include "db/db.h"
#include "generation_kit.h"
#include "base/log.h"
#include "cache/store.h"

#define THREADS	8
#define WAIT_MS	5000	/* memcached is there, however busy the machine */

static struct db_conf	 conf = { .user = "root", .statement_ms = 1000 };
static char		 name[48], fill_path[240];
static struct arena	 arena;
static struct store	 st;
static const struct str	 tag[] = { { "numbers", 7 } };

static inline void
connect_store(struct store *s, struct arena *a)
{
	if (!arena_init(a, (size_t)4 << 20))
		exit(2);
	s->arena = a;
	if ((s->db = db_open(&conf)) == NULL)
		exit(2);
}

static inline void
begin(void)
{
	char	 sql[256];

	conf.socket = getenv("TEST_DB_SOCKET");
	if (conf.socket == NULL || !db_library_init()) {
		fprintf(stderr, "store: TEST_DB_SOCKET is not set\n");
		exit(2);
	}
	log_init("test", (enum log_level)0);
	in_new_folder();
	snprintf(name, sizeof(name), "test_store_%ld", (long)getpid());
	snprintf(fill_path, sizeof(fill_path), "%s/fill", dir);
	st = (struct store){ .generations = grown(), .lru = lru_open(1 << 20),
	    .flights = flight_open(fill_path), .flight_us = 60000000 };
	connect_store(&st, &arena);
	snprintf(sql, sizeof(sql), "CREATE OR REPLACE DATABASE %s; USE %s; "
	    "CREATE TABLE numbers (n INT NOT NULL); INSERT INTO numbers VALUES (1)",
	    name, name);
	CHECK_INT("database", db_script(st.db, sql), DB_OK);
	conf.name = name;
}

static inline void
end(void)
{
	char	 text[256];

	snprintf(text, sizeof(text), "DROP DATABASE %s", name);
	CHECK_INT("dropped", db_script(st.db, text), DB_OK);
	conf.name = NULL;
	db_close(st.db);
	lru_close(st.lru);
	flight_close(st.flights);
	generation_close(st.generations);
	arena_free(&arena);
	unlink(fill_path);
	snprintf(text, sizeof(text), "%s.lock", fill_path);
	unlink(text);
	leave();
}

static inline struct store_lookup
looked(const char *key)
{
	struct store_lookup	 l = { .key = str_of(key), .tags = { tag[0] }, .ntags = 1 };

	return l;
}

static inline enum cache_outcome
find(const char *key, struct store_answer *a)
{
	struct store_lookup		 l = looked(key);
	enum cache_outcome	 o = store_get(&st, &l, a);

	if (o == CACHE_MISS)
		store_abandon(&st, &l);
	return o;
}

static inline void
keep(const char *key, const char *body, int64_t ttl)
{
	struct store_lookup		 l = looked(key);
	struct store_answer		 a;

	if (store_get(&st, &l, &a) != CACHE_MISS)
		return;
	a = (struct store_answer){ .status = 200, .body = str_of(body), .etag = STR("\"e\"") };
	store_put(&st, &l, &a, ttl);
}

#endif
