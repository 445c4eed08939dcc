/* Commands that are scripts: brisk own, brisk stack, brisk mounts. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "admin.h"

/* The folder of bin/ and share/ that this program is part of. */
static const char *
root_folder(void)
{
	const char	*path = arena_fmt(admin_arena(), "%s/..", admin_folder());
	char		*whole = path == NULL ? NULL : realpath(path, NULL);

	path = whole == NULL ? NULL : arena_copy(admin_arena(), str_of(whole)).p;
	free(whole);
	return path;
}

static int
script_run(const char *script, const char *first, const char *second)
{
	const char	*path = admin_find(script);

	if (path == NULL)
		return 1;
	(void)fflush(stdout);
	(void)execl(path, path, first, second, (char *)NULL);
	return tell("%s: %s", path, strerror(errno));
}

int
cmd_own(int argc, char **argv)
{
	return argc != 1 ? BRISK_USAGE : script_run("admin/own.sh", argv[0], NULL);
}

int
cmd_mounts(int argc, char **argv)
{
	const char	*root = argc == 0 ? root_folder() : argv[0];

	if (argc > 1)
		return BRISK_USAGE;
	return root == NULL ? tell("no memory") :
	    script_run("admin/share.sh", root, NULL);
}

/* What it makes lies in this folder, its programs where this one is. */
int
cmd_stack(int argc, char **argv)
{
	const char	*root = root_folder();
	char		 here[PATH_MAX];
	const char	*var;

	if (argc != 1)
		return BRISK_USAGE;
	if (getcwd(here, sizeof(here)) == NULL || root == NULL)
		return tell("this folder can not be told: %s", strerror(errno));
	var = arena_fmt(admin_arena(), "%s/var", here);
	if (var == NULL || setenv("VAR", var, 0) != 0 || setenv("B", root, 0) != 0)
		return tell("no memory");
	return script_run("admin/stack.sh", argv[0], NULL);
}
