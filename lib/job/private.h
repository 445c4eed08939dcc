#ifndef BRISK_JOB_PRIVATE_H
#define BRISK_JOB_PRIVATE_H
/*
 * job_private - what the parts of the job room share.
 *
 *	job.c		what handlers call: queue, end, fail
 *	job_claim.c	whose a job is: leases and their end
 *	job_run.c	one job, and what becomes of it
 *	job_sql.c	the statements
 *
 * A job's states:
 *
 *	ready ---claim---> running ---done---> done
 *	  ^                   |------dead---> dead, and a row of dead_letters
 *	  +-later, back, reap-+
 *
 * Each arrow away from `running` but the reaper's names the lease's token, and
 * takes it off, so that it can be gone once.
 */
#include "job/job.h"

#define JOB_MAX_CLAIM	10

/* As claimed. */
struct job_row {
	int64_t		 id, attempts, max_attempts;	/* attempts: before this one */
	struct str	 kind, payload;
	struct stamp	 failed_at;
};

/* What the statements bind. */
struct job_bind {
	struct uuid	 letter, lease;
	struct str	 queue, kind, dedupe, payload, error;
	struct stamp	 at, failed_at, now;
	int64_t		 id, attempts, most;
};

enum job_sql { JOB_SQL_CLAIM, JOB_SQL_CLAIMED, JOB_SQL_RELEASE, JOB_SQL_EXPIRED, JOB_SQL_REAP, JOB_SQL_NEXT_DUE,
	JOB_SQL_FINISH, JOB_SQL_RESCHEDULE, JOB_SQL_BURY, JOB_SQL_DEAD_LETTER };
enum job_requeue_sql { JOB_SQL_REQUEUE, JOB_SQL_READ_LETTER };

struct job_letter { struct str queue, kind, payload; };
struct job_next_due { struct stamp ready, expires; };
struct job_id { int64_t id; };

/* A pause after so many attempts: a random part of min(300, 2^n) seconds. */
int64_t		 job_backoff_ms(int64_t attempts);
/* As much of a text as last_error holds, whole characters. */
struct str	 job_error_text(const char *);
struct stamp	 job_now(void);

/* One statement that must still find the lease: DB_ABORT where it does not. */
enum db_err	 job_transition(struct job *, enum job_sql, struct job_bind *) MUSTCHECK;
/* Done, or due again in a while if it is such a kind. */
enum db_err	 job_finish(struct job *) MUSTCHECK;

/* Its tag is "jobs/ID". */
void		 job_invalidate(struct store *, int64_t id);
/* Do it, and see to what becomes of it. */
void		 job_run(struct job_queue *, const struct job_row *, struct uuid lease);
const struct job_kind *job_kind(const struct job_queue *, struct str name);
int64_t		 job_lease_ms(const struct job_kind *);	/* NULL: of a kind that is not known */

#endif
