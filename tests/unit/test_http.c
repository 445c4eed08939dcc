/* http: entity tags, preferences, problems, and headers that stay headers. */
#include <ctype.h>
#include <stdio.h>

#include "http/etag.h"
#include "http/resp.h"
#include "base/log.h"
#include "test.h"

static struct arena	 arena;
static struct req	 rq;
static struct resp	 rs;

static void
begin(char *const *env)
{
	log_init("test_http", (enum log_level)0);
	if (!arena_init(&arena, 1 << 20))
		exit(2);
	req_init(&rq, &arena, env);
	resp_init(&rs, &rq, "https://api.example");
}

static void
end(void)
{
	arena_free(&arena);
}

static char *const	 no_env[] = { NULL };

static void
none_match(void)
{
	static const struct {
		const char	*header, *etag;
		bool		 match;
	} cases[] = {
		{ "*", "\"a\"", true },
		{ "\"a\"", "\"a\"", true },
		{ "W/\"a\"", "\"a\"", true },
		{ "\"a\"", "W/\"a\"", true },
		{ "W/\"a\"", "W/\"a\"", true },
		{ "\"b\", \"a\"", "\"a\"", true },
		{ "\"b\",\"a\"", "\"a\"", true },
		{ "\"b\" , W/\"a\"", "\"a\"", true },
		{ "\"b\",, \"a\"", "\"a\"", true },
		{ "\"a-gzip\"", "\"a\"", true },
		{ "\"a-br\"", "\"a\"", true },
		{ "W/\"a-zstd\"", "W/\"a\"", true },
		{ "\"\"", "\"\"", true },
		{ "\"b\"", "\"a\"", false },
		{ "\"A\"", "\"a\"", false },
		{ "\"a-gzip-gzip\"", "\"a\"", false },
		{ "\"a-lzma\"", "\"a\"", false },
		{ "a", "\"a\"", false },
		{ "\"a", "\"a\"", false },
		{ "w/\"a\"", "\"a\"", false },
		{ "", "\"a\"", false },
		{ "\"ab\"", "\"a\"", false },
	};

	for (size_t i = 0; i < NELEMS(cases); i++)
		CHECK(cases[i].header, etag_none_match(str_of(cases[i].header),
		    str_of(cases[i].etag)) == cases[i].match);
}

static void
if_match(void)
{
	static const struct {
		const char	*header, *version;
		enum etag_match	 match;
	} cases[] = {
		{ "*", "7", ETAG_YES },
		{ "\"7-9c1f03aa\"", "7", ETAG_YES },
		{ "\"7-00000000\"", "7", ETAG_YES },	/* another view of the same version */
		{ "\"7\"", "7", ETAG_YES },
		{ "\"7-9c1f03aa-gzip\"", "7", ETAG_YES },
		{ "\"6-a\", \"7-a\"", "7", ETAG_YES },
		{ "\"6-a\",W/\"7-a\",\"7-b\"", "7", ETAG_YES },
		{ "\"h0011-aa\"", "h0011", ETAG_YES },
		{ "\"8-9c1f03aa\"", "7", ETAG_NO },
		{ "\"77-9c1f03aa\"", "7", ETAG_NO },
		{ "\"-7\"", "7", ETAG_NO },
		{ "\"\"", "7", ETAG_NO },
		{ "W/\"7-9c1f03aa\"", "7", ETAG_NO },
		{ "W/\"7-a\", \"6-a\"", "7", ETAG_NO },
		{ "7", "7", ETAG_MALFORMED },
		{ "\"7", "7", ETAG_MALFORMED },
		{ "7\"", "7", ETAG_MALFORMED },
		{ "\"7\" \"8\"", "7", ETAG_MALFORMED },
		{ "\"7\" x", "7", ETAG_MALFORMED },
		{ "\"7\", x", "7", ETAG_MALFORMED },
		{ "w/\"7\"", "7", ETAG_MALFORMED },
		{ "*, \"7\"", "7", ETAG_MALFORMED },
		{ "\"7\", *", "7", ETAG_MALFORMED },
		{ "\"a b\"", "7", ETAG_MALFORMED },
		{ "\"a\177\"", "7", ETAG_MALFORMED },
		{ "", "7", ETAG_MALFORMED },
		{ " ", "7", ETAG_MALFORMED },
		{ ",", "7", ETAG_MALFORMED },
	};

	for (size_t i = 0; i < NELEMS(cases); i++) {
		CHECK_INT(cases[i].header, etag_if_match(str_of(cases[i].header),
		    str_of(cases[i].version)), cases[i].match);
		CHECK_INT(cases[i].header, etag_valid(str_of(cases[i].header)),
		    cases[i].match != ETAG_MALFORMED);
	}
}

