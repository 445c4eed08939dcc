#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "generation_kit.h"

#define PROCESSES	4
#define ROUNDS		500

static void
test_steps(void)
{
	static const struct {
		const char	*label;
		const char	*read, *written;
		bool		 raise, lower, bump;
		bool		 fresh;
	} cases[] = {
		{ "nothing happened", "products", "products", false, false, false, true },
		{ "pending", "products", "products", true, false, false, false },
		{ "written", "products", "products", true, true, true, false },
		{ "rolled back", "products", "products", true, true, false, true },
		{ "another tag pending", "products", "orders", true, false, false, true },
		{ "another tag written", "products", "orders", true, true, true, true },
		{ "a row's tag is its own", "products", "products/1", true, true, true, true },
		{ "the empty tag", "", "", true, true, true, false },
	};
	struct generation_write	*e = NULL;
	struct generations		*g;
	struct generation_snapshot		 r;
	size_t			 i;

	for (i = 0; i < NELEMS(cases); i++) {
		in_new_folder();
		g = grown();
		r = mark(g, cases[i].read);
		if (cases[i].raise)
			e = raised(g, cases[i].written);
		if (cases[i].lower)
			generation_end_write(g, e, cases[i].bump);
		CHECK_INT(cases[i].label, generation_fresh(g, &r), cases[i].fresh);
		generation_close(g);
		leave();
	}
}

static void
test_two_writers(void)
{
	struct generation_write	*one, *two;
	struct generations		*g;
	struct generation_snapshot		 now;

	in_new_folder();
	g = grown();
	one = raised(g, "stock/1");
	two = raised(g, "stock/1");
	generation_end_write(g, one, true);
	now = mark(g, "stock/1");
	CHECK("the first is done, the second is not", !generation_fresh(g, &now));
	generation_end_write(g, two, false);
	CHECK("both are done", generation_fresh(g, &now));
	generation_invalidate_all(g);
	CHECK("all bumped", !generation_fresh(g, &now));
	generation_close(g);
	leave();
}

static void
test_marks(void)
{
	struct str	 tags[GENERATION_TAGS + 1];
	char		 text[GENERATION_TAGS + 1][16];
	struct generations	*g;
	struct generation_snapshot	 m;
	size_t		 i;

	in_new_folder();
	g = grown();
	for (i = 0; i <= GENERATION_TAGS; i++) {
		snprintf(text[i], sizeof(text[i]), "t/%zu", i % 12);
		tags[i] = str_of(text[i]);
	}
	CHECK("one tag too many", !generation_snapshot(g, tags, GENERATION_TAGS + 1, &m));
	CHECK("as many as there may be", generation_snapshot(g, tags, GENERATION_TAGS, &m));
	CHECK_INT("each cell once, and that of all", m.n, 13);
	for (i = 1; i < m.n; i++)
		CHECK("rising", m.cell[i - 1] < m.cell[i]);
	CHECK("no tags: that of all", generation_snapshot(g, tags, 0, &m) && m.n == 1);
	CHECK("fresh", generation_fresh(g, &m));
	m = (struct generation_snapshot){ .n = 1, .cell = { 65537 } };
	CHECK("a cell that is not there", !generation_fresh(g, &m));
	m.n = GENERATION_TAGS + 2;
	CHECK("more cells than fit", !generation_fresh(g, &m));
	generation_close(g);
	leave();
}

