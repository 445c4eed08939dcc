#ifndef BRISK_PROGRAM_H
#define BRISK_PROGRAM_H
/*
 * program - one process of a program: what it opens, and what its threads share.
 *
 *	program.c	opens and closes all of it
 *	routes.c	the route table, from the app's declarations
 *	cache.c		the levels of the cache
 *	thread.c	one thread, and one request
 *
 * The steps of a request are in program/exchange.h, the threads that work on
 * the queue of jobs in program/jobs.h.
 *
 * Each function that opens has one that closes; what a failed open left is freed
 * by the same close.  Failures are logged.
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

#define MAX_ARENA	((size_t)128 << 20)	/* bytes of one request */

/* How it reaches the database. */
struct program_database {
	struct db_conf			 conf;
	struct db_account		 account;	/* with database_own_accounts */
	struct connection_budget	*budget;	/* of all processes; NULL: unlimited */
};

/* The levels of the cache that its threads share. */
struct program_caches {
	struct generations	*generations;	/* NULL: the program must not serve */
	struct external		*external;	/* tables that others write; NULL: none */
	struct flights		*flights;
	struct lru		*lru;
	struct cache_breaker	 breaker;	/* of memcached */
	atomic_bool		 warned;	/* of tables that are not watched */
};

/* Files in the run folder that all processes of the installation share. */
struct program_shared {
	struct scoreboard	*scoreboard;	/* NULL: nothing is counted */
	struct limit		*limit;		/* NULL: no quotas */
	struct capture		*capture;	/* NULL: no request is captured */
};

struct program {
	const struct app	*app;
	const struct conf	*conf;
	struct route		*routes;
	size_t			 nroutes;
	size_t			 max_body;	/* bytes; the largest that a route accepts */
	bool			 secret;	/* a body may hold a password: wipe memory */
	char			 stamp[17];	/* hash of its OpenAPI document: in cache keys */
	struct auth		 auth;
	struct program_database	 database;
	struct program_caches	 cache;
	struct program_shared	 shared;
	atomic_bool		 ending;	/* it sent itself SIGTERM */
	atomic_bool		 stopped;	/* by an admin, without a supervisor: answer 503 */
	const char		*broken;	/* why it answers 503 to everything; NULL: it serves */
};

/* One thread: its connections and the memory of its request. */
struct program_thread {
	struct program		*p;
	bool			 alone;		/* it owns p: program_open_alone() */
	struct arena		 arena;		/* reset after each request */
	struct store		 store;
	struct scoreboard_entry	 entry;		/* of the request under way */
};

/* A request as it came; all of it belongs to the caller. */
struct program_request {
	char *const	*env;		/* CGI variables, NULL at the end */
	struct str	 body;
	bool		 body_over;	/* the body was longer than max_body: it is not here */
	bool		 body_cut;	/* the body ended before its Content-Length */
};

/* Fill routes, nroutes and max_body; false: a declaration is wrong, reported on stderr. */
bool		 program_routes(struct program *) MUSTCHECK;
/*
 * Load the configuration and open the log.  False: some options were wrong and
 * have their defaults; the faults are logged, and written to the descriptor
 * `report` unless it is -1.
 */
bool		 program_configure(struct conf *, const struct app *, int report) MUSTCHECK;
/* All that needs no other process; false: out of memory or wrong declarations. */
bool		 program_open(struct program *, const struct app *,
		    const struct conf *) MUSTCHECK;
/*
 * Open the files that the processes of an installation share.  Without one of
 * them the program goes on; without generations it is broken.
 */
void		 program_open_shared(struct program *);
/* Of those only the budget of connections. */
void		 program_open_budget(struct program *);
void		 program_close(struct program *);

/* cache.c: part of program_open_shared(), and all of it that CGI needs. */
void		 program_open_cache(struct program *);
void		 program_close_cache(struct program *);
void		 program_thread_open_cache(struct program_thread *);
/* At the start of each request: sweep, and end the process if its files were replaced. */
void		 program_thread_tick(struct program_thread *);

/* NULL: out of memory. */
struct program_thread *program_thread_open(struct program *) MUSTCHECK;
void		 program_thread_close(struct program_thread *);
/*
 * Call while there is no request.  True: the thread still has a connection that
 * other threads may need, so call it again soon.
 */
bool		 program_thread_idle(struct program_thread *);
/*
 * Answer a request: status line, headers and body go to `out`, as a CGI program
 * writes them.  Returns the status.  The caller checks buf_ok(out), calls
 * program_thread_count() and resets the arena.
 */
int		 program_thread_serve(struct program_thread *,
		    const struct program_request *, struct buf *out) MUSTCHECK;
/* Add the request to the scoreboard; just before its response is sent. */
void		 program_thread_count(struct program_thread *);

/*
 * A program with one thread, for tests: requests in memory, in one process.
 * NULL: it could not be opened.  program_thread_close() closes all of it.
 */
struct program_thread *program_open_alone(const struct app *, const struct conf *) MUSTCHECK;
/* Serve, count and reset the arena; `out` must have an arena of its own. */
int		 program_serve_one(struct program_thread *, char *const *env, struct str body,
		    struct buf *out) MUSTCHECK;

#endif
