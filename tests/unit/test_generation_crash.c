#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include "generation_kit.h"
#include "base/log.h"

/*
 * Processes that die anywhere.  A child is run instruction by instruction, to
 * see how often the file changes; then others are killed right after each of
 * these changes.  What they left is swept, also by one who dies sweeping; and then the
 * file must be as if all had been done once.
 */

#define SLACK		150		/* instructions that runs may differ by */
#ifndef SWEEPS
#define SWEEPS		25		/* sweeps that die */
#define STRESS_MS	2000
#endif
#define TAGS		4
#define WRITERS		4
#define READERS		2

static const struct str	 tags[] = { { "one", 3 }, { "two", 3 } };

/* The database of these tests, and what clients know. */
static struct {
	_Atomic int64_t	 committed[TAGS], told[TAGS], wrong, hits, writes;
} *world;

static bool
gone(void *arg, uint64_t writer)
{
	(void)arg;
	(void)writer;
	return true;
}

static bool
still_there(void *arg, uint64_t writer)
{
	*(uint64_t *)arg = writer;
	return false;
}

static void
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

static void
end(void)
{
	munmap(world, sizeof(*world));
	leave();
}

static struct generation_snapshot
both(struct generations *g)
{
	struct generation_snapshot	 m = { .n = 0 };

	CHECK("marked", generation_snapshot(g, tags, 2, &m));
	return m;
}

static struct generation_write *
write_both(struct generations *g)
{
	struct generation_write	*e = generation_begin_write(g, tags, 2, 7);

	CHECK("raised", e != NULL);
	return e;
}

/* What a child does between its stop and its end. */
static int
run_writer(struct generations *g)
{
	struct generation_write	*e = generation_begin_write(g, tags, 2, 7);

	if (e == NULL)
		return 2;
	world->committed[0]++;
	generation_end_write(g, e, true);
	return 0;
}

static int
run_sweep(struct generations *g)
{
	generation_sweep(g, gone, NULL);
	return 0;
}

static struct generation_snapshot	 old;

static int
run_reader(struct generations *g)
{
	return generation_fresh(g, &old) ? 1 : 0;
}

/* A child that has its slot, stopped where `run` begins. */
static pid_t
spawn(int (*run)(struct generations *))
{
	struct generations	*g;
	pid_t		 pid = fork();
	int		 status;

	if (pid == 0) {
		g = generation_open(path);
		if (g == NULL || ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
			_exit(2);
		generation_end_write(g, generation_begin_write(g, tags, 2, 7), false);
		raise(SIGSTOP);
		_exit(run(g));
	}
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)) {
		fprintf(stderr, "a child can not be traced\n");
		exit(2);
	}
	return pid;
}

/* So many instructions; fewer when it ended. */
static long
steps(pid_t pid, long most, int *status)
{
	long	 n;

	for (n = 0; n < most; n++) {
		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) != 0 ||
		    waitpid(pid, status, 0) != pid || !WIFSTOPPED(*status))
			return n;
	}
	return n;
}

/* All that a run may change: slots and entries of the first few, two cells. */
struct view {
	char		 slots[256 * 8], entries[4 * 64 * 128];
	uint64_t	 cells[2][3];
	int64_t		 committed;
};

static void
look(int fd, const struct generation_snapshot *m, struct view *v)
{
	size_t	 i;

	if (pread(fd, v->slots, sizeof(v->slots), 128) != sizeof(v->slots) ||
	    pread(fd, v->entries, sizeof(v->entries), 128 + sizeof(v->slots)) !=
	    sizeof(v->entries))
		exit(2);
	for (i = 0; i < 2; i++)
		if (pread(fd, v->cells[i], sizeof(v->cells[i]), CELLS_AT +
		    24 * (off_t)m->cell[i]) != sizeof(v->cells[i]))
			exit(2);
	v->committed = world->committed[0];
}

/* A run: instructions before its first change, and how many changes. */
struct trace {
	long	 quiet;
	size_t	 changes;
};

/* On to the next change; false: the child ended. */
static bool
next_change(pid_t pid, int fd, const struct generation_snapshot *m, struct view *was,
    long *taken, int *status)
{
	static struct view	 now;

	while (steps(pid, 1, status) == 1) {
		++*taken;
		look(fd, m, &now);
		if (memcmp(was, &now, sizeof(now)) != 0) {
			*was = now;
			return true;
		}
	}
	return false;
}

static struct trace
trace(struct generations *g, int (*run)(struct generations *))
{
	static struct view	 view;
	struct trace		 t = { 0, 0 };
	struct generation_snapshot		 m = both(g);
	pid_t			 pid = spawn(run);
	int			 fd = open(path, O_RDONLY), status = 0;
	long			 taken = 0;

	look(fd, &m, &view);
	while (next_change(pid, fd, &m, &view, &taken, &status))
		if (t.changes++ == 0)
			t.quiet = taken > SLACK ? taken - SLACK : 0;
	close(fd);
	CHECK("it ran to its end", WIFEXITED(status) && WEXITSTATUS(status) != 2);
	return t;
}

