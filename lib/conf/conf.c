/* conf - reads the file, the environment and the defaults into the options. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "conf/private.h"

#define MAX_FILE	(64 << 10)
#define MAX_MEMORY	((size_t)32 << 20)

struct arena	 conf_memory;

static bool
memory_ready(void)
{
	return conf_memory.first != NULL || arena_init(&conf_memory, MAX_MEMORY);
}

/* Begin a message with the place it is about. */
static void
message_begin(struct conf_reader *rd, int from)
{
	if (from > 0)
		buf_fmt(rd->messages, "%s:%d: ", rd->conf->file, from);
	else if (from == FROM_ENVIRONMENT)
		buf_puts(rd->messages, "environment: ");
	else if (rd->conf->file[0] != '\0')
		buf_fmt(rd->messages, "%s: ", rd->conf->file);
}

static void
entry_refuse(struct conf_reader *rd, const struct conf_entry *e)
{
	rd->good = false;
	message_begin(rd, e->from);
	buf_fmt(rd->messages, "%s: must be ", e->option->name);
	conf_range(rd->messages, e->option);
	buf_byte(rd->messages, '\n');
}

static void
entry_set(struct conf_reader *rd, const struct conf_entry *e)
{
	rd->from[e->option - conf_options] = e->from;
	if (e->value.n > 0 && memchr(e->value.p, '\0', e->value.n) != NULL) {
		entry_refuse(rd, e);
		return;
	}
	if (!conf_value_parse(rd, e))
		entry_refuse(rd, e);
}

static bool
is_text(const struct conf_option *o)
{
	return o->kind != CONF_INT && o->kind != CONF_SWITCH && o->kind != CONF_RATE;
}

static void
read_defaults(struct conf_reader *rd)
{
	for (const struct conf_option *o = conf_options; o->name != NULL; o++) {
		struct conf_entry	 e = { o, str_of(o->def), FROM_DEFAULT };

		/* A string must not be NULL even if the default fails. */
		if (is_text(o))
			*(const char **)conf_value_at(rd->conf, o) = o->def;
		entry_set(rd, &e);
	}
}

/* Without white space at both ends, and so without the CR of a CRLF file. */
static struct str
trim_space(struct str s)
{
	while (s.n > 0 && isspace((unsigned char)s.p[0]))
		s = str_from(s, 1);
	while (s.n > 0 && isspace((unsigned char)s.p[s.n - 1]))
		s.n--;
	return s;
}

static const struct conf_option *
option_find(struct str name)
{
	for (const struct conf_option *o = conf_options; o->name != NULL; o++)
		if (str_is(name, o->name))
			return o;
	return NULL;
}

/* By its own name, or by an old one; `*old` says which. */
static const struct conf_option *
option_find_any(struct str name, bool *old)
{
	const struct conf_option	*o = option_find(name);

	*old = false;
	for (const struct conf_alias *a = conf_aliases; o == NULL && a->old != NULL; a++)
		if (str_is(name, a->old)) {
			*old = true;
			o = option_find(str_of(a->name));
		}
	return o;
}

static void
line_refuse(struct conf_reader *rd, int line, const char *what, struct str name)
{
	rd->good = false;
	message_begin(rd, line);
	buf_fmt(rd->messages, "%.*s%s\n", (int)(name.n > 64 ? 64 : name.n),
	    name.p == NULL ? "" : name.p, what);
}

static void
warn_old_name(struct conf_reader *rd, int from, struct str old,
    const struct conf_option *o)
{
	message_begin(rd, from);
	buf_fmt(rd->messages, "%.*s: the option is now called %s\n", STR_ARG(old), o->name);
}

static void
read_line(struct conf_reader *rd, struct str line, int number)
{
	struct str		 rest = trim_space(line), name;
	struct conf_entry	 e;
	bool			 old;

	if (rest.n == 0 || rest.p[0] == '#')
		return;
	name = trim_space(str_cut(&rest, '='));
	if (rest.p == NULL) {
		line_refuse(rd, number, "not \"key = value\"", STR(""));
		return;
	}
	e = (struct conf_entry){ option_find_any(name, &old), trim_space(rest), number };
	if (old)
		warn_old_name(rd, number, name, e.option);
	if (e.option == NULL)
		line_refuse(rd, number, ": no such option", name);
	else if (rd->from[e.option - conf_options] > 0)
		line_refuse(rd, number, ": given twice", name);
	else
		entry_set(rd, &e);
}

