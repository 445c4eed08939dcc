#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "gen_kit.h"

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
	struct gen_entry	*e = NULL;
	struct gen		*g;
	struct gen_mark		 r;
	size_t			 i;

	for (i = 0; i < NELEMS(cases); i++) {
		in_new_folder();
		g = grown();
		r = mark(g, cases[i].read);
		if (cases[i].raise)
			e = raised(g, cases[i].written);
		if (cases[i].lower)
			gen_lower(g, e, cases[i].bump);
		CHECK_INT(cases[i].label, gen_fresh(g, &r), cases[i].fresh);
		gen_close(g);
		leave();
	}
}

static void
test_two_writers(void)
{
	struct gen_entry	*one, *two;
	struct gen		*g;
	struct gen_mark		 now;

	in_new_folder();
	g = grown();
	one = raised(g, "stock/1");
	two = raised(g, "stock/1");
	gen_lower(g, one, true);
	now = mark(g, "stock/1");
	CHECK("the first is done, the second is not", !gen_fresh(g, &now));
	gen_lower(g, two, false);
	CHECK("both are done", gen_fresh(g, &now));
	gen_bump_all(g);
	CHECK("all bumped", !gen_fresh(g, &now));
	gen_close(g);
	leave();
}

static void
test_marks(void)
{
	struct str	 tags[GEN_TAGS + 1];
	char		 text[GEN_TAGS + 1][16];
	struct gen	*g;
	struct gen_mark	 m;
	size_t		 i;

	in_new_folder();
	g = grown();
	for (i = 0; i <= GEN_TAGS; i++) {
		snprintf(text[i], sizeof(text[i]), "t/%zu", i % 12);
		tags[i] = str_of(text[i]);
	}
	CHECK("one tag too many", !gen_mark(g, tags, GEN_TAGS + 1, &m));
	CHECK("as many as there may be", gen_mark(g, tags, GEN_TAGS, &m));
	CHECK_INT("each cell once, and that of all", m.n, 13);
	for (i = 1; i < m.n; i++)
		CHECK("rising", m.cell[i - 1] < m.cell[i]);
	CHECK("no tags: that of all", gen_mark(g, tags, 0, &m) && m.n == 1);
	CHECK("fresh", gen_fresh(g, &m));
	m = (struct gen_mark){ .n = 1, .cell = { 65537 } };
	CHECK("a cell that is not there", !gen_fresh(g, &m));
	m.n = GEN_TAGS + 2;
	CHECK("more cells than fit", !gen_fresh(g, &m));
	gen_close(g);
	leave();
}

/* A write of more tags than an entry holds concerns every answer. */
static void
test_all(void)
{
	struct str		 tags[GEN_TAGS + 1];
	struct gen_entry	*e;
	struct gen_mark		 m;
	struct gen		*g;
	size_t			 i;

	in_new_folder();
	g = grown();
	for (i = 0; i < NELEMS(tags); i++)
		tags[i] = STR("many");
	m = mark(g, "something else");
	e = gen_raise(g, tags, NELEMS(tags), 1);
	CHECK("raised", e != NULL);
	CHECK("all are pending", !gen_fresh(g, &m));
	gen_lower(g, e, false);
	CHECK("rolled back", gen_fresh(g, &m));
	e = gen_raise(g, tags, NELEMS(tags), 1);
	gen_lower(g, e, true);
	CHECK("all are stale", !gen_fresh(g, &m));
	m = mark(g, "something else");
	CHECK("and can be fresh again", gen_fresh(g, &m));
	gen_stale(g, tags, 1);
	CHECK("another's bump", gen_fresh(g, &m));
	gen_stale(g, (const struct str[]){ STR("something else") }, 1);
	CHECK("its own bump", !gen_fresh(g, &m));
	m = mark(g, "something else");
	gen_stale(g, tags, NELEMS(tags));
	CHECK("a bump of too many is one of all", !gen_fresh(g, &m));
	gen_close(g);
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
	struct gen	*g;
	size_t		 i;

	in_new_folder();
	g = grown();
	for (i = 0; i < NELEMS(cases); i++)
		CHECK_INT(cases[i].tag, mark(g, cases[i].tag).cell[0], cases[i].cell);
	gen_close(g);
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
	struct gen	*g, *h;
	struct gen_mark	 before, m;
	size_t		 i;

	for (i = 0; i < NELEMS(cases); i++) {
		in_new_folder();
		g = grown();
		before = mark(g, "products");
		CHECK("not replaced yet", !gen_lost(g));
		(void)raised(g, "products");
		spoil(cases[i].what);
		h = grown();
		m = mark(h, "products");
		CHECK_INT(cases[i].label, !gen_fresh(h, &m), cases[i].kept);
		CHECK_INT("the one before finds out", gen_lost(g), !cases[i].kept);
		if (!cases[i].kept) {
			CHECK("a new file starts elsewhere", !gen_fresh(h, &before));
			CHECK("who lost it does not cache",
			    !gen_mark(g, &(struct str){ "", 0 }, 1, &m));
			CHECK("nor write", gen_raise(g, NULL, 0, 1) == NULL);
		}
		gen_close(g);
		gen_close(h);
		leave();
	}
}

