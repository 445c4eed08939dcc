#ifndef BRISK_TEST_GEN_KIT_H
#define BRISK_TEST_GEN_KIT_H
/* generation_kit - generation files for tests, of an age to be used at once. */
#include <fcntl.h>
#include <unistd.h>
#include "cache/generation.h"
#include "test.h"

/* Of the frozen layout. */
#define BORN_AT		48
#define CELLS_AT	(128 + 256 * 8 + 256 * 64 * 128)
#define FILE_SIZE	(CELLS_AT + 65537 * 24)

static char	 dir[200], path[220];

static inline void
in_new_folder(void)
{
	const char	*tmp = getenv("TMPDIR");

	snprintf(dir, sizeof(dir), "%s/test_gen.XXXXXX", tmp == NULL ? "/tmp" : tmp);
	if (mkdtemp(dir) == NULL)
		exit(2);
	snprintf(path, sizeof(path), "%s/gen", dir);
}

static inline void
leave(void)
{
	char	 lock[240];

	snprintf(lock, sizeof(lock), "%s.lock", path);
	unlink(path);
	unlink(lock);
	CHECK("nothing else was left in the folder", rmdir(dir) == 0);
}

/* The file, made or found, as if made long ago. */
static inline struct generations *
grown(void)
{
	struct generations	*g = generation_open(path);
	int64_t		 born = -10000000;
	int		 fd = open(path, O_RDWR);

	if (g == NULL || pwrite(fd, &born, sizeof(born), BORN_AT) != sizeof(born)) {
		fprintf(stderr, "%s can not be opened\n", path);
		exit(2);
	}
	close(fd);
	return g;
}

static inline struct generation_snapshot
mark(struct generations *g, const char *tag)
{
	struct str	 s = str_of(tag);
	struct generation_snapshot	 m = { .n = 0 };

	CHECK(tag, generation_snapshot(g, &s, 1, &m));
	return m;
}

static inline struct generation_write *
raised(struct generations *g, const char *tag)
{
	struct str		 s = str_of(tag);
	struct generation_write	*e = generation_begin_write(g, &s, 1, 1);

	CHECK(tag, e != NULL);
	return e;
}

#endif
