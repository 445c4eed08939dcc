#ifndef BRISK_TEST_SERVE_H
#define BRISK_TEST_SERVE_H
/*
 * serve - an application's tables driven in memory, without a web server,
 * against the MariaDB of TEST_DB_SOCKET in a database of the test's own.
 *
 *	serve_begin("legacy", "products:write");
 *	serve_script("tests/kit/legacy.sql");
 *	serve_open(APP("legacy", .resources = RESOURCES(&lines)));
 *	r = ASK("GET", "/v1/lines?limit=2");
 *	CHECK_INT("list", r.status, 200);
 *	CHECK_TEXT("first", at(r, "/items/0/line_no"), "1");
 *	serve_end();
 *
 * What an answer holds lives until serve_end(); serve_forget() gives it back
 * sooner.  Programs link json-c.
 */
#include <dirent.h>
#include <json-c/json.h>
#include <json-c/json_pointer.h>
#include <glob.h>
#include <stdarg.h>
#include <unistd.h>

#include "app.h"
#include "program/program.h"
#include "base/log.h"
#include "test.h"

#define SERVE_URL	"http://127.0.0.1:8080"
#define MAX_ENV	24

/* A request; what is not given is not sent. */
struct upstream_request {
	const char	*method, *uri, *body;
	const char	*type;		/* NULL: as the method wants it */
	const char	*if_match, *if_none_match, *prefer, *accept;
	const char	*token;		/* instead of serve.token */
	const char	*key;		/* Idempotency-Key */
	const char	*address;
	bool		 nobody;	/* without any */
};

struct reply {
	int		 status;
	struct str	 head, body;	/* head: with its last line end */
};

static struct {
	struct arena		 arena;
	struct conf		 conf;
	struct program_thread	*t;
	struct db		*db;		/* root's, in the scratch database */
	struct db_conf		 root;
	char			 folder[32], name[48];
	const char		*token;
} serve;

/* ASK("GET", "/v1/lines"), ASK("POST", "/v1/lines", .body = "{}") */
#define ASK(m, ...)	ask(&(const struct upstream_request){ .method = (m), .uri = __VA_ARGS__ })

static inline char *text(const char *, ...) PRINTF(1, 2);

static inline char *
text(const char *fmt, ...)
{
	char	 buf[8192];
	va_list	 ap;
	int	 n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	CHECK("text fits", n >= 0 && n < (int)sizeof(buf));
	return (char *)(uintptr_t)arena_copy(&serve.arena, str_of(buf)).p;
}

static inline void
sql(const char *script)
{
	enum db_err	 err = db_script(serve.db, script);

	CHECK(err == DB_OK ? "sql" : db_error_message(serve.db), err == DB_OK);
}

/* The one value of the one row, as text; NULL for NULL. */
static inline const char *
sql_one(const char *query)
{
	struct db_rows	 rows = { NULL, 0, 0 };
	enum db_err	 err = db_query(serve.db, &serve.arena, str_of(query),
			    NULL, 0, &rows);

	CHECK(err == DB_OK ? query : db_error_message(serve.db), err == DB_OK && rows.n == 1);
	if (err != DB_OK || rows.n != 1 || rows.v[0].kind == VAL_NULL)
		return NULL;
	return rows.v[0].kind == VAL_INT ? text("%lld", (long long)rows.v[0].i) :
	    text("%.*s", STR_ARG(rows.v[0].s));
}

/* All rows of one column, with commas between. */
static inline const char *
sql_all(const char *query)
{
	struct db_rows	 rows = { NULL, 0, 0 };
	const char	*all = "";

	CHECK(query, db_query(serve.db, &serve.arena, str_of(query), NULL, 0, &rows) == DB_OK);
	for (size_t i = 0; i < rows.n; i++)
		all = rows.v[i].kind == VAL_INT ?
		    text("%s%s%lld", all, i > 0 ? "," : "", (long long)rows.v[i].i) :
		    text("%s%s%.*s", all, i > 0 ? "," : "", STR_ARG(rows.v[i].s));
	return all;
}

