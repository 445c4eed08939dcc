/* stack/database - the stores of a private installation: MariaDB and memcached. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stack/stack.h"

#define DATABASE_WAIT_MS	60000
#define CACHE_WAIT_MS		2000

/* --- its options -------------------------------------------------------------------- */

/* Append a template with @VAR@ and @SOCKETS@ replaced. */
static void
template_expand(const struct stack *s, struct buf *b, struct str text)
{
	struct str	 name;

	while (text.p != NULL) {
		buf_str(b, str_cut(&text, '@'));
		name = str_cut(&text, '@');
		if (str_is(name, "VAR"))
			buf_puts(b, s->var);
		else if (str_is(name, "SOCKETS"))
			buf_puts(b, s->sockets);
	}
}

static bool
options_write(const struct stack *s, const char *path)
{
	struct str	 text = admin_read_file(admin_fmt("%s/admin/share/mariadb.cnf",
			    s->source));
	struct buf	 b;
	FILE		*f;
	bool		 written;

	buf_init(&b, admin_arena());
	template_expand(s, &b, text);
	if (text.p == NULL || !buf_ok(&b))
		return false;
	f = fopen(path, "we");
	written = f != NULL && fwrite(b.p, 1, b.n, f) == b.n;
	if (f != NULL && fclose(f) != 0)
		written = false;
	return written || admin_error_false("cannot write %s: %s", path, strerror(errno));
}

/* --- SQL as root ---------------------------------------------------------------------- */

