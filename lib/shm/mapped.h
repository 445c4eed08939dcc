#ifndef BRISK_MAPPED_H
#define BRISK_MAPPED_H
/*
 * mapped - a file of fixed size that all processes of an installation map.
 *
 * It appears whole or not at all: made under another name, fully allocated,
 * filled, then linked into place.  One that is no good (another build's, a
 * machine's that was restarted) is replaced by rename, so that who has it
 * mapped keeps what they have.  Makers take turns by a lock on FILE.lock.
 */
#include "base/base.h"

struct mapped_kind {
	const char	*room;		/* for the log */
	size_t		 size;
	bool		(*good)(const void *, uint64_t inode);
	/* The new file, all zeros. */
	bool		(*fill)(void *, uint64_t inode);
};

/* NULL and a log line when it can not be. */
void	*mapped_open(const char *path, const struct mapped_kind *) MUSTCHECK;

/* To look only; NULL without a line when there is no good file. */
const void *mapped_look(const char *path, const struct mapped_kind *) MUSTCHECK;

void	 mapped_close(const void *, const struct mapped_kind *);

#endif
