/* admin - shared by the commands of `brisk`. */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "admin.h"
#include "cache/generation.h"
#include "base/log.h"
#include "cache/store.h"
#include "shm/run_dir.h"

#define MAX_MEMORY	((size_t)256 << 20)
#define STATEMENT_MS	10000
#define MAX_FILE	((size_t)16 << 20)

static void error_print(const char *, va_list) PRINTF(1, 0);

static void
error_print(const char *fmt, va_list ap)
{
	(void)fflush(stdout);
	(void)fputs("brisk: ", stderr);
	(void)vfprintf(stderr, fmt, ap);
	(void)fputc('\n', stderr);
}

int
admin_error(const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	error_print(fmt, ap);
	va_end(ap);
	return 1;
}

bool
admin_error_false(const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	error_print(fmt, ap);
	va_end(ap);
	return false;
}

static const struct flag *
flag_find(const struct flag *f, struct str name)
{
	for (; f->name != NULL; f++)
		if (str_is(name, f->name))
			return f;
	return NULL;
}

/* Parse the flag at argv[0].  Returns how many arguments it has, 0 if it is invalid. */
static int
flag_parse(const struct flag *flags, int argc, char **argv)
{
	const char	*equals = strchr(argv[0], '=');
	struct str	 name = str_of(argv[0] + 2);
	const struct flag *f;

	if (equals != NULL)
		name.n = (size_t)(equals - name.p);
	f = flag_find(flags, name);
	if (f == NULL || (f->on != NULL && equals != NULL)) {
		(void)admin_error("%s: unknown flag", argv[0]);
		return 0;
	}
	if (f->on != NULL) {
		*f->on = true;
		return 1;
	}
	if (equals == NULL && argc < 2) {
		(void)admin_error("%s: needs a value", argv[0]);
		return 0;
	}
	*f->value = equals != NULL ? equals + 1 : argv[1];
	return equals != NULL ? 1 : 2;
}

int
flags_parse(const struct flag *flags, int argc, char **argv)
{
	int	 kept = 0, took;

	for (int i = 0; i < argc; i += took) {
		took = 1;
		if (strncmp(argv[i], "--", 2) != 0)
			argv[kept++] = argv[i];
		else if ((took = flag_parse(flags, argc - i, argv + i)) == 0)
			return -1;
	}
	return kept;
}

bool
number_parse(const char *what, const char *text, int64_t max, int64_t *out)
{
	char	*end;

	errno = 0;
	*out = strtoll(text, &end, 10);
	if (errno == 0 && *text >= '0' && *text <= '9' && *end == '\0' &&
	    *out >= 1 && *out <= max)
		return true;
	return admin_error_false("%s: must be an integer from 1 to %lld, not \"%s\"", what,
	    (long long)max, text);
}

struct arena *
admin_arena(void)
{
	static struct arena	 arena;

	if (arena.first == NULL && !arena_init(&arena, MAX_MEMORY))
		exit(admin_error("no memory"));
	return &arena;
}

const char *
admin_vfmt(const char *fmt, va_list ap)
{
	char		 text[4096];
	struct str	 copy;

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	copy = arena_copy(admin_arena(), str_of(text));
	if (copy.p == NULL)
		exit(admin_error("no memory"));
	return copy.p;
}

const char *
admin_run_path(const char *run_dir, const char *file)
{
	char	 path[PATH_MAX];

	(void)run_dir_path(path, run_dir, file);
	return admin_fmt("%s", path);
}

const char *
admin_fmt(const char *fmt, ...)
{
	va_list		 ap;
	const char	*text;

	va_start(ap, fmt);
	text = admin_vfmt(fmt, ap);
	va_end(ap);
	return text;
}

const struct conf *
admin_conf(void)
{
	static struct conf	 conf;
	struct buf		 errors;
	bool			 good;

	buf_init(&errors, admin_arena());
	good = conf_load(&conf, &errors);
	(void)fprintf(stderr, "%.*s", STR_ARG(buf_view(&errors)));
	return good ? &conf : NULL;
}

const char *
admin_folder(void)
{
	static char	 path[PATH_MAX];

	conf_folder(path);
	return path;
}

const char *
admin_root(void)
{
	const char	*path = arena_fmt(admin_arena(), "%s/..", admin_folder());
	char		*whole = path == NULL ? NULL : realpath(path, NULL);

	path = whole == NULL ? NULL : arena_copy(admin_arena(), str_of(whole)).p;
	free(whole);
	return path;
}

const char *
admin_path(const char *part)
{
	static const char *const over[] = { "..", "../..", "../../.." };

	for (size_t i = 0; i < NELEMS(over); i++) {
		const char	*path = arena_fmt(admin_arena(), "%s/%s/%s",
				    admin_folder(), over[i], part);

		if (path != NULL && access(path, F_OK) == 0)
			return path;
	}
	(void)admin_error("%s: not found in the folders above this program", part);
	return NULL;
}

struct str
admin_read_file(const char *path)
{
	FILE	*f = fopen(path, "re");
	char	*p = NULL;
	long	 n = 0;
	bool	 good = false;

	errno = f == NULL ? errno : EFBIG;
	if (f != NULL && fseek(f, 0, SEEK_END) == 0 && (n = ftell(f)) >= 0 &&
	    (size_t)n < MAX_FILE && fseek(f, 0, SEEK_SET) == 0)
		p = arena_alloc(admin_arena(), (size_t)n + 1);
	if (p != NULL) {
		good = fread(p, 1, (size_t)n, f) == (size_t)n;
		p[n] = '\0';
	}
	if (!good)
		(void)admin_error("%s: cannot read: %s", path, strerror(errno));
	if (f != NULL)
		(void)fclose(f);
	return good ? (struct str){ p, (size_t)n } : (struct str){ NULL, 0 };
}

/* The first line of a file. */
static const char *
password_read(const char *path)
{
	struct str	 text = admin_read_file(path);

	return text.p == NULL ? NULL :
	    arena_copy(admin_arena(), str_cut(&text, '\n')).p;
}

struct db *
admin_db(const struct conf *c, const struct db_login *a, int64_t statement_ms)
{
	static struct db_conf	 dc;
	struct db		*db;

	/* The commands report failures themselves. */
	log_init("brisk", 0);
	dc = (struct db_conf){ .host = c->database_host,
		.port = c->database_port, .user = c->database_user,
		.password = c->database_password, .name = c->database_name,
		.statement_ms = statement_ms };
	if (dc.host[0] == '\0')
		dc.socket = c->database_socket;
	if (a->socket != NULL) {
		dc.socket = a->socket;
	}
	if (a->user != NULL) {
		dc.user = a->user;
		dc.password = "";
	}
	if (a->password_file != NULL)
		dc.password = password_read(a->password_file);
	if (dc.password == NULL || !db_library_init())
		return NULL;
	db = db_open(&dc);
	if (db == NULL)
		(void)admin_error("no memory");
	return db;
}

bool
admin_store(const struct conf *c, struct store *st)
{
	static const struct db_login	 own;
	const char			*path = admin_run_path(c->run_dir,
					    RUN_DIR_GENERATIONS);

	*st = (struct store){ .arena = admin_arena(),
	    .db = admin_db(c, &own, STATEMENT_MS) };
	if (access(c->run_dir, F_OK) == 0)
		st->generations = generation_open(path);
	return st->db != NULL;
}

void
admin_store_close(struct store *st)
{
	generation_close(st->generations);
	db_close(st->db);
}
