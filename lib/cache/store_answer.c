/*
 * store_answer - cache entries: an answer with its expiry and its generations.
 *
 * An entry is, in the byte order of the host (the generations it is compared
 * with belong to this host, too):
 *
 *	u8 format, i64 expiry (clock_mono_us),
 *	u32 n, n times u32 cell, n times u64 generation,
 *	status, modified, and four texts, each u32 length and bytes
 */
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "cache/cache.h"
#include "cache/lru.h"
#include "cache/store_answer.h"
#include "cache/store_sweep.h"
#include "crypto/crypto.h"

/* Incremented when the layout changes: an old entry is then a miss. */
#define ENTRY_FORMAT	2

/* Reads an entry from its start; `bad` stays set after a read past the end. */
struct reader {
	struct str	 rest;
	bool		 bad;
};

static void
read_bytes(struct reader *r, void *out, size_t n)
{
	if (r->bad || r->rest.n < n) {
		r->bad = true;
		memset(out, 0, n);
		return;
	}
	memcpy(out, r->rest.p, n);
	r->rest = str_from(r->rest, n);
}

/* An absent text has the length UINT32_MAX. */
static struct str
read_text(struct reader *r)
{
	uint32_t	 n;
	struct str	 s;

	read_bytes(r, &n, sizeof(n));
	if (r->bad || r->rest.n < n || n == UINT32_MAX) {
		r->bad |= n != UINT32_MAX;
		return (struct str){ NULL, 0 };
	}
	s = (struct str){ r->rest.p, n };
	r->rest = str_from(r->rest, n);
	return s;
}

static void
write_text(struct buf *b, struct str s)
{
	uint32_t	 n = s.p == NULL ? UINT32_MAX : (uint32_t)s.n;

	buf_put(b, &n, sizeof(n));
	buf_put(b, s.p, s.n);
}

static void
write_snapshot(struct buf *b, const struct generation_snapshot *m)
{
	uint32_t	 n = (uint32_t)m->n;

	buf_put(b, &n, sizeof(n));
	buf_put(b, m->cell, m->n * sizeof(m->cell[0]));
	buf_put(b, m->generation, m->n * sizeof(m->generation[0]));
}

static void
read_snapshot(struct reader *r, struct generation_snapshot *m)
{
	uint32_t	 n;

	read_bytes(r, &n, sizeof(n));
	if (n > NELEMS(m->cell)) {
		r->bad = true;
		n = 0;
	}
	m->n = n;
	read_bytes(r, m->cell, n * sizeof(m->cell[0]));
	read_bytes(r, m->generation, n * sizeof(m->generation[0]));
}

static bool
same_cells(const struct generation_snapshot *a, const struct generation_snapshot *b)
{
	return a->n == b->n &&
	    memcmp(a->cell, b->cell, a->n * sizeof(a->cell[0])) == 0;
}

/* An entry without its answer. */
struct entry {
	struct generation_snapshot	 snapshot;
	int64_t				 until_us;
};

static bool
entry_read(struct str bytes, struct entry *e, struct store_answer *out)
{
	struct reader	 r = { bytes, false };
	uint8_t		 format;

	read_bytes(&r, &format, sizeof(format));
	if (format != ENTRY_FORMAT)
		return false;
	read_bytes(&r, &e->until_us, sizeof(e->until_us));
	read_snapshot(&r, &e->snapshot);
	read_bytes(&r, &out->status, sizeof(out->status));
	read_bytes(&r, &out->modified, sizeof(out->modified));
	out->type = read_text(&r);
	out->etag = read_text(&r);
	out->link = read_text(&r);
	out->body = read_text(&r);
	return !r.bad && r.rest.n == 0;
}

static void
entry_write(struct buf *b, const struct entry *e, const struct store_answer *a)
{
	const uint8_t	 format = ENTRY_FORMAT;

	buf_put(b, &format, sizeof(format));
	buf_put(b, &e->until_us, sizeof(e->until_us));
	write_snapshot(b, &e->snapshot);
	buf_put(b, &a->status, sizeof(a->status));
	buf_put(b, &a->modified, sizeof(a->modified));
	write_text(b, a->type);
	write_text(b, a->etag);
	write_text(b, a->link);
	write_text(b, a->body);
}

/* Is it an entry of these tags that has not expired and is not invalidated? */
static bool
is_usable(struct store *st, const struct store_lookup *l, struct str bytes,
    struct store_answer *out)
{
	struct entry	 e;

	return entry_read(bytes, &e, out) && same_cells(&e.snapshot, &l->snapshot) &&
	    clock_mono_us() < e.until_us &&
	    generation_fresh(st->generations, &e.snapshot);
}

