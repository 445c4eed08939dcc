#ifndef CHAOS_HAND_H
#define CHAOS_HAND_H
/*
 * hand - signals for processes of one installation: only such as have
 * BRISK_CONF=VAR/brisk.conf in their environment and are one of hand_programs;
 * and for its stores, by VAR/NAME.pid, with BRISK_STACK=VAR.
 */
#include <stdbool.h>
#include <stddef.h>

extern const char	*const hand_programs[];	/* whoever uses this says which; ends with NULL */

enum target { WORKERS, PROGRAMS };

/* Called in a child: it ends with its parent. */
void		 end_with_parent(void);

/* How many there are now. */
size_t		 hand_count(enum target);
/* Signal one of them at random; false: there was none. */
bool		 hand_signal(enum target, int sig);
/* One of the programs' connections at random, by root's hand. */
bool		 hand_cut_connection(void);

enum hand_store { STORE_CACHE, STORE_DB, HAND_STORES };

bool		 store_signal(enum hand_store, int sig);
/* After SIGKILL: the same again. */
bool		 store_restart(enum hand_store);

#endif
