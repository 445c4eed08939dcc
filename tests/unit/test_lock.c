/* test_lock - a lock on a byte excludes other open files, and only for that byte. */
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shm/lock.h"
#include "test.h"

static char	 path[] = "/tmp/brisk-lock.XXXXXX";

static int
open_again(void)
{
	return open(path, O_RDWR | O_CLOEXEC);
}

static void
test_exclusion(void)
{
	int	 a = open_again(), b = open_again();

	CHECK("a free byte is taken", lock_acquire(a, 3));
	CHECK("and again by the same open file", lock_acquire(a, 3));
	CHECK("not by another", !lock_acquire(b, 3));
	CHECK("the other sees that it is held", lock_is_held(b, 3));
	CHECK("its owner does not", !lock_is_held(a, 3));
	CHECK("the byte beside it is free", !lock_is_held(b, 4) && lock_acquire(b, 4));
	lock_release(a, 3);
	CHECK("released", lock_acquire(b, 3));
	lock_release(b, 9);
	CHECK("releasing what is not locked changes nothing", lock_is_held(a, 3));
	close(b);
	CHECK("closing releases", !lock_is_held(a, 3) && !lock_is_held(a, 4));
	close(a);
}

static void
test_sharing(void)
{
	int	 a = open_again(), b = open_again(), c = open_again();

	CHECK("shared by one", lock_acquire_shared(a, 0));
	CHECK("and another", lock_acquire_shared(b, 0));
	CHECK("a shared lock excludes an exclusive lock", !lock_acquire(c, 0));
	CHECK("and is seen", lock_is_held(c, 0));
	lock_release(a, 0);
	CHECK("until the last shared lock is released", !lock_acquire(c, 0));
	lock_release_from(b, 0);
	CHECK("then an exclusive lock succeeds", lock_acquire(c, 0) && !lock_acquire_shared(a, 0));
	close(a);
	close(b);
	close(c);
}

static void
test_range(void)
{
	int	 a = open_again(), b = open_again();

	CHECK("three bytes", lock_acquire(a, 1) && lock_acquire(a, 5) && lock_acquire(a, 9));
	lock_release_from(a, 5);
	CHECK("locks before the start remain", lock_is_held(b, 1));
	CHECK("those from it on are free", lock_acquire(b, 5) && lock_acquire(b, 9));
	CHECK("no file, no lock", !lock_acquire(-1, 0) && !lock_is_held(-1, 0));
	close(a);
	close(b);
}

static void
test_death(void)
{
	int	 a = open_again(), status;
	pid_t	 child = fork();

	if (child == 0)
		_exit(lock_acquire(open_again(), 7) ? 0 : 1);
	CHECK("a child acquires it and dies", waitpid(child, &status, 0) == child && status == 0);
	CHECK("its lock is gone", lock_acquire(a, 7));
	close(a);
	unlink(path);
}

__attribute__((constructor)) static void
make_file(void)
{
	int	 fd = mkstemp(path);

	if (fd == -1)
		exit(2);
	close(fd);
}

TESTS(lock, { "exclusion", test_exclusion }, { "sharing", test_sharing },
    { "ranges", test_range }, { "death of an owner", test_death })
