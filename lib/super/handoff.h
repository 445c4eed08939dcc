#ifndef BRISK_HANDOFF_H
#define BRISK_HANDOFF_H
/*
 * handoff - the state that a supervisor passes to its children, and to the image
 * that replaces it.
 *
 * It is a file in memory, passed by its descriptor, whose number is the argument
 * of the command.  The layout is fixed, because the next image may be another
 * build: a build that does not know it refuses the roll.
 */
#include <stdint.h>
#include <sys/types.h>

#include "base/base.h"

#define MAX_CHILDREN	128

enum child_kind { CHILD_WORKER, CHILD_FALLBACK, CHILD_CHECK };

struct child {
	int32_t		 pid, kind;
	int32_t		 pipe;		/* from the child; -1: closed */
	uint32_t	 generation;	/* of the image that started this child */
	uint8_t		 ready;
	uint8_t		 old;		/* retire it when others are ready */
	uint8_t		 pad[6];
	int64_t		 born;		/* super_now() */
	int64_t		 kill_at;	/* SIGKILL then; 0: it is not ending */
};

struct handoff {
	char		 magic[8];
	uint32_t	 size;
	int32_t		 super;			/* pid of the supervisor */
	int32_t		 ready;			/* the child's end of its pipe */
	int32_t		 lock;			/* the pid file; -1: none */
	int32_t		 web;			/* pidfd of the web server; -1: none */
	int32_t		 parent;		/* pid of the web server; 0: not followed */
	uint64_t	 dev, ino;		/* of the socket's path; 0: it has no path */
	char		 socket[112];
	char		 program[1024];		/* path of the program's file */
	uint32_t	 generation;		/* number of this image */
	uint32_t	 rolls, refused;	/* how many so far */
	uint32_t	 wanted;		/* workers */
	int64_t		 since_ms;		/* clock_now_ms() at the first start */
	uint32_t	 again;			/* a SIGHUP came during a roll */
	uint32_t	 n;
	struct child	 child[MAX_CHILDREN];
};

/* A descriptor, which stays open over exec; -1: logged. */
int	 handoff_pack(const struct handoff *) MUSTCHECK;
/* `fd`: the number as text.  Closes it.  False: not a handoff of this layout. */
bool	 handoff_unpack(const char *fd, struct handoff *) MUSTCHECK;
/*
 * Execute the file of descriptor `program` with this command.  Returns only on
 * failure.  Safe after fork() in a process with threads.
 */
void	 handoff_exec(int program, const char *path, const char *command, int packed);

#endif
