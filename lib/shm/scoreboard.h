#ifndef BRISK_SCOREBOARD_H
#define BRISK_SCOREBOARD_H
/*
 * scoreboard - what each process of an installation does: a mapped file with one
 * slot per process.  `brisk status` and /metrics read it.
 *
 * A process owns its slot through a lock on one byte of the file (lock.h), so a
 * dead owner is detected without trusting pids.  The process that takes over the
 * slot of a dead owner first adds its counters to the totals, so counters never
 * decrease.  Counting is a few relaxed atomic additions and no system call.
 *
 * Every function accepts a NULL scoreboard and then does nothing: a program
 * without a scoreboard serves requests, but does not count them.
 */
#include "base/buf.h"
#include "shm/outcome.h"

#define SCOREBOARD_SLOTS	128
#define SCOREBOARD_ROUTES	48	/* of one program */
#define SCOREBOARD_BUILD	13	/* bytes of a build id, NUL included */
#define SCOREBOARD_BUCKETS	11	/* .005 .01 .025 .05 .1 .25 .5 1 2.5 5 10 s */
#define SCOREBOARD_TIME_BUCKETS	200	/* eight per doubling of the time, up to 134 s */
#define SCOREBOARD_RATE_SECONDS	60	/* the rate is an average over this time */

struct scoreboard;

/* What one response adds to the counters. */
struct scoreboard_entry {
	size_t		 route;		/* as in scoreboard_name_route(), or SCOREBOARD_NO_ROUTE */
	int		 status;
	int64_t		 us;		/* from request to response, in microseconds */
	uint64_t	 statements;	/* sent to the database */
	int64_t		 db_us;		/* spent waiting for the database */
	enum cache_outcome cache;
	enum idem_result idem;
};

#define SCOREBOARD_NO_ROUTE	((size_t)-1)

/* Open the file and acquire a slot.  NULL, with a log line, on failure. */
struct scoreboard	*scoreboard_open(const char *path, const char *service,
		    const char *program) MUSTCHECK;
/* The counters stay in the slot until another process needs the slot. */
void		 scoreboard_close(struct scoreboard *);

/* Name route i of this program.  Call it before the first thread starts. */
void		 scoreboard_name_route(struct scoreboard *, size_t i, const char *method,
		    const char *path);

void		 scoreboard_count(struct scoreboard *, const struct scoreboard_entry *);

/* How a try of a job ended.  The names are labels of a metric: they are frozen. */
enum scoreboard_job_result {
	SCOREBOARD_JOB_DONE,
	SCOREBOARD_JOB_RETRIED,		/* "again": failed, will be retried */
	SCOREBOARD_JOB_DEAD,		/* "dead": failed for the last time */
	SCOREBOARD_JOB_LEASE_LOST,	/* "lost": the lease expired; rolled back */
	SCOREBOARD_JOB_SKIPPED,		/* "left": this build does not know the kind */
	SCOREBOARD_JOB_RESULTS
};

#define SCOREBOARD_KINDS	16	/* of jobs, of one program */

const char	*scoreboard_job_name(enum scoreboard_job_result);
/* Name kind i of this program's jobs.  Call it before the first thread starts. */
void		 scoreboard_name_job(struct scoreboard *, size_t i, const char *kind);
/* Count a try of a job of kind i; any other i counts as kind "other". */
void		 scoreboard_count_job(struct scoreboard *, size_t i,
		    enum scoreboard_job_result);

/* State of a worker; SCOREBOARD_STARTING at first. */
enum scoreboard_state {
	SCOREBOARD_STARTING,
	SCOREBOARD_SERVING,
	SCOREBOARD_DRAINING,		/* finishes its requests, then ends */
	SCOREBOARD_FALLBACK,		/* answers 503 because no worker can start */
	SCOREBOARD_STOPPED,		/* answers 503: an administrator stopped it */
	SCOREBOARD_STATES
};

const char	*scoreboard_state_name(enum scoreboard_state);
void		 scoreboard_set_state(struct scoreboard *, enum scoreboard_state);
/* Add to the number of requests in progress. */
void		 scoreboard_add_busy(struct scoreboard *, int n);
void		 scoreboard_set_memory(struct scoreboard *, uint64_t kib);
/* The counter of open database connections; NULL without a scoreboard. */
_Atomic uint32_t *scoreboard_connection_counter(struct scoreboard *);

/* A running process, as `brisk status` shows it. */
struct scoreboard_worker {
	char		 service[24], program[24], build[SCOREBOARD_BUILD];
	int32_t		 pid;
	enum scoreboard_state state;
	int64_t		 since_ms;	/* start, clock_now_ms() */
	uint64_t	 served, errors, kib;	/* errors: responses with 5xx */
	uint32_t	 busy, connections;
	double		 rate;		/* responses per second */
	uint64_t	 times[SCOREBOARD_TIME_BUCKETS];
};

/*
 * Copy the running processes to an array of SCOREBOARD_SLOTS.  Returns their
 * number; 0 if there is no file.
 */
size_t		 scoreboard_workers(const char *path, struct scoreboard_worker *);

/* Number of responses in the time buckets of one process, or of several added. */
uint64_t	 scoreboard_sum(const uint64_t times[SCOREBOARD_TIME_BUCKETS]);

/*
 * The time within which `per_1000` of 1000 responses were sent, in microseconds;
 * -1 if there are no responses.  The error is at most 6 %.
 */
int64_t		 scoreboard_quantile(const uint64_t times[SCOREBOARD_TIME_BUCKETS],
		    unsigned per_1000);

/*
 * The build id of a program: a hash of inode, size and modification time of its
 * file; "" if there is no such file.
 */
void		 scoreboard_build_id(const char *program, char build[SCOREBOARD_BUILD]);

/*
 * Append the counters of all programs as Prometheus text (exposition format
 * 0.0.4).  False if there is no file, or no memory.
 */
bool		 scoreboard_print(const char *path, struct buf *) MUSTCHECK;

#endif
