/* brisk jobs: work for later, seen and moved by hand. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "admin.h"
#include "job/job.h"
#include "installed.h"

#define STATEMENT_MS	60000
#define LAST		"100"
#define PROGRAMS	256

struct exchange {
	const struct conf	*conf;
	struct account		 account;
	const char		*queue, *state, *seconds;
	bool			 all;
	int			 n;		/* what follows the verb */
	char			**args;
};

/* --- list ----------------------------------------------------------------------- */

struct row {
	struct str	 id, queue, kind, state, error;
	struct stamp	 at;
	int64_t		 attempts;
};

struct asked {
	struct str	 queue, state;
};

static const struct schema row = SCHEMA("JobLine", struct row,
	FIELD_STR(struct row, id, .doc = "Job, or dead letter"),
	FIELD_STAMP(struct row, at, .flags = FIELD_OPTIONAL, .doc = "Due, or died"),
	FIELD_STR(struct row, queue, .doc = "Program"),
	FIELD_STR(struct row, kind, .doc = "Kind"),
	FIELD_STR(struct row, state, .doc = "State"),
	FIELD_INT(struct row, attempts, .doc = "Begun"),
	FIELD_STR(struct row, error, .flags = FIELD_OPTIONAL, .doc = "Why it failed"));

/* Each condition takes its value twice: is it asked for, and then what. */
#define ASKED(m)	FIELD_STR(struct asked, m, .doc = "Only these")
static const struct schema both = SCHEMA("Asked", struct asked, ASKED(queue), ASKED(queue),
	ASKED(state), ASKED(state));
static const struct schema one = SCHEMA("AskedQueue", struct asked, ASKED(queue),
	ASKED(queue));

static const struct query jobs = {
	"SELECT CAST(id AS CHAR), run_at, queue, kind, state, attempts, last_error FROM jobs "
	"WHERE (? = '' OR queue = ?) AND (? = '' AND state IN ('ready', 'running') OR "
	"state = ?) ORDER BY run_at, id LIMIT " LAST, .in = &both, .out = &row };
static const struct query letters = {
	"SELECT LOWER(CONCAT_WS('-', HEX(SUBSTR(id, 1, 4)), HEX(SUBSTR(id, 5, 2)), "
	"HEX(SUBSTR(id, 7, 2)), HEX(SUBSTR(id, 9, 2)), HEX(SUBSTR(id, 11)))), "
	"first_failed_at, queue, kind, 'dead', attempts, last_error FROM dead_letters "
	"WHERE (? = '' OR queue = ?) AND retried_at IS NULL ORDER BY id DESC LIMIT " LAST,
	.in = &one, .out = &row };

/* What a terminal would obey is not printed. */
static void
print_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		(void)putchar((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f ? '?' : s.p[i]);
}

static void
print_row(const struct row *r)
{
	char	 at[STAMP_LEN + 1] = "-";

	if (r->at.has)
		stamp_text(r->at, at);
	(void)printf("%-36.*s  %-24s  %-12.*s %-24.*s %-8.*s %2" PRId64 "  ",
	    STR_ARG(r->id), at, STR_ARG(r->queue), STR_ARG(r->kind), STR_ARG(r->state),
	    r->attempts);
	print_text(r->error);
	(void)putchar('\n');
}

/* Dead ones by their letters, which is what can be retried. */
static int
list(const struct exchange *c)
{
	struct asked	 q = { str_of(c->queue == NULL ? "" : c->queue),
			    str_of(c->state == NULL ? "" : c->state) };
	struct store	 st = { .db = admin_db(c->conf, &c->account, STATEMENT_MS),
			    .arena = admin_arena() };
	void		*rows;
	size_t		 n;
	enum db_err	 err;

	if (st.db == NULL)
		return 1;
	err = query_all(&st, str_is(q.state, "dead") ? &letters : &jobs, &q, &rows, &n);
	if (err != DB_OK)
		(void)admin_error("%s", db_error_message(st.db));
	for (size_t i = 0; err == DB_OK && i < n; i++)
		print_row((struct row *)rows + i);
	db_close(st.db);
	return err == DB_OK ? 0 : 1;
}

/* --- retry ---------------------------------------------------------------------- */

struct again {
	struct uuid	 letter;
	int64_t		 job;
};

static enum db_err
again_run(struct store *st, void *arg)
{
	struct again	*a = arg;

	return job_requeue(st, a->letter, &a->job);
}

