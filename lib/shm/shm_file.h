#ifndef BRISK_SHM_FILE_H
#define BRISK_SHM_FILE_H
/*
 * shm_file - a file of fixed size that all processes of an installation map.
 *
 * The file begins with a head of 16 bytes: magic, version and layout.  A file
 * with another head, of another size, or that the kind's is_valid() rejects is
 * invalid: it is from another build, or from before a reboot.
 *
 * shm_file_open() creates a missing file and replaces an invalid one.  The new
 * file is allocated and initialized under another name, then linked or renamed
 * into place, so that no process ever maps a file that is only partly written.
 * A process that has mapped a replaced file keeps the old one.  Processes that
 * create the file at the same time are serialized by a lock on PATH.lock.
 */
#include "base/base.h"

struct shm_file_head {
	char		 magic[8];
	uint32_t	 version;
	uint32_t	 layout;
};

struct shm_file_kind {
	const char	*room;		/* for the log */
	char		 magic[9];
	uint32_t	 version;
	uint32_t	 layout;	/* a size or count that changes with the layout */
	size_t		 size;		/* of the file, in bytes */
	/* Further conditions, after the head; NULL: none. */
	bool		(*is_valid)(const void *, uint64_t inode);
	/* Initialize what follows the head, which is zeros; NULL: nothing to do. */
	bool		(*init)(void *, uint64_t inode);
};

/* Map the file for reading and writing.  NULL, with a log line, on failure. */
void	*shm_file_open(const char *path, const struct shm_file_kind *) MUSTCHECK;

/*
 * The same, and in `*lock_fd` another open of the very same file, for lock.h; the
 * caller closes it.  The locks need a descriptor of their own because a mapping
 * keeps the open file it was made from, and so its locks, until it is unmapped.
 */
void	*shm_file_open_with_locks(const char *path, const struct shm_file_kind *,
	    int *lock_fd) MUSTCHECK;

/* Map the file for reading.  NULL, without a log line, if there is no valid file. */
const void *shm_file_open_readonly(const char *path, const struct shm_file_kind *) MUSTCHECK;

/* Unmap the file; NULL is allowed. */
void	 shm_file_close(const void *, const struct shm_file_kind *);

#endif
