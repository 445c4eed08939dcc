#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "cache/flight.h"
#include "shm/shm_file.h"

#define PLACES		16384		/* words in the file */
#define VERSION		1
#define WAIT_MS		2		/* between checks of a word */

/*
 * A word is 0 (free) or holds, from the highest bit: TAKING (1 bit: the hash is
 * about to be written), the time in milliseconds of clock_mono_us() until which
 * others wait (40 bits, after one unused), and the pid of the leader (22 bits).
 */
#define TAKING		((uint64_t)1 << 63)
#define UNTIL(w)	((int64_t)((w) >> 22 & 0xffffffffff))
#define PID(w)		((pid_t)((w) & 0x3fffff))

struct place {
	_Atomic uint64_t	 word, hash;
};

struct flight_file {
	char		 magic[8];
	uint32_t	 version, places;
	struct place	 place[PLACES];
};

struct flights {
	struct flight_file	*file;
};

static const struct shm_file_kind	 kind = { .room = "flight", .magic = "briskfil",
	.version = VERSION, .layout = PLACES, .size = sizeof(struct flight_file) };

struct flights *
flight_open(const char *path)
{
	struct flights	*f = malloc(sizeof(*f));

	if (f == NULL || (f->file = shm_file_open(path, &kind)) == NULL) {
		free(f);
		return NULL;
	}
	return f;
}

void
flight_close(struct flights *f)
{
	if (f == NULL)
		return;
	shm_file_close(f->file, &kind);
	free(f);
}

/* Is the word free, or its leader late or dead? */
static bool
is_vacant(uint64_t w)
{
	return w == 0 || UNTIL(w) < clock_mono_us() / 1000 ||
	    (PID(w) != getpid() && kill(PID(w), 0) != 0 && errno == ESRCH);
}

static bool
take_word(struct place *p, uint64_t was, int64_t bound_us, struct flight_slot *slot)
{
	int64_t	 until = (clock_mono_us() + bound_us) / 1000;

	slot->word = (uint64_t)until << 22 | (uint64_t)getpid();
	if (!atomic_compare_exchange_strong(&p->word, &was, slot->word | TAKING))
		return false;
	atomic_store(&p->hash, slot->hash);
	/* Fails if we were so slow that another request took over. */
	was = slot->word | TAKING;
	return atomic_compare_exchange_strong(&p->word, &was, slot->word);
}

enum flight_role
flight_begin(struct flights *f, uint64_t hash, int64_t bound_us, struct flight_slot *slot)
{
	struct place	*p;
	uint64_t	 w, held;

	*slot = (struct flight_slot){ .hash = hash, .place = hash % PLACES };
	p = &f->file->place[slot->place];
	for (;;) {
		w = atomic_load(&p->word);
		if (is_vacant(w)) {
			if (take_word(p, w, bound_us, slot))
				return FLIGHT_LEADER;
			continue;
		}
		if (w & TAKING) {
			sched_yield();
			continue;
		}
		held = atomic_load(&p->hash);
		if (atomic_load(&p->word) != w)
			continue;
		slot->word = w;
		return held == hash ? FLIGHT_FOLLOWER : FLIGHT_COLLISION;
	}
}

enum flight_result
flight_wait(struct flights *f, const struct flight_slot *slot, int64_t until_us)
{
	struct place	*p = &f->file->place[slot->place];
	uint64_t	 w;

	for (;;) {
		w = atomic_load(&p->word);
		if (w == 0 || atomic_load(&p->hash) != slot->hash)
			return FLIGHT_DONE;
		if (w != slot->word)
			return FLIGHT_ABANDONED;
		if (is_vacant(w))
			return FLIGHT_ABANDONED;
		if (clock_mono_us() >= until_us)
			return FLIGHT_TIMEOUT;
		(void)poll(NULL, 0, WAIT_MS);
	}
}

void
flight_end(struct flights *f, const struct flight_slot *slot)
{
	uint64_t	 w = slot->word;

	(void)atomic_compare_exchange_strong(&f->file->place[slot->place].word, &w, 0);
}
