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

#include "db/account.h"
#include "program/app_table.h"
#include "shm/board.h"
#include "shm/recent.h"

#define MAX_ARENA	((size_t)128 << 20)	/* of one request */

/* How a program is asked by the one that keeps answers open: app_live.c. */
#define CALL_LIVE	"BRISK_LIVE"
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
	struct budget		*budget;	/* of database connections */
	struct gen		*gen;
	struct watch		*watch;
	atomic_bool		 warned;	/* of what is not watched */
	struct fill		*fill;
	struct local		*local;
	struct breaker		 breaker;	/* of memcached */
	atomic_bool		 ending;	/* its files were replaced */
	struct board		*board;
	struct limit		*limit;		/* NULL: nothing is limited */
	struct recent		*recent;	/* NULL: nothing is noted */
	char			 stamp[17];	/* of its document: part of cache keys */
	atomic_bool		 stopped;	/* by an admin: 503, where nobody supervises */
	const char		*broken;	/* answer 503 to everything; NULL: fine */
};

struct app_thread {
	struct program		*p;
	bool			 alone;		/* p is its own: app_open() */
	struct arena		 arena;
	struct store		 store;
	struct board_entry	 entry;		/* of the answer under way */
};

/* A request on its way through the steps. */
struct call {
	struct app_thread	*t;
	struct program		*p;
	struct req		 rq;
	struct resp		 rs;
	int64_t			 began;		/* clock_mono_us() */
	enum store_outcome	 outcome;
	enum idem_result	 idem;
	struct generation_snapshot		 mark;		/* of a live answer, from before it was made; */
	bool			 seen;		/* it is there */
};

/* Answer it: the status is in c->rs. */
void		 call_steps(struct call *);
/* The last step: an answer from the cache, or the handler's. */
enum http_status call_answer(struct call *) MUSTCHECK;
/* For whom its answer holds, "" for everybody; may caches in front keep it? */
const char	*call_view(const struct call *);
bool		 call_is_public(const struct call *);
size_t		 call_tags(const struct call *, struct str tags[GENERATION_TAGS]);
/* What a page elsewhere may do with a path of these methods (Fetch, CORS). */
void		 call_preflight(struct call *, unsigned allow);
/* Asked for by the program that keeps answers open? */
bool		 call_is_live(const struct call *);
/* What its answer depends on, before it is made. */
void		 call_see(struct call *);
void		 call_put_seen(struct call *, struct buf *out);
/* Headers that every answer carries, whatever it is. */
void		 call_always(struct call *, struct buf *out);
/* Status line, headers and body as CGI output. */
void		 call_write(struct call *, struct buf *out);
void		 call_log(struct call *);

/* The routes of all tables; false and a line on stderr when one is wrong. */
bool		 program_routes(struct program *) MUSTCHECK;
/* Log is open from here on; false: faults were logged, the defaults hold.  They
 * are written to `tell` also; -1: nowhere. */
bool		 program_configure(struct conf *, const struct app *, int tell) MUSTCHECK;
bool		 program_open(struct program *, const struct app *,
		    const struct conf *) MUSTCHECK;
/* Open what the processes of an installation share, and take a place there. */
void		 program_share(struct program *);
/* Of that, only what keeps it within the connections of all together. */
void		 program_budget(struct program *);
void		 program_close(struct program *);
/* app_cache.c: what a process and its threads cache with. */
void		 program_cache(struct program *);
void		 program_uncache(struct program *);
void		 thread_cache(struct app_thread *);
/* At the begin of a request. */
void		 thread_tick(struct app_thread *);
struct app_thread *thread_open(struct program *) MUSTCHECK;
/* Nothing to do: true while it keeps something that others may need. */
bool		 thread_rest(struct app_thread *);
int		 thread_serve(struct app_thread *, char *const *env,
		    struct str body, bool over, bool cut, struct buf *out) MUSTCHECK;
/* The answer goes out now: count it. */
void		 thread_count(struct app_thread *);

/* Every statement against the database: 0, or 1 and the faults told: on stdout,
 * in a roll as a line of the log and to who began it; -1: it is no roll. */
int		 program_check(struct program *, int roll);
/* The same statements, a line each on stdout, without a database. */
int		 program_statements(struct program *);

/* A word that needs the tables only; the program's exit status. */
int		 program_word(const struct app *, const char *word);
/* Answers to the requests on standard input, for comparison. */
int		 program_replay(struct program *);

/* What descriptor 0 is. */
enum fcgi_place {
	FCGI_CGI,	/* no socket: one request */
	FCGI_PLAIN,	/* mod_fcgid's: it starts and ends workers itself */
	FCGI_LISTEN
};

/*
 * What a worker's other threads do: start to serve what comes on descriptor 0;
 * finish what is in flight, with `all` also what waits.  False: not all of it
 * was, in that time.
 */
struct app_loop {
	bool	(*start)(struct program *);
	bool	(*end)(unsigned seconds, bool all);
};

enum fcgi_place	 fcgi_place(void);
int		 fcgi_cgi(struct program *);	/* the program's exit status */
extern const struct app_loop fcgi_loop;		/* threads that answer requests */
uint64_t	 fcgi_served(void);

/* Threads that work on the program's queue, where it has one; told to end, they
 * finish what they have.  False: something was not, until then. */
void		 jobs_start(struct program *, size_t threads);
void		 jobs_stop(void);
bool		 jobs_end(const struct timespec *until) MUSTCHECK;
/* --jobs: nothing but that, for cron; the program's exit status. */
int		 program_jobs(struct program *, char **argv);

/* super.c: keep workers until told to end; the program's exit status. */
int		 supervise(const struct app *, const struct conf *, bool good,
		    char **argv);
/* Could this build take over from the one that passes this on?  `tell`: where it
 * wants to hear of faults. */
bool		 super_rehearse(const char *packed, int *tell) MUSTCHECK;
/* super_worker.c: "--worker" and "--sorry"; one that nobody supervises. */
int		 worker_main(const struct app *, char **argv);
int		 worker_plain(struct program *);

/*
 * One request, in memory: the test client.  What a thread of a program holds;
 * database, cache and time can be replaced.
 */
struct app_thread *app_open(const struct app *, const struct conf *) MUSTCHECK;
void		 app_close(struct app_thread *);

/*
 * Answer it: status, headers and body into `out`, as a CGI program would write
 * them.  `env` is the request in CGI variables, `body` what was sent.
 */
int		 app_serve(struct app_thread *, char *const *env, struct str body,
		    struct buf *out) MUSTCHECK;

#endif
