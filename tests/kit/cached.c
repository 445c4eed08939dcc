/* cached - the memcached of the installation, ended, stopped, started, spoken to. */
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "cached.h"
#include "test.h"

void
nap(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

bool
option(const char *name, const char *value)
{
	char	 edit[256], command[512];

	if (value != NULL)
		snprintf(edit, sizeof(edit), "s/^%s =/#was# &/; $a%s = %s", name, name, value);
	else
		snprintf(edit, sizeof(edit), "/^%s =/d; s/^#was# %s/%s/", name, name, name);
	snprintf(command, sizeof(command), "sed -i '%s' \"$VAR/brisk.conf\" && "
	    "BRISK_CONF=\"$VAR/brisk.conf\" \"$B/bin/brisk\" restart --all >/dev/null", edit);
	return system(command) == 0;
}

pid_t
memcached_pid(void)
{
	char	 path[512];
	FILE	*f;
	int	 pid = 0;

	snprintf(path, sizeof(path), "%s/cache.pid", getenv("VAR"));
	if ((f = fopen(path, "r")) == NULL)
		return 0;
	if (fscanf(f, "%d", &pid) != 1)
		pid = 0;
	(void)fclose(f);
	return pid;
}

void
memcached_signal(int sig)
{
	pid_t	 pid = memcached_pid();

	CHECK("memcached is there", pid > 1 && kill(pid, sig) == 0);
	for (int i = 0; sig == SIGKILL && i < 200 && kill(pid, 0) == 0; i++)
		nap(10);
}

void
memcached_start(void)
{
	int	 status = system("socket=$(readlink -f \"$TEST_CACHE_SOCKET\"); "
	    "rm -f \"$socket\"; user=; [ \"$(id -u)\" != 0 ] || user='-u root'; "
	    "BRISK_STACK=$(cd \"$VAR\" && pwd -P) setsid memcached $user -s \"$socket\" "
	    "-a 0600 -m 64 -c 1024 -t 2 -I 1m </dev/null >>\"$VAR/log/cache.log\" 2>&1 & "
	    "echo $! >\"$VAR/cache.pid\"");

	CHECK_INT("memcached starts", status, 0);
	for (int i = 0; i < 200 && access(getenv("TEST_CACHE_SOCKET"), F_OK) != 0; i++)
		nap(10);
}

int
memcached_connect(void)
{
	struct sockaddr_un	 to = { .sun_family = AF_UNIX };
	struct timeval		 limit = { 2, 0 };
	int			 fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", getenv("TEST_CACHE_SOCKET"));
	CHECK("memcached takes calls", fd != -1 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0 &&
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0);
	return fd;
}

size_t
memcached_ask(int fd, const char *text, size_t n, const char *ends, char *out,
    size_t most)
{
	size_t	 got = 0;
	ssize_t	 more;

	if (write(fd, text, n) != (ssize_t)n)
		return 0;
	while (got + 1 < most && (more = read(fd, out + got, most - 1 - got)) > 0) {
		got += (size_t)more;
		if (got >= strlen(ends) &&
		    memcmp(out + got - strlen(ends), ends, strlen(ends)) == 0)
			break;
	}
	out[got] = '\0';
	return got;
}