/* A write of more tags than an entry holds concerns every answer. */
static void
test_all(void)
{
	struct str		 tags[GENERATION_TAGS + 1];
	struct generation_write	*e;
	struct generation_snapshot		 m;
	struct generations		*g;
	size_t			 i;

	in_new_folder();
	g = grown();
	for (i = 0; i < NELEMS(tags); i++)
		tags[i] = STR("many");
	m = mark(g, "something else");
	e = generation_begin_write(g, tags, NELEMS(tags), 1);
	CHECK("raised", e != NULL);
	CHECK("all are pending", !generation_fresh(g, &m));
	generation_end_write(g, e, false);
	CHECK("rolled back", generation_fresh(g, &m));
	e = generation_begin_write(g, tags, NELEMS(tags), 1);
	generation_end_write(g, e, true);
	CHECK("all are stale", !generation_fresh(g, &m));
	m = mark(g, "something else");
	CHECK("and can be fresh again", generation_fresh(g, &m));
	generation_invalidate(g, tags, 1);
	CHECK("another's bump", generation_fresh(g, &m));
	generation_invalidate(g, (const struct str[]){ STR("something else") }, 1);
	CHECK("its own bump", !generation_fresh(g, &m));
	m = mark(g, "something else");
	generation_invalidate(g, tags, NELEMS(tags));
	CHECK("a bump of too many is one of all", !generation_fresh(g, &m));
	generation_close(g);
	leave();
}

/* The places of tags are part of the frozen layout. */
static void
test_places(void)
{
	static const struct {
		const char	*tag;
		uint32_t	 cell;
	} cases[] = {
		{ "", 10534 }, { "products", 22602 }, { "products/1", 65502 },
	};
	struct generations	*g;
	size_t		 i;

	in_new_folder();
	g = grown();
	for (i = 0; i < NELEMS(cases); i++)
		CHECK_INT(cases[i].tag, mark(g, cases[i].tag).cell[0], cases[i].cell);
	generation_close(g);
	leave();
}

static void
spoil(const char *what)
{
	int	 fd;

	if (strcmp(what, "shorter") == 0) {
		CHECK(what, truncate(path, FILE_SIZE - 1) == 0);
		return;
	}
	if (strcmp(what, "missing") == 0) {
		CHECK(what, unlink(path) == 0);
		return;
	}
	fd = open(path, O_RDWR);
	CHECK(what, pwrite(fd, "\xff\xff", 2, atoi(what)) == 2);
	close(fd);
}

static void
test_replaced(void)
{
	static const struct {
		const char	*label, *what;
		bool		 kept;
	} cases[] = {
		{ "another magic", "0", false },
		{ "another version", "8", false },
		{ "another number of cells", "12", false },
		{ "another run of the machine", "16", false },
		{ "another inode: a copy", "32", false },
		{ "another number of slots", "56", false },
		{ "another number of entries", "60", false },
		{ "another size", "shorter", false },
		{ "no file any more", "missing", false },
		{ "the words not used yet", "64", true },
	};
	struct generations	*g, *h;
	struct generation_snapshot	 before, m;
	size_t		 i;

	for (i = 0; i < NELEMS(cases); i++) {
		in_new_folder();
		g = grown();
		before = mark(g, "products");
		CHECK("not replaced yet", !generation_replaced(g));
		(void)raised(g, "products");
		spoil(cases[i].what);
		h = grown();
		m = mark(h, "products");
		CHECK_INT(cases[i].label, !generation_fresh(h, &m), cases[i].kept);
		CHECK_INT("the one before finds out", generation_replaced(g), !cases[i].kept);
		if (!cases[i].kept) {
			CHECK("a new file starts elsewhere", !generation_fresh(h, &before));
			CHECK("who lost it does not cache",
			    !generation_snapshot(g, &(struct str){ "", 0 }, 1, &m));
			CHECK("nor write", generation_begin_write(g, NULL, 0, 1) == NULL);
		}
		generation_close(g);
		generation_close(h);
		leave();
	}
}

/* Whoever has an old file must have looked before a new one is used. */
static void
test_young(void)
{
	struct generation_snapshot	 m;
	struct generations	*g;
	struct str	 tag = STR("products");

	in_new_folder();
	g = generation_open(path);
	CHECK("for longer than others look apart",
	    generation_young_us(g) > 1500000 && generation_young_us(g) <= 2000000);
	CHECK("nothing is cached", !generation_snapshot(g, &tag, 1, &m));
	CHECK("nor written", generation_begin_write(g, &tag, 1, 1) == NULL);
	generation_close(g);
	g = grown();
	CHECK("later it is", generation_snapshot(g, &tag, 1, &m));
	generation_close(g);
	leave();
}

