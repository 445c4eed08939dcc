/* upstream - the programs that own the paths, and their sockets. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "live/upstream.h"
#include "shm/pidfile.h"

#define MOUNTS		256
#define DEFAULT_UPSTREAM "docs"	/* answers 404 for paths that no program owns */
#define CHECK_MS	1000	/* between two reads of a pid file */

struct mount {
	char		*prefix;
	struct upstream	*upstream;
};

static struct mount	 mounts[MOUNTS];
static struct upstream	 upstreams[MOUNTS];
static size_t		 nmounts, nupstreams;

static struct upstream *
upstream_named(const char *name)
{
	for (size_t i = 0; i < nupstreams; i++)
		if (strcmp(upstreams[i].name, name) == 0)
			return &upstreams[i];
	(void)snprintf(upstreams[nupstreams].name, sizeof(upstreams[0].name), "%s", name);
	upstreams[nupstreams].checked_ms = -CHECK_MS;
	return &upstreams[nupstreams++];
}

/* Beside the folder of this program; in a folder of the web server, below it. */
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
		log_event(LOG_ERROR, "live", "cannot open the list of mounts "
		    "(../share/mounts)");
		return false;
	}
	(void)upstream_named(DEFAULT_UPSTREAM);
	while (nmounts < MOUNTS && nupstreams < MOUNTS &&
	    fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%255s %63s %511s", service, name, prefix) != 3 ||
		    prefix[0] != '/' || !conf_service(cf, service) ||
		    (mounts[nmounts].prefix = strdup(prefix)) == NULL)
			continue;
		mounts[nmounts++].upstream = upstream_named(name);
	}
	(void)fclose(f);
	return true;
}

void
upstream_close_all(void)
{
	while (nmounts > 0)
		free(mounts[--nmounts].prefix);
	nupstreams = 0;
}

/* Is the path below `prefix`?  Compares whole, decoded segments. */
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

struct upstream *
upstream_of(struct req *rq)
{
	if (route_parse_path(rq))
		for (size_t i = 0; i < nmounts; i++)
			if (is_below(rq, mounts[i].prefix))
				return mounts[i].upstream;
	return upstream_named(DEFAULT_UPSTREAM);
}

const char *
upstream_socket(const struct conf *cf, struct upstream *o)
{
	struct pidfile	 c;
	int64_t		 now = clock_mono_us() / 1000;
	int		 fd;

	if (now - o->checked_ms < CHECK_MS)
		return o->socket;
	o->checked_ms = now;
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
	o->checked_ms = -CHECK_MS;
}
