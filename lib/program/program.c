/* app - the words a program knows, and what its process opens. */
#include <sys/resource.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "job/worker.h"
#include "program/program.h"
#include "shm/pidfile.h"
#include "shm/run_dir.h"
#include "base/clock.h"
#include "base/log.h"
#include "openapi/openapi.h"

static bool
route_fits(struct program *p, const struct route *r)
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
resource_fits(struct program *p, const struct resource *r)
{
	const char	*wrong = resource_error(r);

	if (wrong != NULL)
		fprintf(stderr, "%s: resource %s: %s\n", p->app->name,
		    r->path == NULL ? "?" : r->path, wrong);
	return wrong == NULL;
}

static bool
job_fits(struct program *p, const struct job_kind *k)
{
	const char	*wrong = job_kind_error(k);

	if (wrong != NULL)
		fprintf(stderr, "%s: kind of job %s: %s\n", p->app->name, k->name, wrong);
	return wrong == NULL;
}

/* Then each request's memory is wiped: a password may come to a wrong path. */
static void
program_secret(struct program *p)
{
	for (size_t i = 0; i < p->nroutes; i++) {
		const struct route	*r = &p->routes[i];
		const struct schema	*sh = r->form != NULL ? r->form : r->body;

		if (sh == NULL && r->resource != NULL)
			sh = r->resource->schema;
		p->secret |= sh != NULL && schema_secret(sh);
	}
}

/* The routes of the app's own table, then those its resources make. */
bool
program_routes(struct program *p)
{
	const struct app	*app = p->app;
	size_t			 own = 0, n = 0;

	while (app->routes != NULL && app->routes[own].path != NULL)
		own++;
	while (app->resources != NULL && app->resources[n] != NULL)
		n++;
	p->max_body = ROUTE_BODY;
	p->routes = calloc(own + n * RESOURCE_ROUTES + 1, sizeof(*p->routes));
	if (p->routes == NULL)
		return false;
	if (own > 0)
		memcpy(p->routes, app->routes, own * sizeof(*p->routes));
	p->nroutes = own;
	for (size_t i = 0; i < n; i++) {
		if (!resource_fits(p, app->resources[i]))
			return false;
		p->nroutes += resource_routes(app->resources[i], p->routes + p->nroutes);
	}
	for (size_t i = 0; i < p->nroutes; i++)
		if (!route_fits(p, &p->routes[i]))
			return false;
	for (const struct job_kind *k = app->jobs; k != NULL && k->name != NULL; k++)
		if (!job_fits(p, k))
			return false;
	program_secret(p);
	return p->nroutes > 0 || app->loop != NULL;
}

/* The document says all that an answer's bytes depend on. */
static bool
program_stamp(struct program *p)
{
	struct arena	 a;
	struct buf	 doc, hex;
	uint8_t		 digest[SHA256_LEN];
	bool		 ok;

	if (!arena_init(&a, MAX_ARENA))
		return false;
	buf_init(&doc, &a);
	buf_init(&hex, &a);
	openapi_print(&doc, p->app->name, p->conf->base_path, p->routes, p->nroutes);
	ok = buf_ok(&doc) && crypto_sha256(buf_view(&doc), digest);
	buf_hex(&hex, digest, 8);
	if ((ok = ok && buf_ok(&hex)))
		memcpy(p->stamp, hex.p, sizeof(p->stamp));
	arena_free(&a);
	return ok;
}

void
program_open_budget(struct program *p)
{
	char	 path[PATH_MAX];

	(void)run_dir_path(path, p->conf->run_dir, RUN_DIR_CONNECTIONS);
	p->budget = connection_budget_open(path, p->conf->database_connections);
	p->db.budget = p->budget;
}

void
program_open_shared(struct program *p)
{
	const char	*run_dir = p->conf->run_dir;
	char		 path[PATH_MAX];

	program_open_cache(p);
	program_open_budget(p);
	(void)run_dir_path(path, run_dir, RUN_DIR_LIMITS);
	if (p->conf->rate_limit)
		p->limit = limit_open(path);
	(void)run_dir_path(path, run_dir, RUN_DIR_SCOREBOARD);
	p->scoreboard = scoreboard_open(path, p->app->service, p->app->name);
	(void)run_dir_program_path(path, run_dir, p->app->name, RUN_DIR_CAPTURE);
	p->recent = capture_open(path);
	p->db.open_connections = scoreboard_connection_counter(p->scoreboard);
	for (size_t i = 0; p->scoreboard != NULL && i < p->nroutes; i++)
		scoreboard_name_route(p->scoreboard, i, http_method_name(p->routes[i].method),
		    p->routes[i].path);
	for (size_t i = 0; p->app->jobs != NULL && p->app->jobs[i].name != NULL; i++)
		scoreboard_name_job(p->scoreboard, i, p->app->jobs[i].name);
}

static void
program_provider(struct program *p)
{
	const char	*wrong = keys_conf_error(p->conf);

	if (wrong == NULL)
		return;
	p->broken = "oidc_scopes";
	log_event(LOG_ERROR, "app", "oidc_scopes %s: \"%s\"", wrong,
	    p->conf->oidc_scopes);
}

