/* installed - the programs of the installation. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "installed.h"

#define PROGRAMS	256
#define RUN_MS		20000
#define PRINTED		((size_t)1 << 20)

/* --- the list --------------------------------------------------------------- */

/* Lines "SERVICE NAME PREFIX". */
static struct str
list_read(void)
{
	const char	*path = admin_path("share/mounts");

	return path == NULL ? (struct str){ NULL, 0 } : admin_read_file(path);
}

static bool
list_has(const struct installed *all, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].name, name) == 0)
			return true;
	return false;
}

struct installed *
installed_all(const struct conf *c)
{
	struct installed	*all = arena_array(admin_arena(), struct installed, PROGRAMS + 1);
	struct str	 rest = list_read(), line, service, name;
	size_t		 n = 0;

	if (all == NULL)
		exit(admin_error("no memory"));
	while (rest.n > 0 && n < PROGRAMS) {
		line = str_cut(&rest, '\n');
		service = str_cut(&line, ' ');
		name = str_cut(&line, ' ');
		all[n].service = admin_fmt("%.*s", STR_ARG(service));
		all[n].name = admin_fmt("%.*s", STR_ARG(name));
		if (name.n == 0 || list_has(all, n, all[n].name))
			continue;
		all[n].path = admin_fmt("%s/%s", admin_folder(), all[n].name);
		all[n].on = conf_service(c, all[n].service);
		all[n].runs = access(all[n].path, X_OK) == 0;
		n++;
	}
	all[n] = (struct installed){ .name = "" };
	return all;
}

/* --- running a program ------------------------------------------------------- */

static void
child_exec(const char *path, const char *word, int out)
{
	int	 in = open("/dev/null", O_RDONLY);

	if (in == -1 || dup2(in, 0) == -1 || dup2(out, 1) == -1 || dup2(out, 2) == -1)
		_exit(126);
	execl(path, path, word, (char *)NULL);
	dprintf(2, "%s\n", strerror(errno));
	_exit(127);
}

/* Read its output to the end.  False: it took too long or printed too much. */
static bool
output_read(int fd, struct buf *b)
{
	int64_t		 until = clock_mono_us() + RUN_MS * 1000;
	struct pollfd	 p = { .fd = fd, .events = POLLIN };
	char		 some[4096];
	int64_t		 left;
	ssize_t		 n;

	while ((left = until - clock_mono_us()) > 0) {
		if (poll(&p, 1, (int)(left / 1000) + 1) <= 0)
			continue;
		if ((n = read(fd, some, sizeof(some))) <= 0)
			return true;
		if (b->n + (size_t)n > PRINTED)
			return false;
		buf_put(b, some, (size_t)n);
	}
	return false;
}

int
installed_query(const struct installed *p, const char *word, struct str *out)
{
	struct buf	 b;
	int		 ends[2], status;
	pid_t		 pid;

	buf_init(&b, admin_arena());
	*out = STR("");
	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	if ((pid = fork()) == 0)
		child_exec(p->path, word, ends[1]);
	close(ends[1]);
	if (pid > 0 && !output_read(ends[0], &b))
		(void)kill(pid, SIGKILL);
	close(ends[0]);
	if (buf_ok(&b) && b.n > 0)
		*out = buf_view(&b);
	if (pid == -1 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
