/*
 * header: what the answers of a whole program say about quotas, retirement,
 * pages elsewhere; and whose a request is.  In memory, the clock stopped.
 */
#include <unistd.h>

#include "app.h"
#include "program/program.h"
#include "base/clock.h"
#include "base/log.h"
#include "test.h"

#define START	INT64_C(1800000000000)

static char		 folder[] = "/tmp/test_header.XXXXXX";
static struct arena	 arena;
static struct conf	 conf;
static struct program_thread *thread;

static enum http_status
answer(struct req *rq, struct resp *rs)
{
	buf_fmt(&rs->body, "{\"ip\":\"%.*s\",\"https\":%d,\"local\":%d,\"trace\":\"%s\"}",
	    STR_ARG(rq->origin.address), rq->origin.https, rq->origin.local, rq->trace);
	return resp_json(rs, HTTP_OK);
}

#define ROW(m, p)	.method = (m), .path = (p), .scope = SCOPE_NONE,	\
	.run = answer, .doc = "X"

static const struct app	 app = { .name = "test", .service = "test",
	.routes = ROUTES({ ROW(HTTP_GET, "/plain") },
	    { ROW(HTTP_POST, "/plain") },
	    { ROW(HTTP_GET, "/login"), .limit = LIMIT_AUTH },
	    { ROW(HTTP_GET, "/free"), .limit = LIMIT_NONE },
	    { .method = HTTP_GET, .path = "/mine", .scope = SCOPE_OWN, .run = answer,
	      .doc = "X" },
	    { ROW(HTTP_GET, "/old"), .deprecated = "2027-01-31", .limit = LIMIT_NONE },
	    { ROW(HTTP_GET, "/older"), .deprecated = "2026-03-01",
	      .sunset = "2027-12-31", .limit = LIMIT_NONE }) };

static void
begin(void)
{
	struct buf	 told;

	log_init("test", (enum log_level)0);
	clock_set_ms(START);
	if (mkdtemp(folder) == NULL || !arena_init(&arena, 1 << 20))
		exit(2);
	buf_init(&told, &arena);
	(void)setenv("BRISK_SECRET", "header-header-header-header-header", 1);
	if (!conf_load(&conf, &told))
		exit(2);
	conf.database_socket = "/nowhere/db.sock";
	conf.cache_socket = "";
	conf.run_dir = folder;
	conf.limit_auth = (struct conf_rate){ 2, 60 };
	conf.limit_public = (struct conf_rate){ 3, 60 };
	conf.limit_write = (struct conf_rate){ 4, 60 };
	conf.trusted_proxies = "10.0.0.0/8 2001:db8::/32";
	if ((thread = program_open_alone(&app, &conf)) == NULL)
		exit(2);
}

static void
end(void)
{
	char	 command[64];

	program_thread_close(thread);
	arena_free(&arena);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	CHECK_INT("the folder is gone", system(command), 0);
}

/* The whole answer of METHOD PATH from this address, with one more variable. */
static const char *
ask(const char *method, const char *path, const char *address, const char *more)
{
	char		*env[] = { arena_fmt(&arena, "REQUEST_METHOD=%s", method),
			    arena_fmt(&arena, "REQUEST_URI=%s", path),
			    arena_fmt(&arena, "REMOTE_ADDR=%s", address),
			    arena_fmt(&arena, "%s", more), NULL };
	struct buf	 out;

	buf_init(&out, &arena);
	(void)!program_serve_one(thread, env, STR(""), &out);
	return buf_ok(&out) ? out.p : "";
}

/* The value of a header; NULL: it is not there. */
static const char *
header(const char *text, const char *name)
{
	char		*line = arena_fmt(&arena, "\r\n%s: ", name);
	const char	*at = strstr(text, line);

	at = at == NULL ? NULL : at + strlen(line);
	return at == NULL ? NULL :
	    arena_fmt(&arena, "%.*s", (int)strcspn(at, "\r"), at);
}

