/* run_dir - the paths of files in the folder that all programs share. */
#include <stdio.h>

#include "shm/run_dir.h"

/* `n` is what snprintf() returned. */
static bool
path_fits(char path[PATH_MAX], int n)
{
	if (n > 0 && n < PATH_MAX)
		return true;
	path[0] = '\0';
	return false;
}

bool
run_dir_path(char path[PATH_MAX], const char *run_dir, const char *file)
{
	return path_fits(path, snprintf(path, PATH_MAX, "%s/%s", run_dir, file));
}

bool
run_dir_program_path(char path[PATH_MAX], const char *run_dir, const char *program,
    const char *suffix)
{
	return path_fits(path, snprintf(path, PATH_MAX, "%s/%s.%s", run_dir, program,
	    suffix));
}
