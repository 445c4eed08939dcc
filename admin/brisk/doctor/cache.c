/* doctor/cache - memcached: its answers, its access rights, its item size. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "cache/cache.h"
#include "doctor/doctor.h"
#include "triggers.h"

#define LARGE		(CACHE_MAX_VALUE - 1024)
#define TTL_SECONDS	60
#define TRIES		4
#define PAUSE_MS	50

/* Does a process listen on the socket? */
static bool
socket_listens(const char *path)
{
	struct sockaddr_un	 to = { .sun_family = AF_UNIX };
	int			 fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool			 taken;

	(void)snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	taken = fd != -1 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0;
	if (fd != -1)
		close(fd);
	return taken;
}

/* Store a value and read it back. */
static bool
cache_stores(struct cache *cache, struct str value)
{
	struct str	 got, key = STR("brisk doctor");

	cache_set(cache, admin_arena(), key, value, TTL_SECONDS);
	return cache_get(cache, admin_arena(), key, &got) && str_eq(got, value);
}

/* Retry with new connections, as memcached may be busy for a moment. */
static bool
cache_stores_retry(const struct conf *c, struct str value)
{
	struct cache	*cache;
	bool		 kept = false;

	for (int i = 0; i < TRIES && !kept; i++) {
		if (i > 0)
			(void)poll(NULL, 0, PAUSE_MS);
		cache = cache_open(c->cache_socket, c->cache_wait_ms,
		    str_of(c->secret));
		if (cache == NULL)
			exit(admin_error("no memory"));
		kept = cache_stores(cache, value);
		cache_close(cache);
	}
	return kept;
}

static void
check_answers(struct doctor *d, const char *place)
{
	char	*large = arena_zero(admin_arena(), 1, LARGE);

	if (large == NULL)
		exit(admin_error("no memory"));
	if (cache_stores_retry(&d->conf, STR("small"))) {
		if (!cache_stores_retry(&d->conf, (struct str){ large, LARGE }))
			doctor_note(d, "start memcached with -I 1m or more", "%s does not "
			    "store large responses (%zu bytes)", place, LARGE);
	} else if (strchr(place, '/') != NULL && socket_listens(place)) {
		doctor_wrong(d, "restart memcached: until then every response is computed "
		    "anew", "%s accepts connections but does not answer: memcached hangs, "
		    "or it is another server", place);
	} else {
		doctor_wrong(d, "start memcached, or leave cache_socket empty: until "
		    "then every response is computed anew", "memcached does not listen at "
		    "%s", place);
	}
}

static void
check_access(struct doctor *d, const char *place)
{
	struct stat	 st;

	if (strchr(place, '/') == NULL)
		doctor_note(d, "start memcached with -s PATH -a 0600, and set "
		    "cache_socket to that path", "every host that can connect to %s can "
		    "read the cache: only public responses are stored there", place);
	else if (stat(place, &st) == 0 && (st.st_mode & (S_IRWXG | S_IRWXO)))
		doctor_note(d, admin_fmt("start memcached with -a 0600, or chmod 600 "
		    "%s", place), "other accounts on this machine may read and change "
		    "the cache: %s has mode %03o", place, (unsigned)st.st_mode & 0777);
}

void
doctor_cache(struct doctor *d)
{
	const char	*place = d->conf.cache_socket;

	if (place[0] == '\0') {
		doctor_note(d, "start memcached on a unix socket and set cache_socket to "
		    "its path", "there is no memcached: each process caches by itself");
		return;
	}
	check_answers(d, place);
	check_access(d, place);
}

void
doctor_watch(struct doctor *d)
{
	const struct cached_table	*s = cached_tables(d->programs);
	struct db_rows		 rows;

	if (!triggers_read(d->db, &rows))
		return;		/* "migrations" reports it */
	for (; s != NULL; s = s->next)
		if (s->others && strcmp(s->table, s->tag) == 0 &&
		    !triggers_has(&rows, s->table))
			doctor_note(d, admin_fmt("brisk cache watch %s --user ACCOUNT (an "
			    "account with the right TRIGGER)", s->table),
			    "%s is written by other software and not watched: its changes are "
			    "visible after up to %d s", s->table, s->ttl);
}
