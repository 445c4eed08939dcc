#ifndef CHAOS_STALE_H
#define CHAOS_STALE_H
/*
 * stale - is any answer older than what somebody was told before it was asked
 * for?  See stale.sh.
 *
 *	stale.c		the run: clients, attacks, the report
 *	stale_client.c	what a client asks, and how answers are judged
 *	stale_check.c	what a write leaves cached; memcached hung, or tampered with
 *	stale_mc.c	a neighbour in memcached
 *	stale_http.c	requests; http.c, hand.c: what others here use, too
 *
 * Each row's name tells its version, "p12.v38.7f3a", so that any answer that shows
 * the row (its own, a list, an expansion) shows how old it is.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "hand.h"
#include "http.h"

#define PRODUCTS	48
#define CATEGORIES	8
#define ROWS		(PRODUCTS + CATEGORIES)	/* products first */
#define EXPANDED	12	/* products that are asked for with expand= */

struct row {
	char			 id[40];
	/* Versions that everybody may expect: of a write that was
	 * acknowledged, and of what an answer showed. */
	_Atomic uint32_t	 acked, seen;
};

/* What all clients share. */
struct shared {
	unsigned		 run;		/* stands in its rows' names */
	struct row		 row[ROWS];
	_Atomic uint64_t	 goal, done, reads, writes;
	_Atomic uint64_t	 stale_acked, stale_seen, odd, bugs;
	_Atomic uint64_t	 status[STATUSES];
	atomic_bool		 stop;
};

extern struct shared	*all;

/* --- requests ---------------------------------------------------------------- */

/* Valid until the next; `body` NULL: none; writes bear TOKEN. */
struct answer	 http_ask(struct http *, const char *method, const char *path,
		    const char *match, const char *body);

/* --- clients ------------------------------------------------------------------ */

/* The row's path; its name at a version. */
void		 row_path(size_t row, char path[96]);
void		 row_name(size_t row, uint32_t version, char name[32]);
/* Make all rows; false: it can not be done. */
bool		 rows_make(struct http *);
/* Ask until there is nothing left to do. */
void		 client_run(unsigned seed);
/* Change one; its status. */
int		 row_write(struct http *, size_t row);
/* Ask, and judge what is shown. */
int		 path_read(struct http *, const char *path);

/* --- attacks ------------------------------------------------------------------ */

/* Lines of memcached's text protocol, as a neighbour would send them. */
struct mc_entries;
struct mc_entries *mc_save(void);
size_t		 mc_count(const struct mc_entries *);
void		 mc_forget(struct mc_entries *);

enum tamper { MC_BACK, MC_SWAP, MC_RUBBISH, MC_SHORT, MC_EMPTY, MC_TAMPERS };
/* How many were put. */
size_t		 mc_put(const struct mc_entries *, enum tamper);

/* --- figures ------------------------------------------------------------------ */

/* Of api_cache_requests_total, for routes that begin with `route`. */
struct ratio {
	uint64_t	 hits, all;
};

bool		 ratio_now(struct http *, const char *route, struct ratio *);
double		 ratio_since(const struct ratio *before, const struct ratio *now);

/* Each prints a line of what it saw; false: it should not be so. */
bool		 check_isolation(struct http *);
bool		 check_hung(struct http *);
bool		 check_neighbour(struct http *);

#endif
