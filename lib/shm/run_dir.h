#ifndef BRISK_RUN_DIR_H
#define BRISK_RUN_DIR_H
/*
 * run_dir - the files in the folder `run_dir`, which all programs of an
 * installation share.
 *
 * Programs of different builds run side by side while they are restarted one by
 * one, so names and layouts of these files are frozen; a layout that changes
 * gets a new version number (shm_file.h).
 */
#include <limits.h>

#include "base/base.h"

/* Shared by all programs. */
#define RUN_DIR_GENERATIONS	"gen"		/* cache/generation.h */
#define RUN_DIR_EXTERNAL	"watch"		/* cache/external.h */
#define RUN_DIR_FLIGHTS		"fill"		/* cache/flight.h */
#define RUN_DIR_LIMITS		"limits"	/* route/limit.h */
#define RUN_DIR_SCOREBOARD	"board"		/* shm/scoreboard.h */
#define RUN_DIR_CONNECTIONS	"budget"	/* seats for database connections */
#define RUN_DIR_HASHING		"hashing"	/* seats for password hashes */
#define RUN_DIR_OPENAPI		"openapi.json"	/* written by `brisk openapi --install` */

/* Of one program, NAME.SUFFIX. */
#define RUN_DIR_PIDFILE		"super"		/* shm/pidfile.h */
#define RUN_DIR_STOPPED		"stopped"	/* exists while an admin has it stopped */
#define RUN_DIR_PREVIOUS	"previous"	/* the program before the last update */
#define RUN_DIR_CAPTURE		"recent"	/* shm/capture.h */

/*
 * The path of a shared file.  False if it is longer than PATH_MAX: then `path` is
 * "", which open() refuses with ENOENT.
 */
bool	 run_dir_path(char path[PATH_MAX], const char *run_dir, const char *file);

/* The path of the file of one program. */
bool	 run_dir_program_path(char path[PATH_MAX], const char *run_dir,
	    const char *program, const char *suffix);

#endif
