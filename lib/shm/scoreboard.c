/* scoreboard - slots, counting, and folding the counters of dead processes. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>
#include "shm/lock.h"
#include "shm/scoreboard_private.h"
#include "base/clock.h"
#include "base/log.h"

#define VERSION		5
#define FOLD_TRIES	200
#define FOLD_PAUSE_MS	5

struct scoreboard {
	struct scoreboard_file	*file;
	struct slot		*slot;
	int			 lock;		/* descriptor for the locks, see shm_file.h */
};

static const int64_t	 bounds_us[SCOREBOARD_BUCKETS] = { 5000, 10000, 25000, 50000,
	100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000 };

const short	 scoreboard_statuses[STATUSES] = { 1, 2, 3, 4, 5, 200, 201, 202, 204,
	206, 301, 302, 303, 304, 307, 308, 400, 401, 402, 403, 404, 405, 406, 408,
	409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 428, 429, 431, 500, 501,
	502, 503, 504, 505, 0 };

const struct shm_file_kind	 scoreboard_kind = { .room = "scoreboard",
	.magic = "briskbrd", .version = VERSION,
	.layout = sizeof(struct scoreboard_file), .size = sizeof(struct scoreboard_file) };

static uint64_t
load_counter(const _Atomic uint64_t *n)
{
	return atomic_load_explicit(n, memory_order_relaxed);
}

static void
add_counter(_Atomic uint64_t *n, uint64_t value)
{
	atomic_fetch_add_explicit(n, value, memory_order_relaxed);
}

/* All members are counters, so they are added as one array. */
static void
add_figures(struct figures *to, const struct figures *from)
{
	_Atomic uint64_t	*t = (_Atomic uint64_t *)to;
	const _Atomic uint64_t	*f = (const _Atomic uint64_t *)from;
	size_t			 i;

	for (i = 0; i < sizeof(*to) / sizeof(*t); i++)
		add_counter(&t[i], load_counter(&f[i]));
}

static bool
has_requests(const struct figures *f)
{
	size_t	 i;

	for (i = 0; i < STATUSES; i++)
		if (load_counter(&f->status[i]) != 0)
			return true;
	return false;
}

/* The row of this route; when all rows are taken, the last one, named "other". */
static struct total_row *
total_row_of(struct totals *t, const char *service, const struct route_row *r)
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
		if (has_requests(&s->row[i].f))
			add_figures(&total_row_of(t, s->service, &s->row[i])->r.f,
			    &s->row[i].f);
	scoreboard_fold_jobs(t->kind, s->kind);
}

/* Finish a fold: clear the slot that `fold` names, then remove it from `fold`. */
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

/* The caller holds the lock of the slot and FOLD_LOCK. */
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
lock_folding(int fd)
{
	int	 i;

	for (i = 0; i < FOLD_TRIES; i++) {
		if (lock_acquire(fd, FOLD_LOCK))
			return true;
		(void)poll(NULL, 0, FOLD_PAUSE_MS);
	}
	return false;
}

/* Clear slot i, whose lock we hold. */
static bool
empty_slot(struct scoreboard *b, size_t i)
{
	struct scoreboard_file	*f = b->file;

	if (!lock_folding(b->lock))
		return false;
	clear_folded(f);
	if (atomic_load(&f->slot[i].used) != 0)
		fold_slot(f, i);
	lock_release(b->lock, FOLD_LOCK);
	return true;
}

/* False with errno: EUSERS if every slot is taken. */
static bool
acquire_slot(struct scoreboard *b)
{
	for (size_t i = 0; i < SCOREBOARD_SLOTS; i++) {
		if (!lock_acquire(b->lock, (off_t)i))
			continue;
		if (!empty_slot(b, i))
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
init_slot(struct slot *s, const char *service, const char *program)
{
	s->pid = (int32_t)getpid();
	set_name(s->service, NAME_LEN, service == NULL || service[0] == '\0' ?
	    "none" : service);
	set_name(s->program, NAME_LEN, program);
	s->since_ms = clock_now_ms();
	scoreboard_build_id("/proc/self/exe", s->build);
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
	if ((b->file = shm_file_open_with_locks(path, &scoreboard_kind, &b->lock)) != NULL) {
		if (acquire_slot(b)) {
			init_slot(b->slot, service, program);
			return b;
		}
		log_event(LOG_ERROR, "scoreboard", "no free slot in %s: %s", path,
		    strerror(errno));
	}
	scoreboard_close(b);
	return NULL;
}

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
scoreboard_name_route(struct scoreboard *b, size_t i, const char *method, const char *path)
{
	if (b == NULL || i >= SCOREBOARD_ROUTES)
		return;
	set_name(b->slot->row[i].method, METHOD_LEN, method);
	set_name(b->slot->row[i].path, PATH_LEN, path);
}

void
scoreboard_set_state(struct scoreboard *b, enum scoreboard_state state)
{
	if (b != NULL)
		atomic_store_explicit(&b->slot->state, state, memory_order_relaxed);
}

void
scoreboard_add_busy(struct scoreboard *b, int n)
{
	if (b != NULL)
		atomic_fetch_add_explicit(&b->slot->busy, (uint32_t)n,
		    memory_order_relaxed);
}

void
scoreboard_set_memory(struct scoreboard *b, uint64_t kib)
{
	if (b != NULL)
		atomic_store_explicit(&b->slot->kib, kib, memory_order_relaxed);
}

_Atomic uint32_t *
scoreboard_connection_counter(struct scoreboard *b)
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
	add_counter(&f->status[status_index(e->status)], 1);
	add_counter(&f->bucket[bucket_index(e->us)], 1);
	add_counter(&f->cache[e->cache], 1);
	add_counter(&f->idem[e->idem], 1);
	throughput_count(&b->slot->throughput, e->us, clock_mono_us());
	add_counter(&f->us, e->us > 0 ? (uint64_t)e->us : 0);
	add_counter(&f->statements, e->statements);
	add_counter(&f->db_us, e->db_us > 0 ? (uint64_t)e->db_us : 0);
}
