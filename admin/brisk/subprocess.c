/* subprocess - a child process with pipes. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "subprocess.h"

/* In the child. */
static void
subprocess_exec(const char *file, const char *word, const int in[2], const int out[2],
    bool errors)
{
	char	*argv[] = { (char *)(uintptr_t)file, (char *)(uintptr_t)word, NULL };
	int	 null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null != -1 && dup2(in[0], 0) != -1 && dup2(out[1], 1) != -1 &&
	    dup2(errors ? out[1] : null, 2) != -1)
		(void)execv(file, argv);
	_exit(127);
}

bool
subprocess_start(struct subprocess *r, const char *file, const char *word, bool errors)
{
	int	 in[2] = { -1, -1 }, out[2] = { -1, -1 };

	*r = (struct subprocess){ -1, -1, -1 };
	(void)fflush(NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	if (pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0)
		r->pid = fork();
	if (r->pid == 0)
		subprocess_exec(file, word, in, out, errors);
	r->to = in[1];
	r->from = out[0];
	if (in[0] != -1)
		close(in[0]);
	if (out[1] != -1)
		close(out[1]);
	if (r->pid != -1)
		return true;
	(void)admin_error("cannot start %s: %s", file, strerror(errno));
	(void)subprocess_wait(r, 0);
	return false;
}

static bool
fd_wait(int fd, short events, int64_t until_us)
{
	struct pollfd	 p = { .fd = fd, .events = events };
	int64_t		 ms;

	do
		ms = (until_us - clock_mono_us()) / 1000;
	while (poll(&p, 1, ms < 0 ? 0 : (int)ms) == -1 && errno == EINTR);
	return p.revents != 0;
}

bool
subprocess_write(struct subprocess *r, struct str s, int64_t ms)
{
	int64_t	 until = clock_mono_us() + ms * 1000;
	ssize_t	 n;

	while (s.n > 0) {
		if (!fd_wait(r->to, POLLOUT, until))
			return false;
		if ((n = write(r->to, s.p, s.n)) <= 0)
			return false;
		s = str_from(s, (size_t)n);
	}
	return true;
}

bool
subprocess_read(struct subprocess *r, char *to, size_t n, int64_t ms)
{
	int64_t	 until = clock_mono_us() + ms * 1000;
	ssize_t	 got;

	for (; n > 0; to += got, n -= (size_t)got) {
		if (!fd_wait(r->from, POLLIN, until))
			return false;
		if ((got = read(r->from, to, n)) <= 0)
			return false;
	}
	return true;
}

bool
subprocess_drain(struct subprocess *r, char *to, size_t most, int64_t ms)
{
	int64_t	 until = clock_mono_us() + ms * 1000;
	char	 scrap[4096];
	size_t	 n = 0;
	ssize_t	 got;
	bool	 full;

	to[0] = '\0';
	while (fd_wait(r->from, POLLIN, until)) {
		full = n + 1 == most;
		got = full ? read(r->from, scrap, sizeof(scrap)) :
		    read(r->from, to + n, most - n - 1);
		if (got <= 0)
			return got == 0;
		n += full ? 0 : (size_t)got;
		to[n] = '\0';
	}
	return false;
}

int
subprocess_wait(struct subprocess *r, int64_t ms)
{
	int64_t	 until = clock_mono_us() + ms * 1000;
	int	 status = 0;

	if (r->to != -1)
		close(r->to);
	if (r->from != -1)
		close(r->from);
	r->to = r->from = -1;
	if (r->pid == -1)
		return 0;
	while (waitpid(r->pid, &status, WNOHANG) == 0) {
		if (clock_mono_us() >= until)
			(void)kill(r->pid, SIGKILL);
		(void)poll(NULL, 0, 2);
	}
	r->pid = -1;
	return status;
}
