/*
 * limit: many processes at once, the clock stopped, and processes that die
 * anywhere.  A child is run instruction by instruction, to see how often the
 * row changes while a new subject takes; then others are killed right after
 * each of these changes.
 */
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include "limit_kit.h"

#define START	INT64_C(1800000000000)
#define KIDS	8
#define ASKED	1000		/* by all of them */
#define KILLS	60

/* What children count, each for itself; `go` lets them begin together. */
static struct {
	_Atomic int	 ready, go;
	_Atomic int64_t	 naive;		/* the twin's word */
	int		 passed[KIDS][16];
} *world;

typedef bool	 taker(struct limit *, struct conf_rate, const char *);

static bool
take_right(struct limit *l, struct conf_rate r, const char *subject)
{
	return take(l, LIMIT_WRITE, r, subject, START).passed;
}

/* The planted twin: it looks, and then writes, as if it were alone. */
static bool
take_wrong(struct limit *l, struct conf_rate r, const char *subject)
{
	int64_t	 n = atomic_load(&world->naive);

	(void)l;
	(void)subject;
	sched_yield();
	if (n >= r.many)
		return false;
	atomic_store(&world->naive, n + 1);
	return true;
}

static void
play(int who, taker *one, struct conf_rate r, int subjects)
{
	struct limit	*l = opened();
	char		 name[32];

	atomic_fetch_add(&world->ready, 1);
	while (atomic_load(&world->go) == 0)
		sched_yield();
	for (int i = 0; i < ASKED / KIDS; i++)
		for (int s = 0; s < subjects; s++) {
			/* Not all in the same order. */
			int	 at = (s + who) % subjects;

			snprintf(name, sizeof(name), "subject %d", at);
			world->passed[who][at] += one(l, r, name);
		}
	limit_close(l);
	_exit(0);
}

/* ASKED requests for each subject, by all children; how many of which pass. */
static void
race(taker *one, struct conf_rate r, int subjects, int *passed)
{
	int	 status;

	in_new_folder();
	memset(world, 0, sizeof(*world));
	for (int i = 0; i < KIDS; i++)
		if (fork() == 0)
			play(i, one, r, subjects);
	while (atomic_load(&world->ready) < KIDS)
		sched_yield();
	atomic_store(&world->go, 1);
	while (wait(&status) > 0)
		CHECK_INT("a child ended", status, 0);
	for (int s = 0; s < subjects; s++) {
		passed[s] = 0;
		for (int i = 0; i < KIDS; i++)
			passed[s] += world->passed[i][s];
	}
	limit_close(opened());
	leave();
}

static const struct {
	const char	*label;
	int64_t		 many, seconds;
	int		 subjects;
} races[] = {
	{ "1 of 1000", 1, 60, 1 }, { "7 of 1000", 7, 60, 1 },
	{ "100 of 1000", 100, 60, 1 }, { "119 of 1000", 119, 60, 1 },
	{ "500 of 1000", 500, 60, 1 }, { "999 of 1000", 999, 3600, 1 },
	{ "all of 1000", 2000, 60, 1 }, { "3 of 1000, 16 subjects", 3, 60, 16 },
	{ "60 of 1000, 16 subjects", 60, 60, 16 },
};

static void
exactly_the_quota(void)
{
	for (size_t i = 0; i < NELEMS(races); i++) {
		struct conf_rate	 r = { races[i].many, races[i].seconds };
		int			 passed[16];

		race(take_right, r, races[i].subjects, passed);
		for (int s = 0; s < races[i].subjects; s++)
			CHECK_INT(races[i].label, passed[s],
			    r.many < ASKED ? r.many : ASKED);
	}
}

static void
a_twin_is_found(void)
{
	int	 passed[16];

	race(take_wrong, (struct conf_rate){ 100, 60 }, 1, passed);
	CHECK("who looks and then writes lets too many through", passed[0] > 100);
}

/* --- deaths ------------------------------------------------------------------- */

static const struct conf_rate	 five = { 5, 60 };

/* A child with the file open, stopped before it takes for "first". */
static pid_t
spawn(void)
{
	pid_t	 pid = fork();
	int	 status;

	if (pid == 0) {
		struct limit	*l = opened();

		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
			_exit(2);
		raise(SIGSTOP);
		_exit(take(l, LIMIT_READ, five, "first", START).passed ? 0 : 1);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)) {
		fprintf(stderr, "a child can not be traced\n");
		exit(2);
	}
	return pid;
}

