/*
 * checkout: the transaction of a checkout and nothing else: what a careful C
 * author would get from the database with the very statements and values of the
 * handler, the idempotency key and the queued job among them, each thread on a
 * connection of its own.
 *
 *	checkout SOCKET THREADS SECONDS TOLD CARTS
 *
 * prints "CARTS-A-SECOND AGAIN": how many were checked out, and how often a
 * deadlock made a thread begin one again.
 *
 * TOLD is one checkout as told.c wrote it, below a line "CART USER PRODUCT ..." of
 * its own ids in hexadecimal; CARTS has such a line for each cart that is to be
 * taken.  A value that is one of these ids, or text that holds it as a UUID,
 * becomes that of the cart; other ids and hashes are new each time; a number
 * that a row was given becomes what it is given now; all else stays.
 */
#include <err.h>
#include <mysql.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define MAX_THREADS	256
#define MAX_STEPS	64
#define MAX_VALUES	128
#define MAX_NAMES	64	/* bytes that stand for something: ids, hashes */
#define ID		16
#define HASH		32
#define UUID		36
#define MAX_LINE	(1 << 20)

/* Where in a value something stands that is another thing each time. */
struct place {
	size_t		 at;
	unsigned	 name;
	bool		 text;		/* as a UUID's text */
};

struct value {
	enum enum_field_types	 type;
	unsigned char		*bytes;
	size_t			 n, nplaces;
	struct place		 place[16];
	int			 made_by;	/* the step that gave this number; -1 */
};

struct step {
	char		*sql;
	bool		 plain;
	size_t		 nvalues;
	struct value	 value[MAX_VALUES];
	long long	 changed;
	unsigned long long made;
};

static struct step	 steps[MAX_STEPS];
static size_t		 nsteps;
static struct { unsigned char bytes[HASH]; size_t n; } names[MAX_NAMES];
static size_t		 nnames, nids;	/* the first ones are the cart's */

static unsigned char	(*carts)[MAX_NAMES][ID];
static size_t		 ncarts;
static _Atomic size_t	 next;
static atomic_bool	 stop;

/* --- what was told ------------------------------------------------------------------ */

static size_t
unhex(const char *s, unsigned char *out, size_t most)
{
	unsigned	 byte;
	size_t		 n = 0;

	while (n < most && sscanf(s + 2 * n, "%2x", &byte) == 1)
		out[n++] = (unsigned char)byte;
	return n;
}

static void
uuid_text(const unsigned char *b, char out[UUID + 1])
{
	snprintf(out, UUID + 1, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
	    "%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7],
	    b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

/* Ids of a line, one behind the other. */
static size_t
ids_of(char *line, unsigned char out[][ID])
{
	size_t	 n = 0;
	char	*save = NULL;

	for (char *w = strtok_r(line, " \n", &save); w != NULL && n < MAX_NAMES;
	    w = strtok_r(NULL, " \n", &save))
		if (unhex(w, out[n], ID) == ID)
			n++;
	return n;
}

static unsigned
name_of(const unsigned char *bytes, size_t n)
{
	for (unsigned i = 0; i < nnames; i++)
		if (names[i].n == n && memcmp(names[i].bytes, bytes, n) == 0)
			return i;
	if (nnames == MAX_NAMES)
		errx(1, "too many ids");
	memcpy(names[nnames].bytes, bytes, n);
	names[nnames].n = n;
	return (unsigned)nnames++;
}

static void
place_add(struct value *v, size_t at, unsigned name, bool text)
{
	if (v->nplaces == sizeof(v->place) / sizeof(v->place[0]))
		errx(1, "too many ids in a value of %zu bytes: %.200s", v->n,
		    (const char *)v->bytes);
	v->place[v->nplaces++] = (struct place){ at, name, text };
}

/* Every id that is known by then, wherever it stands in a text. */
static void
find_texts(struct value *v)
{
	char	 text[UUID + 1];

	for (unsigned i = 0; i < nnames; i++) {
		if (names[i].n != ID)
			continue;
		uuid_text(names[i].bytes, text);
		for (size_t at = 0; at + UUID <= v->n; at++)
			if (memcmp(v->bytes + at, text, UUID) == 0)
				place_add(v, at, i, true);
	}
}

static void
classify(struct value *v)
{
	long long	 number;

	v->made_by = -1;
	if (v->type == MYSQL_TYPE_LONGLONG) {
		memcpy(&number, v->bytes, sizeof(number));
		for (size_t i = 0; i < nsteps; i++)
			if (steps[i].made > 0 && (unsigned long long)number == steps[i].made)
				v->made_by = (int)i;
	} else if (v->type == MYSQL_TYPE_BLOB && (v->n == ID || v->n == HASH))
		place_add(v, 0, name_of(v->bytes, v->n), false);
	else if (v->type == MYSQL_TYPE_STRING || v->type == MYSQL_TYPE_BLOB)
		find_texts(v);
}

static void
value_read(struct step *s, const char *line)
{
	struct value	*v = &s->value[s->nvalues++];
	size_t		 n = strlen(line) / 2;
	int		 type, at = 0;

	if (s->nvalues == MAX_VALUES || sscanf(line, "P %d %n", &type, &at) != 1)
		errx(1, "not told: %.80s", line);
	v->type = (enum enum_field_types)type;
	if ((v->bytes = calloc(1, n + 1)) == NULL)
		err(1, "memory");
	v->n = unhex(line + at, v->bytes, n);
	classify(v);
}

static void
told_read(const char *path)
{
	static char	 line[MAX_LINE];
	unsigned char	 ids[MAX_NAMES][ID];
	FILE		*f = fopen(path, "re");
	struct step	*s = NULL;

	if (f == NULL || fgets(line, sizeof(line), f) == NULL)
		err(1, "%s", path);
	nids = ids_of(line, ids);
	for (size_t i = 0; i < nids; i++)
		name_of(ids[i], ID);
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == 'P')
			value_read(s, line);
		else if (line[0] == 'E') {
			sscanf(line, "E %lld %llu", &s->changed, &s->made);
			nsteps++;
		} else if (nsteps < MAX_STEPS) {
			s = &steps[nsteps];
			s->plain = line[0] == 'Q';
			s->sql = strdup(strchr(line + 2, ' ') + 1);
			nsteps += s->plain;
		}
	}
	fclose(f);
	if (nsteps == 0)
		errx(1, "%s tells nothing", path);
}