/* The whole file into memory; false with errno set. */
static bool
file_read(const char *path, struct str *text)
{
	int	 fd = open(path, O_RDONLY | O_CLOEXEC), saved;
	char	*p = fd == -1 ? NULL : arena_alloc(&conf_memory, MAX_FILE);
	ssize_t	 got = 0;
	size_t	 n = 0;

	if (p == NULL) {
		saved = fd == -1 ? errno : ENOMEM;
	} else {
		while (n < MAX_FILE && (got = read(fd, p + n, MAX_FILE - n)) > 0)
			n += (size_t)got;
		saved = n == MAX_FILE ? EFBIG : errno;
	}
	if (fd != -1)
		(void)close(fd);
	*text = (struct str){ p, n };
	errno = saved;
	return p != NULL && got == 0 && n < MAX_FILE;
}

static void
read_config_file(struct conf_reader *rd)
{
	struct str	 text;
	int		 number = 0;

	if (rd->conf->file[0] == '\0')
		return;
	if (!file_read(rd->conf->file, &text)) {
		rd->good = false;
		buf_fmt(rd->messages, "%s: cannot read: %s\n", rd->conf->file,
		    strerror(errno));
		return;
	}
	while (text.p != NULL)
		read_line(rd, str_cut(&text, '\n'), ++number);
}

/* The value of BRISK_NAME, or NULL. */
static const char *
environment_value(const char *option)
{
	char	 name[64];

	(void)snprintf(name, sizeof(name), "BRISK_%s", option);
	for (char *p = name; *p != '\0'; p++)
		*p = (char)toupper((unsigned char)*p);
	return getenv(name);
}

static void
environment_set(struct conf_reader *rd, const char *name, const struct conf_option *o)
{
	struct conf_entry	 e = { .option = o, .from = FROM_ENVIRONMENT };
	const char		*value = environment_value(name);

	if (value == NULL)
		return;
	if (strcmp(name, o->name) != 0)
		warn_old_name(rd, FROM_ENVIRONMENT, str_of(name), o);
	e.value = trim_space(str_of(value));
	entry_set(rd, &e);
}

static void
read_environment(struct conf_reader *rd)
{
	for (const struct conf_alias *a = conf_aliases; a->old != NULL; a++)
		environment_set(rd, a->old, option_find(str_of(a->name)));
	for (const struct conf_option *o = conf_options; o->name != NULL; o++)
		environment_set(rd, o->name, o);
}

/* An issuer and its keys are useless without each other. */
static void
check_provider(struct conf_reader *rd)
{
	const struct conf	*c = rd->conf;

	if ((c->oidc_issuer[0] == '\0') == (c->oidc_jwks[0] == '\0'))
		return;
	rd->good = false;
	message_begin(rd, FROM_DEFAULT);
	buf_puts(rd->messages, "oidc_issuer and oidc_jwks: set both or neither\n");
}

static void
derive_options(struct conf_reader *rd)
{
	struct conf	*c = rd->conf;
	size_t		 at = (size_t)(option_find(STR("secret")) - conf_options);

	c->base_path = strchr(strstr(c->base_url, "://") + 3, '/');
	if (c->base_path == NULL)
		c->base_path = "";
	if (c->token_issuer[0] == '\0')
		c->token_issuer = c->base_url;
	if (c->token_audience[0] == '\0')
		c->token_audience = c->base_url;
	if (c->oidc_audience[0] == '\0')
		c->oidc_audience = c->token_audience;
	check_provider(rd);
	if (c->secret[0] != '\0' || rd->from[at] != FROM_DEFAULT)
		return;
	rd->good = false;
	message_begin(rd, FROM_DEFAULT);
	buf_fmt(rd->messages, "secret: missing; set it to at least %d random bytes, "
	    "such as the output of `openssl rand -hex 32`\n", CONF_MIN_SECRET);
}

/* The folder of a path, without a trailing slash. */
static const char *
folder_of(const char *path)
{
	const char	*slash = strrchr(path, '/');
	size_t		 n = slash == NULL ? 0 : (size_t)(slash - path);

	return arena_copy(&conf_memory, (struct str){ path, n }).p;
}

void
conf_folder(char path[PATH_MAX])
{
	ssize_t	 n = readlink("/proc/self/exe", path, PATH_MAX - 1);
	char	*slash;

	path[n > 0 ? n : 0] = '\0';
	slash = strrchr(path, '/');
	if (slash != NULL)
		*slash = '\0';
	else
		(void)strcpy(path, ".");
}

