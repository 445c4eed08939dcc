/* stack/web - the programs and the web server of a private installation. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "crypto/fetch.h"
#include "stack/stack.h"

#define ANSWER_WAIT_US	INT64_C(30000000)
#define ANSWER_MEMORY	((size_t)16 << 20)

/* --- the routing -------------------------------------------------------------------- */

/* The services of a paragraph that begins with "# SERVICE NAME" or "SERVICE ...". */
static const char *
paragraph_services(struct str text)
{
	struct str	 line = str_cut(&text, '\n'), word = str_next_word(&line);

	if (str_is(word, "#"))
		word = str_next_word(&line);
	return admin_fmt("%.*s", STR_ARG(word));
}

/* Cut the next paragraph off: up to an empty line. */
static struct str
paragraph_cut(struct str *rest)
{
	const char	*end = memmem(rest->p, rest->n, "\n\n", 2);
	size_t		 n = end == NULL ? rest->n : (size_t)(end - rest->p) + 1;
	struct str	 paragraph = { rest->p, n };

	*rest = str_from(*rest, n);
	while (rest->n > 0 && rest->p[0] == '\n')
		*rest = str_from(*rest, 1);
	return paragraph;
}

/* The paragraphs of programs whose services are switched on, into VAR/mounts.conf. */
static bool
routing_write(const struct stack *s)
{
	struct str	 rest = admin_read_file(admin_fmt("%s/share/%s-mounts.conf", s->build,
			    s->server->routing)), paragraph;
	FILE		*f = rest.p == NULL ? NULL : fopen(stack_path(s, "mounts.conf"), "we");

	if (f == NULL)
		return rest.p != NULL && admin_error_false("cannot write mounts.conf: %s",
		    strerror(errno));
	while (rest.n > 0) {
		paragraph = paragraph_cut(&rest);
		if (conf_service(s->options, paragraph_services(paragraph)))
			(void)fprintf(f, "%.*s\n", STR_ARG(paragraph));
	}
	return fclose(f) == 0 || admin_error_false("cannot write mounts.conf: %s",
	    strerror(errno));
}

/* VAR/www, as an account has it whose Apache obeys .htaccess. */
static bool
web_folder_write(const struct stack *s)
{
	const char	*script = admin_fmt("%s/admin/share/web.sh", s->source);
	const char	*option = s->server->web_folder;
	const char	*www = stack_path(s, "www");

	if (option == NULL)
		return true;
	return stack_command(-1, -1, -1, option[0] == '\0' ? STACK_ARGV(script, www) :
	    STACK_ARGV(script, option, www)) == 0 || admin_error_false("cannot write %s", www);
}

/* The folder BRISK_TLS with cert.pem and key.pem. */
static bool
tls_link(const struct stack *s)
{
	const char	*keys = getenv("BRISK_TLS"), *link = stack_path(s, "tls");

	if (s->tls_port[0] == '\0')
		return true;
	(void)unlink(link);
	return (keys != NULL && symlink(keys, link) == 0) ||
	    admin_error_false("TLS_PORT needs BRISK_TLS, a folder with cert.pem and key.pem");
}

/* --- starting ------------------------------------------------------------------------- */

/* Run the command that starts the programs; its output goes to log/programs.log. */
static bool
starter_run(const struct stack *s, const char *const *argv)
{
	int	 log = open(stack_path(s, "log/programs.log"),
		    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int	 status;

	(void)setenv("BRISK_STACK", s->var, 1);
	status = stack_command(-1, log, log, argv);
	(void)unsetenv("BRISK_STACK");
	if (log != -1)
		close(log);
	return status == 0 ||
	    stack_fail(s, "log/programs.log", "the programs do not start");
}

static bool
programs_start(const struct stack *s)
{
	switch (s->server->starter) {
	case STARTER_BRISK:
		return starter_run(s, STACK_ARGV(admin_fmt("%s/bin/brisk", s->build), "start",
		    "--all"));
	case STARTER_SPAWN:
		return starter_run(s, STACK_ARGV(admin_fmt("%s/admin/share/spawn.sh",
		    s->source)));
	case STARTER_SERVER:
		break;
	}
	return true;
}

static bool
lighttpd_start(const struct stack *s)
{
	const char	*conf = admin_fmt("%s/lighttpd/%s.conf", s->source,
			    s->tls_port[0] == '\0' ? "lighttpd" : "tls");

	return stack_launch(s, &(const struct stack_launch){ .part = "web",
	    .log = "log/lighttpd.log", .argv = STACK_ARGV("lighttpd", "-D", "-f", conf) });
}

static bool
apache_start(const struct stack *s)
{
	const char	*conf = admin_fmt("%s/apache/httpd.conf", s->source);
	const char	*const *argv = s->tls_port[0] == '\0' ?
			    STACK_ARGV("apache2", "-D", "FOREGROUND", "-f", conf) :
			    STACK_ARGV("apache2", "-D", "FOREGROUND", "-D", "TLS", "-f", conf);

	return stack_launch(s, &(const struct stack_launch){ .part = "web",
	    .log = "log/apache.log", .argv = argv, .unprivileged = true });
}

bool
stack_web_start(const struct stack *s)
{
	stack_stop_web(s);
	return routing_write(s) && web_folder_write(s) && tls_link(s) && programs_start(s) &&
	    (s->server->apache_form == NULL ? lighttpd_start(s) : apache_start(s));
}

bool
stack_web_wait(const struct stack *s)
{
	const char	*path = conf_service(s->options, "shop") ? "/v1/products?limit=1" :
			    "/openapi.json";
	struct fetch	 request = { .timeout_ms = 5000,
			    .url = admin_fmt("http://127.0.0.1:%s%s", s->port, path) };
	struct fetch_result	 got = { .status = 0 };
	int64_t		 until = clock_mono_us() + ANSWER_WAIT_US;
	struct arena	 arena;

	if (!arena_init(&arena, ANSWER_MEMORY))
		return admin_error_false("no memory");
	while (clock_mono_us() < until && stack_pid(s, "web") != 0 && !stack_interrupted()) {
		arena_reset(&arena);
		fetch(&arena, &request, &got);
		if (got.status >= 200 && got.status < 400)
			break;
		stack_sleep(100);
	}
	arena_free(&arena);
	return (got.status >= 200 && got.status < 400) || stack_interrupted() ||
	    stack_fail(s, NULL, "the programs do not answer on port %s", s->port);
}
