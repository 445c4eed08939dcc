/* limit - the slots of subjects, and GCRA. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/lock.h"
#include "route/limit_private.h"

#include "crypto/crypto.h"
#include "base/hash.h"
#include "base/log.h"
#include "shm/shm_file.h"

#define VERSION		1
#define LOCK_TRIES	500		/* 1 ms apart: the holder of the lock may wait for a CPU */
#define SKEW_US		60000000	/* more than the time between reading the clock and the update */
#define KEY_BYTES	(LIMIT_KEY * sizeof(uint64_t))
#define KEY_DIGEST	255		/* instead of a length: a digest follows */

struct limit {
	struct limit_file	*file;
	int			 fd;	/* owns the file locks */
	pthread_mutex_t		 lock;	/* file locks do not exclude threads of one process */
};

static bool
is_valid(const void *p, uint64_t inode)
{
	const struct limit_file	*f = p;

	return f->sets == LIMIT_SETS && f->slots == LIMIT_SLOTS && f->inode == inode;
}

static bool
init_new_file(void *p, uint64_t inode)
{
	struct limit_file	*f = p;

	f->sets = LIMIT_SETS;
	f->slots = LIMIT_SLOTS;
	f->inode = inode;
	return getrandom(&f->seed, sizeof(f->seed), 0) == (ssize_t)sizeof(f->seed);
}

static const struct shm_file_kind	 kind = { .room = "limit", .magic = "brisklim",
	.version = VERSION, .layout = LIMIT_CLASSES, .size = sizeof(struct limit_file),
	.is_valid = is_valid, .init = init_new_file };

struct limit *
limit_open(const char *path)
{
	struct limit	*l = calloc(1, sizeof(*l));

	if (l == NULL ||
	    (l->file = shm_file_open_with_locks(path, &kind, &l->fd)) == NULL) {
		free(l);
		return NULL;
	}
	pthread_mutex_init(&l->lock, NULL);
	return l;
}

