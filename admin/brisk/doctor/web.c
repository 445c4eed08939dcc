/* doctor/web - the web server, from the view of a client. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/clock.h"
#include "doctor/doctor.h"
#include "shm/run_dir.h"

#define SKEW_S		5
#define FCGID_LIMIT	131072		/* bytes of a body that mod_fcgid accepts by default */
#define DOCUMENT	"/openapi.json"	/* of the service core, which is always on */

static void
get(struct doctor *d, struct fetch f, struct fetch_result *out)
{
	f.url = admin_fmt("%s%s", d->url, f.url);
	f.any_certificate = d->any_certificate;
	fetch(admin_arena(), &f, out);
}

/* GET(d, &f, "/path"), GET(d, &f, "/path", .method = "OPTIONS") */
#define GET(d, out, ...)	\
	get((d), (struct fetch){ .url = __VA_ARGS__ }, (out))

/* Did a program answer, and not the web server itself? */
static bool
is_ours(const struct fetch_result *f)
{
	return f->status != 0 && fetch_result_header(f, "X-Request-Id").n > 0;
}

static const char *
status_text(const struct fetch_result *f)
{
	return f->status == 0 ? f->error : admin_fmt("%d", f->status);
}

/* --- base_url -------------------------------------------------------------- */

static void
check_scheme(struct doctor *d, const struct fetch_result *f)
{
	bool	 tls = strncmp(d->url, "https:", 6) == 0;
	bool	 near = strncmp(d->url, "http://127.", 11) == 0 ||
		    strncmp(d->url, "http://localhost", 16) == 0 ||
		    strncmp(d->url, "http://[::1]", 12) == 0;

	if (!tls && !near)
		doctor_note(d, "enable TLS in the web server, and use https:// in base_url",
		    "tokens are sent over the network in clear text: %s", d->url);
	if (tls && f->version < 2)
		doctor_note(d, "enable HTTP/2 in the web server",
		    "the web server supports HTTP/1.1 only: a browser sends at most six "
		    "requests at a time");
}

void
doctor_web(struct doctor *d)
{
	struct fetch_result	 f;

	GET(d, &f, DOCUMENT);
	if (f.untrusted) {
		doctor_note(d, "get a certificate from an authority that clients trust",
		    "the certificate of %s is not trusted here", d->url);
		d->any_certificate = true;
		GET(d, &f, DOCUMENT);
	}
	if (f.status == 0) {
		doctor_wrong(d, "start the web server, or correct base_url (--url tests "
		    "another address)", "%s: %s", d->url, f.error);
		return;
	}
	if (f.status >= 500 && !is_ours(&f)) {
		doctor_wrong(d, "see the web server's own log: its configuration or "
		    ".htaccess may be invalid",
		    "%s: the web server itself answers %d", d->url, f.status);
		return;
	}
	d->web = true;
	check_scheme(d, &f);
}

/* --- routing ---------------------------------------------------------------- */

/* The path of the program's first route, with 0 in place of keys; NULL: no route. */
static const char *
sample_path(const struct installed *p)
{
	struct str	 out, line, path;
	struct buf	 b;

	if (!p->runs || installed_query(p, "--routes", &out) != 0)
		return NULL;
	line = str_cut(&out, '\n');
	(void)str_cut(&line, '/');
	path = str_cut(&line, ' ');
	if (path.p == NULL)
		return NULL;
	buf_init(&b, admin_arena());
	buf_byte(&b, '/');
	while (path.p != NULL) {
		buf_str(&b, str_cut(&path, '{'));
		if (path.p == NULL)
			break;
		(void)str_cut(&path, '}');
		buf_byte(&b, '0');
	}
	return buf_ok(&b) ? b.p : NULL;
}

/* Only the program that has the route answers OPTIONS with Allow. */
static void
check_route(struct doctor *d, const struct installed *p, const char *path)
{
	struct fetch_result	 f;
	bool		 reached;

	GET(d, &f, path, .method = "OPTIONS");
	reached = is_ours(&f) && fetch_result_header(&f, "Allow").n > 0;
	if (!p->on) {
		if (reached)
			doctor_wrong(d, "write the routing again (`make start`), and "
			    "restart the web server", "%s still reaches %s, whose "
			    "service %s is switched off", path, p->name, p->service);
	} else if (f.status == 0 || !is_ours(&f)) {
		doctor_wrong(d, admin_fmt("route it to %s: write the routing again, "
		    "and see the web server's own log", p->name), "%s does not reach "
		    "%s: the web server itself answers %s", path, p->name, status_text(&f));
	} else if (f.status == 503) {
		doctor_wrong(d, "see its log", "%s answers 503", p->name);
	} else if (!reached) {
		doctor_wrong(d, "write the routing again", "%s reaches another program, not "
		    "%s", path, p->name);
	}
}

void
doctor_routing(struct doctor *d)
{
	const char	*path;

	for (const struct installed *p = d->programs; p->name[0] != '\0'; p++)
		if ((path = sample_path(p)) != NULL)
			check_route(d, p, path);
}

/* --- Authorization -------------------------------------------------------- */

