/*
 * limit: many processes at once, the clock stopped, and processes that die
 * anywhere.  A child is run instruction by instruction, to see how often the
 * set changes while a new subject takes; then others are killed right after
 * each of these changes.
 */
#include <fcntl.h>
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
#define SUBJECTS 400

/* What children count, each for itself. */
static struct {
	_Atomic int	 ready, taken;
	_Atomic int64_t	 naive;		/* the mutant's word */
	int		 passed[KIDS][SUBJECTS];
} *world;

typedef bool	 taker(struct limit *, struct conf_rate, const char *);

static bool
take_right(struct limit *l, struct conf_rate r, const char *subject)
{
	return take(l, LIMIT_WRITE, r, subject, START).allowed;
}

/* The planted mutant: it looks, and then writes, as if it were alone. */
static bool
take_wrong(struct limit *l, struct conf_rate r, const char *subject)
{
	int64_t	 n = atomic_load(&world->naive);

	(void)l;
	(void)subject;
	nanosleep(&(struct timespec){ 0, 50000 }, NULL);
	if (n >= r.many)
		return false;
	atomic_store(&world->naive, n + 1);
	return true;
}

/* All begin with each subject together: then they meet at its word. */
static void
play(int who, taker *one, struct conf_rate r, int subjects)
{
	struct limit	*l = opened();
	char		 name[32];

	for (int s = 0; s < subjects; s++) {
		snprintf(name, sizeof(name), "subject %d", s);
		atomic_fetch_add(&world->ready, 1);
		while (atomic_load(&world->ready) < KIDS * (s + 1))
			sched_yield();
		for (int i = 0; i < ASKED / KIDS; i++)
			world->passed[who][s] += one(l, r, name);
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
	{ "all of 1000", 2000, 60, 1 }, { "3 of 1000, often", 3, 60, SUBJECTS },
	{ "500 of 1000, often", 500, 60, SUBJECTS },
};

static void
exactly_the_quota(void)
{
	for (size_t i = 0; i < NELEMS(races); i++) {
		struct conf_rate	 r = { races[i].many, races[i].seconds };
		int			 passed[SUBJECTS];

		race(take_right, r, races[i].subjects, passed);
		for (int s = 0; s < races[i].subjects; s++)
			CHECK_INT(races[i].label, passed[s],
			    r.many < ASKED ? r.many : ASKED);
	}
}

static void
a_mutant_is_found(void)
{
	int	 passed[SUBJECTS];

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
		_exit(take(l, LIMIT_READ, five, "first", START).allowed ? 0 : 1);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)) {
		fprintf(stderr, "a child can not be traced\n");
		exit(2);
	}
	return pid;
}

/* On to the next change of the set; false: the child ended. */
static bool
next_change(pid_t pid, const struct limit_set *set, struct limit_set *was)
{
	int	 status;

	while (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == 0 &&
	    waitpid(pid, &status, 0) == pid && WIFSTOPPED(status))
		if (memcmp(set, was, sizeof(*was)) != 0) {
			memcpy(was, set, sizeof(*was));
			return true;
		}
	return false;
}

/* One that dies after so many changes; false: it had ended before. */
static bool
die_after(const struct limit_file *f, int changes)
{
	const struct limit_set	*set = &f->set[LIMIT_READ][set_number(f, "first")];
	static struct limit_set	 was;
	pid_t			 pid = spawn();
	bool			 alive = true;

	memcpy(&was, set, sizeof(was));
	for (int i = 0; alive && i < changes; i++)
		alive = next_change(pid, set, &was);
	if (alive) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return alive;
}

/* After its death: the quota holds, and no slot of the set is lost. */
static void
look_at_the_rest(const struct limit_file *f, struct limit *l, int changes)
{
	char	 label[40];
	int	 at = 0, n;

	snprintf(label, sizeof(label), "after %d changes", changes);
	n = passes(l, LIMIT_READ, five, "first", START, 9);
	CHECK(label, n == 5 || n == 4);
	CHECK_INT(label, passes(l, LIMIT_READ, five, "first", START, 9), 0);
	for (int i = 0; i < LIMIT_SLOTS - 2; i++)
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

/* --- others at work ------------------------------------------------------------ */

static struct limit_slot *
slot_of(const struct limit_file *f, const char *subject)
{
	const struct limit_set	*set = &f->set[LIMIT_READ][set_number(f, "first")];
	struct limit_key	 k;

	limit_key_init(f, str_of(subject), &k);
	for (size_t i = 1; i < LIMIT_SLOTS; i++)
		if (set->slot[i].hash == k.hash &&
		    memcmp(set->slot[i].key, k.word, sizeof(k.word)) == 0)
			return (struct limit_slot *)(uintptr_t)&set->slot[i];
	return NULL;
}

/* A full set, in which `old` has no debt and all others some. */
static const char *
full_set(struct limit *l, const struct limit_file *f)
{
	static char	 old[32];
	int		 at = 0;

	snprintf(old, sizeof(old), "%s", neighbour(f, &at));
	(void)take(l, LIMIT_READ, five, old, START - 60000);
	for (int i = 0; i < LIMIT_SLOTS - 2; i++)
		(void)passes(l, LIMIT_READ, five, neighbour(f, &at), START, 3);
	return old;
}

/*
 * While "first" takes over the slot of `old`, which had the least debt, it is
 * stopped at each change of the slot: neither of them may take from it then.
 */
static void
a_slot_that_changes_hands(void)
{
	const struct limit_file	*f;
	const struct limit_set	*set;
	struct limit_set	 was;
	struct limit_slot	*p;
	struct limit		*l;
	const char		*old;
	uint64_t		 word;
	pid_t			 pid;

	if (SANITIZED)
		return;
	in_new_folder();
	l = opened();
	f = file_there();
	set = &f->set[LIMIT_READ][set_number(f, "first")];
	old = full_set(l, f);
	p = slot_of(f, old);
	pid = spawn();
	memcpy(&was, set, sizeof(was));
	CHECK("it begins", next_change(pid, set, &was));
	word = p->word;
	for (int changes = 0; p->word == word && changes < 12; changes++) {
		CHECK("its old owner counts elsewhere", take(l, LIMIT_READ, five, old,
		    START).allowed == (2 * changes < 5));
		CHECK("and so does its new one", take(l, LIMIT_READ, five, "first",
		    START).allowed == (2 * changes + 1 < 5));
		CHECK("its word is left alone", p->word == word);
		memcpy(&was, set, sizeof(was));
		if (!next_change(pid, set, &was))
			break;
	}
	CHECK("it is the new one's", slot_of(f, "first") == p);
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	waitpid(pid, NULL, 0);
	limit_close(l);
	leave();
}

/* So many instructions; false when it ended. */
static bool
steps(pid_t pid, long n)
{
	int	 status;

	while (n-- > 0)
		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) != 0 ||
		    waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
			return false;
	return true;
}

