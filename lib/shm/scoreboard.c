#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>
#include "shm/lock.h"
#include "shm/scoreboard_private.h"
#include "base/clock.h"
#include "base/log.h"

#define VERSION		5
#define FOLD_TRIES	200
#define FOLD_MS		5

struct scoreboard {
	struct scoreboard_file	*file;
	struct slot		*slot;
	int			 lock;		/* a description of its own, see claim() */
};

static const char	 magic[8] = "briskbrd";
static const int64_t	 bounds_us[SCOREBOARD_BUCKETS] = { 5000, 10000, 25000, 50000,
	100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000 };

const short	 scoreboard_statuses[STATUSES] = { 1, 2, 3, 4, 5, 200, 201, 202, 204,
	206, 301, 302, 303, 304, 307, 308, 400, 401, 402, 403, 404, 405, 406, 408,
	409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 428, 429, 431, 500, 501,
	502, 503, 504, 505, 0 };

static bool
good(const void *p, uint64_t inode)
{
	const struct scoreboard_file	*f = p;

	(void)inode;
	return memcmp(f->magic, magic, sizeof(magic)) == 0 &&
	    f->version == VERSION && f->size == sizeof(*f);
}

static bool
fill(void *p, uint64_t inode)
{
	struct scoreboard_file	*f = p;

	(void)inode;
	memcpy(f->magic, magic, sizeof(magic));
	f->version = VERSION;
	f->size = sizeof(*f);
	return true;
}

const struct shm_file_kind	 scoreboard_kind = { "board", sizeof(struct scoreboard_file),
	good, fill };

/* Folding a dead owner's figures into the totals. */

static uint64_t
load(const _Atomic uint64_t *n)
{
	return atomic_load_explicit(n, memory_order_relaxed);
}

static void
add(_Atomic uint64_t *n, uint64_t more)
{
	atomic_fetch_add_explicit(n, more, memory_order_relaxed);
}

/* All members are counters: added as one array. */
static void
add_figures(struct figures *to, const struct figures *from)
{
	_Atomic uint64_t	*t = (_Atomic uint64_t *)to;
	const _Atomic uint64_t	*f = (const _Atomic uint64_t *)from;
	size_t			 i;

	for (i = 0; i < sizeof(*to) / sizeof(*t); i++)
		add(&t[i], load(&f[i]));
}

static bool
counted(const struct figures *f)
{
	size_t	 i;

	for (i = 0; i < STATUSES; i++)
		if (load(&f->status[i]) != 0)
			return true;
	return false;
}

/* The total of this route; the last row takes what has no place any more. */
static struct total_row *
total_of(struct totals *t, const char *service, const struct route_row *r)
{
	struct total_row	*row;
	size_t			 i;

	for (i = 0; i < TOTALS - 1; i++) {
		row = &t->row[i];
		if (row->service[0] == '\0') {
			memcpy(row->service, service, NAME_LEN);
			memcpy(row->r.method, r->method, METHOD_LEN);
			memcpy(row->r.path, r->path, PATH_LEN);
			return row;
		}
		if (strcmp(row->r.path, r->path) == 0 &&
		    strcmp(row->r.method, r->method) == 0 &&
		    strcmp(row->service, service) == 0)
			return row;
	}
	row = &t->row[i];
	strcpy(row->service, "other");
	strcpy(row->r.method, "other");
	strcpy(row->r.path, "other");
	return row;
}

void
scoreboard_fold(struct totals *t, const struct slot *s)
{
	size_t	 i;

	for (i = 0; i < NELEMS(s->row); i++)
		if (counted(&s->row[i].f))
			add_figures(&total_of(t, s->service, &s->row[i])->r.f,
			    &s->row[i].f);
	scoreboard_fold_jobs(t->kind, s->kind);
}

/* The slot named in the word is in the totals: empty it, then forget its name. */
static void
clear_folded(struct scoreboard_file *f)
{
	uint64_t	 w = atomic_load(&f->fold);
	struct slot	*s;

	if (FOLD_SLOT(w) == 0)
		return;
	s = &f->slot[FOLD_SLOT(w) - 1];
	atomic_store(&s->used, 0);
	memset(s, 0, sizeof(*s));
	atomic_store(&f->fold, (w + FOLD_STEP) & ~(uint64_t)(0xff << 1));
}

/* With the locks on the slot and on folding. */
static void
fold_slot(struct scoreboard_file *f, size_t i)
{
	uint64_t	 w = atomic_load(&f->fold);
	size_t		 other = !FOLD_ACTIVE(w);

	memcpy(&f->totals[other], &f->totals[!other], sizeof(struct totals));
	scoreboard_fold(&f->totals[other], &f->slot[i]);
	w = (w & ~(uint64_t)(FOLD_STEP - 1)) + FOLD_STEP;
	atomic_store(&f->fold, w | (uint64_t)(i + 1) << 1 | other);
	clear_folded(f);
}

static bool
take_turn(int fd)
{
	int	 i;

	for (i = 0; i < FOLD_TRIES; i++) {
		if (lock_take(fd, FOLD_LOCK))
			return true;
		(void)poll(NULL, 0, FOLD_MS);
	}
	return false;
}

