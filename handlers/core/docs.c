/*
 * docs: the API document of all programs, the pages that show it, a page for each
 * error code, and the 404 for paths that belong to no program.
 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app.h"
#include "schema/json.h"
#include "shm/run_dir.h"

#define CACHEABLE		"public, max-age=300"
#define HTML		"text/html; charset=utf-8"
#define PAGE_POLICY	"default-src 'none'; base-uri 'none'; form-action 'none'; " \
			"frame-ancestors 'none'; connect-src 'self'; font-src data:; " \
			"img-src 'self' data:; script-src 'self'; style-src 'self'"

struct file_key { struct str file; };

static const struct schema file_key = SCHEMA("File", struct file_key,
	FIELD_STR(struct file_key, file, .max = 40, .pattern = "^[a-z0-9.-]+$",
	    .doc = "Name of a script or style sheet"));

struct code_key { struct str code; };

static const struct schema code_key = SCHEMA("Code", struct code_key,
	FIELD_STR(struct code_key, code, .max = 80, .pattern = "^[a-z0-9-]+$",
	    .doc = "Error code, with - instead of _"));

/* --- files ---------------------------------------------------------------- */

/* Open a file of share/: beside the folder of this program, or in .htshare in it where
 * an account's web folder holds the programs. */
static FILE *
share_open(const char *name)
{
	static const char *const places[] = { "../share", ".htshare" };
	char	 folder[PATH_MAX], path[PATH_MAX + 128];
	FILE	*f = NULL;

	conf_folder(folder);
	for (size_t i = 0; f == NULL && i < NELEMS(places); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s/%s", folder, places[i], name);
		f = fopen(path, "re");
	}
	return f;
}

static bool
file_read(FILE *f, struct buf *out)
{
	char	 chunk[16384];
	size_t	 got;

	if (f == NULL)
		return false;
	while ((got = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_put(out, chunk, got);
	fclose(f);
	return buf_ok(out) && out->n > 0;
}

static bool
share_read(const char *name, struct buf *out)
{
	return file_read(share_open(name), out);
}

static int64_t
file_mtime(FILE *f)
{
	struct stat	 st;

	return f != NULL && fstat(fileno(f), &st) == 0 ? (int64_t)st.st_mtime : 0;
}

/*
 * Read the document that `brisk openapi --install` wrote for the services that are
 * switched on; the document of all services if there is none, or if it is older.
 */
static bool
document_read(struct req *rq, struct buf *out)
{
	FILE	*all = share_open("openapi.json"), *ours;
	char	 path[PATH_MAX];

	(void)run_dir_path(path, rq->conf->run_dir, RUN_DIR_OPENAPI);
	ours = fopen(path, "re");
	if (ours != NULL && file_mtime(ours) >= file_mtime(all)) {
		if (all != NULL)
			fclose(all);
		return file_read(ours, out);
	}
	if (ours != NULL)
		fclose(ours);
	return file_read(all, out);
}

static enum http_status
share_answer(struct resp *rs, const char *name, const char *type)
{
	if (!share_read(name, &rs->body))
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable",
		    "this page was not built");
	rs->type = type;
	return resp_json(rs, HTTP_OK);
}

static enum http_status
document_get(struct req *rq, struct resp *rs)
{
	if (!document_read(rq, &rs->body))
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable",
		    "the API document was not built");
	return resp_json(rs, HTTP_OK);
}

static enum http_status
docs_get(struct req *rq, struct resp *rs)
{
	(void)rq;
	return share_answer(rs, "pages/docs.html", HTML);
}

static enum http_status
redoc_get(struct req *rq, struct resp *rs)
{
	(void)rq;
	return share_answer(rs, "pages/redoc.html", HTML);
}

/* The files that the pages load. */
static const struct { const char *name, *path, *type; } files[] = {
#define SCRIPT(n)	{ n, "pages/" n, "text/javascript; charset=utf-8" }
#define STYLE(n)	{ n, "pages/" n, "text/css; charset=utf-8" }
	SCRIPT("landing.js"), SCRIPT("docs.js"), SCRIPT("redoc.js"), SCRIPT("plain.js"),
	SCRIPT("swagger-ui-bundle.js"), SCRIPT("redoc.standalone.js"),
	STYLE("swagger-ui.css"), STYLE("page.css"),
};

