/*
 * load: GET one path over some connections for some time, and count exactly:
 * every request that was begun is finished and told as what it became.
 *
 *	load PORT PATH CONNECTIONS SECONDS
 *
 * prints "begun" with the first answer, and at the end, or when SIGTERM asks for
 * it, "ANSWERS OK OTHER BROKEN SLOWEST_MS": answers; those of them that are 2xx
 * and those that are not; connections that broke before an answer.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST	256

struct client {
	pthread_t	 thread;
	int		 fd;
	unsigned long	 ok, other, broken, slowest;
};

static int		 port;
static const char	*path;
static double		 until;
static atomic_flag	 begun = ATOMIC_FLAG_INIT;
static volatile sig_atomic_t enough;

static void
stop(int sig)
{
	(void)sig;
	enough = 1;
}

static double
now(void)
{
	struct timespec	 t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
dial(void)
{
	struct sockaddr_in	 a = { .sin_family = AF_INET,
				    .sin_port = htons((uint16_t)port),
				    .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct timeval		 limit = { 30, 0 };
	int			 fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* How much is to come after the head; -1: the head is not whole yet. */
static long
body_left(const char *head, size_t have)
{
	const char	*end = strstr(head, "\r\n\r\n"), *length;

	if (end == NULL)
		return -1;
	length = strcasestr(head, "\r\ncontent-length:");
	return (length == NULL || length > end ? 0 : atol(length + 17)) -
	    (long)(have - (size_t)(end + 4 - head));
}

/* The status; 0: the connection broke. */
static int
exchange(int fd, bool *closes)
{
	char	 b[65536];
	size_t	 have = 0;
	long	 left = -1;
	int	 status = 0;
	ssize_t	 n;

	n = snprintf(b, sizeof(b), "GET %s HTTP/1.1\r\nHost: load\r\n\r\n", path);
	if (send(fd, b, (size_t)n, MSG_NOSIGNAL) != n)
		return 0;
	while (left != 0) {
		if (have == sizeof(b) - 1 || left > 0)
			have = 0;	/* of a body nothing is kept */
		if ((n = recv(fd, b + have, sizeof(b) - 1 - have, 0)) <= 0)
			return 0;
		if (left > 0) {
			left -= n;
			continue;
		}
		have += (size_t)n;
		b[have] = '\0';
		if ((left = body_left(b, have)) < 0)
			continue;
		status = atoi(b + 9);
		*closes = strcasestr(b, "\r\nconnection: close") != NULL;
	}
	return status;
}

static void
count(struct client *c, int status, double took)
{
	if (status != 0 && !atomic_flag_test_and_set(&begun)) {
		puts("begun");
		fflush(stdout);
	}
	if (status == 0)
		c->broken++;
	else if (status / 100 == 2)
		c->ok++;
	else
		c->other++;
	if ((unsigned long)(took * 1000) > c->slowest)
		c->slowest = (unsigned long)(took * 1000);
}

static void *
work(void *arg)
{
	struct client	*c = arg;
	bool		 closes = false;
	double		 began;
	int		 status;

	while (!enough && (began = now()) < until) {
		if (c->fd == -1 && (c->fd = dial()) == -1) {
			c->broken++;
			usleep(10000);
			continue;
		}
		status = exchange(c->fd, &closes);
		count(c, status, now() - began);
		if (status == 0 || closes) {
			close(c->fd);
			c->fd = -1;
		}
	}
	return NULL;
}

int
main(int argc, char **argv)
{
	static struct client	 all[MOST];
	struct client		 sum = { .ok = 0 };
	int			 n = argc == 5 ? atoi(argv[3]) : 0;

	if (n < 1 || n > MOST)
		return 2;
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = stop,
	    .sa_flags = SA_RESTART }, NULL);
	port = atoi(argv[1]);
	path = argv[2];
	until = now() + atof(argv[4]);
	for (int i = 0; i < n; i++) {
		all[i].fd = -1;
		if (pthread_create(&all[i].thread, NULL, work, &all[i]) != 0)
			return 2;
	}
	for (int i = 0; i < n; i++) {
		pthread_join(all[i].thread, NULL);
		sum.ok += all[i].ok;
		sum.other += all[i].other;
		sum.broken += all[i].broken;
		if (all[i].slowest > sum.slowest)
			sum.slowest = all[i].slowest;
	}
	printf("%lu %lu %lu %lu %lu\n", sum.ok + sum.other, sum.ok, sum.other,
	    sum.broken, sum.slowest);
	return 0;
}