static void
preferences(void)
{
	static const struct {
		const char	*header, *name, *value;
		bool		 asked;
	} cases[] = {
		{ "resolution=merge-duplicates", "resolution", "merge-duplicates", true },
		{ "resolution = merge-duplicates", "resolution", "merge-duplicates", true },
		{ "resolution=\"merge-duplicates\"", "resolution", "merge-duplicates", true },
		{ "wait=5, resolution=merge-duplicates", "resolution", "merge-duplicates", true },
		{ "resolution=merge-duplicates; x=1", "resolution", "merge-duplicates", true },
		{ "wait=25", "wait", "25", true },
		{ "resolution=ignore-duplicates", "resolution", "merge-duplicates", false },
		{ "resolution", "resolution", "merge-duplicates", false },
		{ "x; resolution=merge-duplicates", "resolution", "merge-duplicates", false },
		{ "=merge-duplicates", "resolution", "merge-duplicates", false },
		{ "resolution=\"", "resolution", "merge-duplicates", false },
		{ "resolution=\"\"", "resolution", "merge-duplicates", false },
		{ ",;=,", "resolution", "merge-duplicates", false },
		{ "", "resolution", "merge-duplicates", false },
	};
	char	 line[128];

	for (size_t i = 0; i < NELEMS(cases); i++) {
		char *const	 env[] = { line, NULL };

		snprintf(line, sizeof(line), "HTTP_PREFER=%s", cases[i].header);
		begin(env);
		CHECK(cases[i].header, req_prefers(&rq, cases[i].name, cases[i].value) ==
		    cases[i].asked);
		end();
	}
	begin(no_env);
	CHECK("no header", !req_prefers(&rq, "a", "b"));
	end();
}

static void
requests(void)
{
	char		 uri[] = "REQUEST_URI=/a/b?c=d?e", method[] = "REQUEST_METHOD=PATCH",
			 near[] = "HTTP_ACCEPTED=no", accept[] = "HTTP_ACCEPT=", bare[] = "HTTP_X";
	char *const	 env[] = { uri, method, near, accept, bare, NULL };

	begin(env);
	CHECK_STR("path", rq.target.path, "/a/b");
	CHECK_STR("query, from the first ?", rq.target.query, "c=d?e");
	CHECK_INT("method", rq.method, HTTP_PATCH);
	CHECK_STR("an empty header is there", req_env(&rq, "HTTP_ACCEPT"), "");
	CHECK_STR("a longer name is another", req_env(&rq, "HTTP_ACC"), NULL);
	CHECK_STR("no value, no header", req_env(&rq, "HTTP_X"), NULL);
	CHECK_INT("an id", strlen(rq.id), UUID_LEN);
	end();
	begin(no_env);
	CHECK_INT("no method", rq.method, HTTP_OTHER);
	CHECK_STR("no path", rq.target.path, NULL);
	CHECK_STR("an empty query", rq.target.query, "");
	end();
	CHECK_INT("methods are upper case", http_method_of(STR("get")), HTTP_OTHER);
	CHECK_INT("OTHER is none", http_method_of(STR("OTHER")), HTTP_OTHER);
	CHECK_INT("empty", http_method_of(STR("")), HTTP_OTHER);
	for (enum http_method m = HTTP_GET; m < HTTP_METHODS; m++)
		CHECK_INT(http_method_name(m), http_method_of(str_of(http_method_name(m))), m);
}

