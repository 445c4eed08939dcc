/*
 * docs: the document of all programs, the pages that show it, what each error
 * code means, and the answer where no program is.
 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app.h"

#define KEPT		"public, max-age=300"
#define HTML		"text/html; charset=utf-8"
#define PAGE_POLICY	"default-src 'none'; base-uri 'none'; form-action 'none'; " \
			"frame-ancestors 'none'; connect-src 'self'; font-src data:; " \
			"img-src 'self' data:; script-src 'self'; style-src 'self'"

struct file_key { struct str file; };

static const struct schema file_key = SCHEMA("File", struct file_key,
	FIELD_STR(struct file_key, file, .max = 40, .pattern = "^[a-z0-9.-]+$",
	    .doc = "One of those that the pages name"));

struct code_key { struct str code; };

static const struct schema code_key = SCHEMA("Code", struct code_key,
	FIELD_STR(struct code_key, code, .max = 80, .pattern = "^[a-z0-9-]+$",
	    .doc = "As in `type` of a problem"));

/* --- files ---------------------------------------------------------------- */

/* Of the folder this program lies in: over it, or in it where that is the web's. */
static FILE *
open_share(const char *name)
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
read_file(FILE *f, struct buf *out)
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
read_share(const char *name, struct buf *out)
{
	return read_file(open_share(name), out);
}

static int64_t
changed(FILE *f)
{
	struct stat	 st;

	return f != NULL && fstat(fileno(f), &st) == 0 ? (int64_t)st.st_mtime : 0;
}

/*
 * What `brisk openapi --install` wrote, of the services that are switched on;
 * of all of them where it did not, or the programs have changed since.
 */
static bool
read_document(struct req *rq, struct buf *out)
{
	const char	*path = arena_fmt(rq->arena, "%s/openapi.json", rq->conf->run_dir);
	FILE		*all = open_share("openapi.json"), *ours;

	ours = path == NULL ? NULL : fopen(path, "re");
	if (ours != NULL && changed(ours) >= changed(all)) {
		if (all != NULL)
			fclose(all);
		return read_file(ours, out);
	}
	if (ours != NULL)
		fclose(ours);
	return read_file(all, out);
}

static enum http_status
answer_share(struct resp *rs, const char *name, const char *type)
{
	if (!read_share(name, &rs->body))
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable",
		    "what is asked for was not built");
	rs->type = type;
	return resp_json(rs, HTTP_OK);
}

static enum http_status
document(struct req *rq, struct resp *rs)
{
	if (!read_document(rq, &rs->body))
		return resp_problem(rs, HTTP_UNAVAILABLE, "unavailable",
		    "the document was not built");
	return resp_json(rs, HTTP_OK);
}

static enum http_status
page_docs(struct req *rq, struct resp *rs)
{
	(void)rq;
	return answer_share(rs, "pages/docs.html", HTML);
}

static enum http_status
page_redoc(struct req *rq, struct resp *rs)
{
	(void)rq;
	return answer_share(rs, "pages/redoc.html", HTML);
}

/* What the pages load, and nothing else. */
static const struct { const char *name, *path, *type; } files[] = {
#define SCRIPT(n)	{ n, "pages/" n, "text/javascript; charset=utf-8" }
#define STYLE(n)	{ n, "pages/" n, "text/css; charset=utf-8" }
	SCRIPT("landing.js"), SCRIPT("docs.js"), SCRIPT("redoc.js"), SCRIPT("plain.js"),
	SCRIPT("swagger-ui-bundle.js"), SCRIPT("redoc.standalone.js"),
	STYLE("swagger-ui.css"), STYLE("page.css"),
};

static enum http_status
page_file(struct req *rq, struct resp *rs)
{
	const struct file_key	*k = rq->keys;

	for (size_t i = 0; i < NELEMS(files); i++)
		if (str_is(k->file, files[i].name))
			return answer_share(rs, files[i].path, files[i].type);
	return resp_problem(rs, HTTP_NOT_FOUND, "not_found", "nothing is here");
}

/* --- error codes ---------------------------------------------------------- */

/* One that some program declared: "x-problems" of the document. */
struct declared { int64_t status; struct str title, description; };

static const struct schema declared = SCHEMA("Declared", struct declared,
	FIELD_INT(struct declared, status, .doc = "Of the answer"),
	FIELD_STR(struct declared, title, .max = 200),
	FIELD_STR(struct declared, description, .max = 1000, .flags = FIELD_OPTIONAL));

static bool
find_declared(struct arena *a, const char *code, struct declared *out)
{
	struct buf	 all;
	struct doc	*doc;
	struct faults	 fs;
	const char	*at, *end, *name = arena_fmt(a, "\"%s\":{", code);
	bool		 found = false;

	buf_init(&all, a);
	faults_init(&fs, a);
	if (name == NULL || !read_share("openapi.json", &all) ||
	    (at = strstr(all.p, "\"x-problems\":{")) == NULL ||
	    (at = strstr(at, name)) == NULL || (end = strchr(at, '}')) == NULL)
		return false;
	at += strlen(name) - 1;
	if (decode_parse(a, (struct str){ at, (size_t)(end - at) + 1 }, &doc).fault ==
	    JSON_OK) {
		found = decode_object(&declared, doc, DECODE_WHOLE, "#", out, NULL, &fs);
		doc_free(doc);
	}
	return found;
}

