/* Query strings: into pairs, into a struct, and into a resource's statement. */
#include "schema/utf8.h"
#include "fuzz_faults.h"
#include "fuzz_resource.h"
#include "fuzz_schema.h"

static void
take_pairs(struct arena *a, struct str query)
{
	struct faults	 fs;
	struct pair	*pairs;
	size_t		 n;
	bool		 ok;

	faults_init(&fs, a);
	ok = decode_pairs(query, &pairs, &n, &fs);
	faults_check(&fs, !ok);
	for (size_t i = 0; ok && i < n; i++) {
		MUST(utf8_is_valid(pairs[i].name) && utf8_is_valid(pairs[i].value));
		for (size_t j = 0; j < i; j++)
			MUST(!str_eq(pairs[i].name, pairs[j].name));
	}
}

static void
take_struct(struct arena *a, struct str query)
{
	struct faults	 fs;
	struct asked	 out;
	bool		 ok;

	faults_init(&fs, a);
	ok = decode_query(&asked, query, &out, &fs);
	faults_check(&fs, !ok);
	MUST(!ok || (out.limit >= 1 && out.limit <= 100));
	MUST(!ok || utf8_length(out.word) <= 10);
}

static void
take_resource(struct arena *a, struct str query, enum resource_op op)
{
	struct asking		 k;
	struct statement	 st;
	struct plant		 key = { .height = 0 };
	enum http_status	 status;

	asking_init(&k, a);
	asking_route(&k, op);
	k.rq.target.query = query;
	if ((status = resource_query(&k.rq, &k.rs)) != 0) {
		refusal_check(&k, status, HTTP_BAD_REQUEST);
		return;
	}
	statement_init(&st, a);
	if (op == OP_LIST)
		sql_list(&st, &plants, k.rq.input.list);
	else
		sql_get(&st, &plants, k.rq.input.list, &key);
	statement_check(&st);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena	*a = fuzz_arena();
	struct str	 query = fuzz_text(p, n);

	take_pairs(a, query);
	take_struct(a, query);
	take_resource(a, query, OP_LIST);
	take_resource(a, query, OP_GET);
	return 0;
}
