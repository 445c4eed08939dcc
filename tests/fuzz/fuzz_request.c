/*
 * Whole requests, with no database to be reached: the answer is one that the
 * tables have, never 500; 503 only for want of the database; well-formed, and
 * no line of it from the client.
 *
 *	METHOD URI
 *	CGI_VARIABLE=value		"@" is a token that may do all
 *					(empty line)
 *	body
 */
#include "fuzz_app.h"
#include "fuzz_resource.h"
#include "fuzz_schema.h"

#define MAX_LINES	16

static char	*token_text;

static enum http_status
echo(struct req *rq, struct resp *rs)
{
	return resp_object(rs, HTTP_OK, &thing, BODY(rq, struct thing));
}

static const struct app		 app = { .name = "fuzz", .service = "fuzz",
	.resources = RESOURCES(&plants),
	.routes = ROUTES({ .method = HTTP_POST, .path = "/v1/echo", .scope = SCOPE_NONE,
	    .run = echo, .body = &thing, .params = &asked, .answer = &thing,
	    .doc = "What was sent" }) };

/* A CGI variable ends at a NUL, as it would on its way here. */
static char *
variable(struct arena *a, const char *before, struct str s)
{
	struct str	 value = s, name;
	char		*text;

	if (s.p == NULL)
		s = STR("");
	name = str_cut(&value, '=');
	if (str_is(value, "@"))
		text = arena_fmt(a, "%.*s=Bearer %s", STR_ARG(name), token_text);
	else
		text = arena_fmt(a, "%s%.*s", before, STR_ARG(s));
	MUST(text != NULL);
	return text;
}

/* Everything above the empty line. */
static void
environment(struct arena *a, struct str *rest, char *env[MAX_LINES])
{
	struct str	 line = str_cut(rest, '\n'), method = str_cut(&line, ' ');
	size_t		 n = 0;

	env[n++] = variable(a, "REQUEST_METHOD=", method);
	env[n++] = variable(a, "REQUEST_URI=", line);
	while (rest->p != NULL && (line = str_cut(rest, '\n')).n > 0 &&
	    n < MAX_LINES - 1)
		env[n++] = variable(a, "", line);
	env[n] = NULL;
}

static void
check_status(int status, struct str body)
{
	MUST(status != HTTP_INTERNAL);
	MUST(status == HTTP_OK || status == HTTP_NO_CONTENT || is_documented(status));
	if (status == HTTP_UNAVAILABLE && body.n > 0)
		MUST(memmem(body.p, body.n, "database is not reachable", 25) != NULL);
}

static void
check_answer(struct arena *a, struct str out, int status, bool head)
{
	long			 stated;
	struct str		 body = answer_check(out, status, &stated);
	struct json_check_result	 r;

	check_status(status, body);
	if (head || status == HTTP_NO_CONTENT) {
		MUST(body.n == 0);
		return;
	}
	r = json_check(a, body);
	MUST(stated == (long)body.n && r.fault == JSON_OK);
}

static void
keep_token(struct buf *b)
{
	token_text = strdup(b->p);
	MUST(token_text != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct program_thread *t;
	struct arena		*a = fuzz_arena();
	struct str		 rest = fuzz_text(p, n);
	char			*env[MAX_LINES];
	struct buf		 out;
	int			 status;

	buf_init(&out, a);
	if (t == NULL) {
		t = fuzz_app_open(&app, &out);
		keep_token(&out);
		buf_init(&out, a);
	}
	environment(a, &rest, env);
	if (rest.p == NULL)
		rest = STR("");
	status = program_serve_one(t, env, rest, &out);
	MUST(buf_ok(&out));
	check_answer(a, buf_view(&out), status, strcmp(env[0], "REQUEST_METHOD=HEAD") == 0);
	return 0;
}
