/*
 * live_loop - what an answer tells the program that keeps it open for others
 * (live_private.h), and nobody else: that asks over our own socket, with a
 * parameter that is no header, so no client can set it.
 *
 *	Brisk-Tags	cells and generations of all it depends on, from before its
 *			token was judged and its query ran; "-": not known, now
 *	Brisk-Subject	whose token it was, for quotas
 *	Brisk-Until	when that ends, in Unix seconds
 *	Brisk-Again	ask again after so many seconds: others write, unseen
 */
#include <inttypes.h>

#include "cache/external.h"
#include "cache/store_sweep.h"
#include "program/program.h"

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
	c->seen = c->t->store.generations != NULL &&
	    generation_snapshot(c->t->store.generations, tags, n, &c->mark) &&
	    store_sweep_external(&c->t->store, tags, n);
}

static void
put_mark(struct buf *out, const struct generation_snapshot *m, const char *comma)
{
	for (size_t i = 0; i < m->n; i++) {
		buf_fmt(out, "%s%" PRIu32 "=%" PRIu64, comma, m->cell[i],
		    m->generation[i]);
		comma = ",";
	}
}

static void
put_tags(struct exchange *c, struct buf *out)
{
	const struct user	*u = c->rq.user;

	buf_puts(out, LIVE_TAGS ": ");
	if (!c->seen || (u != NULL && u->mark.n == 0))
		buf_byte(out, '-');
	else {
		put_mark(out, &c->mark, "");
		if (u != NULL)
			put_mark(out, &u->mark, ",");
	}
	buf_puts(out, "\r\n");
}

/* A table that others write: after a second where it is watched, else its life. */
static void
put_again(struct exchange *c, struct buf *out)
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
	put_tags(c, out);
	put_again(c, out);
}
