/* app_word - what a program prints about itself, without a database. */
#include <stdio.h>
#include <stdlib.h>

#include "program/program.h"
#include "openapi/openapi.h"

static int
say(const struct buf *b)
{
	if (!buf_ok(b))
		return 1;
	return fwrite(b->p, 1, b->n, stdout) == b->n ? 0 : 1;
}

/* The first two segments: "/v1/products" of "/v1/products/{id}". */
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
	return say(out);
}

/* Programs of no service are always on, as those of core; "shop+ledger" needs both. */
static int
print_service(struct program *p, struct buf *out)
{
	const struct app	*app = p->app;

	buf_puts(out, app->service == NULL ? "core" : app->service);
	if (app->requires != NULL)
		buf_fmt(out, "+%s", app->requires);
	buf_byte(out, '\n');
	return say(out);
}

static int
print_openapi(struct program *p, struct buf *out)
{
	/* Wherever the document is fetched from, the API is there too. */
	openapi_print(out, p->app->name, "/", p->routes, p->nroutes);
	buf_byte(out, '\n');
	return say(out);
}

static int
print_routes(struct program *p, struct buf *out)
{
	for (size_t i = 0; i < p->nroutes; i++)
		buf_fmt(out, "%-7s %-40s %s\n", http_method_name(p->routes[i].method),
		    p->routes[i].path, p->routes[i].scope);
	return say(out);
}

/* Tables that answers are cached of; a route's own tags name no columns. */
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
	return say(out);
}

static int
print_kinds(struct program *p, struct buf *out)
{
	const struct job_kind	*k = p->app->jobs;

	for (; k != NULL && k->name != NULL; k++)
		buf_fmt(out, "%-24s %s\n", k->name, k->doc);
	return say(out);
}

static int
print_help(struct program *p, struct buf *out)
{
	buf_fmt(out, "%s: a Brisk program; the web server starts it (FastCGI or CGI)\n"
	    "  --check    prepare every statement against the database\n"
	    "  --follow   serve, and end with the process that started it\n"
	    "  --jobs     work on its queue, with --for 55s only so long; for cron\n"
	    "  --kinds    print the kinds of jobs it works on\n"
	    "  --mounts   print the path prefixes it owns\n"
	    "  --openapi  print its part of the document\n"
	    "  --replay   answer the requests on standard input, for a rehearsal\n"
	    "  --routes   print its routes, and who may call them\n"
	    "  --service  print the service it belongs to\n"
	    "  --tables   print the tables that its cached answers show\n\n"
	    "options:\n",
	    p->app->name);
	conf_help(out);
	return say(out);
}

/* Words that need the tables only. */
static const struct {
	const char	*word;
	int		(*run)(struct program *, struct buf *);
} words[] = {
	{ "--kinds", print_kinds },
	{ "--mounts", print_mounts },
	{ "--openapi", print_openapi },
	{ "--routes", print_routes },
	{ "--service", print_service },
	{ "--tables", print_tables },
	{ "--help", print_help },
};

int
app_command(const struct app *app, const char *word)
{
	struct program	 p = { .app = app };
	struct arena	 a;
	struct buf	 out;
	int		 status = 2;

	if (!program_routes(&p) || !arena_init(&a, MAX_ARENA))
		return 1;
	buf_init(&out, &a);
	for (size_t i = 0; i < NELEMS(words); i++)
		if (strcmp(words[i].word, word) == 0)
			status = words[i].run(&p, &out);
	if (status == 2)
		fprintf(stderr, "%s: unknown word %s; try --help\n", app->name, word);
	arena_free(&a);
	free(p.routes);
	return status;
}
