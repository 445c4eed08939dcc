#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "cache/fill.h"
#include "test.h"

#define PROCESSES	4
#define THREADS		4
#define KEYS		50
#define BOUND_US	60000000	/* longer than any machine stands still */
#define BRIEF_US	1000000
#define PLACES		16384

static char		 dir[64], path[80];
static struct fill	*fill;

static void
begin(void)
{
	snprintf(dir, sizeof(dir), "/tmp/test_fill.XXXXXX");
	if (mkdtemp(dir) == NULL)
		exit(2);
	snprintf(path, sizeof(path), "%s/fill", dir);
	if ((fill = fill_open(path)) == NULL)
		exit(2);
}

static void
end(void)
{
	char	 lock[96];

	fill_close(fill);
	snprintf(lock, sizeof(lock), "%s.lock", path);
	unlink(path);
	unlink(lock);
	CHECK("nothing else is left", rmdir(dir) == 0);
}

static void
pause_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static int64_t
soon(int64_t us)
{
	return clock_mono_us() + us;
}

static void
test_turns(void)
{
	struct fill_turn	 a, b, c;

	begin();
	CHECK_INT("the first", fill_take(fill, 7, BOUND_US, &a), FILL_MINE);
	CHECK_INT("the second", fill_take(fill, 7, BOUND_US, &b), FILL_OTHERS);
	CHECK_INT("another key", fill_take(fill, 8, BOUND_US, &c), FILL_MINE);
	fill_leave(fill, &c);
	CHECK_INT("another key at the same word",
	    fill_take(fill, 7 + PLACES, BOUND_US, &c), FILL_CROWDED);
	CHECK_INT("it is not over", fill_wait(fill, &b, soon(20000)), FILL_LATE);
	fill_leave(fill, &a);
	CHECK_INT("it is over", fill_wait(fill, &b, soon(20000)), FILL_DONE);
	CHECK_INT("the next", fill_take(fill, 7, BOUND_US, &b), FILL_MINE);
	fill_leave(fill, &a);
	CHECK_INT("a turn that was another's", fill_take(fill, 7, BOUND_US, &c), FILL_OTHERS);
	fill_leave(fill, &b);
	CHECK_INT("free again", fill_take(fill, 7 + PLACES, BOUND_US, &c), FILL_MINE);
	CHECK_INT("for the other, too", fill_wait(fill, &b, soon(20000)), FILL_DONE);
	end();
}

static void
test_late(void)
{
	struct fill_turn	 a, b, c;

	begin();
	CHECK_INT("taken for long enough", fill_take(fill, 7, BRIEF_US, &a), FILL_MINE);
	CHECK_INT("waited for", fill_take(fill, 7, BOUND_US, &b), FILL_OTHERS);
	CHECK_INT("until then", fill_wait(fill, &b, soon(BOUND_US)), FILL_DEAD);
	CHECK_INT("taken over", fill_take(fill, 7, BOUND_US, &b), FILL_MINE);
	fill_leave(fill, &a);
	CHECK_INT("who comes late leaves nothing", fill_take(fill, 7, BOUND_US, &c),
	    FILL_OTHERS);
	end();
}

static void
test_dead(void)
{
	struct fill_turn	 t;
	int64_t			 began;
	pid_t			 pid;
	int			 made[2];

	begin();
	if (pipe(made) != 0 || (pid = fork()) == -1)
		exit(2);
	if (pid == 0) {
		(void)!fill_take(fill, 7, BOUND_US, &t);
		(void)!write(made[1], "", 1);
		pause();
	}
	CHECK("it was taken", read(made[0], &(char){ 0 }, 1) == 1);
	CHECK_INT("by another", fill_take(fill, 7, BOUND_US, &t), FILL_OTHERS);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	began = clock_mono_us();
	CHECK_INT("who died", fill_wait(fill, &t, soon(BOUND_US)), FILL_DEAD);
	CHECK("is not waited for", clock_mono_us() - began < BOUND_US / 2);
	CHECK_INT("taken over", fill_take(fill, 7, BOUND_US, &t), FILL_MINE);
	close(made[0]);
	close(made[1]);
	end();
}

/* How often each was made, for all processes: what the cache would say. */
static _Atomic int	*made;

/* As the store does it: who has a turn looks once more. */
static void *
thread(void *arg)
{
	struct fill		*f = arg;
	struct fill_turn	 t;
	unsigned char		 key;

	for (key = 0; key < KEYS; key++) {
		if (fill_take(f, key, BOUND_US, &t) != FILL_MINE) {
			(void)!fill_wait(f, &t, soon(BOUND_US));
			continue;
		}
		if (made[key] == 0) {
			pause_ms(20);
			made[key]++;
		}
		fill_leave(f, &t);
	}
	return NULL;
}

static void
child(void)
{
	struct fill	*f = fill_open(path);
	pthread_t	 t[THREADS];

	for (size_t i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, thread, f) != 0)
			_exit(1);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	_exit(0);
}

/* Whoever comes finds each key being made, or made. */
static void
test_many(void)
{
	begin();
	made = mmap(NULL, KEYS * sizeof(*made), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (made == MAP_FAILED)
		exit(2);
	for (size_t i = 0; i < PROCESSES; i++)
		if (fork() == 0)
			child();
	while (wait(NULL) > 0)
		;
	for (size_t key = 0; key < KEYS; key++)
		CHECK_INT("each is made once", made[key], 1);
	munmap(made, KEYS * sizeof(*made));
	end();
}

static void
test_refused(void)
{
	CHECK("no such folder", fill_open("/nonexistent/fill") == NULL);
	fill_close(NULL);
}

TESTS(fill,
    { "one makes it", test_turns },
    { "who is late is not waited for", test_late },
    { "nor who died", test_dead },
    { "many", test_many },
    { "what can not be opened", test_refused })