/* After so many changes, if it gets there; 0: before the first. */
static void
kill_at(struct generations *g, int (*run)(struct generations *), const struct trace *t, size_t change)
{
	static struct view	 view;
	struct generation_snapshot		 m = both(g);
	pid_t			 pid = spawn(run);
	int			 fd = open(path, O_RDONLY), status = 0;
	long			 taken = steps(pid, t->quiet, &status);
	bool			 alive = taken == t->quiet;

	look(fd, &m, &view);
	for (size_t i = 0; alive && i < change; i++)
		alive = next_change(pid, fd, &m, &view, &taken, &status);
	close(fd);
	if (alive) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
}

/*
 * One writer lives and has raised all along.  `busy`: others write the same
 * cells between the death and the sweep.
 */
static void
die_at(struct generations *g, const struct trace *t, size_t n, bool busy,
    void (*sweep)(struct generations *))
{
	struct generation_write	*live = write_both(g);
	struct generation_snapshot		 before = both(g), after;
	int64_t			 had = world->committed[0];
	bool			 stale;
	char			 label[64];

	snprintf(label, sizeof(label), "after %zu changes%s", n,
	    busy ? ", then others" : "");
	kill_at(g, run_writer, t, n);
	if (busy)
		generation_end_write(g, write_both(g), false);
	sweep(g);
	after = both(g);
	stale = before.generation[0] != after.generation[0] &&
	    before.generation[1] != after.generation[1];
	CHECK(label, stale || world->committed[0] == had);
	CHECK(label, !generation_fresh(g, &after));
	generation_end_write(g, live, false);
	CHECK(label, generation_fresh(g, &after));
}

static void
sweep_once(struct generations *g)
{
	generation_sweep(g, gone, NULL);
}

/* A sanitizer's own instructions are too many to be stepped through. */
#if defined(__has_feature)
#define SANITIZED	(__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED	1
#else
#define SANITIZED	0
#endif

static bool
can_step(void)
{
	if (SANITIZED)
		puts("gen_crash: not stepped through under a sanitizer");
	return !SANITIZED;
}

static void
test_writer(void)
{
	struct generations	*g;
	struct trace	 t;

	if (!can_step())
		return;
	begin();
	g = generation_open(path);
	t = trace(g, run_writer);
	/* State, cells, entry; two cells twice, each with a count; bumps. */
	CHECK("there is something to it", t.changes > 14);
	for (size_t i = 0; i <= t.changes; i++) {
		die_at(g, &t, i, false, sweep_once);
		die_at(g, &t, i, true, sweep_once);
	}
	generation_close(g);
	end();
}

static struct trace	 sweep;
static size_t		 sweep_dies;

static void
sweep_dying(struct generations *g)
{
	kill_at(g, run_sweep, &sweep, sweep_dies);
	generation_end_write(g, write_both(g), false);
	generation_sweep(g, gone, NULL);
}

static void
test_sweeper(void)
{
	struct generations	*g;
	struct trace	 t;

	if (!can_step())
		return;
	begin();
	g = generation_open(path);
	srand(1);
	t = trace(g, run_writer);
	kill_at(g, run_writer, &t, t.changes * 3 / 4);
	sweep = trace(g, run_sweep);
	CHECK("there is something to it", sweep.changes > 2);
	for (size_t i = 0; i < SWEEPS; i++) {
		sweep_dies = (size_t)rand() % (sweep.changes + 1);
		die_at(g, &t, (size_t)rand() % (t.changes + 1), i % 2, sweep_dying);
	}
	generation_close(g);
	end();
}

