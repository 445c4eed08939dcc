#ifndef BRISK_LOOP_H
#define BRISK_LOOP_H
/*
 * loop - what the threads of a worker do: answer requests (fcgi/fcgi.h) or keep
 * answers open (live/live.h).
 */
#include <stdbool.h>

struct program;

struct program_loop {
	/* Start the threads on the socket of descriptor 0; false: none runs, logged. */
	bool	(*start)(struct program *);
	/*
	 * Stop accepting, and finish the requests under way; with `all`, also the
	 * connections that wait in the socket's queue.  False: some were not
	 * finished within `seconds`.
	 */
	bool	(*end)(unsigned seconds, bool all);
};

#endif
