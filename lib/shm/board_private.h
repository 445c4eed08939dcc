#ifndef BRISK_BOARD_PRIVATE_H
#define BRISK_BOARD_PRIVATE_H
/*
 * board_private - the file of the board, for board.c (slots, folding),
 * board_pace.c (rates and times), board_job.c (jobs), board_look.c (who lives) and board_print.c
 * (the text).
 *
 * `fold` tells which of the two totals holds, and which slot's figures are in
 * them already although the slot is not cleared yet.  A fold writes the other
 * totals and then this one word, so that whoever dies in the middle of it
 * leaves every figure counted once.
 */
#include <stdatomic.h>
#include "shm/board.h"
#include "shm/mapped.h"

#define NAME_LEN	24
#define METHOD_LEN	8
#define PATH_LEN	104
#define STATUSES	48		/* room for the codes of board_statuses[] */
#define CACHES		7
#define IDEMS		5
#define KIND_LEN	32
#define KINDS		128		/* of jobs, of all programs there ever were */
#define TOTALS		512		/* routes of all programs there ever were */
#define SECONDS		64		/* BOARD_RECENT, and room for the one under way */

/* What is counted; all counters, no gauges, so that a sum of two is one too. */
struct figures {
	_Atomic uint64_t	 status[STATUSES];
	_Atomic uint64_t	 bucket[BOARD_BUCKETS + 1];	/* the last: slower */
	_Atomic uint64_t	 cache[CACHES];
	_Atomic uint64_t	 idem[IDEMS];
	_Atomic uint64_t	 us, statements, db_us;
};

struct route_row {
	char		 method[METHOD_LEN], path[PATH_LEN];
	struct figures	 f;
};

struct kind_row {
	char			 kind[KIND_LEN];
	_Atomic uint64_t	 end[BOARD_JOB_ENDS];
};

/* How fast one process is, whatever the route; it goes with the process. */
struct pace {
	_Atomic uint64_t	 second[SECONDS];	/* high half: which; low: answers */
	_Atomic uint64_t	 time[BOARD_TIMES];
};

struct slot {
	_Atomic uint32_t	 used;
	int32_t			 pid;
	char			 service[NAME_LEN], program[NAME_LEN];
	char			 build[BOARD_BUILD];
	_Atomic uint32_t	 state, busy, connections;
	_Atomic uint64_t	 kib;
	int64_t			 since_ms;
	struct pace		 pace;
	struct route_row	 row[BOARD_ROUTES + 1];	/* the last: no route */
	struct kind_row		 kind[BOARD_KINDS + 1];	/* the last: of no such kind */
};

struct total_row {
	char		 service[NAME_LEN];	/* "" ends the list */
	struct route_row r;
};

struct totals {
	struct total_row	 row[TOTALS];
	struct kind_row		 kind[KINDS];		/* "" ends the list */
};

struct board_file {
	char			 magic[8];
	uint32_t		 version, size;
	_Atomic uint64_t	 fold;		/* FOLD_* below */
	struct totals		 totals[2];
	struct slot		 slot[BOARD_SLOTS];
};

/* Low bit: the totals that hold.  Next 8: 1 + the folded slot, or 0.  Rest: counts up. */
#define FOLD_ACTIVE(w)	((size_t)((w) & 1))
#define FOLD_SLOT(w)	((size_t)((w) >> 1 & 0xff))
#define FOLD_STEP	((uint64_t)1 << 9)
#define FOLD_LOCK	BOARD_SLOTS	/* the byte after those of the slots */

extern const struct mapped_kind board_kind;

/* Index of a code in board_statuses[], or of its class. */
extern const short	 board_statuses[STATUSES];	/* 0 ends; 4 is "4xx" */

/* board_pace.c */
void	 pace_count(struct pace *, int64_t us);
double	 pace_rate(const struct pace *, int64_t lived_ms);

/* board_job.c */
void	 kinds_fold(struct kind_row *totals, const struct kind_row *);
void	 kinds_print(struct buf *, const struct kind_row *totals);

/* board.c: of this process. */
struct slot *board_slot(struct board *);

/* Add a slot's figures to these totals. */
void	 board_fold(struct totals *, const struct slot *);


#endif