/* Make the slot, whose lock we have, empty. */
static bool
empty(struct scoreboard *b, size_t i)
{
	struct scoreboard_file	*f = b->file;

	if (!take_turn(b->lock))
		return false;
	clear_folded(f);
	if (atomic_load(&f->slot[i].used) != 0)
		fold_slot(f, i);
	lock_release(b->lock, FOLD_LOCK);
	return true;
}

/*
 * A mapping keeps the description it was made through, and with it the locks
 * taken through that, even after close(): so locks have one of their own.
 */
static bool
claim(struct scoreboard *b, const char *path)
{
	size_t	 i;

	if ((b->lock = open(path, O_RDWR | O_CLOEXEC)) == -1)
		return false;
	for (i = 0; i < SCOREBOARD_SLOTS; i++) {
		if (!lock_take(b->lock, (off_t)i))
			continue;
		if (!empty(b, i))
			return false;
		b->slot = &b->file->slot[i];
		return true;
	}
	errno = EUSERS;
	return false;
}

static void
set_name(char *to, size_t size, const char *from)
{
	size_t	 n = strlen(from) < size ? strlen(from) : size - 1;

	memcpy(to, from, n);
	to[n] = '\0';
}

static void
introduce(struct slot *s, const char *service, const char *program)
{
	s->pid = (int32_t)getpid();
	set_name(s->service, NAME_LEN, service == NULL || service[0] == '\0' ?
	    "none" : service);
	set_name(s->program, NAME_LEN, program);
	s->since_ms = clock_now_ms();
	scoreboard_build("/proc/self/exe", s->build);
	set_name(s->kind[SCOREBOARD_KINDS].kind, KIND_LEN, "other");
	set_name(s->row[SCOREBOARD_ROUTES].method, METHOD_LEN, "other");
	set_name(s->row[SCOREBOARD_ROUTES].path, PATH_LEN, "other");
	atomic_store(&s->used, 1);
}

struct scoreboard *
scoreboard_open(const char *path, const char *service, const char *program)
{
	struct scoreboard	*b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->lock = -1;
	if ((b->file = shm_file_open(path, &scoreboard_kind)) != NULL) {
		if (claim(b, path)) {
			introduce(b->slot, service, program);
			return b;
		}
		log_event(LOG_ERROR, "board", "no slot in %s: %s", path,
		    strerror(errno));
	}
	scoreboard_close(b);
	return NULL;
}

/* The figures stay in the slot until someone needs it. */
void
scoreboard_close(struct scoreboard *b)
{
	if (b == NULL)
		return;
	if (b->lock != -1)
		close(b->lock);
	shm_file_close(b->file, &scoreboard_kind);
	free(b);
}

void
scoreboard_route(struct scoreboard *b, size_t i, const char *method, const char *path)
{
	if (b == NULL || i >= SCOREBOARD_ROUTES)
		return;
	set_name(b->slot->row[i].method, METHOD_LEN, method);
	set_name(b->slot->row[i].path, PATH_LEN, path);
}

void
scoreboard_state(struct scoreboard *b, enum scoreboard_state state)
{
	if (b != NULL)
		atomic_store_explicit(&b->slot->state, state, memory_order_relaxed);
}

void
scoreboard_busy(struct scoreboard *b, int more)
{
	if (b != NULL)
		atomic_fetch_add_explicit(&b->slot->busy, (uint32_t)more,
		    memory_order_relaxed);
}

void
scoreboard_memory(struct scoreboard *b, uint64_t kib)
{
	if (b != NULL)
		atomic_store_explicit(&b->slot->kib, kib, memory_order_relaxed);
}

_Atomic uint32_t *
scoreboard_connections(struct scoreboard *b)
{
	return b == NULL ? NULL : &b->slot->connections;
}

struct slot *
scoreboard_slot(struct scoreboard *b)
{
	return b == NULL ? NULL : b->slot;
}

static size_t
status_index(int status)
{
	size_t	 i;

	for (i = 5; scoreboard_statuses[i] != 0; i++)
		if (scoreboard_statuses[i] == status)
			return i;
	return status >= 100 && status < 600 ? (size_t)(status / 100 - 1) : 4;
}

static size_t
bucket_index(int64_t us)
{
	size_t	 i;

	for (i = 0; i < SCOREBOARD_BUCKETS && us > bounds_us[i]; i++)
		;
	return i;
}

void
scoreboard_count(struct scoreboard *b, const struct scoreboard_entry *e)
{
	struct figures	*f;

	if (b == NULL)
		return;
	f = &b->slot->row[e->route < SCOREBOARD_ROUTES ? e->route : SCOREBOARD_ROUTES].f;
	add(&f->status[status_index(e->status)], 1);
	add(&f->bucket[bucket_index(e->us)], 1);
	add(&f->cache[e->cache], 1);
	add(&f->idem[e->idem], 1);
	throughput_count(&b->slot->pace, e->us);
	add(&f->us, e->us > 0 ? (uint64_t)e->us : 0);
	add(&f->statements, e->statements);
	add(&f->db_us, e->db_us > 0 ? (uint64_t)e->db_us : 0);
}
