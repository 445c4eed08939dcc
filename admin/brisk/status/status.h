#ifndef BRISK_STATUS_H
#define BRISK_STATUS_H
/*
 * status - one look at all that runs: taken by status.c, put into words by
 * status_print.c.
 */
#include "process.h"

/* Of one worker, or added up. */
struct status_totals {
	uint64_t	 served, errors, kib;
	uint32_t	 busy, connections;
	double		 rate;
	uint64_t	 times[SCOREBOARD_TIME_BUCKETS];
};

struct status_view {
	int64_t			 at_us;		/* 0: none yet */
	struct process		*all;		/* process_all() */
	struct scoreboard_worker	 workers[SCOREBOARD_SLOTS];
	struct status_totals		 figures[SCOREBOARD_SLOTS];	/* of each of them */
	size_t			 nworkers;
};

void		 status_totals_add(struct status_totals *, const struct status_totals *);
const char	*status_state(const struct status_view *, const struct process *);

void		 status_text(const struct status_view *, struct buf *);
void		 status_json(const struct status_view *, struct buf *);

#endif
