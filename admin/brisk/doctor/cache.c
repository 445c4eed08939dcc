/* doctor_cache - memcached: does it answer, to whom, and what does it keep? */
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

/* Does anybody listen there? */
static bool
is_taken(const char *path)
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

/* What was put there a moment ago. */
static bool
keeps(struct cache *cache, struct str value)
{
	struct str	 got, key = STR("brisk doctor");

	cache_set(cache, admin_arena(), key, value, TTL_SECONDS);
	return cache_get(cache, admin_arena(), key, &got) && str_eq(got, value);
}

/* A moment's load is no fault: each try is a new connection. */
static bool
keeps_at_last(const struct conf *c, struct str value)
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
		kept = keeps(cache, value);
		cache_close(cache);
	}
	return kept;
}

static void
look_at_answers(struct doctor *d, const char *place)
{
	char	*large = arena_zero(admin_arena(), 1, LARGE);

	if (large == NULL)
		exit(admin_error("no memory"));
	if (keeps_at_last(&d->conf, STR("small"))) {
		if (!keeps_at_last(&d->conf, (struct str){ large, LARGE }))
			doctor_note(d, "start memcached with -I 1m or more", "%s does not "
			    "keep large answers (%zu bytes)", place, LARGE);
	} else if (strchr(place, '/') != NULL && is_taken(place)) {
		doctor_wrong(d, "start memcached again: until then every answer is made "
		    "anew", "%s takes calls and does not answer: hung, or no memcached",
		    place);
	} else {
		doctor_wrong(d, "start memcached, or leave cache_socket empty: until "
		    "then every answer is made anew", "nobody answers at %s", place);
	}
}

static void
look_at_neighbours(struct doctor *d, const char *place)
{
	struct stat	 st;

	if (strchr(place, '/') == NULL)
		doctor_note(d, "start memcached with -s PATH -a 0600, and name that "
		    "path in cache_socket", "whoever reaches %s reads what is cached: "
		    "only what everybody may see is put there", place);
	else if (stat(place, &st) == 0 && (st.st_mode & (S_IRWXG | S_IRWXO)))
		doctor_note(d, admin_fmt("start memcached with -a 0600, or chmod 600 "
		    "%s", place), "others on this machine may read and change what is "
		    "cached: %s has mode %03o", place, (unsigned)st.st_mode & 0777);
}

void
doctor_cache(struct doctor *d)
{
	const char	*place = d->conf.cache_socket;

	if (place[0] == '\0') {
		doctor_note(d, "start memcached on a unix socket and name it in "
		    "cache_socket", "there is no memcached: each process caches for "
		    "itself");
		return;
	}
	look_at_answers(d, place);
	look_at_neighbours(d, place);
}

void
doctor_watch(struct doctor *d)
{
	const struct shown	*s = cached_tables(d->programs);
	struct db_rows		 rows;

	if (!triggers_read(d->db, &rows))
		return;		/* "migrations" says why */
	for (; s != NULL; s = s->next)
		if (s->others && strcmp(s->table, s->tag) == 0 &&
		    !triggers_has(&rows, s->table))
			doctor_note(d, admin_fmt("brisk cache watch %s --user ACCOUNT (one "
			    "that may make triggers)", s->table),
			    "%s is written by others and not watched: what they change is "
			    "shown after up to %d s", s->table, s->ttl);
}
