/* lock - locks on single bytes of a file. */
#include <fcntl.h>
#include <unistd.h>

#include "shm/lock.h"

static struct flock
byte_range(off_t at, off_t n, short type)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET,
	    .l_start = at, .l_len = n };
}

bool
lock_acquire(int fd, off_t at)
{
	struct flock	 range = byte_range(at, 1, F_WRLCK);

	return fcntl(fd, F_OFD_SETLK, &range) == 0;
}

bool
lock_acquire_shared(int fd, off_t at)
{
	struct flock	 range = byte_range(at, 1, F_RDLCK);

	return fcntl(fd, F_OFD_SETLK, &range) == 0;
}

bool
lock_is_held(int fd, off_t at)
{
	struct flock	 range = byte_range(at, 1, F_WRLCK);

	return fcntl(fd, F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
}

void
lock_release(int fd, off_t at)
{
	struct flock	 range = byte_range(at, 1, F_UNLCK);

	(void)!fcntl(fd, F_OFD_SETLK, &range);
}

void
lock_release_from(int fd, off_t at)
{
	struct flock	 range = byte_range(at, 0, F_UNLCK);	/* 0: to the end */

	(void)!fcntl(fd, F_OFD_SETLK, &range);
}
