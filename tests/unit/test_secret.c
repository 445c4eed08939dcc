/*
 * test_secret - after a request with a FIELD_SECRET in its body, the memory of the
 * process does not contain the value; with an ordinary field it does.
 */
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "app.h"
#include "program/program.h"
#include "base/log.h"
#include "openapi/openapi.h"
#include "crypto/password.h"
#include "test.h"

#define MASK		0x55
#define CHUNK		((size_t)1 << 16)
#define MAX_MAPPING	(1UL << 32)	/* what a sanitizer keeps is larger */

/* "Houseleek-and-dill-4711", encoded: the program file must not contain it. */
static const unsigned char	 masked[] = { 0x1d, 0x3a, 0x20, 0x26, 0x30, 0x39, 0x30,
	0x30, 0x3e, 0x78, 0x34, 0x3b, 0x31, 0x78, 0x31, 0x3c, 0x39, 0x39, 0x78, 0x61,
	0x62, 0x64, 0x64 };

struct login { struct str username, password; };

static enum http_status
login(struct req *rq, struct resp *rs)
{
	const struct login	*in = BODY(rq, struct login);
	bool			 stale;

	if (in->password.n != sizeof(masked))
		return resp_problem(rs, HTTP_BAD_REQUEST, "invalid_request", "not it");
	return password_verify(rq->conf, in->password, (struct str){ NULL, 0 },
	    &stale) == PASSWORD_WRONG ? HTTP_NO_CONTENT : HTTP_UNAVAILABLE;
}

static const struct schema hidden = SCHEMA("Login", struct login,
	FIELD_STR(struct login, username, .max = 30, .doc = "Who"),
	FIELD_STR(struct login, password, .min = 12, .max = 128,
	    .flags = FIELD_SECRET, .doc = "And how we know"));

static const struct schema plain = SCHEMA("PlainLogin", struct login,
	FIELD_STR(struct login, username, .max = 30, .doc = "Who"),
	FIELD_STR(struct login, password, .min = 12, .max = 128,
	    .doc = "And how we know"));

static const struct route hidden_routes[] = {
	{ HTTP_POST, "/v1/login", .scope = SCOPE_NONE, .run = login,
	    .body = &hidden, .doc = "Log in" },
	{ .path = NULL }
};
static const struct route plain_routes[] = {
	{ HTTP_POST, "/v1/login", .scope = SCOPE_NONE, .run = login,
	    .body = &plain, .doc = "Log in" },
	{ .path = NULL }
};

static char		 dir[] = "/tmp/test_secret.XXXXXX";
static struct conf	 conf = { .file = "", .services = "", .base_url =
	"http://127.0.0.1:8080", .base_path = "", .database_host = "", .database_socket =
	"/nonexistent/db.sock", .database_user = "u", .database_password = "",
	.database_name = "d", .statement_ms = 100, .cache_socket = "",
	.secret = "0123456789abcdef0123456789abcdef", .token_issuer = "i",
	.token_audience = "a", .token_seconds = 600, .run_dir = dir,
	.log_level = "error", .trusted_proxies = "", .cors_origins = "", .oidc_issuer = "",
	.threads = 1, .max_body = 1 << 20, .password_wait_ms = 10000 };

/* How often the secret occurs in these bytes. */
static size_t
count_in(const unsigned char *p, size_t n)
{
	size_t	 found = 0, k;

	for (size_t i = 0; i + sizeof(masked) <= n; i++) {
		for (k = 0; k < sizeof(masked) && (p[i + k] ^ MASK) == masked[k]; k++)
			;
		found += k == sizeof(masked);
	}
	return found;
}

/* Search a mapping in overlapping parts. */
static size_t
count_from(int mem, unsigned long from, unsigned long to, unsigned char *chunk)
{
	size_t	 found = 0;
	ssize_t	 n;

	for (; from < to; from += CHUNK) {
		n = pread(mem, chunk, CHUNK + sizeof(masked) - 1, (off_t)from);
		if (n > 0)
			found += count_in(chunk, (size_t)n);
		explicit_bzero(chunk, CHUNK + sizeof(masked));
	}
	return found;
}

static size_t
count_in_memory(void)
{
	static unsigned char	 chunk[CHUNK + sizeof(masked)];
	FILE			*maps = fopen("/proc/self/maps", "r");
	int			 mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	unsigned long		 from, to;
	char			 line[512], mode[8];
	size_t			 found = 0, seen = 0;

	CHECK("memory", maps != NULL && mem >= 0);
	while (maps != NULL && mem >= 0 && fgets(line, sizeof(line), maps) != NULL)
		if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) == 3 &&
		    mode[0] == 'r' && mode[1] == 'w' && to - from < MAX_MAPPING) {
			found += count_from(mem, from, to, chunk);
			seen += to - from;
		}
	CHECK("all of it", seen > ARENA_KEEP);
	if (maps != NULL)
		fclose(maps);
	if (mem >= 0)
		close(mem);
	return found;
}

