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
#include "shm/outcome.h"

#define SCOREBOARD_SLOTS	128
#define SCOREBOARD_ROUTES	48	/* of one program */
#define SCOREBOARD_BUILD	13	/* bytes of a build's name, NUL included */
#define SCOREBOARD_BUCKETS	11	/* .005 .01 .025 .05 .1 .25 .5 1 2.5 5 10 s */
#define SCOREBOARD_TIMES	200	/* finer: eight to each doubling, up to 134 s */
#define SCOREBOARD_RECENT	60	/* seconds over which a rate is taken */

struct scoreboard;

/* What one answer adds. */
struct scoreboard_entry {
	size_t		 route;		/* as given to scoreboard_route(); SCOREBOARD_NO_ROUTE */
	int		 status;
	int64_t		 us;
	uint64_t	 statements;
	int64_t		 db_us;
	enum cache_outcome cache;
	enum idem_result idem;
};

#define SCOREBOARD_NO_ROUTE	((size_t)-1)

/* Open the file and take a slot.  NULL and a log line if it can not be: the
 * program serves all the same, uncounted. */
struct scoreboard	*scoreboard_open(const char *path, const char *service,
		    const char *program) MUSTCHECK;
void		 scoreboard_close(struct scoreboard *);

/* Name route i of this program; once, before threads. */
void		 scoreboard_route(struct scoreboard *, size_t i, const char *method,
		    const char *path);

void		 scoreboard_count(struct scoreboard *, const struct scoreboard_entry *);

/* How a job ended, or what became of a try. */
enum scoreboard_job {
	SCOREBOARD_JOB_DONE,
	SCOREBOARD_JOB_AGAIN,	/* failed, comes again */
	SCOREBOARD_JOB_DEAD,		/* failed for good */
	SCOREBOARD_JOB_LOST,		/* its lease was: its effect was taken back */
	SCOREBOARD_JOB_LEFT,		/* to a build that knows its kind */
	SCOREBOARD_JOB_ENDS
};

#define SCOREBOARD_KINDS	16	/* of jobs, of one program */

const char	*scoreboard_job_name(enum scoreboard_job);
/* Name kind i of this program; once, before threads. */
void		 scoreboard_job_kind(struct scoreboard *, size_t i, const char *kind);
/* A job of kind i; of another it is counted as "other". */
void		 scoreboard_job(struct scoreboard *, size_t i, enum scoreboard_job);

/* What its worker is at; SCOREBOARD_STARTING until told otherwise. */
enum scoreboard_state {
	SCOREBOARD_STARTING,
	SCOREBOARD_SERVING,
	SCOREBOARD_DRAINING,		/* finishes what it has */
	SCOREBOARD_FALLBACK,		/* answers 503 for those that can not */
	SCOREBOARD_STOPPED,		/* by an admin: 503 */
	SCOREBOARD_STATES
};

const char	*scoreboard_state_name(enum scoreboard_state);
void		 scoreboard_state(struct scoreboard *, enum scoreboard_state);
/* So many more requests in flight. */
void		 scoreboard_busy(struct scoreboard *, int more);
void		 scoreboard_memory(struct scoreboard *, uint64_t kib);
/* Where its database connections are counted; NULL without a board. */
_Atomic uint32_t *scoreboard_connections(struct scoreboard *);

/* One that lives, as `brisk status` shows it. */
struct scoreboard_worker {
	char		 service[24], program[24], build[SCOREBOARD_BUILD];
	int32_t		 pid;
	enum scoreboard_state state;
	int64_t		 since_ms;	/* clock_now_ms() */
	uint64_t	 served, errors, kib;	/* errors: 5xx */
	uint32_t	 busy, connections;
	double		 rate;		/* a second: of the last SCOREBOARD_RECENT, or its life */
	uint64_t	 times[SCOREBOARD_TIMES];
};

/* Those that live now, at most SCOREBOARD_SLOTS of them; 0 when there is no file. */
size_t		 scoreboard_workers(const char *path, struct scoreboard_worker *);

/*
 * Of answers counted by their times, or of several workers' added up: how many,
 * and the time in which so many of a thousand were answered, in microseconds;
 * -1 where there are none.  It is off by 6 in 100 at most.
 */
uint64_t	 scoreboard_answers(const uint64_t times[SCOREBOARD_TIMES]);
int64_t		 scoreboard_quantile(const uint64_t times[SCOREBOARD_TIMES], unsigned of_1000);

/* Tells one program file from another: of inode, size and time; "" if absent. */
void		 scoreboard_build(const char *program, char build[SCOREBOARD_BUILD]);

/* All programs' figures as Prometheus text (exposition format 0.0.4). */
bool		 scoreboard_print(const char *path, struct buf *) MUSTCHECK;

#endif