/* On to the next change of the row; false: the child ended. */
static bool
next_change(pid_t pid, const struct limit_row *row, struct limit_row *was)
{
	int	 status;

	while (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == 0 &&
	    waitpid(pid, &status, 0) == pid && WIFSTOPPED(status))
		if (memcmp(row, was, sizeof(*was)) != 0) {
			memcpy(was, row, sizeof(*was));
			return true;
		}
	return false;
}

/* One that dies after so many changes; false: it had ended before. */
static bool
die_after(const struct limit_file *f, int changes)
{
	const struct limit_row	*row = &f->row[LIMIT_READ][row_number(f, "first")];
	static struct limit_row	 was;
	pid_t			 pid = spawn();
	bool			 alive = true;

	memcpy(&was, row, sizeof(was));
	for (int i = 0; alive && i < changes; i++)
		alive = next_change(pid, row, &was);
	if (alive) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return alive;
}

/* After its death: the quota holds, and no place of the row is lost. */
static void
look_at_the_rest(const struct limit_file *f, struct limit *l, int changes)
{
	char	 label[40];
	int	 at = 0, n;

	snprintf(label, sizeof(label), "after %d changes", changes);
	n = passes(l, LIMIT_READ, five, "first", START, 9);
	CHECK(label, n == 5 || n == 4);
	CHECK_INT(label, passes(l, LIMIT_READ, five, "first", START, 9), 0);
	for (int i = 0; i < LIMIT_PLACES - 2; i++)
		CHECK_INT(label, passes(l, LIMIT_READ, five,
		    neighbour(f, &at), START, 9), 5);
	CHECK_INT(label, passes(l, LIMIT_READ, five, "first", START, 9), 0);
}

/* A sanitizer's own instructions are too many to be stepped through. */
#if defined(__has_feature)
#define SANITIZED	(__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED	1
#else
#define SANITIZED	0
#endif

static void
death_at_each_change(void)
{
	const struct limit_file	*f;
	struct limit		*l;
	bool			 alive = !SANITIZED;
	int			 changes = 0;

	if (SANITIZED)
		puts("limit_race: not stepped through under a sanitizer");
	for (; alive; changes++) {
		in_new_folder();
		l = opened();
		f = file_there();
		alive = die_after(f, changes);
		look_at_the_rest(f, l, changes);
		limit_close(l);
		leave();
	}
	/* The word, the hash, some of the key, the word, and what is taken. */
	CHECK("there is something to it", SANITIZED || changes > 5);
}

/* Until it is killed: new subjects all over, and now and then one that counts. */
static void
churn(void)
{
	struct limit	*l = opened();
	char		 name[32];

	for (unsigned i = 0;; i++) {
		snprintf(name, sizeof(name), "%d %u", (int)getpid(), i);
		(void)take(l, LIMIT_WRITE, five, name, START);
		if (i % 64 == 0 && take(l, LIMIT_READ, five, "first", START).passed)
			atomic_fetch_add(&world->go, 1);
	}
}

static void
death_anywhere(void)
{
	struct limit	*l;
	pid_t		 pid;
	int		 n;

	in_new_folder();
	l = opened();
	atomic_store(&world->go, 0);
	for (int i = 0; i < KILLS; i++) {
		if ((pid = fork()) == 0)
			churn();
		nanosleep(&(struct timespec){ 0, 2000000 + i * 137000 }, NULL);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	/* Each may have died between its request and its count. */
	n = atomic_load(&world->go) + passes(l, LIMIT_READ, five, "first", START, 9);
	CHECK("never more than the quota", n <= 5);
	CHECK_INT("a new subject has its own", passes(l, LIMIT_COSTLY, five, "x", START, 9), 5);
	CHECK_INT("nobody waits for the dead", passes(l, LIMIT_WRITE, five, "x",
	    START + 60000, 9), 5);
	limit_close(l);
	leave();
}

static void
begin(void)
{
	world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (world == MAP_FAILED)
		exit(2);
}

TESTS(limit_race, { "begin", begin },
    { "exactly the quota", exactly_the_quota },
    { "a twin is found", a_twin_is_found },
    { "death at each change", death_at_each_change },
    { "death anywhere", death_anywhere })
