/* shm_file - a file of fixed size that all processes of an installation map. */
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
#define LOCK_PAUSE_MS	10	/* between two tries */
#define OPEN_TRIES	10

static bool
is_valid_file(const void *p, const struct shm_file_kind *k, uint64_t inode)
{
	const struct shm_file_head	*head = p;

	return memcmp(head->magic, k->magic, sizeof(head->magic)) == 0 &&
	    head->version == k->version && head->layout == k->layout &&
	    (k->is_valid == NULL || k->is_valid(p, inode));
}

static bool
init_file(void *p, const struct shm_file_kind *k, uint64_t inode)
{
	struct shm_file_head	*head = p;

	memcpy(head->magic, k->magic, sizeof(head->magic));
	head->version = k->version;
	head->layout = k->layout;
	return k->init == NULL || k->init(p, inode);
}

/* Map the open file if it has the size of its kind.  Closes `fd`. */
static void *
map_and_close(int fd, const struct shm_file_kind *k, int prot, uint64_t *inode)
{
	struct stat	 st = { .st_ino = 0 };
	void		*p = MAP_FAILED;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == (off_t)k->size)
		p = mmap(NULL, k->size, prot, MAP_SHARED, fd, 0);
	*inode = st.st_ino;
	close(fd);
	return p == MAP_FAILED ? NULL : p;
}

/* NULL with errno: ENOENT if there is no file, EINVAL if the file is invalid. */
static void *
open_existing(const char *path, const struct shm_file_kind *k, bool writable,
    uint64_t *inode)
{
	int	 fd = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	void	*p;

	if (fd == -1)
		return NULL;
	p = map_and_close(fd, k, writable ? PROT_READ | PROT_WRITE : PROT_READ, inode);
	if (p != NULL && is_valid_file(p, k, *inode))
		return p;
	shm_file_close(p, k);
	errno = EINVAL;
	return NULL;
}

const void *
shm_file_open_readonly(const char *path, const struct shm_file_kind *k)
{
	uint64_t	 inode;

	return open_existing(path, k, false, &inode);
}

void
shm_file_close(const void *p, const struct shm_file_kind *k)
{
	if (p != NULL)
		munmap((void *)(uintptr_t)p, k->size);
}

static void *
create_file(const char *temporary, const struct shm_file_kind *k, uint64_t *inode)
{
	void	*p;
	int	 fd, err;

	/* A process that died while it held the lock may have left the file. */
	unlink(temporary);
	fd = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		return NULL;
	/* A store to a hole raises SIGBUS when the disk is full. */
	if ((err = posix_fallocate(fd, 0, (off_t)k->size)) != 0) {
		close(fd);
		errno = err;
		return NULL;
	}
	p = map_and_close(fd, k, PROT_READ | PROT_WRITE, inode);
	if (p != NULL && init_file(p, k, *inode))
		return p;
	shm_file_close(p, k);
	return NULL;
}

/* With the lock: open the file, which another process may have created meanwhile. */
static void *
open_or_create(const char *path, const char *temporary, const struct shm_file_kind *k,
    uint64_t *inode)
{
	void	*p = open_existing(path, k, true, inode);
	bool	 missing = p == NULL && errno == ENOENT;

	/* If the file exists but cannot be opened, leave it alone. */
	if (p != NULL || (!missing && errno != EINVAL))
		return p;
	if ((p = create_file(temporary, k, inode)) == NULL)
		return NULL;
	if ((missing ? link(temporary, path) : rename(temporary, path)) == 0)
		return p;
	shm_file_close(p, k);
	return errno == EEXIST ? open_existing(path, k, true, inode) : NULL;
}

/* flock() with a time limit: the holder may be a stopped process. */
static bool
flock_wait(int fd)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return false;
		(void)poll(NULL, 0, LOCK_PAUSE_MS);
	}
	return false;
}

static void *
create_serialized(const char *path, const struct shm_file_kind *k, uint64_t *inode)
{
	char	*name = NULL;
	void	*p = NULL;
	int	 fd, err;

	if (asprintf(&name, "%s.lock", path) == -1)
		return NULL;
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd != -1 && flock_wait(fd)) {
		memcpy(name + strlen(path), ".new", sizeof(".new"));
		p = open_or_create(path, name, k, inode);
		err = errno;
		unlink(name);
		errno = err;
	}
	if (fd != -1)
		close(fd);
	free(name);
	return p;
}

static void *
open_file(const char *path, const struct shm_file_kind *k, uint64_t *inode)
{
	void	*p = open_existing(path, k, true, inode);

	if (p == NULL)
		p = create_serialized(path, k, inode);
	if (p == NULL)
		log_event(LOG_ERROR, k->room, "cannot use %s: %s", path, strerror(errno));
	return p;
}

void *
shm_file_open(const char *path, const struct shm_file_kind *k)
{
	uint64_t	 inode;

	return open_file(path, k, &inode);
}

/* Open the file again; -1 if it is no longer the one with this inode. */
static int
open_again(const char *path, uint64_t inode)
{
	struct stat	 st;
	int		 fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd == -1 || (fstat(fd, &st) == 0 && st.st_ino == inode))
		return fd;
	close(fd);
	errno = ESTALE;
	return -1;
}

void *
shm_file_open_with_locks(const char *path, const struct shm_file_kind *k, int *lock_fd)
{
	uint64_t	 inode;
	void		*p;

	for (int i = 0; i < OPEN_TRIES; i++) {
		if ((p = open_file(path, k, &inode)) == NULL)
			return NULL;
		if ((*lock_fd = open_again(path, inode)) != -1)
			return p;
		shm_file_close(p, k);
	}
	log_event(LOG_ERROR, k->room, "cannot open %s for locks: %s", path,
	    strerror(errno));
	return NULL;
}
