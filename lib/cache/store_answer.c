/*
 * store_answer - finished answers, as bytes in the process and in memcached.
 *
 * An entry is the time it ends, the generations of its tags, then the answer:
 *	format, end (clock_mono_us), n cells {u32 cell, u64 generation}, status,
 *	modified, and four texts with their lengths, all in the host's byte
 *	order: the generations it is compared with are of this host, too.
 */
#include <unistd.h>
#include "cache/store.h"
#include "base/buf.h"
#include "base/clock.h"
#include "crypto/crypto.h"

/* Bumped when the layout changes: an old entry is then a miss. */
#define ENTRY_FORMAT	2

/* Reads that never pass the end; `bad` is sticky. */
struct reader {
	struct str	 rest;
	bool		 bad;
};

static void
get(struct reader *r, void *out, size_t n)
{
	if (r->bad || r->rest.n < n) {
		r->bad = true;
		memset(out, 0, n);
		return;
	}
	memcpy(out, r->rest.p, n);
	r->rest = str_from(r->rest, n);
}

static struct str
get_str(struct reader *r)
{
	uint32_t	 n;
	struct str	 s;

	get(r, &n, sizeof(n));
	if (r->bad || r->rest.n < n || n == UINT32_MAX) {
		r->bad |= n != UINT32_MAX;
		return (struct str){ NULL, 0 };
	}
	s = (struct str){ r->rest.p, n };
	r->rest = str_from(r->rest, n);
	return s;
}

static void
put_str(struct buf *b, struct str s)
{
	uint32_t	 n = s.p == NULL ? UINT32_MAX : (uint32_t)s.n;

	buf_put(b, &n, sizeof(n));
	buf_put(b, s.p, s.n);
}

static void
put_mark(struct buf *b, const struct generation_snapshot *m)
{
	uint32_t	 n = (uint32_t)m->n;

	buf_put(b, &n, sizeof(n));
	buf_put(b, m->cell, m->n * sizeof(m->cell[0]));
	buf_put(b, m->generation, m->n * sizeof(m->generation[0]));
}

static void
get_mark(struct reader *r, struct generation_snapshot *m)
{
	uint32_t	 n;

	get(r, &n, sizeof(n));
	if (n > NELEMS(m->cell)) {
		r->bad = true;
		n = 0;
	}
	m->n = n;
	get(r, m->cell, n * sizeof(m->cell[0]));
	get(r, m->generation, n * sizeof(m->generation[0]));
}

static bool
same_cells(const struct generation_snapshot *a, const struct generation_snapshot *b)
{
	return a->n == b->n &&
	    memcmp(a->cell, b->cell, a->n * sizeof(a->cell[0])) == 0;
}

/* What an entry says of itself, besides the answer. */
struct stamped {
	struct generation_snapshot	 mark;
	int64_t		 until_us;
};

static bool
entry_read(struct str entry, struct stamped *e, struct answer *out)
{
	struct reader	 r = { entry, false };
	uint8_t		 format;

	get(&r, &format, sizeof(format));
	if (format != ENTRY_FORMAT)
		return false;
	get(&r, &e->until_us, sizeof(e->until_us));
	get_mark(&r, &e->mark);
	get(&r, &out->status, sizeof(out->status));
	get(&r, &out->modified, sizeof(out->modified));
	out->type = get_str(&r);
	out->etag = get_str(&r);
	out->link = get_str(&r);
	out->body = get_str(&r);
	return !r.bad && r.rest.n == 0;
}

static void
entry_write(struct buf *b, const struct stamped *e, const struct answer *a)
{
	const uint8_t	 format = ENTRY_FORMAT;

	buf_put(b, &format, sizeof(format));
	buf_put(b, &e->until_us, sizeof(e->until_us));
	put_mark(b, &e->mark);
	buf_put(b, &a->status, sizeof(a->status));
	buf_put(b, &a->modified, sizeof(a->modified));
	put_str(b, a->type);
	put_str(b, a->etag);
	put_str(b, a->link);
	put_str(b, a->body);
}

/* An answer of these tags, still true at this moment. */
static bool
usable(struct store *st, const struct lookup *l, struct str entry,
    struct answer *out)
{
	struct stamped	 e;

