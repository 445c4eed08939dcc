/* main - app_main(): runs the command that the first argument names. */
#include <stdlib.h>
#include <sys/resource.h>

#include "app/app.h"
#include "app/command.h"
#include "fcgi/fcgi.h"
#include "program/jobs.h"
#include "shm/pidfile.h"
#include "super/super.h"
#include "super/worker.h"

/* Without a supervisor: as a worker of mod_fcgid, or one request as CGI. */
static int
serve_alone(const struct app *app, const struct conf *cf, bool good,
    enum fcgi_mode mode)
{
	struct program	 p;
	int		 status = 1;

	if (program_open(&p, app, cf)) {
		if (!good)
			p.broken = "configuration";
		p.stopped = pidfile_is_stopped(cf->run_dir, app->name);
		status = mode == FCGI_CGI ? fcgi_cgi(&p) : super_worker_unsupervised(&p);
	}
	program_close(&p);
	return status;
}

static int
main_serve(const struct app *app, char **argv)
{
	struct conf	 cf = { .secret = NULL };
	bool		 good = program_configure(&cf, app, -1);
	enum fcgi_mode	 mode = fcgi_mode();

	if (cf.secret == NULL)
		return 1;		/* no memory, not even for the defaults */
	return mode == FCGI_LISTEN ? super_run(app, &cf, good, argv) :
	    serve_alone(app, &cf, good, mode);
}

/* In a roll, the second argument is the handoff of the supervisor. */
static int
main_check(const struct app *app, char **argv)
{
	struct program	 p;
	struct conf	 cf;
	int		 status = 1, report = -1;

	if ((argv[2] != NULL && !super_check_handoff(argv[2], &report)) ||
	    !program_configure(&cf, app, report))
		return 1;
	if (program_open(&p, app, &cf))
		status = app_check(&p, report);
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

/* The statements depend on the configuration: audit_writes, services. */
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

/* Commands that need the configuration. */
static const struct {
	const char	*name;
	int		(*run)(const struct app *, char **argv);
} commands[] = {
	{ "--check", main_check },
	{ "--statements", main_statements },
	{ "--replay", main_replay },
	{ "--jobs", main_jobs },
	{ "--follow", main_serve },
	{ "--resume", main_serve },
	{ "--successor", main_serve },
	{ "--worker", super_worker_main },
	{ "--fallback", super_worker_main },
};

/* A core file would hold tokens and the secret; a debugger can raise the limit. */
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
	/* As CGI, a client sets the arguments: a query without "=" (RFC 3875, 4.4). */
	if (argc < 2 || getenv("GATEWAY_INTERFACE") != NULL)
		return main_serve(app, argv);
	for (size_t i = 0; i < NELEMS(commands); i++)
		if (strcmp(commands[i].name, argv[1]) == 0)
			return commands[i].run(app, argv);
	return app_command(app, argv[1]);
}
