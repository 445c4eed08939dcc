#ifndef BRISK_EXCHANGE_H
#define BRISK_EXCHANGE_H
/*
 * exchange - one request and its response, on the way through the steps.
 *
 *	step.c		the steps, in their order
 *	answer.c	the last step: cache, handler, conditional requests
 *	header.c	status line, headers and body
 *	log.c		the log line and the figures
 *	live.c		what a live answer tells the program that keeps it open
 *
 * Its memory is the arena of its thread.
 */
#include "cache/generation.h"
#include "program/program.h"

/*
 * The program `stream` keeps answers open (live/).  It asks the program that
 * owns the path with this variable, which is no header, so no client can set it.
 * These response headers answer it, and never reach a client:
 */
#define EXCHANGE_LIVE	"BRISK_LIVE"
#define LIVE_TAGS	"Brisk-Tags"	/* cells and generations it depends on; "-": unknown */
#define LIVE_SUBJECT	"Brisk-Subject"	/* `sub` of the token, for quotas */
#define LIVE_UNTIL	"Brisk-Until"	/* end of the token, Unix seconds */
#define LIVE_AGAIN	"Brisk-Again"	/* ask again after so many seconds */

struct exchange {
	struct program_thread	*t;
	struct program		*p;
	struct req		 rq;
	struct resp		 rs;
	int64_t			 began;		/* clock_mono_us() */
	enum cache_outcome	 outcome;
	enum idem_result	 idem;
	struct generation_snapshot snapshot;	/* of a live answer, taken before it is made */
	bool			 has_snapshot;
};

/* Run the steps; the status is in rs.status afterwards. */
void		 exchange_run(struct exchange *);
/* The last step: answer from the cache, or by the handler. */
enum http_status exchange_respond(struct exchange *) MUSTCHECK;
/*
 * Part of the cache key: equal for callers who get the same answer, "" when
 * everybody does.  NULL: out of memory.
 */
const char	*exchange_variant(const struct exchange *);
/* May shared caches keep the answer? */
bool		 exchange_is_public(const struct exchange *);
/* The tags that the answer depends on; returns their number. */
size_t		 exchange_tags(const struct exchange *, struct str tags[GENERATION_TAGS]);
/* Headers of a CORS preflight (Fetch standard); `allow` has a bit per method. */
void		 exchange_preflight(struct exchange *, unsigned allow);
/* Does the program that keeps answers open ask? */
bool		 exchange_is_live(const struct exchange *);
/* Take the generations that a live answer depends on, before it is made. */
void		 exchange_snapshot(struct exchange *);
/* Put the LIVE_* headers, if it is a live answer. */
void		 exchange_put_snapshot(struct exchange *, struct buf *out);
/* Put the headers that every response carries. */
void		 exchange_common_headers(struct exchange *, struct buf *out);
/* Put status line, headers and body, as CGI output. */
void		 exchange_write(struct exchange *, struct buf *out);
/* Write the log line, and set the thread's scoreboard entry. */
void		 exchange_log(struct exchange *);

#endif
