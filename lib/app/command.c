/* command - what a program prints of its declarations, without a database. */
#include <stdio.h>
#include <stdlib.h>

#include "app/command.h"
#include "openapi/openapi.h"

static int
print_buf(const struct buf *b)
{
	if (!buf_ok(b))
		return 1;
	return fwrite(b->p, 1, b->n, stdout) == b->n ? 0 : 1;
}

/* Put the first two segments: "/v1/products" of "/v1/products/{id}". */
static void
put_mount(struct buf *b, const char *path)
{
	struct str	 rest = str_of(path + 1), first = str_cut(&rest, '/');
	bool		 version = first.n > 1 && first.p[0] == 'v' &&
			    first.p[1] >= '0' && first.p[1] <= '9';

	buf_fmt(b, "/%.*s", STR_ARG(first));
	if (version && rest.p != NULL) {
		first = str_cut(&rest, '/');
		buf_fmt(b, "/%.*s", STR_ARG(first));
	}
	buf_byte(b, '\n');
}

static int
print_mounts(struct program *p, struct buf *out)
{
	struct buf	 one;

	for (size_t i = 0; p->app->mounts != NULL && p->app->mounts[i] != NULL; i++)
		buf_fmt(out, "%s\n", p->app->mounts[i]);
	for (size_t i = 0; p->app->mounts == NULL && i < p->nroutes; i++) {
		buf_init(&one, out->arena);
		put_mount(&one, p->routes[i].path);
		if (memmem(out->p == NULL ? "" : out->p, out->n, one.p, one.n) == NULL)
			buf_str(out, buf_view(&one));
	}
	return print_buf(out);
}

/* "core": always on; "shop+ledger": on if both services are. */
static int
print_service(struct program *p, struct buf *out)
{
	const struct app	*app = p->app;

	buf_puts(out, app->service == NULL ? "core" : app->service);
	if (app->requires != NULL)
		buf_fmt(out, "+%s", app->requires);
	buf_byte(out, '\n');
	return print_buf(out);
}

static int
print_openapi(struct program *p, struct buf *out)
{
	/* Relative to the host that serves the document. */
	openapi_print(out, p->app->name, "/", p->routes, p->nroutes);
	buf_byte(out, '\n');
	return print_buf(out);
}

static int
print_routes(struct program *p, struct buf *out)
{
	for (size_t i = 0; i < p->nroutes; i++)
		buf_fmt(out, "%-7s %-40s %s\n", http_method_name(p->routes[i].method),
		    p->routes[i].path, p->routes[i].scope);
	return print_buf(out);
}

/* Tables that cached answers depend on; tags of plain routes name no columns. */
static int
print_tables(struct program *p, struct buf *out)
{
	const struct app	*app = p->app;
	const struct route	*r = app->routes;
	struct str		 tag, table;

	for (size_t i = 0; app->resources != NULL && app->resources[i] != NULL; i++)
		resource_tables(app->resources[i], out);
	for (; r != NULL && r->path != NULL; r++)
		for (size_t i = 0; r->reads != NULL && r->reads[i] != NULL; i++) {
			tag = str_of(r->reads[i]);
			table = str_cut(&tag, '/');
			buf_fmt(out, "%.*s %.*s - %d %s\n", STR_ARG(table),
			    STR_ARG(table), r->cached.ttl,
			    r->cached.others_write ? "others" : "-");
		}
	return print_buf(out);
}

static int
print_kinds(struct program *p, struct buf *out)
{
	const struct job_kind	*k = p->app->jobs;

	for (; k != NULL && k->name != NULL; k++)
		buf_fmt(out, "%-24s %s\n", k->name, k->doc);
	return print_buf(out);
}

static int
print_help(struct program *p, struct buf *out)
{
	buf_fmt(out, "%s: a Brisk program, which a web server runs by FastCGI or CGI\n"
	    "  --check    prepare every statement against the database\n"
	    "  --follow   serve, and end when the parent process ends\n"
	    "  --jobs     run jobs of its queue; --for 55s: for that time, e.g. from cron\n"
	    "  --kinds    print the kinds of jobs it runs\n"
	    "  --mounts   print the path prefixes it owns\n"
	    "  --openapi  print its OpenAPI document\n"
	    "  --replay   answer requests from standard input, for a rehearsal\n"
	    "  --routes   print its routes and the scopes they need\n"
	    "  --service  print the service it belongs to\n"
	    "  --tables   print the tables that its cached answers depend on\n\n"
	    "options:\n",
	    p->app->name);
	conf_help(out);
	return print_buf(out);
}

static const struct {
	const char	*name;
	int		(*run)(struct program *, struct buf *);
} commands[] = {
	{ "--kinds", print_kinds },
	{ "--mounts", print_mounts },
	{ "--openapi", print_openapi },
	{ "--routes", print_routes },
	{ "--service", print_service },
	{ "--tables", print_tables },
	{ "--help", print_help },
};

int
app_command(const struct app *app, const char *command)
{
	struct program	 p = { .app = app };
	struct arena	 a;
	struct buf	 out;
	int		 status = 2;

	if (!program_routes(&p) || !arena_init(&a, MAX_ARENA))
		return 1;
	buf_init(&out, &a);
	for (size_t i = 0; i < NELEMS(commands); i++)
		if (strcmp(commands[i].name, command) == 0)
			status = commands[i].run(&p, &out);
	if (status == 2)
		fprintf(stderr, "%s: unknown command %s; see --help\n", app->name,
		    command);
	arena_free(&a);
	free(p.routes);
	return status;
}
