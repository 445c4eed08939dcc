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
 * get what they need as one `struct hand` in memory that is passed by its
 * descriptor, as the argument of their word.
 */
#include <sys/types.h>
#include "program/program.h"
#include "shm/card.h"

#define LISTEN_FD	0
#define MAX_CHILDREN	128
#define KILL_MS		2000	/* after the bound that a worker has itself */
#define REFUSED		78	/* a worker's exit: not with this configuration */

/* What a worker says on its pipe; --check tells its faults there, in words. */
#define SAY_READY	'R'
#define SAY_OLD		'O'	/* over its memory, age or requests: replace me */

enum child_kind { WORKER, SORRY, CHECK };

struct child {
	int32_t		 pid, kind, pipe;	/* pipe: -1 when it was closed */
	uint32_t	 generation;
	uint8_t		 ready, old;		/* old: ends when others are ready */
	uint8_t		 pad[6];
	int64_t		 born, kill_at;		/* super_now(); kill_at 0: not ending */
};

/* Of fixed layout: the next image may be another build. */
struct hand {
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
	struct hand		 h;
	struct card		 card;		/* as last written */
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
void	 own_path(char *path, size_t size);
void	 super_begin(struct super *, char **argv);

/* super_hand.c */
int	 hand_pack(const struct hand *) MUSTCHECK;	/* a descriptor, or -1 */
bool	 hand_unpack(const char *fd, struct hand *) MUSTCHECK;
/* `program` is a descriptor of the file; comes back only on failure. */
void	 hand_exec(int program, const char *path, const char *word, int packed);

/* super_socket.c */
void	 socket_note(struct hand *);
void	 socket_unlink(const struct hand *);
bool	 socket_lost(const struct hand *);

/* super_child.c */
bool	 child_start(struct super *, enum child_kind, int program,
	    uint32_t generation);
void	 child_retire(struct super *, struct child *);
void	 child_kill(struct child *);
void	 child_hear(struct super *, struct child *);
void	 child_forget(struct super *, size_t i);
bool	 child_fresh(const struct super *, const struct child *);
size_t	 children_fresh(const struct super *);
size_t	 children_ready(const struct super *, uint32_t generation);
size_t	 children_of(const struct super *, enum child_kind);

/* super_roll.c */
void	 roll_begin(struct super *);
void	 roll_refuse(struct super *, const char *why);
/* A child of the roll ended by itself. */
void	 roll_ended(struct super *, const struct child *, int status);
void	 roll_step(struct super *);

#endif