static enum http_status
file_get(struct req *rq, struct resp *rs)
{
	const struct file_key	*k = KEYS(rq, struct file_key);

	for (size_t i = 0; i < NELEMS(files); i++)
		if (str_is(k->file, files[i].name))
			return share_answer(rs, files[i].path, files[i].type);
	return resp_problem(rs, HTTP_NOT_FOUND, "not_found", "no such resource");
}

/* --- error codes ---------------------------------------------------------- */

/* A code that a program declares: a member of "x-problems" in the document. */
struct declared { int64_t status; struct str title, description; };

static const struct schema declared = SCHEMA("Declared", struct declared,
	FIELD_INT(struct declared, status, .doc = "HTTP status"),
	FIELD_STR(struct declared, title, .max = 200),
	FIELD_STR(struct declared, description, .max = 1000, .flags = FIELD_OPTIONAL));

/* The object that is the first member of this name in a JSON text; NULL: none. */
static const char *
object_find(struct arena *a, const char *text, const char *name)
{
	struct buf	 key;
	const char	*at;

	buf_init(&key, a);
	json_open(&key, name, '{');
	at = buf_ok(&key) ? strstr(text, key.p) : NULL;
	return at == NULL ? NULL : at + key.n - 1;
}

static bool
declared_find(struct arena *a, const char *code, struct declared *out)
{
	struct buf	 all;
	struct doc	*doc;
	struct faults	 fs;
	const char	*at, *end;
	bool		 found = false;

	buf_init(&all, a);
	faults_init(&fs, a);
	if (!share_read("openapi.json", &all) ||
	    (at = object_find(a, all.p, "x-problems")) == NULL ||
	    (at = object_find(a, at, code)) == NULL || (end = strchr(at, '}')) == NULL)
		return false;
	if (decode_parse(a, (struct str){ at, (size_t)(end - at) + 1 }, &doc).fault ==
	    JSON_OK) {
		found = decode_object(&declared, doc, DECODE_WHOLE, "#", out, NULL, &fs);
		doc_free(doc);
	}
	return found;
}

/* Append text as HTML; text between backticks is code. */
static void
html_text(struct buf *b, struct str s)
{
	bool	 code = false;

	for (size_t i = 0; i < s.n; i++) {
		switch (s.p[i]) {
		case '<': buf_puts(b, "&lt;"); break;
		case '>': buf_puts(b, "&gt;"); break;
		case '&': buf_puts(b, "&amp;"); break;
		case '`': buf_puts(b, (code = !code) ? "<code>" : "</code>"); break;
		default: buf_byte(b, s.p[i]);
		}
	}
}

static void
html_head(struct buf *b, const char *up, const char *title)
{
	buf_fmt(b, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	    "<link rel=\"icon\" href=\"data:,\">\n<title>%s</title>\n<link rel=\"stylesheet\" href=\"%sdocs/page.css\">\n"
	    "</head>\n<body>\n<h1>%s</h1>\n", title, up, title);
}

static enum http_status
html_answer(struct resp *rs)
{
	buf_puts(&rs->body, "</body>\n</html>\n");
	rs->type = HTML;
	return resp_json(rs, HTTP_OK);
}

static enum http_status
problem_answer(struct resp *rs, const char *code, int64_t status,
    struct str title, struct str doc)
{
	struct buf	*b = &rs->body;

	html_head(b, "../", code);
	buf_puts(b, "<p><strong>");
	html_text(b, title);
	buf_puts(b, "</strong></p>\n<p>");
	html_text(b, doc);
	if (status != 0)
		buf_fmt(b, "</p>\n<p class=\"soft\">HTTP status %lld.", (long long)status);
	else
		buf_puts(b, "</p>\n<p class=\"soft\">A code in the <code>errors</code> "
		    "of a refused request.");
	buf_puts(b, "</p>\n<p><a href=\"../problems\">All error codes</a></p>\n");
	return html_answer(rs);
}

