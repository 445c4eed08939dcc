/* conf - how a file and the environment fill the options. */
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

/* Never freed: the program lives by what is in it. */
struct arena	 conf_memory;

static bool
memory_ready(void)
{
	return conf_memory.first != NULL || arena_init(&conf_memory, MAX_MEMORY);
}

static void
tell_place(struct reading *rd, int from)
{
	rd->good = false;
	if (from > 0)
		buf_fmt(rd->told, "%s:%d: ", rd->conf->file, from);
	else if (from == FROM_ENVIRONMENT)
		buf_puts(rd->told, "environment: ");
	else if (rd->conf->file[0] != '\0')
		buf_fmt(rd->told, "%s: ", rd->conf->file);
}

static void
entry_refused(struct reading *rd, const struct entry *e)
{
	tell_place(rd, e->from);
	buf_fmt(rd->told, "%s: must be ", e->option->name);
	conf_range(rd->told, e->option);
	buf_byte(rd->told, '\n');
}

static void
entry_take(struct reading *rd, const struct entry *e)
{
	rd->from[e->option - conf_options] = e->from;
	if (e->value.n > 0 && memchr(e->value.p, '\0', e->value.n) != NULL) {
		entry_refused(rd, e);
		return;
	}
	if (!conf_value_take(rd, e))
		entry_refused(rd, e);
}

static bool
is_text(const struct conf_option *o)
{
	return o->kind != CONF_INT && o->kind != CONF_SWITCH && o->kind != CONF_RATE;
}

static void
take_defaults(struct reading *rd)
{
	for (const struct conf_option *o = conf_options; o->name != NULL; o++) {
		struct entry	 e = { o, str_of(o->def), FROM_DEFAULT };

		/* Whatever fails, a text is never NULL. */
		if (is_text(o))
			*(const char **)conf_value_at(rd->conf, o) = o->def;
		entry_take(rd, &e);
	}
}

/* Also of the carriage return that a file from elsewhere may end lines with. */
static struct str
trimmed(struct str s)
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

static void
line_refused(struct reading *rd, int line, const char *what, struct str name)
{
	tell_place(rd, line);
	buf_fmt(rd->told, "%.*s%s\n", (int)(name.n > 64 ? 64 : name.n),
	    name.p == NULL ? "" : name.p, what);
}

static void
take_line(struct reading *rd, struct str line, int number)
{
	struct str	 rest = trimmed(line), name;
	struct entry	 e;

	if (rest.n == 0 || rest.p[0] == '#')
		return;
	name = trimmed(str_cut(&rest, '='));
	if (rest.p == NULL) {
		line_refused(rd, number, "not \"key = value\"", STR(""));
		return;
	}
	e = (struct entry){ option_find(name), trimmed(rest), number };
	if (e.option == NULL)
		line_refused(rd, number, ": no such option", name);
	else if (rd->from[e.option - conf_options] > 0)
		line_refused(rd, number, ": given twice", name);
	else
		entry_take(rd, &e);
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
take_file(struct reading *rd)
{
	struct str	 text;
	int		 number = 0;

	if (rd->conf->file[0] == '\0')
		return;
	if (!file_read(rd->conf->file, &text)) {
		rd->good = false;
		buf_fmt(rd->told, "%s: cannot read: %s\n", rd->conf->file,
		    strerror(errno));
		return;
	}
	while (text.p != NULL)
		take_line(rd, str_cut(&text, '\n'), ++number);
}

static void
take_environment(struct reading *rd)
{
	for (const struct conf_option *o = conf_options; o->name != NULL; o++) {
		char		 name[64];
		struct entry	 e = { .option = o, .from = FROM_ENVIRONMENT };

		(void)snprintf(name, sizeof(name), "BRISK_%s", o->name);
		for (char *p = name; *p != '\0'; p++)
			*p = (char)toupper((unsigned char)*p);
		if (getenv(name) == NULL)
			continue;
		e.value = trimmed(str_of(getenv(name)));
		entry_take(rd, &e);
	}
}

/* What no single line can be blamed for. */
/* Keys without an issuer would be nobody's, and without keys none is known. */
static void
take_provider(struct reading *rd)
{
	const struct conf	*c = rd->conf;

	if ((c->oidc_issuer[0] == '\0') == (c->oidc_jwks[0] == '\0'))
		return;
	tell_place(rd, FROM_DEFAULT);
	buf_puts(rd->told, "oidc_issuer and oidc_jwks: either both or neither\n");
}

static void
take_rest(struct reading *rd)
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
	take_provider(rd);
	if (c->secret[0] != '\0' || rd->from[at] != FROM_DEFAULT)
		return;
	tell_place(rd, FROM_DEFAULT);
	buf_fmt(rd->told, "secret: missing; give at least %d random bytes, as "
	    "`openssl rand -hex 32` prints them\n", CONF_MIN_SECRET);
}

/* The folder of a path, without the slash at its end. */
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

/* The name of the first file there is, or ""; NULL without memory. */
static const char *
look_around(const char *folder)
{
	const char	*name;

	for (size_t i = 0; i < NELEMS(places); i++) {
		name = arena_fmt(&conf_memory, "%s/%s", folder, places[i]);
		if (name == NULL || access(name, F_OK) == 0)
			return name;
	}
	return "";
}

/* Find the file, and the folder that paths are relative to. */
static bool
find_file(struct reading *rd)
{
	const char	*named = getenv("BRISK_CONF");
	char		 whole[PATH_MAX];

	rd->conf->file = "";
	conf_folder(whole);
	rd->folder = arena_copy(&conf_memory, str_of(whole)).p;
	if (rd->folder == NULL)
		return false;
	if (named == NULL || named[0] == '\0')
		named = look_around(rd->folder);
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
read_all(struct reading *rd)
{
	rd->good = true;
	*rd->conf = (struct conf){ .file = "" };
	if (!memory_ready() || !find_file(rd)) {
		buf_puts(rd->told, "no memory for the configuration\n");
		return false;
	}
	take_defaults(rd);
	take_file(rd);
	take_environment(rd);
	take_rest(rd);
	return rd->good;
}

bool
conf_load(struct conf *c, struct buf *told)
{
	struct reading	 rd = { .conf = c, .told = told };

	return read_all(&rd);
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
put_origin(struct buf *b, const struct reading *rd, int from)
{
	if (from > 0)
		buf_fmt(b, "%s:%d", rd->conf->file, from);
	else
		buf_puts(b, from == FROM_DEFAULT ? "default" : "environment");
}

bool
conf_show(struct buf *b)
{
	struct conf	 c;
	struct buf	 told;
	struct reading	 rd = { .conf = &c, .told = &told };
	bool		 good;

	buf_init(&told, b->arena);
	good = read_all(&rd);
	for (size_t i = 0; c.services != NULL && conf_options[i].name != NULL; i++) {
		buf_fmt(b, "%-18s ", conf_options[i].name);
		put_value(b, &c, &conf_options[i]);
		buf_puts(b, "  [");
		put_origin(b, &rd, rd.from[i]);
		buf_fmt(b, "]\n    %s\n", conf_options[i].doc);
	}
	buf_str(b, buf_view(&told));
	return good && buf_ok(b);
}