/* What a value from outside must never do is begin another line. */
static void
headers(void)
{
	static const struct {
		const char	*label, *value, *want;	/* "": left out */
	} cases[] = {
		{ "plain", "/v1/a", "X: /v1/a\r\n" },
		{ "empty", "", "X: \r\n" },
		{ "not ASCII", "\303\274", "X: \303\274\r\n" },
		{ "a percent sign", "50%s", "X: 50%s\r\n" },
		{ "CR LF", "a\r\nSet-Cookie: b=c", "" },
		{ "LF", "a\nSet-Cookie: b=c", "" },
		{ "CR", "a\rb", "" },
		{ "a tab", "a\tb", "" },
		{ "DEL", "a\177", "" },
	};
	char	 longer[5000];

	for (size_t i = 0; i < NELEMS(cases); i++) {
		begin(no_env);
		resp_header(&rs, "X", "%s", cases[i].value);
		CHECK_TEXT(cases[i].label, rs.headers.p == NULL ? "" : rs.headers.p, cases[i].want);
		end();
	}
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	begin(no_env);
	resp_header(&rs, "X", "%s", longer);
	CHECK_INT("what is too long is left out, not cut", rs.headers.n, 0);
	end();
}

static const char *
without_id(void)
{
	static char	 text[2048];
	char		*at;

	snprintf(text, sizeof(text), "%.*s", STR_ARG(buf_view(&rs.body)));
	if ((at = strstr(text, rq.id)) != NULL)
		memmove(at, at + UUID_LEN, strlen(at + UUID_LEN) + 1);
	return text;
}

static void
problem_bodies(void)
{
	struct faults	 fs;

	begin(no_env);
	CHECK_INT("its status", resp_problem(&rs, HTTP_NOT_FOUND, "not_found", "no %s", "<a\">"), 404);
	CHECK_TEXT("a known code", without_id(), "{\"type\":\"https://api.example/problems/not-found\","
	    "\"title\":\"No such resource\",\"status\":404,\"code\":\"not_found\","
	    "\"detail\":\"no <a\\\">\",\"instance\":\"urn:uuid:\"}");
	CHECK_TEXT("its type", rs.type, "application/problem+json");
	CHECK_INT("no header", rs.headers.n, 0);
	CHECK_INT("a handler's own", resp_problem(&rs, HTTP_CONFLICT, "sku_taken", "x"), 409);
	CHECK("its title", strstr(rs.body.p, "\"title\":\"Sku taken\"") != NULL);
	CHECK("its page", strstr(rs.body.p, "/problems/sku-taken\"") != NULL);
	CHECK_INT("not now", resp_problem(&rs, HTTP_UNAVAILABLE, "unavailable", "x"), 503);
	CHECK_TEXT("when then", rs.headers.p, "Retry-After: 1\r\n");
	end();
	begin(no_env);
	faults_init(&fs, &arena);
	fault_add(&fs, "#/a", "required", "is required");
	fault_add_parameter(&fs, STR("b\""), "invalid_value", "is %d", 5);
	CHECK_INT("faults", resp_faults(&rs, HTTP_UNPROCESSABLE, "validation_failed", &fs), 422);
	CHECK("each of them", strstr(rs.body.p, "\"detail\":\"2 problems\"") != NULL);
	CHECK("and where", strstr(rs.body.p, "\"errors\":[{\"pointer\":\"#/a\",\"code\":\"required\","
	    "\"detail\":\"is required\"},{\"parameter\":\"b\\\"\",\"code\":\"invalid_value\","
	    "\"detail\":\"is 5\"}]}") != NULL);
	fs.failed = true;
	CHECK_INT("no memory for them", resp_faults(&rs, HTTP_UNPROCESSABLE, "x", &fs), 503);
	end();
}

