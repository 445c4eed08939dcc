/* json_check: duplicate names among many names and in nested objects. */
#include <stdint.h>
#include "base/log.h"
#include "schema/json_check.h"
#include "test.h"

#define MOST	((size_t)64 << 20)

/* An object of `n` names, the last one `last`; the caller frees it. */
static struct str
many_names(size_t n, const char *last)
{
	char	*p = malloc(n * 16 + 64), *at = p;
	size_t	 i;

	*at++ = '{';
	for (i = 0; i < n; i++)
		at += sprintf(at, "\"n%zu\":1,", i);
	at += sprintf(at, "\"%s\":1}", last);
	return (struct str){ p, (size_t)(at - p) };
}

static void
test_many_names(void)
{
	static const struct {
		const char	*label;
		size_t		 n;
		const char	*last;
		size_t		 most;
		enum json_fault	 fault;
	} t[] = {
		{ "31 and one", 31, "x", ARENA_KEEP, JSON_OK },
		{ "32 and one", 32, "x", ARENA_KEEP, JSON_OK },
		{ "33 and one again", 33, "n0", ARENA_KEEP, JSON_DUPLICATE_KEY },
		{ "1000", 1000, "x", MOST, JSON_OK },
		{ "1000, the first again", 1000, "n0", MOST, JSON_DUPLICATE_KEY },
		{ "1000, the last again", 1000, "n999", MOST, JSON_DUPLICATE_KEY },
		{ "1000, one escaped", 1000, "\\u006e500", MOST, JSON_DUPLICATE_KEY },
		{ "300000", 300000, "x", MOST, JSON_OK },
		{ "300000, the first again", 300000, "n0", MOST, JSON_DUPLICATE_KEY },
		{ "more than the arena holds", 10000, "x", ARENA_KEEP, JSON_NO_MEMORY },
	};
	struct arena	 a;
	struct str	 s;
	size_t		 i;

	log_init("test", LOG_ERROR);	/* a bound that is met is only a warning */
	for (i = 0; i < NELEMS(t); i++) {
		CHECK("arena", arena_init(&a, t[i].most));
		s = many_names(t[i].n, t[i].last);
		CHECK_INT(t[i].label, json_check(&a, s).fault, t[i].fault);
		free((void *)(uintptr_t)s.p);
		arena_free(&a);
	}
}

/* Names come and go with their objects while an outer one keeps its own. */
static void
test_nested_names(void)
{
	struct arena	 a;
	struct str	 s = many_names(200, "x");
	char		*p = malloc(64 + 300 * (s.n + 16)), *at = p;
	size_t		 i, last;

	CHECK("arena", arena_init(&a, MOST));
	for (i = 0; i < 300; i++)
		at += sprintf(at, "%c\"k%zu\":%.*s", i == 0 ? '{' : ',', i, STR_ARG(s));
	at[0] = '}';
	CHECK_INT("300 objects of 201 names", json_check(&a,
	    (struct str){ p, (size_t)(at - p) + 1 }).fault, JSON_OK);
	last = (size_t)(at - p) + 1;
	at += sprintf(at, ",\"k150\":1}");
	CHECK_INT("an outer name again", json_check(&a,
	    (struct str){ p, (size_t)(at - p) }).offset, last);
	free((void *)(uintptr_t)s.p);
	free(p);
	arena_free(&a);
}

TESTS(json_check_names,
    { "many names", test_many_names },
    { "names of objects in objects", test_nested_names })
