#ifndef BRISK_SCOREBOARD_PRIVATE_H
#define BRISK_SCOREBOARD_PRIVATE_H
/*
 * scoreboard_private - the layout of the scoreboard file.
 *
 *	scoreboard.c		slots, counting, folding
 *	scoreboard_job.c	counters of jobs
 *	scoreboard_throughput.c	rates and times of responses
 *	scoreboard_read.c	the running processes
 *	scoreboard_print.c	Prometheus text
 *
 * To fold a slot is to add its counters to the totals and to clear it.  There are
 * two copies of the totals.  A fold writes the inactive copy and then the word
 * `fold`, which selects that copy and names the slot that is in it already but is
 * not cleared yet.  A process that dies during a fold therefore leaves every
 * counter counted exactly once.
 */
#include <stdatomic.h>
#include "shm/scoreboard.h"
#include "shm/shm_file.h"

#define NAME_LEN	24
#define METHOD_LEN	8
#define PATH_LEN	104
#define STATUSES	48		/* capacity of scoreboard_statuses[] */
#define KIND_LEN	32
#define KINDS		128		/* of jobs, of all programs since the file was created */
#define TOTALS		512		/* routes of all programs since the file was created */
#define SECONDS		64		/* at least SCOREBOARD_RATE_SECONDS and the current one */

/* Counters only, no gauges: the sum of two is valid again.  All members are uint64_t. */
struct figures {
	_Atomic uint64_t	 status[STATUSES];
	_Atomic uint64_t	 bucket[SCOREBOARD_BUCKETS + 1];	/* the last: more than 10 s */
	_Atomic uint64_t	 cache[CACHE_OUTCOMES];
	_Atomic uint64_t	 idem[IDEM_RESULTS];
	_Atomic uint64_t	 us, statements, db_us;
};

struct route_row {
	char		 method[METHOD_LEN], path[PATH_LEN];
	struct figures	 f;
};

struct kind_row {
	char			 kind[KIND_LEN];
	_Atomic uint64_t	 end[SCOREBOARD_JOB_RESULTS];
};

/* Responses of one process, over all routes.  It is not added to the totals. */
struct throughput {
	_Atomic uint64_t	 second[SECONDS];	/* high half: the second; low half: responses */
	_Atomic uint64_t	 time[SCOREBOARD_TIME_BUCKETS];
};

struct slot {
	_Atomic uint32_t	 used;
	int32_t			 pid;
	char			 service[NAME_LEN], program[NAME_LEN];
	char			 build[SCOREBOARD_BUILD];
	_Atomic uint32_t	 state, busy, connections;
	_Atomic uint64_t	 kib;
	int64_t			 since_ms;
	struct throughput	 throughput;
	struct route_row	 row[SCOREBOARD_ROUTES + 1];	/* the last: requests without a route */
	struct kind_row		 kind[SCOREBOARD_KINDS + 1];	/* the last: unknown kinds */
};

struct total_row {
	char		 service[NAME_LEN];	/* "" ends the list */
	struct route_row r;
};

struct totals {
	struct total_row	 row[TOTALS];
	struct kind_row		 kind[KINDS];		/* "" ends the list */
};

struct scoreboard_file {
	char			 magic[8];
	uint32_t		 version, size;
	_Atomic uint64_t	 fold;		/* FOLD_* below */
	struct totals		 totals[2];
	struct slot		 slot[SCOREBOARD_SLOTS];
};

/*
 * Bit 0: index of the active totals. Bits 1 to 8: number of the slot being
 * folded + 1; 0: none. Higher bits: count of folds.
 */
#define FOLD_ACTIVE(w)	((size_t)((w) & 1))
#define FOLD_SLOT(w)	((size_t)((w) >> 1 & 0xff))
#define FOLD_STEP	((uint64_t)1 << 9)
#define FOLD_LOCK	SCOREBOARD_SLOTS	/* lock byte; the slots have the bytes before it */

extern const struct shm_file_kind scoreboard_kind;

/* The status codes that are counted; those below 10 are classes: 4 is "4xx".  0 ends. */
extern const short	 scoreboard_statuses[STATUSES];

/* scoreboard_throughput.c; now_us is clock_mono_us() */
void	 throughput_count(struct throughput *, int64_t us, int64_t now_us);
double	 throughput_rate(const struct throughput *, int64_t age_ms, int64_t now_us);

/* scoreboard_job.c */
void	 scoreboard_fold_jobs(struct kind_row *totals, const struct kind_row *);
void	 scoreboard_print_jobs(struct buf *, const struct kind_row *totals);

/* scoreboard.c: the slot of this process; NULL without a scoreboard. */
struct slot *scoreboard_slot(struct scoreboard *);

/* Add the counters of a slot to the totals. */
void	 scoreboard_fold(struct totals *, const struct slot *);

#endif
