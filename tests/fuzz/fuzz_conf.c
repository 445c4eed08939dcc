/*
 * Configuration files: read or refused, each fault a line; what was refused
 * has its default.  The room's memory lives as long as a program, and would
 * fill up here: it is emptied.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conf/private.h"
#include "fuzz.h"

static int	 fd = -1;

static void
open_file(void)
{
	char	 path[32];

	if (fd != -1)
		return;
	fd = memfd_create("brisk.conf", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	MUST(fd != -1 && setenv("BRISK_CONF", path, 1) == 0);
}

static void
check_values(const struct conf *c)
{
	MUST(c->threads >= 1 && c->threads <= 64);
	for (const struct conf_option *o = conf_options; o->name != NULL; o++)
		if (o->kind != CONF_INT && o->kind != CONF_SWITCH && o->kind != CONF_RATE)
			MUST(*(const char *const *)((const char *)c + o->off) != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct conf	 c;
	struct buf	 told;
	bool		 good;

	open_file();
	MUST(ftruncate(fd, 0) == 0 && pwrite(fd, p, n, 0) == (ssize_t)n);
	if (conf_memory.first != NULL)
		arena_reset(&conf_memory);
	buf_init(&told, fuzz_arena());
	good = conf_load(&c, &told);
	MUST(buf_ok(&told) && good == (told.n == 0));
	check_values(&c);
	MUST(!good || strlen(c.secret) >= CONF_MIN_SECRET);
	return 0;
}
