/* topic_response - takes the answer of the program that owns the path. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <strings.h>

#include "base/hash.h"
#include "live/frame.h"
#include "live/topic.h"

/* The head of a response; the strings are in the caller's memory. */
struct head {
	int		 status;
	struct str	 etag, tags, subject, until, again;
};

static const struct {
	const char	*name;
	size_t		 off;
} fields[] = {
	{ "ETag", offsetof(struct head, etag) },
	{ LIVE_TAGS, offsetof(struct head, tags) },
	{ LIVE_SUBJECT, offsetof(struct head, subject) },
	{ LIVE_UNTIL, offsetof(struct head, until) },
	{ LIVE_AGAIN, offsetof(struct head, again) },
};

#define MAX_SECONDS	UINT64_C(253402300799)	/* the end of the year 9999 */

static uint64_t
parse_number(struct str s)
{
	uint64_t	 n = 0;

	for (; s.n > 0 && isdigit((unsigned char)s.p[0]); s = str_from(s, 1))
		n = n * 10 + (uint64_t)(s.p[0] - '0');
	return n;
}

/* Seconds as milliseconds, small enough to be added to a clock. */
static int64_t
parse_seconds(struct str s)
{
	uint64_t	 n = parse_number(s);

	return (int64_t)(n > MAX_SECONDS ? MAX_SECONDS : n) * 1000;
}

/* --- the head ------------------------------------------------------------- */

/* Bytes up to and with the empty line; 0: there is none. */
static size_t
head_length(struct str all)
{
	const char	*end = memmem(all.p, all.n, "\r\n\r\n", 4);

	return end == NULL ? 0 : (size_t)(end - all.p) + 4;
}

static bool
has_name(struct str line, const char *name)
{
	size_t	 n = strlen(name);

	return line.n > n && line.p[n] == ':' && strncasecmp(line.p, name, n) == 0;
}

static void
parse_line(struct head *h, struct str line)
{
	struct str	 value = line;

	(void)str_cut(&value, ':');
	value = str_trim(value);
	if (has_name(line, "Status"))
		h->status = (int)(parse_number(value) % 1000);
	for (size_t i = 0; i < NELEMS(fields); i++)
		if (has_name(line, fields[i].name))
			memcpy((char *)h + fields[i].off, &value, sizeof(value));
}

/*
 * Parse the head, and copy to `out` the lines that may reach a client, unchanged.
 * Returns the length of the copy.
 */
static size_t
parse_head(struct head *h, const char *all, size_t head_n, char *out)
{
	struct str	 rest = { all, head_n - 2 }, line;
	size_t		 n = 0, whole;

	*h = (struct head){ .status = HTTP_OK };
	while (rest.n > 0) {
		line = str_cut(&rest, '\n');
		whole = line.n + 1;
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		parse_line(h, line);
		if (line.n >= 6 && strncasecmp(line.p, "Brisk-", 6) == 0)
			continue;
		memcpy(out + n, line.p, whole);
		n += whole;
	}
	memcpy(out + n, "\r\n", 2);
	return n + 2;
}

/* --- dependencies --------------------------------------------------------- */

/* Parse "12=345,13=346", cells and their generations; false: too many, or no memory. */
static bool
set_cells(struct topic_depends *d, struct str tags)
{
	uint64_t	*generation = malloc(TOPIC_CELLS *
			    (sizeof(*d->generation) + sizeof(*d->cell)));
	uint32_t	*cell = (uint32_t *)(generation + TOPIC_CELLS);
	struct str	 one;
	size_t		 n = 0;

	if (generation == NULL)
		return false;
	while (tags.p != NULL && n < TOPIC_CELLS) {
		one = str_cut(&tags, ',');
		cell[n] = (uint32_t)parse_number(str_cut(&one, '='));
		generation[n++] = parse_number(one);
	}
	free(d->generation);
	d->generation = generation;
	d->cell = cell;
	d->ncells = n;
	return tags.p == NULL;
}

static char *
copy_of(struct str s)
{
	return s.n == 0 ? NULL : strndup(s.p, s.n);
}

static bool
set_depends(struct topic_depends *d, const struct head *h)
{
	free(d->subject);
	d->subject = copy_of(h->subject);
	d->until_ms = parse_seconds(h->until);
	d->again_ms = parse_seconds(h->again);
	d->known = h->tags.n > 0;
	if (h->subject.n > 0 && d->subject == NULL)
		return false;
	return !d->known || set_cells(d, h->tags);
}

/* --- content -------------------------------------------------------------- */

/*
 * The body as an event; each line of it needs its own `data:`.  NULL: no memory,
 * or more lines than JSON of ours ever has.
 */
static struct frame *
make_event(const char *etag, struct str body)
{
	struct str	 parts[256] = { STR("id: "), str_of(etag),
			    STR("\nevent: change\n") };
	size_t		 n = 3;

	while (body.n > 0 && body.p[body.n - 1] == '\n')
		body.n--;
	while (body.p != NULL && n + 4 < NELEMS(parts)) {
		parts[n++] = STR("data: ");
		parts[n++] = str_cut(&body, '\n');
		parts[n++] = STR("\n");
	}
	parts[n++] = STR("\n");
	return body.p != NULL ? NULL : frame_new(1, parts, n, false);
}

static bool
set_content(struct topic *t, const struct head *h, struct str body)
{
	char		*etag = copy_of(h->etag);
	struct frame	*event = NULL;

	if (etag == NULL || (t->streams > 0 && (event = make_event(etag, body)) == NULL)) {
		free(etag);
		return false;
	}
	free(t->answer.etag);
	frame_release(t->answer.event);
	t->answer.etag = etag;
	t->answer.event = event;
	t->answer.body_hash = hash_str(body);
	t->answer.etag_hash = hash_str(str_of(etag));
	return true;
}

/* Client errors are passed on to the subscribers; after others we try again. */
static bool
is_refusal(int status)
{
	return status >= 400 && status < 500 && status != 408 && status != 429;
}

static bool
take_answer(struct topic *t, const struct head *h, struct str body)
{
	if (h->tags.n == 1)		/* "-": the dependencies are unknown at present */
		return false;
	if (h->status == HTTP_NOT_MODIFIED)
		return t->answer.status == HTTP_OK && set_depends(&t->depends, h);
	if (h->status == HTTP_OK)
		return set_depends(&t->depends, h) &&
		    (!t->depends.known || set_content(t, h, body));
	return is_refusal(h->status);
}

bool
topic_take_response(struct topic *t, char *all, size_t n)
{
	struct str	 body = { all, n };
	size_t		 head_n = head_length(body), left_n;
	struct head	 h;
	char		*left = malloc(n + 1);
	bool		 good = false;

	if (left != NULL && head_n > 0) {
		left_n = parse_head(&h, all, head_n, left);
		body = str_from(body, head_n);
		memcpy(left + left_n, body.p, body.n);
		good = take_answer(t, &h, body);
		if (good && h.status != HTTP_NOT_MODIFIED) {
			free(t->answer.whole);
			t->answer.status = h.status;
			t->answer.whole = left;
			t->answer.head_n = left_n;
			t->answer.whole_n = left_n + body.n;
			left = NULL;
		}
	}
	free(left);
	free(all);
	return good;
}
