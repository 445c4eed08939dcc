/* capture - the most recent anonymous GET requests, in a file that workers share. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "shm/capture.h"
#include "shm/shm_file.h"

#define VERSION		1
#define SETS		256
#define WAYS		4	/* places for one hash: their marks are one cache line */
#define PLACES		(SETS * WAYS)
#define MAX_TEXT	632
#define FRESH_MS	100	/* a mark this young is not updated */
#define STUCK_MS	1000	/* a writer that takes this long is dead */

/* hash 0: the place is free.  `at` is clock_now_ms(). */
struct mark {
	_Atomic uint64_t	 hash;
	_Atomic int64_t		 at;
};

/* Target, Accept and Prefer, each with a NUL.  `sequence` is odd during a write (a seqlock). */
struct text {
	_Atomic uint32_t	 sequence;
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

static const struct shm_file_kind	 kind = { .room = "capture", .magic = "briskget",
	.version = VERSION, .layout = sizeof(struct capture),
	.size = sizeof(struct capture) };

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

/* The string and a NUL, so that "ab","c" and "a","bc" have different hashes. */
static uint64_t
add_text(uint64_t h, struct str s)
{
	return hash_byte(hash_add(h, s), 0);
}

static uint64_t
request_hash(const struct capture_request *g)
{
	uint64_t	 h = add_text(HASH_START, g->target);

	h = add_text(add_text(h, g->accept), g->prefer);
	return h == 0 ? 1 : h;
}

static size_t
put_text(char *to, size_t at, struct str s)
{
	if (s.n > 0)
		memcpy(to + at, s.p, s.n);
	to[at + s.n] = '\0';
	return at + s.n + 1;
}

/* Never waits: if another process writes this place now, the request is dropped. */
static void
write_text(struct mark *m, struct text *t, const struct capture_request *g, int64_t now)
{
	uint32_t	 sequence = atomic_load(&t->sequence), own = (sequence | 1) + 2;

	if ((sequence & 1) != 0 && now - atomic_load(&m->at) < STUCK_MS)
		return;
	if (!atomic_compare_exchange_strong(&t->sequence, &sequence, own))
		return;
	atomic_thread_fence(memory_order_release);
	atomic_store(&m->hash, 0);
	atomic_store(&m->at, now);
	t->n = (uint32_t)put_text(t->p, put_text(t->p, put_text(t->p, 0, g->target), g->accept),
	    g->prefer);
	atomic_store(&m->hash, request_hash(g));
	atomic_store(&t->sequence, own + 1);
}

void
capture_add(struct capture *r, const struct capture_request *g)
{
	uint64_t	 h;
	int64_t		 now, at;
	size_t		 i, oldest, end;

	if (r == NULL || g->target.n + g->accept.n + g->prefer.n + 3 > MAX_TEXT)
		return;
	h = request_hash(g);
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
cut_text(struct str *rest)
{
	struct str	 piece = str_cut(rest, '\0');

	return piece.n == 0 ? (struct str){ NULL, 0 } : piece;
}

/* False if the place is being written, or if its writer died. */
static bool
read_text(const struct capture *r, size_t i, struct arena *a, struct capture_request *g)
{
	const struct text	*t = &r->text[i];
	uint32_t		 sequence = atomic_load(&t->sequence), n = t->n;
	struct str		 rest;

	if (sequence == 0 || (sequence & 1) != 0 || n < 4 || n > MAX_TEXT)
		return false;
	rest = arena_copy(a, (struct str){ t->p, n });
	atomic_thread_fence(memory_order_acquire);
	if (rest.p == NULL || atomic_load(&t->sequence) != sequence)
		return false;
	*g = (struct capture_request){ .target = cut_text(&rest) };
	g->accept = cut_text(&rest);
	g->prefer = cut_text(&rest);
	return g->target.n > 0 && g->target.p[0] == '/';
}

static bool
is_duplicate(const struct capture *r, const struct place *p, size_t n, size_t i)
{
	for (size_t k = 0; k < n; k++)
		if (atomic_load(&r->mark[p[k].i].hash) == atomic_load(&r->mark[i].hash))
			return true;
	return false;
}

size_t
capture_read(const char *path, struct arena *a, struct capture_request *to, size_t max)
{
	const struct capture	*r = shm_file_open_readonly(path, &kind);
	struct place		*p = arena_array(a, struct place, PLACES);
	size_t			 n = 0, got = 0;

	for (size_t i = 0; r != NULL && p != NULL && i < PLACES; i++)
		if (atomic_load(&r->mark[i].hash) != 0)
			p[n++] = (struct place){ atomic_load(&r->mark[i].at), i };
	if (n > 0)
		qsort(p, n, sizeof(*p), newest_first);
	for (size_t k = 0; k < n && got < max; k++)
		if (!is_duplicate(r, p, k, p[k].i))
			got += read_text(r, p[k].i, a, &to[got]);
	shm_file_close(r, &kind);
	return got;
}
