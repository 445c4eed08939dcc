#ifndef BRISK_PROCESS_H
#define BRISK_PROCESS_H
/*
 * process - the running programs of an installation and their workers.
 */
#include "admin.h"
#include "shm/scoreboard.h"
#include "shm/pidfile.h"

#define PROCESS_NAME	64

struct process {
	char		 name[PROCESS_NAME];
	bool		 known;		/* it has a pidfile */
	bool		 alive;		/* its supervisor lives */
	struct pidfile	 pidfile;
};

/* The options, read once; errors are reported, and the defaults used. */
const struct conf *process_conf(void);
/* run_dir. */
const char	*process_folder(void);

/* Read the state of a program.  False: it never ran here. */
bool		 process_read(const char *run_dir, const char *name,
		    struct process *) MUSTCHECK;
/* Does the web server start its workers, without a supervisor? */
bool		 process_plain(const struct process *);

/* All programs that ran here, sorted by name; an empty name ends the array.  It is valid
 * until the next call. */
struct process	*process_all(const char *run_dir) MUSTCHECK;

/* The living workers, of all programs or of one; returns their number. */
size_t		 process_workers(const char *run_dir,
		    struct scoreboard_worker workers[SCOREBOARD_SLOTS]);
size_t		 process_workers_of(const char *run_dir, const char *name,
		    struct scoreboard_worker workers[SCOREBOARD_SLOTS]);

/*
 * Send a signal to the process that was read before.  The pidfd is opened before its
 * state is read again, so a process that reuses the pid is never signalled.  False: it
 * has ended.
 */
bool		 process_signal(const char *run_dir, const struct process *, int sig)
		    MUSTCHECK;
bool		 process_signal_worker(const char *run_dir, const struct scoreboard_worker *,
		    int sig) MUSTCHECK;

#endif
