/* enabled - the programs of the services that are switched on. */
#include <stdio.h>
#include <unistd.h>
#include "admin.h"
#include "enabled.h"

#define PLACES		256

static bool
has_name(const char **names, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(name, names[i]))
			return true;
	return false;
}

/* Parse lines "SERVICE NAME PREFIX"; a name may occur several times. */
static void
take_names(const struct conf *conf, struct str text, const char **names)
{
	struct str	 line, name;
	const char	*service;
	size_t		 n = 0;

	while (text.p != NULL && n < PLACES) {
		line = str_cut(&text, '\n');
		service = arena_copy(admin_arena(), str_cut(&line, ' ')).p;
		name = str_cut(&line, ' ');
		if (name.n == 0 || service == NULL || !conf_service(conf, service) ||
		    has_name(names, n, name))
			continue;
		names[n] = arena_copy(admin_arena(), name).p;
		n += names[n] != NULL;
	}
}

const char **
enabled_names(void)
{
	const char		**names = arena_array(admin_arena(), const char *,
				    PLACES + 1);
	const char		*path = arena_fmt(admin_arena(), "%s/../share/mounts",
				    admin_folder());
	const struct conf	*conf = admin_conf();

	if (names == NULL)
		return NULL;
	memset(names, 0, (PLACES + 1) * sizeof(*names));
	if (path != NULL && conf != NULL && access(path, R_OK) == 0)
		take_names(conf, admin_read_file(path), names);
	return names;
}

bool
enabled_pidfile(const char *run_dir, const char *name, struct pidfile *c)
{
	int	 program, socket;

	*c = (struct pidfile){ .state = PIDFILE_ENDED };
	program = snprintf(c->program, sizeof(c->program), "%s/%s", admin_folder(), name);
	socket = snprintf(c->socket, sizeof(c->socket), "%s/%s.sock", run_dir, name);
	if (strchr(name, '/') != NULL || program >= (int)sizeof(c->program) ||
	    access(c->program, X_OK) != 0)
		return admin_error_false("%s: no such program here", name);
	return socket < (int)sizeof(c->socket) ||
	    admin_error_false("%s: run_dir is too long for a socket", name);
}
