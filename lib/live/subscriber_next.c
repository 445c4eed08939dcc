/* subscriber_next - what a subscriber is sent next. */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/clock.h"
#include "http/etag.h"
#include "live/subscriber.h"
#include "live/topic.h"

#define PARTS	96	/* of a response: at least its lines and three more */

static struct frame *
last_frame(struct subscriber *v, const struct str *parts, size_t n)
{
	v->ending = true;
	return frame_new(v->connection.id, parts, n, true);
}

/* Remember that the subscriber has the topic's latest state. */
static void
mark_as_sent(struct subscriber *v)
{
	v->body_hash = v->topic->answer.body_hash;
	v->etag_hash = v->topic->answer.etag_hash;
}

/* --- long polls and refusals ------------------------------------------------ */

/* The upstream's response, with the headers that only we know. */
static struct frame *
response_frame(struct live *l, struct subscriber *v, bool applied)
{
	const struct topic	*t = v->topic;
	struct str		 rest = { t->answer.whole, t->answer.whole_n }, first;
	char			 line[64] = "";

	if (applied)
		(void)snprintf(line, sizeof(line), "Preference-Applied: wait=%d\r\n",
		    v->wait_s);
	first = str_cut(&rest, '\n');
	first.n++;
	subscriber_count(l, v, t->answer.status);
	return last_frame(v, (struct str[]){ first, str_of(line),
	    str_of(v->opening->quota_headers), rest }, 4);
}

static bool
describes_body(struct str line)
{
	return strncasecmp(line.p, "Content-", 8) == 0 ||
	    strncasecmp(line.p, "Status:", 7) == 0;
}

/* With the headers that a 200 would have (RFC 9110, 15.4.5). */
static struct frame *
not_modified_frame(struct live *l, struct subscriber *v)
{
	const struct topic	*t = v->topic;
	struct str		 rest = { t->answer.whole, t->answer.head_n - 2 }, line;
	struct str		 parts[PARTS] = { STR("Status: 304 Not Modified\r\n") };
	char			 applied[64];
	size_t			 n = 1;

	(void)snprintf(applied, sizeof(applied), "Preference-Applied: wait=%d\r\n",
	    v->wait_s);
	parts[n++] = str_of(applied);
	parts[n++] = str_of(v->opening->quota_headers);
	while (rest.n > 0 && n < PARTS - 1) {
		line = str_cut(&rest, '\n');
		line.n++;
		if (!describes_body(line) ||
		    strncasecmp(line.p, "Content-Security", 16) == 0)
			parts[n++] = line;
	}
	parts[n++] = STR("\r\n");
	subscriber_count(l, v, HTTP_NOT_MODIFIED);
	return last_frame(v, parts, n);
}

/* --- streams -------------------------------------------------------------- */

/* A stream ends when its token expires. */
static struct frame *
stream_head_frame(struct live *l, struct subscriber *v)
{
	struct str	 parts[] = { STR("Status: 200 OK\r\n"
			    "Content-Type: text/event-stream\r\n"
			    "Cache-Control: no-cache\r\nX-Accel-Buffering: no\r\n"),
			    str_of(v->opening->headers), str_of(v->opening->quota_headers),
			    STR("\r\nretry: 3000\n\n") };
	struct frame	*f = frame_new(v->connection.id, parts, NELEMS(parts), false);

	v->has_head = true;
	if (v->topic->depends.until_ms != 0 && v->deadline_ms == 0)
		v->deadline_ms = l->now_ms + v->topic->depends.until_ms - clock_now_ms();
	subscriber_count(l, v, HTTP_OK);
	opening_free(v->opening);
	v->opening = NULL;
	return f;
}

static struct frame *
stream_end_frame(struct subscriber *v, int status)
{
	struct str	 text = status == HTTP_UNAUTHORIZED ?
			    STR("event: expired\ndata: {}\n\n") :
			    STR("event: gone\ndata: {}\n\n");

	return last_frame(v, &text, 1);
}

/* New content; or, if only the ETag changed, just the new event id. */
static struct frame *
event_frame(struct subscriber *v)
{
	const struct topic	*t = v->topic;
	bool			 same = t->answer.body_hash == v->body_hash;
	struct str		 id[] = { STR("id: "), str_of(t->answer.etag), STR("\n\n") };

	mark_as_sent(v);
	return same ? frame_new(v->connection.id, id, NELEMS(id), false) :
	    frame_for_id(v->connection.id, t->answer.event);
}

/* --- the decision --------------------------------------------------------- */

/* The first frame: a refusal as a plain GET would get it, or the subscriber is admitted. */
static struct frame *
first_frame(struct live *l, struct subscriber *v)
{
	const struct topic	*t = v->topic;
	struct frame		*f = NULL;

	if (t->answer.status != HTTP_OK || (!t->depends.known && !v->is_stream))
		return response_frame(l, v, false);
	if (!t->depends.known) {
		return subscriber_refuse(l, v, HTTP_NOT_ACCEPTABLE, "not_acceptable",
		    "this resource has no event stream; it is available as "
		    "application/json only");
	}
	if (!subscriber_admit(l, v, &f))
		return f;
	v->admitted = true;
	if (v->opening->etags != NULL && etag_none_match(str_of(v->opening->etags),
	    str_of(t->answer.etag)))
		mark_as_sent(v);
	return v->is_stream ? stream_head_frame(l, v) : subscriber_next(l, v);
}

struct frame *
subscriber_next(struct live *l, struct subscriber *v)
{
	const struct topic	*t = v->topic;

	if (t->answer.status == 0 || t->schedule.answered < v->min_answer)
		return NULL;
	if (!v->admitted)
		return first_frame(l, v);
	if (t->answer.status != HTTP_OK)
		return v->is_stream ? stream_end_frame(v, t->answer.status) : response_frame(l, v, true);
	if (t->answer.body_hash == v->body_hash && (!v->is_stream || t->answer.etag_hash == v->etag_hash))
		return NULL;
	return v->is_stream ? event_frame(v) : response_frame(l, v, true);
}

struct frame *
subscriber_last(struct live *l, struct subscriber *v)
{
	char		 line[32];
	struct str	 text;

	if (!v->is_stream)
		return not_modified_frame(l, v);
	if (l->drain_ms == 0)
		return stream_end_frame(v, HTTP_UNAUTHORIZED);
	(void)snprintf(line, sizeof(line), "retry: %d\n\n", 1000 + rand() % 9000);
	text = str_of(line);
	return last_frame(v, &text, 1);
}
