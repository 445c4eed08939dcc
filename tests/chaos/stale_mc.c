/*
 * stale_mc - a neighbour in memcached: it sees all entries, keeps copies, and
 * puts them back, elsewhere, cut short, or something else in their place.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "stale.h"

#define MAX_ENTRIES	400
#define MAX_KEY	251
#define MAX_TALK	((size_t)4 << 20)

struct mc_entries {
	struct {
		char	 key[MAX_KEY];
		char	*value;
		size_t	 n;
	}	 one[MAX_ENTRIES];
	size_t	 n;
};

static int
dial(void)
{
	struct sockaddr_un	 a = { .sun_family = AF_UNIX };
	struct timeval		 wait = { 2, 0 };
	int			 fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/cache.sock", getenv("VAR"));
	if (fd == -1 || connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
		if (fd != -1)
			close(fd);
		return -1;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	return fd;
}

/* Say it, and read until `end` stands at the end; bytes read. */
static size_t
talk(int fd, const char *say, size_t n, const char *end, char *to, size_t size)
{
	size_t	 got = 0, tail = strlen(end);
	ssize_t	 r = 1;

	if (send(fd, say, n, MSG_NOSIGNAL) != (ssize_t)n)
		return 0;
	while (r > 0 && got < size - 1) {
		if ((r = recv(fd, to + got, size - 1 - got, 0)) > 0)
			got += (size_t)r;
		if (got >= tail && memcmp(to + got - tail, end, tail) == 0)
			break;
	}
	to[got] = '\0';
	return got;
}

/* VALUE key flags bytes\r\n ... \r\nEND\r\n */
static void
fetch(int fd, struct mc_entries *e, char *buf)
{
	char		 line[MAX_KEY + 16];
	size_t		 n = strlen(e->one[e->n].key), got, bytes;
	const char	*at;

	n = (size_t)snprintf(line, sizeof(line), "get %s\r\n", e->one[e->n].key);
	got = talk(fd, line, n, "END\r\n", buf, MAX_TALK);
	if (sscanf(buf, "VALUE %*s %*u %zu", &bytes) != 1 ||
	    (at = memchr(buf, '\n', got)) == NULL ||
	    bytes > got - (size_t)(at + 1 - buf) ||
	    (e->one[e->n].value = malloc(bytes + 1)) == NULL)
		return;
	memcpy(e->one[e->n].value, at + 1, bytes);
	e->one[e->n++].n = bytes;
}

struct mc_entries *
mc_save(void)
{
	struct mc_entries	*e = calloc(1, sizeof(*e));
	char			*list = malloc(MAX_TALK), *buf = malloc(MAX_TALK);
	const char		*p;
	int			 fd = dial();

	if (e == NULL || list == NULL || buf == NULL)
		exit(2);
	if (fd != -1)
		talk(fd, "lru_crawler metadump all\r\n", 26, "END\r\n", list, MAX_TALK);
	else
		list[0] = '\0';
	for (p = list; (p = strstr(p, "key=")) != NULL && e->n < MAX_ENTRIES; p++)
		if (sscanf(p, "key=%250s", e->one[e->n].key) == 1)
			fetch(fd, e, buf);
	if (fd != -1)
		close(fd);
	free(list);
	free(buf);
	return e;
}

size_t
mc_count(const struct mc_entries *e)
{
	return e->n;
}

void
mc_forget(struct mc_entries *e)
{
	for (size_t i = 0; i < e->n; i++)
		free(e->one[i].value);
	free(e);
}

static bool
put(int fd, const char *key, const char *value, size_t n)
{
	char	*all_of_it = malloc(n + MAX_KEY + 64), said[64];
	size_t	 head;
	bool	 ok;

	if (all_of_it == NULL)
		exit(2);
	head = (size_t)sprintf(all_of_it, "set %s 0 60 %zu\r\n", key, n);
	memcpy(all_of_it + head, value, n);
	memcpy(all_of_it + head + n, "\r\n", 2);
	ok = talk(fd, all_of_it, head + n + 2, "\r\n", said, sizeof(said)) > 0 &&
	    strcmp(said, "STORED\r\n") == 0;
	free(all_of_it);
	return ok;
}

static bool
put_one(int fd, const struct mc_entries *e, size_t i, enum tamper how)
{
	size_t	 other = (i + 1) % e->n;
	char	 rubbish[512];

	switch (how) {
	case MC_BACK:
		return put(fd, e->one[i].key, e->one[i].value, e->one[i].n);
	case MC_SWAP:
		return put(fd, e->one[i].key, e->one[other].value, e->one[other].n);
	case MC_SHORT:
		return put(fd, e->one[i].key, e->one[i].value, e->one[i].n / 2);
	case MC_EMPTY:
		return put(fd, e->one[i].key, "", 0);
	case MC_RUBBISH:
	case MC_TAMPERS:
		break;
	}
	for (size_t k = 0; k < sizeof(rubbish); k++)
		rubbish[k] = (char)rand();
	return put(fd, e->one[i].key, rubbish, (size_t)rand() % sizeof(rubbish));
}

size_t
mc_put(const struct mc_entries *e, enum tamper how)
{
	int	 fd = e->n == 0 ? -1 : dial();
	size_t	 n = 0;

	for (size_t i = 0; fd != -1 && i < e->n; i++)
		n += put_one(fd, e, i, how);
	if (fd != -1)
		close(fd);
	return n;
}
