#ifndef BRISK_PLACE_H
#define BRISK_PLACE_H
/*
 * enabled - the programs that an installation must run if no web server starts them:
 * those of the services that are switched on, according to ../share/mounts, each on the
 * socket RUN_DIR/NAME.sock.
 */
#include "shm/pidfile.h"

/* The names, ended by NULL; empty if there is no share/mounts.  NULL: no memory. */
const char	**enabled_names(void) MUSTCHECK;

/* Set program and socket of a pidfile.  False, reported: the program is not installed
 * here, or the path of the socket is too long. */
bool		 enabled_pidfile(const char *run_dir, const char *name, struct pidfile *)
		    MUSTCHECK;

#endif