static bool
retry_one(struct store *st, struct str id)
{
	struct again	 a;
	enum db_err	 err;

	if (!uuid_parse(id, &a.letter))
		return admin_error_false("%.*s: not the id of a dead letter (brisk jobs list "
		    "--state dead)", STR_ARG(id));
	err = store_write(st, (const struct str[]){ STR(JOB_DEAD_LETTERS) }, 1, again_run, &a);
	if (err == DB_OK)
		(void)printf("job %" PRId64 "\n", a.job);
	return err == DB_OK || admin_error_false("%.*s: %s", STR_ARG(id), err == DB_NOT_FOUND ?
	    "no such dead letter" : err == DB_ABORT ? "was queued anew already" :
	    db_error_message(st->db));
}

/* A hundred at a time, until none is left. */
static bool
retry_all(struct store *st, const struct exchange *c)
{
	struct asked	 q = { str_of(c->queue == NULL ? "" : c->queue), STR("") };
	struct row	*r;
	void		*rows;
	size_t		 n = 1;
	bool		 ok = true;

	while (ok && n > 0) {
		if (query_all(st, &letters, &q, &rows, &n) != DB_OK)
			return admin_error_false("%s", db_error_message(st->db));
		r = rows;
		for (size_t i = 0; ok && i < n; i++)
			ok = retry_one(st, r[i].id);
	}
	return ok;
}

static int
retry(const struct exchange *c)
{
	struct store	 st;
	bool		 ok;

	if (c->all == (c->n > 0))
		return BRISK_USAGE;
	if (!admin_store(c->conf, &st))
		return 1;
	ok = !c->all || retry_all(&st, c);
	for (int i = 0; i < c->n; i++)
		ok &= retry_one(&st, str_of(c->args[i]));
	admin_store_close(&st);
	return ok ? 0 : 1;
}

/* --- programs ------------------------------------------------------------------- */

static bool
is_asked(const struct exchange *c, const struct listed *p)
{
	return p->on && p->runs && (c->queue == NULL || strcmp(c->queue, p->name) == 0);
}

static int
kinds(const struct exchange *c)
{
	struct str	 text, line;

	for (const struct listed *p = installed_all(c->conf); p->name[0] != '\0'; p++) {
		if (!is_asked(c, p))
			continue;
		if (installed_query(p, "--kinds", &text) != 0)
			return admin_error("%s: does not tell its kinds", p->name);
		while (text.n > 0) {
			line = str_cut(&text, '\n');
			(void)printf("%-12s %.*s\n", p->name, STR_ARG(line));
		}
	}
	return 0;
}

static pid_t
start(const struct listed *p, const char *seconds)
{
	pid_t	 pid = fork();

	if (pid != 0)
		return pid;
	if (seconds == NULL)
		execl(p->path, p->path, "--jobs", (char *)NULL);
	else
		execl(p->path, p->path, "--jobs", "--for", seconds, (char *)NULL);
	_exit(127);
}

/* Those that have a queue go on together; the others end at once. */
static int
run(const struct exchange *c)
{
	pid_t	 pid[PROGRAMS];
	size_t	 n = 0;
	int	 status, bad = 0;

	for (const struct listed *p = installed_all(c->conf); p->name[0] != '\0'; p++)
		if (is_asked(c, p) && (pid[n] = start(p, c->seconds)) > 0)
			n++;
	if (n == 0)
		return admin_error("no such program is installed");
	for (size_t i = 0; i < n; i++)
		if (waitpid(pid[i], &status, 0) != pid[i] || status != 0)
			bad = 1;
	return bad;
}

static const struct {
	const char	*name;
	int		(*run)(const struct exchange *);
	int		 most;		/* arguments */
} verbs[] = {
	{ "list", list, 0 },
	{ "retry", retry, INT_MAX },
	{ "run", run, 0 },
	{ "kinds", kinds, 0 },
};

int
cmd_jobs(int argc, char **argv)
{
	struct exchange		 c = { .args = argv + 1 };
	const struct flag	 flags[] = { { "queue", &c.queue, NULL },
		{ "state", &c.state, NULL }, { "for", &c.seconds, NULL },
		{ "all", NULL, &c.all }, ACCOUNT_FLAGS(c.account), { NULL, NULL, NULL } };
	size_t			 i;

	if ((c.n = flags_parse(flags, argc, argv) - 1) < 0)
		return BRISK_USAGE;
	for (i = 0; i < NELEMS(verbs); i++)
		if (strcmp(argv[0], verbs[i].name) == 0)
			break;
	if (i == NELEMS(verbs) || c.n > verbs[i].most)
		return BRISK_USAGE;
	c.conf = admin_conf();
	return c.conf == NULL ? 1 : verbs[i].run(&c);
}
