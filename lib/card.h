#ifndef BRISK_CARD_H
#define BRISK_CARD_H
/*
 * card - who supervises a program: the file RUN_DIR/NAME.super.
 *
 * Its supervisor holds a lock on it as long as it lives, so whoever can take
 * the lock knows that there is none; workers that serve share another lock.
 * Both are open-file-description locks: they go with the descriptor over exec,
 * and end with the last copy of it.  The file stays when its supervisor ends:
 * `brisk` finds there what to start again.
 */
#include "base.h"

enum card_state {
	CARD_STARTING,
	CARD_SERVING,
	CARD_ROLLING,		/* new workers are being started */
	CARD_SORRY,		/* none can be: 503 */
	CARD_STOPPED,		/* by an admin: 503 */
	CARD_ENDED,
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

#endif