/* Whoever has an old file must have looked before a new one is used. */
static void
test_young(void)
{
	struct gen_mark	 m;
	struct gen	*g;
	struct str	 tag = STR("products");

	in_new_folder();
	g = gen_open(path);
	CHECK("for longer than others look apart",
	    gen_young(g) > 1500000 && gen_young(g) <= 2000000);
	CHECK("nothing is cached", !gen_mark(g, &tag, 1, &m));
	CHECK("nor written", gen_raise(g, &tag, 1, 1) == NULL);
	gen_close(g);
	g = grown();
	CHECK("later it is", gen_mark(g, &tag, 1, &m));
	gen_close(g);
	leave();
}

static void
test_due(void)
{
	struct gen	*g;
	int64_t		 began, us;
	int		 n = 0;

	in_new_folder();
	g = grown();
	began = clock_mono_us();
	CHECK("not at once", !gen_due(g));
	while ((us = clock_mono_us() - began) < 1500000) {
		n += gen_due(g);
		nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
	}
	n += gen_due(g);
	us = clock_mono_us() - began;
	CHECK("once a second", n >= 1 && n <= us / 1000000);
	gen_close(g);
	leave();
}

static void
test_look(void)
{
	struct gen_entry	*e;
	struct gen_state	 s;
	struct gen		*g;
	uint64_t		 epoch;

	in_new_folder();
	CHECK("no file", !gen_look(path, &s));
	g = grown();
	CHECK("at rest", gen_look(path, &s) && s.pending == 0 && s.owners == 0 &&
	    s.notes == 0);
	epoch = s.epoch;
	e = raised(g, "products");
	CHECK("writing", gen_look(path, &s) && s.pending == 1 && s.owners == 1 &&
	    s.notes == 1 && s.epoch == epoch);
	gen_lower(g, e, true);
	gen_bump_all(g);
	CHECK("done", gen_look(path, &s) && s.pending == 0 && s.notes == 0 &&
	    s.epoch == epoch + 1);
	gen_close(g);
	CHECK("left", gen_look(path, &s) && s.owners == 0);
	leave();
}

static void
test_refused(void)
{
	struct gen	*g;

	in_new_folder();
	CHECK("no such folder", gen_open("/nonexistent/gen") == NULL);
	g = gen_open(dir);
	CHECK("a folder", g == NULL);
	gen_close(g);
	snprintf(path, sizeof(path), "%s.lock", dir);
	unlink(path);
	CHECK("and gone", rmdir(dir) == 0);
}

static void
child(int go, int tell)
{
	struct str	 tag = STR("contended");
	struct gen_mark	 m;
	struct gen	*g;
	char		 c;
	int		 i;

	if (read(go, &c, 1) != 0 || (g = grown()) == NULL ||
	    !gen_mark(g, &tag, 1, &m))
		_exit(1);
	for (i = 0; i < ROUNDS; i++)
		gen_lower(g, raised(g, "contended"), true);
	gen_close(g);
	_exit(write(tell, m.generation, sizeof(*m.generation)) !=
	    sizeof(*m.generation));
}

/* All start at once with no file there: one file must come of it. */
static void
test_race(void)
{
	struct gen_mark	 m;
	struct gen	*g;
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
	CHECK("nothing stayed pending", gen_fresh(g, &m));
	for (i = 0; read(tell[0], &start, sizeof(start)) == sizeof(start); i++)
		if (m.generation[0] - start > most)
			most = m.generation[0] - start;
	close(tell[0]);
	CHECK_INT("all found a file", i, PROCESSES);
	CHECK_INT("the same one, and no bump was lost", most, PROCESSES * ROUNDS);
	gen_close(g);
	leave();
}

TESTS(gen,
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
