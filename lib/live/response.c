/* live_answer - what the program that owns a path said of it. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <strings.h>

#include "base/hash.h"
#include "base/clock.h"
#include "live/private.h"

/* What the head says; text in it. */
struct heard {
	int		 status;
	struct str	 etag, tags, subject, until, again;
};

static const struct {
	const char	*name;
	size_t		 off;
} fields[] = {
	{ "ETag", offsetof(struct heard, etag) },
	{ LIVE_TAGS, offsetof(struct heard, tags) },
	{ LIVE_SUBJECT, offsetof(struct heard, subject) },
	{ LIVE_UNTIL, offsetof(struct heard, until) },
	{ LIVE_AGAIN, offsetof(struct heard, again) },
};

#define MAX_SECONDS	UINT64_C(253402300799)	/* the end of the year 9999 */

static uint64_t
number(struct str s)
{
	uint64_t	 n = 0;

	for (; s.n > 0 && isdigit((unsigned char)s.p[0]); s = str_from(s, 1))
		n = n * 10 + (uint64_t)(s.p[0] - '0');
	return n;
}

/* Seconds, as milliseconds that can be added to a clock. */
static int64_t
seconds(struct str s)
{
	uint64_t	 n = number(s);

	return (int64_t)(n > MAX_SECONDS ? MAX_SECONDS : n) * 1000;
}

/* --- the head ------------------------------------------------------------- */

/* Behind the line that is empty; 0: there is none. */
static size_t
head_length(struct str all)
{
	const char	*end = memmem(all.p, all.n, "\r\n\r\n", 4);

	return end == NULL ? 0 : (size_t)(end - all.p) + 4;
}

static bool
is_named(struct str line, const char *name)
{
	size_t	 n = strlen(name);

	return line.n > n && line.p[n] == ':' && strncasecmp(line.p, name, n) == 0;
}

static void
hear_line(struct heard *h, struct str line)
{
	struct str	 value = line;

	(void)str_cut(&value, ':');
	value = str_trim(value);
	if (is_named(line, "Status"))
		h->status = (int)(number(value) % 1000);
	for (size_t i = 0; i < NELEMS(fields); i++)
		if (is_named(line, fields[i].name))
			memcpy((char *)h + fields[i].off, &value, sizeof(value));
}

/* The head without what is for us alone, its lines as they came; its length. */
static size_t
hear(struct heard *h, const char *all, size_t head_n, char *left)
{
	struct str	 rest = { all, head_n - 2 }, line;
	size_t		 n = 0, whole;

	*h = (struct heard){ .status = HTTP_OK };
	while (rest.n > 0) {
		line = str_cut(&rest, '\n');
		whole = line.n + 1;
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		hear_line(h, line);
		if (line.n >= 6 && strncasecmp(line.p, "Brisk-", 6) == 0)
			continue;
		memcpy(left + n, line.p, whole);
		n += whole;
	}
	memcpy(left + n, "\r\n", 2);
	return n + 2;
}

/* --- what it depends on --------------------------------------------------- */

/* "12=345,13=346" */
static bool
take_tags(struct topic *t, struct str tags)
{
	uint64_t	*generation = malloc(LIVE_CELLS *
			    (sizeof(*t->generation) + sizeof(*t->cell)));
	uint32_t	*cell = (uint32_t *)(generation + LIVE_CELLS);
	struct str	 one;
	size_t		 n = 0;

	if (generation == NULL)
		return false;
	while (tags.p != NULL && n < LIVE_CELLS) {
		one = str_cut(&tags, ',');
		cell[n] = (uint32_t)number(str_cut(&one, '='));
		generation[n++] = number(one);
	}
	free(t->generation);
	t->generation = generation;
	t->cell = cell;
	t->cells = n;
	return tags.p == NULL;
}

static char *
copy_of(struct str s)
{
	return s.n == 0 ? NULL : strndup(s.p, s.n);
}

/* Of a 200 or a 304. */
static bool
take_facts(struct topic *t, const struct heard *h)
{
	free(t->subject);
	t->subject = copy_of(h->subject);
	t->until_ms = seconds(h->until);
	t->again_ms = seconds(h->again);
	t->tagged = h->tags.n > 0;
	if (h->subject.n > 0 && t->subject == NULL)
		return false;
	return !t->tagged || take_tags(t, h->tags);
}

/* --- what it shows -------------------------------------------------------- */

/* Each line of the body as one of the event, whatever it is made of. */
static struct frame *
event_of(const char *etag, struct str body)
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
take_content(struct topic *t, const struct heard *h, struct str body)
{
	char		*etag = copy_of(h->etag);
	struct frame	*event = NULL;

	if (etag == NULL || (t->streams > 0 && (event = event_of(etag, body)) == NULL)) {
		free(etag);
		return false;
	}
	free(t->etag);
	frame_release(t->event);
	t->etag = etag;
	t->event = event;
	t->content = hash_str(body);
	t->tag = hash_str(str_of(etag));
	return true;
}

static void
take_whole(struct topic *t, char *whole, size_t head_n, size_t n)
{
	free(t->whole);
	t->whole = whole;
	t->head_n = head_n;
	t->whole_n = n;
}

/* What is told to be gone, or not to be had, is passed on as it is. */
static bool
is_refusal(int status)
{
	return status >= 400 && status < 500 && status != 408 && status != 429;
}

bool
topic_take_response(struct live *l, struct topic *t, char *all, size_t n)
{
	struct str	 text = { all, n }, body;
	size_t		 head_n = head_length(text), left_n;
	struct heard	 h;
	char		*left = malloc(n + 1);
	bool		 good = false;

	(void)l;
	if (left == NULL || head_n == 0) {
		free(left);
		free(all);
		return false;
	}
	left_n = hear(&h, all, head_n, left);
	body = str_from(text, head_n);
	memcpy(left + left_n, body.p, body.n);
	if (h.tags.n == 1)		/* "-": it can not be relied on, now */
		good = false;
	else if (h.status == HTTP_NOT_MODIFIED)
		good = t->status == HTTP_OK && take_facts(t, &h);
	else if (h.status == HTTP_OK)
		good = take_facts(t, &h) && (!t->tagged || take_content(t, &h, body));
	else
		good = is_refusal(h.status);
	if (good && h.status != HTTP_NOT_MODIFIED) {
		t->status = h.status;
		take_whole(t, left, left_n, left_n + body.n);
		left = NULL;
	}
	free(left);
	free(all);
	return good;
}
