/* brisk doctor: checks of an installation, with advice. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "doctor/doctor.h"
#include "base/log.h"
#include "schema/json.h"

enum need { NEEDS_NOTHING = 0, NEEDS_DB = 1 << 0, NEEDS_WEB = 1 << 1,
	USES_DB = 1 << 2 };	/* checks less without it */

static const struct check {
	const char	*name;
	void		(*run)(struct doctor *);
	unsigned	 need;		/* enum need */
	const char	*proves;
} checks[] = {
	{ "configuration", doctor_conf, NEEDS_NOTHING,
	    "every option is valid" },
	{ "secret", doctor_secret, NEEDS_NOTHING,
	    "the secret is long and random" },
	{ "modes", doctor_modes, NEEDS_NOTHING,
	    "other accounts cannot read the configuration" },
	{ "run-dir", doctor_run_dir, NEEDS_NOTHING,
	    "run_dir is private, local and writable" },
	{ "disk", doctor_disk, NEEDS_NOTHING, "there is free space on the disk" },
	{ "limits", doctor_limits, NEEDS_NOTHING,
	    "this account may open enough files" },
	{ "services", doctor_services, NEEDS_NOTHING,
	    "each service that is switched on exists" },
	{ "programs", doctor_programs, NEEDS_NOTHING,
	    "each program exists, fits this machine, and belongs to this account" },
	{ "running", doctor_running, NEEDS_NOTHING,
	    "the running programs are those at their paths, and serve" },
	{ "sockets", doctor_sockets, NEEDS_NOTHING,
	    "only the web server can connect to the programs" },
	{ "database", doctor_reach, NEEDS_NOTHING,
	    "the programs can connect to the database" },
	{ "server", doctor_server, NEEDS_DB,
	    "the database server is new enough and well configured" },
	{ "migrations", doctor_migrations, NEEDS_DB, "the tables are up to date" },
	{ "grants", doctor_grants, NEEDS_DB,
	    "the account may read and write every table" },
	{ "token-key", doctor_token, NEEDS_DB,
	    "the keys that sign tokens can be unsealed with this secret" },
	{ "tables", doctor_tables, NEEDS_DB,
	    "each program's statements fit the tables" },
	{ "engines", doctor_engines, NEEDS_DB, "every table supports transactions" },
	{ "connections", doctor_connections, NEEDS_DB,
	    "the server allows as many connections as the programs may open" },
	{ "database-clock", doctor_db_clock, NEEDS_DB,
	    "the clocks of the database and of this machine agree" },
	{ "memcached", doctor_cache, NEEDS_NOTHING,
	    "memcached is private, answers, and stores large responses" },
	{ "watch", doctor_watch, NEEDS_DB,
	    "changes by other software are visible within a second" },
	{ "web", doctor_web, NEEDS_NOTHING, "the web server answers at base_url" },
	{ "routing", doctor_routing, NEEDS_WEB,
	    "each path reaches its program" },
	{ "authorization", doctor_bearer, NEEDS_WEB | USES_DB,
	    "the Authorization header reaches the programs" },
	{ "bodies", doctor_bodies, NEEDS_WEB,
	    "large bodies arrive, and larger ones are refused with 413" },
	{ "private-files", doctor_served, NEEDS_WEB,
	    "no private file of the installation is served" },
	{ "etag", doctor_etag, NEEDS_WEB,
	    "compressed responses keep a usable ETag" },
	{ "web-clock", doctor_web_clock, NEEDS_WEB,
	    "the clocks of the web server and of this machine agree" },
};

static const char *const	 levels[LEVELS] = {
	[LEVEL_OK] = "ok", [LEVEL_SKIP] = "skip", [LEVEL_NOTE] = "note",
	[LEVEL_WRONG] = "wrong",
};

/* Output of a program may be cut inside a character, or may not be UTF-8. */
static const char *
text_on_one_line(const char *text)
{
	struct str	 rest = str_of(text);
	struct buf	 b;
	size_t		 n;

	buf_init(&b, admin_arena());
	for (; rest.n > 0; rest = str_from(rest, n == 0 ? 1 : n)) {
		n = str_utf8_len(rest);
		if (n == 1 && (uint8_t)rest.p[0] < ' ')
			buf_puts(&b, rest.n > 1 ? "; " : "");
		else
			buf_put(&b, n == 0 ? "?" : rest.p, n == 0 ? 1 : n);
	}
	return buf_ok(&b) && b.n > 0 ? b.p : "";
}

static void
finding_add(struct doctor *d, enum level level, const char *found, const char *cure)
{
	struct finding	*f = arena_new(admin_arena(), struct finding);

	if (f == NULL)
		exit(admin_error("no memory"));
	*f = (struct finding){ .level = level, .check = d->check,
		.found = text_on_one_line(found), .cure = text_on_one_line(cure) };
	*d->end = f;
	d->end = &f->next;
}

void
doctor_wrong(struct doctor *d, const char *cure, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	finding_add(d, LEVEL_WRONG, admin_vfmt(fmt, ap), cure);
	va_end(ap);
}