static void
put_secret(char *to)
{
	for (size_t i = 0; i < sizeof(masked); i++)
		to[i] = (char)(masked[i] ^ MASK);
}

/* One login; the body is in the arena, as with a web server. */
static int
post(struct program_thread *t, const char *before, const char *behind)
{
	char		*env[] = { "REQUEST_METHOD=POST", "REQUEST_URI=/v1/login",
			    "CONTENT_TYPE=application/json", NULL };
	struct arena	 a;
	struct buf	 body, out;
	char		 text[sizeof(masked)];
	int		 status;

	CHECK("arena", arena_init(&a, 1 << 20));
	a.secret = true;
	buf_init(&body, &a);
	buf_init(&out, &a);
	buf_puts(&body, before);
	put_secret(text);
	buf_put(&body, text, sizeof(text));
	explicit_bzero(text, sizeof(text));
	buf_puts(&body, behind);
	status = program_serve_one(t, env, buf_view(&body), &out);
	arena_free(&a);
	return status;
}

/* Valid, invalid in each check that reads the value, and in the wrong member. */
static const struct {
	const char	*label, *before, *behind;
	int		 status;
} bodies[] = {
	{ "taken", "{\"username\":\"ann\",\"password\":\"", "\"}", 204 },
	{ "escaped before it", "{\"username\":\"\\u0061\",\"password\":\"\\u0048", "\"}",
	  400 },
	{ "no name", "{\"password\":\"", "\"}", 422 },
	{ "too long", "{\"username\":\"ann\",\"password\":\"",
	  "0123456789012345678901234567890123456789012345678901234567890123456789"
	  "0123456789012345678901234567890123456789012345678901234567890123456789\"}",
	  422 },
	{ "as the name of a member", "{\"", "\":1}", 422 },
	{ "in a list", "{\"username\":\"ann\",\"password\":[[\"", "\"]]}", 422 },
	{ "cut off", "{\"username\":\"ann\",\"password\":\"", "", 400 },
	{ "twice", "{\"username\":\"ann\",\"password\":\"x\",\"password\":\"", "\"}", 400 },
};

static struct program_thread *
opened(const struct route *routes)
{
	static struct app	 app = { .name = "login", .service = "core" };
	struct program_thread	*t;

	app.routes = routes;
	t = program_open_alone(&app, &conf);

	CHECK("opened", t != NULL);
	if (t == NULL)
		exit(2);
	return t;
}

static void
begin(void)
{
	log_init("test_secret", (enum log_level)0);
	CHECK("folder", mkdtemp(dir) != NULL);
	CHECK_INT("not in the program itself", count_in_memory(), 0);
}

static void
gone(void)
{
	struct program_thread	*t = opened(hidden_routes);

	for (size_t i = 0; i < NELEMS(bodies); i++) {
		CHECK_INT(bodies[i].label, post(t, bodies[i].before, bodies[i].behind),
		    bodies[i].status);
		CHECK_INT(bodies[i].label, count_in_memory(), 0);
	}
	program_thread_close(t);
}

static void
found(void)
{
	struct program_thread	*t = opened(plain_routes);

	CHECK_INT("taken", post(t, bodies[0].before, bodies[0].behind), 204);
	CHECK("and found, where it is no secret", count_in_memory() > 0);
	program_thread_close(t);
}

static void
document(void)
{
	struct arena	 a;
	struct buf	 b;

	CHECK("arena", arena_init(&a, 8 << 20));
	buf_init(&b, &a);
	openapi_print(&b, "login", "", hidden_routes, 1);
	CHECK("printed", buf_ok(&b));
	CHECK("write only", strstr(b.p, "\"writeOnly\":true") != NULL);
	CHECK("a password", strstr(b.p, "\"format\":\"password\"") != NULL);
	CHECK("schema", schema_secret(&hidden) && !schema_secret(&plain));
	arena_free(&a);
}

static void
end(void)
{
	char		 path[512];
	struct dirent	*e;
	DIR		*d = opendir(dir);

	while (d != NULL && (e = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		unlink(path);
	}
	if (d != NULL)
		closedir(d);
	CHECK_INT("folder gone", rmdir(dir), 0);
}

TESTS(secret,
    { "begin", begin },
    { "gone", gone },
    { "document", document },
    { "found", found },
    { "end", end })
