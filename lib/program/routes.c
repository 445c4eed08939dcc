/* routes - the route table of a program, from what its app declares. */
#include <stdio.h>
#include <stdlib.h>

#include "job/worker.h"
#include "program/program.h"

static bool
route_is_valid(struct program *p, const struct route *r)
{
	const char	*wrong = route_error(r);

	if (wrong != NULL)
		fprintf(stderr, "%s: route %s %s %s\n", p->app->name,
		    http_method_name(r->method), r->path == NULL ? "?" : r->path,
		    wrong);
	if (r->max_body > p->max_body)
		p->max_body = r->max_body;
	return wrong == NULL;
}

static bool
resource_is_valid(struct program *p, const struct resource *r)
{
	const char	*wrong = resource_error(r);

	if (wrong != NULL)
		fprintf(stderr, "%s: resource %s: %s\n", p->app->name,
		    r->path == NULL ? "?" : r->path, wrong);
	return wrong == NULL;
}

static bool
job_kind_is_valid(struct program *p, const struct job_kind *k)
{
	const char	*wrong = job_kind_error(k);

	if (wrong != NULL)
		fprintf(stderr, "%s: kind of job %s: %s\n", p->app->name, k->name, wrong);
	return wrong == NULL;
}

/*
 * With one such route the memory of every request is wiped: a client may send
 * its password to a wrong path.
 */
static void
find_secret_bodies(struct program *p)
{
	for (size_t i = 0; i < p->nroutes; i++) {
		const struct route	*r = &p->routes[i];
		const struct schema	*sh = r->form != NULL ? r->form : r->body;

		if (sh == NULL && r->resource != NULL)
			sh = r->resource->schema;
		p->secret |= sh != NULL && schema_secret(sh);
	}
}

/* Room for `own` routes of the app's table and those of `n` resources. */
static bool
alloc_routes(struct program *p, size_t own, size_t n)
{
	p->max_body = ROUTE_BODY;
	p->routes = calloc(own + n * RESOURCE_ROUTES + 1, sizeof(*p->routes));
	if (p->routes == NULL)
		return false;
	if (own > 0)
		memcpy(p->routes, p->app->routes, own * sizeof(*p->routes));
	p->nroutes = own;
	return true;
}

bool
program_routes(struct program *p)
{
	const struct app	*app = p->app;
	size_t			 own = 0, n = 0;

	while (app->routes != NULL && app->routes[own].path != NULL)
		own++;
	while (app->resources != NULL && app->resources[n] != NULL)
		n++;
	if (!alloc_routes(p, own, n))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!resource_is_valid(p, app->resources[i]))
			return false;
		p->nroutes += resource_routes(app->resources[i], p->routes + p->nroutes);
	}
	for (size_t i = 0; i < p->nroutes; i++)
		if (!route_is_valid(p, &p->routes[i]))
			return false;
	for (const struct job_kind *k = app->jobs; k != NULL && k->name != NULL; k++)
		if (!job_kind_is_valid(p, k))
			return false;
	find_secret_bodies(p);
	return p->nroutes > 0 || app->loop != NULL;
}
