/*
 * generation_write - writes, recorded so that another process can finish them.
 *
 * A write is a sequence of steps: raise each of its cells, (COMMIT), bump all of
 * them, lower each.  Its record in the file holds the cells and the number of
 * steps done.  A process that takes over from a dead writer, or from a dead
 * process that was taking over, continues at that step.  So the number must be
 * exact, although changing a cell and counting the step are two writes to memory
 * and the process can die in between:
 *
 *	`pending` of a cell is one word {count, write, step}, changed by one
 *	compare-and-swap, so the word records its last change.  Before another
 *	change, the changing process counts that step in the record of its write.
 *
 * So a step that was made is named by its cell or counted in its record.
 * steps_done() reads the cell first and the record second, and so knows which
 * steps were made.  No cell is lowered twice, none stays raised.  Bumps are not
 * counted: they come after the last raise and before the first lowering, and
 * the process that takes over there repeats them.  A repeated bump costs a
 * needless miss.
 *
 * A dead writer may have sent COMMIT, and the server may still be committing.
 * Its cells stay raised until its connection (`writer`) is gone; only then is a
 * bump certain to come after the COMMIT.
 *
 * Steps are numbered through all writes of a record, modulo 2^32.  A number can
 * be mistaken only if a cell rests for exactly 2^32 steps of one record and the
 * owner of that record then dies between two instructions.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "cache/generation_private.h"
#include "shm/lock.h"

/* Parts of the word.  Writes are numbered from 1; 0 is none. */
#define COUNT(w)	((w) >> 48)
#define WRITE(w)	((size_t)((w) >> 32 & 0xffff))
#define STEP(w)		((uint32_t)(w))

_Static_assert(OWNERS * WRITES < 0xffff, "a write has 16 bits of the word");

/* --- steps ------------------------------------------------------------------ */

/* Steps are counted in order, so a step that was counted already changes nothing. */
static void
count_step(struct generation_file *f, size_t number, uint32_t step)
{
	uint32_t	 before = step - 1;

	if (number != 0 && number <= OWNERS * WRITES)
		(void)atomic_compare_exchange_strong(&f->write[number - 1].done,
		    &before, step);
}

/* One step: change the cell and name the step in it, then count the step. */
static void
take_step(struct generation_file *f, size_t number, uint32_t step, uint32_t cell,
    bool raise)
{
	_Atomic uint64_t	*p = &f->cell[cell].pending;
	uint64_t		 was = atomic_load(p), now;

	do {
		count_step(f, WRITE(was), STEP(was));
		now = COUNT(was) + (raise ? 1 : UINT64_MAX);
		now = now << 48 | (uint64_t)number << 32 | step;
	} while (!atomic_compare_exchange_weak(p, &was, now));
	count_step(f, number, step);
}

/* The number of steps done by a write whose owner is dead. */
static uint32_t
steps_done(struct generation_file *f, size_t number)
{
	struct generation_write	*wr = &f->write[number - 1];
	uint32_t		 done = atomic_load(&wr->done), at = done - wr->base;
	uint64_t		 w;

	if (at >= 2 * wr->n)
		return at;
	w = atomic_load(&f->cell[wr->cell[at % wr->n]].pending);
	if (WRITE(w) == number && STEP(w) == done + 1)
		count_step(f, number, done + 1);
	return atomic_load(&wr->done) - wr->base;
}

static void
raise_from(struct generation_file *f, size_t number, uint32_t at)
{
	struct generation_write	*wr = &f->write[number - 1];

	for (; at < wr->n; at++)
		take_step(f, number, wr->base + at + 1, wr->cell[at], true);
}

static void
lower_from(struct generation_file *f, size_t number, uint32_t at, bool bump)
{
	struct generation_write	*wr = &f->write[number - 1];
	uint32_t		 i;

	for (i = 0; bump && i < wr->n; i++)
		atomic_fetch_add(&f->cell[wr->cell[i]].generation, 1);
	for (; at < 2 * wr->n; at++)
		take_step(f, number, wr->base + at + 1, wr->cell[at - wr->n], false);
	atomic_store(&wr->state, FREE);
}

/* The remaining steps of a write that a dead process began. */
static void
finish_write(struct generation_file *f, size_t number)
{
	uint32_t	 at = steps_done(f, number), n = f->write[number - 1].n;

	raise_from(f, number, at);
	lower_from(f, number, at < n ? n : at, true);
}

/* --- slots -------------------------------------------------------------------- */

static off_t
slot_lock(size_t owner)
{
	return LOCK_AT + (off_t)owner;
}