/* The same refusals in the words of RFC 6749 5.2. */
static void
oauth_bodies(void)
{
	static const struct {
		int		 status;
		const char	*code, *error;
	} cases[] = {
		{ 400, "invalid_grant", "invalid_grant" },
		{ 401, "invalid_client", "invalid_client" },
		{ 400, "unsupported_grant_type", "unsupported_grant_type" },
		{ 400, "invalid_parameter", "invalid_request" },
		{ 405, "method_not_allowed", "invalid_request" },
		{ 413, "body_too_large", "invalid_request" },
		{ 415, "unsupported_media_type", "invalid_request" },
		{ 429, "quota_exceeded", "temporarily_unavailable" },
		{ 503, "unavailable", "temporarily_unavailable" },
		{ 500, "internal", "server_error" },
	};
	struct faults	 fs;

	for (size_t i = 0; i < NELEMS(cases); i++)
		CHECK_TEXT(cases[i].code, problem_oauth_code(cases[i].status, cases[i].code),
		    cases[i].error);
	begin(no_env);
	rs.refusal = REFUSE_OAUTH;
	CHECK_INT("its status", resp_problem(&rs, HTTP_TOO_LARGE, "body_too_large",
	    "a \"b\" \\ \303\274"), 413);
	CHECK_TEXT("no quotes, ASCII alone", rs.body.p, "{\"error\":\"invalid_request\","
	    "\"error_description\":\"a 'b' ' ''\"}");
	CHECK_TEXT("its type", rs.type, "application/json");
	CHECK_TEXT("what the log says", rs.code, "body_too_large");
	faults_init(&fs, &arena);
	fault_add_parameter(&fs, STR("a"), "required", "is required");
	fault_add_parameter(&fs, STR("b"), "too_long", "is long");
	CHECK_INT("faults", resp_faults(&rs, HTTP_BAD_REQUEST, "invalid_request", &fs), 400);
	CHECK_TEXT("each of them", rs.body.p, "{\"error\":\"invalid_request\","
	    "\"error_description\":\"a is required, b is long\"}");
	end();
}

static void
database_errors(void)
{
	static const struct {
		enum db_err	 err;
		int		 status;
		const char	*code;
	} cases[] = {
		{ DB_NOT_FOUND, 404, "not_found" }, { DB_RETRY, 503, "unavailable" },
		{ DB_TIMEOUT, 503, "unavailable" }, { DB_UNAVAILABLE, 503, "unavailable" },
		{ DB_OUTCOME_UNKNOWN, 503, "unavailable" }, { DB_DUPLICATE, 409, "conflict" },
		{ DB_BAD_REFERENCE, 409, "conflict" }, { DB_IN_USE, 409, "conflict" },
		{ DB_BAD_VALUE, 422, "validation_failed" }, { DB_BUG, 500, "internal" },
		{ DB_ABORT, 500, "internal" }, { DB_OK, 500, "internal" },
	};

	for (size_t i = 0; i < NELEMS(cases); i++) {
		begin(no_env);
		CHECK_INT(cases[i].code, resp_db_error(&rs, cases[i].err), cases[i].status);
		CHECK_TEXT(cases[i].code, rs.code, cases[i].code);
		end();
	}
}

/* Every code has a title and a status that has a reason. */
static void
test_problem_table(void)
{
	begin(no_env);
	for (const struct problem *p = problem_table; p->code != NULL; p++) {
		const char	*name = problem_title(&arena, str_of(p->code)).p;

		CHECK(name, p->title != NULL && p->title[0] != '\0');
		CHECK(name, strcmp(http_reason((int)p->status), "Unknown") != 0);
		CHECK(name, p->status >= 400);
		for (const char *c = p->code; *c != '\0'; c++)
			CHECK(name, islower((unsigned char)*c) || *c == '_' || *c == '8');
		for (const struct problem *q = problem_table; q < p; q++)
			CHECK(name, strcmp(p->code, q->code) != 0);
	}
	CHECK_TEXT("an unknown status", http_reason(299), "Unknown");
	end();
}

TESTS(http,
	{ "If-None-Match", none_match }, { "If-Match", if_match },
	{ "Prefer", preferences }, { "requests", requests }, { "headers", headers },
	{ "problems", problem_bodies }, { "the words of OAuth", oauth_bodies }, { "database errors", database_errors },
	{ "table of problems", test_problem_table })
