#ifndef BRISK_SUPER_PRIVATE_H
#define BRISK_SUPER_PRIVATE_H
/*
 * super_private - what the parts of the supervisor share.
 *
 *	super.c		its turns: who ended, who spoke, what is due, who is missing
 *	super_begin.c	how it comes to be
 *	super_child.c	one child from its start to its end
 *	super_roll.c	a new program file in place of the old
 *	super_hand.c	what one process hands to the next over exec
 *	super_socket.c	the listening socket and its path
 *	super_worker.c	the first thread of a worker
 *
 * It is small and has one thread; it never opens the database.  All signals
 * are blocked and read from a descriptor.  A child and an image that follows
 * get what they need as one `struct handoff` in memory that is passed by its
 * descriptor, as the argument of their word.
 */
#include <sys/types.h>
#include "program/program.h"
#include "shm/pidfile.h"

#define LISTEN_FD	0
#define MAX_CHILDREN	128
#define KILL_MS		2000	/* after the bound that a worker has itself */
#define REFUSED		78	/* a worker's exit: not with this configuration */

/* What a worker says on its pipe; --check tells its faults there, in words. */
#define SAY_READY	'R'
#define SAY_OLD		'O'	/* over its memory, age or requests: replace me */

enum child_kind { WORKER, CHILD_FALLBACK, CHECK };

struct child {
	int32_t		 pid, kind, pipe;	/* pipe: -1 when it was closed */
	uint32_t	 generation;
	uint8_t		 ready, old;		/* old: ends when others are ready */
	uint8_t		 pad[6];
	int64_t		 born, kill_at;		/* super_now(); kill_at 0: not ending */
};

/* Of fixed layout: the next image may be another build. */
struct handoff {
	char		 magic[8];
	uint32_t	 size;
	int32_t		 super;			/* pid */
	int32_t		 ready;			/* a worker's end of its pipe, */
	int32_t		 lock, web;		/* or -1; web: a pidfd of the web server */
	int32_t		 parent;		/* pid of the web server, or 0 */
	uint64_t	 dev, ino;		/* of the socket's path; 0: none */
	char		 socket[112];
	char		 program[1024];		/* path, as it was at the start */
	uint32_t	 generation, rolls, refused, wanted;
	int64_t		 since_ms;
	uint32_t	 again;			/* one more HUP came */
	uint32_t	 n;
	struct child	 child[MAX_CHILDREN];
};

enum roll { ROLL_NONE, ROLL_CHECKING, ROLL_STARTING };

struct super {
	const struct app	*app;
	const struct conf	*conf;
	bool			 good;		/* the configuration is */
	struct handoff		 h;
	struct pidfile		 card;		/* as last written */
	char			 why[200];	/* the last refusal */
	char			 told[200];	/* by --check: its first fault */
	int			 exe;		/* the file it runs from, */
	int			 next;		/* and the one it rolls to */
	int			 signals;
	bool			 locked, stopped, ending;
	enum roll		 roll;
	int64_t			 roll_until, respawn_at, tick_at;
	int64_t			 waiting_since, calm_since, lost_since;
	unsigned		 fails;
};

int64_t	 super_now(void);		/* clock_mono_us(), in milliseconds */

/* super_begin.c */
/* Path of the program's file, also when another lies there by now. */
void	 super_own_path(char *path, size_t size);
void	 super_begin(struct super *, char **argv);

/* super_hand.c */
int	 handoff_pack(const struct handoff *) MUSTCHECK;	/* a descriptor, or -1 */
bool	 handoff_unpack(const char *fd, struct handoff *) MUSTCHECK;
/* `program` is a descriptor of the file; comes back only on failure. */
void	 handoff_exec(int program, const char *path, const char *word, int packed);

/* super_socket.c */
void	 super_socket_remember(struct handoff *);
void	 super_socket_unlink(const struct handoff *);
bool	 super_socket_is_lost(const struct handoff *);

/* super_child.c */
bool	 child_start(struct super *, enum child_kind, int program,
	    uint32_t generation);
void	 child_retire(struct super *, struct child *);
void	 child_kill(struct child *);
void	 child_hear(struct super *, struct child *);
void	 child_forget(struct super *, size_t i);
bool	 child_fresh(const struct super *, const struct child *);
size_t	 child_count_fresh(const struct super *);
size_t	 child_count_ready(const struct super *, uint32_t generation);
size_t	 child_count(const struct super *, enum child_kind);

/* super_roll.c */
void	 super_roll_begin(struct super *);
void	 super_roll_refuse(struct super *, const char *why);
/* A child of the roll ended by itself. */
void	 super_roll_ended(struct super *, const struct child *, int status);
void	 super_roll_step(struct super *);

#endif
