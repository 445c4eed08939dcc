/*
 * gen_write - what writers note, so that a death between raising and lowering
 * is made good by others.
 *
 * A write is a row of steps: raise each of its cells, (COMMIT), bump them all,
 * lower each.  Its entry in the file holds the cells, and how many steps are
 * done; whoever takes over from a dead writer, or from one who died taking
 * over, goes on where that says.  So it must never be wrong by one, although
 * changing a cell and counting the step are two writes to memory with room to
 * die in between:
 *
 *	A cell's `pending` is one word {count, entry, step}: the change and who
 *	made it are one compare-and-swap.  Before anybody changes the word again
 *	they first count the step that it names in its entry.
 *
 * So a step that was made is either named by its cell, or counted; taken()
 * looks at the cell first, then at the count, and knows.  No cell is lowered
 * twice, none is left raised.  Bumping is not counted: it is done after the
 * last raise and before the first lowering, again by whoever takes over there,
 * and once too often is only a miss.
 *
 * A dead writer may have sent COMMIT, and the server may still be at it: its
 * marks stay until its connection (`writer`) is seen gone.  Only then does a
 * bump come after all that it did.
 *
 * Steps are numbered through all writes of an entry, modulo 2^32.  A number
 * can be mistaken for an old one only if a cell rests for exactly 2^32 steps
 * of one entry and that entry's owner then dies between two instructions.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "shm/lock.h"
#include "cache/generation_private.h"
#include "base/log.h"

/* Parts of the word; the entry counts from 1, 0 is nobody's. */
#define COUNT(w)	((w) >> 48)
#define WHO(w)		((size_t)((w) >> 32 & 0xffff))
#define STEP(w)		((uint32_t)(w))

_Static_assert(OWNERS * ENTRIES < 0xffff, "entries have 16 bits of the word");

/* --- steps -------------------------------------------------------------------- */

/* Steps are counted one by one, so what was counted before stays as it is. */
static void
count(struct file *f, size_t who, uint32_t step)
{
	uint32_t	 before = step - 1;

	if (who != 0 && who <= OWNERS * ENTRIES)
		(void)atomic_compare_exchange_strong(&f->entry[who - 1].done,
		    &before, step);
}

static void
take_step(struct file *f, size_t who, uint32_t step, uint32_t cell, bool raise)
{
	_Atomic uint64_t	*p = &f->cell[cell].pending;
	uint64_t		 was = atomic_load(p), now;

	do {
		count(f, WHO(was), STEP(was));
		now = COUNT(was) + (raise ? 1 : UINT64_MAX);
		now = now << 48 | (uint64_t)who << 32 | step;
	} while (!atomic_compare_exchange_weak(p, &was, now));
	count(f, who, step);
}

/* How many steps of its write an entry whose owner is dead has done. */
static uint32_t
taken(struct file *f, size_t who)
{
	struct generation_write	*e = &f->entry[who - 1];
	uint32_t		 done = atomic_load(&e->done), at = done - e->base;
	uint64_t		 w;

	if (at >= 2 * e->n)
		return at;
	w = atomic_load(&f->cell[e->cell[at % e->n]].pending);
	if (WHO(w) == who && STEP(w) == done + 1)
		count(f, who, done + 1);
	return atomic_load(&e->done) - e->base;
}

static void
raise_from(struct file *f, size_t who, uint32_t at)
{
	struct generation_write	*e = &f->entry[who - 1];

	for (; at < e->n; at++)
		take_step(f, who, e->base + at + 1, e->cell[at], true);
}

static void
lower_from(struct file *f, size_t who, uint32_t at, bool bump)
{
	struct generation_write	*e = &f->entry[who - 1];
	uint32_t		 i;

	for (i = 0; bump && i < e->n; i++)
		atomic_fetch_add(&f->cell[e->cell[i]].generation, 1);
	for (; at < 2 * e->n; at++)
		take_step(f, who, e->base + at + 1, e->cell[at - e->n], false);
	atomic_store(&e->state, FREE);
}

/* The rest of a write that somebody else began. */
static void
finish(struct file *f, size_t who)
{
	uint32_t	 at = taken(f, who), n = f->entry[who - 1].n;

	raise_from(f, who, at);
	lower_from(f, who, at < n ? n : at, true);
}

/* --- slots -------------------------------------------------------------------- */

static off_t
slot_lock(size_t owner)
{
	return LOCK_AT + (off_t)owner;
}

/* The slot of a dead owner is ours to look after. */
static void
inherit(struct file *f, size_t owner)
{
	struct generation_write	*e = f->entry + owner * ENTRIES;
	size_t			 i;

	for (i = 0; i < ENTRIES; i++, e++) {
		/* It had not raised anything yet. */
		if (atomic_load(&e->state) == FILLING)
			atomic_store(&e->state, FREE);
		if (atomic_load(&e->state) == RAISED)
			atomic_store(&e->state, DOUBT);
	}
}

