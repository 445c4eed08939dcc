/* Commands that are scripts: brisk own, brisk mounts, brisk web. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "admin.h"

static int
script_run(const char *script, const char *first, const char *second)
{
	const char	*path = admin_path(script);

	if (path == NULL)
		return 1;
	(void)fflush(stdout);
	(void)execl(path, path, first, second, (char *)NULL);
	return admin_error("%s: %s", path, strerror(errno));
}

int
cmd_own(int argc, char **argv)
{
	return argc != 1 ? BRISK_USAGE : script_run("admin/share/own.sh", argv[0], NULL);
}

int
cmd_mounts(int argc, char **argv)
{
	const char	*root = argc == 0 ? admin_root() : argv[0];

	if (argc > 1)
		return BRISK_USAGE;
	return root == NULL ? admin_error("no memory") :
	    script_run("admin/share/describe.sh", root, NULL);
}

int
cmd_web(int argc, char **argv)
{
	const struct conf	*c = admin_conf();
	const char		*root = admin_root();

	if (argc < 1 || argc > 2 || (argc == 2 && strcmp(argv[0], "--proxy") != 0))
		return BRISK_USAGE;
	if (c == NULL || root == NULL)
		return 1;
	if (c->file[0] == '\0')
		return admin_error("there is no brisk.conf: `brisk init` creates it");
	if (setenv("BRISK_CONF", c->file, 1) != 0 || setenv("B", root, 0) != 0)
		return admin_error("no memory");
	return script_run("admin/share/web.sh", argv[0], argc == 2 ? argv[1] : NULL);
}
