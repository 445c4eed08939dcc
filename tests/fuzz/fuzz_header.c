/*
 * Headers: entity tags by their functions, and any value of any header on its
 * way through a program that needs no database.  The first byte says which.
 */
#include "http/etag.h"
#include "fuzz_app.h"

static const char *const	 names[] = { "HTTP_ACCEPT", "HTTP_AUTHORIZATION",
	"HTTP_PREFER", "HTTP_TRACEPARENT", "HTTP_X_REQUEST_ID", "HTTP_IF_NONE_MATCH",
	"HTTP_IF_MODIFIED_SINCE", "HTTP_IF_MATCH", "REMOTE_ADDR", "HTTPS",
	"HTTP_CONTENT_ENCODING", "CONTENT_TYPE", "REQUEST_METHOD",
	"HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_ORIGIN",
	"HTTP_ACCESS_CONTROL_REQUEST_METHOD", "HTTP_ACCESS_CONTROL_REQUEST_HEADERS" };

static enum http_status
answer(struct req *rq, struct resp *rs)
{
	if (req_prefers(rq, "return", "minimal"))
		rs->modified = (struct stamp){ FUZZ_NOW * 1000, true };
	buf_puts(&rs->body, "{}");
	return resp_json(rs, HTTP_OK);
}

static const struct app		 app = { .name = "fuzz", .service = "fuzz",
	.routes = ROUTES({ .method = HTTP_GET, .path = "/v1/x", .scope = SCOPE_NONE,
	    .run = answer, .doc = "Nothing" }) };

static void
check_tags(struct arena *a, struct str value)
{
	struct str		 own = STR("\"7-9c1f03aa\"");
	enum etag_match		 m = etag_if_match(value, STR("7"));
	char			*more = arena_fmt(a, "%.*s, \"7-9c1f03aa-gzip\"",
				    STR_ARG(value));

	MUST((m == ETAG_MALFORMED) == !etag_valid(value));
	MUST(more != NULL);
	(void)!etag_none_match(value, own);
	if (m == ETAG_MALFORMED || str_is(value, "*"))
		return;
	MUST(etag_valid(str_of(more)) && etag_none_match(str_of(more), own));
	MUST(etag_if_match(str_of(more), STR("7")) == ETAG_YES);
}

static bool
may_answer(int status, const char *name)
{
	static const struct {
		const char	*name;
		int		 status[5];
	} may[] = {
		{ "HTTP_ACCEPT", { 406 } },
		{ "HTTP_AUTHORIZATION", { 400, 401 } },
		{ "HTTP_IF_NONE_MATCH", { 304, 400 } },
		{ "REQUEST_METHOD", { 204, 405, 501 } },
	};

	for (size_t i = 0; i < NELEMS(may); i++)
		for (size_t j = 0; strcmp(may[i].name, name) == 0 && j < 5; j++)
			if (may[i].status[j] == status)
				return true;
	return status == (strstr(name, "ACCESS_CONTROL") != NULL ? 204 : 200);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct program_thread *t;
	struct arena		*a = fuzz_arena();
	struct str		 value = fuzz_text(p, n);
	const char		*name = names[n == 0 ? 0 : p[0] % NELEMS(names)];
	char			*given;
	bool			 preflight = strstr(name, "ACCESS_CONTROL") != NULL;
	char			 method[32] = "REQUEST_METHOD=GET";
	char			*env[] = { NULL, method, (char[]){ "REQUEST_URI=/v1/x" },
				    (char[]){ "REMOTE_ADDR=192.0.2.1" },
				    (char[]){ "HTTP_ORIGIN=https://a.example" },
				    (char[]){ "HTTP_ACCESS_CONTROL_REQUEST_METHOD=GET" },
				    NULL };
	struct buf		 out;
	long			 stated;
	int			 status;

	buf_init(&out, a);
	if (t == NULL)
		t = fuzz_app_open(&app, &out);
	buf_init(&out, a);
	value = str_from(value, n > 0);
	value.n = n > 1 ? strnlen(value.p, value.n) : 0;
	check_tags(a, value);
	given = env[0] = arena_fmt(a, "%s=%.*s", name, STR_ARG(value));
	MUST(given != NULL);
	if (preflight)
		strcpy(method, "REQUEST_METHOD=OPTIONS");
	status = program_serve_one(t, env, STR(""), &out);
	MUST(buf_ok(&out) && may_answer(status, name));
	(void)answer_check(buf_view(&out), status, &stated);
	return 0;
}
