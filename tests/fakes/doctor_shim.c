/*
 * doctor_shim - what a machine would say that the tests can not have: loaded
 * before libc (LD_PRELOAD), it answers as its environment wants.
 *
 *	SHIM_REMOTE	every file is on NFS
 *	SHIM_FULL	every disk has a MiB left; SHIM_INODES: no file more
 *	SHIM_CLOCK	the clock is so many seconds ahead
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <time.h>

#define NFS	0x6969

int
fstatfs(int fd, struct statfs *s)
{
	int	(*real)(int, struct statfs *) =
		    (int (*)(int, struct statfs *))dlsym(RTLD_NEXT, "fstatfs");
	int	 status = real(fd, s);

	if (getenv("SHIM_REMOTE") != NULL)
		s->f_type = NFS;
	return status;
}

int
statvfs(const char *path, struct statvfs *s)
{
	int	(*real)(const char *, struct statvfs *) =
		    (int (*)(const char *, struct statvfs *))dlsym(RTLD_NEXT, "statvfs");
	int	 status = real(path, s);

	if (getenv("SHIM_FULL") != NULL)
		s->f_bavail = (1 << 20) / s->f_frsize;
	if (getenv("SHIM_INODES") != NULL) {
		s->f_files = 1000000;
		s->f_favail = 3;
	}
	return status;
}

int
clock_gettime(clockid_t which, struct timespec *t)
{
	int	(*real)(clockid_t, struct timespec *) =
		    (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	int	 status = real(which, t);

	if (which == CLOCK_REALTIME && getenv("SHIM_CLOCK") != NULL)
		t->tv_sec += atoi(getenv("SHIM_CLOCK"));
	return status;
}
