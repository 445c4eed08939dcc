#ifndef BRISK_BOARD_H
#define BRISK_BOARD_H
/*
 * board - what every process of an installation is doing: a mapped file with
 * one slot a process, read by `brisk status` and /metrics.
 *
 * A slot is owned through a lock on its byte of the file (an open-file-
 * description lock), so that a dead owner is known without trusting pids; its
 * figures are then folded into the totals of its program, and counters never
 * go down.  Counting is a few relaxed atomic adds, no system call.  The file's
 * layout is versioned: another build's file with another layout is replaced.
 */
#include "base/buf.h"

#define BOARD_SLOTS	128
#define BOARD_ROUTES	48	/* of one program */
#define BOARD_BUILD	13	/* bytes of a build's name, NUL included */
#define BOARD_BUCKETS	11	/* .005 .01 .025 .05 .1 .25 .5 1 2.5 5 10 s */
#define BOARD_TIMES	200	/* finer: eight to each doubling, up to 134 s */
#define BOARD_RECENT	60	/* seconds over which a rate is taken */

struct board;

/* What one answer adds. */
struct board_entry {
	size_t		 route;		/* as given to board_route(); BOARD_NO_ROUTE */
	int		 status;
	int64_t		 us;
	uint64_t	 statements;
	int64_t		 db_us;
	const char	*cache;		/* store_outcome_name() */
	const char	*idem;		/* idem_result_name() */
};

#define BOARD_NO_ROUTE	((size_t)-1)

/* Open the file and take a slot.  NULL and a log line if it can not be: the
 * program serves all the same, uncounted. */
struct board	*board_open(const char *path, const char *service,
		    const char *program) MUSTCHECK;
void		 board_close(struct board *);

/* Name route i of this program; once, before threads. */
void		 board_route(struct board *, size_t i, const char *method,
		    const char *path);

void		 board_count(struct board *, const struct board_entry *);

/* How a job ended, or what became of a try. */
enum board_job {
	BOARD_JOB_DONE,
	BOARD_JOB_AGAIN,	/* failed, comes again */
	BOARD_JOB_DEAD,		/* failed for good */
	BOARD_JOB_LOST,		/* its lease was: its effect was taken back */
	BOARD_JOB_LEFT,		/* to a build that knows its kind */
	BOARD_JOB_ENDS
};

#define BOARD_KINDS	16	/* of jobs, of one program */

const char	*board_job_name(enum board_job);
/* Name kind i of this program; once, before threads. */
void		 board_job_kind(struct board *, size_t i, const char *kind);
/* A job of kind i; of another it is counted as "other". */
void		 board_job(struct board *, size_t i, enum board_job);

/* What its worker is at; BOARD_STARTING until told otherwise. */
enum board_state {
	BOARD_STARTING,
	BOARD_SERVING,
	BOARD_DRAINING,		/* finishes what it has */
	BOARD_SORRY,		/* answers 503 for those that can not */
	BOARD_STOPPED,		/* by an admin: 503 */
	BOARD_STATES
};

const char	*board_state_name(enum board_state);
void		 board_state(struct board *, enum board_state);
/* So many more requests in flight. */
void		 board_busy(struct board *, int more);
void		 board_memory(struct board *, uint64_t kib);
/* Where its database connections are counted; NULL without a board. */
_Atomic uint32_t *board_connections(struct board *);

/* One that lives, as `brisk status` shows it. */
struct board_worker {
	char		 service[24], program[24], build[BOARD_BUILD];
	int32_t		 pid;
	enum board_state state;
	int64_t		 since_ms;	/* clock_now_ms() */
	uint64_t	 served, errors, kib;	/* errors: 5xx */
	uint32_t	 busy, connections;
	double		 rate;		/* a second: of the last BOARD_RECENT, or its life */
	uint64_t	 times[BOARD_TIMES];
};

/* Those that live now, at most BOARD_SLOTS of them; 0 when there is no file. */
size_t		 board_workers(const char *path, struct board_worker *);

/*
 * Of answers counted by their times, or of several workers' added up: how many,
 * and the time in which so many of a thousand were answered, in microseconds;
 * -1 where there are none.  It is off by 6 in 100 at most.
 */
uint64_t	 board_answers(const uint64_t times[BOARD_TIMES]);
int64_t		 board_quantile(const uint64_t times[BOARD_TIMES], unsigned of_1000);

/* Tells one program file from another: of inode, size and time; "" if absent. */
void		 board_build(const char *program, char build[BOARD_BUILD]);

/* All programs' figures as Prometheus text (exposition format 0.0.4). */
bool		 board_print(const char *path, struct buf *) MUSTCHECK;

#endif
