/* test_scope - lists of scopes: subset and intersection. */
#include "base/log.h"
#include "crypto/scope.h"
#include "test.h"

static void
known(void)
{
	CHECK("a scope that exists", scope_exists(STR("users:admin")));
	CHECK("a scope that does not exist", !scope_exists(STR("users:rule")));
	CHECK("its begin", !scope_exists(STR("users:")));
	CHECK("two", !scope_exists(STR("users:read users:write")));
	CHECK("none", !scope_exists(STR("")));
}

static void
within(void)
{
	static const struct {
		const char	*some, *all;
		bool		 is;
	} cases[] = {
		{ "a", "a", true }, { "b a", "a b c", true }, { "a a", "a", true },
		{ "", "a", true }, { " a ", "a", true }, { "a", "", false },
		{ "ab", "a b", false }, { "a", "ab", false }, { "a d", "a b c", false },
	};

	for (size_t i = 0; i < NELEMS(cases); i++)
		CHECK(cases[i].some, scope_is_subset(str_of(cases[i].some),
		    str_of(cases[i].all)) == cases[i].is);
}

static void
common(void)
{
	static const struct {
		const char	*x, *y, *both;
	} cases[] = {
		{ "a b c", "c a", "a c" }, { "a a b", "a", "a" }, { "", "a", "" },
		{ "a", "", "" }, { "ab a", "a b", "a" }, { "a  b", "b a", "a b" },
		{ "a", "ab", "" },
	};
	struct arena	 arena;
	struct str	 both;

	log_init("test_scope", (enum log_level)0);
	if (!arena_init(&arena, 1 << 20))
		exit(2);
	for (size_t i = 0; i < NELEMS(cases); i++) {
		CHECK(cases[i].x, scope_intersect(&arena, str_of(cases[i].x),
		    str_of(cases[i].y), &both));
		CHECK_STR(cases[i].x, both, cases[i].both);
	}
	arena_free(&arena);
	if (!arena_init(&arena, 0))
		exit(2);
	CHECK("no memory", !scope_intersect(&arena, STR("a"), STR("a"), &both));
	arena_free(&arena);
}

TESTS(scope, { "known", known }, { "within", within }, { "common", common })