static int
log_open(const struct stack *s, const char *name)
{
	return open(stack_path(s, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

/* Run SQL from a descriptor; its errors go to log/sql.log. */
static bool
sql_run(const struct stack *s, const char *database, int in)
{
	const char	*socket = admin_fmt("%s/db.sock", s->sockets);
	int		 log = log_open(s, "log/sql.log");
	int		 status = stack_command(in, -1, log, STACK_ARGV("mariadb",
			    "--no-defaults", "--default-character-set=utf8mb4", "-S", socket,
			    "-u", "root", database));

	if (log != -1)
		close(log);
	return status == 0;
}

/* A file in memory to write SQL to. */
static int
sql_file(const char *text)
{
	int	 fd = memfd_create("sql", MFD_CLOEXEC);

	if (fd != -1 && (write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
	    lseek(fd, 0, SEEK_SET) != 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool
sql_text(const struct stack *s, const char *text)
{
	int	 in = sql_file(text);
	bool	 done = in != -1 && sql_run(s, NULL, in);

	if (in != -1)
		close(in);
	return done;
}

/* --- the server ----------------------------------------------------------------------- */

/* Create the data folder beside its final place, and rename it when it is whole. */
static bool
database_create(const struct stack *s, const char *options)
{
	const char	*fresh = stack_path(s, "db.new");
	int		 log, status;

	if (access(stack_path(s, "db/mysql"), F_OK) == 0)
		return true;
	puts("creating the database");
	(void)stack_command(-1, -1, -1, STACK_ARGV("sh", "-c", "rm -rf \"$0/db.new\" \"$0\"/sample.*",
	    s->var));
	log = log_open(s, "log/install.log");
	status = stack_command(-1, log, log, STACK_ARGV("mariadb-install-db",
	    admin_fmt("--defaults-file=%s", options), admin_fmt("--datadir=%s", fresh),
	    "--force",	/* does not resolve the host name */
	    "--skip-test-db",
	    "--auth-root-authentication-method=normal",
	    geteuid() == 0 ? "--user=root" : NULL));
	if (log != -1)
		close(log);
	if (status != 0)
		return stack_fail(s, "log/install.log", "mariadb-install-db failed");
	return rename(fresh, stack_path(s, "db")) == 0 ||
	    admin_error_false("cannot rename %s: %s", fresh, strerror(errno));
}

static bool
database_answers(const struct stack *s)
{
	for (int ms = 0; ms < DATABASE_WAIT_MS && !stack_interrupted(); ms += 50) {
		if (sql_text(s, "SELECT 1 INTO @one"))
			return true;
		if (stack_pid(s, "db") == 0)
			return false;
		stack_sleep(50);
	}
	return false;
}

/* The database and the account of brisk.conf. */
static bool
database_prepare(const struct stack *s)
{
	return sql_text(s, admin_fmt(
	    "CREATE DATABASE IF NOT EXISTS brisk CHARACTER SET utf8mb4;\n"
	    "CREATE USER IF NOT EXISTS brisk@localhost;\n"
	    "SET PASSWORD FOR brisk@localhost = PASSWORD('%s');\n"
	    "GRANT SELECT, INSERT, UPDATE, DELETE ON brisk.* TO brisk@localhost;\n",
	    s->options->database_password));
}

bool
stack_database_start(const struct stack *s)
{
	const char	*options = stack_path(s, "my.cnf");
	const struct stack_launch server = { .part = "db", .log = "log/db.log",
	    .argv = STACK_ARGV("mariadbd", admin_fmt("--defaults-file=%s", options),
	    geteuid() == 0 ? "--user=root" : NULL) };

	if (!options_write(s, options) || !database_create(s, options))
		return false;
	if (stack_pid(s, "db") == 0 && !stack_launch(s, &server))
		return false;
	if (!database_answers(s))
		return stack_fail(s, "log/db.log", "the database does not answer");
	return database_prepare(s) ||
	    stack_fail(s, "log/sql.log", "cannot create the database account");
}

/* --- its contents ----------------------------------------------------------------------- */

static bool
brisk_run(const struct stack *s, const char *what, const char *const *argv)
{
	(void)s;
	return stack_command(-1, -1, -1, argv) == 0 || admin_error_false("%s", what);
}

/* Accounts of the programs (database_own_accounts): print them as SQL, and run that. */
static bool
accounts_create(const struct stack *s, const char *brisk)
{
	int	 fd;
	bool	 done;

	if (!s->options->database_own_accounts)
		return true;
	fd = memfd_create("accounts", MFD_CLOEXEC);
	done = fd != -1 && stack_command(-1, fd, -1, STACK_ARGV(brisk, "grants", "--create",
	    "--user", "root")) == 0 && lseek(fd, 0, SEEK_SET) == 0 && sql_run(s, NULL, fd);
	if (fd != -1)
		close(fd);
	return done || stack_fail(s, "log/sql.log",
	    "cannot create the database accounts of the programs");
}

static bool
sample_load(const struct stack *s, const char *file, const char *service)
{
	const char	*mark = stack_path(s, admin_fmt("sample.%s", service));
	int		 in = open(file, O_RDONLY | O_CLOEXEC), made;
	bool		 loaded;

	printf("loading the sample data of %s\n", service);
	loaded = in != -1 && sql_run(s, "brisk", in);
	if (in != -1)
		close(in);
	if (!loaded)
		return stack_fail(s, "log/sql.log", "%s failed", file);
	if ((made = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) != -1)
		close(made);
	return true;
}

static bool
sample_is_wanted(const struct stack *s, const char *service)
{
	return conf_service(s->options, service) &&
	    access(stack_path(s, admin_fmt("sample.%s", service)), F_OK) != 0;
}

/* migrations/sample/SERVICE.sql, once, for each service that is switched on. */
static bool
samples_load(const struct stack *s)
{
	glob_t		 found;
	struct str	 name;
	const char	*service;
	bool		 done = true;

	if (glob(admin_fmt("%s/migrations/sample/*.sql", s->source), 0, NULL, &found) != 0)
		return true;
	for (size_t i = 0; i < found.gl_pathc && done; i++) {
		name = str_of(strrchr(found.gl_pathv[i], '/') + 1);
		service = admin_fmt("%.*s", (int)name.n - 4, name.p);
		done = !sample_is_wanted(s, service) ||
		    sample_load(s, found.gl_pathv[i], service);
	}
	globfree(&found);
	return done;
}

/* A first token also makes the signing key. */
static bool
token_issue(const struct stack *s, const char *brisk)
{
	int	 null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int	 status = stack_command(-1, null, -1, STACK_ARGV(brisk, "token", "--scope",
		    "ops:read"));

	(void)s;
	if (null != -1)
		close(null);
	return status == 0 || admin_error_false("brisk cannot sign tokens");
}

bool
stack_database_fill(const struct stack *s)
{
	const char	*brisk = admin_fmt("%s/bin/brisk", s->build);

	return brisk_run(s, "the migrations failed",
	    STACK_ARGV(brisk, "migrate", "up", "--user", "root")) &&
	    accounts_create(s, brisk) && samples_load(s) &&
	    brisk_run(s, "cannot write the API document",
	    STACK_ARGV(brisk, "openapi", "--install")) && token_issue(s, brisk);
}

/* --- memcached --------------------------------------------------------------------------- */

static bool
is_socket(const char *path)
{
	struct stat	 st;

	return stat(path, &st) == 0 && S_ISSOCK(st.st_mode);
}

bool
stack_cache_start(const struct stack *s)
{
	const char	*socket = admin_fmt("%s/cache.sock", s->sockets);
	bool		 root = geteuid() == 0;
	const struct stack_launch server = { .part = "cache", .log = "log/cache.log",
	    .argv = STACK_ARGV("memcached", "-s", socket, "-a", "0600", "-m", "64", "-c", "1024",
	    "-t", "2", "-I", "1m", root ? "-u" : NULL, "root") };

	if (stack_pid(s, "cache") != 0)
		return true;
	(void)unlink(socket);
	if (!stack_launch(s, &server))
		return false;
	for (int ms = 0; ms < CACHE_WAIT_MS && !stack_interrupted(); ms += 20) {
		if (is_socket(socket))
			return true;
		stack_sleep(20);
	}
	return stack_fail(s, "log/cache.log", "memcached did not start");
}
