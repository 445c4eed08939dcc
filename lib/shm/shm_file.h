#ifndef BRISK_SHM_FILE_H
#define BRISK_SHM_FILE_H
/*
 * mapped - a file of fixed size that all processes of an installation map.
 *
 * It appears whole or not at all: made under another name, fully allocated,
 * filled, then linked into place.  One that is no good (another build's, a
 * machine's that was restarted) is replaced by rename, so that who has it
 * mapped keeps what they have.  Makers take turns by a lock on FILE.lock.
 */
#include "base/base.h"

struct shm_file_kind {
	const char	*room;		/* for the log */
	size_t		 size;
	bool		(*good)(const void *, uint64_t inode);
	/* The new file, all zeros. */
	bool		(*fill)(void *, uint64_t inode);
};

/* NULL and a log line when it can not be. */
void	*shm_file_open(const char *path, const struct shm_file_kind *) MUSTCHECK;

/* To look only; NULL without a line when there is no good file. */
const void *shm_file_open_readonly(const char *path, const struct shm_file_kind *) MUSTCHECK;

void	 shm_file_close(const void *, const struct shm_file_kind *);

#endif
