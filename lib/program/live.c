/*
 * live - response headers that tell the program `stream` what a live answer
 * depends on (the LIVE_* names of program/exchange.h).
 *
 * Generations are taken before what depends on them is read: those of the token
 * before it is verified, those of the answer before its query runs.  So a write
 * that the answer does not show always changes one of them.
 */
#include <inttypes.h>

#include "cache/external.h"
#include "cache/store_sweep.h"
#include "program/exchange.h"

bool
exchange_is_live(const struct exchange *c)
{
	return c->rq.method == HTTP_GET && req_env(&c->rq, EXCHANGE_LIVE).p != NULL;
}

void
exchange_snapshot(struct exchange *c)
{
	struct str	 tags[GENERATION_TAGS];
	size_t		 n;

	if (!exchange_is_live(c) || !route_is_live(c->rq.route))
		return;
	n = exchange_tags(c, tags);
	c->has_snapshot = c->t->store.generations != NULL &&
	    generation_snapshot(c->t->store.generations, tags, n, &c->snapshot) &&
	    store_sweep_external(&c->t->store, tags, n);
}

static void
put_snapshot_cells(struct buf *out, const struct generation_snapshot *m, const char *comma)
{
	for (size_t i = 0; i < m->n; i++) {
		buf_fmt(out, "%s%" PRIu32 "=%" PRIu64, comma, m->cell[i],
		    m->generation[i]);
		comma = ",";
	}
}

static void
put_live_tags(struct exchange *c, struct buf *out)
{
	const struct user	*u = c->rq.user;

	buf_puts(out, LIVE_TAGS ": ");
	if (!c->has_snapshot || (u != NULL && u->mark.n == 0))
		buf_byte(out, '-');
	else {
		put_snapshot_cells(out, &c->snapshot, "");
		if (u != NULL)
			put_snapshot_cells(out, &u->mark, ",");
	}
	buf_puts(out, "\r\n");
}

/*
 * Writes of other programs change no generation by themselves: ask again after a
 * second where the table is watched, else when the cached answer expires.
 */
static void
put_live_again(struct exchange *c, struct buf *out)
{
	const struct route	*r = c->rq.route;
	struct str		 tags[GENERATION_TAGS], table;
	bool			 watched = exchange_tags(c, tags) > 0;

	table = watched ? str_cut(&tags[0], '/') : (struct str){ NULL, 0 };
	watched = watched && external_has(c->t->store.external, table);
	if (watched || r->cached.others_write)
		buf_fmt(out, LIVE_AGAIN ": %d\r\n", watched ? 1 : r->cached.ttl);
}

void
exchange_put_snapshot(struct exchange *c, struct buf *out)
{
	const struct user	*u = c->rq.user;

	if (!exchange_is_live(c))
		return;
	if (u != NULL) {
		buf_puts(out, LIVE_SUBJECT ": ");
		buf_str(out, u->sub);
		buf_fmt(out, "\r\n" LIVE_UNTIL ": %" PRId64 "\r\n",
		    u->expires_at.ms / 1000);
	}
	if (!route_is_live(c->rq.route) || c->rs.status >= 400)
		return;
	put_live_tags(c, out);
	put_live_again(c, out);
}
