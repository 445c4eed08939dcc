#ifndef BRISK_COMMAND_H
#define BRISK_COMMAND_H
/*
 * command - the commands of a program, by its first argument.
 *
 *	main.c		app_main(): what needs a process of its own
 *	command.c	what the declarations alone can answer
 *	check.c		statements against the database
 *	replay.c	requests from a file
 *
 * Each returns the exit status.
 */
#include "program/program.h"

/*
 * --check: prepare every statement against the database.  `report`: in a roll, the
 * descriptor for faults, which are logged, too; -1: report on stdout.
 */
int	 app_check(struct program *, int report);
/* --statements: print the same statements, one in a line. */
int	 app_statements(struct program *);
/* --replay: answer the requests on standard input. */
int	 app_replay(struct program *);
/* Print something of the app's declarations; an unknown command: 2. */
int	 app_command(const struct app *, const char *command);

#endif
