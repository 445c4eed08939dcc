/*
 * plant - what a new build of a program may do wrong, by the name that
 * rehearse.sh writes into this one's file.  Linked around lib/'s own
 * exchange_write(), so that it can spoil any answer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "program/exchange.h"

void	__real_exchange_write(struct exchange *, struct buf *);
void	__wrap_exchange_write(struct exchange *, struct buf *);

static volatile const char	 name[] = NAME;

static bool
is(const char *plant)
{
	size_t	 n = strlen(plant);

	return strncmp((const char *)name, plant, n) == 0 && name[n] == ' ';
}

/* Statements that the answer did not need. */
static void
ask_more(struct exchange *c, int times)
{
	struct db_rows	 rows;

	while (times-- > 0)
		(void)!db_query(c->t->store.db, c->rq.arena, STR("SELECT 1"), NULL, 0,
		    &rows);
}

/* Put `to` in place of the first `from`. */
static void
change(struct exchange *c, struct buf *out, const char *from, const char *to)
{
	struct str	 s = buf_view(out);
	const char	*at = memmem(s.p, s.n, from, strlen(from));
	struct buf	 b;

	if (at == NULL)
		return;
	buf_init(&b, c->rq.arena);
	buf_put(&b, s.p, (size_t)(at - s.p));
	buf_puts(&b, to);
	buf_str(&b, str_from(s, (size_t)(at - s.p) + strlen(from)));
	*out = b;
}

static const struct {
	const char	*plant, *from, *to;
} changes[] = {
	{ "other-status",	"Status: 200 OK",	"Status: 203 OK" },
	{ "500-on-some",	"Status: 404 Not Found", "Status: 500 Internal Server Error" },
	{ "header-dropped",	"X-Frame-Options: DENY\r\n", "" },
	{ "header-added",	"X-Frame-Options",	"X-Powered-By: us\r\nX-Frame-Options" },
	{ "other-type",		"application/json",	"text/json" },
	{ "link-dropped",	"\r\nLink: ",		"\r\nLank: " },
	{ "etag-strong",	"ETag: W/",		"ETag: " },
	{ "etag-other",		"ETag: \"",		"ETag: \"0" },
	{ "control-other",	"public, no-cache",	"no-store" },
	{ "one-byte",		"\"EUR\"",		"\"EUr\"" },
	{ "null-not-absent",	"{\"items\":[{",	"{\"items\":[{\"x\":null," },
	{ "number-as-text",	"\"amount\":",		"\"amount\":\"1\"," },
	{ "problem-code",	"\"code\":\"unknown_", "\"code\":\"unknown-" },
	{ NULL, NULL, NULL },
};

void
__wrap_exchange_write(struct exchange *c, struct buf *out)
{
	bool	 some = memmem(c->rq.target.uri.p, c->rq.target.uri.n, "limit=3", 7) != NULL;
	char	 now[32];

	if (is("statement-more"))
		ask_more(c, 1);
	if (is("statements-by-row"))
		ask_more(c, (int)(c->rs.body.n / 200));
	if (is("crash-on-some") && some)
		abort();
	if (is("hang-on-some") && some)
		pause();
	if (is("exit-on-some") && some)
		_exit(0);
	__real_exchange_write(c, out);
	for (size_t i = 0; changes[i].plant != NULL; i++)
		if (is(changes[i].plant))
			change(c, out, changes[i].from, changes[i].to);
	if (is("newline-more"))
		buf_byte(out, '\n');
	if (is("one-request-alone") && some)
		buf_byte(out, ' ');
	if (is("body-cut") && c->rs.body.n > 100)
		out->n -= 10;
	if (is("never-twice-alike")) {
		snprintf(now, sizeof(now), "%d.%p", (int)getpid(), (void *)out->p);
		buf_puts(out, c->rq.id);
		buf_puts(out, now);
	}
}