static void
carts_read(const char *path)
{
	static char	 line[MAX_LINE];
	FILE		*f = fopen(path, "re");

	if (f == NULL)
		err(1, "%s", path);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (ncarts % 4096 == 0 && (carts = realloc(carts,
		    (ncarts + 4096) * sizeof(*carts))) == NULL)
			err(1, "memory");
		if (ids_of(line, carts[ncarts]) == nids)
			ncarts++;
	}
	fclose(f);
}

/* --- a thread ------------------------------------------------------------------------ */

struct prepared {
	MYSQL_STMT	*h;
	MYSQL_BIND	 in[MAX_VALUES];
	unsigned char	*bytes[MAX_VALUES];
};

struct thread {
	pthread_t	 id;
	MYSQL		*db;
	struct prepared	 step[MAX_STEPS];
	unsigned long	 done, again;
};

static void
prepare(struct thread *t, size_t i)
{
	const struct step	*s = &steps[i];
	struct prepared		*p = &t->step[i];

	if (s->plain)
		return;
	if ((p->h = mysql_stmt_init(t->db)) == NULL ||
	    mysql_stmt_prepare(p->h, s->sql, strlen(s->sql)) != 0)
		errx(1, "%s: %s", s->sql, mysql_error(t->db));
	for (size_t k = 0; k < s->nvalues; k++) {
		const struct value	*v = &s->value[k];

		if ((p->bytes[k] = malloc(v->n + 1)) == NULL)
			err(1, "memory");
		memcpy(p->bytes[k], v->bytes, v->n);
		p->in[k] = (MYSQL_BIND){ .buffer_type = v->type, .buffer = p->bytes[k],
		    .buffer_length = v->n };
	}
	if (s->nvalues > 0 && mysql_stmt_bind_param(p->h, p->in) != 0)
		errx(1, "%s", mysql_stmt_error(p->h));
}

static void
dial(struct thread *t, const char *socket)
{
	if ((t->db = mysql_init(NULL)) == NULL ||
	    mysql_options(t->db, MYSQL_SET_CHARSET_NAME, "utf8mb4") != 0 ||
	    mysql_real_connect(t->db, NULL, "root", NULL, "brisk", 0, socket,
	    CLIENT_FOUND_ROWS) == NULL ||
	    mysql_query(t->db, "SET time_zone = '+00:00'") != 0)
		errx(1, "%s", t->db == NULL ? "memory" : mysql_error(t->db));
	for (size_t i = 0; i < nsteps; i++)
		prepare(t, i);
}

/* What stands for what, this time. */
static void
fill(struct prepared *p, const struct step *s, unsigned char now[][HASH],
    const unsigned long long *made)
{
	char	 text[UUID + 1];

	for (size_t k = 0; k < s->nvalues; k++) {
		const struct value	*v = &s->value[k];

		if (v->made_by >= 0)
			memcpy(p->bytes[k], &made[v->made_by], sizeof(*made));
		for (size_t i = 0; i < v->nplaces; i++) {
			const struct place	*at = &v->place[i];

			if (!at->text) {
				memcpy(p->bytes[k], now[at->name], v->n);
				continue;
			}
			uuid_text(now[at->name], text);
			memcpy(p->bytes[k] + at->at, text, UUID);
		}
	}
}

