#ifndef BRISK_DOCTOR_H
#define BRISK_DOCTOR_H
/*
 * doctor - the checks of `brisk doctor`.
 *
 * A check is a row of the table in doctor.c and a function that adds findings; no
 * finding means "ok".  A finding states the fact first, then the advice.  A check that
 * needs the database or the web server is skipped if the check "database" or "web"
 * found that it does not answer.  Memory comes from admin_arena().
 */
#include "admin.h"
#include "crypto/fetch.h"
#include "installed.h"

enum level { LEVEL_OK, LEVEL_SKIP, LEVEL_NOTE, LEVEL_WRONG, LEVELS };

struct finding {
	struct finding	*next;
	enum level	 level;
	const char	*check, *found, *cure;	/* cure "": no advice */
};

struct doctor {
	struct conf		 conf;
	const char		*refused;	/* errors of conf_load(); "": none */
	const char		*url;
	struct installed		*programs;	/* named "" at the end */
	struct db		*db;		/* NULL: it does not answer */
	bool			 web;		/* the web server answers */
	bool			 any_certificate; /* accept untrusted certificates */
	const char		*check;		/* the running check */
	struct finding		*first, **end;
};

/* Add a finding: the advice, then the fact as a printf() format. */
void	 doctor_wrong(struct doctor *, const char *cure, const char *, ...)
	    PRINTF(3, 4);
void	 doctor_note(struct doctor *, const char *cure, const char *, ...)
	    PRINTF(3, 4);

/* file.c: the configuration, files and folders. */
void	 doctor_conf(struct doctor *);
void	 doctor_secret(struct doctor *);
void	 doctor_modes(struct doctor *);
void	 doctor_run_dir(struct doctor *);
void	 doctor_disk(struct doctor *);
void	 doctor_limits(struct doctor *);

/* program.c: the files of the programs, and the running programs. */
void	 doctor_services(struct doctor *);
void	 doctor_programs(struct doctor *);
void	 doctor_tables(struct doctor *);	/* --check of each */
void	 doctor_running(struct doctor *);
void	 doctor_sockets(struct doctor *);

/* db.c */
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

/* web.c: the web server, from the view of a client. */
void	 doctor_web(struct doctor *);
void	 doctor_routing(struct doctor *);
void	 doctor_bearer(struct doctor *);
void	 doctor_bodies(struct doctor *);
void	 doctor_served(struct doctor *);
void	 doctor_etag(struct doctor *);
void	 doctor_web_clock(struct doctor *);

#endif
