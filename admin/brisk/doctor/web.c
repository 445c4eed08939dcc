/* doctor_web - the web server, as a client sees it. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/clock.h"
#include "doctor/doctor.h"
#include "shm/run_dir.h"

#define SKEW_S		5
#define FCGID_LIMIT	131072		/* what mod_fcgid takes by default */
#define DOCUMENT	"/openapi.json"	/* core's: it is always on */

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

/* Made by one of our programs, not by the web server itself. */
static bool
is_ours(const struct fetch_result *f)
{
	return f->status != 0 && fetch_result_header(f, "X-Request-Id").n > 0;
}

static const char *
told(const struct fetch_result *f)
{
	return f->status == 0 ? f->error : admin_fmt("%d", f->status);
}

/* --- is it there? --------------------------------------------------------- */

static void
look_at_scheme(struct doctor *d, const struct fetch_result *f)
{
	bool	 tls = strncmp(d->url, "https:", 6) == 0;
	bool	 near = strncmp(d->url, "http://127.", 11) == 0 ||
		    strncmp(d->url, "http://localhost", 16) == 0 ||
		    strncmp(d->url, "http://[::1]", 12) == 0;

	if (!tls && !near)
		doctor_note(d, "switch TLS on in the web server, and put https:// into "
		    "base_url", "tokens cross the network in clear: %s", d->url);
	if (tls && f->version < 2)
		doctor_note(d, "switch HTTP/2 on in the web server, where it can",
		    "it speaks HTTP/1.1 only: a browser opens at most six requests "
		    "at once");
}

void
doctor_web(struct doctor *d)
{
	struct fetch_result	 f;

	GET(d, &f, DOCUMENT);
	if (f.untrusted) {
		doctor_note(d, "have it signed by an authority that clients know",
		    "the certificate of %s is not trusted here", d->url);
		d->any_certificate = true;
		GET(d, &f, DOCUMENT);
	}
	if (f.status == 0) {
		doctor_wrong(d, "start the web server, or correct base_url (--url tries "
		    "another)", "%s: %s", d->url, f.error);
		return;
	}
	if (f.status >= 500 && !is_ours(&f)) {
		doctor_wrong(d, "see the web server's own log: a line of its "
		    "configuration, or of .htaccess, that it does not take?",
		    "%s: the web server itself says %d", d->url, f.status);
		return;
	}
	d->web = true;
	look_at_scheme(d, &f);
}

/* --- does each path reach its program? ------------------------------------ */

/* The first route's path, with something in place of its keys; NULL: it has none. */
static const char *
a_path_of(const struct listed *p)
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

/* Only the program that has the route says which methods it takes. */
static void
look_at_route(struct doctor *d, const struct listed *p, const char *path)
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
		    "%s: the web server itself says %s", path, p->name, told(&f));
	} else if (f.status == 503) {
		doctor_wrong(d, "see its log", "%s answers 503", p->name);
	} else if (!reached) {
		doctor_wrong(d, "write the routing again", "%s reaches another program "
		    "than %s", path, p->name);
	}
}

void
doctor_routing(struct doctor *d)
{
	const char	*path;

	for (const struct listed *p = d->programs; p->name[0] != '\0'; p++)
		if ((path = a_path_of(p)) != NULL)
			look_at_route(d, p, path);
}

/* --- Authorization -------------------------------------------------------- */

/* Who sees a token that is none refuses it, also where none is needed. */
void
doctor_bearer(struct doctor *d)
{
	struct fetch_result	 f;
	struct buf	 fresh;

	GET(d, &f, DOCUMENT, .headers = FETCH_HEADERS("Authorization: Bearer none"));
	if (!is_ours(&f)) {
		doctor_wrong(d, "see the web server's own log", "with an Authorization "
		    "header the web server itself answers %s", told(&f));
		return;
	}
	if (f.status != 401) {
		doctor_wrong(d, "Apache: CGIPassAuth On where the programs are routed "
		    "(.htaccess will do)", "the web server keeps the Authorization "
		    "header to itself: no token reaches a program");
		return;
	}
	if (d->db == NULL || doctor_issue_token(d, &fresh) != DB_OK || !buf_ok(&fresh))
		return;		/* "database" or "token-key" says why */
	GET(d, &f, DOCUMENT, .headers = FETCH_HEADERS(fresh.p));
	if (f.status == 401)
		doctor_wrong(d, "`brisk restart --all`; see token_issuer and "
		    "token_audience, and base_url", "a fresh token is refused: the "
		    "programs run with another issuer or database than brisk.conf has "
		    "now");
}

