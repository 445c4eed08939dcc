/*
 * failmalloc - preloaded, lets one allocation of a program fail.
 *
 *	FAIL_AT=n	the n-th fails; 0: none
 *	FAIL_FROM=n	that one and all after it
 *	FAIL_EVERY=path	each n-th, while the file is there that holds n
 *	FAIL_TOLD=path	how many there were is written here at the end
 *
 * Counted from the program's start on, without those of the libraries below:
 * these fall by themselves where they get none, and nothing of ours could
 * help it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* libcrypto: its locks; json-c: names of members, copied by libc's strdup(). */
static const char *const	 spared[] = { "libcrypto.", "libjson-c.", "libc.so" };

void	*__libc_malloc(size_t);
void	*__libc_calloc(size_t, size_t);
void	*__libc_realloc(void *, size_t);

static _Atomic long	 count;
static long		 at, from;
static const char	*every;

static long
number(const char *name)
{
	const char	*text = getenv(name);

	return text == NULL ? 0 : strtol(text, NULL, 10);
}

/* What a program ends with when it fell in code of a library. */
#define THEIRS	99

/* Where the spared libraries' code lies. */
static struct {
	uintptr_t	 from, to;
} ranges[16];
static size_t	 nranges;

static int
note_range(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	(void)arg;
	for (size_t i = 0; i < sizeof(spared) / sizeof(spared[0]); i++) {
		if (strstr(info->dlpi_name, spared[i]) == NULL)
			continue;
		for (int j = 0; j < info->dlpi_phnum && nranges < 16; j++) {
			const ElfW(Phdr)	*ph = &info->dlpi_phdr[j];

			if (ph->p_type != PT_LOAD || !(ph->p_flags & PF_X))
				continue;
			ranges[nranges].from = info->dlpi_addr + ph->p_vaddr;
			ranges[nranges].to = ranges[nranges].from + ph->p_memsz;
			nranges++;
		}
	}
	return 0;
}

/* The innermost frame that is neither here nor libc's: a library's, or ours? */
static void
fell(int sig)
{
	void	*frames[32];
	Dl_info	 info, here;
	int	 n = backtrace(frames, 32);

	at = from = 0;
	every = NULL;
	dladdr((void *)(uintptr_t)fell, &here);
	for (int i = 0; i < n; i++) {
		if (dladdr(frames[i], &info) == 0 || info.dli_fbase == here.dli_fbase ||
		    strstr(info.dli_fname, "libc.so") != NULL)
			continue;
		if (strstr(info.dli_fname, ".so") != NULL)
			_exit(THEIRS);
		break;
	}
	signal(sig, SIG_DFL);
	raise(sig);
}

__attribute__((constructor)) static void
begin(void)
{
	void	*frame;

	backtrace(&frame, 1);		/* it allocates at its first call */
	signal(SIGSEGV, fell);
	signal(SIGABRT, fell);
	dl_iterate_phdr(note_range, NULL);
	at = number("FAIL_AT");
	from = number("FAIL_FROM");
	every = getenv("FAIL_EVERY");
	count = 0;
}

__attribute__((destructor)) static void
end(void)
{
	const char	*path = getenv("FAIL_TOLD");
	long		 n = count;
	FILE		*f;

	at = from = 0;
	every = NULL;
	if (path == NULL || (f = fopen(path, "we")) == NULL)
		return;
	fprintf(f, "%ld\n", n);
	fclose(f);
}

static int
is_spared(uintptr_t caller)
{
	for (size_t i = 0; i < nranges; i++)
		if (caller >= ranges[i].from && caller < ranges[i].to)
			return 1;
	return 0;
}

/* Without stdio, which allocates. */
static int
is_nth(long n)
{
	char	 text[16] = "";
	int	 fd = open(every, O_RDONLY | O_CLOEXEC);
	long	 each = 0;

	if (fd != -1 && read(fd, text, sizeof(text) - 1) > 0)
		each = strtol(text, NULL, 10);
	if (fd != -1)
		close(fd);
	return each > 0 && n % each == 0;
}

static int
fails(void *caller)
{
	long	 n;

	if (is_spared((uintptr_t)caller))
		return 0;
	n = atomic_fetch_add(&count, 1) + 1;
	if (n != at && (from == 0 || n < from) &&
	    (every == NULL || !is_nth(n)))
		return 0;
	errno = ENOMEM;
	return 1;
}

void *
malloc(size_t n)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(p, n);
}
