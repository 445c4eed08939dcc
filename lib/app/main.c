/* app/main - app_main(): what a program does, by its first argument. */
#include <sys/resource.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "app/app.h"
#include "program/program.h"
#include "shm/pidfile.h"
#include "base/clock.h"
#include "base/log.h"
#include "openapi/openapi.h"

/* One process, with threads or for one request. */
static int
serve_alone(const struct app *app, const struct conf *cf, bool good,
    enum fcgi_mode place)
{
	struct program	 p;
	int		 status = 1;

	if (program_open(&p, app, cf)) {
		if (!good)
			p.broken = "configuration";
		p.stopped = pidfile_is_stopped(cf->run_dir, app->name);
		status = place == FCGI_CGI ? fcgi_cgi(&p) : super_worker_unsupervised(&p);
	}
	program_close(&p);
	return status;
}

static int
main_serve(const struct app *app, char **argv)
{
	struct conf	 cf = { .secret = NULL };
	bool		 good = program_configure(&cf, app, -1);
	enum fcgi_mode	 place = fcgi_mode();

	if (cf.secret == NULL)
		return 1;		/* no memory even for the defaults */
	return place == FCGI_LISTEN ? super_run(app, &cf, good, argv) :
	    serve_alone(app, &cf, good, place);
}

/* In a roll it is also told what there is to take over. */
static int
main_check(const struct app *app, char **argv)
{
	struct program	 p;
	struct conf	 cf;
	int		 status = 1, roll = -1;

	if ((argv[2] != NULL && !super_check_handoff(argv[2], &roll)) ||
	    !program_configure(&cf, app, roll))
		return 1;
	if (program_open(&p, app, &cf))
		status = app_check(&p, roll);
	program_close(&p);
	return status;
}

static int
main_replay(const struct app *app, char **argv)
{
	struct program	 p;
	struct conf	 cf;
	int		 status = 1;

	(void)argv;
	if (!program_configure(&cf, app, -1))
		return 1;
	if (program_open(&p, app, &cf)) {
		program_open_budget(&p);
		status = app_replay(&p);
	}
	program_close(&p);
	return status;
}

static int
main_jobs(const struct app *app, char **argv)
{
	struct program	 p;
	struct conf	 cf;
	int		 status = 1;

	if (!program_configure(&cf, app, -1))
		return 1;
	if (program_open(&p, app, &cf))
		status = program_jobs(&p, argv);
	program_close(&p);
	return status;
}

/* Which statements there are depends on the options. */
static int
main_statements(const struct app *app, char **argv)
{
	struct program	 p = { .app = app };
	struct conf	 cf;
	int		 status = 1;

	(void)argv;
	if (!program_configure(&cf, app, -1))
		return 1;
	p.conf = &cf;
	if (program_routes(&p))
		status = app_statements(&p);
	free(p.routes);
	return status;
}

/* Words that make a process of the program. */
static const struct {
	const char	*word;
	int		(*run)(const struct app *, char **argv);
} roles[] = {
	{ "--check", main_check },
	{ "--statements", main_statements },
	{ "--replay", main_replay },
	{ "--jobs", main_jobs },
	{ "--follow", main_serve },
	{ "--resume", main_serve },
	{ "--heir", main_serve },
	{ "--worker", super_worker_main },
	{ "--sorry", super_worker_main },
};

/* A core file would hold tokens and the secret; who needs one raises it again. */
static void
no_core_files(void)
{
	struct rlimit	 l;

	if (getrlimit(RLIMIT_CORE, &l) == 0) {
		l.rlim_cur = 0;
		(void)setrlimit(RLIMIT_CORE, &l);
	}
}

int
app_main(int argc, char **argv, const struct app *app)
{
	no_core_files();
	/* As CGI, words are a client's: a query without "=" (RFC 3875 4.4). */
	if (argc < 2 || getenv("GATEWAY_INTERFACE") != NULL)
		return main_serve(app, argv);
	for (size_t i = 0; i < NELEMS(roles); i++)
		if (strcmp(roles[i].word, argv[1]) == 0)
			return roles[i].run(app, argv);
	return app_command(app, argv[1]);
}
