#ifndef BRISK_JOB_H
#define BRISK_JOB_H
/*
 * job - the durable queue: work that is promised now and done later, exactly
 * once in its effect, though it may be tried more often.
 *
 * A kind of job is a row and a function, declared by the program that owns it;
 * it runs in threads of that program's workers (as CGI or under mod_fcgid, cron
 * runs `brisk jobs run`):
 *
 *	static const struct job_kind kinds[] = {
 *		{ "order.expire", &order_ref, expire, .doc = "Gives back what was not paid" },
 *		{ NULL } };
 *	... APP("orders", .jobs = kinds, ...)
 *
 * It is queued in the transaction of the write that needs it:
 *
 *	job_add(st, &(struct job_spec){ .queue = "orders", .kind = "order.expire",
 *	    .schema = &order_ref, .payload = &ref, .run_at = order.expires_at });
 *
 * A worker claims jobs under a lease (`lease_until`, `lease_token`), commits
 * that, works, and ends the job in the transaction of its effect, where the
 * token must still be its own: a worker whose lease ran out meanwhile loses its
 * effect, not the job.  What fails is tried again after a random pause up to
 * min(300, 2^attempts) seconds; after the last attempt, or at once when it can
 * never succeed, it is a row of dead_letters.
 */
#include <stdatomic.h>
#include "shm/scoreboard.h"
#include "conf/conf.h"
#include "cache/store.h"

#define JOB_ATTEMPTS	8
#define JOB_LEASE_S	30
#define JOB_MAX_NAME	31	/* most bytes of a kind's name, or a queue's */
#define JOB_MAX_ERROR		500	/* characters of last_error */

struct job_kind;

/* One that is being worked on.  All of it lives as long as the run. */
struct job {
	struct store		*store;
	const struct job_kind	*kind;
	const struct conf	*conf;
	const void		*input;		/* its payload, decoded */
	int64_t			 id;
	int			 attempt;	/* 1 is the first */
	struct uuid		 lease;
	bool			 ended;		/* job_write() did */
	bool			 lost;		/* its lease was: nothing of it counts */
	char			 why[JOB_MAX_ERROR];	/* of a failure, for last_error */
};

enum job_outcome {
	JOB_DONE,	/* also when job_write() has ended it already */
	JOB_RETRY,	/* not now: try later */
	JOB_DEAD	/* it can not succeed: a dead letter at once */
};

struct job_kind {
	const char		*name;		/* NULL ends a table */
	const struct schema	*payload;
	enum job_outcome		(*run)(struct job *);
	const char		*doc;
	int			 attempts;	/* 0: JOB_ATTEMPTS */
	int			 lease_s;	/* 0: JOB_LEASE_S */
	int			 every_s;	/* 0: when queued; else again and again, once an installation */
};

struct job_spec {
	const char		*queue;		/* the program that owns the kind */
	const char		*kind;
	const struct schema	*schema;		/* of the payload; NULL: none */
	const void		*payload;
	struct str		 text;		/* instead of both: the JSON itself */
	struct stamp		 run_at;	/* absent: now */
	struct str		 dedupe;	/* absent: none; one that is ready or running is left */
	int64_t			*id;		/* NULL, or where to tell its number; 0: it was left */
};

/* Inside a transaction.  Workers that wait are woken when it is committed. */
enum db_err	job_add(struct store *, const struct job_spec *) MUSTCHECK;

/*
 * The effect and the end of the job, as store_write() does: DB_ABORT when its
 * lease was lost, with nothing done.  A job's function may call store_write()
 * before, for what has to be known whatever happens next.
 */
enum db_err	job_write(struct job *, const struct str *tags, size_t ntags,
		    enum db_err (*run)(struct store *, void *), void *arg) MUSTCHECK;

/* Why it did not succeed; the last that was said is kept with the job. */
enum job_outcome	job_fail(struct job *, enum job_outcome, const char *, ...) PRINTF(3, 4);

/* The end of a function whose last word was job_write(), or another write. */
enum job_outcome	job_outcome_of(struct job *, enum db_err);

/*
 * Inside a transaction with the tag JOB_DEAD_LETTERS: what a dead letter holds is
 * queued anew.  DB_NOT_FOUND: there is no such one; DB_ABORT: it was already.
 */
enum db_err	job_requeue(struct store *, struct uuid letter, int64_t *id) MUSTCHECK;
#define JOB_DEAD_LETTERS	"dead_letters"	/* their tag */
extern const struct query job_requeue_queries[];

/* Statements of those who queue, for .uses; and of those who work. */
extern const struct query job_add_queries[];
extern const struct query job_run_queries[];

/* --- those who work: app_jobs.c -------------------------------------------- */

/*
 * A program's queue, as one thread works on it.  The store's arena is that of
 * one job at a time.
 */
struct job_queue {
	const char		*name;		/* the program's */
	const struct job_kind	*kinds;
	const struct conf	*conf;
	struct store		*store;
	struct scoreboard		*scoreboard;		/* NULL: nobody counts */
	struct arena		 claimed;
	int64_t			 us_each;	/* what one takes, of late */
	int64_t			 reap_us;	/* next look for leases that ran out */
};

/* What is wrong with a kind, as a sentence, or NULL. */
const char	*job_kind_error(const struct job_kind *);
/* The tag that moves when something was queued for it. */
struct str	 job_tag(struct arena *, const char *queue);

bool		 job_open(struct job_queue *) MUSTCHECK;
void		 job_close(struct job_queue *);
/* Those that come again and again are queued, where they are not. */
enum db_err	 job_queue_recurring(struct job_queue *) MUSTCHECK;
/*
 * Claim what is due and do it; how many there were in `*n`.  Once `*ending`,
 * what was not begun is handed back.
 */
enum db_err	 job_run_due(struct job_queue *, const atomic_bool *ending, size_t *n)
		    MUSTCHECK;
/* When there is something to do next, by clock_now_ms(); INT64_MAX: nothing. */
enum db_err	 job_next_due(struct job_queue *, int64_t *at) MUSTCHECK;

#endif
