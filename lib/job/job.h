#ifndef BRISK_JOB_H
#define BRISK_JOB_H
/*
 * job - the durable queue: work that is queued now and done later.  A job may be
 * tried several times; its effect happens exactly once.
 *
 * A kind of job is a table entry and a function, declared by the program that
 * owns it.  It runs in threads of the workers of that program (as CGI or under
 * mod_fcgid, cron runs `brisk jobs run`):
 *
 *	static const struct job_kind kinds[] = {
 *		{ "order.expire", &order_ref, expire,
 *		    .doc = "Cancel an order that was not paid" },
 *		{ NULL } };
 *	... APP("orders", .jobs = kinds, ...)
 *
 * It is queued in the transaction of the write that needs it:
 *
 *	job_add(st, &(struct job_spec){ .queue = "orders", .kind = "order.expire",
 *	    .schema = &order_ref, .payload = &ref, .run_at = order.expires_at });
 *
 * A worker claims jobs under a lease (`lease_until`, `lease_token`), commits the
 * claim, runs them, and ends each job in the transaction of its effect, which
 * requires that the lease is still its own.  If the lease expired meanwhile, the
 * effect is rolled back and the job stays queued.  A failed job is retried after
 * a random pause of up to min(300, 2^attempts) seconds.  After its last attempt,
 * or at once if it can never succeed, it becomes a row of dead_letters.
 */
#include "cache/store.h"
#include "schema/value.h"

#define JOB_LEASE_S	30
#define JOB_MAX_NAME	31	/* bytes of the name of a kind or a queue */
#define JOB_MAX_ERROR	500	/* characters of last_error */

struct conf;
struct job_kind;

/* A job that runs.  Everything it points to lives until the function returns. */
struct job {
	struct store		*store;
	const struct job_kind	*kind;
	const struct conf	*conf;
	const void		*input;		/* the payload, decoded */
	int64_t			 id;
	int			 attempt;	/* from 1 */
	struct uuid		 lease;
	bool			 ended;		/* job_write() ended it */
	bool			 lease_lost;	/* its effects do not count */
	char			 error[JOB_MAX_ERROR];	/* for last_error; "": none */
};

enum job_outcome {
	JOB_DONE,	/* also if job_write() ended the job */
	JOB_RETRY,	/* try again later */
	JOB_DEAD	/* can never succeed: a dead letter at once */
};

struct job_kind {
	const char		*name;		/* NULL ends a table */
	const struct schema	*payload;	/* NULL: none */
	enum job_outcome	(*run)(struct job *);
	const char		*doc;
	int			 attempts;	/* 0: the default of jobs.max_attempts */
	int			 lease_s;	/* 0: JOB_LEASE_S */
	int			 every_s;	/* runs again after each end, once per installation;
						 * 0: runs when queued */
};

/* A job to queue. */
struct job_spec {
	const char		*queue;		/* the program that owns the kind */
	const char		*kind;
	const struct schema	*schema;		/* of the payload; NULL: none */
	const void		*payload;
	struct str		 text;		/* the payload as JSON, instead of both */
	struct stamp		 run_at;	/* absent: now */
	struct str		 dedupe;	/* absent: none; a job that is ready or running with
						 * the same key makes this one superfluous */
	int64_t			*id;		/* NULL, or receives the id; 0: not queued */
};

/* Inside a transaction: queue a job.  COMMIT wakes waiting workers. */
enum db_err	job_add(struct store *, const struct job_spec *) MUSTCHECK;

/*
 * The effect of a job and its end, as store_write().  DB_ABORT: the lease was
 * lost, and nothing happened.  A job may call store_write() before, for changes
 * that must be kept whatever happens next.
 */
enum db_err	job_write(struct job *, const struct str *tags, size_t ntags,
		    enum db_err (*run)(struct store *, void *), void *arg) MUSTCHECK;

/* Record why the job failed; returns the outcome.  The last message is kept. */
enum job_outcome job_fail(struct job *, enum job_outcome, const char *, ...)
		    PRINTF(3, 4);

/* The outcome that belongs to the result of job_write() or another write. */
enum job_outcome job_outcome_of(struct job *, enum db_err);

/*
 * Inside a transaction with the tag JOB_DEAD_LETTERS: queue the job of a dead
 * letter again.  DB_NOT_FOUND: no such letter.  DB_ABORT: it is already queued
 * again.
 */
enum db_err	job_requeue(struct store *, struct uuid letter, int64_t *id) MUSTCHECK;
#define JOB_DEAD_LETTERS	"dead_letters"

/* Statements of programs that queue jobs, run jobs, and requeue: for .uses. */
extern const struct query job_add_queries[];
extern const struct query job_run_queries[];
extern const struct query job_requeue_queries[];

#endif
