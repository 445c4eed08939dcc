/* brisk new FOLDER/: create a project folder for endpoints outside this tree. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "new/new.h"

/* Files of admin/share/template and where they go; % is the name. */
static const struct {
	const char	*part, *path;
	mode_t		 mode;
} files[] = {
	{ "Makefile", "Makefile", 0666 },
	{ "handler.c", "handlers/%/%.c", 0666 },
	{ "table.sql", "migrations/%/0001_%.sql", 0666 },
	{ "test.sh", "tests/system/%.sh", 0777 },
	{ "gitignore", ".gitignore", 0666 },
};

struct word {
	const char	*mark, *text;
};

/* Replace each mark of a template by its text. */
static void
put_filled(struct buf *b, struct str s, const struct word *words)
{
	for (size_t i = 0; i < s.n; i++) {
		const struct word	*w = words;

		while (w->mark != NULL && !str_starts(str_from(s, i), str_of(w->mark)))
			w++;
		if (w->mark == NULL) {
			buf_byte(b, s.p[i]);
			continue;
		}
		buf_puts(b, w->text);
		i += strlen(w->mark) - 1;
	}
}

static const char *
filled(struct str s, const struct word *words)
{
	struct buf	 b;

	buf_init(&b, admin_arena());
	put_filled(&b, s, words);
	return buf_ok(&b) ? arena_copy(admin_arena(), buf_view(&b)).p : NULL;
}

/* A path without trailing slashes. */
static const char *
folder_of(const char *path)
{
	size_t		 n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	return arena_copy(admin_arena(), (struct str){ path, n }).p;
}

static const char *
name_of(const char *folder)
{
	const char	*slash = strrchr(folder, '/');

	return slash == NULL ? folder : slash + 1;
}

/* A unique name for the schema: "old_notes" becomes OldNotesRow. */
static const char *
schema_of(const char *name)
{
	struct buf	 b;
	bool		 first = true;

	buf_init(&b, admin_arena());
	for (; *name != '\0'; name++) {
		if (*name != '_')
			buf_byte(&b, first ? (char)toupper((unsigned char)*name) : *name);
		first = *name == '_';
	}
	buf_puts(&b, "Row");
	return buf_ok(&b) ? arena_copy(admin_arena(), buf_view(&b)).p : NULL;
}

/* The PREFIX of this installation, whose programs are in PREFIX/lib/brisk/bin. */
static const char *
prefix(void)
{
	const char	*path = arena_fmt(admin_arena(), "%s/../../..", admin_folder());
	char		*whole = path == NULL ? NULL : realpath(path, NULL);
	const char	*pc = whole == NULL ? NULL :
			    arena_fmt(admin_arena(), "%s/lib/pkgconfig/brisk.pc", whole);

	if (pc == NULL || access(pc, R_OK) != 0) {
		free(whole);
		(void)admin_error("a project folder needs an installed Brisk, and this one is "
		    "not:\nrun `make install PREFIX=/usr/local`, then use the brisk in "
		    "PREFIX/bin");
		return NULL;
	}
	path = arena_copy(admin_arena(), str_of(whole)).p;
	free(whole);
	return path;
}

static bool
part_write(size_t i, const char *folder, const struct word *words)
{
	const struct word	 name[] = { { "%", words[0].text }, { NULL, NULL } };
	const char		*from = arena_fmt(admin_arena(), "admin/share/template/%s",
				    files[i].part);
	const char		*to = filled(str_of(files[i].path), name);
	struct buf		 text;

	from = from == NULL ? NULL : admin_path(from);
	to = to == NULL ? NULL : arena_fmt(admin_arena(), "%s/%s", folder, to);
	if (from == NULL || to == NULL)
		return false;
	buf_init(&text, admin_arena());
	put_filled(&text, admin_read_file(from), words);
	return buf_ok(&text) && file_write(to, buf_view(&text), files[i].mode);
}

int
new_folder(const char *path)
{
	const char	*folder = folder_of(path);
	struct word	 words[] = { { "@NAME@", NULL }, { "@PREFIX@", NULL },
			    { "@Schema@", NULL }, { NULL, NULL } };

	if (folder == NULL)
		return admin_error("no memory");
	words[0].text = name_of(folder);
	if (!new_name_valid(words[0].text))
		return admin_error("\"%s\": the name of the folder becomes the name of the "
		    "program, the path and the table:\nit must consist of a-z, 0-9 and _, and "
		    "begin with a letter", words[0].text);
	words[1].text = prefix();
	words[2].text = schema_of(words[0].text);
	if (words[1].text == NULL || words[2].text == NULL)
		return 1;
	for (size_t i = 0; i < NELEMS(files); i++)
		if (!part_write(i, folder, words))
			return 1;
	(void)printf("test it with `make -C %s test`; serve /v1/%s with `make -C %s run`\n",
	    folder, words[0].text, folder);
	return 0;
}
