/* migrations - reading the migration files and their two parts. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "migrate/migrations.h"

#define MAX_VERSION	100	/* bytes of a version, of 128 in the table */

/* The text between the marks, without trailing comments, which the server would treat as
 * an empty statement. */
static const char *
part_text(struct str text)
{
	const char	*line;
	size_t		 n;

	for (;;) {
		while (text.n > 0 && isspace((unsigned char)text.p[text.n - 1]))
			text.n--;
		line = text.n == 0 ? NULL : memrchr(text.p, '\n', text.n);
		line = line == NULL ? text.p : line + 1;
		n = text.n - (size_t)(line - text.p);
		if (n < 2 || strncmp(line, "--", 2) != 0)
			break;
		text.n -= n;
	}
	return arena_copy(admin_arena(), text).p;
}

/* Is this line "-- migrate:WHICH", and what follows it? */
static bool
is_mark(struct str line, const char *which, bool *bare)
{
	struct str	 rest;

	if (!str_starts(line, STR("--")))
		return false;
	for (rest = str_from(line, 2); rest.n > 0 && *rest.p == ' ';)
		rest = str_from(rest, 1);
	if (!str_starts(rest, str_of(which)))
		return false;
	rest = str_from(rest, strlen(which));
	*bare = rest.n > 0 &&
	    memmem(rest.p, rest.n, "transaction:false", 17) != NULL;
	return rest.n == 0 || isspace((unsigned char)*rest.p);
}

static bool
is_idle(struct str line)
{
	while (line.n > 0 && isspace((unsigned char)*line.p))
		line = str_from(line, 1);
	return line.n == 0 || str_starts(line, STR("--"));
}

/* The two parts, found by the lines of the marks. */
struct marks {
	struct str	 up, down;	/* absent: no such part */
	bool		 up_bare, down_bare;
};

static const char *
marks_find(struct str text, struct marks *m)
{
	struct str	 rest = text, line;
	const char	*start;

	*m = (struct marks){ .up_bare = false };
	while (rest.p != NULL) {
		start = rest.p;
		line = str_cut(&rest, '\n');
		if (is_mark(line, "migrate:down", &m->down_bare)) {
			if (m->up.p == NULL || m->down.p != NULL)
				return "\"migrate:down\" must occur once, after "
				    "\"migrate:up\"";
			m->up.n = (size_t)(start - m->up.p);
			m->down = rest.p == NULL ? STR("") : rest;
		} else if (is_mark(line, "migrate:up", &m->up_bare)) {
			if (m->up.p != NULL)
				return "\"migrate:up\" must occur once";
			m->up = rest.p == NULL ? STR("") : rest;
		} else if (m->up.p == NULL && !is_idle(line)) {
			return "there is SQL before \"-- migrate:up\"";
		}
	}
	return m->up.p == NULL ? "there is no \"-- migrate:up\"" : NULL;
}

static bool
migration_parse(struct migration *m, struct str text)
{
	struct marks	 marks;
	const char	*wrong = memchr(text.p, '\0', text.n) != NULL ?
			    "contains a NUL byte" : marks_find(text, &marks);

	if (wrong != NULL)
		return admin_error_false("%s: %s", m->file, wrong);
	m->up = (struct migration_part){ part_text(marks.up), marks.up_bare };
	m->down = (struct migration_part){ part_text(marks.down.p == NULL ?
	    STR("") : marks.down), marks.down_bare };
	if (m->up.sql == NULL || m->down.sql == NULL)
		return admin_error_false("%s: no memory", m->file);
	if (m->up.sql[0] == '\0')
		return admin_error_false("%s: \"-- migrate:up\" has no statement", m->file);
	return crypto_sha256(text, m->sum);
}

struct migration *
migrations_add(struct migrations *ms)
{
	struct migration	*v;

	if (ms->n < ms->cap)
		return &ms->v[ms->n++];
	v = arena_array(admin_arena(), struct migration, ms->cap * 2 + 32);
	if (v == NULL) {
		(void)admin_error("no memory for the migrations");
		return NULL;
	}
	if (ms->n > 0)
		memcpy(v, ms->v, ms->n * sizeof(*v));
	ms->cap = ms->cap * 2 + 32;
	ms->v = v;
	return &ms->v[ms->n++];
}

static bool
file_read(struct migrations *ms, const char *dir, const char *service,
    const char *name)
{
	struct migration *m = migrations_add(ms);
	int		 digits = (int)strspn(name, "0123456789");
	struct str	 text;

	if (m == NULL)
		return false;
	m->service = arena_copy(admin_arena(), str_of(service)).p;
	m->file = arena_fmt(admin_arena(), "%s/%s", service, name);
	m->version = arena_fmt(admin_arena(), "%s/%.*s", service, digits, name);
	m->at = m->message = "";
	if (m->service == NULL || m->file == NULL || m->version == NULL)
		return admin_error_false("no memory for the migrations");
	if (strlen(m->version) > MAX_VERSION)
		return admin_error_false("%s: too many digits", m->file);
	if (ms->n > 1 && strcmp(m->version, ms->v[ms->n - 2].version) == 0)
		return admin_error_false("%s: the same number as %s", m->file,
		    ms->v[ms->n - 2].file);
	text = admin_read_file(arena_fmt(admin_arena(), "%s/%s", dir, m->file));
	return text.p != NULL && migration_parse(m, text);
}

/* Ignore other files, such as a README or sample data. */
static int
is_sql(const struct dirent *d)
{
	return isdigit((unsigned char)d->d_name[0]) &&
	    str_ends(str_of(d->d_name), STR(".sql"));
}

static int
is_folder(const struct dirent *d)
{
	return d->d_name[0] != '.' &&
	    (d->d_type == DT_DIR || d->d_type == DT_LNK || d->d_type == DT_UNKNOWN);
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
core_first(const struct dirent **a, const struct dirent **b)
{
	bool	 ca = strcmp((*a)->d_name, "core") == 0;
	bool	 cb = strcmp((*b)->d_name, "core") == 0;

	return ca != cb ? (int)cb - (int)ca : by_name(a, b);
}

static bool
folder_read(struct migrations *ms, const char *dir, const char *service)
{
	const char	*path = arena_fmt(admin_arena(), "%s/%s", dir, service);
	struct dirent	**names;
	int		 n = path == NULL ? -1 : scandir(path, &names, is_sql, by_name);
	bool		 good = true;

	if (n == -1)
		return admin_error_false("%s/%s: cannot read: %s", dir, service,
		    strerror(errno));
	for (int i = 0; i < n; i++) {
		good = good && file_read(ms, dir, service, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return good;
}

/* Files of services that are switched off are read, too: they can be reverted. */
bool
migrations_read(struct migrations *ms, const char *dir, const struct conf *c)
{
	struct dirent	**names;
	int		 n = scandir(dir, &names, is_folder, core_first);
	bool		 good = true;

	if (n == -1)
		return admin_error_false("%s: cannot read: %s", dir, strerror(errno));
	for (int i = 0; i < n; i++) {
		good = good && folder_read(ms, dir, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	for (size_t i = 0; i < ms->n; i++)
		ms->v[i].on = conf_service(c, ms->v[i].service);
	if (good && ms->n == 0)
		return admin_error_false("%s: contains no migration", dir);
	return good;
}
