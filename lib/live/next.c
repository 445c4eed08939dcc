/* live_next - what a viewer is sent next. */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "http/etag.h"
#include "base/clock.h"
#include "live/private.h"

/* As much as a whole answer is made of: its lines, and some of ours. */
#define PARTS	96

static struct frame *
last_frame(struct subscriber *v, const struct str *parts, size_t n)
{
	v->ending = true;
	return frame_new(v->id, parts, n, true);
}

/* It has this. */
static void
seen(struct subscriber *v)
{
	v->content = v->topic->content;
	v->tag = v->topic->tag;
}

/* --- whole answers -------------------------------------------------------- */

/* What the program answered, with what it does not know of. */
static struct frame *
pass_on(struct live *l, struct subscriber *v, bool applied)
{
	const struct topic	*t = v->topic;
	struct str		 rest = { t->whole, t->whole_n }, first;
	char			 line[64] = "";

	if (applied)
		(void)snprintf(line, sizeof(line), "Preference-Applied: wait=%d\r\n",
		    v->wait_s);
	first = str_cut(&rest, '\n');
	first.n++;
	subscriber_count(l, v, t->status);
	return last_frame(v, (struct str[]){ first, str_of(line),
	    str_of(v->opening->standing), rest }, 4);
}

static bool
is_of_body(struct str line)
{
	return strncasecmp(line.p, "Content-", 8) == 0 ||
	    strncasecmp(line.p, "Status:", 7) == 0;
}

/* The headers that its 200 would have (RFC 9110 15.4.5). */
static struct frame *
not_modified(struct live *l, struct subscriber *v)
{
	const struct topic	*t = v->topic;
	struct str		 rest = { t->whole, t->head_n - 2 }, line;
	struct str		 parts[PARTS] = { STR("Status: 304 Not Modified\r\n") };
	char			 applied[64];
	size_t			 n = 1;

	(void)snprintf(applied, sizeof(applied), "Preference-Applied: wait=%d\r\n",
	    v->wait_s);
	parts[n++] = str_of(applied);
	parts[n++] = str_of(v->opening->standing);
	while (rest.n > 0 && n < PARTS - 1) {
		line = str_cut(&rest, '\n');
		line.n++;
		if (!is_of_body(line) ||
		    strncasecmp(line.p, "Content-Security", 16) == 0)
			parts[n++] = line;
	}
	parts[n++] = STR("\r\n");
	subscriber_count(l, v, HTTP_NOT_MODIFIED);
	return last_frame(v, parts, n);
}

/* --- streams -------------------------------------------------------------- */

/* The end of its token is its end. */
static struct frame *
stream_head(struct live *l, struct subscriber *v)
{
	struct str	 parts[] = { STR("Status: 200 OK\r\n"
			    "Content-Type: text/event-stream\r\n"
			    "Cache-Control: no-cache\r\nX-Accel-Buffering: no\r\n"),
			    str_of(v->opening->always), str_of(v->opening->standing),
			    STR("\r\nretry: 3000\n\n") };
	struct frame	*f = frame_new(v->id, parts, NELEMS(parts), false);

	v->headed = true;
	if (v->topic->until_ms != 0 && v->until_ms == 0)
		v->until_ms = l->now_ms + v->topic->until_ms - clock_now_ms();
	subscriber_count(l, v, HTTP_OK);
	opening_free(v->opening);
	v->opening = NULL;
	return f;
}

static struct frame *
farewell(struct subscriber *v, int status)
{
	struct str	 text = status == HTTP_UNAUTHORIZED ?
			    STR("event: expired\ndata: {}\n\n") :
			    STR("event: gone\ndata: {}\n\n");

	return last_frame(v, &text, 1);
}

/* Other bytes; or the same under another name, which is only told. */
static struct frame *
event(struct subscriber *v)
{
	const struct topic	*t = v->topic;
	bool			 same = t->content == v->content;
	struct str		 name[] = { STR("id: "), str_of(t->etag), STR("\n\n") };

	seen(v);
	return same ? frame_new(v->id, name, NELEMS(name), false) :
	    frame_for_id(v->id, t->event);
}

/* --- the decision --------------------------------------------------------- */

/* The first answer: refused as that GET would be, or admitted. */
static struct frame *
first(struct live *l, struct subscriber *v)
{
	const struct topic	*t = v->topic;
	struct frame		*f = NULL;

	if (t->status != HTTP_OK || (!t->tagged && !v->streams))
		return pass_on(l, v, false);
	if (!t->tagged) {
		return subscriber_refuse(l, v, HTTP_NOT_ACCEPTABLE, "not_acceptable",
		    "this answers application/json only");
	}
	if (!subscriber_admit(l, v, &f))
		return f;
	v->admitted = true;
	if (v->opening->given != NULL && etag_none_match(str_of(v->opening->given),
	    str_of(t->etag)))
		seen(v);
	return v->streams ? stream_head(l, v) : subscriber_next(l, v);
}

struct frame *
subscriber_next(struct live *l, struct subscriber *v)
{
	const struct topic	*t = v->topic;

	if (t->status == 0 || t->answered < v->need)
		return NULL;
	if (!v->admitted)
		return first(l, v);
	if (t->status != HTTP_OK)
		return v->streams ? farewell(v, t->status) : pass_on(l, v, true);
	if (t->content == v->content && (!v->streams || t->tag == v->tag))
		return NULL;
	return v->streams ? event(v) : pass_on(l, v, true);
}

struct frame *
subscriber_last(struct live *l, struct subscriber *v)
{
	char		 line[32];
	struct str	 text;

	if (!v->streams)
		return not_modified(l, v);
	if (l->drain_ms == 0)
		return farewell(v, HTTP_UNAUTHORIZED);
	(void)snprintf(line, sizeof(line), "retry: %d\n\n", 1000 + rand() % 9000);
	text = str_of(line);
	return last_frame(v, &text, 1);
}