static enum http_status
problem_get(struct req *rq, struct resp *rs)
{
	const struct code_key	*k = KEYS(rq, struct code_key);
	char			*code = arena_fmt(rq->arena, "%.*s", STR_ARG(k->code));
	const struct problem	*p;
	struct declared		 d = { .status = 0 };

	if (code == NULL)
		return resp_db_error(rs, DB_NO_MEMORY);
	for (char *at = code; *at != '\0'; at++)
		*at = *at == '-' ? '_' : *at;
	if ((p = problem_find(str_of(code))) != NULL)
		return problem_answer(rs, code, p->status, str_of(p->title),
		    str_of(p->doc));
	for (const struct fault_kind *f = fault_kinds; f->code != NULL; f++)
		if (strcmp(f->code, code) == 0)
			return problem_answer(rs, code, 0,
			    problem_title(rq->arena, str_of(code)), str_of(f->doc));
	if (declared_find(rq->arena, code, &d))
		return problem_answer(rs, code, d.status, d.title, d.description);
	return resp_problem(rs, HTTP_NOT_FOUND, "not_found", "no such error code");
}

static void
html_code_link(struct buf *b, const char *code)
{
	buf_puts(b, "<dt><a href=\"problems/");
	for (const char *at = code; *at != '\0'; at++)
		buf_byte(b, *at == '_' ? '-' : *at);
	buf_fmt(b, "\">%s</a></dt>\n<dd>", code);
}

static enum http_status
problems_get(struct req *rq, struct resp *rs)
{
	struct buf	*b = &rs->body;

	(void)rq;
	html_head(b, "", "Error codes");
	buf_puts(b, "<p>Every error is <code>application/problem+json</code> with a stable "
	    "<code>code</code>. Some programs of this API add codes of their own, which "
	    "the document lists.</p>\n<dl>\n");
	for (const struct problem *p = problem_table; p->code != NULL; p++) {
		html_code_link(b, p->code);
		buf_fmt(b, "%d. %s</dd>\n", (int)p->status, p->title);
	}
	buf_puts(b, "</dl>\n<h2>Codes of invalid values, in <code>errors</code></h2>\n<dl>\n");
	for (const struct fault_kind *f = fault_kinds; f->code != NULL; f++) {
		html_code_link(b, f->code);
		buf_fmt(b, "%s</dd>\n", f->doc);
	}
	buf_puts(b, "</dl>\n");
	return html_answer(rs);
}

static const struct route routes[] = {
	{ .method = HTTP_GET, .path = "/openapi.json", .scope = SCOPE_NONE,
	  .run = document_get, .answer_type = "application/json", .cache_control = CACHEABLE,
	  .doc = "Get this document" },
	{ .method = HTTP_GET, .path = "/docs", .scope = SCOPE_NONE,
	  .run = docs_get, .answer_type = HTML, .cache_control = CACHEABLE,
	  .policy = PAGE_POLICY, .doc = "Show the API in Swagger UI" },
	{ .method = HTTP_GET, .path = "/docs/{file}", .scope = SCOPE_NONE,
	  .run = file_get, .keys = &file_key, .answer_type = "*/*",
	  .cache_control = CACHEABLE, .doc = "Get a script or style sheet of the pages" },
	{ .method = HTTP_GET, .path = "/redoc", .scope = SCOPE_NONE,
	  .run = redoc_get, .answer_type = HTML, .cache_control = CACHEABLE,
	  .policy = PAGE_POLICY " 'unsafe-inline'", .doc = "Show the API in ReDoc" },
	{ .method = HTTP_GET, .path = "/problems", .scope = SCOPE_NONE,
	  .run = problems_get, .answer_type = HTML, .cache_control = CACHEABLE,
	  .policy = PAGE_POLICY, .doc = "List the error codes" },
	{ .method = HTTP_GET, .path = "/problems/{code}", .scope = SCOPE_NONE,
	  .run = problem_get, .keys = &code_key, .answer_type = HTML,
	  .cache_control = CACHEABLE, .policy = PAGE_POLICY, .doc = "Explain an error code" },
	{ .path = NULL },
};

int
main(int argc, char **argv)
{
	return app_main(argc, argv, APP("docs", .service = "core", .routes = routes));
}