void
doctor_note(struct doctor *d, const char *cure, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	finding_add(d, LEVEL_NOTE, admin_vfmt(fmt, ap), cure);
	va_end(ap);
}

/* Is the check selected by --only? */
static bool
is_selected(const char *only, const char *name)
{
	struct str	 rest = str_of(only);

	while (rest.p != NULL)
		if (str_is(str_cut(&rest, ','), name))
			return true;
	return only == NULL;
}

static bool
names_valid(const char *only)
{
	struct str	 rest = str_of(only), one;
	size_t		 i;

	while (rest.p != NULL) {
		one = str_cut(&rest, ',');
		for (i = 0; i < NELEMS(checks); i++)
			if (str_is(one, checks[i].name))
				break;
		if (i == NELEMS(checks))
			return admin_error_false("%.*s: unknown check", STR_ARG(one));
	}
	return true;
}

/* Does a selected check need what this check finds: the database, the web server? */
static bool
is_prerequisite(const struct check *c, const char *only)
{
	unsigned	 opens = c->run == doctor_reach ? NEEDS_DB | USES_DB :
			    c->run == doctor_web ? NEEDS_WEB : NEEDS_NOTHING;

	for (size_t i = 0; i < NELEMS(checks); i++)
		if ((checks[i].need & opens) && is_selected(only, checks[i].name))
			return true;
	return false;
}

static bool
has_wrong(const struct finding *f)
{
	for (; f != NULL; f = f->next)
		if (f->level == LEVEL_WRONG)
			return true;
	return false;
}

static void
check_run(struct doctor *d, const struct check *c, bool shown)
{
	struct finding	**before = d->end;

	d->check = c->name;
	if ((c->need & NEEDS_DB) && d->db == NULL)
		finding_add(d, LEVEL_SKIP, "skipped: the database does not answer", "");
	else if ((c->need & NEEDS_WEB) && !d->web)
		finding_add(d, LEVEL_SKIP, "skipped: the web server does not answer", "");
	else
		c->run(d);
	if (shown && *before == NULL) {
		finding_add(d, LEVEL_OK, c->proves, "");
	} else if (!shown && !has_wrong(*before)) {
		d->end = before;
		*before = NULL;
	}
}

static void
findings_print(struct buf *b, const struct doctor *d)
{
	for (const struct finding *f = d->first; f != NULL; f = f->next) {
		buf_fmt(b, "%-5s  %-14s  %s\n", levels[f->level], f->check, f->found);
		if (f->cure[0] != '\0')
			buf_fmt(b, "%-5s  %-14s  -> %s\n", "", "", f->cure);
	}
}

static void
findings_print_json(struct buf *b, const struct doctor *d)
{
	json_open(b, NULL, '{');
	json_open(b, "checks", '[');
	for (const struct finding *f = d->first; f != NULL; f = f->next) {
		json_open(b, NULL, '{');
		json_text(b, "check", f->check);
		json_text(b, "level", levels[f->level]);
		json_text(b, "found", f->found);
		json_text(b, "do", f->cure);
		json_close(b, "}");
	}
	json_close(b, "]}");
	buf_byte(b, '\n');
}

static int
findings_report(const struct doctor *d, bool json)
{
	struct buf	 b;

	buf_init(&b, admin_arena());
	if (json)
		findings_print_json(&b, d);
	else
		findings_print(&b, d);
	if (!buf_ok(&b))
		return admin_error("no memory, or a finding is not UTF-8");
	(void)fwrite(b.p, 1, b.n, stdout);
	return has_wrong(d->first) ? 1 : 0;
}

/* Options that conf_load() refuses have their defaults; the checks go on with them. */
static void
doctor_open(struct doctor *d, const char *url)
{
	struct buf	 errors;

	buf_init(&errors, admin_arena());
	d->end = &d->first;
	d->refused = conf_load(&d->conf, &errors) ? "" : errors.p;
	if (d->refused == NULL || d->conf.secret == NULL)
		exit(admin_error("no memory"));
	d->url = url != NULL ? url : d->conf.base_url;
	d->programs = installed_all(&d->conf);
}

int
cmd_doctor(int argc, char **argv)
{
	static struct doctor	 d;
	const char		*url = NULL, *only = NULL;
	bool			 json = false;

	if (flags_parse((const struct flag[]){ { "url", &url, NULL },
	    { "only", &only, NULL }, { "json", NULL, &json },
	    { NULL, NULL, NULL } }, argc, argv) != 0)
		return BRISK_USAGE;
	if (!names_valid(only))
		return 1;
	/* Findings are printed, not logged. */
	log_init("brisk", 0);
	doctor_open(&d, url);
	for (size_t i = 0; i < NELEMS(checks); i++)
		if (is_selected(only, checks[i].name) || is_prerequisite(&checks[i], only))
			check_run(&d, &checks[i], is_selected(only, checks[i].name));
	db_close(d.db);
	return findings_report(&d, json);
}
