/* brisk stack: a private installation in one folder. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stack/stack.h"

static const struct stack_server servers[] = {
	{ .name = "lighttpd", .routing = "lighttpd" },
	{ .name = "apache", .routing = "htaccess", .apache_form = "fcgid", .web_folder = "" },
	{ .name = "proxy", .routing = "proxy", .apache_form = "proxy",
	    .starter = STARTER_BRISK },
	{ .name = "proxy-htaccess", .routing = "htaccess-proxy",
	    .apache_form = "proxy-htaccess", .web_folder = "--proxy",
	    .starter = STARTER_BRISK },
	{ .name = "spawn", .routing = "lighttpd-spawn", .starter = STARTER_SPAWN },
	{ .name = "cgi", .routing = "cgi", .apache_form = "cgi" },
	{ .name = NULL },
};

static const struct { const char *name, *log; } parts[] = {
	{ "web", NULL },		/* the cause may be in any log */
	{ "cache", "log/cache.log" },
	{ "db", "log/db.log" },
};

/* --- environment variables ---------------------------------------------------------------- */

static const char *
variable(const char *name, const char *otherwise)
{
	const char	*value = getenv(name);

	return value == NULL || value[0] == '\0' ? otherwise : value;
}

/* A path of the environment: relative to the working folder. */
static const char *
variable_path(const char *name, const char *otherwise)
{
	const char	*path = variable(name, otherwise);
	char		 here[PATH_MAX];

	if (path[0] == '/')
		return path;
	return getcwd(here, sizeof(here)) == NULL ? path : admin_fmt("%s/%s", here, path);
}

static const struct stack_server *
server_find(const char *name)
{
	for (const struct stack_server *at = servers; at->name != NULL; at++)
		if (strcmp(at->name, name) == 0)
			return at;
	return NULL;
}

/* The folder above a part that comes with the programs. */
static const char *
source_folder(void)
{
	const char	*part = admin_path("lighttpd");
	char		*real = part == NULL ? NULL : realpath(part, NULL);
	const char	*folder;

	if (real == NULL)
		return NULL;
	*strrchr(real, '/') = '\0';
	folder = admin_fmt("%s", real);
	free(real);
	return folder;
}

static bool
stack_read(struct stack *s)
{
	const char	*root = admin_root(), *services = getenv("SERVICES");

	if (root == NULL || (s->source = source_folder()) == NULL)
		return false;
	s->var = variable_path("VAR", "var");
	s->conf = stack_path(s, "brisk.conf");
	s->build = variable_path("B", root);
	s->port = variable("PORT", "8080");
	s->tls_port = variable("TLS_PORT", "");
	s->settings = variable("SET", "");
	s->services = services == NULL ? "shop ledger" : services;
	s->server = server_find(variable("SERVER", "lighttpd"));
	return true;
}

static bool
server_refuse(void)
{
	struct buf	 names;

	buf_init(&names, admin_arena());
	for (const struct stack_server *at = servers; at->name != NULL; at++)
		buf_fmt(&names, "%s%s", at == servers ? "" : ", ", at->name);
	return admin_error_false("SERVER must be one of %.*s, not \"%s\"",
	    STR_ARG(buf_view(&names)), getenv("SERVER"));
}

static bool
stack_check(const struct stack *s)
{
	int64_t	 port;

	if (s->server == NULL)
		return server_refuse();
	if (!number_parse("PORT", s->port, 65535, &port))
		return false;
	if (access(admin_fmt("%s/bin/brisk", s->build), X_OK) != 0 ||
	    access(admin_fmt("%s/share/%s-mounts.conf", s->build, s->server->routing),
	    R_OK) != 0)
		return admin_error_false("nothing is built in %s: run make", s->build);
	return true;
}

/* For the parts, the scripts and `brisk` itself; lighttpd.conf and httpd.conf read them. */
static bool
environment_set(const struct stack *s)
{
	const struct { const char *name, *value; } variables[] = {
		{ "BRISK_VAR", s->var },
		{ "BRISK_CONF", s->conf },
		{ "BRISK_SOCKETS", s->sockets },
		{ "BRISK_PORT", s->port },
		{ "BRISK_TLS_PORT", s->tls_port },
		{ "BRISK_BIN", admin_fmt("%s/bin", s->build) },
		{ "BRISK_SHARE", admin_fmt("%s/share", s->build) },
		{ "BRISK_APACHE", admin_fmt("%s/apache", s->source) },
		{ "BRISK_FORM", s->server->apache_form == NULL ? "" : s->server->apache_form },
		{ "B", s->build },
	};

	for (size_t i = 0; i < NELEMS(variables); i++)
		if (setenv(variables[i].name, variables[i].value, 1) != 0)
			return admin_error_false("no memory");
	return true;
}

/* --- starting --------------------------------------------------------------------------- */

