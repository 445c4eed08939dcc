#ifndef BRISK_PROCESS_H
#define BRISK_PROCESS_H
/*
 * process - the programs of an installation as they run: for the commands
 * that show them and those that start and end them.
 */
#include "admin.h"
#include "board.h"
#include "card.h"

#define PROCESS_NAME	64

struct process {
	char		 name[PROCESS_NAME];
	bool		 known;		/* there is a card of it */
	bool		 alive;		/* its supervisor is */
	struct card	 card;
};

/* Folder of what runs; faults of the configuration are told, but no obstacle. */
const char	*process_folder(void);

/* False: nothing is known of it (mod_fcgid's have no card). */
bool		 process_look(const char *run_dir, const char *name,
		    struct process *) MUSTCHECK;

/* Programs that have or had a supervisor, by name; one without a name ends the
 * list, which stays until the next call. */
struct process	*process_all(const char *run_dir) MUSTCHECK;

/* Workers that live, of all programs; their number. */
size_t		 process_workers(const char *run_dir,
		    struct board_worker workers[BOARD_SLOTS]);

#endif
