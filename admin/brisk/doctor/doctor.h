#ifndef BRISK_DOCTOR_H
#define BRISK_DOCTOR_H
/*
 * doctor - what `brisk doctor` looks at.
 *
 * A check is a row of the table in doctor.c and a function that tells what it
 * finds: nothing is "ok".  What is told says first what is so, then what to
 * do.  A check that needs what is not there (no database, no web server) is
 * skipped, and said to be; the one that finds it missing has told it already.
 */
#include "admin.h"
#include "crypto/fetch.h"
#include "installed.h"

enum level { LEVEL_OK, LEVEL_SKIP, LEVEL_NOTE, LEVEL_WRONG, LEVELS };

struct finding {
	struct finding	*next;
	enum level	 level;
	const char	*check, *found, *cure;	/* "" : nothing to do */
};

struct doctor {
	struct conf		 conf;
	const char		*refused;	/* what conf_load() told; "": nothing */
	const char		*url;
	struct listed		*programs;	/* named "" at the end */
	struct db		*db;		/* NULL: not reached */
	bool			 web;		/* it answers */
	bool			 any_certificate;
	const char		*check;		/* under way */
	struct finding		*first, **end;
};

/* What is so, and what to do. */
void	 doctor_wrong(struct doctor *, const char *cure, const char *, ...)
	    PRINTF(3, 4);
void	 doctor_note(struct doctor *, const char *cure, const char *, ...)
	    PRINTF(3, 4);

/* doctor_file.c: the configuration, files and folders. */
void	 doctor_conf(struct doctor *);
void	 doctor_secret(struct doctor *);
void	 doctor_modes(struct doctor *);
void	 doctor_run_dir(struct doctor *);
void	 doctor_disk(struct doctor *);
void	 doctor_limits(struct doctor *);

/* doctor_program.c: the programs, and those that run. */
void	 doctor_services(struct doctor *);
void	 doctor_programs(struct doctor *);
void	 doctor_tables(struct doctor *);	/* --check of each */
void	 doctor_running(struct doctor *);
void	 doctor_sockets(struct doctor *);

/* doctor_db.c */
void	 doctor_reach(struct doctor *);
void	 doctor_server(struct doctor *);
void	 doctor_migrations(struct doctor *);
void	 doctor_grants(struct doctor *);
void	 doctor_token(struct doctor *);
enum db_err doctor_issue_token(struct doctor *, struct buf *) MUSTCHECK;
void	 doctor_connections(struct doctor *);
void	 doctor_engines(struct doctor *);
void	 doctor_db_clock(struct doctor *);
void	 doctor_cache(struct doctor *);
void	 doctor_watch(struct doctor *);		/* doctor_cache.c */

/* doctor_web.c: as a client sees it. */
void	 doctor_web(struct doctor *);
void	 doctor_routing(struct doctor *);
void	 doctor_bearer(struct doctor *);
void	 doctor_bodies(struct doctor *);
void	 doctor_served(struct doctor *);
void	 doctor_etag(struct doctor *);
void	 doctor_web_clock(struct doctor *);

#endif
