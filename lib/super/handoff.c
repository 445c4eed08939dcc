/* handoff - the state that is passed over exec. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "super/handoff.h"

static const char	 magic[8] = "briskhnd";

int
handoff_pack(const struct handoff *h)
{
	struct handoff	 out = *h;
	int		 fd = memfd_create("brisk", 0);

	memcpy(out.magic, magic, sizeof(magic));
	out.size = sizeof(out);
	if (fd != -1 && pwrite(fd, &out, sizeof(out), 0) == sizeof(out))
		return fd;
	log_event(LOG_ERROR, "super", "cannot pack the handoff: %s",
	    strerror(errno));
	if (fd != -1)
		close(fd);
	return -1;
}

bool
handoff_unpack(const char *text, struct handoff *h)
{
	char	*end;
	long	 fd = text == NULL ? -1 : strtol(text, &end, 10);
	bool	 good;

	if (fd < 3 || fd > 1 << 20 || *end != '\0')
		return false;
	good = pread((int)fd, h, sizeof(*h), 0) == sizeof(*h) &&
	    memcmp(h->magic, magic, sizeof(magic)) == 0 && h->size == sizeof(*h) &&
	    h->n <= MAX_CHILDREN;
	close((int)fd);
	return good;
}

void
handoff_exec(int program, const char *path, const char *command, int packed)
{
	char	 digits[12], *number = digits + sizeof(digits) - 1;
	char	*argv[4];

	*number = '\0';
	do
		*--number = (char)('0' + packed % 10);
	while ((packed /= 10) > 0);
	argv[0] = (char *)(uintptr_t)path;
	argv[1] = (char *)(uintptr_t)command;
	argv[2] = number;
	argv[3] = NULL;
	(void)syscall(SYS_execveat, program, "", argv, environ, AT_EMPTY_PATH);
}
