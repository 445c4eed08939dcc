/* Paths: split, decoded, matched, and the key read. */
#include "schema/utf8.h"
#include "fuzz_resource.h"
#include "schema/json_check.h"

static void
check_segments(const struct req *rq)
{
	MUST(rq->target.segments >= 1 && rq->target.segments <= HTTP_SEGMENTS);
	for (size_t i = 0; i < rq->target.segments; i++) {
		struct str	 s = rq->target.segment[i];

		MUST(s.n > 0 && utf8_is_valid(s));
		MUST(memchr(s.p, '/', s.n) == NULL && memchr(s.p, '\0', s.n) == NULL);
		MUST(!str_is(s, ".") && !str_is(s, ".."));
	}
}

static void
check_key(struct asking *k)
{
	enum http_status	 status = resource_query(&k->rq, &k->rs);

	MUST(status == 0);
	if ((status = resource_key(&k->rq, &k->rs)) != 0)
		refusal_check(k, status, HTTP_NOT_FOUND);
	else if (k->rq.route->op != OP_LIST)
		MUST(!uuid_is_nil(((const struct plant *)k->rq.input.keys)->id));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct asking		 k;
	struct route_match	 m;

	asking_init(&k, fuzz_arena());
	k.rq.method = HTTP_HEAD;
	k.rq.target.path = fuzz_text(p, n);
	if (!route_parse_path(&k.rq))
		return 0;
	check_segments(&k.rq);
	m = route_match(k.routes, k.n, &k.rq);
	MUST((m.route != NULL) == (m.allow != 0));
	if (m.route == NULL)
		return 0;
	MUST(m.route->method == HTTP_GET && str_is(k.rq.target.segment[1], "plants"));
	k.rq.route = m.route;
	check_key(&k);
	return 0;
}