/* May the answer go through memcached? */
static bool
is_shared(const struct store *st, const struct store_lookup *l)
{
	return !cache_down(st->cache) && (!l->is_private || cache_is_private(st->cache));
}

static enum cache_outcome
get_from_levels(struct store *st, const struct store_lookup *l, struct store_answer *out)
{
	struct str	 bytes;

	if (lru_get(st->lru, st->arena, l->key, &bytes) && is_usable(st, l, bytes, out))
		return CACHE_LOCAL;
	if (!is_shared(st, l) || !cache_get(st->cache, st->arena, l->key, &bytes) ||
	    !is_usable(st, l, bytes, out))
		return CACHE_MISS;
	lru_put(st->lru, l->key, bytes);
	return CACHE_HIT;
}

/* Odd, so that processes with different pids use different slots. */
#define PID_SPREAD	0x9e3779b97f4a7c15u

/*
 * A hash of the whole key.  For an answer that only this process can keep, only
 * the threads of this process wait for each other.
 */
static bool
flight_hash(const struct store_lookup *l, bool shared, uint64_t *out)
{
	uint8_t	 digest[SHA256_LEN];

	if (!crypto_sha256(l->key, digest))
		return false;
	memcpy(out, digest, sizeof(*out));
	if (!shared)
		*out ^= (uint64_t)getpid() * PID_SPREAD;
	return true;
}

/*
 * Join the flight: lead it, or wait for its leader.
 *
 * The previous leader may have kept an answer between our lookup and our turn,
 * so look again.  If the answer we waited for could not be kept, compute it now;
 * waiting requests do not queue.  If memcached failed meanwhile, join the
 * flight of the threads of this process instead.
 */
static enum cache_outcome
get_in_flight(struct store *st, struct store_lookup *l, struct store_answer *out)
{
	int64_t			 until = clock_mono_us() + st->flight_us;
	enum flight_result	 result = FLIGHT_ABANDONED;
	enum flight_role	 role;
	bool			 shared = is_shared(st, l), was_shared = shared;
	uint64_t		 hash;

	while (result == FLIGHT_ABANDONED ||
	    (was_shared && !shared && st->lru != NULL)) {
		if (!flight_hash(l, shared, &hash))
			return CACHE_MISS;
		role = flight_begin(st->flights, hash, st->flight_us, &l->slot);
		l->leads = role == FLIGHT_LEADER;
		if (role == FLIGHT_COLLISION)
			return CACHE_MISS;
		if (role == FLIGHT_FOLLOWER)
			result = flight_wait(st->flights, &l->slot, until);
		if (generation_snapshot(st->generations, l->tags, l->ntags, &l->snapshot) &&
		    store_found(get_from_levels(st, l, out))) {
			store_abandon(st, l);
			return CACHE_WAIT;
		}
		if (l->leads)
			break;
		was_shared = shared;
		shared = is_shared(st, l);
	}
	return CACHE_MISS;
}

enum cache_outcome
store_get(struct store *st, struct store_lookup *l, struct store_answer *out)
{
	enum cache_outcome	 outcome;

	l->leads = false;
	if (st->generations == NULL || (st->lru == NULL && !is_shared(st, l)) ||
	    !store_sweep_external(st, l->tags, l->ntags) ||
	    !generation_snapshot(st->generations, l->tags, l->ntags, &l->snapshot))
		return CACHE_BYPASS;
	outcome = get_from_levels(st, l, out);
	return outcome == CACHE_MISS && st->flights != NULL ?
	    get_in_flight(st, l, out) : outcome;
}

bool
store_found(enum cache_outcome outcome)
{
	return outcome == CACHE_HIT || outcome == CACHE_LOCAL || outcome == CACHE_WAIT;
}

void
store_abandon(struct store *st, struct store_lookup *l)
{
	if (l->leads)
		flight_end(st->flights, &l->slot);
	l->leads = false;
}

void
store_put(struct store *st, struct store_lookup *l, const struct store_answer *a,
    int64_t ttl_seconds)
{
	struct entry	 e = { l->snapshot, clock_mono_us() + ttl_seconds * 1000000 };
	struct buf	 b;

	buf_init(&b, st->arena);
	entry_write(&b, &e, a);
	if (buf_ok(&b)) {
		lru_put(st->lru, l->key, buf_view(&b));
		if (is_shared(st, l))
			cache_set(st->cache, st->arena, l->key, buf_view(&b), ttl_seconds);
	}
	store_abandon(st, l);
}