static bool
port_is_taken(const struct stack *s)
{
	struct sockaddr_in	 to = { .sin_family = AF_INET,
				    .sin_port = htons((uint16_t)atoi(s->port)),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int			 fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool			 taken = fd != -1 &&
				    connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0;

	if (fd != -1)
		close(fd);
	return taken;
}

/* Everything that can be refused before a process is started. */
static bool
stack_prepare(struct stack *s)
{
	if (!stack_settings_create(s))
		return false;
	if (stack_pid(s, "web") == 0) {
		/* A server that was killed leaves programs, which hold its port. */
		stack_stop_web(s);
		if (port_is_taken(s))
			return admin_error_false("port %s is taken: choose another with PORT=",
			    s->port);
	}
	return environment_set(s) && stack_settings_write(s);
}

static bool
stack_start(const struct stack *s)
{
	static bool	(*const steps[])(const struct stack *) = { stack_database_start,
		stack_cache_start, stack_database_fill, stack_web_start, stack_web_wait };

	for (size_t i = 0; i < NELEMS(steps) && !stack_interrupted(); i++)
		if (!steps[i](s))
			return false;
	return true;
}

static void
stack_print_urls(const struct stack *s)
{
	const char	*url = admin_fmt("http://127.0.0.1:%s", s->port);

	printf("%s/               overview, with commands to copy\n", url);
	printf("%s/openapi.json   every endpoint\n", url);
	if (conf_service(s->options, "shop"))
		printf("%s/v1/products\n", url);
	printf("to add an admin:   BRISK_CONF=%s %s/bin/brisk user add --admin EMAIL NAME\n",
	    s->conf, s->build);
	printf("to administer it:  BRISK_CONF=%s %s/bin/brisk help\n", s->conf, s->build);
}

/* --- the commands ------------------------------------------------------------------------ */

/* What was started is stopped again. */
static int
stack_give_up(const struct stack *s)
{
	stack_stop(s);
	return 1;
}

static int
command_start(struct stack *s)
{
	if (!stack_check(s) || !stack_folder_open(s) || !stack_lock(s) || !stack_prepare(s))
		return 1;
	if (!stack_start(s))
		return stack_give_up(s);
	stack_print_urls(s);
	puts("in the background; `make stop` or `brisk stack stop` ends it");
	return 0;
}

/* Until a signal comes or a part ends. */
static bool
stack_watch(const struct stack *s)
{
	while (!stack_interrupted()) {
		for (size_t i = 0; i < NELEMS(parts); i++)
			if (stack_pid(s, parts[i].name) == 0 && !stack_interrupted())
				return stack_fail(s, parts[i].log, "%s ended by itself",
				    parts[i].name);
		stack_sleep(1000);
	}
	return true;
}

static bool
run_pid_write(const struct stack *s)
{
	FILE	*f = fopen(stack_path(s, "run.pid"), "we");

	return (f != NULL && fprintf(f, "%d\n", (int)getpid()) > 0 && fclose(f) == 0) ||
	    admin_error_false("cannot write run.pid: %s", strerror(errno));
}

static bool
run_until_end(struct stack *s)
{
	if (!stack_start(s))
		return stack_interrupted();
	if (!stack_interrupted()) {
		stack_print_urls(s);
		puts("Ctrl-C ends it");
		(void)fflush(stdout);
	}
	return stack_watch(s);
}

static int
command_run(struct stack *s)
{
	bool	 good;

	if (!stack_check(s) || !stack_folder_open(s) || !stack_lock(s))
		return 1;
	if (stack_pid(s, "web") != 0 || stack_pid(s, "db") != 0)
		return admin_error("%s runs already: stop it first", s->var);
	s->foreground = true;
	stack_signals();
	if (!stack_prepare(s) || !run_pid_write(s))
		return 1;
	good = run_until_end(s);
	if (stack_interrupted())
		puts("\nstopping");
	(void)fflush(stdout);
	stack_stop(s);
	(void)unlink(stack_path(s, "run.pid"));
	return good ? 0 : 1;
}

static int
command_stop(struct stack *s)
{
	if (!stack_folder_find(s)) {
		printf("there is no installation in %s\n", s->var);
		stack_stop_strays(s);	/* its folder may have been removed while it ran */
		return 0;
	}
	if (!stack_lock_after_run(s))
		return 1;
	stack_stop(s);
	return 0;
}

static int
command_status(struct stack *s)
{
	int	 state = 0, pid;

	if (!stack_folder_find(s))
		return admin_error("there is no installation in %s", s->var);
	for (size_t i = 0; i < NELEMS(parts); i++) {
		pid = stack_pid(s, parts[i].name);
		if (pid == 0)
			state = 1;
		printf("%s %s\n", parts[i].name, pid == 0 ? "is down" :
		    admin_fmt("runs (%d)", pid));
	}
	return state;
}

int
cmd_stack(int argc, char **argv)
{
	static const struct { const char *name; int (*run)(struct stack *); } commands[] = {
		{ "run", command_run },
		{ "start", command_start },
		{ "stop", command_stop },
		{ "status", command_status },
	};
	struct stack	 s = { .foreground = false };

	(void)umask(077);
	for (size_t i = 0; argc == 1 && i < NELEMS(commands); i++)
		if (strcmp(argv[0], commands[i].name) == 0)
			return stack_read(&s) ? commands[i].run(&s) : 1;
	return BRISK_USAGE;
}
