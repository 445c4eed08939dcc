/* program - opens and closes what a process and its threads share. */
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "openapi/openapi.h"
#include "program/program.h"
#include "shm/run_dir.h"

/*
 * Hash of the OpenAPI document.  It names all that the bytes of an answer depend
 * on, so that two builds never share cached answers that differ.
 */
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
	p->database.budget = connection_budget_open(path, p->conf->database_connections);
	p->database.conf.budget = p->database.budget;
}

/* Name the rows of the scoreboard: routes and kinds of jobs. */
static void
name_scoreboard(const struct program *p)
{
	struct scoreboard	*sb = p->shared.scoreboard;

	for (size_t i = 0; sb != NULL && i < p->nroutes; i++)
		scoreboard_name_route(sb, i, http_method_name(p->routes[i].method),
		    p->routes[i].path);
	for (size_t i = 0; p->app->jobs != NULL && p->app->jobs[i].name != NULL; i++)
		scoreboard_name_job(sb, i, p->app->jobs[i].name);
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
		p->shared.limit = limit_open(path);
	(void)run_dir_path(path, run_dir, RUN_DIR_SCOREBOARD);
	p->shared.scoreboard = scoreboard_open(path, p->app->service, p->app->name);
	(void)run_dir_program_path(path, run_dir, p->app->name, RUN_DIR_CAPTURE);
	p->shared.capture = capture_open(path);
	p->database.conf.open_connections =
	    scoreboard_connection_counter(p->shared.scoreboard);
	name_scoreboard(p);
}

static void
check_provider(struct program *p)
{
	const char	*wrong = keys_conf_error(p->conf);

	if (wrong == NULL)
		return;
	p->broken = "oidc_scopes";
	log_event(LOG_ERROR, "app", "oidc_scopes %s: \"%s\"", wrong,
	    p->conf->oidc_scopes);
}

static bool
configure_database(struct program *p)
{
	const struct conf	*cf = p->conf;

	p->database.conf = (struct db_conf){
		.socket = cf->database_host[0] == '\0' ? cf->database_socket : "",
		.host = cf->database_host, .port = cf->database_port,
		.user = cf->database_user, .password = cf->database_password,
		.name = cf->database_name, .statement_ms = cf->statement_ms,
		.wait_ms = cf->database_wait_ms };
	if (!cf->database_own_accounts)
		return true;
	if (!db_account_own(cf, p->app->name, &p->database.account))
		return false;
	p->database.conf.user = p->database.account.user;
	p->database.conf.password = p->database.account.password;
	return true;
}

bool
program_open(struct program *p, const struct app *app, const struct conf *cf)
{
	*p = (struct program){ .app = app, .conf = cf };
	if (!program_routes(p) || !program_stamp(p) || !db_library_init() ||
	    !configure_database(p))
		return false;
	if (p->max_body > (size_t)cf->max_body)
		p->max_body = (size_t)cf->max_body;
	check_provider(p);
	return auth_open(&p->auth, cf);
}

void
program_close(struct program *p)
{
	auth_close(&p->auth);
	connection_budget_close(p->database.budget);
	program_close_cache(p);
	limit_close(p->shared.limit);
	scoreboard_close(p->shared.scoreboard);
	capture_close(p->shared.capture);
	free(p->routes);
}

bool
program_configure(struct conf *cf, const struct app *app, int report)
{
	struct arena	 a;
	struct buf	 faults;
	bool		 good;

	if (!arena_init(&a, MAX_ARENA))
		return false;
	buf_init(&faults, &a);
	good = conf_load(cf, &faults);
	log_init(app->name, log_level_parse(str_of(cf->log_level)));
	if (faults.n > 0)
		log_event(good ? LOG_WARN : LOG_ERROR, "conf", "%s", faults.p);
	if (!good && report != -1)
		(void)!write(report, faults.p, faults.n);
	arena_free(&a);
	return good;
}
