#ifndef BRISK_TEST_LIMIT_KIT_H
#define BRISK_TEST_LIMIT_KIT_H
/* limit_kit - files of quotas for tests, and subjects that meet in a set. */
#include <unistd.h>
#include "route/limit_private.h"
#include "base/log.h"
#include "test.h"

static char	 dir[200], path[220];

static inline void
in_new_folder(void)
{
	const char	*tmp = getenv("TMPDIR");

	log_init("test", (enum log_level)0);
	snprintf(dir, sizeof(dir), "%s/test_limit.XXXXXX", tmp == NULL ? "/tmp" : tmp);
	if (mkdtemp(dir) == NULL)
		exit(2);
	snprintf(path, sizeof(path), "%s/limits", dir);
}

static inline struct limit *
opened(void)
{
	struct limit	*l = limit_open(path);

	if (l == NULL) {
		fprintf(stderr, "%s can not be opened\n", path);
		exit(2);
	}
	return l;
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

/* The file, to be looked at; it must be there. */
static inline const struct limit_file *
file_there(void)
{
	const struct limit_file	*f = limit_open_readonly(path);

	if (f == NULL)
		exit(2);
	return f;
}

static inline size_t
set_number(const struct limit_file *f, const char *subject)
{
	struct limit_key	 k;

	limit_key_init(f, str_of(subject), &k);
	return limit_set_number(&k);
}

/* The next subject, counted on from `*at`, that has a slot in the set of "first". */
static inline const char *
neighbour(const struct limit_file *f, int *at)
{
	static char	 name[32];
	size_t		 set = set_number(f, "first");

	do
		snprintf(name, sizeof(name), "s%d", (*at)++);
	while (set_number(f, name) != set);
	return name;
}

static inline struct limit_state
take(struct limit *l, enum limit_class class, struct conf_rate rate,
    const char *subject, int64_t now_ms)
{
	struct limit_state	 st;

	limit_take(l, class, rate, str_of(subject), 1, now_ms, &st);
	return st;
}

/* How many of `tries` pass, the clock stopped. */
static inline int
passes(struct limit *l, enum limit_class class, struct conf_rate rate,
    const char *subject, int64_t now_ms, int tries)
{
	int	 n = 0;

	while (tries-- > 0)
		n += take(l, class, rate, subject, now_ms).allowed;
	return n;
}

#endif
