/* FastCGI records: any bytes, in pieces of two sizes, come to the same. */
#include "fuzz.h"
#include "record.h"

#define BODY	1000

static enum record_state
feed(struct record *r, const uint8_t *p, size_t n, size_t piece)
{
	record_init(r, BODY);
	for (size_t at = 0; at < n; at += piece)
		(void)record_take(r, (const char *)p + at, n - at < piece ? n - at : piece);
	return r->state;
}

static bool
same(const struct record_bytes *a, const struct record_bytes *b)
{
	return a->n == b->n && (a->n == 0 || memcmp(a->p, b->p, a->n) == 0);
}

static void
check_env(const struct record *r, struct arena *a)
{
	char	**env = record_env(r, a);
	size_t	 n = 0;

	for (; env != NULL && *env != NULL; env++)
		n += strlen(*env);
	MUST(n <= 2 * r->params.n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena	*a = fuzz_arena();
	struct record	 one, other;
	enum record_state state = feed(&one, p, n, 7);

	MUST(feed(&other, p, n, n + 1) == state);
	MUST(same(&one.params, &other.params));
	MUST(one.over == other.over && one.id == other.id);
	MUST(one.over || same(&one.body, &other.body));
	MUST(one.body.n <= BODY);
	if (state == RECORD_DONE)
		check_env(&one, a);
	record_free(&one);
	record_free(&other);
	return 0;
}