bool
program_open(struct program *p, const struct app *app, const struct conf *cf)
{
	*p = (struct program){ .app = app, .conf = cf };
	if (!program_routes(p) || !program_stamp(p) || !db_library_init())
		return false;
	p->db = (struct db_conf){
		.socket = cf->database_host[0] == '\0' ? cf->database_socket : "",
		.host = cf->database_host, .port = cf->database_port,
		.user = cf->database_user, .password = cf->database_password,
		.name = cf->database_name, .statement_ms = cf->statement_ms,
		.wait_ms = cf->database_wait_ms };
	if (cf->database_own_accounts) {
		if (!db_account_own(cf, app->name, &p->account))
			return false;
		p->db.user = p->account.user;
		p->db.password = p->account.password;
	}
	if (p->max_body > (size_t)cf->max_body)
		p->max_body = (size_t)cf->max_body;
	program_provider(p);
	return auth_open(&p->auth, cf);
}

void
program_close(struct program *p)
{
	auth_close(&p->auth);
	connection_budget_close(p->budget);
	program_close_cache(p);
	limit_close(p->limit);
	scoreboard_close(p->scoreboard);
	capture_close(p->recent);
	free(p->routes);
}

struct program_thread *
program_thread_open(struct program *p)
{
	struct program_thread	*t = calloc(1, sizeof(*t));

	if (t == NULL || !arena_init(&t->arena, MAX_ARENA)) {
		free(t);
		return NULL;
	}
	t->p = p;
	t->store = (struct store){ .db = db_open(&p->db), .arena = &t->arena };
	program_thread_open_cache(t);
	if (t->store.db == NULL || t->store.cache == NULL) {
		program_thread_close(t);
		return NULL;
	}
	return t;
}

struct program_thread *
program_open_alone(const struct app *app, const struct conf *cf)
{
	struct program		*p = calloc(1, sizeof(*p));
	struct program_thread	*t = NULL;

	if (p == NULL)
		return NULL;
	if (program_open(p, app, cf)) {
		program_open_shared(p);
		t = program_thread_open(p);
	}
	if (t != NULL) {
		t->alone = true;
		return t;
	}
	program_close(p);
	free(p);
	return NULL;
}

void
program_thread_close(struct program_thread *t)
{
	db_close(t->store.db);
	cache_close(t->store.cache);
	arena_free(&t->arena);
	if (t->alone) {
		program_close(t->p);
		free(t->p);
	}
	free(t);
}

bool
program_thread_idle(struct program_thread *t)
{
	return db_idle(t->store.db, false);
}

/* What anybody may ask for again, and gets an answer to. */
static void
note(const struct exchange *c)
{
	const struct req	*rq = &c->rq;

	if (rq->method != HTTP_GET || rq->route == NULL || c->rs.status >= 500 ||
	    strcmp(rq->route->scope, SCOPE_NONE) != 0 ||
	    req_env(rq, "HTTP_AUTHORIZATION").p != NULL)
		return;
	capture_add(c->p->recent, &(struct capture_request){ .target = rq->target.uri,
	    .accept = req_env(rq, "HTTP_ACCEPT"),
	    .prefer = req_env(rq, "HTTP_PREFER") });
}

int
program_thread_serve(struct program_thread *t, char *const *env, struct str body, bool over,
    bool cut, struct buf *out)
{
	struct exchange	 c = { .t = t, .p = t->p, .began = clock_mono_us() };

	program_thread_tick(t);
	db_counts_reset(t->store.db);
	cache_counts_reset(t->store.cache);
	t->arena.secret |= t->p->secret;
	req_init(&c.rq, &t->arena, env);
	req_strip_base(&c.rq, t->p->conf->base_path);
	log_set_request(c.rq.id);
	c.rq.store = &t->store;
	c.rq.conf = t->p->conf;
	req_set_client(&c.rq);
	c.rq.signing = t->p->auth.keys;
	c.rq.body.bytes = body;
	c.rq.body.over = over;
	c.rq.body.cut = cut;
	resp_init(&c.rs, &c.rq, t->p->conf->base_url);
	exchange_run(&c);
	exchange_write(&c, out);
	exchange_log(&c);
	note(&c);
	doc_free((struct doc *)(uintptr_t)c.rq.body.json);
	(void)db_idle(t->store.db, true);
	log_set_request("");
	return c.rs.status;
}

int
program_serve_one(struct program_thread *t, char *const *env, struct str body, struct buf *out)
{
	int	 status = program_thread_serve(t, env, body, false, false, out);

	program_thread_count(t);
	arena_reset(&t->arena);
	return status;
}

bool
program_configure(struct conf *cf, const struct app *app, int tell)
{
	struct arena	 a;
	struct buf	 told;
	bool		 good;

	if (!arena_init(&a, MAX_ARENA))
		return false;
	buf_init(&told, &a);
	good = conf_load(cf, &told);
	log_init(app->name, log_level_parse(str_of(cf->log_level)));
	if (told.n > 0)
		log_event(good ? LOG_WARN : LOG_ERROR, "conf", "%s", told.p);
	if (!good && tell != -1)
		(void)!write(tell, told.p, told.n);
	arena_free(&a);
	return good;
}
