/* frame - FastCGI records, ready to send. */
#include <stdlib.h>

#include "fcgi/record.h"
#include "live/frame.h"

static void
frame_put(struct frame *f, const void *p, size_t n)
{
	memcpy(f->bytes + f->n, p, n);
	f->n += (uint32_t)n;
}

static void
put_head(struct frame *f, size_t n)
{
	uint8_t	 head[FCGI_RECORD_HEAD];

	fcgi_record_head(head, FCGI_STDOUT, f->id, n);
	frame_put(f, head, sizeof(head));
}

static void
put_end(struct frame *f)
{
	uint8_t	 end[FCGI_RECORD_END];

	fcgi_record_end(end, f->id);
	frame_put(f, end, sizeof(end));
}

struct frame *
frame_new(uint16_t id, const struct str *parts, size_t n, bool last)
{
	struct frame	*f;
	size_t		 all = 0, room = 0, some;

	for (size_t i = 0; i < n; i++)
		all += parts[i].n;
	f = malloc(sizeof(*f) + all + (all / FCGI_RECORD_MAX + 1) * FCGI_RECORD_HEAD +
	    FCGI_RECORD_END);
	if (f == NULL)
		return NULL;
	*f = (struct frame){ .refs = 1, .id = id };
	for (size_t i = 0; i < n; i++)
		for (struct str s = parts[i]; s.n > 0; s = str_from(s, some)) {
			if (room == 0) {
				room = all < FCGI_RECORD_MAX ? all : FCGI_RECORD_MAX;
				all -= room;
				put_head(f, room);
			}
			some = s.n < room ? s.n : room;
			frame_put(f, s.p, some);
			room -= some;
		}
	if (last)
		put_end(f);
	return f;
}

/* A copy of the records with another id. */
static struct frame *
renumber(uint16_t id, const struct frame *f)
{
	struct frame			*copy = malloc(sizeof(*f) + f->n);
	struct fcgi_record_reader	 r = { .have = 0 };
	struct fcgi_record_piece	 piece;

	if (copy == NULL)
		return NULL;
	memcpy(copy, f, sizeof(*f) + f->n);
	copy->refs = 1;
	copy->id = id;
	for (size_t at = 0; at < f->n; ) {
		at += fcgi_record_read(&r, f->bytes + at, f->n - at, &piece);
		if (piece.first)
			fcgi_record_head((uint8_t *)copy->bytes + at - FCGI_RECORD_HEAD,
			    piece.type, id, piece.length);
	}
	return copy;
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
