#ifndef BRISK_SUPER_STATE_H
#define BRISK_SUPER_STATE_H
/* state - what the parts of the supervisor work on. */
#include "program/program.h"
#include "shm/pidfile.h"
#include "super/handoff.h"

#define LISTEN_FD	0
#define KILL_MS		2000	/* beyond drain_seconds, which a worker keeps itself */
#define EXIT_REFUSED	78	/* a worker that cannot serve with this configuration */

/* What a worker writes to its pipe; --check writes its faults there, as text. */
#define SAY_READY	'R'
#define SAY_OLD		'O'	/* over its memory, age or requests: replace it */

enum roll { ROLL_NONE, ROLL_CHECKING, ROLL_STARTING };

struct super {
	const struct app	*app;
	const struct conf	*conf;
	bool			 good;		/* the configuration is valid */
	struct handoff		 h;
	struct pidfile		 pidfile;	/* as written last */
	char			 why[200];	/* why the last roll was refused */
	char			 fault[200];	/* first line that --check wrote */
	int			 exe;		/* the file it runs from */
	int			 next;		/* the file it rolls to; -1: none */
	int			 signals;	/* signalfd */
	bool			 locked;	/* it holds the pid file */
	bool			 stopped, ending;
	enum roll		 roll;
	int64_t			 roll_until, respawn_at, tick_at;
	int64_t			 waiting_since;	/* since when connections wait for a thread; 0: none waits */
	int64_t			 calm_since;	/* none has waited since */
	int64_t			 lost_since;	/* its socket has no path; 0: it has */
	unsigned		 fails;		/* starts that failed in a row */
};

int64_t	 super_now(void);		/* monotonic milliseconds */

/* Path of the program's file, even if the file was replaced. */
void	 super_own_path(char *path, size_t size);
void	 super_begin(struct super *, char **argv);

/* Path and inode of the listening socket, if it has a path. */
void	 super_socket_remember(struct handoff *);
/* Remove the path, unless it is another process's socket by now. */
void	 super_socket_unlink(const struct handoff *);
/* Is the path gone, or another socket's, so that no connection can come? */
bool	 super_socket_is_lost(const struct handoff *);

/* False: logged. */
bool	 child_start(struct super *, enum child_kind, int program,
	    uint32_t generation);
/* SIGTERM: it finishes its requests; SIGKILL when it takes too long. */
void	 child_retire(struct super *, struct child *);
void	 child_kill(struct child *);
/* Read its pipe. */
void	 child_read(struct super *, struct child *);
void	 child_forget(struct super *, size_t i);
/* A worker that counts as one of those wanted. */
bool	 child_fresh(const struct super *, const struct child *);
size_t	 child_count_fresh(const struct super *);
/* Workers of a generation that serve. */
size_t	 child_count_ready(const struct super *, uint32_t generation);
size_t	 child_count(const struct super *, enum child_kind);

void	 super_roll_begin(struct super *);
/* End the roll; the old program goes on. */
void	 super_roll_refuse(struct super *, const char *why);
/* A child of the roll has ended. */
void	 super_roll_ended(struct super *, const struct child *, int status);
/* Replace this image when the new workers are ready. */
void	 super_roll_step(struct super *);

#endif
