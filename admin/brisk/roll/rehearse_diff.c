/* rehearse_diff - the difference of two answers as text. */
#include <inttypes.h>
#include "roll/rehearse.h"

#define BEFORE	40	/* bytes printed before the first different byte */
#define AFTER	60	/* bytes printed from there on */

static const char	 name[] = "\r\nX-Request-Id: ";

void
rehearse_mask(struct rehearse_answer *a, char *p)
{
	const char	*at = memmem(p, a->text.n, name, sizeof(name) - 1), *end;
	struct str	 id;
	char		 own[64];
	char		*hit;

	if (at == NULL)
		return;
	at += sizeof(name) - 1;
	end = memchr(at, '\r', a->text.n - (size_t)(at - p));
	if (end == NULL || end == at || (size_t)(end - at) > sizeof(own))
		return;
	id = (struct str){ own, (size_t)(end - at) };
	memcpy(own, at, id.n);
	for (hit = p; (hit = memmem(hit, a->text.n - (size_t)(hit - p), own, id.n)) != NULL;
	    hit += id.n)
		memset(hit, '-', id.n);
}

/* Split an answer into head and body, without the empty line between them. */
static struct str
answer_split(struct str text, struct str *body)
{
	const char	*at = memmem(text.p, text.n, "\r\n\r\n", 4);
	size_t		 n = at == NULL ? text.n : (size_t)(at - text.p);

	*body = at == NULL ? STR("") : str_from(text, n + 4);
	return (struct str){ text.p, n };
}

static struct str
head_line(struct str *rest)
{
	struct str	 line = str_cut(rest, '\n');

	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

static bool
head_has(struct str head, struct str line)
{
	while (head.p != NULL)
		if (str_eq(head_line(&head), line))
			return true;
	return false;
}

/* Print the lines of a head that the other head lacks.  Returns their number. */
static size_t
missing_print(struct buf *b, char sign, struct str head, struct str other)
{
	struct str	 line;
	size_t		 n = 0;

	while (head.p != NULL) {
		line = head_line(&head);
		if (head_has(other, line))
			continue;
		buf_fmt(b, "%c %.*s\n", sign, STR_ARG(line));
		n++;
	}
	return n;
}

static void
excerpt_print(struct buf *b, char sign, struct str body, size_t from, size_t to)
{
	buf_fmt(b, "%c %s", sign, from > 0 ? "..." : "");
	for (; from < to && from < body.n; from++)
		if ((unsigned char)body.p[from] < ' ')
			buf_fmt(b, "\\x%02x", (unsigned char)body.p[from]);
		else
			buf_byte(b, body.p[from]);
	buf_puts(b, from < body.n ? "...\n" : "\n");
}

static void
body_print(struct buf *b, struct str old, struct str new)
{
	size_t	 at = 0, from;

	while (at < old.n && at < new.n && old.p[at] == new.p[at])
		at++;
	from = at > BEFORE ? at - BEFORE : 0;
	buf_fmt(b, "@ body, byte %zu of %zu, now of %zu\n", at, old.n, new.n);
	excerpt_print(b, '-', old, from, at + AFTER);
	excerpt_print(b, '+', new, from, at + AFTER);
}

void
rehearse_diff(struct buf *b, const struct rehearse_answer *old, const struct rehearse_answer *new)
{
	struct str	 body[2], head[2] = { answer_split(old->text, &body[0]),
			    answer_split(new->text, &body[1]) };
	size_t		 n = missing_print(b, '-', head[0], head[1]);

	n += missing_print(b, '+', head[1], head[0]);
	if (n == 0 && !str_eq(head[0], head[1]))
		buf_puts(b, "@ the headers differ in order or number\n");
	if (!str_eq(body[0], body[1]))
		body_print(b, body[0], body[1]);
	if (new->statements > old->statements)
		buf_fmt(b, "- %" PRIu64 " SQL statements\n+ %" PRIu64 " SQL statements\n",
		    old->statements, new->statements);
}