/* A program refuses an invalid token, also on a route that needs none. */
void
doctor_bearer(struct doctor *d)
{
	struct fetch_result	 f;
	struct buf	 fresh;

	GET(d, &f, DOCUMENT, .headers = FETCH_HEADERS("Authorization: Bearer none"));
	if (!is_ours(&f)) {
		doctor_wrong(d, "see the web server's own log", "with an Authorization "
		    "header the web server itself answers %s", status_text(&f));
		return;
	}
	if (f.status != 401) {
		doctor_wrong(d, "in Apache, set CGIPassAuth On for the programs (.htaccess "
		    "is enough)", "the web server removes the Authorization header: no token "
		    "reaches a program");
		return;
	}
	if (d->db == NULL || doctor_issue_token(d, &fresh) != DB_OK || !buf_ok(&fresh))
		return;		/* "database" or "token-key" reports it */
	GET(d, &f, DOCUMENT, .headers = FETCH_HEADERS(fresh.p));
	if (f.status == 401)
		doctor_wrong(d, "`brisk restart --all`; check token_issuer, token_audience "
		    "and base_url", "a fresh token is refused: the programs run with an "
		    "issuer or database that differs from brisk.conf");
}

/* --- bodies --------------------------------------------------------------- */

/* A body of n bytes. */
static struct str
body_of(size_t n)
{
	char	*p = arena_alloc(admin_arena(), n);

	if (p == NULL)
		exit(admin_error("no memory"));
	memset(p, 'x', n);
	return (struct str){ p, n };
}

void
doctor_bodies(struct doctor *d)
{
	size_t		 max = (size_t)d->conf.max_body, some = FCGID_LIMIT + 4096;
	struct fetch_result	 f;

	if (some > max)
		some = max;
	GET(d, &f, DOCUMENT, .method = "POST", .body = body_of(some),
	    .headers = FETCH_HEADERS("Content-Type: application/json", "Expect:"));
	if (!is_ours(&f))
		doctor_wrong(d, "with mod_fcgid, raise FcgidMaxRequestLen in the server's "
		    "configuration (only the host can), or use mod_proxy_fcgi or CGI; "
		    "otherwise raise the server's limit on bodies",
		    "a body of %zu bytes does not reach a program: %s", some, status_text(&f));
	GET(d, &f, DOCUMENT, .method = "POST", .body = body_of(max + 1),
	    .headers = FETCH_HEADERS("Content-Type: application/json", "Expect:"));
	if (!is_ours(&f) && f.status != 413)
		doctor_wrong(d, admin_fmt("let the web server accept %zu bytes, or lower "
		    "max_body to its limit", max + 1),
		    "the web server itself answers a body over max_body, with %s instead of "
		    "413", status_text(&f));
}

/* --- private files ----------------------------------------------------------- */

/* The first bytes of a file; absent if it cannot be read. */
static struct str
file_start(const char *path)
{
	char	*p = arena_zero(admin_arena(), 1, 128);
	int	 fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t	 n = p == NULL || fd == -1 ? -1 : read(fd, p, 128);

	if (fd != -1)
		close(fd);
	return n < 8 ? (struct str){ NULL, 0 } : (struct str){ p, (size_t)n };
}

/* Request the file by each suffix of its path, as the server's root is unknown. */
static void
check_file_served(struct doctor *d, const char *path)
{
	struct str	 first = file_start(path);
	struct fetch_result	 f;

	for (const char *p = path + strlen(path); first.p != NULL && p-- > path;) {
		if (*p != '/')
			continue;
		GET(d, &f, p);
		if (f.status != 200 || !str_starts(buf_view(&f.body), first))
			continue;
		doctor_wrong(d, "move it out of the web server's folders (or deny access), "
		    "and replace its secrets: they may have been read",
		    "%s is public: %s%s", path, d->url, p);
		return;
	}
}

void
doctor_served(struct doctor *d)
{
	const char	*file = d->conf.file;
	const char	*slash = strrchr(file, '/');
	int		 n = slash == NULL ? 0 : (int)(slash - file);

	check_file_served(d, file);
	check_file_served(d, admin_fmt("%.*s/log/handlers.log", n, file));
	check_file_served(d, admin_run_path(d->conf.run_dir, RUN_DIR_GENERATIONS));
}

/* --- entity tags ---------------------------------------------------------- */

void
doctor_etag(struct doctor *d)
{
	struct fetch_result	 f;
	struct str	 etag;
	const char	*none_match;

	GET(d, &f, DOCUMENT, .headers = FETCH_HEADERS("Accept-Encoding: gzip"));
	etag = fetch_result_header(&f, "ETag");
	if (f.status != 200 || etag.n == 0) {
		doctor_note(d, "let the web server pass ETag unchanged",
		    "a compressed response (%s) has no ETag", status_text(&f));
		return;
	}
	none_match = admin_fmt("If-None-Match: %.*s", STR_ARG(etag));
	GET(d, &f, DOCUMENT,
	    .headers = FETCH_HEADERS("Accept-Encoding: gzip", none_match));
	if (f.status != 304)
		doctor_wrong(d, "do not compress application/json, or keep the ETag (Apache: "
		    "DeflateAlterETag NoChange)",
		    "the web server changes ETag to %.*s, which the program does not "
		    "recognise: %s instead of 304", STR_ARG(etag), status_text(&f));
}

/* --- time ----------------------------------------------------------------- */

void
doctor_web_clock(struct doctor *d)
{
	struct fetch_result	 f;
	int64_t		 date, skew;

	GET(d, &f, DOCUMENT);
	if ((date = fetch_result_date(&f)) == -1) {
		doctor_note(d, "let the web server send Date", "the web server sends no Date");
		return;
	}
	skew = date - clock_now_ms() / 1000;
	if (skew > SKEW_S || skew < -SKEW_S)
		doctor_wrong(d, "set both clocks by NTP", "the web server's clock is %" PRId64
		    " s %s this machine's", skew < 0 ? -skew : skew,
		    skew < 0 ? "behind" : "ahead of");
}