void
limit_close(struct limit *l)
{
	if (l == NULL)
		return;
	close(l->fd);
	shm_file_close(l->file, &kind);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

const struct limit_file *
limit_open_readonly(const char *path)
{
	return shm_file_open_readonly(path, &kind);
}

/*
 * The key is the length of the name and the name, or the digest of a long name.  The
 * hash is seeded, so that a client cannot choose which subjects share its set.
 */
void
limit_key_init(const struct limit_file *f, struct str subject, struct limit_key *k)
{
	uint8_t	 bytes[KEY_BYTES] = { 0 };

	if (subject.n + 1 < KEY_BYTES) {
		bytes[0] = (uint8_t)(subject.n + 1);
		if (subject.n > 0)
			memcpy(bytes + 1, subject.p, subject.n);
	} else {
		bytes[0] = KEY_DIGEST;
		/* If the digest fails, all long names share one quota. */
		(void)!crypto_sha256(subject, bytes + 1);
	}
	memcpy(k->word, bytes, sizeof(k->word));
	k->hash = f->seed;
	for (size_t i = 0; i < LIMIT_KEY; i++)
		k->hash = hash_mix(k->hash ^ k->word[i]);
}

size_t
limit_set_number(const struct limit_key *k)
{
	return k->hash % LIMIT_SETS;
}

static bool
has_key(const struct limit_slot *p, const struct limit_key *k)
{
	if (atomic_load(&p->hash) != k->hash)
		return false;
	for (size_t i = 0; i < LIMIT_KEY; i++)
		if (atomic_load(&p->key[i]) != k->word[i])
			return false;
	return true;
}

/* The subject's slot and its word; the slot belonged to the subject with that word. */
static struct limit_slot *
find_slot(struct limit_set *set, const struct limit_key *k, uint64_t *word)
{
	for (size_t i = 1; i < LIMIT_SLOTS; i++) {
		struct limit_slot	*p = &set->slot[i];
		uint64_t		 was = atomic_load(&p->word);

		if ((was & WORD_BUSY) || !has_key(p, k))
			continue;
		*word = atomic_load(&p->word);
		if (((was ^ *word) & (WORD_BUSY | WORD_OWNER)) == 0)
			return p;
	}
	return NULL;
}

/*
 * With the set's lock held: give the slot with the least debt, and its debt, to the
 * subject.  An unused slot has no debt.  NULL: a request has just used the slot; try
 * again.
 */
static struct limit_slot *
replace_slot(struct limit_set *set, const struct limit_key *k, uint64_t *word)
{
	struct limit_slot	*least = NULL;
	uint64_t		 was = UINT64_MAX, next;

	for (size_t i = 1; i < LIMIT_SLOTS; i++) {
		uint64_t	 w = atomic_load(&set->slot[i].word);

		if (least == NULL || w >> WORD_SHIFT < was >> WORD_SHIFT) {
			least = &set->slot[i];
			was = w;
		}
	}
	next = (was & ~(WORD_BUSY | WORD_OWNER)) | ((was + 1) & WORD_OWNER);
	if (!atomic_compare_exchange_strong(&least->word, &was, next | WORD_BUSY))
		return NULL;
	atomic_store(&least->hash, k->hash);
	for (size_t i = 0; i < LIMIT_KEY; i++)
		atomic_store(&least->key[i], k->word[i]);
	*word = next;
	atomic_store(&least->word, next);
	return least;
}

/* The kernel releases the lock of a process that dies.  Give up on a stopped process. */
static bool
lock_set(struct limit *l, off_t number)
{
	int	 tries = LOCK_TRIES;

	while (!lock_acquire(l->fd, number)) {
		if ((errno != EAGAIN && errno != EACCES && errno != EINTR) ||
		    tries-- == 0)
			return false;
		(void)poll(NULL, 0, 1);
	}
	return true;
}

/* A slot for a new subject; the shared slot 0 if the set cannot be locked. */
static struct limit_slot *
claim_slot(struct limit *l, struct limit_set *set, const struct limit_key *k,
    uint64_t *word)
{
	off_t			 number = set - &l->file->set[0][0];
	struct limit_slot	*p = NULL;

	pthread_mutex_lock(&l->lock);
	if (lock_set(l, number)) {
		p = find_slot(set, k, word);
		while (p == NULL)
			p = replace_slot(set, k, word);
		lock_release(l->fd, number);
	} else {
		log_event(LOG_WARN, "limit", "cannot lock set %lld of the quotas, "
		    "new subjects share one quota: %s", (long long)number, strerror(errno));
		p = &set->slot[0];
		*word = atomic_load(&p->word);
	}
	pthread_mutex_unlock(&l->lock);
	return p;
}

static int64_t
seconds_of(int64_t us)
{
	return us <= 0 ? 0 : (us + 999999) / 1000000;
}

/*
 * One step of GCRA, in microseconds: returns the next theoretical arrival time, or the
 * same if the request is refused.  A time further ahead than a burst allows was left
 * by another rate or by a clock that was set back; it is corrected.
 */
static int64_t
gcra_step(int64_t tat, struct conf_rate rate, int64_t cost, int64_t now,
    struct limit_state *st)
{
	int64_t	 each = rate.seconds * 1000000 / rate.many, burst = each * rate.many;
	int64_t	 debt = tat - now;

	if (debt > burst + SKEW_US)
		tat = now + burst;
	debt = debt < 0 ? 0 : debt > burst ? burst : debt;
	st->allowed = cost <= (burst - debt) / each;
	if (st->allowed)
		debt += cost * each;
	st->remaining = (burst - debt) / each;
	st->reset = seconds_of(!st->allowed ? debt + cost * each - burst :
	    st->remaining == 0 ? debt + each - burst : debt);
	return st->allowed ? now + debt : tat;
}

void
limit_take(struct limit *l, enum limit_class class, struct conf_rate rate,
    struct str subject, int64_t cost, int64_t now_ms, struct limit_state *st)
{
	struct limit_slot	*p;
	struct limit_set	*set;
	struct limit_key	 key;
	uint64_t		 word, next;

	limit_key_init(l->file, subject, &key);
	set = &l->file->set[class][limit_set_number(&key)];
	do {
		if ((p = find_slot(set, &key, &word)) == NULL)
			p = claim_slot(l, set, &key, &word);
		next = (uint64_t)gcra_step((int64_t)(word >> WORD_SHIFT), rate, cost,
		    now_ms * 1000, st) << WORD_SHIFT | (word & WORD_OWNER);
	} while (next != word && !atomic_compare_exchange_strong(&p->word, &word, next));
}
