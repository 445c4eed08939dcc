#ifndef BRISK_PROGRAM_H
#define BRISK_PROGRAM_H
/*
 * program - one process of a program: what it opens, and the steps of a request.
 *
 *	program.c	opens and closes what the process and its threads share
 *	step.c		the steps of a request, in their order
 *	answer.c	cache and conditional requests
 *	header.c	the headers of an answer
 *	cache.c		opens the levels of the cache
 *	log.c		the log line and the figures of a request
 *	live.c		what an answer tells the program that keeps it open
 *	jobs.c		threads that work on the program's queue
 */
#include <stdatomic.h>
#include <time.h>

#include "cache/cache.h"
#include "cache/generation.h"
#include "db/account.h"
#include "db/db.h"
#include "program/app_table.h"
#include "shm/scoreboard.h"
#include "shm/capture.h"

#define MAX_ARENA	((size_t)128 << 20)	/* of one request */

/* How a program is asked by the one that keeps answers open: live_loop.c. */
#define EXCHANGE_LIVE	"BRISK_LIVE"
#define LIVE_TAGS	"Brisk-Tags"
#define LIVE_SUBJECT	"Brisk-Subject"
#define LIVE_UNTIL	"Brisk-Until"
#define LIVE_AGAIN	"Brisk-Again"

/* One process: its tables, and what its threads share. */
struct program {
	const struct app	*app;
	const struct conf	*conf;
	struct route		*routes;
	size_t			 nroutes;
	size_t			 max_body;	/* the largest any route takes */
	bool			 secret;	/* some body holds a password */
	struct auth		 auth;
	struct db_conf		 db;
	struct db_account	 account;	/* its own, where it has one */
	struct connection_budget		*budget;	/* of database connections */
	struct generations		*gen;
	struct external		*watch;
	atomic_bool		 warned;	/* of what is not watched */
	struct flights		*fill;
	struct lru		*local;
	struct cache_breaker		 breaker;	/* of memcached */
	atomic_bool		 ending;	/* its files were replaced */
	struct scoreboard		*scoreboard;
	struct limit		*limit;		/* NULL: nothing is limited */
	struct capture		*recent;	/* NULL: nothing is noted */
	char			 stamp[17];	/* of its document: part of cache keys */
	atomic_bool		 stopped;	/* by an admin: 503, where nobody supervises */
	const char		*broken;	/* answer 503 to everything; NULL: fine */
};

struct program_thread {
	struct program		*p;
	bool			 alone;		/* p is its own: program_open_alone() */
	struct arena		 arena;
	struct store		 store;
	struct scoreboard_entry	 entry;		/* of the answer under way */
};

/* A request on its way through the steps. */
struct exchange {
	struct program_thread	*t;
	struct program		*p;
	struct req		 rq;
	struct resp		 rs;
	int64_t			 began;		/* clock_mono_us() */
	enum cache_outcome	 outcome;
	enum idem_result	 idem;
	struct generation_snapshot		 mark;		/* of a live answer, from before it was made; */
	bool			 seen;		/* it is there */
};

/* Answer it: the status is in c->rs. */
void		 exchange_run(struct exchange *);
/* The last step: an answer from the cache, or the handler's. */
enum http_status exchange_respond(struct exchange *) MUSTCHECK;
/* For whom its answer holds, "" for everybody; may caches in front keep it? */
const char	*exchange_variant(const struct exchange *);
bool		 exchange_is_public(const struct exchange *);
size_t		 exchange_tags(const struct exchange *, struct str tags[GENERATION_TAGS]);
/* What a page elsewhere may do with a path of these methods (Fetch, CORS). */
void		 exchange_preflight(struct exchange *, unsigned allow);
/* Asked for by the program that keeps answers open? */
bool		 exchange_is_live(const struct exchange *);
/* What its answer depends on, before it is made. */
void		 exchange_snapshot(struct exchange *);
void		 exchange_put_snapshot(struct exchange *, struct buf *out);
/* Headers that every answer carries, whatever it is. */
void		 exchange_common_headers(struct exchange *, struct buf *out);
/* Status line, headers and body as CGI output. */
void		 exchange_write(struct exchange *, struct buf *out);
void		 exchange_log(struct exchange *);

