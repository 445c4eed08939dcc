#ifndef BRISK_APP_TABLE_H
#define BRISK_APP_TABLE_H
/*
 * app_table - what a program declares: its resources, routes, jobs and queries.
 * Static data; app_main() runs it.
 */
#include "conf/conf.h"
#include "job/job.h"
#include "program/loop.h"
#include "resource/resource.h"

/*
 * Queries on the tables of a service that may be switched off; the functions
 * that use them check conf_service() first.
 */
struct app_optional {
	const char			*service;	/* NULL ends a list */
	const struct query		*uses;		/* ended by a NULL .sql */
};

struct app {
	const char			*name;		/* file name of the program */
	const struct resource *const	*resources;	/* NULL: none */
	const struct route		*routes;	/* added to those of the resources */
	const char			*service;	/* its folder below handlers/ */
	const char			*requires;	/* another service; NULL: none */
	const struct job_kind		*jobs;		/* kinds of its queue; NULL: no queue */
	const char *const		*mounts;	/* path prefixes; NULL: from its routes */
	const struct query *const	*queries;	/* of its functions, for --check */
	const struct query *const	*uses;		/* tables of queries, of the rooms it calls */
	const struct app_optional	*optional_queries;
	const struct program_loop	*loop;		/* NULL: answer requests */
};

#define OPTIONAL_QUERIES(...)	((const struct app_optional[]){ __VA_ARGS__, { .service = NULL } })
#define QUERIES(...)	((const struct query *const[]){ __VA_ARGS__, NULL })
#define USES(...)	QUERIES(__VA_ARGS__)

#define APP(n, ...)	(&(const struct app){ .name = (n), __VA_ARGS__ })

#endif
