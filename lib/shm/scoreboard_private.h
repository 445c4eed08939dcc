#ifndef BRISK_BOARD_PRIVATE_H
#define BRISK_BOARD_PRIVATE_H
/*
 * scoreboard_private - the file of the board, for board.c (slots, folding),
 * scoreboard_pace.c (rates and times), scoreboard_job.c (jobs), scoreboard_look.c (who lives) and scoreboard_print.c
 * (the text).
 *
 * `fold` tells which of the two totals holds, and which slot's figures are in
 * them already although the slot is not cleared yet.  A fold writes the other
 * totals and then this one word, so that whoever dies in the middle of it
 * leaves every figure counted once.
 */
#include <stdatomic.h>
#include "shm/scoreboard.h"
#include "shm/shm_file.h"

#define NAME_LEN	24
#define METHOD_LEN	8
#define PATH_LEN	104
#define STATUSES	48		/* room for the codes of scoreboard_statuses[] */
#define KIND_LEN	32
#define KINDS		128		/* of jobs, of all programs there ever were */
#define TOTALS		512		/* routes of all programs there ever were */
#define SECONDS		64		/* SCOREBOARD_RECENT, and room for the one under way */

/* What is counted; all counters, no gauges, so that a sum of two is one too. */
struct figures {
	_Atomic uint64_t	 status[STATUSES];
	_Atomic uint64_t	 bucket[SCOREBOARD_BUCKETS + 1];	/* the last: slower */
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
	_Atomic uint64_t	 end[SCOREBOARD_JOB_ENDS];
};

/* How fast one process is, whatever the route; it goes with the process. */
struct throughput {
	_Atomic uint64_t	 second[SECONDS];	/* high half: which; low: answers */
	_Atomic uint64_t	 time[SCOREBOARD_TIMES];
};

struct slot {
	_Atomic uint32_t	 used;
	int32_t			 pid;
	char			 service[NAME_LEN], program[NAME_LEN];
	char			 build[SCOREBOARD_BUILD];
	_Atomic uint32_t	 state, busy, connections;
	_Atomic uint64_t	 kib;
	int64_t			 since_ms;
	struct throughput		 pace;
	struct route_row	 row[SCOREBOARD_ROUTES + 1];	/* the last: no route */
	struct kind_row		 kind[SCOREBOARD_KINDS + 1];	/* the last: of no such kind */
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

/* Low bit: the totals that hold.  Next 8: 1 + the folded slot, or 0.  Rest: counts up. */
#define FOLD_ACTIVE(w)	((size_t)((w) & 1))
#define FOLD_SLOT(w)	((size_t)((w) >> 1 & 0xff))
#define FOLD_STEP	((uint64_t)1 << 9)
#define FOLD_LOCK	SCOREBOARD_SLOTS	/* the byte after those of the slots */

extern const struct shm_file_kind scoreboard_kind;

/* Index of a code in scoreboard_statuses[], or of its class. */
extern const short	 scoreboard_statuses[STATUSES];	/* 0 ends; 4 is "4xx" */

/* scoreboard_pace.c */
void	 throughput_count(struct throughput *, int64_t us);
double	 throughput_rate(const struct throughput *, int64_t lived_ms);

/* scoreboard_job.c */
void	 scoreboard_fold_jobs(struct kind_row *totals, const struct kind_row *);
void	 scoreboard_print_jobs(struct buf *, const struct kind_row *totals);

/* board.c: of this process. */
struct slot *scoreboard_slot(struct scoreboard *);

/* Add a slot's figures to these totals. */
void	 scoreboard_fold(struct totals *, const struct slot *);


#endif