/* All rows are taken, and nothing is done with them. */
static bool
take_rows(MYSQL_STMT *h)
{
	MYSQL_BIND	 out[MAX_VALUES];
	unsigned	 n = mysql_stmt_field_count(h);
	char		 bytes[8];
	int		 rc;

	if (n == 0)
		return true;
	for (unsigned i = 0; i < n && i < MAX_VALUES; i++)
		out[i] = (MYSQL_BIND){ .buffer_type = MYSQL_TYPE_STRING, .buffer = bytes };
	if (mysql_stmt_bind_result(h, out) || mysql_stmt_store_result(h) != 0)
		return false;
	while ((rc = mysql_stmt_fetch(h)) == 0 || rc == MYSQL_DATA_TRUNCATED)
		;
	mysql_stmt_free_result(h);
	return rc == MYSQL_NO_DATA;
}

static unsigned
run_step(struct thread *t, size_t i, unsigned char now[][HASH], unsigned long long *made)
{
	const struct step	*s = &steps[i];
	struct prepared		*p = &t->step[i];

	if (s->plain)
		return mysql_query(t->db, s->sql) == 0 ? 0 : mysql_errno(t->db);
	fill(p, s, now, made);
	if (mysql_stmt_execute(p->h) != 0 || !take_rows(p->h))
		return mysql_stmt_errno(p->h);
	made[i] = mysql_stmt_insert_id(p->h);
	if (s->changed >= 0 && (long long)mysql_stmt_affected_rows(p->h) != s->changed)
		errx(1, "%s: changed %lld rows, and not %lld", s->sql,
		    (long long)mysql_stmt_affected_rows(p->h), s->changed);
	return 0;
}

/* A UUIDv7 begins with the time: rows are added at the end of their table. */
static void
ids_new(unsigned char now[MAX_NAMES][HASH])
{
	struct timespec	 at;
	uint64_t	 ms;

	if (getrandom(now, MAX_NAMES * HASH, 0) != MAX_NAMES * HASH)
		err(1, "getrandom");
	clock_gettime(CLOCK_REALTIME, &at);
	ms = (uint64_t)at.tv_sec * 1000 + (uint64_t)at.tv_nsec / 1000000;
	for (size_t i = nids; i < nnames; i++)
		for (int k = 0; names[i].n == ID && k < 6; k++)
			now[i][k] = (unsigned char)(ms >> (40 - 8 * k));
}

/* 1205 and 1213: others were in the way. */
static bool
check_out(struct thread *t, size_t cart)
{
	unsigned char		 now[MAX_NAMES][HASH];
	unsigned long long	 made[MAX_STEPS] = { 0 };
	unsigned		 code = 0;

	ids_new(now);
	for (size_t i = 0; i < nids; i++)
		memcpy(now[i], carts[cart][i], ID);
	for (size_t i = 0; code == 0 && i < nsteps; i++)
		code = run_step(t, i, now, made);
	if (code == 0)
		return true;
	if (code != 1205 && code != 1213)
		errx(1, "error %u", code);
	mysql_query(t->db, "ROLLBACK");
	t->again++;
	return false;
}

static void *
work(void *arg)
{
	struct thread	*t = arg;
	size_t		 cart;

	while (!atomic_load(&stop) && (cart = atomic_fetch_add(&next, 1)) < ncarts) {
		while (!check_out(t, cart))
			;
		t->done++;
	}
	return NULL;
}

int
main(int argc, char **argv)
{
	static struct thread	 thread[MAX_THREADS];
	unsigned long		 done = 0, again = 0;
	struct timespec		 from, to;
	int			 n = argc == 6 ? atoi(argv[2]) : 0;

	if (n < 1 || n > MAX_THREADS || mysql_library_init(0, NULL, NULL) != 0)
		errx(2, "checkout SOCKET THREADS SECONDS TOLD CARTS");
	told_read(argv[4]);
	carts_read(argv[5]);
	for (int i = 0; i < n; i++)
		dial(&thread[i], argv[1]);
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 0; i < n; i++)
		if (pthread_create(&thread[i].id, NULL, work, &thread[i]) != 0)
			err(1, "a thread");
	sleep((unsigned)atoi(argv[3]));
	atomic_store(&stop, true);
	for (int i = 0; i < n; i++) {
		pthread_join(thread[i].id, NULL);
		done += thread[i].done;
		again += thread[i].again;
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	if (atomic_load(&next) >= ncarts)
		errx(1, "%zu carts were not enough", ncarts);
	printf("%.0f %lu\n", (double)done / ((double)(to.tv_sec - from.tv_sec) +
	    (double)(to.tv_nsec - from.tv_nsec) / 1e9), again);
	return 0;
}