/* The routes of all tables; false and a line on stderr when one is wrong. */
bool		 program_routes(struct program *) MUSTCHECK;
/* Log is open from here on; false: faults were logged, the defaults hold.  They
 * are written to `tell` also; -1: nowhere. */
bool		 program_configure(struct conf *, const struct app *, int tell) MUSTCHECK;
bool		 program_open(struct program *, const struct app *,
		    const struct conf *) MUSTCHECK;
/* Open what the processes of an installation share, and take a place there. */
void		 program_open_shared(struct program *);
/* Of that, only what keeps it within the connections of all together. */
void		 program_open_budget(struct program *);
void		 program_close(struct program *);
/* app_cache.c: what a process and its threads cache with. */
void		 program_open_cache(struct program *);
void		 program_close_cache(struct program *);
void		 program_thread_open_cache(struct program_thread *);
/* At the begin of a request. */
void		 program_thread_tick(struct program_thread *);
struct program_thread *program_thread_open(struct program *) MUSTCHECK;
/* Nothing to do: true while it keeps something that others may need. */
bool		 program_thread_idle(struct program_thread *);
int		 program_thread_serve(struct program_thread *, char *const *env,
		    struct str body, bool over, bool cut, struct buf *out) MUSTCHECK;
/* The answer goes out now: count it. */
void		 program_thread_count(struct program_thread *);

/* Every statement against the database: 0, or 1 and the faults told: on stdout,
 * in a roll as a line of the log and to who began it; -1: it is no roll. */
int		 app_check(struct program *, int roll);
/* The same statements, a line each on stdout, without a database. */
int		 app_statements(struct program *);

/* A word that needs the tables only; the program's exit status. */
int		 app_command(const struct app *, const char *word);
/* Answers to the requests on standard input, for comparison. */
int		 app_replay(struct program *);

/* What descriptor 0 is. */
enum fcgi_mode {
	FCGI_CGI,	/* no socket: one request */
	FCGI_PLAIN,	/* mod_fcgid's: it starts and ends workers itself */
	FCGI_LISTEN
};

/*
 * What a worker's other threads do: start to serve what comes on descriptor 0;
 * finish what is in flight, with `all` also what waits.  False: not all of it
 * was, in that time.
 */
struct program_loop {
	bool	(*start)(struct program *);
	bool	(*end)(unsigned seconds, bool all);
};

enum fcgi_mode	 fcgi_mode(void);
int		 fcgi_cgi(struct program *);	/* the program's exit status */
extern const struct program_loop fcgi_loop;		/* threads that answer requests */
uint64_t	 fcgi_served(void);

/* Threads that work on the program's queue, where it has one; told to end, they
 * finish what they have.  False: something was not, until then. */
void		 program_jobs_start(struct program *, size_t threads);
void		 program_jobs_stop(void);
bool		 program_jobs_end(const struct timespec *until) MUSTCHECK;
/* --jobs: nothing but that, for cron; the program's exit status. */
int		 program_jobs(struct program *, char **argv);

/* super.c: keep workers until told to end; the program's exit status. */
int		 super_run(const struct app *, const struct conf *, bool good,
		    char **argv);
/* Could this build take over from the one that passes this on?  `tell`: where it
 * wants to hear of faults. */
bool		 super_check_handoff(const char *packed, int *tell) MUSTCHECK;
/* super_worker.c: "--worker" and "--sorry"; one that nobody supervises. */
int		 super_worker_main(const struct app *, char **argv);
int		 super_worker_unsupervised(struct program *);

/*
 * One request, in memory: the test client.  What a thread of a program holds;
 * database, cache and time can be replaced.
 */
struct program_thread *program_open_alone(const struct app *, const struct conf *) MUSTCHECK;
void		 program_thread_close(struct program_thread *);

/*
 * Answer it: status, headers and body into `out`, as a CGI program would write
 * them.  `env` is the request in CGI variables, `body` what was sent.
 */
int		 program_serve_one(struct program_thread *, char *const *env, struct str body,
		    struct buf *out) MUSTCHECK;

#endif
