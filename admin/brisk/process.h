#ifndef BRISK_PROCESS_H
#define BRISK_PROCESS_H
/*
 * process - the programs of an installation as they run: for the commands
 * that show them and those that start and end them.
 */
#include "admin.h"
#include "shm/scoreboard.h"
#include "shm/pidfile.h"

#define PROCESS_NAME	64

struct process {
	char		 name[PROCESS_NAME];
	bool		 known;		/* its pidfile was read */
	bool		 alive;		/* its supervisor is */
	struct pidfile	 pidfile;
};

/* Its options, read once; faults are told, but no obstacle. */
const struct conf *process_conf(void);
/* Folder of what runs. */
const char	*process_folder(void);

/* False: nothing is known of it, as it never ran here. */
bool		 process_read(const char *run_dir, const char *name,
		    struct process *) MUSTCHECK;
/* The web server starts its workers, nobody supervises them. */
bool		 process_plain(const struct process *);

/* All that ran here, by name; one without a name ends the list, which stays
 * until the next call. */
struct process	*process_all(const char *run_dir) MUSTCHECK;

/* Workers that live, of all programs or of one; their number. */
size_t		 process_workers(const char *run_dir,
		    struct scoreboard_worker workers[SCOREBOARD_SLOTS]);
size_t		 process_workers_of(const char *run_dir, const char *name,
		    struct scoreboard_worker workers[SCOREBOARD_SLOTS]);

/*
 * Send a signal to who is still the one that was looked at: through a pidfd,
 * opened before the lock that proves it alive is looked at again.
 */
bool		 process_signal(const char *run_dir, const struct process *, int sig)
		    MUSTCHECK;
bool		 process_signal_worker(const char *run_dir, const struct scoreboard_worker *,
		    int sig) MUSTCHECK;

#endif
