/* brisk new: write a handler and its test for a table, or create a project folder. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "new/new.h"
#include "crypto/scope.h"

#define STATEMENT_MS	60000

/* The default scopes admit administrators only, until the author chooses others. */
#define READ_SCOPE	"ops:read"
#define WRITE_SCOPE	"ops:admin"

bool
new_name_valid(const char *s)
{
	size_t	 n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return islower((unsigned char)s[0]) && s[n] == '\0' && n <= MAX_NAME;
}

static bool
is_path(const char *s)
{
	size_t	 n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_-./");

	return s[0] == '/' && s[n] == '\0' && n > 1 && n < 200 &&
	    s[n - 1] != '/' && strstr(s, "//") == NULL && strstr(s, "..") == NULL;
}

/* The singular of a regular plural: "categories" is "category". */
static const char *
one_of_many(const char *name)
{
	static const struct { struct str many; const char *one; } endings[] = {
		{ { "ies", 3 }, "y" }, { { "sses", 4 }, "ss" },
		{ { "ss", 2 }, NULL }, { { "us", 2 }, NULL }, { { "s", 1 }, "" },
	};
	struct str	 s = str_of(name);
	const char	*one = NULL;
	size_t		 i;

	for (i = 0; i < NELEMS(endings); i++)
		if (str_ends(s, endings[i].many))
			break;
	if (i < NELEMS(endings) && endings[i].one != NULL)
		one = arena_fmt(admin_arena(), "%.*s%s",
		    (int)(s.n - endings[i].many.n), s.p, endings[i].one);
	return one != NULL && new_name_valid(one) ? one : name;
}

static bool
scope_take(const char *flag, const char **scope)
{
	if (scope_exists(str_of(*scope)))
		return true;
	return admin_error_false("--%s %s: unknown scope", flag, *scope);
}

static bool
arguments_good(struct table *t)
{
	if (!new_name_valid(t->name))
		return admin_error_false("%s: a name must consist of a-z, 0-9 and _, and begin "
		    "with a letter", t->name);
	if (!new_name_valid(t->service))
		return admin_error_false("--service %s: must be a name of a-z, 0-9 and _",
		    t->service);
	t->one = one_of_many(t->name);
	if (t->path == NULL)
		t->path = arena_fmt(admin_arena(), "/v1/%s", t->name);
	if (t->path == NULL)
		return admin_error_false("no memory");
	if (!is_path(t->path))
		return admin_error_false("--path %s: must be a path like /v1/name", t->path);
	if (strcmp(t->read, "none") == 0)
		t->read = "SCOPE_NONE";
	else if (!scope_take("read", &t->read))
		return false;
	return scope_take("write", &t->write);
}

/* Create the folders above a file. */
static bool
folders_make(const char *path)
{
	for (const char *p = strchr(path + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
		const char	*folder = arena_fmt(admin_arena(), "%.*s",
				    (int)(p - path), path);

		if (folder == NULL ||
		    (mkdir(folder, 0777) != 0 && errno != EEXIST))
			return admin_error_false("%.*s: cannot create: %s", (int)(p - path),
			    path, strerror(errno));
	}
	return true;
}

bool
file_write(const char *path, struct str text, mode_t mode)
{
	int	 fd;
	bool	 good;

	if (!folders_make(path))
		return false;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd == -1)
		return admin_error_false("%s: %s", path, strerror(errno));
	good = write(fd, text.p, text.n) == (ssize_t)text.n;
	good = close(fd) == 0 && good;
	return good ? printf("%s\n", path) > 0 : admin_error_false("%s: cannot write: %s",
	    path, strerror(errno));
}

static bool
is_free(const char *path)
{
	return path != NULL && (access(path, F_OK) != 0 ||
	    admin_error_false("%s: already exists", path));
}

static bool
files_write(const struct table *t, const char *dir)
{
	const char	*handler = arena_fmt(admin_arena(), "%s/handlers/%s/%s.c",
			    dir, t->service, t->name);
	const char	*test = arena_fmt(admin_arena(), "%s/tests/system/%s.sh",
			    dir, t->name);
	struct buf	 code, script;

	buf_init(&code, admin_arena());
	buf_init(&script, admin_arena());
	new_print_handler(&code, t);
	new_print_test(&script, t);
	if (!buf_ok(&code) || !buf_ok(&script))
		return admin_error_false("no memory");
	if (!is_free(handler) || !is_free(test))
		return false;
	return file_write(handler, buf_view(&code), 0666) &&
	    file_write(test, buf_view(&script), 0777);
}

static int
perform(struct table *t, const struct db_login *account, const char *dir)
{
	const struct conf	*conf;
	struct db		*db;
	bool			 good;

	if (!arguments_good(t) || (conf = admin_conf()) == NULL)
		return 1;
	db = admin_db(conf, account, STATEMENT_MS);
	if (db == NULL)
		return 1;
	good = new_read_table(t, db);
	db_close(db);
	if (!good || !files_write(t, dir))
		return 1;
	(void)printf("Check the scopes for reading (%s) and writing (%s).\n",
	    t->read, t->write);
	return 0;
}

int
cmd_new(int argc, char **argv)
{
	static struct table	 t;
	struct db_login		 account = { NULL, NULL, NULL };
	const char		*dir = ".";
	bool			 folder = false;
	const struct flag	 flags[] = { { "from-table", &t.table, NULL },
		{ "service", &t.service, NULL }, { "path", &t.path, NULL },
		{ "read", &t.read, NULL }, { "write", &t.write, NULL },
		{ "dir", &dir, NULL }, { "folder", NULL, &folder }, LOGIN_FLAGS(account),
		{ NULL, NULL, NULL } };

	t.service = "shop";
	t.read = READ_SCOPE;
	t.write = WRITE_SCOPE;
	if (flags_parse(flags, argc, argv) != 1)
		return BRISK_USAGE;
	if (t.table == NULL)
		return folder || str_ends(str_of(argv[0]), STR("/")) ?
		    new_folder(argv[0]) : BRISK_USAGE;
	t.name = argv[0];
	return perform(&t, &account, dir);
}