/*
 * "first" has found its slot and is stopped so many instructions on; the slot
 * becomes another's, with the same debt: what "first" takes is not taken there.
 */
static void
snatch_after(long n)
{
	const struct limit_file	*f;
	struct limit_slot	*p;
	struct limit_state	 st;
	struct limit		*l;
	char			 other[32];
	int			 at = 0;
	uint64_t		 word;
	pid_t			 pid;

	in_new_folder();
	l = opened();
	f = file_there();
	(void)take(l, LIMIT_READ, five, "first", START - 60000);
	for (int i = 0; i < LIMIT_SLOTS - 2; i++)
		(void)passes(l, LIMIT_READ, five, neighbour(f, &at), START, 3);
	p = slot_of(f, "first");
	pid = spawn();
	if (steps(pid, n)) {
		snprintf(other, sizeof(other), "%s", neighbour(f, &at));
		/* More than there is: it takes the slot, and nothing from it. */
		limit_take(l, LIMIT_READ, five, str_of(other), 6, START, &st);
		word = p->word;
		ptrace(PTRACE_CONT, pid, NULL, NULL);
		waitpid(pid, NULL, 0);
		CHECK("nothing was taken from another's slot",
		    slot_of(f, other) != p || p->word == word);
	}
	limit_close(l);
	leave();
}

static void
a_slot_that_is_gone(void)
{
	const struct limit_set	*set;
	struct limit_set	 was;
	struct limit		*l;
	long			 n = 0;
	pid_t			 pid;

	if (SANITIZED)
		return;
	in_new_folder();
	l = opened();
	set = &file_there()->set[LIMIT_READ][set_number(file_there(), "first")];
	(void)take(l, LIMIT_READ, five, "first", START - 60000);
	pid = spawn();
	memcpy(&was, set, sizeof(was));
	while (memcmp(&was, set, sizeof(was)) == 0 && steps(pid, 1))
		n++;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	limit_close(l);
	leave();
	CHECK("it took", n > 100);
	for (long k = n > 120 ? n - 120 : 0; k < n; k += 4)
		snatch_after(k);
}

/* The same hash is not the same subject. */
static void
a_hash_is_not_a_name(void)
{
	const struct limit_file	*f;
	struct limit		*l;
	uint64_t		 word = 1;
	off_t			 at;
	int			 fd;

	in_new_folder();
	l = opened();
	f = file_there();
	CHECK_INT("all of it", passes(l, LIMIT_READ, five, "first", START, 9), 5);
	fd = open(path, O_RDWR);
	at = (off_t)((uintptr_t)&slot_of(f, "first")->key[LIMIT_KEY - 1] - (uintptr_t)f);
	CHECK("another's name", pwrite(fd, &word, sizeof(word), at) == sizeof(word));
	close(fd);
	CHECK_INT("is not its own", passes(l, LIMIT_READ, five, "first", START, 9), 5);
	limit_close(l);
	leave();
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
		if (i % 64 == 0 && take(l, LIMIT_READ, five, "first", START).allowed)
			atomic_fetch_add(&world->taken, 1);
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
	atomic_store(&world->taken, 0);
	for (int i = 0; i < KILLS; i++) {
		if ((pid = fork()) == 0)
			churn();
		nanosleep(&(struct timespec){ 0, 2000000 + i * 137000 }, NULL);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	/* Each may have died between its request and its count. */
	n = atomic_load(&world->taken) + passes(l, LIMIT_READ, five, "first", START, 9);
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
    { "a mutant is found", a_mutant_is_found },
    { "death at each change", death_at_each_change },
    { "a slot that changes hands", a_slot_that_changes_hands },
    { "a slot that is gone", a_slot_that_is_gone },
    { "a hash is not a name", a_hash_is_not_a_name },
    { "death anywhere", death_anywhere })
