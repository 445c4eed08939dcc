/* live_frame - FastCGI records that are ready to go out. */
#include <stdlib.h>

#include "live/private.h"

#define HEAD		8
#define MAX_RECORD	65528	/* of content */
#define STDOUT		6
#define END_REQUEST	3

static void
put(struct frame *f, const void *p, size_t n)
{
	memcpy(f->bytes + f->n, p, n);
	f->n += (uint32_t)n;
}

static void
put_head(struct frame *f, uint8_t type, size_t n)
{
	const uint8_t	 head[HEAD] = { 1, type, (uint8_t)(f->id >> 8),
			    (uint8_t)f->id, (uint8_t)(n >> 8), (uint8_t)n };

	put(f, head, sizeof(head));
}

/* FCGI_REQUEST_COMPLETE, status 0. */
static void
put_end(struct frame *f)
{
	static const char	 zeros[8];

	put_head(f, STDOUT, 0);
	put_head(f, END_REQUEST, sizeof(zeros));
	put(f, zeros, sizeof(zeros));
}

struct frame *
frame_new(uint16_t id, const struct str *parts, size_t n, bool last)
{
	struct frame	*f;
	size_t		 all = 0, room = 0, some;

	for (size_t i = 0; i < n; i++)
		all += parts[i].n;
	f = malloc(sizeof(*f) + all + (all / MAX_RECORD + 1) * HEAD + 3 * HEAD);
	if (f == NULL)
		return NULL;
	*f = (struct frame){ .refs = 1, .id = id };
	for (size_t i = 0; i < n; i++)
		for (struct str s = parts[i]; s.n > 0; s = str_from(s, some)) {
			if (room == 0) {
				room = all < MAX_RECORD ? all : MAX_RECORD;
				all -= room;
				put_head(f, STDOUT, room);
			}
			some = s.n < room ? s.n : room;
			put(f, s.p, some);
			room -= some;
		}
	if (last)
		put_end(f);
	return f;
}

/* The same for another request: web servers number theirs 1, mostly. */
static struct frame *
renumber(uint16_t id, const struct frame *f)
{
	struct frame	*mine = malloc(sizeof(*f) + f->n);
	size_t		 at = 0;
	uint8_t		*head;

	if (mine == NULL)
		return NULL;
	memcpy(mine, f, sizeof(*f) + f->n);
	mine->refs = 1;
	mine->id = id;
	while (at < f->n) {
		head = (uint8_t *)mine->bytes + at;
		head[2] = (uint8_t)(id >> 8);
		head[3] = (uint8_t)id;
		at += (size_t)(head[4] << 8 | head[5]) + head[6] + HEAD;
	}
	return mine;
}

struct frame *
frame_for_id(uint16_t id, struct frame *f)
{
	if (f->id != id)
		return renumber(id, f);
	f->refs++;
	return f;
}

void
frame_release(struct frame *f)
{
	if (f != NULL && --f->refs == 0)
		free(f);
}
