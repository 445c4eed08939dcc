#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "shm/lock.h"
#include "base/hash.h"
#include "base/clock.h"
#include "base/log.h"
#include "shm/shm_file.h"
#include "cache/external.h"

#define VERSION		1
#define LATE_US		1000000		/* a sweep is good for so long */
#define LOOK_NS		200000
#define MANY		(EXTERNAL_TABLES + 1)	/* all tables */

static const char	 magic[8] = "briskwtc";

/*
 * The list is known while `known` is what was asked for last: who reads it
 * notes `asked` before, so a change in between is not lost.
 */
struct file {
	char			 magic[8];
	uint32_t		 version, unused;
	uint64_t		 inode;
	_Atomic int64_t		 swept_us;	/* begin of the last sweep; 0: none */
	_Atomic uint64_t	 asked, known;
	_Atomic uint32_t	 n;
	_Atomic uint64_t	 table[EXTERNAL_TABLES];	/* hashes */
};

struct watch {
	struct file	*file;
	int		 fd;		/* of the lock: not the map's, see gen.c */
	pthread_mutex_t	 turn;		/* among the threads */
	int64_t		 began_us;	/* of ours */
	uint64_t	 asked;		/* when it began */
};

static bool
good(const void *p, uint64_t inode)
{
	const struct file	*f = p;

	return memcmp(f->magic, magic, sizeof(magic)) == 0 &&
	    f->version == VERSION && f->inode == inode;
}

static bool
fill(void *p, uint64_t inode)
{
	struct file	*f = p;

	memcpy(f->magic, magic, sizeof(magic));
	f->version = VERSION;
	f->inode = inode;
	f->asked = 1;
	return true;
}

static const struct shm_file_kind	 kind = { "watch", sizeof(struct file), good, fill };

struct watch *
external_open(const char *path)
{
	struct watch	*w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->file = shm_file_open(path, &kind);
	w->fd = open(path, O_RDWR | O_CLOEXEC);
	if (w->file == NULL || w->fd == -1 ||
	    pthread_mutex_init(&w->turn, NULL) != 0) {
		log_event(LOG_ERROR, "watch", "cannot use %s", path);
		if (w->fd != -1)
			close(w->fd);
		shm_file_close(w->file, &kind);
		free(w);
		return NULL;
	}
	return w;
}

void
external_close(struct watch *w)
{
	if (w == NULL)
		return;
	close(w->fd);
	shm_file_close(w->file, &kind);
	pthread_mutex_destroy(&w->turn);
	free(w);
}

bool
external_tables_known(const struct watch *w)
{
	return atomic_load(&w->file->known) == atomic_load(&w->file->asked);
}

bool
external_any(const struct watch *w)
{
	return atomic_load(&w->file->n) > 0;
}

bool
external_has(const struct watch *w, struct str table)
{
	uint32_t	 n = atomic_load(&w->file->n);
	uint64_t	 hash = hash_str(table);

	for (uint32_t i = 0; i < n && n < MANY; i++)
		if (atomic_load_explicit(&w->file->table[i],
		    memory_order_relaxed) == hash)
			return true;
	return n >= MANY;
}

/* A clock that began anew since is no proof. */
static bool
is_fresh(const struct watch *w)
{
	int64_t	 age = external_sweep_age(w);

	return age >= 0 && age < LATE_US;
}

bool
external_sweep_due(const struct watch *w, const struct str *tags, size_t n)
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
take(struct watch *w)
{
	if (pthread_mutex_trylock(&w->turn) != 0)
		return false;
	if (lock_take(w->fd, 0))
		return true;
	pthread_mutex_unlock(&w->turn);
	return false;
}

enum external_turn
external_begin_sweep(struct watch *w, int64_t wait_us)
{
	int64_t	 until = clock_mono_us() + wait_us;

	while (!take(w)) {
		if (clock_mono_us() > until)
			return EXTERNAL_BUSY;
		nanosleep(&(struct timespec){ 0, LOOK_NS }, NULL);
	}
	/* Who had the turn before us may have done it. */
	if (external_tables_known(w) && is_fresh(w)) {
		external_end_sweep(w, false);
		return EXTERNAL_SWEPT;
	}
	w->began_us = clock_mono_us();
	w->asked = atomic_load(&w->file->asked);
	return EXTERNAL_SWEEP;
}

void
external_end_sweep(struct watch *w, bool swept)
{
	/* The bumps came before: who sees this time sees them. */
	if (swept)
		atomic_store(&w->file->swept_us, w->began_us);
	lock_release(w->fd, 0);
	pthread_mutex_unlock(&w->turn);
}

static bool
same_list(const struct watch *w, const struct str *tables, size_t n)
{
	if (atomic_load(&w->file->n) != n || n > EXTERNAL_TABLES)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!external_has(w, tables[i]))
			return false;
	return true;
}

void
external_set_tables(struct watch *w, const struct str *tables, size_t n)
{
	struct file	*f = w->file;

	/* While it is written every table counts as watched. */
	if (!same_list(w, tables, n)) {
		atomic_store(&f->n, MANY);
		for (size_t i = 0; i < n && i < EXTERNAL_TABLES; i++)
			atomic_store(&f->table[i], hash_str(tables[i]));
		atomic_store(&f->n, n > EXTERNAL_TABLES ? MANY : (uint32_t)n);
	}
	atomic_store(&f->known, w->asked);
}

void
external_forget_tables(struct watch *w)
{
	atomic_fetch_add(&w->file->asked, 1);
}

int64_t
external_sweep_age(const struct watch *w)
{
	int64_t	 swept = atomic_load(&w->file->swept_us);

	return swept == 0 ? -1 : clock_mono_us() - swept;
}