/* In this order, each from its address; a minute may pass before. */
static const struct {
	const char	*label, *method, *path, *address, *more, *status, *policy, *left;
	const char	*retry;
	int		 wait_s;
} quotas[] = {
#define PUBLIC	"\"public\";q=3;w=60"
	{ "one", "GET", "/plain", "9.9.9.9", "", "200", PUBLIC, "\"public\";r=2;t=20", NULL, 0 },
	{ "two", "GET", "/plain", "9.9.9.9", "", "200", PUBLIC, "\"public\";r=1;t=40", NULL, 0 },
	{ "HEAD", "HEAD", "/plain", "9.9.9.9", "", "200", PUBLIC, "\"public\";r=0;t=20", NULL, 0 },
	{ "four", "GET", "/plain", "9.9.9.9", "", "429", PUBLIC, "\"public\";r=0;t=20", "20", 0 },
	{ "another", "GET", "/plain", "9.9.9.8", "", "200", PUBLIC, "\"public\";r=2;t=20", NULL, 0 },
	{ "400", "GET", "/plain?x=1", "9.9.9.8", "", "400", PUBLIC, "\"public\";r=1;t=40", NULL, 0 },
	{ "a write without a token: by address", "POST", "/plain", "9.9.9.9", "", "200",
	  "\"write\";q=4;w=60", "\"write\";r=3;t=15", NULL, 0 },
	{ "a login", "GET", "/login", "9.9.9.9", "", "200", "\"auth\";q=2;w=60",
	  "\"auth\";r=1;t=30", NULL, 0 },
	{ "a login", "GET", "/login", "9.9.9.9", "", "200", "\"auth\";q=2;w=60",
	  "\"auth\";r=0;t=30", NULL, 0 },
	{ "before a token is judged", "GET", "/login", "9.9.9.9",
	  "HTTP_AUTHORIZATION=Bearer x.y.z", "429", "\"auth\";q=2;w=60",
	  "\"auth\";r=0;t=30", "30", 0 },
	{ "no token", "GET", "/mine", "9.9.9.8", "", "401", PUBLIC, "\"public\";r=0;t=20", NULL, 0 },
	{ "no token, too often", "GET", "/mine", "9.9.9.8", "", "429", PUBLIC,
	  "\"public\";r=0;t=20", "20", 0 },
	{ "a second before", "GET", "/plain", "9.9.9.9", "", "429", PUBLIC,
	  "\"public\";r=0;t=1", "1", 19 },
	{ "there is one again", "GET", "/plain", "9.9.9.9", "", "200", PUBLIC,
	  "\"public\";r=0;t=20", NULL, 1 },
	{ "no quota", "GET", "/free", "9.9.9.9", "", "200", NULL, NULL, NULL, 0 },
	{ "OPTIONS", "OPTIONS", "/plain", "9.9.9.9", "", "204", NULL, NULL, NULL, 0 },
	{ "405", "DELETE", "/plain", "9.9.9.9", "", "405", NULL, NULL, NULL, 0 },
	{ "404", "GET", "/none", "9.9.9.9", "", "404", NULL, NULL, NULL, 0 },
	{ "no address at all", "GET", "/plain", "", "", "200", PUBLIC,
	  "\"public\";r=2;t=20", NULL, 0 },
};

static void
test_quotas(void)
{
	int64_t	 now = START;

	for (size_t i = 0; i < NELEMS(quotas); i++) {
		const char	*text;

		now += (int64_t)quotas[i].wait_s * 1000;
		clock_set_ms(now);
		text = ask(quotas[i].method, quotas[i].path, quotas[i].address,
		    quotas[i].more);
		CHECK(quotas[i].label, strncmp(text + strlen("Status: "),
		    quotas[i].status, 3) == 0);
		CHECK_TEXT(quotas[i].label, header(text, "RateLimit-Policy"),
		    quotas[i].policy);
		CHECK_TEXT(quotas[i].label, header(text, "RateLimit"), quotas[i].left);
		CHECK_TEXT(quotas[i].label, header(text, "Retry-After"), quotas[i].retry);
	}
}

#define FOR	"HTTP_X_FORWARDED_FOR="

