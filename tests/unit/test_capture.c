#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "shm/capture.h"
#include "test.h"

static char			 dir[64], path[96];
static struct arena		 arena;
static struct capture_request	 got[CAPTURE_MAX_READ];

static void
in_new_folder(void)
{
	snprintf(dir, sizeof(dir), "/tmp/test_recent.XXXXXX");
	if (mkdtemp(dir) == NULL || !arena_init(&arena, (size_t)8 << 20))
		exit(2);
	snprintf(path, sizeof(path), "%s/things.recent", dir);
}

static void
leave(void)
{
	char	 lock[112];

	snprintf(lock, sizeof(lock), "%s.lock", path);
	unlink(path);
	unlink(lock);
	CHECK("nothing else was left in the folder", rmdir(dir) == 0);
	arena_free(&arena);
	clock_set_ms(0);
}

static void
note(struct capture *r, const char *target, const char *accept, const char *prefer)
{
	capture_add(r, &(struct capture_request){ str_of(target), str_of(accept),
	    str_of(prefer) });
}

static size_t
look(size_t most)
{
	arena_reset(&arena);
	return capture_read(path, &arena, got, most);
}

static void
test_noted(void)
{
	struct capture	*r;

	in_new_folder();
	CHECK_INT("no file", look(10), 0);
	r = capture_open(path);
	CHECK("opened", r != NULL);
	CHECK_INT("nothing yet", look(10), 0);
	clock_set_ms(1000000);
	note(r, "/v1/a?limit=1", NULL, NULL);
	clock_set_ms(1001000);
	note(r, "/v1/a", "application/json", "return=minimal");
	clock_set_ms(1002000);
	note(r, "/v1/a", NULL, "return=minimal");
	CHECK_INT("three", look(10), 3);
	CHECK_STR("the newest first", got[0].target, "/v1/a");
	CHECK_STR("absent", got[0].accept, NULL);
	CHECK_STR("what it prefers", got[0].prefer, "return=minimal");
	CHECK_STR("what it accepts", got[1].accept, "application/json");
	CHECK_STR("the oldest", got[2].target, "/v1/a?limit=1");
	CHECK_STR("no Accept header", got[2].accept, NULL);
	CHECK_INT("two of them", look(2), 2);
	clock_set_ms(1003000);
	note(r, "/v1/a?limit=1", NULL, NULL);
	CHECK_INT("a repeated request is no new entry", look(10), 3);
	CHECK_STR("but newer", got[0].target, "/v1/a?limit=1");
	note(NULL, "/v1/a", NULL, NULL);
	capture_close(r);
	r = capture_open(path);
	CHECK_INT("stays with the file", look(10), 3);
	capture_close(r);
	capture_close(NULL);
	leave();
}

static void
test_bounds(void)
{
	struct capture	*r;
	char		 target[700];
	bool		 newest = true;
	size_t		 n;

	in_new_folder();
	r = capture_open(path);
	clock_set_ms(999000);
	memset(target, 'x', sizeof(target));
	target[0] = '/';
	target[629] = '\0';
	note(r, target, NULL, NULL);
	CHECK_INT("as long as may be", look(10), 1);
	CHECK_INT("whole", got[0].target.n, 629);
	note(r, target, "a", NULL);
	target[629] = 'x';
	target[630] = '\0';
	note(r, target, NULL, NULL);
	CHECK_INT("longer is left out", look(10), 1);
	for (int i = 0; i < 5000; i++) {
		clock_set_ms(1000000 + i);
		snprintf(target, sizeof(target), "/v1/things?cursor=%d", i);
		note(r, target, NULL, NULL);
	}
	n = look(200);
	CHECK_INT("as many as asked for", n, 200);
	for (size_t i = 0; i < n; i++)
		newest &= atoi(got[i].target.p + sizeof("/v1/things?cursor=") - 1) >= 4500;
	CHECK("of the last few hundred", newest);
	CHECK("the file is full", look(CAPTURE_MAX_READ) > 900);
	capture_close(r);
	leave();
}

/* "/n?" and n times one letter, so that a mix of two requests is detected. */
static void
one(char *to, int n)
{
	int	 at = sprintf(to, "/%d?", n);

	memset(to + at, 'a' + n % 26, (size_t)n);
	to[at + n] = '\0';
}

static pid_t
writing(unsigned seed)
{
	struct capture	*r;
	char		 target[700];
	pid_t		 pid = fork();

	if (pid != 0)
		return pid;
	for (r = capture_open(path);;) {
		one(target, (int)(rand_r(&seed) % 600));
		note(r, target, NULL, NULL);
	}
}

/* A reader sees complete requests only, while writers write and are killed. */
static void
test_shared(void)
{
	char		 want[700];
	pid_t		 pid[3];
	size_t		 n = 0, all = 0, torn = 0;

	in_new_folder();
	capture_close(capture_open(path));
	for (int round = 0; round < 20; round++) {
		for (unsigned i = 0; i < NELEMS(pid); i++)
			pid[i] = writing(i + 10 * (unsigned)round);
		for (int looks = 0; looks < 20; looks++) {
			n = look(CAPTURE_MAX_READ);
			for (size_t i = 0; i < n; i++) {
				one(want, atoi(got[i].target.p + 1));
				torn += !str_is(got[i].target, want);
			}
			all += n;
		}
		for (unsigned i = 0; i < NELEMS(pid); i++) {
			kill(pid[i], SIGKILL);
			waitpid(pid[i], NULL, 0);
		}
	}
	CHECK("something was read", all > 1000);
	CHECK_INT("none of two", torn, 0);
	leave();
}

TESTS(capture,
    { "noted once each, the newest first", test_noted },
    { "too long, too many", test_bounds },
    { "written and read by many, killed", test_shared })
