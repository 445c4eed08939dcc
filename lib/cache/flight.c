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

#define PLACES		16384
#define VERSION		1
#define WAIT_MS		2		/* between looks at a word */

/*
 * A word: 0, or taking (1 bit: its hash is about to be written), the time in
 * milliseconds that it is waited for (40), pid (22).
 */
#define TAKING		((uint64_t)1 << 63)
#define UNTIL(w)	((int64_t)((w) >> 22 & 0xffffffffff))
#define PID(w)		((pid_t)((w) & 0x3fffff))

struct place {
	_Atomic uint64_t	 word, hash;
};

struct fill_file {
	char		 magic[8];
	uint32_t	 version, places;
	struct place	 place[PLACES];
};

struct fill {
	struct fill_file	*file;
};

static const char	 magic[8] = "briskfil";

static bool
good(const void *p, uint64_t inode)
{
	const struct fill_file	*f = p;

	(void)inode;
	return memcmp(f->magic, magic, sizeof(magic)) == 0 &&
	    f->version == VERSION && f->places == PLACES;
}

static bool
make(void *p, uint64_t inode)
{
	struct fill_file	*f = p;

	(void)inode;
	memcpy(f->magic, magic, sizeof(magic));
	f->version = VERSION;
	f->places = PLACES;
	return true;
}

static const struct shm_file_kind	 kind = { "fill", sizeof(struct fill_file),
	good, make };

struct fill *
flight_open(const char *path)
{
	struct fill	*f = malloc(sizeof(*f));

	if (f == NULL || (f->file = shm_file_open(path, &kind)) == NULL) {
		free(f);
		return NULL;
	}
	return f;
}

void
flight_close(struct fill *f)
{
	if (f == NULL)
		return;
	shm_file_close(f->file, &kind);
	free(f);
}

/* Nobody is to be waited for: free, late, or its holder died. */
static bool
vacant(uint64_t w)
{
	return w == 0 || UNTIL(w) < clock_mono_us() / 1000 ||
	    (PID(w) != getpid() && kill(PID(w), 0) != 0 && errno == ESRCH);
}

static bool
take(struct place *p, uint64_t was, int64_t bound_us, struct flight_slot *t)
{
	int64_t	 until = (clock_mono_us() + bound_us) / 1000;

	t->word = (uint64_t)until << 22 | (uint64_t)getpid();
	if (!atomic_compare_exchange_strong(&p->word, &was, t->word | TAKING))
		return false;
	atomic_store(&p->hash, t->hash);
	/* Fails when we took so long that another took over. */
	was = t->word | TAKING;
	return atomic_compare_exchange_strong(&p->word, &was, t->word);
}

enum flight_role
flight_begin(struct fill *f, uint64_t hash, int64_t bound_us, struct flight_slot *t)
{
	struct place	*p;
	uint64_t	 w, held;

	*t = (struct flight_slot){ .hash = hash, .place = hash % PLACES };
	p = &f->file->place[t->place];
	for (;;) {
		w = atomic_load(&p->word);
		if (vacant(w)) {
			if (take(p, w, bound_us, t))
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
		t->word = w;
		return held == hash ? FLIGHT_FOLLOWER : FLIGHT_COLLISION;
	}
}

enum flight_result
flight_wait(struct fill *f, const struct flight_slot *t, int64_t until_us)
{
	struct place	*p = &f->file->place[t->place];
	uint64_t	 w;

	for (;;) {
		w = atomic_load(&p->word);
		if (w == 0 || atomic_load(&p->hash) != t->hash)
			return FLIGHT_DONE;
		if (w != t->word)
			return FLIGHT_ABANDONED;
		if (vacant(w))
			return FLIGHT_ABANDONED;
		if (clock_mono_us() >= until_us)
			return FLIGHT_TIMEOUT;
		(void)poll(NULL, 0, WAIT_MS);
	}
}

void
flight_end(struct fill *f, const struct flight_slot *t)
{
	uint64_t	 w = t->word;

	(void)atomic_compare_exchange_strong(&f->file->place[t->place].word, &w, 0);
}