/* A file of statements, up to where one of ours is taken back. */
static inline void
serve_up(const char *path)
{
	FILE		*f = fopen(path, "r");
	static char	 all[64 << 10];
	size_t		 n = f == NULL ? 0 : fread(all, 1, sizeof(all) - 1, f);
	char		*down;

	CHECK(path, n > 0 && n < sizeof(all) - 1);
	all[n] = '\0';
	if (f != NULL)
		fclose(f);
	if ((down = strstr(all, "-- migrate:down")) != NULL)
		*down = '\0';
	sql(all);
}

/* The tables of the service core: those of migrations/core, as they are. */
static inline void
serve_core(void)
{
	const char	*root = getenv("ROOT");
	glob_t		 found;

	CHECK_INT("core", glob(text("%s/migrations/core/*.sql", root == NULL ? "." :
	    root), 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		serve_up(found.gl_pathv[i]);
	globfree(&found);
}

/* A token of that subject, as `brisk token` makes it; a user of it is made. */
static inline const char *
token_for(const char *sub, const char *scope)
{
	struct keys	*keys = keys_open(&serve.conf);
	struct store	 st = { .db = serve.db, .arena = &serve.arena };
	struct token	 t = { .sub = str_of(sub), .client_id = STR(AUTH_TOOL),
			    .scope = str_of(scope), .jti = STR("1") };
	struct uuid	 id;
	struct buf	 b;

	if (uuid_parse(t.sub, &id)) {
		sql(text("INSERT IGNORE INTO users (id, tv) VALUES "
		    "(UNHEX(REPLACE('%s', '-', '')), 1)", sub));
		t.tv = 1;
	}
	buf_init(&b, &serve.arena);
	CHECK("token", keys != NULL && keys_sign(keys, &st, &t, 3600, &b) == DB_OK);
	keys_close(keys);
	return buf_ok(&b) ? b.p : "";
}

static inline void
serve_begin(const char *name, const char *scope)
{
	const char	*socket = getenv("TEST_DB_SOCKET");

	if (socket == NULL || socket[0] == '\0') {
		fprintf(stderr, "%s: TEST_DB_SOCKET is not set\n", name);
		exit(2);
	}
	log_init(name, (enum log_level)0);	/* refusals are many */
	snprintf(serve.folder, sizeof(serve.folder), "/tmp/serve.XXXXXX");
	snprintf(serve.name, sizeof(serve.name), "test_%s_%ld", name, (long)getpid());
	serve.root = (struct db_conf){ .socket = socket, .user = "root",
	    .statement_ms = 10000 };
	if (!arena_init(&serve.arena, (size_t)256 << 20) || !db_library_init() ||
	    mkdtemp(serve.folder) == NULL ||
	    (serve.db = db_open(&serve.root)) == NULL)
		exit(2);
	sql(text("CREATE OR REPLACE DATABASE `%s` CHARACTER SET utf8mb4; USE `%s`;",
	    serve.name, serve.name));
	serve.root.name = serve.name;
	serve.conf = (struct conf){ .file = "", .services = "shop",
	    .base_url = SERVE_URL, .base_path = "", .database_socket = socket, .database_host = "",
	    .database_user = "root", .database_password = "",
	    .database_name = serve.name, .database_port = 3306,
	    .statement_ms = 5000, .cache_socket = "", .cache_ttl_max = 3600,
	    .secret = "0123456789abcdef0123456789abcdef",
	    .token_issuer = SERVE_URL, .token_audience = SERVE_URL,
	    .token_seconds = 600, .run_dir = serve.folder, .log_level = "error",
	    .trusted_proxies = "", .cors_origins = "", .oidc_issuer = "",
	    .threads = 1, .max_body = 4 << 20 };
	serve_core();
	serve.token = token_for("admin", scope);
}

/* A file of statements, named from the root of the tree. */
static inline void
serve_script(const char *path)
{
	const char	*root = getenv("ROOT");

	serve_up(text("%s/%s", root == NULL ? "." : root, path));
}

/* Takes the place of the one before. */
static inline void
serve_open(const struct app *app)
{
	if (serve.t != NULL)
		program_thread_close(serve.t);
	serve.t = program_open_alone(app, &serve.conf);
	CHECK("app_open", serve.t != NULL);
	if (serve.t == NULL)
		exit(2);
}

static inline void
serve_forget(void)
{
	arena_reset(&serve.arena);
}

static inline void
serve_end(void)
{
	char		 path[320];
	struct dirent	*e;
	DIR		*d;

	if (serve.t != NULL)
		program_thread_close(serve.t);
	serve.t = NULL;
	snprintf(path, sizeof(path), "DROP DATABASE `%s`", serve.name);
	sql(path);
	db_close(serve.db);
	d = opendir(serve.folder);
	while (d != NULL && (e = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", serve.folder, e->d_name);
		if (e->d_type != DT_DIR)
			unlink(path);
	}
	if (d != NULL)
		closedir(d);
	CHECK_INT("folder gone", rmdir(serve.folder), 0);
	arena_free(&serve.arena);
}

/* NAME=VALUE, unless there is no value. */
static inline void
put_env(char **env, size_t *n, const char *name, const char *value)
{
	if (value != NULL && *n < MAX_ENV - 1)
		env[(*n)++] = text("%s=%s", name, value);
}

static inline const char *
type_sent(const struct upstream_request *q)
{
	if (q->type != NULL || q->body == NULL)
		return q->type;
	return strcmp(q->method, "PATCH") == 0 ? "application/merge-patch+json" :
	    "application/json";
}

static inline struct reply
ask(const struct upstream_request *q)
{
	char		*env[MAX_ENV] = { NULL };
	struct str	 body = q->body == NULL ? (struct str){ "", 0 } : str_of(q->body);
	struct reply	 r = { 0, { NULL, 0 }, { NULL, 0 } };
	struct buf	 out;
	const char	*end;
	size_t		 n = 0;

	put_env(env, &n, "REQUEST_METHOD", q->method);
	put_env(env, &n, "REQUEST_URI", q->uri);
	put_env(env, &n, "CONTENT_TYPE", type_sent(q));
	put_env(env, &n, "HTTP_IF_MATCH", q->if_match);
	put_env(env, &n, "HTTP_IF_NONE_MATCH", q->if_none_match);
	put_env(env, &n, "HTTP_PREFER", q->prefer);
	put_env(env, &n, "HTTP_ACCEPT", q->accept);
	put_env(env, &n, "HTTP_IDEMPOTENCY_KEY", q->key);
	put_env(env, &n, "REMOTE_ADDR", q->address);
	if (!q->nobody)
		put_env(env, &n, "HTTP_AUTHORIZATION", text("Bearer %s",
		    q->token != NULL ? q->token : serve.token));
	buf_init(&out, &serve.arena);
	r.status = program_serve_one(serve.t, env, body, &out);
	CHECK("answered", buf_ok(&out) && out.p != NULL);
	if (!buf_ok(&out) || out.p == NULL || (end = strstr(out.p, "\r\n\r\n")) == NULL)
		return r;
	r.head = (struct str){ out.p, (size_t)(end - out.p) + 2 };
	r.body = str_of(end + 4);
	CHECK_INT("the status line says the same", atoi(out.p + strlen("Status: ")), r.status);
	return r;
}

/* A header's value; NULL when it is not there. */
static inline const char *
header(struct reply r, const char *name)
{
	struct str	 rest = r.head, line;
	size_t		 n = strlen(name);

	while (rest.n > 0) {
		line = str_cut(&rest, '\n');
		if (line.n > n + 2 && strncmp(line.p, name, n) == 0 && line.p[n] == ':')
			return text("%.*s", (int)(line.n - n - 3), line.p + n + 2);
	}
	return NULL;
}

/* A member by its JSON pointer: text as it is, all else as JSON; NULL: none. */
static inline const char *
at(struct reply r, const char *pointer)
{
	struct json_object	*top = json_tokener_parse(text("%.*s", STR_ARG(r.body)));
	struct json_object	*v = NULL;
	const char		*found = NULL;

	if (top != NULL && json_pointer_get(top, pointer, &v) == 0)
		found = text("%s", json_object_is_type(v, json_type_string) ?
		    json_object_get_string(v) : json_object_to_json_string_ext(v,
		    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(top);
	return found;
}

#endif
