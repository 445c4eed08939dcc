#ifndef BRISK_TEST_EXTERNAL_KIT_H
#define BRISK_TEST_EXTERNAL_KIT_H
/*
 * external_kit - notes of what others changed, swept before a cache is read:
 * against the MariaDB of TEST_DB_SOCKET, as root.
 */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include "base/clock.h"
#include "cache/external.h"
#include "cache/lru.h"
#include "cache/store_answer.h"
#include "db/db.h"
#include "generation_kit.h"
#include "base/log.h"
#include "cache/store.h"

#define THREADS		8
#define SWEPT_AT	24		/* in the file: see external.c */

static struct db_conf	 conf = { .user = "root", .statement_ms = 1000 };
static char		 name[48], watch_path[240];
static struct arena	 arena;
static struct store	 st;
static struct db	*others;	/* who writes past us */

static inline void
sql(const char *text)
{
	enum db_err	 err = db_script(others, text);

	CHECK(err == DB_OK ? text : db_error_message(others), err == DB_OK);
}

static inline int64_t
notes(void)
{
	struct db_rows	 rows;

	CHECK("counted", db_query(others, &arena, STR("SELECT COUNT(*) FROM "
	    "cache_changes"), NULL, 0, &rows) == DB_OK && rows.n == 1);
	return rows.n == 1 ? rows.v[0].i : -1;
}

static inline void
connect_store(struct store *s, struct arena *a)
{
	if (!arena_init(a, (size_t)16 << 20))
		exit(2);
	s->arena = a;
	if ((s->db = db_open(&conf)) == NULL)
		exit(2);
}

/* The tables as the migration makes them. */
static inline void
make_tables(void)
{
	const char	*root = getenv("ROOT");
	char		 text[8192], file[512], *end;
	FILE		*f;
	size_t		 n;

	snprintf(file, sizeof(file), "%s/migrations/core/0003_cache_watch.sql",
	    root == NULL ? "." : root);
	f = fopen(file, "r");
	n = f == NULL ? 0 : fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	if (f != NULL)
		(void)fclose(f);
	end = strstr(text, "-- migrate:down");
	CHECK(file, end != NULL);
	if (end != NULL)
		*end = '\0';
	sql(text);
}

static inline void
begin(bool tables)
{
	char	 text[256];

	conf.socket = getenv("TEST_DB_SOCKET");
	if (conf.socket == NULL || !db_library_init()) {
		fprintf(stderr, "watch: TEST_DB_SOCKET is not set\n");
		exit(2);
	}
	log_init("test", (enum log_level)0);
	in_new_folder();
	snprintf(name, sizeof(name), "test_watch_%ld", (long)getpid());
	snprintf(watch_path, sizeof(watch_path), "%s/watch", dir);
	st = (struct store){ .generations = grown(), .lru = lru_open(1 << 20),
	    .external = external_open(watch_path), .external_us = 20000 };
	connect_store(&st, &arena);
	if ((others = db_open(&conf)) == NULL)
		exit(2);
	snprintf(text, sizeof(text), "CREATE OR REPLACE DATABASE %s; USE %s", name, name);
	sql(text);
	conf.name = name;
	if (tables) {
		make_tables();
		sql("INSERT INTO cache_watches (table_name, tag_name) VALUES "
		    "('numbers', 'numbers'), ('links', 'numbers')");
	}
}

static inline void
end(void)
{
	char	 text[256];

	snprintf(text, sizeof(text), "DROP DATABASE %s", name);
	sql(text);
	conf.name = NULL;
	db_close(st.db);
	db_close(others);
	lru_close(st.lru);
	external_close(st.external);
	generation_close(st.generations);
	arena_free(&arena);
	unlink(watch_path);
	snprintf(text, sizeof(text), "%s.lock", watch_path);
	unlink(text);
	leave();
}

/* The last sweep was so long ago. */
static inline void
swept(int64_t seconds)
{
	int64_t	 then = clock_mono_us() - seconds * 1000000;
	int	 fd = open(watch_path, O_RDWR);

	CHECK("time passes", pwrite(fd, &then, sizeof(then), SWEPT_AT) == sizeof(then));
	close(fd);
}

static inline void
later(void)
{
	swept(2);
}

/* However long it took to come here. */
static inline void
within_the_second(void)
{
	swept(0);
}

static inline enum cache_outcome
find_with(struct store *s, const char *tag)
{
	struct store_lookup		 l = { .key = str_of(tag), .tags = { str_of(tag) },
				    .ntags = 1 };
	struct store_answer		 a;
	enum cache_outcome	 o = store_get(s, &l, &a);

	if (o == CACHE_MISS)
		store_abandon(s, &l);
	return o;
}

static inline enum cache_outcome
find(const char *tag)
{
	return find_with(&st, tag);
}

/* An answer of that tag is kept from now on. */
static inline void
keep(const char *tag)
{
	struct store_lookup	 l = { .key = str_of(tag), .tags = { str_of(tag) }, .ntags = 1 };
	struct store_answer	 a;

	if (store_get(&st, &l, &a) == CACHE_MISS) {
		a = (struct store_answer){ .status = 200, .body = STR("x") };
		store_put(&st, &l, &a, 60);
	}
	CHECK_INT(tag, find(tag), CACHE_LOCAL);
}

static inline void
note(const char *tag, const char *key)
{
	char	 text[200];

	snprintf(text, sizeof(text), "INSERT INTO cache_changes (tag_name, row_key) "
	    "VALUES ('%s', %s)", tag, key);
	sql(text);
}

#endif
