#ifndef BRISK_APP_H
#define BRISK_APP_H
/*
 * app - the one include of a handler: its tables become a program.
 *
 *	int
 *	main(int argc, char **argv)
 *	{
 *		return app_main(argc, argv, APP("categories", .service = "shop",
 *		    .resources = RESOURCES(&categories)));
 *	}
 *
 * The program serves FastCGI on descriptor 0, as supervisor of its own workers
 * (under mod_fcgid as one worker; as CGI one request), and knows a few words:
 *	--check		prepare every statement against the database, compare shapes
 *	--follow	serve, and end with the process that started it
 *	--mounts	print the path prefixes it owns
 *	--openapi	print its part of the document
 *	--replay	answer the requests on standard input (app_replay.c)
 *	--routes	print its routes
 *	--service	print the service it belongs to
 *	--tables	print the tables that its cached answers show
 *	--jobs		work on its queue; --for 55s: so long
 *	--kinds		print the kinds of jobs it works on
 *	--help		print the options of the configuration
 */
#include "conf/conf.h"
#include "job/job.h"
#include "resource/resource.h"

struct app_loop;

/* Statements on the tables of a service that may be off: its functions ask conf_service(). */
struct app_guest {
	const char			*service;	/* NULL ends a list */
	const struct query		*uses;		/* a NULL .sql ends it */
};

struct app {
	const char			*name;
	const struct resource *const	*resources;
	const struct route		*routes;	/* beside them, or instead */
	const char			*service;	/* as the folder of handlers/ */
	const char			*also;		/* another that it needs; NULL: none */
	const struct job_kind		*jobs;		/* kinds of its own queue; NULL: none */
	const char *const		*mounts;	/* NULL: the first two segments of its paths */
	const struct query *const	*queries;	/* of its own functions, for --check */
	const struct query *const	*uses;		/* of rooms it calls: tables, a NULL .sql ends each */
	const struct app_guest		*guest;		/* NULL: in no other service's tables */
	const struct app_loop		*loop;		/* instead of answering requests; NULL: it does */
};

/* Keep the answers of others open, and send each change of them. */
extern const struct app_loop	 app_live;

#define GUEST(...)	((const struct app_guest[]){ __VA_ARGS__, { .service = NULL } })
#define QUERIES(...)	((const struct query *const[]){ __VA_ARGS__, NULL })
#define USES(...)	QUERIES(__VA_ARGS__)

#define APP(n, ...)	(&(const struct app){ .name = (n), __VA_ARGS__ })

int	app_main(int, char **, const struct app *);

/*
 * One request, in memory: the test client.  What a thread of a program holds;
 * database, cache and time can be replaced.
 */
struct app_thread;

struct app_thread *app_open(const struct app *, const struct conf *) MUSTCHECK;
void		 app_close(struct app_thread *);

/*
 * Answer it: status, headers and body into `out`, as a CGI program would write
 * them.  `env` is the request in CGI variables, `body` what was sent.
 */
int		 app_serve(struct app_thread *, char *const *env, struct str body,
		    struct buf *out) MUSTCHECK;

#endif
