#ifndef BRISK_PLACE_H
#define BRISK_PLACE_H
/*
 * place - what an installation has to run, where no web server starts it: each
 * program of the services that are switched on, by ../share/mounts beside the
 * folder of `brisk`, on RUN_DIR/NAME.sock.
 */
#include "shm/pidfile.h"

/* Their names; NULL-ended, empty when there is no such file. */
const char	**enabled_names(void) MUSTCHECK;

/* Its program and socket; false, and told: it is not installed here, or the
 * socket's path would be too long. */
bool		 enabled_pidfile(const char *run_dir, const char *name, struct pidfile *)
		    MUSTCHECK;

#endif
