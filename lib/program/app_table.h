#ifndef BRISK_APP_TABLE_H
#define BRISK_APP_TABLE_H
/*
 * app_table - what a program declares: its resources, routes, jobs and queries.
 * Data only; app_main() runs it.
 */
#include "conf/conf.h"
#include "job/job.h"
#include "resource/resource.h"

struct program_loop;

/* Statements on the tables of a service that may be off: its functions ask conf_service(). */
struct app_optional {
	const char			*service;	/* NULL ends a list */
	const struct query		*uses;		/* a NULL .sql ends it */
};

struct app {
	const char			*name;
	const struct resource *const	*resources;
	const struct route		*routes;	/* beside them, or instead */
	const char			*service;	/* as the folder of handlers/ */
	const char			*requires;	/* another that it needs; NULL: none */
	const struct job_kind		*jobs;		/* kinds of its own queue; NULL: none */
	const char *const		*mounts;	/* NULL: the first two segments of its paths */
	const struct query *const	*queries;	/* of its own functions, for --check */
	const struct query *const	*uses;		/* of rooms it calls: tables, a NULL .sql ends each */
	const struct app_optional		*optional_queries;	/* NULL: in no other service's tables */
	const struct program_loop		*loop;		/* instead of answering requests; NULL: it does */
};

#define OPTIONAL_QUERIES(...)	((const struct app_optional[]){ __VA_ARGS__, { .service = NULL } })
#define QUERIES(...)	((const struct query *const[]){ __VA_ARGS__, NULL })
#define USES(...)	QUERIES(__VA_ARGS__)

#define APP(n, ...)	(&(const struct app){ .name = (n), __VA_ARGS__ })

#endif
