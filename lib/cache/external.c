#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "cache/external.h"
#include "shm/lock.h"
#include "shm/shm_file.h"

#define VERSION		1
#define MAX_AGE_US	1000000		/* of a sweep */
#define POLL_NS		200000		/* between tries to get the sweep lock */
#define ALL_TABLES	(EXTERNAL_TABLES + 1)

/*
 * `requested` counts changes of the list.  The list is known if it was read for
 * the current count: `known` equals `requested`.  A sweep takes the count before
 * it reads the list, so a change in between is not lost.
 */
struct external_file {
	char			 magic[8];
	uint32_t		 version, unused;
	uint64_t		 inode;
	_Atomic int64_t		 swept_us;	/* start of the last sweep; 0: none */
	_Atomic uint64_t	 requested, known;
	_Atomic uint32_t	 n;		/* ALL_TABLES: every table */
	_Atomic uint64_t	 table[EXTERNAL_TABLES];	/* hashes */
};

struct external {
	struct external_file	*file;
	int		 fd;		/* for the lock; see shm_file.h */
	pthread_mutex_t	 turn;		/* the lock, among threads of the process */
	int64_t		 began_us;	/* start of our sweep */
	uint64_t	 requested;	/* at that time */
};

static bool
is_valid(const void *p, uint64_t inode)
{
	return ((const struct external_file *)p)->inode == inode;
}

static bool
init_new_file(void *p, uint64_t inode)
{
	struct external_file	*f = p;

	f->inode = inode;
	f->requested = 1;
	return true;
}

static const struct shm_file_kind	 kind = { .room = "external", .magic = "briskwtc",
	.version = VERSION, .layout = 0, .size = sizeof(struct external_file),
	.is_valid = is_valid, .init = init_new_file };

struct external *
external_open(const char *path)
{
	struct external	*w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->file = shm_file_open_with_locks(path, &kind, &w->fd);
	if (w->file == NULL) {
		free(w);
		return NULL;
	}
	pthread_mutex_init(&w->turn, NULL);
	return w;
}

void
external_close(struct external *w)
{
	if (w == NULL)
		return;
	close(w->fd);
	shm_file_close(w->file, &kind);
	pthread_mutex_destroy(&w->turn);
	free(w);
}

bool
external_tables_known(const struct external *w)
{
	return atomic_load(&w->file->known) == atomic_load(&w->file->requested);
}

bool
external_any(const struct external *w)
{
	return atomic_load(&w->file->n) > 0;
}

bool
external_has(const struct external *w, struct str table)
{
	uint32_t	 n = atomic_load(&w->file->n);
	uint64_t	 hash = hash_str(table);

	for (uint32_t i = 0; i < n && n < ALL_TABLES; i++)
		if (atomic_load_explicit(&w->file->table[i],
		    memory_order_relaxed) == hash)
			return true;
	return n >= ALL_TABLES;
}

/* A negative age means that the clock started again: not fresh. */
static bool
is_fresh(const struct external *w)
{
	int64_t	 age = external_sweep_age(w);

	return age >= 0 && age < MAX_AGE_US;
}

bool
external_sweep_due(const struct external *w, const struct str *tags, size_t n)
{
	bool	 any = false;

	if (w == NULL)
		return false;
	if (!external_tables_known(w))
		return true;
	if (!external_any(w))
		return false;
	for (size_t i = 0; i < n && !any; i++) {
		struct str	 rest = tags[i];

		any = external_has(w, str_cut(&rest, '/'));
	}
	return any && !is_fresh(w);
}

static bool
take_turn(struct external *w)
{
	if (pthread_mutex_trylock(&w->turn) != 0)
		return false;
	if (lock_acquire(w->fd, 0))
		return true;
	pthread_mutex_unlock(&w->turn);
	return false;
}

enum external_turn
external_begin_sweep(struct external *w, int64_t wait_us)
{
	int64_t	 until = clock_mono_us() + wait_us;

	while (!take_turn(w)) {
		if (clock_mono_us() > until)
			return EXTERNAL_BUSY;
		nanosleep(&(struct timespec){ 0, POLL_NS }, NULL);
	}
	/* The previous holder of the lock may have swept. */
	if (external_tables_known(w) && is_fresh(w)) {
		external_end_sweep(w, false);
		return EXTERNAL_SWEPT;
	}
	w->began_us = clock_mono_us();
	w->requested = atomic_load(&w->file->requested);
	return EXTERNAL_SWEEP;
}

void
external_end_sweep(struct external *w, bool swept)
{
	/* After the bumps: a reader that sees this time sees them. */
	if (swept)
		atomic_store(&w->file->swept_us, w->began_us);
	lock_release(w->fd, 0);
	pthread_mutex_unlock(&w->turn);
}

static bool
same_list(const struct external *w, const struct str *tables, size_t n)
{
	if (atomic_load(&w->file->n) != n || n > EXTERNAL_TABLES)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!external_has(w, tables[i]))
			return false;
	return true;
}

void
external_set_tables(struct external *w, const struct str *tables, size_t n)
{
	struct external_file	*f = w->file;

	/* While the list is written, every table counts as watched. */
	if (!same_list(w, tables, n)) {
		atomic_store(&f->n, ALL_TABLES);
		for (size_t i = 0; i < n && i < EXTERNAL_TABLES; i++)
			atomic_store(&f->table[i], hash_str(tables[i]));
		atomic_store(&f->n, n > EXTERNAL_TABLES ? ALL_TABLES : (uint32_t)n);
	}
	atomic_store(&f->known, w->requested);
}

void
external_forget_tables(struct external *w)
{
	atomic_fetch_add(&w->file->requested, 1);
}

int64_t
external_sweep_age(const struct external *w)
{
	int64_t	 swept = atomic_load(&w->file->swept_us);

	return swept == 0 ? -1 : clock_mono_us() - swept;
}
