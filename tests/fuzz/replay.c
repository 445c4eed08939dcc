/*
 * replay - the files of a target's seeds and past crashes through it, without
 * libFuzzer.  Each in a process of its own, so that one that falls is counted.
 *
 *	$B/replay/fuzz_NAME [FILE ...]		ROOT: where tests/ is
 */
#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"

#define MAX_FILE	((size_t)8 << 20)

static unsigned	 passed, failed;

/* What is read is exactly as long as it is, for the sanitizer to see. */
static int
feed(const char *path)
{
	FILE	*f = fopen(path, "re");
	char	*all = malloc(MAX_FILE), *exact = NULL;
	size_t	 n;

	if (f == NULL || all == NULL)
		return 2;
	n = fread(all, 1, MAX_FILE, f);
	fclose(f);
	if ((exact = malloc(n > 0 ? n : 1)) == NULL)
		return 2;
	memcpy(exact, all, n);
	free(all);
	LLVMFuzzerTestOneInput((const uint8_t *)exact, n);
	free(exact);
	return 0;
}

static void
replay(const char *path)
{
	int	 status = 0;
	pid_t	 pid;

	fflush(NULL);
	if ((pid = fork()) == 0)
		exit(feed(path));
	if (pid > 0 && waitpid(pid, &status, 0) == pid && status == 0) {
		passed++;
		return;
	}
	printf("FAIL: %s\n", path);
	failed++;
}

static void
replay_folder(const char *kind, const char *name)
{
	const char	*root = getenv("ROOT");
	char		 folder[4096], path[4400];
	struct dirent	*e;
	DIR		*d;

	snprintf(folder, sizeof(folder), "%s/tests/fuzz/%s/%s",
	    root == NULL ? "." : root, kind, name);
	if ((d = opendir(folder)) == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		if (e->d_name[0] != '.')
			replay(path);
	}
	closedir(d);
}

int
main(int argc, char **argv)
{
	const char	*slash = strrchr(argv[0], '/');
	const char	*name = slash == NULL ? argv[0] : slash + 1;

	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	if (argc == 1) {
		replay_folder("seeds", name + strlen("fuzz_"));
		replay_folder("crashes", name + strlen("fuzz_"));
	}
	printf("%s: %u passed, %u failed\n", name, passed, failed);
	return failed != 0 || passed == 0;
}
