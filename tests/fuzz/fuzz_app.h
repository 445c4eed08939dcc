#ifndef BRISK_FUZZ_APP_H
#define BRISK_FUZZ_APP_H
/*
 * fuzz_app - a whole program in memory, without database and cache, and what
 * holds of each of its answers.
 */
#include <dirent.h>
#include <ctype.h>

#include <unistd.h>

#include "program/program.h"
#include "fuzz_key.h"

/* Nobody is ever gone. */
static inline enum db_err
fuzz_look(struct store *st, const struct token *t, struct auth_facts *f)
{
	(void)st;
	(void)t;
	*f = (struct auth_facts){ .client = true };
	return DB_OK;
}

/* What was opened there stays open: the files are of no use to anybody else. */
static inline void
fuzz_clean(const char *folder)
{
	struct dirent	*e;
	char		 path[320];
	DIR		*d = opendir(folder);

	while (d != NULL && (e = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		(void)unlink(path);
	}
	if (d != NULL)
		closedir(d);
	MUST(rmdir(folder) == 0);
}

static inline struct program_thread *
fuzz_app_open(const struct app *app, struct buf *token)
{
	static struct conf	 cf;
	static char		 nowhere[64], folder[] = "/tmp/fuzz.XXXXXX";
	struct program_thread	*t;
	struct token_keys	 keys = fuzz_keys();
	const struct token	 user = { .sub = STR("u1"), .client_id = STR("u1"),
				    .scope = STR("plants:write"), .jti = STR("j1") };

	MUST(mkdtemp(folder) != NULL);
	cf = (struct conf){ .file = "", .services = "", .database_host = "",
	    .base_url = "https://api.nursery.example", .base_path = "",
	    .database_user = "u",
	    .database_password = "", .database_name = "d", .statement_ms = 100,
	    .cache_socket = "", .secret = "fuzz-fuzz-fuzz-fuzz-fuzz-fuzz-fuzz",
	    .token_seconds = 900, .log_level = "error", .threads = 1,
	    .max_body = 1 << 20, .streams_max = 8, .run_dir = folder,
	    .token_issuer = FUZZ_ISSUER, .token_audience = FUZZ_AUDIENCE,
	    .trusted_proxies = "192.0.2.0/24 2001:db8::/32 ::1",
	    .cors_origins = "https://a.example http://localhost:3000",
	    .oidc_issuer = "" };
	snprintf(nowhere, sizeof(nowhere), "%s/nowhere", folder);
	cf.database_socket = nowhere;
	MUST(token_sign(&keys, &user, 900, token) && buf_ok(token));
	t = program_open_alone(app, &cf);
	fuzz_clean(folder);
	MUST(t != NULL);
	keys_pin(t->p->auth.keys, keys.v[0].ec);
	t->p->auth.find_facts = fuzz_look;
	return t;
}

/* Headers that our answers may have. */
static inline bool
is_ours(struct str name)
{
	static const char *const	 names[] = { "Content-Type", "Content-Length",
	    "Cache-Control", "Vary", "ETag", "Link", "Last-Modified",
	    "X-Request-Id", "X-Content-Type-Options", "X-Frame-Options",
	    "Referrer-Policy", "Content-Security-Policy",
	    "Strict-Transport-Security", "Allow", "Accept-Encoding",
	    "Accept-Patch", "Accept-Post", "WWW-Authenticate", "Retry-After",
	    "Location", "Preference-Applied", "Deprecation", "Sunset",
	    "Access-Control-Allow-Origin", "Access-Control-Expose-Headers",
	    "Access-Control-Allow-Methods", "Access-Control-Allow-Headers",
	    "Access-Control-Max-Age" };

	for (size_t i = 0; i < NELEMS(names); i++)
		if (str_is(name, names[i]))
			return true;
	return false;
}

static inline struct str
cut_line(struct str *rest)
{
	struct str	 line = str_cut(rest, '\n');

	MUST(rest->p != NULL && line.n > 0 && line.p[line.n - 1] == '\r');
	line.n--;
	for (size_t i = 0; i < line.n; i++)
		MUST(!iscntrl((unsigned char)line.p[i]));
	return line;
}

/* The answer's body, after its headers were found well-formed. */
static inline struct str
answer_check(struct str out, int status, long *stated)
{
	struct str	 line = cut_line(&out), name;
	char		 head[32];

	*stated = -1;
	snprintf(head, sizeof(head), "Status: %d ", status);
	MUST(str_starts(line, str_of(head)) && !str_ends(line, STR(" Unknown")));
	while ((line = cut_line(&out)).n > 0) {
		name = str_cut(&line, ':');
		MUST(line.n > 1 && line.p[0] == ' ' && is_ours(name));
		if (str_is(name, "Content-Length"))
			*stated = strtol(line.p + 1, NULL, 10);
	}
	return out;
}

static inline bool
is_documented(int status)
{
	for (const struct problem *at = problem_table; at->code != NULL; at++)
		if ((int)at->status == status)
			return true;
	return false;
}

#endif
