#ifndef BRISK_LOCK_H
#define BRISK_LOCK_H
/*
 * lock - locks on single bytes of a file.
 *
 * These are open-file-description locks (fcntl(2), F_OFD_SETLK): they belong to
 * the open file, not to the process.  The kernel releases them when the last
 * descriptor of that open file is closed, so a lock never outlives its owner.
 * Two opens of the same file exclude each other, even within one process.  The
 * byte may be beyond the end of the file.
 */
#include <sys/types.h>

#include "base/base.h"

/* Lock byte `at` without waiting.  False with errno; EAGAIN: another open file has it. */
bool	 lock_acquire(int fd, off_t at) MUSTCHECK;

/* The same for a shared lock: any number of open files may hold one. */
bool	 lock_acquire_shared(int fd, off_t at) MUSTCHECK;

/* Does another open file hold a lock on byte `at`? */
bool	 lock_is_held(int fd, off_t at) MUSTCHECK;

/* Release byte `at`.  It need not be locked. */
void	 lock_release(int fd, off_t at);

/* Release every byte from `at` on. */
void	 lock_release_from(int fd, off_t at);

#endif
