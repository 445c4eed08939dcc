/* limit - the places of subjects, and what is taken from them. */
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
#define LOCK_TRIES	500		/* of a millisecond each: its holder may wait for a processor */
#define SKEW_US		60000000	/* nobody read the clock so long before taking */
#define KEY_BYTES	(LIMIT_KEY * sizeof(uint64_t))
#define KEY_DIGEST	255		/* where a length stands: what follows is a digest */

struct limit {
	struct limit_file	*file;
	int			 fd;	/* whose description the locks belong to */
	pthread_mutex_t		 lock;	/* as they do not tell threads apart */
};

static bool
is_valid(const void *p, uint64_t inode)
{
	const struct limit_file	*f = p;

	return f->rows == LIMIT_ROWS && f->places == LIMIT_PLACES && f->inode == inode;
}

static bool
init_new_file(void *p, uint64_t inode)
{
	struct limit_file	*f = p;

	f->rows = LIMIT_ROWS;
	f->places = LIMIT_PLACES;
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
limit_look(const char *path)
{
	return shm_file_open_readonly(path, &kind);
}

/*
 * The name itself with its length before it; of a long one its digest.  The
 * hash has a seed, so that nobody can choose whom to meet in a row.
 */
void
limit_key_of(const struct limit_file *f, struct str subject, struct limit_key *k)
{
	uint8_t	 bytes[KEY_BYTES] = { 0 };

	if (subject.n + 1 < KEY_BYTES) {
		bytes[0] = (uint8_t)(subject.n + 1);
		if (subject.n > 0)
			memcpy(bytes + 1, subject.p, subject.n);
	} else {
		bytes[0] = KEY_DIGEST;
		/* Without a digest, what is long is one subject. */
		(void)!crypto_sha256(subject, bytes + 1);
	}
	memcpy(k->word, bytes, sizeof(k->word));
	k->hash = f->seed;
	for (size_t i = 0; i < LIMIT_KEY; i++)
		k->hash = hash_mix(k->hash ^ k->word[i]);
}

size_t
limit_row_number(const struct limit_key *k)
{
	return k->hash % LIMIT_ROWS;
}

static bool
holds(const struct limit_place *p, const struct limit_key *k)
{
	if (atomic_load(&p->hash) != k->hash)
		return false;
	for (size_t i = 0; i < LIMIT_KEY; i++)
		if (atomic_load(&p->key[i]) != k->word[i])
			return false;
	return true;
}

/* The subject's place and its word; it was the subject's while it had that. */
static struct limit_place *
find(struct limit_row *row, const struct limit_key *k, uint64_t *word)
{
	for (size_t i = 1; i < LIMIT_PLACES; i++) {
		struct limit_place	*p = &row->place[i];
		uint64_t		 was = atomic_load(&p->word);

		if ((was & WORD_BUSY) || !holds(p, k))
			continue;
		*word = atomic_load(&p->word);
		if (((was ^ *word) & (WORD_BUSY | WORD_OWNER)) == 0)
			return p;
	}
	return NULL;
}

/*
 * Under the row's lock: the place with the least debt becomes the subject's,
 * debt and all.  One that nobody uses has none.  NULL: somebody took from it
 * just now, look again.
 */
static struct limit_place *
take_over(struct limit_row *row, const struct limit_key *k, uint64_t *word)
{
	struct limit_place	*least = NULL;
	uint64_t		 was = UINT64_MAX, next;

	for (size_t i = 1; i < LIMIT_PLACES; i++) {
		uint64_t	 w = atomic_load(&row->place[i].word);

		if (least == NULL || w >> WORD_SHIFT < was >> WORD_SHIFT) {
			least = &row->place[i];
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

/* The kernel gives back the lock of one that dies; a stopped one is not waited for. */
static bool
lock_row(struct limit *l, off_t number)
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

/* A place for one that has none; that of nobody, where the row is not to be had. */
static struct limit_place *
claim(struct limit *l, struct limit_row *row, const struct limit_key *k,
    uint64_t *word)
{
	off_t			 number = row - &l->file->row[0][0];
	struct limit_place	*p = NULL;

	pthread_mutex_lock(&l->lock);
	if (lock_row(l, number)) {
		p = find(row, k, word);
		while (p == NULL)
			p = take_over(row, k, word);
		lock_release(l->fd, number);
	} else {
		log_event(LOG_WARN, "limit", "row %lld is not to be had: %s", (long long)number,
		    strerror(errno));
		p = &row->place[0];
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
 * One step of GCRA, in microseconds: the next theoretical arrival time, or the
 * same where it is refused.  One much further ahead than a burst reaches was
 * left by another rate, or by a clock that was set back: it is brought near.
 */
static int64_t
arrive(int64_t tat, struct conf_rate rate, int64_t cost, int64_t now,
    struct limit_state *st)
{
	int64_t	 each = rate.seconds * 1000000 / rate.many, burst = each * rate.many;
	int64_t	 debt = tat - now;

	if (debt > burst + SKEW_US)
		tat = now + burst;
	debt = debt < 0 ? 0 : debt > burst ? burst : debt;
	st->passed = cost <= (burst - debt) / each;
	if (st->passed)
		debt += cost * each;
	st->remaining = (burst - debt) / each;
	st->reset = seconds_of(!st->passed ? debt + cost * each - burst :
	    st->remaining == 0 ? debt + each - burst : debt);
	return st->passed ? now + debt : tat;
}

void
limit_take(struct limit *l, enum limit_class class, struct conf_rate rate,
    struct str subject, int64_t cost, int64_t now_ms, struct limit_state *st)
{
	struct limit_place	*p;
	struct limit_row	*row;
	struct limit_key	 key;
	uint64_t		 word, next;

	limit_key_of(l->file, subject, &key);
	row = &l->file->row[class][limit_row_number(&key)];
	do {
		if ((p = find(row, &key, &word)) == NULL)
			p = claim(l, row, &key, &word);
		next = (uint64_t)arrive((int64_t)(word >> WORD_SHIFT), rate, cost,
		    now_ms * 1000, st) << WORD_SHIFT | (word & WORD_OWNER);
	} while (next != word && !atomic_compare_exchange_strong(&p->word, &word, next));
}
