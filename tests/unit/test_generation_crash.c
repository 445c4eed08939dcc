#include <sys/ptrace.h>
#include "generation_world.h"

/*
 * Processes that die anywhere.  A child is run instruction by instruction, to
 * see how often the file changes; then others are killed right after each of
 * these changes.  What they left is swept, also by one who dies sweeping; and then the
 * file must be as if all had been done once.
 */

#define SLACK		150		/* instructions that runs may differ by */
#ifndef SWEEPS
#define SWEEPS		25		/* sweeps that die */
#endif

static const struct str	 tags[] = { { "one", 3 }, { "two", 3 } };

static bool
still_there(void *arg, uint64_t writer)
{
	*(uint64_t *)arg = writer;
	return false;
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

TESTS(generation_crash,
    { "writers that die", test_writer },
    { "sweepers that die", test_sweeper },
    { "readers that are slow", test_reader },
    { "outcomes nobody knows", test_doubt })
