/* brisk: the admin's command. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin.h"
#include "base/log.h"

static int	cmd_help(int, char **);

static const struct command commands[] = {
	{ "audit", cmd_audit, "[--since TIME] [--actor SUBJECT] [--target \"users/ID\"] "
	    "[--action ACTION] [--last N] [--json] " ACCOUNT_USAGE,
	    "Show who did what: the last 100, or N; since a time (\"2026-11-22T10:00:00Z\", "
	    "or \"15m\", \"2h\", \"3d\" ago)." },
	{ "cache", cmd_cache, "status | purge [TAG...] | watch [TABLE] | "
	    "unwatch TABLE " ACCOUNT_USAGE,
	    "Show what was answered from the cache, by route; make all answers "
	    "stale, or those with a tag (\"products\", \"products/ID\"); note by "
	    "triggers what others write into TABLE, so that it is shown within a "
	    "second." },
	{ "client", cmd_client, "add NAME --scopes \"A B\" [--public | --confidential] "
	    "[--first-party] [--grants \"A B\"] | list | revoke NAME",
	    "Make a program that may ask for tokens (its secret is the last word, and "
	    "shown only then), show all, or take one away." },
	{ "conf", cmd_conf, "[--doc | --markdown]",
	    "Show every option, its value, where that came from and what it means; "
	    "--doc and --markdown: also what it may be.\n\n"
	    "Programs read their options when they start, and `brisk restart` lets them\n"
	    "read anew. Where an option is wrong the new ones are not taken, and file and\n"
	    "line are told. Only run_dir needs a stop of all." },
	{ "doctor", cmd_doctor, "[--url URL] [--only CHECK,...] [--json]",
	    "Look at the whole installation, from its files to the web server at "
	    "URL (base_url), and say what to do; fails when something is wrong." },
	{ "init", cmd_init, "[--url URL] [--file FILE]",
	    "Make the first brisk.conf, by a few questions: where the API and its "
	    "database are." },
	{ "jobs", cmd_jobs, "list [--queue NAME] [--state STATE] | retry ID... | retry --all "
	    "[--queue NAME] | run [--for 55s] [--queue NAME] | kinds " ACCOUNT_USAGE,
	    "Show work for later that is not done yet (--state done, or dead); queue "
	    "anew what was given up; work on the queues of all programs, from cron "
	    "where no process stays; show what kinds of work there are." },
	{ "key", cmd_key, "list | rotate [--now] | revoke KID",
	    "Show the keys that sign tokens; let the next one sign, which was "
	    "published two hours before (or --now); end a previous one, and all it "
	    "signed, before its day is over." },
	{ "grants", cmd_grants, "[NAME...] [--create] [--host HOST] " ACCOUNT_USAGE,
	    "Print the rights that each program's statements need, as SQL for "
	    "accounts of their own (database_own_accounts); with --create, the "
	    "accounts too: brisk grants --create | mariadb -u root." },
	{ "migrate", cmd_migrate, "up [--retry] | down [N] | status [--check] "
	    "[--dir DIR] " ACCOUNT_USAGE,
	    "Bring the tables up to date, take the last N changes back, or show "
	    "which were made." },
	{ "mounts", cmd_mounts, "[FOLDER]",
	    "Write anew what the programs in FOLDER/bin answer: the routing and the "
	    "document in FOLDER/share." },
	{ "new", cmd_new, "FOLDER/ | NAME --from-table TABLE [--service SERVICE] "
	    "[--path PATH] [--read SCOPE|none] [--write SCOPE] [--dir DIR] "
	    ACCOUNT_USAGE,
	    "Make a folder for endpoints of one's own, with the first; or write a "
	    "handler, and a test of it, for a table that exists." },
	{ "openapi", cmd_openapi, "FILE... | --install",
	    "Unite the documents that the programs print into one; or those of the "
	    "services that are switched on, for /openapi.json." },
	{ "own", cmd_own, "run | start | stop | test | install",
	    "Serve, test or install the endpoints of such a folder; its Makefile "
	    "calls this." },
	{ "restart", cmd_restart, "[--with FILE] [--rehearse N] NAME... | --all",
	    "Put the program file at its path, or a copy of FILE, in place of the "
	    "running one, without a lost request.\n\n"
	    "Returns when the new one serves and the old one's workers are gone. One\n"
	    "that crashes, hangs or fails its --check is not taken: the old one goes on,\n"
	    "and the reason is told. Options are read anew.\n\n"
	    "--rehearse lets both programs answer the last N different GETs that came\n"
	    "without a token, before the new one serves. Where its answer has another\n"
	    "status, header or byte, or takes more SQL statements, it is not taken, and\n"
	    "the difference is shown. Answers that change by themselves meanwhile are\n"
	    "asked for again. What is meant to differ is restarted without it.\n\n"
	    "Under mod_fcgid a file serves as soon as it lies at its path: have it\n"
	    "elsewhere and give it by --with." },
	{ "rollback", cmd_rollback, "NAME... | --all",
	    "Put the program that the last restart replaced in place of the running "
	    "one; a second time undoes that." },
	{ "stack", cmd_stack, "run | start | stop | status",
	    "A private installation in var/ of this folder: MariaDB, memcached, web "
	    "server and programs. VAR=, PORT=, SERVER= and SET= change it." },
	{ "start", cmd_start, "NAME... | --all",
	    "Let a stopped program serve again, or start one that died with all "
	    "its processes." },
	{ "status", cmd_status, "[--json] [--watch [SECONDS]]",
	    "Show what runs; fails when something should serve and does not.\n\n"
	    "A line for each program, which adds up those of its workers below it:\n"
	    "  STATE     serving; rolling: a new program is being started; draining:\n"
	    "            finishes what it has; fallback, stopped: answers 503; dead: died\n"
	    "            with all its processes; idle: the web server starts a worker\n"
	    "            when somebody asks\n"
	    "  UP        time since it began; of a program, since the web server began it\n"
	    "  BUILD     tells one program file from another\n"
	    "  REQUESTS  answered by those that run now\n"
	    "  RATE      answers a second, of the last minute\n"
	    "  ERRORS    answers with a status of 500 and more\n"
	    "  BUSY      requests that are being answered\n"
	    "  P50, P99  half and 99 of 100 of the answers took no longer than this\n"
	    "  MEM       resident memory, in bytes\n"
	    "  DB        database connections that it holds\n\n"
	    "--watch looks every 2 seconds, or as many as are given, until Ctrl-C; RATE,\n"
	    "P50 and P99 are then of the time since the last look. --json has the same\n"
	    "figures, times in microseconds." },
	{ "stop", cmd_stop, "NAME... | --all",
	    "Let a program answer 503 until it is started." },
	{ "token", cmd_token, "--scope \"A B\" [--seconds N] [--sub NAME]",
	    "Mint an access token: the last word printed. It ends with its key, a "
	    "day after `brisk key rotate`, if not before." },
	{ "user", cmd_user, "add [--admin | --role R] EMAIL USERNAME | list | "
	    "passwd NAME | roles [--role R] [--remove R] NAME",
	    "Make a person's account, show all, set a password (asked for, or the "
	    "first line of standard input), or give and take roles." },
	{ "web", cmd_web, "[--proxy] FOLDER",
	    "Put the programs, and the .htaccess that leads to them, into a folder "
	    "that Apache serves." },
	{ "help", cmd_help, "[COMMAND]",
	    "Show this, or how one command is called." },
	{ NULL, NULL, NULL, NULL },
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
	(void)fprintf(to, "usage: brisk %s %s\n%s\n", c->name, c->usage, c->doc);
	return 0;
}

static int
help_all(FILE *to)
{
	(void)fputs("usage: brisk COMMAND ...\n\n", to);
	for (const struct command *c = commands; c->name != NULL; c++)
		(void)fprintf(to, "  %s %s\n      %.*s\n", c->name, c->usage,
		    (int)strcspn(c->doc, "\n"), c->doc);
	(void)fputs("\nThe installation is the one of the file that BRISK_CONF "
	    "names, of\nvar/brisk.conf in this folder, or of brisk.conf beside this "
	    "program.\n", to);
	return 0;
}

static int
cmd_help(int argc, char **argv)
{
	const struct command	*c = argc == 0 ? NULL : command_find(argv[0]);

	if (argc == 0)
		return help_all(stdout);
	if (c == NULL)
		return admin_error("%s: no such command; try `brisk help`", argv[0]);
	return help_one(stdout, c);
}

/* In a tree of sources: what `make run` made there, unless another is named. */
static void
find_installation(void)
{
	const char	*made = "var/brisk.conf";

	if (getenv("BRISK_CONF") == NULL && access(made, R_OK) == 0)
		(void)!setenv("BRISK_CONF", made, 1);
}

int
main(int argc, char **argv)
{
	const struct command	*c = argc < 2 ? NULL : command_find(argv[1]);
	int			 status;

	log_init("brisk", LOG_WARN);
	/* Where a panel's CGI calls it: not for the programs that it starts. */
	(void)unsetenv("GATEWAY_INTERFACE");
	find_installation();
	if (argc < 2)
		(void)help_all(stderr);
	else if (c == NULL)
		(void)admin_error("%s: no such command; try `brisk help`", argv[1]);
	if (c == NULL)
		return BRISK_USAGE;
	status = c->run(argc - 2, argv + 2);
	if (status == BRISK_USAGE)
		(void)help_one(stderr, c);
	if (fflush(stdout) != 0 && status == 0)
		status = admin_error("cannot write the answer");
	return status;
}
