#ifndef BRISK_CARD_H
#define BRISK_CARD_H
/*
 * card - who supervises a program: the file RUN_DIR/NAME.super.
 *
 * Its supervisor holds a lock on it as long as it lives, so whoever can take
 * the lock knows that there is none; workers that serve share another lock.
 * Both are open-file-description locks: they go with the descriptor over exec,
 * and end with the last copy of it.  The file stays when its supervisor ends:
 * `brisk` finds there what to start again.  A worker that the web server starts
 * by itself writes one, too, where nobody holds it: so its program is known.
 */
#include <limits.h>
#include "base/base.h"

enum card_state {
	CARD_STARTING,
	CARD_SERVING,
	CARD_ROLLING,		/* new workers are being started */
	CARD_SORRY,		/* none can be: 503 */
	CARD_STOPPED,		/* by an admin: 503 */
	CARD_ENDED,
	CARD_PLAIN,		/* no supervisor: the web server starts workers */
	CARD_STATES
};

struct card {
	char		 magic[8];
	uint32_t	 size;
	int32_t		 pid;		/* of the supervisor */
	uint32_t	 state;
	uint32_t	 rolls, refused;
	uint32_t	 wanted;	/* workers */
	int64_t		 since_ms;	/* clock_now_ms() of its first start */
	char		 build[16];
	char		 socket[108];	/* "" when it has no path */
	char		 program[1024];
	char		 why[200];	/* the last roll was refused */
};

const char	*card_state_name(uint32_t);

/* A descriptor of the file, made if need be; -1 and a log line. */
int	 card_open(const char *run_dir, const char *name) MUSTCHECK;
/* To look only; -1 when there is none. */
int	 card_look(const char *run_dir, const char *name) MUSTCHECK;

bool	 card_take(int fd) MUSTCHECK;	/* be its supervisor */
void	 card_leave(int fd);
bool	 card_taken(int fd);		/* by any other descriptor */
void	 card_serve(int fd, bool on);	/* be a worker that serves */
bool	 card_served(int fd);		/* by any other descriptor */

bool	 card_read(int fd, struct card *) MUSTCHECK;
bool	 card_write(int fd, struct card *) MUSTCHECK;

/* An admin's word that the program shall not serve; until taken back. */
bool	 card_stop(const char *run_dir, const char *name, bool on) MUSTCHECK;
bool	 card_stopped(const char *run_dir, const char *name);

/* A name beside a file, which no web server shows: "DIR/.ht.FILE.END". */
bool	 card_beside(const char *file, const char *end, char path[PATH_MAX]) MUSTCHECK;

/*
 * Copy a program's file: at `to` whole or not at all, with the rights of what was
 * there, and always under a new inode.  False and a log line when it can not be.
 */
bool	 card_copy(const char *from, const char *to) MUSTCHECK;
/* Copy the one that is being replaced, for who wants it back, to this place. */
bool	 card_keep(const char *run_dir, const char *name, const char *program) MUSTCHECK;
bool	 card_previous(const char *run_dir, const char *name, char path[PATH_MAX])
	    MUSTCHECK;

#endif
