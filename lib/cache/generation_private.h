#ifndef BRISK_GENERATION_PRIVATE_H
#define BRISK_GENERATION_PRIVATE_H
/*
 * gen_private - the file of the generations, for gen.c (the file, marks) and
 * gen_write.c (what writers note).  Its layout is frozen: every build reads
 * every other's.
 */
#include <pthread.h>
#include <stdatomic.h>
#include "cache/generation.h"
#include "shm/shm_file.h"

#define CELLS		65536
#define ALL		CELLS		/* the cell of all answers */
#define OWNERS		256
#define ENTRIES		64		/* of one owner */
#define LOCK_AT		0x40000000	/* byte of owner 0's lock, behind the end */

struct head {
	char		 magic[8];
	uint32_t	 version, ncells;
	uint8_t		 boot[16];
	uint64_t	 inode, first;	/* random: generations begin with it */
	int64_t		 born_us;	/* clock_mono_us() */
	uint32_t	 owners, entries;
	uint8_t		 unused[64];
};

struct upstream {
	_Atomic uint32_t	 used;
	_Atomic int32_t		 pid;		/* for people */
};

enum { FREE, FILLING, RAISED, DOUBT };

/* A write: raises each of its cells (steps 1 to n), lowers each (to 2n). */
struct generation_write {
	_Atomic uint32_t	 state;
	_Atomic uint32_t	 done;		/* its last step, counted for ever */
	uint32_t		 base;		/* `done` when this write began */
	uint32_t		 n;
	uint64_t		 writer;
	uint32_t		 cell[GENERATION_TAGS];
	uint8_t			 unused[40];
};

struct cell {
	_Atomic uint64_t	 generation;
	_Atomic uint64_t	 pending;	/* a count, and who changed it last */
	uint64_t		 published;	/* domains whose published answers read it */
};

struct file {
	struct head		 head;
	struct upstream		 owner[OWNERS];
	struct generation_write	 entry[OWNERS * ENTRIES];
	struct cell		 cell[CELLS + 1];
};

_Static_assert(sizeof(struct head) == 128, "frozen");
_Static_assert(sizeof(struct upstream) == 8, "frozen");
_Static_assert(sizeof(struct generation_write) == 128, "frozen");
_Static_assert(sizeof(struct cell) == 24, "frozen");

struct gen {
	struct file		*file;
	char			*path;
	int			 fd;		/* not the map's: for locks, see gen.c */
	bool			 remote;	/* on a network file system */
	atomic_bool		 lost;
	_Atomic int64_t		 due_us;
	pthread_mutex_t		 lock;		/* of what follows, and of a sweep */
	int			 owner;		/* our slot; -1: none yet */
	_Atomic uint32_t	 next;		/* where to look for a free entry */
};

static inline size_t
pending_of(const struct cell *c)
{
	return atomic_load_explicit(&c->pending, memory_order_acquire) >> 48;
}

/* The cells of these tags, in rising order, each once. */
uint32_t	generation_cells(const struct str *tags, size_t n, uint32_t *cells);
void		generation_unmap(struct file *);

#endif