static void
test_due(void)
{
	struct generations	*g;
	int64_t		 began, us;
	int		 n = 0;

	in_new_folder();
	g = grown();
	began = clock_mono_us();
	CHECK("not at once", !generation_sweep_due(g));
	while ((us = clock_mono_us() - began) < 1500000) {
		n += generation_sweep_due(g);
		nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
	}
	n += generation_sweep_due(g);
	us = clock_mono_us() - began;
	CHECK("once a second", n >= 1 && n <= us / 1000000);
	generation_close(g);
	leave();
}

static void
test_look(void)
{
	struct generation_write	*e;
	struct generation_stats	 s;
	struct generations		*g;
	uint64_t		 epoch;

	in_new_folder();
	CHECK("no file", !generation_read_stats(path, &s));
	g = grown();
	CHECK("at rest", generation_read_stats(path, &s) && s.pending == 0 && s.owners == 0 &&
	    s.writes == 0);
	epoch = s.epoch;
	e = raised(g, "products");
	CHECK("writing", generation_read_stats(path, &s) && s.pending == 1 && s.owners == 1 &&
	    s.writes == 1 && s.epoch == epoch);
	generation_end_write(g, e, true);
	generation_invalidate_all(g);
	CHECK("done", generation_read_stats(path, &s) && s.pending == 0 && s.writes == 0 &&
	    s.epoch == epoch + 1);
	generation_close(g);
	CHECK("left", generation_read_stats(path, &s) && s.owners == 0);
	leave();
}

static void
test_refused(void)
{
	struct generations	*g;

	in_new_folder();
	CHECK("no such folder", generation_open("/nonexistent/gen") == NULL);
	g = generation_open(dir);
	CHECK("a folder", g == NULL);
	generation_close(g);
	snprintf(path, sizeof(path), "%s.lock", dir);
	unlink(path);
	CHECK("and gone", rmdir(dir) == 0);
}

static void
child(int go, int tell)
{
	struct str	 tag = STR("contended");
	struct generation_snapshot	 m;
	struct generations	*g;
	char		 c;
	int		 i;

	if (read(go, &c, 1) != 0 || (g = grown()) == NULL ||
	    !generation_snapshot(g, &tag, 1, &m))
		_exit(1);
	for (i = 0; i < ROUNDS; i++)
		generation_end_write(g, raised(g, "contended"), true);
	generation_close(g);
	_exit(write(tell, m.generation, sizeof(*m.generation)) !=
	    sizeof(*m.generation));
}

/* All start at once with no file there: one file must come of it. */
static void
test_race(void)
{
	struct generation_snapshot	 m;
	struct generations	*g;
	uint64_t	 start, most = 0;
	int		 go[2], tell[2], i;

	in_new_folder();
	if (pipe(go) != 0 || pipe(tell) != 0)
		exit(2);
	for (i = 0; i < PROCESSES; i++)
		if (fork() == 0) {
			close(go[1]);
			child(go[0], tell[1]);
		}
	close(go[0]);
	close(go[1]);
	close(tell[1]);
	while (wait(NULL) > 0)
		;
	g = grown();
	m = mark(g, "contended");
	CHECK("nothing stayed pending", generation_fresh(g, &m));
	for (i = 0; read(tell[0], &start, sizeof(start)) == sizeof(start); i++)
		if (m.generation[0] - start > most)
			most = m.generation[0] - start;
	close(tell[0]);
	CHECK_INT("all found a file", i, PROCESSES);
	CHECK_INT("the same one, and no bump was lost", most, PROCESSES * ROUNDS);
	generation_close(g);
	leave();
}

TESTS(generation,
    { "fresh and stale, step by step", test_steps },
    { "two writers of one tag", test_two_writers },
    { "marks", test_marks },
    { "more tags than fit", test_all },
    { "places of tags", test_places },
    { "a file that is no good is replaced", test_replaced },
    { "a new file is not used at once", test_young },
    { "once a second", test_due },
    { "from outside", test_look },
    { "what can not be opened", test_refused },
    { "many processes at once", test_race })