/* Under g->lock.  What a dead owner of the slot left is for the next sweep. */
static void
claim(struct gen *g)
{
	size_t	 i;

	for (i = 0; i < OWNERS && g->owner < 0; i++) {
		if (!lock_take(g->fd, slot_lock(i)))
			continue;
		inherit(g->file, i);
		atomic_store(&g->file->owner[i].used, 1);
		atomic_store(&g->file->owner[i].pid, (int32_t)getpid());
		g->owner = (int)i;
	}
	if (g->owner < 0)
		log_event(LOG_ERROR, "gen", "no slot to write with: %s",
		    strerror(errno));
}

/* Our slot, had at the first write: who only reads needs none. */
static int
own_slot(struct gen *g)
{
	int	 owner;

	pthread_mutex_lock(&g->lock);
	if (g->owner < 0)
		claim(g);
	owner = g->owner;
	pthread_mutex_unlock(&g->lock);
	return owner;
}

/* Finish what may be finished; false: something is left. */
static bool
settle(struct file *f, size_t owner, bool (*ended)(void *, uint64_t), void *arg)
{
	bool	 all = true;
	size_t	 i, at;

	for (i = 0; i < ENTRIES; i++) {
		at = owner * ENTRIES + i;
		if (atomic_load(&f->entry[at].state) != DOUBT)
			continue;
		if (ended(arg, f->entry[at].writer))
			finish(f, at + 1);
		else
			all = false;
	}
	return all;
}

void
generation_sweep(struct gen *g, bool (*ended)(void *, uint64_t), void *arg)
{
	struct file	*f = g->file;
	size_t		 i;

	if (pthread_mutex_trylock(&g->lock) != 0)
		return;
	if (g->owner >= 0)
		(void)settle(f, (size_t)g->owner, ended, arg);
	for (i = 0; i < OWNERS; i++) {
		if ((int)i == g->owner || atomic_load(&f->owner[i].used) == 0 ||
		    !lock_take(g->fd, slot_lock(i)))
			continue;
		inherit(f, i);
		if (settle(f, i, ended, arg))
			atomic_store(&f->owner[i].used, 0);
		lock_release(g->fd, slot_lock(i));
	}
	pthread_mutex_unlock(&g->lock);
}

void
generation_close(struct gen *g)
{
	struct generation_write	*e;
	bool			 clean = true;
	size_t			 i;

	if (g == NULL)
		return;
	if (g->owner >= 0) {
		e = g->file->entry + (size_t)g->owner * ENTRIES;
		for (i = 0; i < ENTRIES; i++)
			clean = clean && atomic_load(&e[i].state) == FREE;
		if (clean)
			atomic_store(&g->file->owner[g->owner].used, 0);
	}
	close(g->fd);
	generation_unmap(g->file);
	pthread_mutex_destroy(&g->lock);
	free(g->path);
	free(g);
}

/* --- writes ------------------------------------------------------------------- */

static struct generation_write *
free_entry(struct gen *g, size_t owner)
{
	struct generation_write	*e = g->file->entry + owner * ENTRIES, *one;
	uint32_t		 next = atomic_fetch_add(&g->next, 1), was;
	size_t			 i;

	for (i = 0; i < ENTRIES; i++) {
		one = &e[(next + i) % ENTRIES];
		was = FREE;
		if (atomic_compare_exchange_strong(&one->state, &was, FILLING))
			return one;
	}
	log_event(LOG_ERROR, "gen", "too many writes of unknown outcome");
	return NULL;
}

struct generation_write *
generation_begin_write(struct gen *g, const struct str *tags, size_t n, uint64_t writer)
{
	struct generation_write	*e;
	int			 owner;

	if (generation_replaced(g) || generation_young_us(g) > 0 || (owner = own_slot(g)) < 0 ||
	    (e = free_entry(g, (size_t)owner)) == NULL)
		return NULL;
	e->base = atomic_load(&e->done);
	e->writer = writer;
	if (n > GENERATION_TAGS) {
		e->n = 1;
		e->cell[0] = ALL;
	} else {
		e->n = generation_cells(tags, n, e->cell);
	}
	atomic_store(&e->state, RAISED);
	raise_from(g->file, (size_t)(e - g->file->entry) + 1, 0);
	return e;
}

void
generation_end_write(struct gen *g, struct generation_write *e, bool bump)
{
	lower_from(g->file, (size_t)(e - g->file->entry) + 1, e->n, bump);
}

void
generation_leave_pending(struct gen *g, struct generation_write *e)
{
	(void)g;
	atomic_store(&e->state, DOUBT);
}
