/* brisk init: create the first brisk.conf of an installation. */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>
#include "admin.h"
#include "crypto/crypto.h"

#define STATEMENT_MS	5000
#define SECRET_BYTES	32

/* The questions.  The password is no argument: other users could see it. */
enum { ASK_URL, ASK_SERVICES, ASK_HOST, ASK_NAME, ASK_USER, ASK_PASSWORD, ASKED };

struct question {
	const char	*text, *option, *value;
};

static const char *const sockets[] = { "/run/mysqld/mysqld.sock",
	"/var/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock", "/tmp/mysql.sock" };

static const char *
host_guess(void)
{
	for (size_t i = 0; i < NELEMS(sockets); i++)
		if (access(sockets[i], F_OK) == 0)
			return sockets[i];
	return "localhost";
}

static void
terminal_echo(bool on)
{
	struct termios	 t;

	if (tcgetattr(STDIN_FILENO, &t) != 0)
		return;
	t.c_lflag = on ? t.c_lflag | ECHO : t.c_lflag & ~(tcflag_t)ECHO;
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &t);
	if (on)
		(void)fputc('\n', stderr);
}

/* Read a line of standard input; an empty line keeps the default value. */
static bool
question_ask(struct question *q, bool hidden)
{
	char	*line = NULL;
	size_t	 room = 0;
	ssize_t	 n;

	(void)fprintf(stderr, "%s%s%s%s: ", q->text, q->value[0] == '\0' ? "" : " [",
	    q->value, q->value[0] == '\0' ? "" : "]");
	if (hidden)
		terminal_echo(false);
	n = getline(&line, &room, stdin);
	if (hidden)
		terminal_echo(true);
	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		n--;
	if (n > 0)
		q->value = arena_copy(admin_arena(), (struct str){ line, (size_t)n }).p;
	free(line);
	return q->value != NULL && (n >= 0 || admin_error_false("%s: no answer", q->text));
}

/* Refuse a value that a line of brisk.conf cannot hold. */
static bool
value_valid(const struct question *q)
{
	size_t	 n = strlen(q->value);

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)q->value[i] < 0x20 || q->value[i] == 0x7f)
			return admin_error_false("%s: must not contain control characters", q->text);
	if (n > 0 && (q->value[0] == ' ' || q->value[n - 1] == ' '))
		return admin_error_false("%s: must not begin or end with a space", q->text);
	return true;
}

static void
option_print(struct buf *b, const char *name, const char *value)
{
	buf_fmt(b, "%s = %s\n", name, value);
}

/* A path is a socket; anything else is a host or host:port. */
static void
host_print(struct buf *b, const char *host)
{
	const char	*colon = strchr(host, ':');

	if (host[0] == '/') {
		option_print(b, "database_socket", host);
		return;
	}
	buf_fmt(b, "database_host = %.*s\n",
	    colon == NULL ? (int)strlen(host) : (int)(colon - host), host);
	if (colon != NULL)
		option_print(b, "database_port", colon + 1);
}

static bool
conf_print(struct buf *b, const struct question *q)
{
	uint8_t	 secret[SECRET_BYTES];

	if (!crypto_random(secret, sizeof(secret)))
		return admin_error_false("no random bytes for the secret");
	buf_puts(b, "# Options of this installation; `brisk conf --doc` explains them.\n");
	for (size_t i = 0; i < ASKED; i++)
		if (i == ASK_HOST)
			host_print(b, q[i].value);
		else
			option_print(b, q[i].option, q[i].value);
	buf_puts(b, "# mod_fcgid accepts 131072 bytes unless the host raised "
	    "FcgidMaxRequestLen.\nmax_body = 102400\n"
	    "# No memcached: each process caches responses by itself.\n"
	    "cache_socket =\n"
	    "# Keep this secret.\nsecret = ");
	buf_hex(b, secret, sizeof(secret));
	buf_puts(b, "\nrun_dir = run\n");
	return buf_ok(b);
}

/* Never replace an existing file. */
static bool
conf_write(const char *path, struct str text)
{
	int	 fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool	 good;

	if (fd == -1)
		return admin_error_false("%s: %s", path, strerror(errno));
	good = write(fd, text.p, text.n) == (ssize_t)text.n && fsync(fd) == 0;
	good = close(fd) == 0 && good;
	return good || admin_error_false("%s: cannot write: %s", path, strerror(errno));
}

static int
connection_test(const struct conf *c)
{
	struct db_login	 own = { NULL, NULL, NULL };
	struct db	*db = admin_db(c, &own, STATEMENT_MS);
	enum db_err	 err = db == NULL ? DB_NO_MEMORY : db_begin(db);

	if (err == DB_OK)
		(void)printf("the database answers; next: brisk migrate up\n");
	else
		(void)admin_error("the database does not answer: %s\nCorrect %s, or remove "
		    "it and start again.", db == NULL ? "" : db_error_message(db), c->file);
	db_close(db);
	return err == DB_OK ? 0 : 1;
}

static int
init_write(const char *path, struct question *q)
{
	const struct conf	*c;
	struct buf		 text;

	for (size_t i = 0; i < ASKED; i++)
		if ((q[i].option != NULL && !question_ask(&q[i], i == ASK_PASSWORD)) ||
		    !value_valid(&q[i]))
			return 1;
	q[ASK_URL].option = "base_url";
	buf_init(&text, admin_arena());
	if (!conf_print(&text, q) || !conf_write(path, buf_view(&text)))
		return 1;
	if (setenv("BRISK_CONF", path, 1) != 0 || (c = admin_conf()) == NULL) {
		(void)unlink(path);
		return admin_error("%s was not created", path);
	}
	if (mkdir(c->run_dir, 0700) != 0 && errno != EEXIST)
		return admin_error("%s: %s", c->run_dir, strerror(errno));
	(void)printf("%s\n", path);
	return connection_test(c);
}

int
cmd_init(int argc, char **argv)
{
	const char	*url = NULL, *file = NULL;
	struct question	 questions[ASKED] = {
		[ASK_URL] = { "Address of the API", "base_url", "" },
		[ASK_SERVICES] = { "Services", "services",
		    "shop ledger" },
		[ASK_HOST] = { "Database: socket path or host:port", "database_host",
		    host_guess() },
		[ASK_NAME] = { "Database name", "database_name", "brisk" },
		[ASK_USER] = { "Database user", "database_user", "brisk" },
		[ASK_PASSWORD] = { "Database password", "database_password", "" },
	};

	if (flags_parse((const struct flag[]){ { "url", &url, NULL },
	    { "file", &file, NULL }, { NULL, NULL, NULL } }, argc, argv) != 0)
		return BRISK_USAGE;
	if (file == NULL && (file = admin_root()) != NULL)
		file = arena_fmt(admin_arena(), "%s/brisk.conf", file);
	if (file == NULL)
		return admin_error("no memory");
	if (access(file, F_OK) == 0)
		return admin_error("%s: already exists", file);
	if (url != NULL)
		questions[ASK_URL] = (struct question){ "--url", NULL, url };
	return init_write(file, questions);
}
