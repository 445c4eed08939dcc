#ifndef BRISK_FUZZ_APP_H
#define BRISK_FUZZ_APP_H
/*
 * fuzz_app - a whole program in memory, without database and cache, and what
 * holds of each of its answers.
 */
#include <ctype.h>

#include "app.h"
#include "fuzz_key.h"

static inline struct app_thread *
fuzz_app_open(const struct app *app, struct buf *token)
{
	static struct conf	 cf;
	static char		 nowhere[64];
	struct app_thread	*t;
	static struct token_keys	 keys;	/* for ever, as the program */
	const struct token	 user = { .sub = STR("u1"), .client_id = STR("fuzz"),
				    .scope = STR("plants:write"), .jti = STR("j1") };

	cf = (struct conf){ .file = "", .services = "", .database_host = "",
	    .base_url = "https://api.nursery.example", .base_path = "",
	    .database_user = "u",
	    .database_password = "", .database_name = "d", .statement_ms = 100,
	    .cache_socket = "", .secret = "fuzz-fuzz-fuzz-fuzz-fuzz-fuzz-fuzz",
	    .token_seconds = 900, .log_level = "error", .threads = 1,
	    .body_most = 1 << 20, .run_dir = fuzz_folder };
	cf.token_key = fuzz_key_path();
	snprintf(nowhere, sizeof(nowhere), "%s/nowhere", fuzz_folder);
	cf.database_socket = nowhere;
	keys = fuzz_keys(cf.token_key);
	cf.token_issuer = keys.issuer;
	cf.token_audience = keys.audience;
	MUST(token_sign(&keys, &user, 900, token) && buf_ok(token));
	t = app_open(app, &cf);
	fuzz_clean();
	MUST(t != NULL);
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
	    "Location", "Preference-Applied" };

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
	for (const struct problem *at = problems; at->code != NULL; at++)
		if ((int)at->status == status)
			return true;
	return false;
}

#endif
