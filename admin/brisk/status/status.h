#ifndef BRISK_STATUS_H
#define BRISK_STATUS_H
/*
 * status - a view of all running programs: collected by status.c, printed by print.c.
 */
#include "process.h"

/* The numbers of a worker, or the sum of several. */
struct status_totals {
	uint64_t	 served, errors, kib;
	uint32_t	 busy, connections;
	double		 rate;
	uint64_t	 times[SCOREBOARD_TIME_BUCKETS];
};

struct status_view {
	int64_t			 at_us;		/* monotonic time; 0: empty */
	struct process		*all;		/* process_all() */
	struct scoreboard_worker	 workers[SCOREBOARD_SLOTS];
	struct status_totals	 figures[SCOREBOARD_SLOTS];	/* of each worker */
	size_t			 nworkers;
};

void		 status_totals_add(struct status_totals *, const struct status_totals *);
const char	*status_state(const struct status_view *, const struct process *);

void		 status_text(const struct status_view *, struct buf *);
void		 status_json(const struct status_view *, struct buf *);

#endif
