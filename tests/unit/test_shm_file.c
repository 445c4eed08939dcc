/* test_shm_file - creating, checking and replacing mapped files; paths in run_dir. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/lock.h"
#include "shm/run_dir.h"
#include "shm/shm_file.h"
#include "test.h"

struct counter_file {
	struct shm_file_head	 head;
	uint64_t		 inode, n;
};

static char	 dir[] = "/tmp/brisk-shm-file.XXXXXX";
static char	 path[PATH_MAX];

static bool
is_valid(const void *p, uint64_t inode)
{
	return ((const struct counter_file *)p)->inode == inode;
}

static bool
init(void *p, uint64_t inode)
{
	struct counter_file	*f = p;

	f->inode = inode;
	f->n = 7;
	return true;
}

static bool
init_fails(void *p, uint64_t inode)
{
	(void)p;
	(void)inode;
	return false;
}

#define KIND(v, l)	{ .room = "test", .magic = "brisktst", .version = (v), \
	.layout = (l), .size = sizeof(struct counter_file), .is_valid = is_valid, .init = init }

static const struct shm_file_kind	 kind = KIND(1, 2), newer = KIND(2, 2), wider = KIND(1, 3);

static void
test_create(void)
{
	struct counter_file		*a, *b;
	const struct counter_file	*c;
	struct stat			 st;

	CHECK("no file to read yet", shm_file_open_readonly(path, &kind) == NULL);
	a = shm_file_open(path, &kind);
	CHECK("created", a != NULL && a->n == 7);
	CHECK("with its head", memcmp(a->head.magic, "brisktst", 8) == 0 &&
	    a->head.version == 1 && a->head.layout == 2);
	CHECK("for its owner alone", stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
	b = shm_file_open(path, &kind);
	c = shm_file_open_readonly(path, &kind);
	a->n = 8;
	CHECK("shared by all who map it", b != NULL && c != NULL && b->n == 8 && c->n == 8);
	shm_file_close(a, &kind);
	shm_file_close(b, &kind);
	shm_file_close(c, &kind);
	shm_file_close(NULL, &kind);
}

/* Map with `old`, replace with `now`; the old mapping stays usable. */
static void
check_replaced(const char *label, const struct shm_file_kind *old,
    const struct shm_file_kind *now)
{
	struct counter_file	*a, *b;

	(void)unlink(path);
	a = shm_file_open(path, old);
	CHECK("invalid for a reader", shm_file_open_readonly(path, now) == NULL);
	b = shm_file_open(path, now);
	a->n = 99;
	CHECK(label, b != NULL && b->n == 7 && b->inode != a->inode);
	shm_file_close(a, old);
	shm_file_close(b, now);
}

static void
test_replace(void)
{
	struct counter_file	*a;

	check_replaced("another version", &kind, &newer);
	check_replaced("another layout", &kind, &wider);
	CHECK_INT("another size", truncate(path, 5), 0);
	CHECK("is replaced", (a = shm_file_open(path, &kind)) != NULL && a->n == 7);
	a->inode++;
	shm_file_close(a, &kind);
	CHECK("rejected by is_valid", shm_file_open_readonly(path, &kind) == NULL);
	a = shm_file_open(path, &kind);
	CHECK("and replaced", a != NULL && a->n == 7);
	shm_file_close(a, &kind);
}

static void
test_failure(void)
{
	const struct shm_file_kind	 bad = { .room = "test", .magic = "brisktst",
		.size = sizeof(struct counter_file), .init = init_fails };

	(void)unlink(path);
	CHECK("init fails", shm_file_open(path, &bad) == NULL);
	CHECK("then there is no file", access(path, F_OK) != 0);
	CHECK("no such folder", shm_file_open("/nonexistent/file", &kind) == NULL);
	CHECK_INT("a folder in its place", mkdir(path, 0700), 0);
	CHECK("is not replaced", shm_file_open(path, &kind) == NULL && rmdir(path) == 0);
}

static void
test_locks(void)
{
	int			 a = -1, b = -1;
	struct counter_file	*f = shm_file_open_with_locks(path, &kind, &a);
	struct counter_file	*g = shm_file_open_with_locks(path, &kind, &b);

	CHECK("both mapped", f != NULL && g != NULL);
	CHECK("locks of one", lock_acquire(a, 0));
	CHECK("exclude the other", !lock_acquire(b, 0) && lock_is_held(b, 0));
	close(a);
	CHECK("closing the descriptor releases, although the map stays",
	    lock_acquire(b, 0) && f->n == 7);
	close(b);
	shm_file_close(f, &kind);
	shm_file_close(g, &kind);
}

static void
test_run_dir(void)
{
	char	 p[PATH_MAX], deep[PATH_MAX];

	CHECK("a shared file", run_dir_path(p, "/run/brisk", RUN_DIR_GENERATIONS));
	CHECK_TEXT("its path", p, "/run/brisk/gen");
	CHECK("the file of a program",
	    run_dir_program_path(p, "/run/brisk", "shop", RUN_DIR_PIDFILE));
	CHECK_TEXT("its path", p, "/run/brisk/shop.super");
	memset(deep, 'x', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	CHECK("too long", !run_dir_path(p, deep, "gen"));
	CHECK_TEXT("no path", p, "");
	CHECK("too long", !run_dir_program_path(p, deep, "shop", "super"));
	CHECK_TEXT("no path", p, "");
}

__attribute__((constructor)) static void
make_dir(void)
{
	if (mkdtemp(dir) == NULL || !run_dir_path(path, dir, "file"))
		exit(2);
}

__attribute__((destructor)) static void
remove_dir(void)
{
	char	 lock[PATH_MAX];

	(void)unlink(path);
	(void)run_dir_path(lock, dir, "file.lock");
	(void)unlink(lock);
	(void)rmdir(dir);
}

TESTS(shm_file, { "creation", test_create }, { "replacement", test_replace },
    { "failures", test_failure }, { "locks", test_locks },
    { "paths in run_dir", test_run_dir })
