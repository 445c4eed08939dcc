#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "cache/flight.h"
#include "test.h"

#define PROCESSES	4
#define THREADS		4
#define KEYS		50
#define BOUND_US	60000000	/* longer than any machine stands still */
#define BRIEF_US	1000000
#define PLACES		16384

static char		 dir[64], path[80];
static struct flights	*fill;

static void
begin(void)
{
	snprintf(dir, sizeof(dir), "/tmp/test_fill.XXXXXX");
	if (mkdtemp(dir) == NULL)
		exit(2);
	snprintf(path, sizeof(path), "%s/fill", dir);
	if ((fill = flight_open(path)) == NULL)
		exit(2);
}

static void
end(void)
{
	char	 lock[96];

	flight_close(fill);
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
	struct flight_slot	 a, b, c;

	begin();
	CHECK_INT("the first", flight_begin(fill, 7, BOUND_US, &a), FLIGHT_LEADER);
	CHECK_INT("the second", flight_begin(fill, 7, BOUND_US, &b), FLIGHT_FOLLOWER);
	CHECK_INT("another key", flight_begin(fill, 8, BOUND_US, &c), FLIGHT_LEADER);
	flight_end(fill, &c);
	CHECK_INT("another key at the same word",
	    flight_begin(fill, 7 + PLACES, BOUND_US, &c), FLIGHT_COLLISION);
	CHECK_INT("it is not over", flight_wait(fill, &b, soon(20000)), FLIGHT_TIMEOUT);
	flight_end(fill, &a);
	CHECK_INT("it is over", flight_wait(fill, &b, soon(20000)), FLIGHT_DONE);
	CHECK_INT("the next", flight_begin(fill, 7, BOUND_US, &b), FLIGHT_LEADER);
	flight_end(fill, &a);
	CHECK_INT("a turn that was another's", flight_begin(fill, 7, BOUND_US, &c), FLIGHT_FOLLOWER);
	flight_end(fill, &b);
	CHECK_INT("free again", flight_begin(fill, 7 + PLACES, BOUND_US, &c), FLIGHT_LEADER);
	CHECK_INT("for the other, too", flight_wait(fill, &b, soon(20000)), FLIGHT_DONE);
	end();
}

static void
test_late(void)
{
	struct flight_slot	 a, b, c;

	begin();
	CHECK_INT("taken for long enough", flight_begin(fill, 7, BRIEF_US, &a), FLIGHT_LEADER);
	CHECK_INT("waited for", flight_begin(fill, 7, BOUND_US, &b), FLIGHT_FOLLOWER);
	CHECK_INT("until then", flight_wait(fill, &b, soon(BOUND_US)), FLIGHT_ABANDONED);
	CHECK_INT("taken over", flight_begin(fill, 7, BOUND_US, &b), FLIGHT_LEADER);
	flight_end(fill, &a);
	CHECK_INT("who comes late leaves nothing", flight_begin(fill, 7, BOUND_US, &c),
	    FLIGHT_FOLLOWER);
	end();
}

static void
test_dead(void)
{
	struct flight_slot	 t;
	int64_t			 began;
	pid_t			 pid;
	int			 made[2];

	begin();
	if (pipe(made) != 0 || (pid = fork()) == -1)
		exit(2);
	if (pid == 0) {
		(void)!flight_begin(fill, 7, BOUND_US, &t);
		(void)!write(made[1], "", 1);
		pause();
	}
	CHECK("it was taken", read(made[0], &(char){ 0 }, 1) == 1);
	CHECK_INT("by another", flight_begin(fill, 7, BOUND_US, &t), FLIGHT_FOLLOWER);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	began = clock_mono_us();
	CHECK_INT("who died", flight_wait(fill, &t, soon(BOUND_US)), FLIGHT_ABANDONED);
	CHECK("is not waited for", clock_mono_us() - began < BOUND_US / 2);
	CHECK_INT("taken over", flight_begin(fill, 7, BOUND_US, &t), FLIGHT_LEADER);
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
	struct flights		*f = arg;
	struct flight_slot	 t;
	unsigned char		 key;

	for (key = 0; key < KEYS; key++) {
		if (flight_begin(f, key, BOUND_US, &t) != FLIGHT_LEADER) {
			(void)!flight_wait(f, &t, soon(BOUND_US));
			continue;
		}
		if (made[key] == 0) {
			pause_ms(20);
			made[key]++;
		}
		flight_end(f, &t);
	}
	return NULL;
}

static void
child(void)
{
	struct flights	*f = flight_open(path);
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
	CHECK("no such folder", flight_open("/nonexistent/fill") == NULL);
	flight_close(NULL);
}

TESTS(flight,
    { "one makes it", test_turns },
    { "who is late is not waited for", test_late },
    { "nor who died", test_dead },
    { "many", test_many },
    { "what can not be opened", test_refused })
