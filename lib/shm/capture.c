/* recent - the last GETs that anybody may send, in a file that workers share. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/hash.h"
#include "base/clock.h"
#include "shm/shm_file.h"
#include "shm/capture.h"

#define VERSION		1
#define SETS		256
#define WAYS		4	/* places that one request may take: a cache line */
#define PLACES		(SETS * WAYS)
#define MAX_TEXT	632
#define FRESH_MS	100	/* noted so lately: not again */
#define STUCK_MS	1000	/* who writes so long died over it */

/* 0: nothing there.  `at` is clock_now_ms(). */
struct mark {
	_Atomic uint64_t	 hash;
	_Atomic int64_t		 at;
};

/* The parts one after the other, each with a NUL; `turn` is odd while it is written. */
struct text {
	_Atomic uint32_t	 turn;
	uint32_t		 n;
	char			 p[MAX_TEXT];
};

struct capture {
	char		 magic[8];
	uint32_t	 version, size;
	uint8_t		 pad[48];
	struct mark	 mark[PLACES];
	struct text	 text[PLACES];
};

static const char	 magic[8] = "briskget";

static bool
good(const void *p, uint64_t inode)
{
	const struct capture	*r = p;

	(void)inode;
	return memcmp(r->magic, magic, sizeof(magic)) == 0 &&
	    r->version == VERSION && r->size == sizeof(*r);
}

static bool
fill(void *p, uint64_t inode)
{
	struct capture	*r = p;

	(void)inode;
	memcpy(r->magic, magic, sizeof(magic));
	r->version = VERSION;
	r->size = sizeof(*r);
	return true;
}

static const struct shm_file_kind	 kind = { "recent", sizeof(struct capture), good, fill };

struct capture *
capture_open(const char *path)
{
	return shm_file_open(path, &kind);
}

void
capture_close(struct capture *r)
{
	shm_file_close(r, &kind);
}

/* A string and its end, so that "ab","c" and "a","bc" differ. */
static uint64_t
hash_text(uint64_t h, struct str s)
{
	return hash_byte(hash_add(h, s), 0);
}

static uint64_t
hash_of(const struct capture_request *g)
{
	uint64_t	 h = hash_text(HASH_START, g->target);

	h = hash_text(hash_text(h, g->accept), g->prefer);
	return h == 0 ? 1 : h;
}

static size_t
put(char *to, size_t at, struct str s)
{
	if (s.n > 0)
		memcpy(to + at, s.p, s.n);
	to[at + s.n] = '\0';
	return at + s.n + 1;
}

/* Nobody waits: where another writes just now, this one is not noted. */
static void
write_text(struct mark *m, struct text *t, const struct capture_request *g, int64_t now)
{
	uint32_t	 turn = atomic_load(&t->turn), mine = (turn | 1) + 2;

	if ((turn & 1) != 0 && now - atomic_load(&m->at) < STUCK_MS)
		return;
	if (!atomic_compare_exchange_strong(&t->turn, &turn, mine))
		return;
	atomic_thread_fence(memory_order_release);
	atomic_store(&m->hash, 0);
	atomic_store(&m->at, now);
	t->n = (uint32_t)put(t->p, put(t->p, put(t->p, 0, g->target), g->accept),
	    g->prefer);
	atomic_store(&m->hash, hash_of(g));
	atomic_store(&t->turn, mine + 1);
}

void
capture_add(struct capture *r, const struct capture_request *g)
{
	uint64_t	 h;
	int64_t		 now, at;
	size_t		 i, oldest, end;

	if (r == NULL || g->target.n + g->accept.n + g->prefer.n + 3 > MAX_TEXT)
		return;
	h = hash_of(g);
	now = clock_now_ms();
	i = oldest = h % SETS * WAYS;
	for (end = i + WAYS; i < end; i++) {
		at = atomic_load_explicit(&r->mark[i].at, memory_order_relaxed);
		if (atomic_load_explicit(&r->mark[i].hash, memory_order_relaxed) == h) {
			if (now - at > FRESH_MS)
				atomic_store_explicit(&r->mark[i].at, now,
				    memory_order_relaxed);
			return;
		}
		if (at < atomic_load_explicit(&r->mark[oldest].at, memory_order_relaxed))
			oldest = i;
	}
	write_text(&r->mark[oldest], &r->text[oldest], g, now);
}

/* --- reading ---------------------------------------------------------------- */

struct place {
	int64_t		 at;
	size_t		 i;
};

static int
newest_first(const void *a, const void *b)
{
	int64_t	 x = ((const struct place *)a)->at, y = ((const struct place *)b)->at;

	return x < y ? 1 : x > y ? -1 : 0;
}

static struct str
take(struct str *rest)
{
	struct str	 piece = str_cut(rest, '\0');

	return piece.n == 0 ? (struct str){ NULL, 0 } : piece;
}

/* False: it is being written, or never was whole. */
static bool
read_text(const struct capture *r, size_t i, struct arena *a, struct capture_request *g)
{
	const struct text	*t = &r->text[i];
	uint32_t		 turn = atomic_load(&t->turn), n = t->n;
	struct str		 rest;

	if (turn == 0 || (turn & 1) != 0 || n < 4 || n > MAX_TEXT)
		return false;
	rest = arena_copy(a, (struct str){ t->p, n });
	atomic_thread_fence(memory_order_acquire);
	if (rest.p == NULL || atomic_load(&t->turn) != turn)
		return false;
	*g = (struct capture_request){ .target = take(&rest) };
	g->accept = take(&rest);
	g->prefer = take(&rest);
	return g->target.n > 0 && g->target.p[0] == '/';
}

static bool
had(const struct capture *r, const struct place *p, size_t n, size_t i)
{
	for (size_t k = 0; k < n; k++)
		if (atomic_load(&r->mark[p[k].i].hash) == atomic_load(&r->mark[i].hash))
			return true;
	return false;
}

size_t
capture_read(const char *path, struct arena *a, struct capture_request *to, size_t most)
{
	const struct capture	*r = shm_file_open_readonly(path, &kind);
	struct place		*p = arena_array(a, struct place, PLACES);
	size_t			 n = 0, got = 0;

	for (size_t i = 0; r != NULL && p != NULL && i < PLACES; i++)
		if (atomic_load(&r->mark[i].hash) != 0)
			p[n++] = (struct place){ atomic_load(&r->mark[i].at), i };
	if (n > 0)
		qsort(p, n, sizeof(*p), newest_first);
	for (size_t k = 0; k < n && got < most; k++)
		if (!had(r, p, k, p[k].i))
			got += read_text(r, p[k].i, a, &to[got]);
	shm_file_close(r, &kind);
	return got;
}
