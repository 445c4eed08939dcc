/*
 * live_owner - which program answers a path, and where it listens.
 *
 * The first is what the build wrote of all programs (share/mounts); the second
 * stands on the card of its supervisor, whoever chose the socket's name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "shm/pidfile.h"
#include "base/clock.h"
#include "live/private.h"
#include "base/log.h"

#define MOUNTS		256
#define NOBODYS		"docs"	/* answers what no program has mounted */
#define LOOK_MS		1000

struct mount {
	char		*prefix;
	struct upstream	*owner;
};

static struct mount	 mounts[MOUNTS];
static struct upstream	 owners[MOUNTS];
static size_t		 nmounts, nowners;

static struct upstream *
owner_named(const char *name)
{
	for (size_t i = 0; i < nowners; i++)
		if (strcmp(owners[i].name, name) == 0)
			return &owners[i];
	(void)snprintf(owners[nowners].name, sizeof(owners[0].name), "%s", name);
	owners[nowners].looked_ms = -LOOK_MS;
	return &owners[nowners++];
}

/* Over the folder of this program, or in it where that is the web's. */
static FILE *
open_mounts(void)
{
	static const char *const	 places[] = { "../share", ".htshare" };
	char				 folder[PATH_MAX], path[PATH_MAX + 32];
	FILE				*f = NULL;

	conf_folder(folder);
	for (size_t i = 0; f == NULL && i < NELEMS(places); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s/mounts", folder, places[i]);
		f = fopen(path, "re");
	}
	return f;
}

bool
upstream_open_all(const struct conf *cf)
{
	FILE	*f = open_mounts();
	char	 line[1024], service[256], name[64], prefix[512];

	if (f == NULL) {
		log_event(LOG_ERROR, "live", "there is no list of programs beside "
		    "this one (../share/mounts)");
		return false;
	}
	(void)owner_named(NOBODYS);
	while (nmounts < MOUNTS && nowners < MOUNTS &&
	    fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%255s %63s %511s", service, name, prefix) != 3 ||
		    prefix[0] != '/' || !conf_service(cf, service) ||
		    (mounts[nmounts].prefix = strdup(prefix)) == NULL)
			continue;
		mounts[nmounts++].owner = owner_named(name);
	}
	(void)fclose(f);
	return true;
}

void
upstream_close_all(void)
{
	while (nmounts > 0)
		free(mounts[--nmounts].prefix);
	nowners = 0;
}

/* By whole segments, as they are when decoded. */
static bool
is_below(const struct req *rq, const char *prefix)
{
	struct str	 rest = str_of(prefix + 1), piece;
	size_t		 i = 0;

	for (; rest.p != NULL; i++) {
		piece = str_cut(&rest, '/');
		if (i >= rq->target.segments || !str_eq(piece, rq->target.segment[i]))
			return false;
	}
	return true;
}

/* A path that can not be any route's has nobody's refusal. */
struct upstream *
upstream_of(struct req *rq)
{
	if (route_parse_path(rq))
		for (size_t i = 0; i < nmounts; i++)
			if (is_below(rq, mounts[i].prefix))
				return mounts[i].owner;
	return owner_named(NOBODYS);
}

const char *
upstream_socket(const struct conf *cf, struct upstream *o)
{
	struct pidfile	 c;
	int64_t		 now = clock_mono_us() / 1000;
	int		 fd;

	if (now - o->looked_ms < LOOK_MS)
		return o->socket;
	o->looked_ms = now;
	o->socket[0] = '\0';
	if ((fd = pidfile_open_readonly(cf->run_dir, o->name)) == -1)
		return o->socket;
	if (pidfile_read(fd, &c))
		memcpy(o->socket, c.socket, sizeof(o->socket));
	o->socket[sizeof(o->socket) - 1] = '\0';
	close(fd);
	return o->socket;
}

void
upstream_lost(struct upstream *o)
{
	o->looked_ms = -LOOK_MS;
}
