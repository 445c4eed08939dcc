#ifndef BRISK_FRAME_H
#define BRISK_FRAME_H
/* frame - FastCGI records, ready to send; shared by all who get the same bytes. */
#include "base/base.h"

struct frame {
	uint32_t	 refs, n;
	uint16_t	 id;		/* of the request, in each record */
	char		 bytes[];
};

/* The parts, one after the other; `last`: and the end of the response.  NULL: no memory. */
struct frame	*frame_new(uint16_t id, const struct str *parts, size_t n, bool last)
		    MUSTCHECK;
/* The same frame for request `id`: a reference, or a copy.  NULL: no memory. */
struct frame	*frame_for_id(uint16_t id, struct frame *) MUSTCHECK;
/* Drop a reference; NULL does nothing. */
void		 frame_release(struct frame *);

#endif
