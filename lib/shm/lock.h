#ifndef BRISK_LOCK_H
#define BRISK_LOCK_H
/*
 * lock - one byte of a file, locked for a process or thread.
 *
 * These are open-file-description locks (fcntl(2), F_OFD_SETLK): they belong to
 * the open file, not to the process.  The kernel releases them when the last
 * descriptor of that open file is closed, so a lock never outlives its owner.
 * Two opens of the same file exclude each other, even within one process.  The
 * byte need not exist.
 */
#include <sys/types.h>

#include "base/base.h"

/* Lock byte `at` without waiting.  False with errno: another holds it (EAGAIN). */
bool	 lock_take(int fd, off_t at) MUSTCHECK;

/* The same, together with others that share it. */
bool	 lock_share(int fd, off_t at) MUSTCHECK;

/* Does another open file hold a lock on byte `at`? */
bool	 lock_is_held(int fd, off_t at) MUSTCHECK;

/* Release byte `at`; without an error if it was not locked. */
void	 lock_release(int fd, off_t at);

/* Release every byte from `at` on. */
void	 lock_release_from(int fd, off_t at);

#endif