	return entry_read(entry, &e, out) && same_cells(&e.mark, &l->mark) &&
	    clock_mono_us() < e.until_us && generation_fresh(st->gen, &e.mark);
}

/* May this one go through memcached? */
static bool
is_shared(const struct store *st, const struct lookup *l)
{
	return !cache_down(st->cache) && (!l->unshared || cache_is_private(st->cache));
}

static enum store_outcome
look(struct store *st, const struct lookup *l, struct answer *out)
{
	struct str	 entry;

	if (lru_get(st->local, st->arena, l->key, &entry) &&
	    usable(st, l, entry, out))
		return STORE_LRU_HIT;
	if (!is_shared(st, l) || !cache_get(st->cache, st->arena, l->key, &entry) ||
	    !usable(st, l, entry, out))
		return STORE_MISS;
	lru_put(st->local, l->key, entry);
	return STORE_HIT;
}

/* An odd number: pids that differ lead to other places, too. */
#define SPREAD	0x9e3779b97f4a7c15u

/*
 * Of the whole key.  Answers that only this process keeps are waited for by
 * its own threads alone.
 */
static bool
fill_hash(const struct lookup *l, bool shared, uint64_t *out)
{
	uint8_t	 digest[SHA256_LEN];

	if (!crypto_sha256(l->key, digest))
		return false;
	memcpy(out, digest, sizeof(*out));
	if (!shared)
		*out ^= (uint64_t)getpid() * SPREAD;
	return true;
}

/*
 * Our turn, or another's answer.  Who had the turn may have kept an answer
 * between our look and our turn, so look again; and who waited for one that
 * could not be kept makes it at once, not in turn.  Where memcached went away
 * meanwhile, the turns of the process's own threads begin.
 */
static enum store_outcome
in_turn(struct store *st, struct lookup *l, struct answer *out)
{
	int64_t			 until = clock_mono_us() + st->fill_us;
	enum flight_result		 end = FLIGHT_ABANDONED;
	enum flight_role		 state;
	bool			 shared = is_shared(st, l), was = shared;
	uint64_t		 hash;

	while (end == FLIGHT_ABANDONED || (was && !shared && st->local != NULL)) {
		if (!fill_hash(l, shared, &hash))
			return STORE_MISS;
		state = flight_begin(st->fill, hash, st->fill_us, &l->turn);
		l->mine = state == FLIGHT_LEADER;
		if (state == FLIGHT_COLLISION)
			return STORE_MISS;
		if (state == FLIGHT_FOLLOWER)
			end = flight_wait(st->fill, &l->turn, until);
		if (generation_snapshot(st->gen, l->tags, l->ntags, &l->mark) &&
		    store_outcome_found(look(st, l, out))) {
			store_abandon(st, l);
			return STORE_WAITED;
		}
		if (l->mine)
			break;
		was = shared;
		shared = is_shared(st, l);
	}
	return STORE_MISS;
}

enum store_outcome
store_get(struct store *st, struct lookup *l, struct answer *out)
{
	enum store_outcome	 o;

	l->mine = false;
	if (st->gen == NULL || (st->local == NULL && !is_shared(st, l)) ||
	    !store_sweep_external(st, l->tags, l->ntags) ||
	    !generation_snapshot(st->gen, l->tags, l->ntags, &l->mark))
		return STORE_BYPASS;
	o = look(st, l, out);
	return o == STORE_MISS && st->fill != NULL ? in_turn(st, l, out) : o;
}

void
store_abandon(struct store *st, struct lookup *l)
{
	if (l->mine)
		flight_end(st->fill, &l->turn);
	l->mine = false;
}

void
store_put(struct store *st, struct lookup *l, const struct answer *a,
    int64_t ttl_seconds)
{
	struct stamped	 e = { l->mark, clock_mono_us() + ttl_seconds * 1000000 };
	struct buf	 b;

	buf_init(&b, st->arena);
	entry_write(&b, &e, a);
	if (buf_ok(&b)) {
		lru_put(st->local, l->key, buf_view(&b));
		if (is_shared(st, l))
			cache_set(st->cache, st->arena, l->key, buf_view(&b), ttl_seconds);
	}
	store_abandon(st, l);
}
