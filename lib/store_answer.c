/*
 * store_answer - finished answers, as bytes in the cache.
 *
 * An entry is the generations of its tags, then the answer:
 *	n cells {u32 cell, u64 generation}, status, modified, and five texts
 *	with their lengths, all in the host's byte order: memcached is local.
 */
#include "buf.h"
#include "store.h"

/* Bumped when the layout changes: an old entry is then a miss. */
#define ENTRY_FORMAT	1

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
put_mark(struct buf *b, const struct gen_mark *m)
{
	uint32_t	 n = (uint32_t)m->n;

	buf_put(b, &n, sizeof(n));
	buf_put(b, m->cell, m->n * sizeof(m->cell[0]));
	buf_put(b, m->generation, m->n * sizeof(m->generation[0]));
}

static void
get_mark(struct reader *r, struct gen_mark *m)
{
	uint32_t	 n;

	get(r, &n, sizeof(n));
	if (n > GEN_TAGS) {
		r->bad = true;
		n = 0;
	}
	m->n = n;
	get(r, m->cell, n * sizeof(m->cell[0]));
	get(r, m->generation, n * sizeof(m->generation[0]));
}

static bool
same_cells(const struct gen_mark *a, const struct gen_mark *b)
{
	return a->n == b->n &&
	    memcmp(a->cell, b->cell, a->n * sizeof(a->cell[0])) == 0;
}

static bool
entry_read(struct str entry, struct gen_mark *mark, struct answer *out)
{
	struct reader	 r = { entry, false };
	uint8_t		 format;

	get(&r, &format, sizeof(format));
	if (format != ENTRY_FORMAT)
		return false;
	get_mark(&r, mark);
	get(&r, &out->status, sizeof(out->status));
	get(&r, &out->modified, sizeof(out->modified));
	out->type = get_str(&r);
	out->etag = get_str(&r);
	out->link = get_str(&r);
	out->body = get_str(&r);
	return !r.bad && r.rest.n == 0;
}

enum store_outcome
store_find(struct store *st, struct str key, const struct str *tags,
    size_t ntags, struct gen_mark *mark, struct answer *out)
{
	struct gen_mark	 kept;
	struct str	 entry;

	if (st->gen == NULL || st->cache == NULL || cache_down(st->cache) ||
	    !gen_mark(st->gen, tags, ntags, mark))
		return STORE_BYPASS;
	if (cache_get(st->cache, st->arena, key, &entry) &&
	    entry_read(entry, &kept, out) && same_cells(&kept, mark) &&
	    gen_fresh(st->gen, &kept))
		return STORE_HIT;
	return STORE_MISS;
}

void
store_keep(struct store *st, struct str key, const struct gen_mark *mark,
    const struct answer *a, int64_t ttl_seconds)
{
	const uint8_t	 format = ENTRY_FORMAT;
	struct buf	 b;

	buf_init(&b, st->arena);
	buf_put(&b, &format, sizeof(format));
	put_mark(&b, mark);
	buf_put(&b, &a->status, sizeof(a->status));
	buf_put(&b, &a->modified, sizeof(a->modified));
	put_str(&b, a->type);
	put_str(&b, a->etag);
	put_str(&b, a->link);
	put_str(&b, a->body);
	if (buf_ok(&b))
		cache_set(st->cache, st->arena, key, buf_view(&b), ttl_seconds);
}