/* --- bodies --------------------------------------------------------------- */

/* So many bytes, of no meaning. */
static struct str
filler(size_t n)
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
	size_t		 most = (size_t)d->conf.max_body, some = FCGID_LIMIT + 4096;
	struct fetch_result	 f;

	if (some > most)
		some = most;
	GET(d, &f, DOCUMENT, .method = "POST", .body = filler(some),
	    .headers = FETCH_HEADERS("Content-Type: application/json", "Expect:"));
	if (!is_ours(&f))
		doctor_wrong(d, "Apache with mod_fcgid: FcgidMaxRequestLen in the "
		    "server's configuration (only the host can), or mod_proxy_fcgi or "
		    "CGI; else the server's limit on bodies",
		    "a body of %zu bytes does not reach a program: %s", some, told(&f));
	GET(d, &f, DOCUMENT, .method = "POST", .body = filler(most + 1),
	    .headers = FETCH_HEADERS("Content-Type: application/json", "Expect:"));
	if (!is_ours(&f) && f.status != 413)
		doctor_wrong(d, admin_fmt("let the web server take %zu bytes, or set "
		    "max_body to what it takes", most + 1),
		    "a body over max_body is answered by the web server itself, with "
		    "%s instead of 413", told(&f));
}

/* --- files that are nobody's business ------------------------------------- */

/* The first bytes of a file; absent when it can not be read. */
static struct str
first_bytes(const char *path)
{
	char	*p = arena_zero(admin_arena(), 1, 128);
	int	 fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t	 n = p == NULL || fd == -1 ? -1 : read(fd, p, 128);

	if (fd != -1)
		close(fd);
	return n < 8 ? (struct str){ NULL, 0 } : (struct str){ p, (size_t)n };
}

/* Below each folder that holds it: who knows where the server's root is? */
static void
look_for_file(struct doctor *d, const char *path)
{
	struct str	 first = first_bytes(path);
	struct fetch_result	 f;

	for (const char *p = path + strlen(path); first.p != NULL && p-- > path;) {
		if (*p != '/')
			continue;
		GET(d, &f, p);
		if (f.status != 200 || !str_starts(buf_view(&f.body), first))
			continue;
		doctor_wrong(d, "move it out of the web server's folders (or deny it "
		    "there), and make new secrets: somebody may have read it",
		    "%s is served to anybody: %s%s", path, d->url, p);
		return;
	}
}

void
doctor_served(struct doctor *d)
{
	const char	*file = d->conf.file;
	const char	*slash = strrchr(file, '/');
	int		 n = slash == NULL ? 0 : (int)(slash - file);

	look_for_file(d, file);
	look_for_file(d, admin_fmt("%.*s/log/handlers.log", n, file));
	look_for_file(d, admin_run_path(d->conf.run_dir, RUN_DIR_GENERATIONS));
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
		doctor_note(d, "let the web server leave ETag alone",
		    "a compressed answer (%s) comes without an ETag", told(&f));
		return;
	}
	none_match = admin_fmt("If-None-Match: %.*s", STR_ARG(etag));
	GET(d, &f, DOCUMENT,
	    .headers = FETCH_HEADERS("Accept-Encoding: gzip", none_match));
	if (f.status != 304)
		doctor_wrong(d, "leave application/json out of compression, or let it "
		    "keep the ETag (Apache: DeflateAlterETag NoChange)",
		    "the web server changes ETag to %.*s, which is not recognised: %s "
		    "instead of 304", STR_ARG(etag), told(&f));
}

/* --- time ----------------------------------------------------------------- */

void
doctor_web_clock(struct doctor *d)
{
	struct fetch_result	 f;
	int64_t		 date, skew;

	GET(d, &f, DOCUMENT);
	if ((date = fetch_result_date(&f)) == -1) {
		doctor_note(d, "let it send Date", "the web server sends no Date");
		return;
	}
	skew = date - clock_now_ms() / 1000;
	if (skew > SKEW_S || skew < -SKEW_S)
		doctor_wrong(d, "set both by NTP", "the web server's clock is %" PRId64
		    " s %s this machine's", skew < 0 ? -skew : skew,
		    skew < 0 ? "behind" : "before");
}
