#ifndef BRISK_JOB_PRIVATE_H
#define BRISK_JOB_PRIVATE_H
/*
 * private - shared by the parts of the room:
 *
 *	job.c		what handlers and jobs call: queue, end, fail
 *	claim.c		claims, leases, the order of work
 *	run.c		runs one job and ends it
 *	sql.c		the statements
 *
 * States of a job:
 *
 *	ready ---claim---> running ---finish---> done
 *	  ^                  |  |-----bury-----> dead, with a row of dead_letters
 *	  +-- reschedule, ---+
 *	      release, reap
 *
 * Every transition away from `running`, except reap, requires the lease token and
 * clears it, so that it happens once.
 */
#include "job/worker.h"

#define JOB_MAX_CLAIM	10

/* A claimed job. */
struct job_row {
	int64_t		 id;
	int64_t		 attempts;	/* before this one */
	int64_t		 max_attempts;
	struct str	 kind, payload;
	struct stamp	 failed_at;	/* first failure */
};

/* Parameters of the statements. */
struct job_bind {
	struct uuid	 letter, lease;
	struct str	 queue, kind, dedupe, payload, error;
	struct stamp	 at, failed_at, now;
	int64_t		 id, attempts, max_rows;
};

/* Indexes of job_run_queries[] and job_requeue_queries[]. */
enum job_sql {
	JOB_SQL_CLAIM,		/* select jobs that are due, and lock them */
	JOB_SQL_CLAIMED,	/* mark a job as running, with a lease */
	JOB_SQL_RELEASE,	/* give a job back that has not begun */
	JOB_SQL_EXPIRED,	/* select expired leases */
	JOB_SQL_REAP,		/* take a job back from its expired lease */
	JOB_SQL_NEXT_DUE,	/* when is the next job or lease due? */
	JOB_SQL_FINISH,
	JOB_SQL_RESCHEDULE,	/* run again later */
	JOB_SQL_BURY,		/* mark a job as dead */
	JOB_SQL_DEAD_LETTER	/* copy a dead job to dead_letters */
};
enum job_requeue_sql { JOB_SQL_REQUEUE, JOB_SQL_READ_LETTER };

struct job_letter { struct str queue, kind, payload; };
struct job_next_due { struct stamp ready, expires; };
struct job_id { int64_t id; };

/* A pause after so many attempts: a random part of min(300, 2^n) seconds. */
int64_t		 job_backoff_ms(int64_t attempts);
/* The message, cut after JOB_MAX_ERROR whole characters. */
struct str	 job_error_text(const char *);
struct stamp	 job_now(void);

/* Run a statement that requires the lease; DB_ABORT if the lease is lost. */
enum db_err	 job_transition(struct job *, enum job_sql, struct job_bind *) MUSTCHECK;
/* Mark the job as done; reschedule it if it is recurring. */
enum db_err	 job_finish(struct job *) MUSTCHECK;

/* Invalidate answers that show the job: its tag is "jobs/ID". */
void		 job_invalidate(struct store *, int64_t id);
/* Run a claimed job and end it. */
void		 job_run(struct job_queue *, const struct job_row *, struct uuid lease);
/* NULL: no such kind. */
const struct job_kind *job_find_kind(const struct job_queue *, struct str name);
int64_t		 job_lease_ms(const struct job_kind *);	/* NULL: the default */

#endif