/* Text into HTML; between backticks it is code. */
static void
put_text(struct buf *b, struct str s)
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
put_head(struct buf *b, const char *up, const char *title)
{
	buf_fmt(b, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	    "<link rel=\"icon\" href=\"data:,\">\n<title>%s</title>\n<link rel=\"stylesheet\" href=\"%sdocs/page.css\">\n"
	    "</head>\n<body>\n<h1>%s</h1>\n", title, up, title);
}

static enum http_status
answer_html(struct resp *rs)
{
	buf_puts(&rs->body, "</body>\n</html>\n");
	rs->type = HTML;
	return resp_json(rs, HTTP_OK);
}

static enum http_status
answer_problem(struct resp *rs, const char *code, int64_t status,
    struct str title, struct str doc)
{
	struct buf	*b = &rs->body;

	put_head(b, "../", code);
	buf_puts(b, "<p><strong>");
	put_text(b, title);
	buf_puts(b, "</strong></p>\n<p>");
	put_text(b, doc);
	if (status != 0)
		buf_fmt(b, "</p>\n<p class=\"soft\">An answer with status %lld.",
		    (long long)status);
	else
		buf_puts(b, "</p>\n<p class=\"soft\">One of the <code>errors</code> "
		    "of a refused request.");
	buf_puts(b, "</p>\n<p><a href=\"../problems\">All of them</a></p>\n");
	return answer_html(rs);
}

static enum http_status
problem_page(struct req *rq, struct resp *rs)
{
	const struct code_key	*k = rq->keys;
	char			*code = arena_fmt(rq->arena, "%.*s", STR_ARG(k->code));
	const struct problem	*p;
	struct declared		 d = { .status = 0 };

	if (code == NULL)
		return resp_db_error(rs, DB_NO_MEMORY);
	for (char *at = code; *at != '\0'; at++)
		*at = *at == '-' ? '_' : *at;
	if ((p = problem_find(str_of(code))) != NULL)
		return answer_problem(rs, code, p->status, str_of(p->title),
		    str_of(p->doc));
	for (const struct fault_kind *f = fault_kinds; f->code != NULL; f++)
		if (strcmp(f->code, code) == 0)
			return answer_problem(rs, code, 0,
			    problem_title(rq->arena, str_of(code)), str_of(f->doc));
	if (find_declared(rq->arena, code, &d))
		return answer_problem(rs, code, d.status, d.title, d.description);
	return resp_problem(rs, HTTP_NOT_FOUND, "not_found", "no such code");
}

static void
put_link(struct buf *b, const char *code)
{
	buf_puts(b, "<dt><a href=\"problems/");
	for (const char *at = code; *at != '\0'; at++)
		buf_byte(b, *at == '_' ? '-' : *at);
	buf_fmt(b, "\">%s</a></dt>\n<dd>", code);
}

static enum http_status
problem_list(struct req *rq, struct resp *rs)
{
	struct buf	*b = &rs->body;

	(void)rq;
	put_head(b, "", "Error codes");
	buf_puts(b, "<p>Every refusal is <code>application/problem+json</code> with a "
	    "<code>code</code> that stays the same. Programs of this API add some of "
	    "their own; the document lists them.</p>\n<dl>\n");
	for (const struct problem *p = problem_table; p->code != NULL; p++) {
		put_link(b, p->code);
		buf_fmt(b, "%d. %s</dd>\n", (int)p->status, p->title);
	}
	buf_puts(b, "</dl>\n<h2>Codes of single faults, in <code>errors</code></h2>\n<dl>\n");
	for (const struct fault_kind *f = fault_kinds; f->code != NULL; f++) {
		put_link(b, f->code);
		buf_fmt(b, "%s</dd>\n", f->doc);
	}
	buf_puts(b, "</dl>\n");
	return answer_html(rs);
}

static const struct route routes[] = {
	{ .method = HTTP_GET, .path = "/openapi.json", .scope = SCOPE_NONE,
	  .run = document, .answer_type = "application/json", .cache_control = KEPT,
	  .doc = "This document" },
	{ .method = HTTP_GET, .path = "/docs", .scope = SCOPE_NONE,
	  .run = page_docs, .answer_type = HTML, .cache_control = KEPT,
	  .policy = PAGE_POLICY, .doc = "The document, to try out" },
	{ .method = HTTP_GET, .path = "/docs/{file}", .scope = SCOPE_NONE,
	  .run = page_file, .keys = &file_key, .answer_type = "*/*",
	  .cache_control = KEPT, .doc = "Scripts and styles of the pages" },
	{ .method = HTTP_GET, .path = "/redoc", .scope = SCOPE_NONE,
	  .run = page_redoc, .answer_type = HTML, .cache_control = KEPT,
	  .policy = PAGE_POLICY " 'unsafe-inline'", .doc = "The document, to read" },
	{ .method = HTTP_GET, .path = "/problems", .scope = SCOPE_NONE,
	  .run = problem_list, .answer_type = HTML, .cache_control = KEPT,
	  .policy = PAGE_POLICY, .doc = "Error codes" },
	{ .method = HTTP_GET, .path = "/problems/{code}", .scope = SCOPE_NONE,
	  .run = problem_page, .keys = &code_key, .answer_type = HTML,
	  .cache_control = KEPT, .policy = PAGE_POLICY, .doc = "What a code means" },
	{ .path = NULL },
};

int
main(int argc, char **argv)
{
	return app_main(argc, argv, APP("docs", .service = "core", .routes = routes));
}
