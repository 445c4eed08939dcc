/* brisk: the administration command. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin.h"
#include "base/log.h"

static int	cmd_help(int, char **);

static const struct command commands[] = {
	{ "audit", cmd_audit, "[--since TIME] [--actor SUBJECT] [--target \"users/ID\"] "
	    "[--action ACTION] [--last N] [--json] " LOGIN_USAGE,
	    "Show the audit log.",
	    "Prints the last 100 entries, or N. TIME is a time (\"2026-11-22T10:00:00Z\")\n"
	    "or an age (\"15m\", \"2h\", \"3d\")." },
	{ "cache", cmd_cache, "status | purge [TAG...] | watch [TABLE] | "
	    "unwatch TABLE " LOGIN_USAGE,
	    "Show cache statistics by route, or invalidate cached responses.",
	    "purge invalidates all responses, or those with a TAG (\"products\",\n"
	    "\"products/ID\"). watch installs triggers on a TABLE that other software writes,\n"
	    "so that its changes invalidate cached responses within a second; without TABLE it\n"
	    "lists the tables. unwatch removes the triggers." },
	{ "client", cmd_client, "add NAME --scopes \"A B\" [--public | --confidential] "
	    "[--first-party] [--grants \"A B\"] | list | revoke NAME",
	    "Create, list or revoke OAuth clients.",
	    "add prints the secret of a confidential client once, as the last word. revoke also\n"
	    "revokes the logins of the client." },
	{ "conf", cmd_conf, "[--doc | --markdown]",
	    "Show every option with its value, its source and its meaning.",
	    "--doc and --markdown also show the allowed values.\n\n"
	    "Programs read their options when they start; `brisk restart` makes them read the\n"
	    "options again. If an option is invalid, the running programs keep the old options,\n"
	    "and the command prints file and line. Only a change of run_dir needs a stop of\n"
	    "all programs." },
	{ "doctor", cmd_doctor, "[--url URL] [--only CHECK,...] [--json]",
	    "Check the whole installation and print advice.",
	    "The checks cover files, database, programs and the web server at URL (default:\n"
	    "base_url). The status is 1 if something is wrong." },
	{ "init", cmd_init, "[--url URL] [--file FILE]",
	    "Create the first brisk.conf.",
	    "Asks for the address of the API, the services and the database, and tests the\n"
	    "connection." },
	{ "jobs", cmd_jobs, "list [--queue NAME] [--state STATE] | retry ID... | retry --all "
	    "[--queue NAME] | run [--for 55s] [--queue NAME] | kinds " LOGIN_USAGE,
	    "List, retry or run jobs of the queues.",
	    "list shows unfinished jobs; --state done or dead shows others. retry queues dead\n"
	    "jobs again. run works on the queues of all programs, for cron where no program\n"
	    "stays in memory. kinds lists the kinds of jobs." },
	{ "key", cmd_key, "list | rotate [--now] | revoke KID",
	    "List, rotate or revoke the keys that sign tokens.",
	    "rotate activates the next key, which must have been published for two hours unless\n"
	    "--now is given. revoke removes a previous key and invalidates its tokens before\n"
	    "they expire, a day after the rotation." },
	{ "grants", cmd_grants, "[NAME...] [--create] [--host HOST] " LOGIN_USAGE,
	    "Print the database rights that the statements of each program need.",
	    "The output is SQL for database_own_accounts. With --create it also creates the\n"
	    "accounts: brisk grants --create | mariadb -u root." },
	{ "migrate", cmd_migrate, "up [--retry] | down [N] | status [--check] "
	    "[--dir DIR] " LOGIN_USAGE,
	    "Apply migrations, revert the last N, or show their state.", NULL },
	{ "mounts", cmd_mounts, "[FOLDER]",
	    "Write the routing and the API document of the programs in FOLDER/bin.",
	    "The files go to FOLDER/share." },
	{ "new", cmd_new, "FOLDER/ | NAME --from-table TABLE [--service SERVICE] "
	    "[--path PATH] [--read SCOPE|none] [--write SCOPE] [--dir DIR] " LOGIN_USAGE,
	    "Create a project folder, or a handler and its test for a table.",
	    "With FOLDER/ it creates a folder for endpoints of your own, with a sample\n"
	    "endpoint. With NAME it writes a handler and a test for an existing table." },
	{ "openapi", cmd_openapi, "FILE... | --install",
	    "Merge API documents.",
	    "Merges the FILEs that programs printed. With --install it merges the documents of\n"
	    "the services that are switched on, for /openapi.json." },
	{ "own", cmd_own, "run | start | stop | test | install",
	    "Run, test or install the endpoints of a project folder.",
	    "The Makefile of the folder calls this command." },
	{ "restart", cmd_restart, "[--with FILE] [--rehearse N] NAME... | --all",
	    "Replace running programs without losing a request.",
	    "Starts the program file at its path, or a copy of FILE, and returns when the new\n"
	    "program serves and the workers of the old one have ended. If the new program\n"
	    "crashes, hangs or fails its --check, the old one goes on, and the command prints\n"
	    "the reason. Options are read again.\n\n"
	    "--rehearse sends the last N different GET requests without a token to both\n"
	    "programs before the new one serves. If a response has another status, header or\n"
	    "body, or needs more SQL statements, the new program is refused and the difference\n"
	    "is shown. Responses that change by themselves are tried again. Omit the option if\n"
	    "the change is intended.\n\n"
	    "Under mod_fcgid a new file at the path of a program serves at once: put it\n"
	    "elsewhere and pass it with --with." },
	{ "rollback", cmd_rollback, "NAME... | --all",
	    "Return to the program that the last restart replaced.",
	    "A second rollback undoes the first." },
	{ "stack", cmd_stack, "run | start | stop | status",
	    "Run a private installation: MariaDB, memcached, web server and programs.",
	    "run stays in the foreground until Ctrl-C; start returns when the programs answer,\n"
	    "and on a running installation it restarts the web server with new programs and\n"
	    "options. These environment variables change it:\n"
	    "  VAR       folder of the installation (var), created with mode 0700\n"
	    "  PORT      port on 127.0.0.1 (8080)\n"
	    "  SERVER    how the programs run:\n"
	    "            lighttpd        lighttpd starts them (default)\n"
	    "            apache          mod_fcgid starts them, with .htaccess in VAR/www\n"
	    "            proxy           `brisk start` starts them, for mod_proxy_fcgi\n"
	    "            proxy-htaccess  the same, with .htaccess in VAR/www\n"
	    "            spawn           spawn-fcgi starts them, for lighttpd\n"
	    "            cgi             Apache starts a process for each request\n"
	    "  SERVICES  services of a new installation (shop ledger)\n"
	    "  SET       \"key=value ...\" for VAR/brisk.conf, until the next start\n"
	    "  TLS_PORT  port for HTTPS; BRISK_TLS is a folder with cert.pem and key.pem\n"
	    "  B         the folder with bin/ and share/ (of this program)" },
	{ "start", cmd_start, "NAME... | --all",
	    "Start programs that were stopped or died.", NULL },
	{ "status", cmd_status, "[--json] [--watch [SECONDS]]",
	    "Show the running programs and their load.",
	    "The status is 1 if a program that should serve does not. A line for each program\n"
	    "adds up the lines of its workers below it:\n"
	    "  STATE     serving; rolling: a new program is starting; draining: finishes its\n"
	    "            requests; fallback, stopped: answers 503; dead: all processes died;\n"
	    "            idle: the web server starts a worker at the next request\n"
	    "  UP        time since the start; of a program, since the web server started it\n"
	    "  BUILD     identifies the program file\n"
	    "  REQUESTS  requests answered by the running workers\n"
	    "  RATE      answers a second, over the last minute\n"
	    "  ERRORS    answers with a status of 500 or more\n"
	    "  BUSY      requests in progress\n"
	    "  P50, P99  50 and 99 percent of the answers took at most this time\n"
	    "  MEM       resident memory, in bytes\n"
	    "  DB        open database connections\n\n"
	    "--watch prints again every 2 SECONDS until Ctrl-C; RATE, P50 and P99 then cover\n"
	    "the time since the last print. --json prints the same numbers, with times in\n"
	    "microseconds." },
	{ "stop", cmd_stop, "NAME... | --all",
	    "Make programs answer 503 until they are started.", NULL },
	{ "token", cmd_token, "--scope \"A B\" [--seconds N] [--sub NAME]",
	    "Issue an access token for administration.",
	    "The token is the last word of the output. It expires at the latest with its key, a\n"
	    "day after `brisk key rotate`." },
	{ "user", cmd_user, "add [--admin | --role R] EMAIL USERNAME | list | "
	    "passwd NAME | roles [--role R] [--remove R] NAME",
	    "Create and list users, set passwords, change roles.",
	    "passwd prompts for the password, or reads the first line of standard input." },
	{ "web", cmd_web, "[--proxy] FOLDER",
	    "Install the programs and .htaccess in a folder that Apache serves.",
	    "With --proxy the programs run already (`brisk start --all`), and mod_proxy_fcgi\n"
	    "passes requests to their sockets." },
	{ "help", cmd_help, "[COMMAND]",
	    "Show all commands, or one.", NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static const struct command *
command_find(const char *name)
{
	for (const struct command *c = commands; c->name != NULL; c++)
		if (strcmp(name, c->name) == 0)
			return c;
	return NULL;
}

static int
help_one(FILE *to, const struct command *c)
{
	(void)fprintf(to, "usage: brisk %s %s\n%s\n", c->name, c->arguments, c->summary);
	if (c->details != NULL)
		(void)fprintf(to, "\n%s\n", c->details);
	return 0;
}

static int
help_all(FILE *to)
{
	(void)fputs("usage: brisk COMMAND ...\n\n", to);
	for (const struct command *c = commands; c->name != NULL; c++)
		(void)fprintf(to, "  %s %s\n      %s\n", c->name, c->arguments, c->summary);
	(void)fputs("\n`brisk help COMMAND` shows the details of a command.  The options are "
	    "read from the\nfile that BRISK_CONF names, from var/brisk.conf in the working "
	    "folder, or from\nbrisk.conf beside this program.\n", to);
	return 0;
}

static int
cmd_help(int argc, char **argv)
{
	const struct command	*c = argc == 0 ? NULL : command_find(argv[0]);

	if (argc == 0)
		return help_all(stdout);
	if (c == NULL)
		return admin_error("%s: unknown command; `brisk help` lists the commands", argv[0]);
	return help_one(stdout, c);
}

/* In a source tree: the installation of `make run`, unless BRISK_CONF names another. */
static void
installation_find(void)
{
	const char	*conf = "var/brisk.conf";

	if (getenv("BRISK_CONF") == NULL && access(conf, R_OK) == 0)
		(void)!setenv("BRISK_CONF", conf, 1);
}

int
main(int argc, char **argv)
{
	const struct command	*c = argc < 2 ? NULL : command_find(argv[1]);
	int			 status;

	log_init("brisk", LOG_WARN);
	/* Set if a CGI program calls us; the programs that we start must not see it. */
	(void)unsetenv("GATEWAY_INTERFACE");
	installation_find();
	if (argc < 2)
		(void)help_all(stderr);
	else if (c == NULL)
		(void)admin_error("%s: unknown command; `brisk help` lists the commands", argv[1]);
	if (c == NULL)
		return BRISK_USAGE;
	status = c->run(argc - 2, argv + 2);
	if (status == BRISK_USAGE)
		(void)help_one(stderr, c);
	if (fflush(stdout) != 0 && status == 0)
		status = admin_error("cannot write the output");
	return status;
}