static const char *const places[] = { "brisk.conf", ".htbrisk.conf",
	"../brisk.conf" };

/* The first file of `places` that exists, or ""; NULL: no memory. */
static const char *
find_beside(const char *folder)
{
	const char	*name;

	for (size_t i = 0; i < NELEMS(places); i++) {
		name = arena_fmt(&conf_memory, "%s/%s", folder, places[i]);
		if (name == NULL || access(name, F_OK) == 0)
			return name;
	}
	return "";
}

/* Set the file, and the folder that relative paths start from. */
static bool
find_file(struct conf_reader *rd)
{
	const char	*named = getenv("BRISK_CONF");
	char		 whole[PATH_MAX];

	rd->conf->file = "";
	conf_folder(whole);
	rd->folder = arena_copy(&conf_memory, str_of(whole)).p;
	if (rd->folder == NULL)
		return false;
	if (named == NULL || named[0] == '\0')
		named = find_beside(rd->folder);
	if (named == NULL)
		return false;
	if (named[0] != '\0') {
		if (realpath(named, whole) == NULL)
			(void)snprintf(whole, sizeof(whole), "%s", named);
		rd->conf->file = arena_copy(&conf_memory, str_of(whole)).p;
	}
	if (rd->conf->file != NULL && rd->conf->file[0] != '\0')
		rd->folder = folder_of(rd->conf->file);
	return rd->conf->file != NULL && rd->folder != NULL;
}

static bool
load_all(struct conf_reader *rd)
{
	rd->good = true;
	*rd->conf = (struct conf){ .file = "" };
	if (!memory_ready() || !find_file(rd)) {
		buf_puts(rd->messages, "not enough memory for the configuration\n");
		return false;
	}
	read_defaults(rd);
	read_config_file(rd);
	read_environment(rd);
	derive_options(rd);
	return rd->good;
}

bool
conf_load(struct conf *c, struct buf *messages)
{
	struct conf_reader	 rd = { .conf = c, .messages = messages };

	return load_all(&rd);
}

static bool
service_is_on(const struct conf *c, struct str service)
{
	struct str	 rest = str_of(c->services);

	if (str_is(service, "core"))
		return true;
	while (rest.p != NULL)
		if (str_eq(str_cut(&rest, ' '), service))
			return service.n > 0;
	return false;
}

bool
conf_service(const struct conf *c, const char *services)
{
	struct str	 rest = str_of(services);

	while (rest.p != NULL)
		if (!service_is_on(c, str_cut(&rest, '+')))
			return false;
	return true;
}

static void
put_value(struct buf *b, struct conf *c, const struct conf_option *o)
{
	const void		*v = conf_value_at(c, o);
	const struct conf_rate	*r = v;
	const char		*text;

	if (is_text(o)) {
		text = *(const char *const *)v;
		buf_puts(b, text[0] == '\0' ? "(empty)" :
		    o->kind == CONF_SECRET ? "***" : text);
	} else if (o->kind == CONF_INT) {
		buf_int(b, *(const int64_t *)v);
	} else if (o->kind == CONF_SWITCH) {
		buf_puts(b, *(const bool *)v ? "on" : "off");
	} else if (r->many == 0) {
		buf_puts(b, "off");
	} else {
		buf_fmt(b, "%lld/%lld", (long long)r->many, (long long)r->seconds);
	}
}

static void
put_origin(struct buf *b, const struct conf_reader *rd, int from)
{
	if (from > 0)
		buf_fmt(b, "%s:%d", rd->conf->file, from);
	else
		buf_puts(b, from == FROM_DEFAULT ? "default" : "environment");
}

bool
conf_show(struct buf *b)
{
	struct conf		 c;
	struct buf		 messages;
	struct conf_reader	 rd = { .conf = &c, .messages = &messages };
	bool			 good;

	buf_init(&messages, b->arena);
	good = load_all(&rd);
	for (size_t i = 0; c.services != NULL && conf_options[i].name != NULL; i++) {
		buf_fmt(b, "%-18s ", conf_options[i].name);
		put_value(b, &c, &conf_options[i]);
		buf_puts(b, "  [");
		put_origin(b, &rd, rd.from[i]);
		buf_fmt(b, "]\n    %s\n", conf_options[i].doc);
	}
	buf_str(b, buf_view(&messages));
	return good && buf_ok(b);
}
