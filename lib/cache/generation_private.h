#ifndef BRISK_GENERATION_PRIVATE_H
#define BRISK_GENERATION_PRIVATE_H
/*
 * generation_private - the layout of the generation file, for generation.c (the
 * file, snapshots) and generation_write.c (writers, sweeps).
 *
 * The layout is frozen: programs of different builds share the file.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "cache/generation.h"
#include "shm/shm_file.h"

#define CELLS		65536
#define ALL		CELLS		/* the cell of all answers */
#define OWNERS		256		/* slots: processes that write */
#define WRITES		64		/* of one owner, at the same time */
#define LOCK_AT		0x40000000	/* offset of the lock byte of slot 0, past the end */

struct file_head {
	char		 magic[8];
	uint32_t	 version, ncells;
	uint8_t		 boot[16];	/* boot id of the machine */
	uint64_t	 inode;
	uint64_t	 seed;		/* random: the first generations derive from it */
	int64_t		 born_us;	/* clock_mono_us() at creation */
	uint32_t	 owners, writes;
	uint8_t		 unused[64];
};

struct file_owner {
	_Atomic uint32_t	 used;
	_Atomic int32_t		 pid;		/* for humans */
};

/* States of a write. */
enum { FREE, FILLING, RAISED, DOUBT };

/* A write: steps 1 to n raise its cells, steps n + 1 to 2n lower them. */
struct generation_write {
	_Atomic uint32_t	 state;
	_Atomic uint32_t	 done;		/* last step, counted through all writes */
	uint32_t		 base;		/* `done` when this write began */
	uint32_t		 n;
	uint64_t		 writer;
	uint32_t		 cell[GENERATION_TAGS];
	uint8_t			 unused[40];
};

struct file_cell {
	_Atomic uint64_t	 generation;
	_Atomic uint64_t	 pending;	/* {count, write, step}: see generation_write.c */
	uint64_t		 published;	/* domains whose published answers read it */
};

struct generation_file {
	struct file_head	 head;
	struct file_owner	 owner[OWNERS];
	struct generation_write	 write[OWNERS * WRITES];
	struct file_cell	 cell[CELLS + 1];
};

_Static_assert(sizeof(struct file_head) == 128, "the layout is frozen");
_Static_assert(sizeof(struct file_owner) == 8, "the layout is frozen");
_Static_assert(sizeof(struct generation_write) == 128, "the layout is frozen");
_Static_assert(sizeof(struct file_cell) == 24, "the layout is frozen");

struct generations {
	struct generation_file	*file;
	char			*path;
	int			 fd;		/* for locks; not the descriptor of the map */
	bool			 remote;	/* on a network file system */
	atomic_bool		 replaced;
	_Atomic int64_t		 due_us;	/* next sweep */
	pthread_mutex_t		 lock;		/* of `owner`, and held during a sweep */
	int			 owner;		/* our slot; -1: none yet */
	_Atomic uint32_t	 next;		/* where to look for a free write */
};

static inline size_t
pending_count(const struct file_cell *c)
{
	return atomic_load_explicit(&c->pending, memory_order_acquire) >> 48;
}

/* The cells of the tags, ascending, without duplicates; returns their number. */
uint32_t	generation_cells(const struct str *tags, size_t n, uint32_t *cells);
void		generation_unmap(struct generation_file *);

#endif
