#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "gen.h"
#include "test.h"

#define PROCESSES	4
#define ROUNDS		500
#define FILE_SIZE	(64 + 65536 * 24)

static char	 dir[64], path[80];

static void
in_new_folder(void)
{
	snprintf(dir, sizeof(dir), "/tmp/test_gen.XXXXXX");
	if (mkdtemp(dir) == NULL)
		exit(2);
	snprintf(path, sizeof(path), "%s/gen", dir);
}

static void
leave(void)
{
	char	 lock[96];

	snprintf(lock, sizeof(lock), "%s.lock", path);
	unlink(path);
	unlink(lock);
	CHECK("nothing else was left in the folder", rmdir(dir) == 0);
}

static struct gen_mark
mark(struct gen *g, const char *tag)
{
	struct str	 s = str_of(tag);
	struct gen_mark	 m = { .n = 0 };

	CHECK(tag, gen_mark(g, &s, 1, &m));
	return m;
}

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
	struct gen	*g;
	struct gen_mark	 r, w;
	size_t		 i;

	for (i = 0; i < NELEMS(cases); i++) {
		in_new_folder();
		g = gen_open(path);
		CHECK("opens", g != NULL);
		r = mark(g, cases[i].read);
		w = mark(g, cases[i].written);
		if (cases[i].raise)
			gen_raise(g, &w);
		if (cases[i].lower)
			gen_lower(g, &w, cases[i].bump);
		CHECK_INT(cases[i].label, gen_fresh(g, &r), cases[i].fresh);
		gen_close(g);
		leave();
	}
}

static void
test_two_writers(void)
{
	struct gen	*g;
	struct gen_mark	 m, now;

	in_new_folder();
	g = gen_open(path);
	m = mark(g, "stock/1");
	gen_raise(g, &m);
	gen_raise(g, &m);
	gen_lower(g, &m, true);
	now = mark(g, "stock/1");
	CHECK("the first is done, the second is not", !gen_fresh(g, &now));
	gen_lower(g, &m, false);
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
	g = gen_open(path);
	for (i = 0; i <= GEN_TAGS; i++) {
		snprintf(text[i], sizeof(text[i]), "t/%zu", i % 12);
		tags[i] = str_of(text[i]);
	}
	CHECK("one tag too many", !gen_mark(g, tags, GEN_TAGS + 1, &m));
	CHECK("as many as there may be", gen_mark(g, tags, GEN_TAGS, &m));
	CHECK_INT("each cell once", m.n, 12);
	for (i = 1; i < m.n; i++)
		CHECK("rising", m.cell[i - 1] < m.cell[i]);
	CHECK("none at all", gen_mark(g, tags, 0, &m) && m.n == 0);
	CHECK("always fresh then", gen_fresh(g, &m));
	m = (struct gen_mark){ .n = 1, .cell = { 65536 } };
	CHECK("a cell that is not there", !gen_fresh(g, &m));
	m.n = GEN_TAGS + 1;
	CHECK("more cells than fit", !gen_fresh(g, &m));
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
	g = gen_open(path);
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
		{ "another size", "shorter", false },
		{ "no file any more", "missing", false },
		{ "the words not used yet", "48", true },
	};
	struct gen	*g, *h;
	struct gen_mark	 m;
	size_t		 i;

	for (i = 0; i < NELEMS(cases); i++) {
		in_new_folder();
		g = gen_open(path);
		m = mark(g, "products");
		gen_raise(g, &m);
		spoil(cases[i].what);
		h = gen_open(path);
		CHECK("opens", h != NULL);
		m = mark(h, "products");
		CHECK_INT(cases[i].label, !gen_fresh(h, &m), cases[i].kept);
		m.generation[0] = mark(g, "products").generation[0];
		CHECK_INT("a new file starts elsewhere", gen_fresh(h, &m), false);
		gen_close(g);
		gen_close(h);
		leave();
	}
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

	if (read(go, &c, 1) != 0 || (g = gen_open(path)) == NULL ||
	    !gen_mark(g, &tag, 1, &m))
		_exit(1);
	for (i = 0; i < ROUNDS; i++) {
		gen_raise(g, &m);
		gen_lower(g, &m, true);
	}
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
	g = gen_open(path);
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
    { "places of tags", test_places },
    { "a file that is no good is replaced", test_replaced },
    { "what can not be opened", test_refused },
    { "many processes at once", test_race })
