#ifndef BRISK_JOB_WORKER_H
#define BRISK_JOB_WORKER_H
/*
 * worker - the side of the queue that runs jobs, for the threads of a program.
 */
#include <stdatomic.h>

#include "base/arena.h"
#include "job/job.h"

struct scoreboard;

/*
 * The queue of a program, as one thread works on it.  The caller owns what it
 * points to.  The arena of the store is reset after each job.
 */
struct job_queue {
	const char		*name;		/* of the program */
	const struct job_kind	*kinds;
	const struct conf	*conf;
	struct store		*store;
	struct scoreboard		*scoreboard;		/* counts jobs; NULL: not counted */

	/* Internal. */
	struct arena		 claimed;	/* rows of the claimed jobs */
	int64_t			 average_us;	/* recent duration of a job */
	int64_t			 reap_us;	/* next check for expired leases */
};

/* What is wrong with a kind, as a phrase; NULL: nothing. */
const char	*job_kind_error(const struct job_kind *);
/* The tag that is invalidated when a job is queued for the program. */
struct str	 job_tag(struct arena *, const char *queue);

/* False: no memory. */
bool		 job_open(struct job_queue *) MUSTCHECK;
void		 job_close(struct job_queue *);
/* Queue the recurring kinds that are not queued. */
enum db_err	 job_queue_recurring(struct job_queue *) MUSTCHECK;
/*
 * Claim jobs that are due and run them; `*n` is their number.  If `*ending`
 * becomes true, jobs that have not begun are released.
 */
enum db_err	 job_run_due(struct job_queue *, const atomic_bool *ending, size_t *n)
		    MUSTCHECK;
/* The time of the next job or lease that is due (clock_now_ms()); INT64_MAX: none. */
enum db_err	 job_next_due(struct job_queue *, int64_t *at) MUSTCHECK;

#endif