/* We hold the lock of the slot, so its owner is dead. */
static void
inherit_slot(struct generation_file *f, size_t owner)
{
	struct generation_write	*wr = f->write + owner * WRITES;
	size_t			 i;

	for (i = 0; i < WRITES; i++, wr++) {
		/* Nothing is raised before the state is RAISED. */
		if (atomic_load(&wr->state) == FILLING)
			atomic_store(&wr->state, FREE);
		if (atomic_load(&wr->state) == RAISED)
			atomic_store(&wr->state, DOUBT);
	}
}

/* With g->lock held.  The next sweep finishes what a dead owner of the slot left. */
static void
claim_slot(struct generations *g)
{
	size_t	 i;

	for (i = 0; i < OWNERS && g->owner < 0; i++) {
		if (!lock_acquire(g->fd, slot_lock(i)))
			continue;
		inherit_slot(g->file, i);
		atomic_store(&g->file->owner[i].used, 1);
		atomic_store(&g->file->owner[i].pid, (int32_t)getpid());
		g->owner = (int)i;
	}
	if (g->owner < 0)
		log_event(LOG_ERROR, "generation", "no free slot to write with: %s",
		    strerror(errno));
}

/* Our slot, claimed at the first write: a process that only reads needs none. */
static int
own_slot(struct generations *g)
{
	int	 owner;

	pthread_mutex_lock(&g->lock);
	if (g->owner < 0)
		claim_slot(g);
	owner = g->owner;
	pthread_mutex_unlock(&g->lock);
	return owner;
}

/* Finish the writes whose connection is gone; false: some are left. */
static bool
finish_slot(struct generation_file *f, size_t owner,
    bool (*writer_gone)(void *, uint64_t), void *arg)
{
	bool	 all = true;
	size_t	 i, at;

	for (i = 0; i < WRITES; i++) {
		at = owner * WRITES + i;
		if (atomic_load(&f->write[at].state) != DOUBT)
			continue;
		if (writer_gone(arg, f->write[at].writer))
			finish_write(f, at + 1);
		else
			all = false;
	}
	return all;
}

void
generation_sweep(struct generations *g, bool (*writer_gone)(void *, uint64_t),
    void *arg)
{
	struct generation_file	*f = g->file;
	size_t			 i;

	if (pthread_mutex_trylock(&g->lock) != 0)
		return;
	if (g->owner >= 0)
		(void)finish_slot(f, (size_t)g->owner, writer_gone, arg);
	for (i = 0; i < OWNERS; i++) {
		if ((int)i == g->owner || atomic_load(&f->owner[i].used) == 0 ||
		    !lock_acquire(g->fd, slot_lock(i)))
			continue;
		inherit_slot(f, i);
		if (finish_slot(f, i, writer_gone, arg))
			atomic_store(&f->owner[i].used, 0);
		lock_release(g->fd, slot_lock(i));
	}
	pthread_mutex_unlock(&g->lock);
}

void
generation_close(struct generations *g)
{
	struct generation_write	*wr;
	bool			 clean = true;
	size_t			 i;

	if (g == NULL)
		return;
	if (g->owner >= 0) {
		wr = g->file->write + (size_t)g->owner * WRITES;
		for (i = 0; i < WRITES; i++)
			clean = clean && atomic_load(&wr[i].state) == FREE;
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
free_write(struct generations *g, size_t owner)
{
	struct generation_write	*wr = g->file->write + owner * WRITES, *one;
	uint32_t		 next = atomic_fetch_add(&g->next, 1), was;
	size_t			 i;

	for (i = 0; i < WRITES; i++) {
		one = &wr[(next + i) % WRITES];
		was = FREE;
		if (atomic_compare_exchange_strong(&one->state, &was, FILLING))
			return one;
	}
	log_event(LOG_ERROR, "generation", "too many writes of unknown outcome");
	return NULL;
}

struct generation_write *
generation_begin_write(struct generations *g, const struct str *tags, size_t n,
    uint64_t writer)
{
	struct generation_write	*wr;
	int			 owner;

	if (generation_replaced(g) || generation_young_us(g) > 0 ||
	    (owner = own_slot(g)) < 0 || (wr = free_write(g, (size_t)owner)) == NULL)
		return NULL;
	wr->base = atomic_load(&wr->done);
	wr->writer = writer;
	if (n > GENERATION_TAGS) {
		wr->n = 1;
		wr->cell[0] = ALL;
	} else {
		wr->n = generation_cells(tags, n, wr->cell);
	}
	atomic_store(&wr->state, RAISED);
	raise_from(g->file, (size_t)(wr - g->file->write) + 1, 0);
	return wr;
}

void
generation_end_write(struct generations *g, struct generation_write *wr, bool bump)
{
	lower_from(g->file, (size_t)(wr - g->file->write) + 1, wr->n, bump);
}

void
generation_leave_pending(struct generations *g, struct generation_write *wr)
{
	(void)g;
	atomic_store(&wr->state, DOUBT);
}
