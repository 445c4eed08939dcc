#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/log.h"
#include "shm/shm_file.h"

#define LOCK_TRIES	500
#define LOCK_MS		10

/* Map what is open as `fd`, if it has the right size; closes `fd`. */
static void *
map(int fd, const struct shm_file_kind *k, int prot, uint64_t *inode)
{
	struct stat	 st;
	void		*p = MAP_FAILED;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == (off_t)k->size)
		p = mmap(NULL, k->size, prot, MAP_SHARED, fd, 0);
	*inode = st.st_ino;
	close(fd);
	return p == MAP_FAILED ? NULL : p;
}

/* errno is ENOENT when there is no file at all. */
static void *
existing(const char *path, const struct shm_file_kind *k, bool write)
{
	int		 fd = open(path, (write ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	uint64_t	 inode = 0;
	void		*p;

	if (fd == -1)
		return NULL;
	p = map(fd, k, write ? PROT_READ | PROT_WRITE : PROT_READ, &inode);
	if (p != NULL && k->good(p, inode))
		return p;
	shm_file_close(p, k);
	errno = EINVAL;
	return NULL;
}

const void *
shm_file_open_readonly(const char *path, const struct shm_file_kind *k)
{
	return existing(path, k, false);
}

void
shm_file_close(const void *p, const struct shm_file_kind *k)
{
	if (p != NULL)
		munmap((void *)(uintptr_t)p, k->size);
}

static void *
make(const char *temporary, const struct shm_file_kind *k)
{
	uint64_t	 inode = 0;
	void		*p;
	int		 fd, err;

	/* Left by a maker that died; we hold the lock. */
	unlink(temporary);
	fd = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		return NULL;
	/* A hole would kill the process that touches it when the disk is full. */
	if ((err = posix_fallocate(fd, 0, (off_t)k->size)) != 0) {
		close(fd);
		errno = err;
		return NULL;
	}
	p = map(fd, k, PROT_READ | PROT_WRITE, &inode);
	if (p != NULL && k->fill(p, inode))
		return p;
	shm_file_close(p, k);
	return NULL;
}

/* Under the lock: what another made meanwhile, or a new one. */
static void *
settle(const char *path, const char *temporary, const struct shm_file_kind *k)
{
	void	*p = existing(path, k, true);
	bool	 none = p == NULL && errno == ENOENT;

	/* What only can not be opened is somebody's, and stays. */
	if (p != NULL || (!none && errno != EINVAL))
		return p;
	if ((p = make(temporary, k)) == NULL)
		return NULL;
	if (none ? link(temporary, path) == 0 : rename(temporary, path) == 0)
		return p;
	shm_file_close(p, k);
	return errno == EEXIST ? existing(path, k, true) : NULL;
}

/* flock() that gives up: its holder may be stopped. */
static bool
take_turn(int fd)
{
	int	 i;

	for (i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return false;
		(void)poll(NULL, 0, LOCK_MS);
	}
	return false;
}

static void *
in_turn(const char *path, const struct shm_file_kind *k)
{
	char	*name = NULL;
	void	*p = NULL;
	int	 fd, err;

	if (asprintf(&name, "%s.lock", path) == -1)
		return NULL;
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd != -1 && take_turn(fd)) {
		memcpy(name + strlen(path), ".new", sizeof(".new"));
		p = settle(path, name, k);
		err = errno;
		unlink(name);
		errno = err;
	}
	if (fd != -1)
		close(fd);
	free(name);
	return p;
}

void *
shm_file_open(const char *path, const struct shm_file_kind *k)
{
	void	*p = existing(path, k, true);

	if (p == NULL)
		p = in_turn(path, k);
	if (p == NULL)
		log_event(LOG_ERROR, k->room, "cannot use %s: %s", path,
		    strerror(errno));
	return p;
}
