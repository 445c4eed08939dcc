#ifndef BRISK_TEST_GENERATION_WORLD_H
#define BRISK_TEST_GENERATION_WORLD_H
/* generation_world - a database in shared memory, for processes that are killed. */
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include "generation_kit.h"
#include "base/log.h"

#define TAGS		4

/* The database of these tests, and what clients know. */
static struct {
	_Atomic int64_t	 committed[TAGS], told[TAGS], wrong, hits, writes;
} *world;

static inline bool
gone(void *arg, uint64_t writer)
{
	(void)arg;
	(void)writer;
	return true;
}

static inline void
begin(void)
{
	log_init("test", (enum log_level)0);
	in_new_folder();
	generation_close(grown());
	world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (world == MAP_FAILED)
		exit(2);
}

static inline void
end(void)
{
	munmap(world, sizeof(*world));
	leave();
}

#endif