/* Committed and not bumped: whoever reads on through the rest sees it stale. */
static void
test_reader(void)
{
	struct generation_write	*e;
	struct generations		*g;
	long			 most, n;
	pid_t			 pid;
	int			 status;

	if (!can_step())
		return;
	begin();
	g = generation_open(path);
	old = both(g);
	most = steps(spawn(run_reader), 10000000, &status);
	CHECK("there is something to it", most > 20);
	for (n = 0; n < most; n += 4) {
		old = both(g);
		e = write_both(g);
		pid = spawn(run_reader);
		(void)steps(pid, n, &status);
		generation_end_write(g, e, true);
		if (ptrace(PTRACE_CONT, pid, NULL, NULL) == 0)
			(void)waitpid(pid, &status, 0);
		CHECK_INT("not fresh", WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
	}
	generation_close(g);
	end();
}

/* Marks of a COMMIT that may still happen stay, whoever made them. */
static void
test_doubt(void)
{
	struct generation_write	*e;
	struct generation_snapshot		 m;
	struct generations		*g, *h;
	uint64_t		 asked = 0;

	begin();
	g = generation_open(path);
	h = generation_open(path);
	e = generation_begin_write(g, tags, 2, 41);
	m = both(g);
	generation_sweep(g, gone, NULL);
	generation_sweep(h, gone, NULL);
	CHECK("a living writer's marks are its own", !generation_fresh(h, &m));
	generation_leave_pending(g, e);
	generation_sweep(h, gone, NULL);
	CHECK("also those in doubt", !generation_fresh(h, &m));
	generation_sweep(g, still_there, &asked);
	CHECK_INT("its connection is asked for", asked, 41);
	CHECK("it is there: still raised", !generation_fresh(g, &m));
	m = both(g);
	generation_sweep(g, gone, NULL);
	CHECK("gone: bumped", !generation_fresh(g, &m));
	m = both(g);
	CHECK("and lowered", generation_fresh(g, &m));

	e = generation_begin_write(g, tags, 2, 42);
	generation_leave_pending(g, e);
	generation_close(g);
	generation_sweep(h, still_there, &asked);
	CHECK_INT("one that ended in doubt", asked, 42);
	m = both(h);
	CHECK("still raised", !generation_fresh(h, &m));
	g = generation_open(path);
	generation_end_write(g, generation_begin_write(g, tags, 1, 1), false);
	CHECK("a new owner of the slot", !generation_fresh(h, &m));
	generation_sweep(g, gone, NULL);
	generation_sweep(h, gone, NULL);
	m = both(h);
	CHECK("settled", generation_fresh(h, &m));
	generation_close(g);
	generation_close(h);
	end();
}

static void
tell(size_t tag, int64_t version)
{
	int64_t	 told = world->told[tag];

	while (told < version &&
	    !atomic_compare_exchange_weak(&world->told[tag], &told, version))
		;
}

static void
write_for_ever(unsigned seed)
{
	struct generations		*g = generation_open(path);
	struct generation_write	*e;
	struct str		 tag[2];
	char			 text[2][8];
	int64_t			 mine;
	size_t			 i;

	for (srand(seed);;) {
		i = (size_t)rand() % TAGS;
		snprintf(text[0], 8, "t%zu", i);
		snprintf(text[1], 8, "t%zu", (size_t)rand() % TAGS);
		tag[0] = str_of(text[0]);
		tag[1] = str_of(text[1]);
		if ((e = generation_begin_write(g, tag, 2, 1)) == NULL)
			_exit(1);
		mine = ++world->committed[i];
		generation_end_write(g, e, true);
		tell(i, mine);
		world->writes++;
	}
}

struct kept {
	struct generation_snapshot	 m;
	int64_t		 version;
};

static void
read_for_ever(unsigned seed)
{
	struct generations	*g = generation_open(path);
	struct kept	 kept[TAGS] = { { .version = 0 } };
	struct str	 tag;
	char		 text[8];
	int64_t		 least;
	size_t		 i;

	for (srand(seed);;) {
		i = (size_t)rand() % TAGS;
		snprintf(text, sizeof(text), "t%zu", i);
		tag = str_of(text);
		least = world->told[i];
		if (kept[i].m.n != 0 && generation_fresh(g, &kept[i].m)) {
			world->hits++;
		} else {
			if (!generation_snapshot(g, &tag, 1, &kept[i].m))
				_exit(1);
			kept[i].version = world->committed[i];
		}
		if (kept[i].version < least)
			world->wrong++;
		tell(i, kept[i].version);
	}
}

static pid_t
run_for_ever(void (*run)(unsigned), unsigned seed)
{
	pid_t	 pid = fork();

	if (pid == 0)
		run(seed);
	return pid;
}

static void
end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void
test_stress(void)
{
	struct generations	*g;
	struct generation_snapshot	 m;
	struct generation_stats s;
	pid_t		 pid[WRITERS + READERS];
	char		 text[8];
	size_t		 i, kills;

	begin();
	g = generation_open(path);
	for (i = 0; i < NELEMS(pid); i++)
		pid[i] = run_for_ever(i < WRITERS ? write_for_ever : read_for_ever,
		    (unsigned)i);
	for (kills = 0; kills < STRESS_MS / 5; kills++) {
		nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
		i = kills % WRITERS;
		end_child(pid[i]);
		pid[i] = run_for_ever(write_for_ever, (unsigned)kills);
		if (kills % 3 == 0)
			generation_sweep(g, gone, NULL);
	}
	for (i = 0; i < NELEMS(pid); i++)
		end_child(pid[i]);
	generation_sweep(g, gone, NULL);
	CHECK_INT("stale reads", world->wrong, 0);
	CHECK("some were answered from what was kept", world->hits > 1000);
	CHECK("some were written", world->writes > 1000);
	for (i = 0; i < TAGS; i++) {
		snprintf(text, sizeof(text), "t%zu", i);
		m = mark(g, text);
		CHECK("nothing is left pending", generation_fresh(g, &m));
	}
	CHECK("no slot either", generation_read_stats(path, &s) && s.owners == 0 && s.writes == 0);
	generation_close(g);
	end();
}

TESTS(generation_crash,
    { "writers that die", test_writer },
    { "sweepers that die", test_sweeper },
    { "readers that are slow", test_reader },
    { "outcomes nobody knows", test_doubt },
    { "many that are killed", test_stress })