static const struct {
	const char	*address, *more, *ip;
	bool		 https, local;
} clients[] = {
	{ "9.9.9.9", "", "9.9.9.9", false, false },
	{ "9.9.9.9", FOR "1.1.1.1", "9.9.9.9", false, false },
	{ "10.0.0.1", "", "10.0.0.1", false, false },
	{ "10.0.0.1", FOR "1.1.1.1", "1.1.1.1", false, false },
	{ "10.0.0.1", FOR "2.2.2.2, 1.1.1.1", "1.1.1.1", false, false },
	{ "10.0.0.1", FOR "2.2.2.2,1.1.1.1\t, 10.3.3.3 ,2001:db8::5", "1.1.1.1", false, false },
	{ "10.0.0.1", FOR "10.3.3.3", "10.3.3.3", false, false },
	{ "10.0.0.1", FOR "10.4.4.4, 10.3.3.3", "10.4.4.4", false, false },
	{ "10.0.0.1", FOR "", "10.0.0.1", false, false },
	{ "10.0.0.1", FOR ",", "10.0.0.1", false, false },
	{ "10.0.0.1", FOR "1.1.1.1:80", "10.0.0.1", false, false },
	{ "10.0.0.1", FOR "1.1.1.1, x", "10.0.0.1", false, false },
	{ "10.0.0.1", FOR "x, 1.1.1.1", "1.1.1.1", false, false },
	{ "10.0.0.1", FOR "\"1.1.1.1\"", "10.0.0.1", false, false },
	{ "2001:db8::1", FOR "2001:4860::8", "2001:4860::8", false, false },
	{ "", FOR "1.1.1.1", "", false, false },
	{ "9.9.9.9", "HTTPS=on", "9.9.9.9", true, false },
	{ "9.9.9.9", "HTTPS=ON", "9.9.9.9", true, false },
	{ "9.9.9.9", "HTTPS=1", "9.9.9.9", true, false },
	{ "9.9.9.9", "HTTPS=off", "9.9.9.9", false, false },
	{ "9.9.9.9", "HTTPS=", "9.9.9.9", false, false },
	{ "9.9.9.9", "HTTP_X_FORWARDED_PROTO=https", "9.9.9.9", false, false },
	{ "10.0.0.1", "HTTP_X_FORWARDED_PROTO=https", "10.0.0.1", true, false },
	{ "10.0.0.1", "HTTP_X_FORWARDED_PROTO=http", "10.0.0.1", false, false },
	{ "127.0.0.1", "", "127.0.0.1", false, true },
	{ "127.9.9.9", "", "127.9.9.9", false, true },
	{ "::1", "", "::1", false, true },
	{ "::ffff:127.0.0.1", "", "::ffff:127.0.0.1", false, true },
	{ "127.0.0.1", FOR "127.0.0.1", "127.0.0.1", false, false },
	{ "127.0.0.1", FOR "", "127.0.0.1", false, false },
	{ "10.0.0.1", FOR "127.0.0.1", "127.0.0.1", false, true },
	{ "12.0.0.1", "", "12.0.0.1", false, false },
	{ "127.0.0.1.evil", "", "127.0.0.1.evil", false, false },
};

static void
test_clients(void)
{
	for (size_t i = 0; i < NELEMS(clients); i++) {
		char		*label = arena_fmt(&arena, "%s %s", clients[i].address,
				    clients[i].more);
		char		*want = arena_fmt(&arena, "{\"ip\":\"%s\",\"https\":%d,"
				    "\"local\":%d,", clients[i].ip, clients[i].https,
				    clients[i].local);
		const char	*text = ask("GET", "/free", clients[i].address,
				    clients[i].more);

		CHECK(label, strstr(text, want) != NULL);
		CHECK_TEXT(label, header(text, "Strict-Transport-Security"),
		    clients[i].https ? "max-age=63072000; includeSubDomains" : NULL);
	}
}

/* A new trace has the digits of the request's id. */
static void
test_traces(void)
{
	const char	*text = ask("GET", "/free", "9.9.9.9", "HTTP_TRACEPARENT=00-x");
	const char	*id = header(text, "X-Request-Id");
	char		 want[48] = "\"trace\":\"";
	size_t		 n = strlen(want);

	for (; id != NULL && *id != '\0'; id++)
		if (*id != '-')
			want[n++] = *id;
	CHECK("a new one", strstr(text, want) != NULL && n == 9 + TRACE_LEN);
	text = ask("GET", "/free", "9.9.9.9", "HTTP_TRACEPARENT="
	    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
	CHECK("the client's", strstr(text, "\"4bf92f3577b34da6a3ce929d0e0e4736\"") != NULL);
}

static void
test_retirement(void)
{
	const char	*text = ask("GET", "/old", "9.9.9.9", "");

	CHECK_TEXT("RFC 9745", header(text, "Deprecation"), "@1801353600");
	CHECK_TEXT("no end yet", header(text, "Sunset"), NULL);
	text = ask("GET", "/older?x=1", "9.9.9.9", "");
	CHECK_TEXT("also on errors", header(text, "Deprecation"), "@1772323200");
	CHECK_TEXT("RFC 8594", header(text, "Sunset"), "Fri, 31 Dec 2027 00:00:00 GMT");
	text = ask("GET", "/free", "9.9.9.9", "");
	CHECK_TEXT("others", header(text, "Deprecation"), NULL);
}

static void
test_off(void)
{
	conf.limit_public = (struct conf_rate){ 0, 1 };
	for (int i = 0; i < 9; i++)
		CHECK_TEXT("a class that is off", header(ask("GET", "/plain", "9.9.9.7", ""),
		    "RateLimit"), NULL);
}

TESTS(header, { "begin", begin }, { "quotas", test_quotas },
    { "clients", test_clients }, { "traces", test_traces },
    { "retirement", test_retirement }, { "off", test_off }, { "end", end })
